// SPDX-License-Identifier: Apache-2.0
// Texts cut to what they take in JSON.

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

const jsonBytesOfUnitMax = 6;

function jsonBytes(unit: number): number {
  if (unit < 0x20)
    return unit === 0x0a || unit === 0x0d || unit === 0x09 || unit === 0x08 || unit === 0x0c ? 2 : 6;
  if (unit === 0x22 || unit === 0x5c) return 2;
  if (unit < 0x80) return 1;
  return unit < 0x800 ? 2 : 3;
}
