// SPDX-License-Identifier: Apache-2.0
// Fields with parameters: Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231).
import { decodeBytes } from "./charsets.ts";
import { decodeField } from "./encoded-words.ts";
import { fieldLengthMax } from "./limits.ts";

/** A value and its parameters, names in lower case, the first of a name counting. */
export type Parameters = { value: string; parameters: ReadonlyMap<string, string> };

/** Reads a field with parameters. Never throws; what isn't one is passed over. */
export function readParameters(written: string | undefined): Parameters {
  if (written === undefined) return { value: "", parameters: new Map() };
  const line = written.slice(0, fieldLengthMax).replace(/[\r\n]+/g, "");
  const semicolon = line.indexOf(";");
  const head = semicolon < 0 ? line : line.slice(0, semicolon);
  const value = head
    .replace(/\([^)]*\)?/g, "")
    .replace(/\s+/g, "")
    .toLowerCase();
  const raw = new Map<string, string>();
  if (semicolon >= 0) {
    for (const match of line.slice(semicolon).matchAll(parameter)) {
      const name = (match[1] as string).toLowerCase();
      if (!raw.has(name)) raw.set(name, readValue(match[2] as string));
    }
  }
  return { value, parameters: raw.size === 0 ? raw : joinContinued(raw) };
}

/** The first word of a parameter, without a comment behind it: charsets and boundaries have no spaces. */
export function firstWord(value: string): string {
  return value.trim().split(/\s/, 1)[0] ?? "";
}

const parameter = /;\s*([^\s=;"]{1,64})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)/g;

function readValue(written: string): string {
  if (!written.startsWith('"')) return written.trim();
  const closed = written.length > 1 && written.endsWith('"');
  return written.slice(1, closed ? -1 : undefined).replace(/\\(.)/g, "$1");
}

/** RFC 2231: parts `name*0`, `name*1*` put together, percent encoding and charset taken off. */
function joinContinued(raw: Map<string, string>): Map<string, string> {
  const joined = new Map<string, string>();
  const pieces = new Map<string, { index: number; text: string; encoded: boolean }[]>();
  for (const [name, value] of raw) {
    const match = /^(.+?)(?:\*(\d{1,3}))?(\*)?$/.exec(name);
    if (match === null || (match[2] === undefined && match[3] === undefined)) {
      joined.set(name, value.includes("=?") ? decodeField(value) : value);
      continue;
    }
    const base = match[1] as string;
    const list = pieces.get(base) ?? [];
    list.push({ index: Number(match[2] ?? 0), text: value, encoded: match[3] !== undefined });
    pieces.set(base, list);
  }
  for (const [name, list] of pieces) {
    list.sort((a, b) => a.index - b.index);
    const encoded = /^([^']{0,64})'[^']{0,64}'(.*)$/s.exec(list[0]?.text ?? "");
    const charset = encoded !== null && list[0]?.encoded ? encoded[1] : undefined;
    if (charset !== undefined && encoded !== null && list[0] !== undefined)
      list[0].text = encoded[2] as string;
    const bytes = list.map(({ text, encoded: escaped }) => (escaped ? unescapePercent(text) : text)).join("");
    joined.set(name, decodeBytes(Buffer.from(bytes, "latin1"), charset === "" ? undefined : charset));
  }
  return joined;
}

function unescapePercent(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
