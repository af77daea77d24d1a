// SPDX-License-Identifier: Apache-2.0
// Bytes of a mail to text, by the charset it names and by what the bytes can be.
import { isAscii, isUtf8 } from "node:buffer";

/**
 * Decodes the bytes of a part or an encoded word. Never throws. A label is believed if the bytes fit it;
 * without one, with an unknown one, or where they don't, UTF-8 is tried and Windows-1252 taken otherwise,
 * as browsers do, since every sequence of bytes is a text in it.
 *
 * @param label the charset as the mail names it, of any spelling
 */
export function decodeBytes(bytes: Buffer, label: string | undefined): string {
  const name = label === undefined ? undefined : charsetName(label);
  const ascii = isAscii(bytes);
  if (name !== undefined && stateful.has(name)) return decodeStateful(bytes, name);
  if (ascii) return bytes.toString("latin1");
  if (name !== undefined && !weak.has(name)) {
    const decoded = name === "windows-1252" ? decodeWindows1252(bytes) : decoder(name)?.decode(bytes);
    if (decoded !== undefined && !decoded.includes("\uFFFD")) return decoded;
    if (decoded !== undefined && name !== "utf-8" && !isUtf8(bytes)) return decoded;
  }
  return decodeUnlabelled(bytes);
}

/**
 * Decodes bytes that nothing is said about: UTF-8 if they are, else what stands around them, else
 * Windows-1252.
 *
 * @param likely the charset of what they belong to
 */
export function decodeUnlabelled(bytes: Buffer, likely?: string): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  if (likely !== undefined) return decodeBytes(bytes, likely);
  return mostlyUtf8(bytes) ? bytes.toString("utf8") : decodeWindows1252(bytes);
}

/**
 * The name of a charset as the Encoding Standard has it, of any spelling that mail programs write.
 *
 * @returns undefined for one that is not known
 */
export function charsetName(label: string): string | undefined {
  const cached = names.get(label);
  if (cached !== undefined) return cached === "" ? undefined : cached;
  const name = findName(label) ?? "";
  // Whoever sends mail chooses the labels: the cache starts again before it grows with them.
  if (names.size >= namesMax) names.clear();
  if (label.length <= labelLengthMax) names.set(label, name);
  return name === "" ? undefined : name;
}

const labelLengthMax = 64;
const namesMax = 512;
const names = new Map<string, string>();
const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

/** Labels that say nothing: they stand on mail of every charset. */
const weak = new Set(["us-ascii"]);
/** Charsets in which bytes below 0x80 don't stand for themselves. */
const stateful = new Set(["utf-7", "hz-gb-2312", "iso-2022-kr", "iso-2022-jp", "utf-16le", "utf-16be"]);

function findName(label: string): string | undefined {
  const plain = label
    .slice(0, labelLengthMax)
    .toLowerCase()
    .replace(/[\s"'<>]+/g, "")
    .replaceAll("_", "-");
  if (/^(?:us-?)?ascii$|^ansi-x3/.test(plain)) return "us-ascii";
  if (/utf-?7/.test(plain)) return "utf-7";
  if (plain.startsWith("hz")) return "hz-gb-2312";
  if (/^(?:cs)?iso-?2022-?kr$/.test(plain)) return "iso-2022-kr";
  const guesses = [
    plain,
    plain.replace(/^x-/, ""),
    plain.replace(/^(?:windows|win|cp|ansi)-?(125\d|874)$/, "windows-$1"),
    plain.replace(/^iso-?8859-?(\d{1,2})(?:\D.*)?$/, "iso-8859-$1"),
    plain.replace(/^(?:cp-?65001|utf-?8.*|unicode-1-1-utf-8)$/, "utf-8"),
    plain.replace(/^(?:cp-?936|gb-?18030.*|gb-?2312.*|gbk.*)$/, "gb18030"),
    plain.replace(/^(?:cp-?950|big-?5.*)$/, "big5"),
    plain.replace(/^(?:cp-?949|ks-?c.*|euc-?kr)$/, "euc-kr"),
    plain.replace(/^(?:cp-?932|s(?:hift)?-?jis.*)$/, "shift_jis"),
    plain.replace(/^koi-?8-?([ru])$/, "koi8-$1"),
    plain.replace(/^iso-?2022-?jp.*$/, "iso-2022-jp"),
  ];
  for (const guess of guesses) {
    const found = decoder(guess);
    if (found !== undefined) return found.encoding;
  }
  return undefined;
}

function decoder(name: string): InstanceType<typeof TextDecoder> | undefined {
  const kept = decoders.get(name);
  if (kept !== undefined) return kept;
  try {
    const made = new TextDecoder(name);
    // Only names of the Encoding Standard get here, so this holds at most a few dozen.
    decoders.set(made.encoding, made);
    return made;
  } catch {
    return undefined;
  }
}

function decodeStateful(bytes: Buffer, name: string): string {
  if (name === "utf-7") return decodeUtf7(bytes.toString("latin1"));
  if (name === "hz-gb-2312") return decodeHz(bytes.toString("latin1"));
  if (name === "iso-2022-kr") return decodeShifted(bytes);
  if (name.startsWith("utf-16") && !looksUtf16(bytes)) return decodeUnlabelled(bytes);
  if (name === "iso-2022-jp") return decodeJapanese(bytes);
  return decoder(name)?.decode(bytes) ?? decodeUnlabelled(bytes);
}

/**
 * RFC 1468. Words put together have a shift back before the next shift, for which the Encoding Standard
 * has a replacement character; bytes with the high bit are not of this charset, so it is not what the
 * label says.
 */
function decodeJapanese(bytes: Buffer): string {
  if (!isAscii(bytes)) return decodeUnlabelled(bytes);
  const text = bytes.toString("latin1");
  if (!text.includes("\x1B")) return text;
  // oxlint-disable-next-line no-control-regex
  const joined = text.replace(/\x1B\([BJ](?=\x1B)/g, "");
  return decoder("iso-2022-jp")?.decode(Buffer.from(joined, "latin1")) ?? text;
}

/** Whether at least a quarter of the bytes are zero, or a byte order mark comes first. */
function looksUtf16(bytes: Buffer): boolean {
  if (bytes.length >= 2 && (bytes.readUInt16BE(0) === 0xfeff || bytes.readUInt16BE(0) === 0xfffe))
    return true;
  const seen = bytes.subarray(0, 256);
  let unlikely = 0;
  for (const byte of seen) if (byte === 0) unlikely += 1;
  return !isAscii(seen) || unlikely * 4 >= seen.length;
}

/** Whether text is UTF-8 but for a broken character or two: one at a cut, or pasted from elsewhere. */
function mostlyUtf8(bytes: Buffer): boolean {
  let good = 0;
  let bad = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte < 0x80) continue;
    const follow = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    let count = 0;
    while (count < follow && ((bytes[index + count + 1] ?? 0) & 0xc0) === 0x80) count += 1;
    if (follow > 0 && count === follow) {
      good += 1;
      index += follow;
    } else bad += 1;
  }
  return good >= 4 && good >= 20 * bad;
}

/** Windows-1252 from 0x80 on, where it differs from ISO 8859-1 (Encoding Standard, index windows-1252). */
export const windows1252: string =
  "\u20AC\x81\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\x8D\u017D\x8F" +
  "\x90\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\x9D\u017E\u0178";

function decodeWindows1252(bytes: Buffer): string {
  // oxlint-disable-next-line no-control-regex
  return bytes
    .toString("latin1")
    .replace(/[\x80-\x9f]/g, (unit) => windows1252[unit.charCodeAt(0) - 0x80] ?? unit);
}

/** RFC 2152: `+`, modified base64 of UTF-16, `-`. What is not well-formed stays as it is written. */
function decodeUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (written, encoded: string) => {
    if (encoded === "") return written === "+-" ? "+" : written;
    const bytes = Buffer.from(encoded, "base64");
    if (bytes.length < 2) return written;
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString("utf16le");
  });
}

/** RFC 1843: `~{`, GB 2312 in seven bits, `~}`. */
function decodeHz(text: string): string {
  return text.replace(/~(?:~|\n|\{([^~]*)(?:~\})?)/g, (written, shifted: string | undefined) => {
    if (shifted === undefined) return written === "~~" ? "~" : "";
    return highHalf(Buffer.from(shifted, "latin1"), "gb18030");
  });
}

/** RFC 1557: a header, then KS C 5601 in seven bits between shift out and shift in. */
function decodeShifted(bytes: Buffer): string {
  const text = bytes.toString("latin1").replaceAll("\x1B$)C", "");
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\x0E([^\x0F]*)\x0F?/g, (_, shifted: string) =>
    highHalf(Buffer.from(shifted, "latin1"), "euc-kr"),
  );
}

function highHalf(bytes: Buffer, name: string): string {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte > 0x20 && byte < 0x7f) bytes[index] = byte | 0x80;
  }
  return decoder(name)?.decode(bytes) ?? bytes.toString("latin1");
}
