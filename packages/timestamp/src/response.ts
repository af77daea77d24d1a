// SPDX-License-Identifier: Apache-2.0
// TimeStampResp (RFC 3161 section 2.4.2).
import { expectTag, fieldsOf, malformed, readDer, readSmall, tags, type DerNode } from "./der.ts";
import { cleanText, readText } from "./name.ts";

/** An authority's answer, taken apart and not yet believed. */
export interface TimestampResponse {
  /** PKIStatus: 0 granted, 1 granted with modifications, 2 rejected, 3 waiting, 4 and 5 revocation. */
  readonly status: number;
  /** What the authority says about the status: untrusted text without control characters. */
  readonly statusText: string;
  /** Names of the failure bits that are set, such as `badAlg`. */
  readonly failures: readonly string[];
  /** The token: a CMS ContentInfo in DER; `undefined` if the answer has none. */
  readonly token: Uint8Array | undefined;
}

/** The most characters of an authority's status text that are kept. */
const statusCharactersMax = 500;

/**
 * Takes an answer apart.
 *
 * @param der the body of an `application/timestamp-reply`
 * @throws TimestampError `malformed`
 */
export function parseTimestampResponse(der: Uint8Array): TimestampResponse {
  const { status, statusText, failures, token } = readResponse(der);
  return { status, statusText, failures, token: token?.bytes };
}

/** An answer with its two parts as values. */
export interface ResponseParts extends Omit<TimestampResponse, "token"> {
  readonly info: DerNode;
  readonly token: DerNode | undefined;
}

/** {@link parseTimestampResponse}, with the parts as values. */
export function readResponse(der: Uint8Array): ResponseParts {
  const fields = fieldsOf(readDer(der), tags.sequence, "answer");
  const info = fields.next(tags.sequence, "status");
  const token = fields.optional(tags.sequence);
  fields.end();
  const parts = fieldsOf(info, tags.sequence, "status");
  const status = readSmall(parts.next(tags.integer, "status"), "status", 255);
  const texts = parts.optional(tags.sequence);
  const failures = parts.optional(tags.bitString);
  parts.end();
  return { status, statusText: readStatusText(texts), failures: readFailures(failures), info, token };
}

/** PKIFreeText: UTF8Strings. */
function readStatusText(texts: DerNode | undefined): string {
  const parts = (texts?.children ?? []).map((text) => {
    expectTag(text, tags.utf8String, "status text");
    return readText(text);
  });
  return cleanText(parts.join(" ").slice(0, statusCharactersMax));
}

/** PKIFailureInfo: the bits that RFC 3161 section 2.4.2 names. */
const failureNames: ReadonlyMap<number, string> = new Map([
  [0, "badAlg"],
  [2, "badRequest"],
  [5, "badDataFormat"],
  [14, "timeNotAvailable"],
  [15, "unacceptedPolicy"],
  [16, "unacceptedExtension"],
  [17, "addInfoNotAvailable"],
  [25, "systemFailure"],
]);

function readFailures(bits: DerNode | undefined): string[] {
  if (bits === undefined) return [];
  if (bits.content.length > 9) malformed("the failure bits are too many");
  const names: string[] = [];
  bits.content.subarray(1).forEach((byte, i) => {
    for (let bit = 0; bit < 8; bit++) {
      const number = 8 * i + bit;
      if ((byte & (0x80 >> bit)) !== 0) names.push(failureNames.get(number) ?? `bit ${number}`);
    }
  });
  return names;
}
