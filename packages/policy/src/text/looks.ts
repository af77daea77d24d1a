// SPDX-License-Identifier: Apache-2.0
// How characters look: which script they are of, which are pictures or letters in a style, and which letters
// a reader takes for letters of ASCII. Generated tables (UTS #39) where they are good enough, lists by hand
// where readers are more generous than they are. Decoded at the first call.
import {
  confusablesVersion,
  latinLooks,
  otherLooks,
  pictureRanges,
  scriptNames,
  scriptRanges,
} from "./look-tables.ts";
import { isMark, readMappings, readRanges, readValues, unicode } from "./unicode.ts";
import type { Unicode } from "./unicode.ts";

export { confusablesVersion };

/** Bits of {@link Looks.kinds}: the number of the script. */
export const scriptMask = 0xff;
/** A symbol that is shown as a picture. */
export const isPicture = 0x100;
/** A letter in a style: it stands for a plain letter of ASCII. */
export const isStyled = 0x200;
/** A full-width letter of ASCII: in a text of East Asia it is no style. */
export const isWide = 0x400;
/** A mark that may be put on any letter, and stacked. */
export const isStacking = 0x800;
/** A letter of the sounds of speech that is ASCII's in small capitals. */
export const isSmallCapital = 0x1000;
/** A letter that is ASCII's upside down, and hardly anything else. */
export const isTurned = 0x2000;
/** A raised or lowered letter: some are a style. */
export const isRaised = 0x8000;
/** In normalised text: dropped from the skeleton. */
export const isDropped = 0x4000;

/** How alike a letter of another script is to one of ASCII: not at all. */
export const unlike = 0;
/** As it stands. */
export const likeItself = 1;
/** As a capital. */
export const likeAsCapital = 2;
/** To who wants to read it so. */
export const likeIfWanted = 3;

/** The decoded tables. */
export type Looks = {
  /** The bits above, by code point; nothing above U+1FFFF has any but that of Han. */
  readonly kinds: Uint16Array;
  /** Names of scripts by number; 0 is none. */
  readonly scripts: readonly string[];
  /**
   * What a UTF-16 code unit of normalised text becomes where its look is the same in any word: most become
   * themselves, and Latin letters lose what is not in ASCII. 0 where it takes a closer look.
   */
  readonly units: Uint16Array;
  /** The same for what becomes several code units, or lies above the first plane. */
  readonly plain: ReadonlyMap<number, string>;
  /** Letters of other scripts that look like ASCII letters, normalised. */
  readonly others: ReadonlyMap<number, string>;
  /** How alike these are, by code point. */
  readonly likeness: Uint8Array;
};

/** Code points from here on are Han, or have no script that matters. */
const kindsCount = 0x2_0000;

/** The letters of Cyrillic in three tiers, each followed by what it looks like. */
const cyrillic = {
  itself: "аaсcеeоoрpуyхxіiјjѕsһhԁdԛqԝwӏlѵvүyѡwҽe",
  capital: "вbкkмmнhтtїiёeѐeӓaӧoўyӑaӗe",
  wanted: "бbгrґrдaзeиnйnѝnлnпnфoцuчyшwщwъbьbэeяrєeћhђhҝkқkңhґrѓrќkџuӊhғfҳxӽx",
} as const;

/** Of Greek, whose small letters look unlike its capitals: these are as small ones. */
const greek = {
  itself: "αaοoνvρpιiυuϲcϳj",
  capital: "βbεeηnκkμuτtχxζzγyσo",
  wanted: "ςsωwπnλaδdθoξeφoψw",
} as const;

/** Greek letters that look otherwise as capitals. */
export const greekCapitals: ReadonlyMap<number, string> = pairs("νnηhυyμmσeδaγrλaωo");

/** ASCII letters, and what they look like in Cyrillic and in Greek: for words of these with some of them. */
export const cyrillicFromLatin: ReadonlyMap<number, string> = pairs("aаbвcсeеhнkкmмoоpрtтxхyуiі0о3з4ч6б");
export const greekFromLatin: ReadonlyMap<number, string> = pairs("aαbβeεiιkκmμnηoοpρtτuυvνwωxχyγzζ0ο");

/** Latin letters that readers take for these. UTS #39 has others for some, or none. */
const latin =
  "ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzɐaɔcǝeəeɘeɛeɜeɟfᵷgɥhᴉiɾrʞkɯmɹrʇtʌvʍwʎyıiȷjɑaɒaɓbƈcɗd" +
  "ƒfɠgɡgɦhɨiƙkʞkłlɫlɭlɱmɲnɳnŋnɵoøoƥpɋqɽrʂsſsƭtʈtʉuʋvⱳwƴyȥzʐzʑzʒzðdþpđdħhŧtƀbĸkƨsƽsƶzƣqɩiꞁlʃsƃbꝺdƞnᵹgꭓxꬰa";

/** Upside down, and what each is. Those that are letters of some language's usual spelling are weak signs. */
export const turnedStrong: ReadonlyMap<number, string> = pairs("ɐaɟfƃgᵷgɥhᴉiɾjʞkɯmɹrʇtʍwʎy");
export const turnedWeak: ReadonlyMap<number, string> = pairs("ɔcǝeʌvıiʃlꞁlןlƖl");
/** Letters that are other letters, or themselves, upside down. */
export const turnedAscii: ReadonlyMap<number, string> = pairs("unnudppdbqqbssxxzzooll''");

const smallCapitals = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ";

/** Signs that have a simpler one of the same look. */
const signs = "‘'’'ʼ'ʻ'‛'´'`'“\"”\"„\"‟\"‐-‑-‒-–-—-―-−-﹣-";

let decoded: Looks | undefined;

/** The tables, decoded when first asked for. */
export function looks(): Looks {
  decoded ??= decode(unicode());
  return decoded;
}

/**
 * The letters of ASCII that those of a name look like, letter by letter and whatever the word: Latin ones,
 * those of other scripts as they stand or as capitals. Others stay as they are. Marks go. For names of hosts.
 *
 * @param name normalised
 */
export function asciiLook(name: string): string {
  const { kinds, plain, others, likeness } = looks();
  let read = "";
  for (const character of name) {
    const point = character.codePointAt(0) ?? 0;
    if ((kinds[point] ?? 0) & isDropped) continue;
    const other = likeness[point] === likeIfWanted ? undefined : others.get(point);
    read += plain.get(point) ?? other ?? character;
  }
  return read;
}

/** Pairs of a character and the one after it. */
function pairs(text: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  const characters = Array.from(text);
  for (let index = 0; index + 1 < characters.length; index += 2) {
    found.set(characters[index]?.codePointAt(0) ?? 0, characters[index + 1] ?? "");
  }
  return found;
}

function decode(tables: Unicode): Looks {
  const kinds = new Uint16Array(kindsCount);
  const set = (point: number, bit: number): void => {
    if (point < kindsCount) kinds[point] = (kinds[point] ?? 0) | bit;
  };
  readValues(scriptRanges, set);
  readRanges(pictureRanges, (point) => set(point, isPicture));
  for (const [point, folded] of tables.casefold) {
    if (isStyle(point, folded))
      set(point, point < 0x1dc0 || (point >= 0x2070 && point < 0x20a0) ? isRaised : isStyled);
  }
  for (let step = 0; step < 26; step++) {
    set(0xff21 + step, isWide);
    set(0xff41 + step, isWide);
    for (const base of styledBases) set(base + step, isStyled);
  }
  for (const [first, last] of stacking)
    for (let point = first; point <= last; point++) set(point, isStacking);
  for (const letter of smallCapitals) set(letter.codePointAt(0) ?? 0, isSmallCapital);
  for (const point of turnedStrong.keys()) set(point, isTurned);
  markDropped(tables, set);
  const plain = plainLooks(tables);
  return {
    kinds,
    scripts: ["", ...scriptNames.split(",")],
    units: unitLooks(plain, kinds),
    plain,
    ...otherScripts(),
  };
}

/** Letters in brackets, circles and squares, of which Unicode gives some no plain form. */
const styledBases: readonly number[] = [0x249c, 0x1_f110, 0x1_f130, 0x1_f150, 0x1_f170];

/** Marks that may be put on any letter: combining diacritical marks, and those of Cyrillic's numbers. */
const stacking: readonly (readonly [first: number, last: number])[] = [
  [0x300, 0x34e],
  [0x350, 0x36f],
  [0x483, 0x489],
  [0x1ab0, 0x1ace],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20df],
  [0x20e1, 0x20e2],
  [0x20e4, 0x20f0],
  [0xfe20, 0xfe2f],
];

/** Whether a code point is ASCII's letter in a style, other than one that is at home in plain text. */
function isStyle(point: number, folded: string): boolean {
  if (folded.length !== 1 || !/[a-z]/.test(folded) || point < 0x2b0) return false;
  const plain =
    point === 0x2139 || // the sign of information
    point === 0x212a || // kelvin
    (point >= 0x2160 && point <= 0x217f) || // Roman numerals
    (point >= 0xff21 && point <= 0xff5a);
  return !plain;
}

/** Marks that a reader doesn't need: those on any letter, the points of Arabic and Hebrew, the long line. */
function markDropped({ properties }: Unicode, set: (point: number, bit: number) => void): void {
  for (const [first, last] of [
    ...stacking,
    [0x591, 0x5c7],
    [0x610, 0x61a],
    [0x64b, 0x65f],
    [0x670, 0x670],
    [0x6d6, 0x6dc],
    [0x6df, 0x6e8],
    [0x6ea, 0x6ed],
    [0x20e0, 0x20e0],
    [0x20e3, 0x20e3],
  ] as const) {
    for (let point = first; point <= last; point++) {
      if ((properties[point] ?? 0) & isMark) set(point, isDropped);
    }
  }
  set(0x640, isDropped);
}

/** What code points of normalised text become in any word. */
function plainLooks({ decompositions, casefold }: Unicode): Map<number, string> {
  const plain = new Map<number, string>();
  readMappings(latinLooks, (from, to) => plain.set(from, String.fromCharCode(...to)));
  for (const [point, look] of [...pairs(latin), ...pairs(signs)]) plain.set(point, look);
  for (const base of [0x1_f150, 0x1_f170]) {
    for (let step = 0; step < 26; step++) plain.set(base + step, String.fromCharCode(0x61 + step));
  }
  // Letters with marks: what is left when these are taken away, if it is Latin.
  const bare = (point: number): string | undefined => {
    if (point < 0x80) return point >= 0x61 && point <= 0x7a ? String.fromCharCode(point) : undefined;
    const first = decompositions.get(point)?.[0];
    return plain.get(point) ?? (first === undefined ? undefined : bare(first));
  };
  for (const point of decompositions.keys()) {
    if (casefold.has(point)) continue;
    const look = bare(point);
    if (look !== undefined) plain.set(point, look);
  }
  return plain;
}

function unitLooks(plain: ReadonlyMap<number, string>, kinds: Uint16Array): Uint16Array {
  const units = new Uint16Array(0x1_0000);
  for (let unit = 1; unit < units.length; unit++) {
    if ((unit >= 0xd800 && unit <= 0xdfff) || (kinds[unit] ?? 0) & isDropped) continue;
    const look = plain.get(unit);
    if (look === undefined) units[unit] = unit;
    else if (look.length === 1) units[unit] = look.charCodeAt(0);
  }
  return units;
}

function otherScripts(): Pick<Looks, "others" | "likeness"> {
  const others = new Map<number, string>();
  const likeness = new Uint8Array(kindsCount);
  const take = (point: number, ascii: string, like: number): void => {
    others.set(point, ascii);
    likeness[point] = like;
  };
  readMappings(otherLooks, (from, to) => take(from, String.fromCharCode(...to), likeItself));
  for (const { itself, capital, wanted } of [cyrillic, greek]) {
    for (const [point, ascii] of pairs(itself)) take(point, ascii, likeItself);
    for (const [point, ascii] of pairs(capital)) take(point, ascii, likeAsCapital);
    for (const [point, ascii] of pairs(wanted)) take(point, ascii, likeIfWanted);
  }
  return { others, likeness };
}
