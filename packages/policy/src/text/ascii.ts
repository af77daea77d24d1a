// SPDX-License-Identifier: Apache-2.0
// Texts of ASCII, which most are: all that scanning, normalising and surveying find out of them, in one pass.
import { mayBeLeet } from "./leet-survey.ts";
import { roomFor, unitBuffer } from "./units.ts";

/** What {@link surveyAscii} found, good until the next call. */
export type AsciiSurvey = {
  /** The normalised text. */
  units: Uint16Array;
  length: number;
  letters: boolean;
  /** As in `Scanned`, and in `Survey`. */
  wide: boolean;
  lone: number;
  readable: boolean;
};

const letterClass = 1;
const digitClass = 2;
const signClass = 4;
const blankClass = 8;
const controlClass = 16;
const otherClass = 32;

/** Classes of ASCII, by code. */
const classes: Uint8Array = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  if (/[A-Za-z]/.test(character)) return letterClass;
  if (/[0-9]/.test(character)) return digitClass;
  if (/[@$!|]/.test(character)) return signClass;
  if (/[\t-\r ]/.test(character)) return blankClass;
  return unit < 0x20 || unit === 0x7f ? controlClass : otherClass;
});

const space = 0x20;
const byteOrderMark = 0xfeff;
const buffer = unitBuffer();
const found: AsciiSurvey = {
  units: buffer.kept,
  length: 0,
  letters: false,
  wide: false,
  lone: 0,
  readable: false,
};

/**
 * Surveys a text of ASCII without control characters; marks of byte order may stand at its edges, and beside
 * white space.
 *
 * @param units of the text, with 0 behind them
 * @returns `undefined` for any other text
 */
export function surveyAscii(units: Uint16Array, length: number): AsciiSurvey | undefined {
  const out = roomFor(length, buffer);
  let size = 0;
  let letters = 0;
  let lone = 0;
  let most = 0;
  let wide = false;
  let readable = false;
  // The class before; of the word at hand its beginning, its classes, and letters and digits in a row.
  let before = 0;
  let start = 0;
  let all = 0;
  let run = 0;
  for (let index = 0; index <= length; index++) {
    const unit = units[index] as number;
    if (unit >= 0x80) {
      if (unit !== byteOrderMark || !isAtEdge(units, index, length)) return undefined;
      before = 0;
      continue;
    }
    const kind = index === length ? otherClass : (classes[unit] as number);
    if (kind <= digitClass) {
      out[size++] = kind === letterClass ? unit | 0x20 : unit;
      all |= kind;
      run += 1;
      before = kind;
      continue;
    }
    if (run === 1) {
      lone += 1;
      if (lone > most) most = lone;
    } else if (run > 1) lone = 0;
    run = 0;
    letters |= all;
    if (kind === signClass) {
      out[size++] = unit;
      all |= signClass;
      before = kind;
      continue;
    }
    if (!readable && all > letterClass && (all & letterClass) !== 0) readable = mayBeLeet(out, start, size);
    all = 0;
    if (kind === blankClass) {
      if (before === blankClass) wide = true;
      if (size > 0 && out[size - 1] !== space) out[size++] = space;
    } else if (kind === controlClass) return undefined;
    else out[size++] = unit;
    start = size;
    before = kind;
  }
  // The end counts as a sign.
  size -= 1;
  if (size > 0 && out[size - 1] === space) size -= 1;
  found.units = out;
  found.length = size;
  found.letters = (letters & letterClass) !== 0;
  found.wide = wide;
  found.lone = most;
  found.readable = readable;
  return found;
}

/** Whether white space, another such mark, or an end of the text is beside a mark of byte order. */
function isAtEdge(units: Uint16Array, index: number, length: number): boolean {
  return index === 0 || index === length - 1 || isBlank(units[index - 1]) || isBlank(units[index + 1]);
}

function isBlank(unit: number | undefined): boolean {
  return unit === space || unit === byteOrderMark || (unit !== undefined && unit >= 0x09 && unit <= 0x0d);
}
