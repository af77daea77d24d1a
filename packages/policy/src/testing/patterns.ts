// SPDX-License-Identifier: Apache-2.0
// Patterns and texts for the matcher: RE2's own cases, and random ones.
import type { Chance } from "./expressions.ts";

/** A pattern, a text, and whether the pattern has a match in it. */
export type PatternCase = { readonly pattern: string; readonly text: string; readonly matches: boolean };

/**
 * The cases of `re2-search.txt`: blocks of texts, and for each pattern a line of four results for each text,
 * of which the second is that of a search anywhere.
 */
export function searchCases(file: string): PatternCase[] {
  const cases: PatternCase[] = [];
  let texts: string[] = [];
  let pattern: string | undefined;
  let inTexts = false;
  let at = 0;
  for (const line of file.split("\n")) {
    if (line === "strings") {
      texts = [];
      inTexts = true;
    } else if (line === "regexps") {
      inTexts = false;
    } else if (line.startsWith('"')) {
      if (inTexts) texts.push(unquote(line));
      else pattern = unquote(line);
      at = 0;
    } else if (pattern !== undefined && line.includes(";")) {
      const text = texts[at++];
      if (text !== undefined) cases.push({ pattern, text, matches: line.split(";")[1] !== "-" });
    }
  }
  return cases;
}

const letters: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  f: "\f",
  v: "\v",
};

/** Go's quoted strings; numbered escapes are of code points here, since the file is text. */
function unquote(line: string): string {
  return line
    .slice(1, -1)
    .replaceAll(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g, (_, two, four, eight, other) => {
      const digits = (two ?? four ?? eight) as string | undefined;
      if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 16));
      return letters[other as string] ?? (other as string);
    });
}

/** The cases of AT&T's files (`basic.dat`, …) that are about extended expressions. */
export function attCases(file: string): PatternCase[] {
  const cases: PatternCase[] = [];
  let before = "";
  for (const line of file.split("\n")) {
    const [flags = "", written = "", subject = "", result = ""] = line.split(/\t+/);
    if (!/^:?[0-9]*:?[BEASKLiRnp]*E[a-zA-Z]*$/.test(flags) || result === "") continue;
    const pattern = written === "SAME" ? before : written;
    before = pattern;
    if (/[ipn$LAK]/.test(flags) || (!result.startsWith("(") && result !== "NOMATCH")) continue;
    cases.push({ pattern, text: subject === "NULL" ? "" : subject, matches: result !== "NOMATCH" });
  }
  return cases;
}

const atoms = (
  "a b c A B . \\d \\w \\W \\s \\b \\B ^ $ [ab] [^a] [a-c] (?:) \\pL \\PL é 😀 k ſ 1 _ \\x{1F600} [😀-😂] " +
  "\\n \\A \\z [[:alpha:]] ß"
).split(" ");
const repetitions = ["", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?"];
const flags = ["", "", "", "(?i)", "(?s)", "(?m)", "(?im)"];

/** A random pattern. */
export function randomPattern(chance: Chance): string {
  return `${pick(chance, flags)}${alternation(chance, 3)}`;
}

function alternation(chance: Chance, depth: number): string {
  return Array.from({ length: 1 + Math.floor(chance(5) / 3) }, () => sequence(chance, depth)).join("|");
}

function sequence(chance: Chance, depth: number): string {
  let text = "";
  for (let count = 1 + chance(4); count > 0; count--) {
    const isGroup = depth > 0 && chance(4) === 0;
    text += isGroup ? `(${alternation(chance, depth - 1)})` : pick(chance, atoms);
    text += pick(chance, repetitions);
  }
  return text;
}

const pieces = "a b c A aa ab k K \u212a ſ S é É 😀 😂 \ud83d \ude00 1 _ \n ß ẞ".split(" ");

/** A random text, often of what patterns ask for; it may hold lone surrogates. */
export function randomSubject(chance: Chance): string {
  return Array.from({ length: chance(12) }, () => (chance(8) === 0 ? " " : pick(chance, pieces))).join("");
}

function pick(chance: Chance, items: readonly string[]): string {
  return items[chance(items.length)] ?? "";
}
