// SPDX-License-Identifier: Apache-2.0
// Names of X.509, for people to read. They are compared by their bytes, never in this form.
import { expectTag, fieldsOf, readOid, tags, type DerNode } from "./der.ts";

/** The most characters of a name that are shown. */
const shownMax = 200;

/**
 * A Name in the manner of RFC 4514, most specific part first: `CN=Stamper 1, O=Example`.
 *
 * @throws TimestampError `malformed` for what is no Name
 */
export function readName(node: DerNode): string {
  expectTag(node, tags.sequence, "name");
  const parts: string[] = [];
  for (const relative of node.children) {
    expectTag(relative, tags.set, "relative name");
    for (const attribute of relative.children) parts.unshift(readAttribute(attribute));
  }
  return cleanText(parts.join(", ").slice(0, shownMax));
}

/** A text from outside without what would move a terminal's cursor or turn the line around. */
export function cleanText(text: string): string {
  // Controls, and marks of direction: somebody else's text must not write into ours.
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "�");
}

/** The text of a string of ASN.1; what has no such type, or is not valid in it, is shown as far as it is. */
export function readText(node: DerNode): string {
  switch (node.tag) {
    case tags.utf8String:
      return decoder.decode(node.content);
    case tags.bmpString:
      return Array.from({ length: node.content.length >> 1 }, (_, i) =>
        String.fromCharCode(((node.content[2 * i] as number) << 8) | (node.content[2 * i + 1] as number)),
      ).join("");
    default:
      return Array.from(node.content.subarray(0, shownMax), (byte) => String.fromCharCode(byte)).join("");
  }
}

const decoder = new TextDecoder("utf-8");

/** RFC 4514 section 3. */
const keywords: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
]);

function readAttribute(node: DerNode): string {
  const fields = fieldsOf(node, tags.sequence, "attribute of a name");
  const oid = readOid(fields.next(tags.oid, "attribute type"));
  const value = fields.any();
  fields.end();
  return `${keywords.get(oid) ?? oid}=${value === undefined ? "" : readText(value)}`;
}
