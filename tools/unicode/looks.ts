// SPDX-License-Identifier: Apache-2.0
// The text of look-tables.ts: which script a letter is of, which signs are pictures, and which letters look
// like those of ASCII (UTS #39, confusables.txt).
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { lines, points, unicodeData } from "./database.ts";
import type { Line } from "./database.ts";
import { declaration, mappings, ranges, valuedRanges } from "./write.ts";
import type { Mapping } from "./write.ts";

/** Scripts whose letters are none of an alphabet, and the two whose look-alikes are listed by hand. */
const unlike = new Set(["Common", "Inherited", "Han", "Hangul", "Hiragana", "Katakana", "Bopomofo"]);
const byHand = new Set(["Cyrillic", "Greek"]);

const rightToLeft = new Set(["Hebrew", "Arabic", "Nko", "Mende_Kikakui"]);

type Database = {
  readonly data: readonly Line[];
  readonly category: ReadonlyMap<number, string>;
  readonly scripts: ReadonlyMap<number, string>;
  readonly apart: ReadonlyMap<number, readonly number[]>;
  readonly prototypes: ReadonlyMap<number, readonly number[]>;
  readonly folded: ReadonlyMap<number, readonly number[]>;
  readonly wide: ReadonlySet<number>;
};

/**
 * The text of `look-tables.ts`.
 *
 * @param folder where the files of the Unicode character database and confusables.txt are
 */
export function generateLooks(folder: string): string {
  const database = readDatabase(folder);
  const confusables = readFileSync(`${folder}/confusables.txt`, "utf8");
  const version = /^# Version: (\d+\.\d+\.\d+)/m.exec(confusables)?.[1] ?? "";
  const names = [...new Set(database.scripts.values())].filter(
    (name) => name !== "Common" && name !== "Inherited",
  );
  const numbered = [...database.scripts]
    .filter(([, name]) => names.includes(name))
    .map(([point, name]) => [point, names.indexOf(name) + 1] as const);
  const tables: readonly (readonly [name: string, doc: string, value: string])[] = [
    ["scriptNames", "Scripts, numbered from 1; Common and Inherited have no number.", names.join(",")],
    [
      "scriptRanges",
      "The number of the script of each code point that has one.",
      valuedRanges(numbered.toSorted(([one], [other]) => one - other)),
    ],
    ["pictureRanges", "Symbols that are shown as pictures.", ranges(pictures(database))],
    ["latinLooks", "Latin letters that look like ASCII letters, folded.", mappings(looks(database, true))],
    ["otherLooks", "The same of scripts without a list by hand.", mappings(looks(database, false))],
  ];
  return [...head(version), ...tables.flatMap(([name, doc, value]) => declaration(name, doc, value))].join(
    "\n",
  );
}

function head(version: string): string[] {
  return [
    "// SPDX-License-Identifier: Apache-2.0 AND Unicode-DFS-2016",
    "// Written by tools/unicode/generate.ts from the Unicode character database and the confusables of",
    `// UTS #39, version ${version}; do not edit.`,
    "// Copyright 1991-2022 Unicode, Inc. All rights reserved. Distributed under the Terms of Use in",
    "// https://www.unicode.org/copyright.html",
    "//",
    "// The forms of the tables are described at the head of unicode-tables.ts.",
    "",
    "/** The version of confusables.txt behind the look-alikes. */",
    `export const confusablesVersion: string = "${version}";`,
    "",
  ];
}

function readDatabase(folder: string): Database {
  const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");
  const data = unicodeData(gunzipSync(readFileSync(`${folder}/UnicodeData.txt.gz`)).toString("utf8"));
  const apart = new Map<number, readonly number[]>();
  for (const { first, fields } of data) {
    const field = fields[4] ?? "";
    if (/^[0-9A-F]/.test(field)) apart.set(first, points(field));
  }
  const prototypes = new Map<number, readonly number[]>();
  for (const { first, fields } of lines(read("confusables.txt").replace(/^\ufeff/, ""))) {
    prototypes.set(first, points(fields[0] ?? ""));
  }
  const folded = new Map<number, readonly number[]>();
  for (const [point, fields] of each(lines(read("DerivedNormalizationProps.txt")))) {
    if (fields[0] === "NFKC_CF") folded.set(point, points(fields[1] ?? ""));
  }
  const wide = new Set<number>();
  for (const [point, fields] of each(lines(read("EastAsianWidth.txt"))))
    if (fields[0] === "W") wide.add(point);
  return {
    data,
    category: new Map([...each(data)].map(([point, fields]) => [point, fields[1] ?? ""])),
    scripts: new Map(
      [...each(lines(read("Scripts.txt")))].map(([point, fields]) => [point, fields[0] ?? ""]),
    ),
    apart,
    prototypes,
    folded,
    wide,
  };
}

function* each(found: Iterable<Line>): Generator<readonly [point: number, fields: readonly string[]]> {
  for (const { first, last, fields } of found) {
    for (let point = first; point <= last; point++) yield [point, fields];
  }
}

/**
 * Symbols that are pictures without more ado: the miscellaneous symbols and dingbats, those above the first
 * plane, and others that take the width of a Han character, by which Unicode tells those shown in colour.
 */
function pictures({ category, wide }: Database): (readonly [number, number])[] {
  const isPicture = (point: number): boolean =>
    (point >= 0x2600 && point <= 0x27bf) ||
    (point >= 0x1_f300 && point <= 0x1_faff) ||
    (wide.has(point) && ((point >= 0x2300 && point <= 0x2bff) || (point >= 0x1_f000 && point <= 0x1_f2ff)));
  return [...category]
    .filter(([point, kind]) => (kind === "So" || kind === "Sk") && isPicture(point))
    .map(([point]) => [point, point] as const);
}

/** Folded letters, and digits of other scripts, that look like ASCII letters. */
function looks(database: Database, latin: boolean): Mapping[] {
  const { category, scripts, folded, apart } = database;
  const capitals = new Map<number, number>();
  for (const [point, [small = 0, more]] of folded) {
    if (more === undefined && /^L[ut]/.test(category.get(point) ?? "")) capitals.set(small, point);
  }
  const found: Mapping[] = [];
  for (const [point, kind] of category) {
    const script = scripts.get(point) ?? "";
    if (point < 0x80 || folded.has(point) || apart.has(point) || !/^(L|Nd)/.test(kind)) continue;
    if (latin ? script !== "Latin" : script === "Latin" || unlike.has(script) || byHand.has(script)) continue;
    const capital = capitals.get(point);
    const look = lookOf(point, database) ?? (capital === undefined ? undefined : lookOf(capital, database));
    if (look !== undefined) {
      // UTS #39 takes capital I for l: letters with the shape of one stroke are I among capitals.
      const read = look === "l" && !latin && !rightToLeft.has(script) && !isL(point, database) ? "i" : look;
      found.push({ from: point, to: Array.from(read, (letter) => letter.charCodeAt(0)), mark: "=" });
    }
  }
  return found.toSorted((one, other) => one.from - other.from);
}

/** Whether a letter looks like L itself, not like a stroke. */
function isL(point: number, { prototypes }: Database): boolean {
  return prototypes.get(point)?.[0] === 0x4c;
}

/** The letters of ASCII that the skeleton of UTS #39 consists of, marks left out; else `undefined`. */
function lookOf(point: number, { apart, prototypes, category }: Database): string | undefined {
  const decomposed = (from: number): readonly number[] => apart.get(from)?.flatMap(decomposed) ?? [from];
  const skeleton = decomposed(point)
    .flatMap((part) => prototypes.get(part) ?? [part])
    .flatMap(decomposed)
    .filter((part) => !(category.get(part) ?? "").startsWith("M"));
  // UTS #39 takes m for rn, and I for l.
  const look = String.fromCodePoint(...skeleton)
    .replaceAll("rn", "m")
    .toLowerCase();
  return /^[a-z]{1,3}$/.test(look) ? look : undefined;
}
