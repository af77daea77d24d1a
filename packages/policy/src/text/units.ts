// SPDX-License-Identifier: Apache-2.0
// Texts as UTF-16 code units in arrays: what is looked through several times is read from there several times
// quicker than from a string. Arrays are kept from text to text; nothing in them outlives the call that
// filled them.

/** Arrays of up to so many code units are kept; longer ones are made for one text. */
const keptUnits = 65_536;
/** From this length on it is quicker to let the platform find out whether a text is ASCII, and copy it. */
const encodedUnitsMin = 256;
/** Shorter texts are put together quicker one code unit after the other. */
const decodedUnitsMin = 24;
/** The same of texts that aren't ASCII. */
const pairedUnitsMin = 256;
/** How many code units are joined at a time, since a call takes only so many arguments. */
const pieceUnits = 4_096;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const pairDecoder = new TextDecoder("utf-16le", { ignoreBOM: true });
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const bytes = new Uint8Array(keptUnits);

/** Where the code units of one text after the other are put. */
export type UnitBuffer = { kept: Uint16Array };

/** An array to read texts into; one for each use, since the next text overwrites it. */
export function unitBuffer(): UnitBuffer {
  return { kept: new Uint16Array(1_024) };
}

/** An array with room for so many code units and one more. */
export function roomFor(length: number, buffer: UnitBuffer): Uint16Array {
  if (length < buffer.kept.length) return buffer.kept;
  const units = new Uint16Array(length < keptUnits ? Math.min(keptUnits, 2 * length + 2) : length + 1);
  if (units.length <= keptUnits) buffer.kept = units;
  return units;
}

/**
 * Puts the code units of a text into an array, and 0 behind them.
 *
 * @returns an array that belongs to `buffer` until the next call
 */
export function readUnits(text: string, buffer: UnitBuffer): Uint16Array {
  const { length } = text;
  const units = roomFor(length, buffer);
  if (!(length >= encodedUnitsMin && length <= keptUnits && copyAscii(text, units))) {
    for (let index = 0; index < length; index++) units[index] = text.charCodeAt(index);
  }
  units[length] = 0;
  return units;
}

/** Copies a text if it is ASCII, and says whether it is. */
function copyAscii(text: string, units: Uint16Array): boolean {
  const { read, written } = encoder.encodeInto(text, bytes);
  if (read !== text.length || written !== read) return false;
  units.set(bytes.length === read ? bytes : bytes.subarray(0, read));
  return true;
}

/**
 * The text that code units are.
 *
 * @param units well-formed: each half of a pair beside the other
 * @param ascii whether all of them are
 */
export function textOf(units: Uint16Array, length: number, ascii: boolean): string {
  if (ascii && length >= decodedUnitsMin && length <= keptUnits) {
    for (let index = 0; index < length; index++) bytes[index] = units[index] as number;
    return decoder.decode(bytes.subarray(0, length));
  }
  if (isLittleEndian && length >= pairedUnitsMin) return pairDecoder.decode(units.subarray(0, length));
  let text = "";
  for (let start = 0; start < length; start += pieceUnits) {
    const piece: number[] = [];
    const end = Math.min(length, start + pieceUnits);
    for (let index = start; index < end; index++) piece.push(units[index] as number);
    text += String.fromCharCode(...piece);
  }
  return text;
}
