// SPDX-License-Identifier: Apache-2.0
// Telephone numbers, however their digits are written, and not prices, dates, scores or ids.

/** A number that was found. */
export type Phone = {
  /** Its digits, with `+` before those of a number with country code. */
  number: string;
  /** Where it starts in the text, in UTF-16 code units. */
  at: number;
  /** Where it ends. */
  end: number;
};

/** Most numbers that are kept of one text. */
export const phonesMax = 64;
/** Fewest and most digits of a number with country code (E.164 has at most 15). */
const internationalMin = 8;
const internationalMax = 15;
/** Most runs of digits that are looked at. */
const runsMax = 1_000;
/** How far before a number is looked for a word that announces it, in UTF-16 code units. */
const cueLength = 28;

/**
 * Finds telephone numbers:
 * 1. with `+` or `00` and a country code, 8 to 15 digits;
 * 2. in the shape of a national number: 10 or 11 digits that open with 0 or, grouped, with 8 (Russia);
 *    `(555) 123-4567` and `555-123-4567`; `1-800-…`;
 * 3. any 7 to 12 digits after a word that announces a number: "call", "whatsapp", "тел", "☎".
 *
 * Between digits may stand spaces, dots, dashes, slashes and brackets, one or two at a time. Digits may be of
 * any script, full-width or styled, and `O`, `o`, `l`, `I` among digits are read as 0 and 1. A row of digits
 * that stands in a word, in a decimal or beside a currency is none, and neither is a date.
 *
 * @param text without links
 */
export function findPhones(text: string): Phone[] {
  if (!promising.test(text)) return [];
  const phones: Phone[] = [];
  const seen = new Set<string>();
  run.lastIndex = 0;
  for (let count = 0; count < runsMax && phones.length < phonesMax; count++) {
    const match = run.exec(text);
    if (match === null) break;
    for (const phone of readRun(text, match.index, match[0])) {
      if (seen.has(phone.number) || phones.length >= phonesMax) continue;
      seen.add(phone.number);
      phones.push(phone);
    }
  }
  return phones;
}

/** A digit of the scripts that numbers are written in, besides those that normalising makes ASCII. */
const plainDigit = String.raw`0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f`;
/** Letters that are taken for digits where they stand beside one, and no other letter follows. */
const digit = `(?:[${plainDigit}]|[OoIl](?=[OoIl]{0,3}[0-9])|(?<=[0-9][OoIl]{0,3})[OoIl](?![A-Za-z]))`;
const between = String.raw`(?:[ .\-\u2010-\u2014\u00a0/()*_~]|\u20e3){0,3}`;
const promising = new RegExp(`[${plainDigit}][^\n]{0,4}?[${plainDigit}OoIl]`);
const run = new RegExp(
  String.raw`(?<![\w.,:#@$£€¥₹₺₽%/=&\-])[+(]{0,2}${digit}(?:${between}${digit}){5,46}`,
  "g",
);
/** What comes after a number that is no telephone number: the rest of a word, a decimal, a unit. */
const unfit =
  /^[\p{L}\p{N}_%$£€¥₹₺₽]|^[.,:][0-9]|^ ?(?:%|€|£|₺|₽|eur|usd|kg|km|mb|gb|kb|ms|tl\b|pts|views|subs|likes)/iu;

/** Reads a run of digits as a number, or as several that only spaces part. */
function readRun(text: string, at: number, written: string): Phone[] {
  const whole = readPart(text, at, written, () => isCued(text, at));
  if (whole !== undefined) return [whole];
  const phones: Phone[] = [];
  const starts = [0, ...Array.from(written.matchAll(/(?<= )[^ ]/g), ({ index }) => index), written.length];
  if (starts.length > partsMax) return phones;
  for (let first = 0; first + 1 < starts.length;) {
    const last = longestPart(text, at, written, starts, first, phones);
    first = last === undefined ? first + 1 : last;
  }
  return phones;
}

/** Adds the longest number that starts with a part of a run; returns which part comes after it. */
function longestPart(
  text: string,
  at: number,
  written: string,
  starts: readonly number[],
  first: number,
  phones: Phone[],
): number | undefined {
  const from = starts[first] ?? 0;
  let cued: boolean | undefined;
  const isCuedHere = (): boolean => (cued ??= isCued(text, at + from));
  let longest: Phone | undefined;
  let next: number | undefined;
  for (let last = first + 1; last < starts.length; last++) {
    const part = written.slice(from, starts[last]).trimEnd();
    if (part.length < digitsMin) continue;
    if (part.length > partLengthMax) break;
    const phone = readPart(text, at + from, part, isCuedHere);
    // What comes after other digits is part of a row of numbers, unless it is announced or they are one too.
    if (phone === undefined || (first > 0 && phones.length === 0 && !isCuedHere())) continue;
    longest = phone;
    next = last;
  }
  if (longest !== undefined) phones.push(longest);
  return next;
}

/** A run of more parts than three numbers have is a table or a tally. */
const partsMax = 18;
/** Fewest digits of any number. */
const digitsMin = 7;
/** The longest number as written, in UTF-16 code units: 15 digits with something between them. */
const partLengthMax = 36;

function isCued(text: string, at: number): boolean {
  return cue.test(text.slice(Math.max(0, at - cueLength), at));
}

function readPart(text: string, at: number, written: string, cued: () => boolean): Phone | undefined {
  const end = at + written.length;
  if (unfit.test(text.slice(end, end + 6))) return undefined;
  const digits = toDigits(written);
  if (digits === undefined) return undefined;
  const number = readNumber(written, digits, cued);
  return number === undefined ? undefined : { number, at, end };
}

/** The digits of a run, or `undefined` where too few of them are digits and not letters. */
function toDigits(written: string): string | undefined {
  let digits = "";
  let letters = 0;
  for (const character of written) {
    const point = character.codePointAt(0) ?? 0;
    if (/[OoIl]/.test(character)) {
      letters += 1;
      digits += /[Oo]/.test(character) ? "0" : "1";
    } else if (point >= 0x30 && point <= 0x39) digits += character;
    else if (point >= 0x0660) {
      if (point <= 0x0669 || (point >= 0x06f0 && point <= 0x06f9)) digits += String(point & 0xf);
      else if (point >= 0x0966 && point <= 0x096f) digits += String(point - 0x0966);
    }
  }
  return letters * 2 > digits.length ? undefined : digits;
}

function readNumber(written: string, digits: string, cued: () => boolean): string | undefined {
  const { length } = digits;
  // "+80.000.000" has its thousands apart.
  if (/^[(+]*[0-9]{1,3}(?:[.\u00a0][0-9]{3})+$/.test(written) || decimals.test(written)) return undefined;
  const plus = /^[(]?\+/.test(written);
  if (plus || (digits.startsWith("00") && length >= 11)) {
    const number = plus ? digits : digits.slice(2);
    const fits = number.length >= internationalMin && number.length <= internationalMax;
    return fits && !number.startsWith("0") && !madeUp.test(number) ? `+${number}` : undefined;
  }
  if (length > 12 || length < digitsMin || madeUp.test(digits) || isDate(written)) return undefined;
  return hasShape(written, digits) || cued() ? digits : undefined;
}

/** All digits the same, or one after the other. */
const madeUp = /^(\d)\1+$|^0?123456/;
const decimals = /(?:^|[^0-9.])0 ?\. ?[0-9]{2}/;

/** Whether a row of digits looks like a national number without a word that says so. */
function hasShape(written: string, digits: string): boolean {
  const groups = written.match(/[0-9OoIl]+/g)?.length ?? 1;
  if (/^0[1-9]/.test(digits)) {
    const spelled = groups === digits.length && !"0123456789".startsWith(digits.slice(0, 6));
    return digits.length >= 10 && digits.length <= 11 && (groups <= 5 || spelled);
  }
  if (/^8\d{10}$/.test(digits)) return /^8[ (-]+[(]?9?\d{2,3}[) -]+\d{3}[ -]?\d{2}[ -]?\d{2}$/.test(written);
  if (/^1?[2-9]\d{2}[2-9]\d{6}$/.test(digits)) {
    return /^(?:1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-. ]\d{4}$/.test(written);
  }
  return false;
}

/** A date, with or without a time after it, or a span of years. */
function isDate(written: string): boolean {
  const [first = "", second = "", third = ""] = written.split(/[ .\-\u2010-\u2014/]+/);
  const parts = [first, second, third].map(Number);
  const year = (part: number): boolean => part >= 1_900 && part <= 2_100;
  const small = (part: number, max: number): boolean => part >= 1 && part <= max;
  const [a = 0, b = 0, c = 0] = parts;
  if (year(a) && (year(b) || (small(b, 12) && small(c, 31)))) return true;
  const dayMonth = (small(a, 31) && small(b, 12)) || (small(a, 12) && small(b, 31));
  return (
    dayMonth &&
    first.length <= 2 &&
    second.length <= 2 &&
    (year(c) || (third.length === 2 && shortDate.test(written)))
  );
}

const shortDate = /^[0-9]{1,2} ?[/.] ?[0-9]{1,2} ?[/.] ?[0-9]{2}(?![0-9])/;

/** Words that announce a number, in the languages that much spam is written in. */
const cueWords = [
  "call(?: me| us| now| or text| free| only)?|text(?: me)?|txt|sms|tel|telephone|phone|ph|mob",
  "mobile|cell|ring|dial|contact|whats ?app|watsapp|watsap|whatsup|wa|wsp|viber|imo|fax|hotline",
  "helpline|customer service|тел|телефон|звоните|звони|ватсап|вацап|вайбер|номер|пишите",
  "anruf(?:en)?|ruf|telefon|handy|llama|llame|celular|ligue|zap|appelez|ara|arayın|arayin|cep|gsm",
  "chiama|bel|zadzwoń|hubungi|電話|电话|手机|加微信|微信|연락처|전화",
];
const cueJoints = "no|nr|num|number|id|at|on|is|me|us|now|the|our|my|today|free|for|this";
const cue = new RegExp(
  String.raw`(?:(?<![\p{L}\p{N}])(?:${cueWords.join("|")})(?: (?:${cueJoints}))*|☎|📞|📱|✆|☏)` +
    String.raw`\ufe0f?[ .:;\-–=>#]{0,4}$`,
  "iu",
);
