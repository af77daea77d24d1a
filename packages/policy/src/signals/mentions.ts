// SPDX-License-Identifier: Apache-2.0
// Where in a text the name of a messenger may begin. Nowhere in most of it, and to tell that from three code
// units is far quicker than to try all names at each place.
import { readUnits, unitBuffer } from "../text/units.ts";

/**
 * What the names of `services` in `invites.ts` begin with: `*` is the end of a word, `_` a space, `?`
 * anything. Letters outside of ASCII are not told apart.
 */
const openings =
  "tel tlg tg* t.g wha wat was wsp wa* wec wei we_ ins ig* id_ idl sna sc* sky sig kik kak lin vib vx* " +
  "dis zal +v?";

// Classes of ASCII: letters are 1 to 26.
const endClass = 0;
const dotClass = 27;
const spaceClass = 28;
const wordClass = 29;
const plusClass = 30;
const classCount = 32;

const classes: Uint8Array = Uint8Array.from({ length: 0x80 }, (_, unit) =>
  classOf(String.fromCharCode(unit)),
);

function classOf(character: string): number {
  if (/[A-Za-z]/.test(character)) return character.toLowerCase().charCodeAt(0) - 0x60;
  if (/[0-9_]/.test(character)) return wordClass;
  if (character === ".") return dotClass;
  if (character === "+") return plusClass;
  return character === " " ? spaceClass : endClass;
}

/** 1 for each three classes that open a name; its length is a power of two. */
const opens: Uint8Array = new Uint8Array(classCount ** 3);
for (const opening of openings.split(" ")) {
  const [first = "", second = "", third = ""] = opening;
  const thirds =
    third === "?"
      ? Array.from({ length: classCount }, (_, number) => number)
      : third === "*"
        ? [endClass, dotClass, spaceClass, plusClass]
        : [classOf(third === "_" ? " " : third)];
  for (const last of thirds) opens[placeOf(classOf(first), classOf(second), last)] = 1;
}

function placeOf(first: number, second: number, third: number): number {
  return (first * classCount + second) * classCount + third;
}

const buffer = unitBuffer();

/**
 * Calls `take` with each place where a messenger's name may begin, and wherever a letter outside of ASCII is
 * near.
 *
 * @param take returns where to go on
 */
export function forEachMention(text: string, take: (at: number) => number): void {
  const { length } = text;
  const units = readUnits(text, buffer);
  // The classes of three units, and how many of them are behind the last one that isn't ASCII.
  let three = 0;
  let foreign = 0;
  let from = 0;
  for (let index = 0; index < length + 2; index++) {
    const unit = index < length ? (units[index] as number) : 0;
    const isForeign = unit >= 0x80;
    three = ((three * classCount) & (opens.length - 1)) + (isForeign ? 0 : (classes[unit] as number));
    if (isForeign) foreign = 3;
    if (foreign === 0 && opens[three] === 0) continue;
    if (foreign > 0) foreign -= 1;
    const at = index - 2;
    if (at < from || at >= length || (at > 0 && isJoining(units[at - 1] as number))) continue;
    const next = take(at);
    if (next <= at + 1) continue;
    from = next;
    index = Math.max(index, next - 1);
  }
}

/** Whether a name that stands right after it is none: it is part of a word, or of an address. */
function isJoining(unit: number): boolean {
  if (unit >= 0x80) return false;
  const kind = classes[unit] as number;
  const isSign = unit === 0x2f || unit === 0x40 || unit === 0x2d;
  return isSign || (kind !== endClass && kind !== spaceClass && kind !== plusClass);
}

/** How the schemes of messengers end: `tg:`, `whatsapp:`, … */
const schemeEnds: ReadonlySet<string> = new Set("tg app ber ype ine ord hat kik xin gnl".split(" "));

/** Whether a messenger's own scheme may stand in a text. */
export function hasMessengerScheme(text: string): boolean {
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) {
    const unit = text.charCodeAt(at - 1) | 0x20;
    if (!(unit >= 0x61 && unit <= 0x7a)) continue;
    const before = text.slice(Math.max(0, at - 3), at).toLowerCase();
    if (schemeEnds.has(before) || before.endsWith("tg")) return true;
  }
  return false;
}
