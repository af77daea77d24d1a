// SPDX-License-Identifier: Apache-2.0
// What can be told of a text only as it was written: what is invisible in it, which way it runs, its
// pictures, styles and scripts.
import { isFlag } from "./flags.ts";
import { isPicture, isRaised, isStyled, isTurned, isWide, looks, scriptMask } from "./looks.ts";
import { codePointAt, pointAt } from "./normalise.ts";
import { isDigit, isIgnorable, isLetter, isMark, isWhiteSpace, unicode } from "./unicode.ts";

/** What a text is made of. */
export type Scanned = {
  hidden: number;
  bidi: number;
  styled: number;
  emoji: number;
  /** Letters by the number of their script. */
  readonly letters: Uint32Array;
  /** Numbers of scripts in the order in which they come. */
  readonly order: number[];
  /** Letters that stand for ASCII's upside down. */
  turned: number;
  /** Whether it has Greek letters, as capitals and as small ones. */
  greekCapitals: boolean;
  greekSmall: boolean;
  /** Whether it has Cyrillic letters that look Latin only as capitals: as these, and as small ones. */
  cyrillicCapitals: boolean;
  cyrillicSmall: boolean;
  /** Whether it has what is invisible and survives normalising. */
  unseen: boolean;
  /** Whether direction is overridden, or regional indicators are letters: it must be put right first. */
  twisted: boolean;
  /** Whether white space stands beside white space. */
  wide: boolean;
};

/** Writing systems of which each joiner and variation is part: not those that do without. */
const unjoined: ReadonlySet<string> = new Set([
  "",
  "Latin",
  "Greek",
  "Cyrillic",
  "Armenian",
  "Georgian",
  "Cherokee",
  "Han",
  "Hangul",
  "Hiragana",
  "Katakana",
  "Bopomofo",
]);
/** Writing systems without spaces, where an invisible one shows where a line may break. */
const unspaced: ReadonlySet<string> = new Set(
  (
    "Thai,Lao,Khmer,Myanmar,Tibetan,Han,Hiragana,Katakana,Hangul,Javanese,Balinese,Tai_Tham,New_Tai_Lue," +
    "Tai_Le,Cham"
  ).split(","),
);
const rightToLeft: ReadonlySet<string> = new Set(
  "Arabic,Hebrew,Syriac,Thaana,Nko,Samaritan,Mandaic,Adlam,Hanifi_Rohingya".split(","),
);
const eastAsian: ReadonlySet<string> = new Set("Han,Hiragana,Katakana,Hangul,Bopomofo".split(","));

type State = {
  readonly text: string;
  readonly units: Uint16Array;
  readonly scanned: Scanned;
  /** The script of the letter or mark before; "" for anything else. */
  script: string;
  /** What was seen before: code point, and whether a picture. */
  seen: number;
  picture: boolean;
  /** Invisible characters since then. */
  unseen: number;
  /** Marks of direction, which texts from right to left need. */
  directions: number;
  wide: number;
  /** Raised letters, one after the other. */
  raised: number;
};

/**
 * Looks through a text. Linear in its length.
 *
 * @param units its code units, with 0 behind them
 * @returns good until the next call
 */
export function scanText(text: string, units: Uint16Array): Scanned {
  const { properties } = unicode();
  const { kinds, scripts } = looks();
  const scanned = newScanned(scripts.length);
  const state: State = {
    text,
    units,
    scanned,
    script: "",
    seen: 0,
    picture: false,
    unseen: 0,
    directions: 0,
    wide: 0,
    raised: 0,
  };
  const { length } = text;
  for (let index = 0; index < length;) {
    const unit = units[index] as number;
    if (unit < 0x80) {
      index = takeAscii(state, index, length);
      continue;
    }
    const point = (unit & 0xf800) === 0xd800 ? pointAt(units, index) : unit;
    const size = point > 0xffff ? 2 : 1;
    const property = properties[point] ?? 0;
    const kind = point < kinds.length ? (kinds[point] ?? 0) : han;
    if (property & isWhiteSpace && isGap(unit)) takeGap(state, index);
    if (property & isIgnorable || isUnseen(point)) {
      if ((property & isIgnorable) === 0) scanned.unseen = true;
      takeUnseen(state, point, index, size);
      index += size;
      continue;
    }
    if (kind & isPicture || isRegional(point) || units[index + size] === 0xfe0f) {
      const end = takePicture(state, point, index, size);
      if (end > index) {
        index = end;
        continue;
      }
    }
    takeVisible(state, point, property, kind);
    index += size;
  }
  if (state.directions > 0 && !hasScript(scanned, rightToLeft)) scanned.hidden += state.directions;
  if (state.wide > 0 && !hasScript(scanned, eastAsian)) scanned.styled += state.wide;
  return scanned;
}

let letterCounts = new Uint32Array(0);
let order: number[] = [];

function newScanned(scriptCount: number): Scanned {
  if (letterCounts.length < scriptCount) letterCounts = new Uint32Array(scriptCount);
  for (const number of order) letterCounts[number] = 0;
  order = [];
  return {
    hidden: 0,
    bidi: 0,
    styled: 0,
    emoji: 0,
    letters: letterCounts,
    order,
    turned: 0,
    greekCapitals: false,
    greekSmall: false,
    cyrillicCapitals: false,
    cyrillicSmall: false,
    unseen: false,
    twisted: false,
    wide: false,
  };
}

function hasScript({ order: numbers }: Scanned, names: ReadonlySet<string>): boolean {
  const { scripts } = looks();
  return numbers.some((number) => names.has(scripts[number] ?? ""));
}

const han = 0;
/** So many raised letters in a row are a style; fewer are an ordinal, or a sound. */
const raisedMin = 3;
let latinNumber = 0;

const letterClass = 1;
const blankClass = 2;
const controlClass = 4;

/** Classes of ASCII, by code: letters, white space, and control characters that are none. */
const classes: Uint8Array = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  if (isAsciiLetter(unit)) return letterClass;
  if (unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)) return blankClass;
  return unit < 0x20 || unit === 0x7f ? controlClass : 0;
});

/** Takes a run of ASCII; returns where it ends. */
function takeAscii(state: State, start: number, length: number): number {
  const { scanned, units } = state;
  let index = start;
  let count = 0;
  let kind = 0;
  for (; index < length; index++) {
    const unit = units[index] as number;
    if (unit >= 0x80) break;
    const before = kind;
    kind = classes[unit] as number;
    if (kind === letterClass) count += 1;
    else if (kind & before & blankClass) scanned.wide = true;
    else if (kind === controlClass) takeControl(state, index);
  }
  if (count > 0) {
    latinNumber ||= looks().scripts.indexOf("Latin");
    countLetters(scanned, latinNumber, count);
  }
  const last = units[index - 1] as number;
  if (classes[units[start] as number] === blankClass && start > 0 && isGap(units[start - 1] as number)) {
    scanned.wide = true;
  }
  state.unseen = 0;
  state.raised = 0;
  state.seen = last;
  state.picture = false;
  state.script = kind === letterClass ? "Latin" : "";
  return index === length ? index : takeKeycap(state, last, index);
}

/** Keycaps: a digit, #, or * in a box. Returns where what stands at an index goes on. */
function takeKeycap(state: State, before: number, index: number): number {
  const { scanned, units } = state;
  if (!((before >= 0x30 && before <= 0x39) || before === 0x23 || before === 0x2a)) return index;
  const varied = units[index] === 0xfe0f ? 1 : 0;
  if (units[index + varied] !== 0x20e3) return index;
  scanned.emoji += 1;
  state.picture = true;
  return index + 1 + varied;
}

function takeControl({ scanned, units }: State, index: number): void {
  const between = index > 0 && isAsciiLetter(units[index - 1] as number);
  if (between && isAsciiLetter(units[index + 1] as number)) scanned.hidden += 1;
  scanned.unseen = true;
}

/** Whether white space that is wide where it stands twice. */
function isGap(unit: number): boolean {
  return (
    unit === 0x20 ||
    (unit >= 0x09 && unit <= 0x0d) ||
    unit === 0xa0 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x3000
  );
}

function takeGap({ scanned, units }: State, index: number): void {
  if (index > 0 && isGap(units[index - 1] as number)) scanned.wide = true;
}

function isAsciiLetter(unit: number): boolean {
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function takeVisible(state: State, point: number, property: number, kind: number): void {
  const { scanned } = state;
  const number = point >= 0x2_0000 && property & isLetter ? hanNumber() : kind & scriptMask;
  state.unseen = 0;
  state.picture = false;
  state.seen = point;
  if (property & isLetter) {
    state.script = looks().scripts[number] ?? "";
    if (number !== 0) countLetters(scanned, number, 1);
    if (point >= 0x370 && point < 0x400) {
      if (point >= 0x391 && point <= 0x3a9) scanned.greekCapitals = true;
      else if (point >= 0x3b1) scanned.greekSmall = true;
    } else if (point >= 0x400 && point < 0x450) {
      if (isOfCapitals(point < 0x430 ? point + 0x20 : point)) {
        if (point < 0x430) scanned.cyrillicCapitals = true;
        else scanned.cyrillicSmall = true;
      }
    }
  } else if ((property & isMark) === 0) state.script = "";
  else if (number !== 0) state.script = looks().scripts[number] ?? "";
  if (kind & isStyled) scanned.styled += 1;
  state.raised = kind & isRaised ? state.raised + 1 : 0;
  if (state.raised >= raisedMin) scanned.styled += state.raised === raisedMin ? raisedMin : 1;
  if (kind & isWide) state.wide += 1;
  if (kind & isTurned) scanned.turned += 1;
}

/** Whether a small Cyrillic letter is в, к, м, н or т. */
function isOfCapitals(small: number): boolean {
  return small === 0x432 || small === 0x43a || small === 0x43c || small === 0x43d || small === 0x442;
}

function hanNumber(): number {
  return looks().scripts.indexOf("Han");
}

function countLetters(scanned: Scanned, number: number, more: number): void {
  const count = scanned.letters[number] ?? 0;
  if (count === 0) scanned.order.push(number);
  scanned.letters[number] = count + more;
}

// Invisible characters --------------------------------------------------------------------------------------

/** What isn't Default_Ignorable and can't be seen all the same. */
function isUnseen(point: number): boolean {
  return (
    (point >= 0x80 && point <= 0x9f && point !== 0x85) ||
    (point >= 0xfff9 && point <= 0xfffb) ||
    point === blankBraille ||
    (point >= 0x1_3430 && point <= 0x1_3440)
  );
}

/** Counts an invisible character that no writing needs where it stands. */
function takeUnseen(state: State, point: number, index: number, size: number): void {
  const { scanned } = state;
  if (isDirection(point)) takeDirection(state, point, index);
  else if (!isNeeded(state, point, index, size)) scanned.hidden += 1;
  state.unseen += 1;
}

function isDirection(point: number): boolean {
  return (
    point === 0x61c ||
    point === 0x200e ||
    point === 0x200f ||
    (point >= 0x202a && point <= 0x202e) ||
    (point >= 0x2066 && point <= 0x2069)
  );
}

function takeDirection(state: State, point: number, index: number): void {
  const { scanned, text } = state;
  const opens = point === 0x202a || point === 0x202d || point === 0x2066 || point === 0x2068;
  const closes = point === 0x202c || point === 0x2069;
  // Programs put these around telephone numbers.
  const number = opens
    ? /[0-9+(]/.test(text.charAt(index + 1))
    : closes && /[0-9)]/.test(text.charAt(index - 1));
  if (number) return;
  if (point === 0x202e) {
    scanned.bidi += 1;
    scanned.twisted = true;
  } else if (point === 0x202d) scanned.bidi += 1;
  else state.directions += 1;
}

function isNeeded(state: State, point: number, index: number, size: number): boolean {
  const { script, text, unseen, picture } = state;
  const after = (): string => scriptAt(text, index + size);
  switch (point) {
    case 0xad:
      return isHyphenation(text, index);
    case 0x200c:
    case 0x200d:
    case 0x34f:
      return unseen === 0 && (!unjoined.has(script) || !unjoined.has(after()));
    case 0x200b:
    case 0x2060:
      return unseen === 0 && (unspaced.has(script) || unspaced.has(after()));
    case 0xfeff:
      // A mark of byte order at the start, or left over where texts were joined.
      return index === 0 || isEdge(text, index);
    case 0x115f:
    case 0x1160:
      return script === "Hangul" || after() === "Hangul";
    case 0x17b4:
    case 0x17b5:
      return script === "Khmer";
    case 0x2800:
      return isBraille(text.charCodeAt(index - 1)) || isBraille(text.charCodeAt(index + 1));
  }
  // Left over from texts in Windows' code page, where these are quotes and dashes.
  if (point >= 0x80 && point <= 0x9f) return true;
  if (point >= 0x180b && point <= 0x180f) return script === "Mongolian";
  if (point >= 0xfe00 && point <= 0xfe0f) return unseen === 0 && isVariable(state) && !picture;
  if (point >= 0xe_0100 && point <= 0xe_01ef) return unseen === 0 && script === "Han";
  return point >= 0x1_d173 && point <= 0x1_d17a && state.seen >= 0x1_d100 && state.seen < 0x1_d200;
}

/** Whether what was seen last has forms to choose from: signs do, and letters of few scripts. */
function isVariable({ script, seen }: State): boolean {
  if (seen === 0 || (seen >= 0x09 && seen <= 0x0d) || seen === 0x20) return false;
  return script === ""
    ? !((unicode().properties[seen] ?? 0) & isWhiteSpace)
    : !/^(Latin|Greek|Cyrillic)$/.test(script);
}

/** A hyphen that shows only at the end of a line, in a word with two letters on both sides of it. */
function isHyphenation(text: string, index: number): boolean {
  const { properties } = unicode();
  for (const at of [index - 2, index - 1, index + 1, index + 2]) {
    if (((properties[text.charCodeAt(at)] ?? 0) & (isLetter | isMark | isDigit)) === 0) return false;
  }
  return true;
}

/** Whether white space or an end of the text is beside an index. */
function isEdge(text: string, index: number): boolean {
  const blank = (at: number): boolean =>
    at < 0 ||
    at >= text.length ||
    text.charCodeAt(at) === 0xfeff ||
    ((unicode().properties[text.charCodeAt(at)] ?? 0) & isWhiteSpace) !== 0;
  return blank(index - 1) || blank(index + 1);
}

function isBraille(unit: number): boolean {
  return unit > 0x2800 && unit <= 0x28ff;
}

function scriptAt(text: string, index: number): string {
  if (index >= text.length) return "";
  const point = codePointAt(text, index);
  const { kinds, scripts } = looks();
  return scripts[(kinds[point] ?? 0) & scriptMask] ?? "";
}

// Pictures --------------------------------------------------------------------------------------------------

function isRegional(point: number): boolean {
  return point >= 0x1_f1e6 && point <= 0x1_f1ff;
}

/** Takes a picture with what belongs to it; returns where it ends, or `index` if it is none. */
function takePicture(state: State, point: number, index: number, size: number): number {
  const { text, scanned } = state;
  const { kinds } = looks();
  if (isRegional(point)) return takeRegional(state, index);
  let end = index + size;
  if (((unicode().properties[point] ?? 0) & (isLetter | isMark)) !== 0) return index;
  for (;;) {
    const next = end < text.length ? codePointAt(text, end) : 0;
    const joined = next === 0x200d && end + 1 < text.length ? codePointAt(text, end + 1) : 0;
    if (next === 0xfe0f || next === 0xfe0e || next === 0x20e3) end += 1;
    else if (
      (next >= 0x1_f3fb && next <= 0x1_f3ff) ||
      (next >= 0xe_0020 && next <= 0xe_007f && point === 0x1_f3f4)
    ) {
      end += 2;
    } else if (joined !== 0 && isJoinedPicture(joined, kinds)) end += joined > 0xffff ? 3 : 2;
    else break;
  }
  scanned.emoji += 1;
  state.script = "";
  state.unseen = 0;
  state.seen = point;
  state.picture = true;
  return end;
}

/** What is invisible among those signs. */
const blankBraille = 0x2800;

/** Pictures, and the signs that stand in sequences with them: ♀ ♂ ⚕ ⚖ ✈ ❤ and arrows. */
function isJoinedPicture(point: number, kinds: Uint16Array): boolean {
  if (point >= 0x2190 && point <= 0x2bff) return point !== blankBraille;
  return ((kinds[point] ?? 0) & isPicture) !== 0;
}

/** Flags are pairs; other regional indicators are letters. */
function takeRegional(state: State, index: number): number {
  const { text, scanned } = state;
  const run = regionalRun(text, index);
  if (isFlags(run)) scanned.emoji += run.length / 2;
  else {
    scanned.styled += run.length;
    scanned.twisted = true;
  }
  state.script = "";
  state.unseen = 0;
  state.seen = 0x1_f1e6;
  state.picture = true;
  return index + run.length * 2;
}

/** The letters of a run of regional indicators. */
export function regionalRun(text: string, index: number): string {
  let letters = "";
  for (let at = index; at + 1 < text.length; at += 2) {
    const point = codePointAt(text, at);
    if (!isRegional(point)) break;
    letters += String.fromCharCode(0x61 + point - 0x1_f1e6);
  }
  return letters;
}

/** Whether a run of regional indicators is shown as flags, every one of them. */
export function isFlags(letters: string): boolean {
  if (letters.length % 2 === 1) return false;
  for (let at = 0; at < letters.length; at += 2) if (!isFlag(letters.slice(at, at + 2))) return false;
  return true;
}
