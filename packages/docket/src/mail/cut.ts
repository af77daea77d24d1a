// SPDX-License-Identifier: Apache-2.0
// Texts cut to what an event may hold.

/** Cuts a text so that its JSON, quotes not counted, has at most `max` bytes; never inside a character. */
export function cutToJson(text: string, max: number): string {
  if (text.length * jsonBytesOfUnitMax <= max) return text;
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const pair = (unit & 0xfc00) === 0xd800;
    bytes += pair ? 4 : jsonBytes(unit);
    if (bytes > max) return text.slice(0, index);
    if (pair) index += 1;
  }
  return text;
}

/**
 * A name, an address or a title: on one line, without control characters, cut to a length in UTF-16 units.
 */
export function cutName(text: string, lengthMax: number): string {
  // oxlint-disable-next-line no-control-regex
  const line = text.replace(/[\0-\x1f\x7f]+/g, " ").toWellFormed();
  return line.length <= lengthMax ? line : line.slice(0, lengthMax).replace(/[\uD800-\uDBFF]$/, "");
}

/** The first of some names, so many that they have at most `lengthMax` UTF-16 units together. */
export function firstNames(names: Iterable<string>, countMax: number, lengthMax: number): string[] {
  const first: string[] = [];
  let length = 0;
  for (const name of names) {
    length += name.length;
    if (first.length >= countMax || length > lengthMax) break;
    first.push(name);
  }
  return first;
}

const jsonBytesOfUnitMax = 6;

function jsonBytes(unit: number): number {
  if (unit < 0x20)
    return unit === 0x0a || unit === 0x0d || unit === 0x09 || unit === 0x08 || unit === 0x0c ? 2 : 6;
  if (unit === 0x22 || unit === 0x5c) return 2;
  if (unit < 0x80) return 1;
  return unit < 0x800 ? 2 : 3;
}
