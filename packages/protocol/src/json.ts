// SPDX-License-Identifier: Apache-2.0
// The strict JSON reader that every body crosses. It reads RFC 8259 with nothing left to the reader's taste:
// what two parsers could understand differently (duplicate keys, lone surrogates, numbers beyond 2^53) is
// refused, so that the bytes which were signed, stored or decided on mean one thing everywhere.
import { type JsonErrorCode, ProtocolError } from "./error.ts";

/** A value that {@link parseJson} returns. Numbers are safe integers, strings are well-formed Unicode. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/**
 * An object that {@link parseJson} returns. Its prototype is `null`: `__proto__` and `constructor` are keys
 * like any other, and a key that was not sent reads as `undefined`.
 */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** What {@link parseJson} refuses to go beyond. */
export interface JsonLimits {
  /** Most bytes of the text. */
  readonly bytesMax: number;
  /** Most arrays and objects inside one another, from 0 (none at all) to {@link jsonDepthCeiling}. */
  readonly depthMax: number;
}

/** The limits that hold where the caller names none: 1 MiB, and 32 arrays and objects inside one another. */
export const jsonLimits: JsonLimits = { bytesMax: 1_048_576, depthMax: 32 };

/** The most levels that `depthMax` may allow: the reader calls itself once a level. */
export const jsonDepthCeiling = 500;

/**
 * Reads one JSON text strictly.
 *
 * Refused beyond RFC 8259: duplicate keys, lone surrogates, numbers with a fraction or an exponent or outside
 * ±(2^53 − 1), a byte order mark, and whatever is over a limit. `-0` reads as `0`.
 *
 * @param bytes the whole text, UTF-8
 * @param limits the limits that differ from {@link jsonLimits}
 * @returns the value; every object in it has the prototype `null`
 * @throws {ProtocolError} `json_size`, `json_encoding`, `json_syntax`, `json_duplicate_key`,
 * `json_surrogate`, `json_number` or `json_depth`, with the place of the first fault
 * @throws {RangeError} if `limits.depthMax` is not an integer from 0 to {@link jsonDepthCeiling}
 */
export function parseJson(bytes: Uint8Array, limits: Partial<JsonLimits> = {}): JsonValue {
  const bytesMax = limits.bytesMax ?? jsonLimits.bytesMax;
  const depthMax = limits.depthMax ?? jsonLimits.depthMax;
  if (!Number.isInteger(depthMax) || depthMax < 0 || depthMax > jsonDepthCeiling) {
    throw new RangeError(`depthMax must be an integer from 0 to ${jsonDepthCeiling}, got ${depthMax}`);
  }
  if (bytes.length > bytesMax) {
    const message = `the JSON text has ${bytes.length} bytes, the limit is ${bytesMax}: send less at once`;
    throw new ProtocolError("json_size", message, { limit: bytesMax });
  }
  const text = decode(bytes, depthMax);
  const reader: Reader = { text, at: 0, depth: 0, depthMax, path: [], pathLength: 0 };
  if (text.charCodeAt(0) === byteOrderMark) {
    fail(reader, "json_encoding", "a byte order mark", 0, "send UTF-8 without one");
  }
  skipSpace(reader);
  const value = readValue(reader);
  skipSpace(reader);
  if (reader.at < text.length) {
    fail(
      reader,
      "json_syntax",
      `${seen(reader)} after the end of the value`,
      reader.at,
      "send one JSON value only",
    );
  }
  return value;
}

/** The most characters of a JSON Pointer in an error. A longer one is cut to the nearest value that fits. */
export const pointerCharsMax = 1_024;

/** The JSON Pointer (RFC 6901) that leads through `path`, cut to {@link pointerCharsMax} at a whole step. */
export function jsonPointer(path: readonly (string | number)[]): string {
  let pointer = "";
  for (const step of path) {
    // The length is looked at first, so that a key of a megabyte is not escaped only to be dropped.
    if (typeof step === "string" && step.length > pointerCharsMax) break;
    const next = `${pointer}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (next.length > pointerCharsMax) break;
    pointer = next;
  }
  return pointer;
}

/** Where the reader is. */
interface Reader {
  readonly text: string;
  /** Index of the next UTF-16 code unit of `text`. */
  at: number;
  /** Arrays and objects that are open. */
  depth: number;
  readonly depthMax: number;
  /** Keys and indexes that lead to the current value; only the first `pathLength` count. */
  readonly path: (string | number)[];
  pathLength: number;
}

const byteOrderMark = 0xfeff;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;
/** 2^53 − 1 has 16 digits, so that whatever has more is too large, and whatever has 15 is not. */
const safeDigitsMax = 16;
/** Most characters of a key or number that a message quotes. */
const quotedCharsMax = 40;

// `ignoreBOM: true` means that the mark is kept as a character, where it can be seen and refused.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function readValue(reader: Reader): JsonValue {
  const code = reader.text.charCodeAt(reader.at);
  if (code === quote) return readString(reader);
  if (code === 0x7b) return readObject(reader);
  if (code === 0x5b) return readArray(reader);
  if (code === minus || (code >= zero && code <= nine)) return readNumber(reader);
  if (code === 0x74) return readWord(reader, "true", true);
  if (code === 0x66) return readWord(reader, "false", false);
  if (code === 0x6e) return readWord(reader, "null", null);
  return fail(
    reader,
    "json_syntax",
    `${seen(reader)} where a value should be`,
    reader.at,
    "send a JSON value",
  );
}

function readObject(reader: Reader): JsonObject {
  const { text, path } = reader;
  const object = Object.create(null) as JsonObject;
  const level = open(reader);
  if (text.charCodeAt(reader.at) === 0x7d) return close(reader, level, object);
  for (;;) {
    if (text.charCodeAt(reader.at) !== quote) {
      fail(
        reader,
        "json_syntax",
        `${seen(reader)} where a key should be`,
        reader.at,
        "put keys in double quotes",
      );
    }
    const keyAt = reader.at;
    const key = readString(reader);
    path[level] = key;
    reader.pathLength = level + 1;
    // No value is ever `undefined` and nothing is inherited, so this asks whether the key was seen before.
    if (object[key] !== undefined) {
      fail(reader, "json_duplicate_key", `the key ${quoted(key)} a second time`, keyAt, "send each key once");
    }
    skipSpace(reader);
    if (text.charCodeAt(reader.at) !== 0x3a) {
      fail(
        reader,
        "json_syntax",
        `${seen(reader)} where a colon should be`,
        reader.at,
        "put one after the key",
      );
    }
    reader.at += 1;
    skipSpace(reader);
    object[key] = readValue(reader);
    skipSpace(reader);
    reader.pathLength = level;
    const code = text.charCodeAt(reader.at);
    if (code === 0x7d) return close(reader, level, object);
    if (code !== comma) {
      const what = `${seen(reader)} where a comma or the end of the object should be`;
      fail(reader, "json_syntax", what, reader.at, "separate members by commas and close the object");
    }
    reader.at += 1;
    skipSpace(reader);
  }
}

function readArray(reader: Reader): JsonValue[] {
  const { text, path } = reader;
  const array: JsonValue[] = [];
  const level = open(reader);
  if (text.charCodeAt(reader.at) === 0x5d) return close(reader, level, array);
  for (;;) {
    path[level] = array.length;
    reader.pathLength = level + 1;
    array.push(readValue(reader));
    skipSpace(reader);
    reader.pathLength = level;
    const code = text.charCodeAt(reader.at);
    if (code === 0x5d) return close(reader, level, array);
    if (code !== comma) {
      const what = `${seen(reader)} where a comma or the end of the array should be`;
      fail(reader, "json_syntax", what, reader.at, "separate elements by commas and close the array");
    }
    reader.at += 1;
    skipSpace(reader);
  }
}

/** Steps into an array or object and returns the level that its steps have in the path. */
function open(reader: Reader): number {
  const level = reader.depth;
  if (level >= reader.depthMax) {
    const what = `more than ${reader.depthMax} arrays and objects inside one another`;
    fail(reader, "json_depth", what, reader.at, "flatten the value", reader.depthMax);
  }
  reader.depth = level + 1;
  reader.at += 1;
  skipSpace(reader);
  return level;
}

function close<T>(reader: Reader, level: number, value: T): T {
  reader.depth = level;
  reader.at += 1;
  return value;
}

function readString(reader: Reader): string {
  const { text } = reader;
  const start = reader.at + 1;
  for (let at = start; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      reader.at = at + 1;
      return text.slice(start, at);
    }
    if (code === backslash) return readEscapedString(reader, start, at);
    // Past the end charCodeAt gives NaN, which is not at least 0x20 either.
    if (!(code >= 0x20)) failInString(reader, at);
  }
}

/** Reads on from the first backslash, at `first`, of a string that begins at `start`. */
function readEscapedString(reader: Reader, start: number, first: number): string {
  const { text } = reader;
  let result = "";
  let plainFrom = start;
  let at = first;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      reader.at = at + 1;
      return result + text.slice(plainFrom, at);
    }
    if (code !== backslash) {
      if (!(code >= 0x20)) failInString(reader, at);
      at += 1;
      continue;
    }
    result += text.slice(plainFrom, at);
    if (text.charCodeAt(at + 1) === 0x75) {
      const unit = readUnit(reader, at);
      if (unit < 0xd800 || unit > 0xdfff) {
        result += String.fromCharCode(unit);
        at += 6;
      } else {
        result += String.fromCharCode(unit, readLowSurrogate(reader, at, unit));
        at += 12;
      }
    } else {
      result += readShortEscape(reader, at);
      at += 2;
    }
    plainFrom = at;
  }
}

function readShortEscape(reader: Reader, at: number): string {
  switch (reader.text.charCodeAt(at + 1)) {
    case quote:
      return '"';
    case backslash:
      return "\\";
    case 0x2f:
      return "/";
    case 0x62:
      return "\b";
    case 0x66:
      return "\f";
    case 0x6e:
      return "\n";
    case 0x72:
      return "\r";
    case 0x74:
      return "\t";
    default:
      return fail(
        reader,
        "json_syntax",
        "an unknown escape",
        at,
        'use one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX',
      );
  }
}

/** The code unit of the `\uXXXX` at `at`. */
function readUnit(reader: Reader, at: number): number {
  let unit = 0;
  for (let index = at + 2; index < at + 6; index += 1) {
    const digit = hexDigit(reader.text.charCodeAt(index));
    if (digit < 0)
      fail(reader, "json_syntax", "an incomplete \\u escape", at, "write four hexadecimal digits");
    unit = unit * 16 + digit;
  }
  return unit;
}

/** The low surrogate that the escape after the one at `at` must be. */
function readLowSurrogate(reader: Reader, at: number, high: number): number {
  const { text } = reader;
  if (high <= 0xdbff && text.charCodeAt(at + 6) === backslash && text.charCodeAt(at + 7) === 0x75) {
    const low = readUnit(reader, at + 6);
    if (low >= 0xdc00 && low <= 0xdfff) return low;
  }
  return fail(reader, "json_surrogate", "half of a surrogate pair", at, "send the whole character");
}

function hexDigit(code: number): number {
  if (code >= zero && code <= nine) return code - zero;
  // Setting this bit turns A to F into a to f.
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function readNumber(reader: Reader): number {
  const { text } = reader;
  const start = reader.at;
  const negative = text.charCodeAt(start) === minus;
  const digitsAt = negative ? start + 1 : start;
  let at = digitsAt;
  let value = 0;
  for (; ; at += 1) {
    const code = text.charCodeAt(at);
    if (!(code >= zero && code <= nine)) break;
    // Exact up to 16 digits but for the last bit of what is over 2^53, and that is refused below in any case.
    value = value * 10 + (code - zero);
  }
  const digits = at - digitsAt;
  const after = text.charCodeAt(at);
  const integer = digits > 0 && after !== 0x2e && after !== 0x65 && after !== 0x45;
  const leadingZero = digits > 1 && text.charCodeAt(digitsAt) === zero;
  if (!integer || leadingZero || digits > safeDigitsMax || value > Number.MAX_SAFE_INTEGER) {
    return failInNumber(reader, start);
  }
  reader.at = at;
  return negative && value !== 0 ? -value : value;
}

function readWord<T>(reader: Reader, word: string, value: T): T {
  if (!reader.text.startsWith(word, reader.at)) {
    fail(reader, "json_syntax", "an unknown word", reader.at, "the only words are true, false and null");
  }
  reader.at += word.length;
  return value;
}

function skipSpace(reader: Reader): void {
  const { text } = reader;
  let { at } = reader;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at += 1;
  }
  reader.at = at;
}

/** The number at `start` is not one that we take: says whether it is JSON at all, and why not. */
function failInNumber(reader: Reader, start: number): never {
  const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  pattern.lastIndex = start;
  const number = pattern.exec(reader.text)?.[0] ?? "";
  // A further digit, point or exponent means that the number as a whole is not JSON: 01, 1., 1e, 1.2.3.
  if (number === "" || /[0-9.eE]/.test(reader.text.charAt(start + number.length))) {
    fail(
      reader,
      "json_syntax",
      "a malformed number",
      start,
      "write integers as plain digits without leading zeros",
    );
  }
  const wrong = /[.eE]/.test(number) ? "has a fraction or an exponent" : "is outside ±9007199254740991";
  const remedy = "send an integer as plain digits, or a string";
  fail(reader, "json_number", `the number ${shortened(number)}, which ${wrong},`, start, remedy);
}

/** The character at `at` may not be in a string, or is past the end. */
function failInString(reader: Reader, at: number): never {
  if (at >= reader.text.length) {
    fail(
      reader,
      "json_syntax",
      "the end of the text inside a string",
      at,
      "close the string and send the whole text",
    );
  }
  fail(reader, "json_syntax", "a control character inside a string", at, "escape it as \\n, \\t or \\uXXXX");
}

function fail(
  reader: Reader,
  code: JsonErrorCode,
  what: string,
  at: number,
  remedy: string,
  limit?: number,
): never {
  const pointer = jsonPointer(reader.path.slice(0, reader.pathLength));
  const offset = encoder.encode(reader.text.slice(0, at)).length;
  throw new ProtocolError(code, placed(what, pointer, offset, remedy), {
    pointer,
    offset,
    ...(limit === undefined ? {} : { limit }),
  });
}

function placed(what: string, pointer: string, offset: number, remedy: string): string {
  return `${what} at ${pointer === "" ? "the top level" : pointer}, byte ${offset}: ${remedy}`;
}

/** What the reader is looking at, in words. */
function seen(reader: Reader): string {
  const point = reader.text.codePointAt(reader.at);
  if (point === undefined) return "the end of the text";
  if (point > 0x20 && point < 0x7f) return `the character ${String.fromCodePoint(point)}`;
  return `the character U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  if (text.length <= quotedCharsMax) return text;
  // A cut through a surrogate pair would leave a lone half in the message.
  return `${text.slice(0, quotedCharsMax).toWellFormed()}…`;
}

function decode(bytes: Uint8Array, depthMax: number): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    // Only a refused text is walked a second time: TextDecoder does not say where it stopped.
    const offset = utf8End(bytes);
    const pointer = pointerAtEnd(decoder.decode(bytes.subarray(0, offset)), depthMax);
    const message = placed("bytes that are not UTF-8", pointer ?? "", offset, "encode the text as UTF-8");
    throw new ProtocolError("json_encoding", message, {
      offset,
      cause,
      ...(pointer === undefined ? {} : { pointer }),
    });
  }
}

/** The pointer to the value in which a text breaks off, or `undefined` where it is wrong before its end. */
function pointerAtEnd(text: string, depthMax: number): string | undefined {
  const reader: Reader = { text, at: 0, depth: 0, depthMax, path: [], pathLength: 0 };
  try {
    skipSpace(reader);
    readValue(reader);
    return undefined;
  } catch (error) {
    const atEnd = error instanceof ProtocolError && error.offset === encoder.encode(text).length;
    return atEnd ? error.pointer : undefined;
  }
}

/** The number of leading bytes that are whole characters of well-formed UTF-8 (Unicode 16, table 3-7). */
function utf8End(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] as number;
    const size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (size === 0 || at + size > bytes.length) return at;
    for (let next = 1; next < size; next += 1) {
      // The second byte has a narrower range after these leads: overlong forms, surrogates, over U+10FFFF.
      const low = next > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const high = next > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      const byte = bytes[at + next] as number;
      if (byte < low || byte > high) return at;
    }
    at += size;
  }
  return at;
}
