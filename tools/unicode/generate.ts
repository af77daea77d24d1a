// SPDX-License-Identifier: Apache-2.0
// Writes packages/policy/src/text/unicode-tables.ts from the Unicode character database.
//
//   node tools/unicode/generate.ts [folder of the database] [file to write]
//
// The product carries its own tables because the ones built into a JavaScript engine change from release to
// release, and a sealed decision must come out the same in ten years. The output is a function of the input
// files alone; unicode-tables.test.ts checks that the committed file is what this program writes.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { sharedPath } from "../shared-data.ts";

/** A closed range of code points. */
type Range = readonly [first: number, last: number];
/** One line of a database file: its code points and the fields after them. */
type Line = { first: number; last: number; fields: readonly string[] };
/** What a code point is replaced by, and the mark that tells the kinds of replacement apart. */
type Mapping = { from: number; to: readonly number[]; mark: "=" | ":" };

/** A run shorter than this is written as single mappings, which are then no longer than the run would be. */
const runMin = 2;

const target = fileURLToPath(new URL("../../packages/policy/src/text/unicode-tables.ts", import.meta.url));

/**
 * The text of `unicode-tables.ts`.
 *
 * @param folder where the files of the Unicode character database are
 * @throws Error when the files are not of one Unicode version
 */
export function generateTables(folder: string): string {
  const normalization = readFileSync(`${folder}/DerivedNormalizationProps.txt`, "utf8");
  const core = readFileSync(`${folder}/DerivedCoreProperties.txt`, "utf8");
  const properties = readFileSync(`${folder}/PropList.txt`, "utf8");
  const data = unicodeData(gunzipSync(readFileSync(`${folder}/UnicodeData.txt.gz`)).toString("utf8"));
  const version = oneVersion([normalization, core, properties]);
  const excluded = new Set(codePoints(normalization, "Full_Composition_Exclusion"));
  const tables: readonly (readonly [name: string, doc: string, value: string])[] = [
    ["letterRanges", "General category L*.", ranges(categoryOf(data, /^L/))],
    ["markRanges", "General category M*.", ranges(categoryOf(data, /^M/))],
    ["digitRanges", "General category Nd.", ranges(categoryOf(data, /^Nd$/))],
    ["whiteSpaceRanges", "White_Space.", ranges(propertyRanges(properties, "White_Space"))],
    ["uppercaseRanges", "Uppercase.", ranges(propertyRanges(core, "Uppercase"))],
    ["lowercaseRanges", "Lowercase.", ranges(propertyRanges(core, "Lowercase"))],
    [
      "ignorableRanges",
      "Default_Ignorable_Code_Point.",
      ranges(propertyRanges(core, "Default_Ignorable_Code_Point")),
    ],
    ["combiningClasses", "Canonical_Combining_Class other than 0.", combiningClasses(data)],
    ["decompositions", "Canonical decompositions but Hangul's.", mappings(decompositions(data, excluded))],
    ["casefoldMappings", "NFKC_Casefold, where it is not the code point.", mappings(casefold(normalization))],
  ];
  return [...head(version), ...tables.flatMap(([name, doc, value]) => declaration(name, doc, value))].join(
    "\n",
  );
}

function head(version: string): string[] {
  return [
    "// SPDX-License-Identifier: Apache-2.0 AND Unicode-DFS-2016",
    `// Written by tools/unicode/generate.ts from the Unicode character database ${version}; do not edit.`,
    "// Copyright 1991-2022 Unicode, Inc. All rights reserved. Distributed under the Terms of Use in",
    "// https://www.unicode.org/copyright.html",
    "//",
    "// All numbers are in base 36. Ranges: `gap,length` pairs, the gap counted from the end of the range",
    "// before. Classes: `gap,length,class`. Mappings: entries that end in `;` and open with the gap from",
    "// the entry before: `gap=x,y` becomes x y; `gap:x,y` the same, but x y never composes back; `gap*n`",
    "// these n code points vanish; `gap+n,d` n code points in a row become themselves plus d; `gap/n,d`",
    "// every second one does.",
    "",
    "/** The version of the Unicode character database behind every table here. */",
    `export const unicodeVersion: string = "${version}";`,
    "",
  ];
}

function declaration(name: string, doc: string, value: string): string[] {
  return [`/** ${doc} */`, `export const ${name}: string =`, `  "${value}";`, ""];
}

// Reading the database -------------------------------------------------------------------------------------

function oneVersion(files: readonly string[]): string {
  const versions = new Set(files.map((file) => /^# \w+-(\d+\.\d+\.\d+)\.txt/.exec(file)?.[1]));
  const [version] = versions;
  if (versions.size !== 1 || version === undefined) {
    throw new Error(`the files of the Unicode character database disagree: ${[...versions].join(", ")}`);
  }
  return version;
}

function* lines(file: string): Generator<Line> {
  for (const raw of file.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    if (line === "") continue;
    const [points = "", ...fields] = line.split(";").map((field) => field.trim());
    const [first = "", last = first] = points.split("..");
    yield { first: Number.parseInt(first, 16), last: Number.parseInt(last, 16), fields };
  }
}

function propertyRanges(file: string, property: string): Range[] {
  const found: Range[] = [];
  for (const { first, last, fields } of lines(file)) if (fields[0] === property) found.push([first, last]);
  return found;
}

function codePoints(file: string, property: string): number[] {
  return propertyRanges(file, property).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

/** The lines of UnicodeData.txt, its `<…, First>` and `<…, Last>` pairs joined to one line. */
function unicodeData(file: string): Line[] {
  const found: Line[] = [];
  let opened: number | undefined;
  for (const line of lines(file)) {
    const name = line.fields[0] ?? "";
    if (name.endsWith(", First>")) opened = line.first;
    else if (name.endsWith(", Last>")) found.push({ ...line, first: opened ?? line.first });
    else found.push(line);
  }
  return found;
}

function categoryOf(data: readonly Line[], category: RegExp): Range[] {
  return data
    .filter(({ fields }) => category.test(fields[1] ?? ""))
    .map(({ first, last }) => [first, last] as const);
}

function decompositions(data: readonly Line[], excluded: ReadonlySet<number>): Mapping[] {
  return data
    .filter(({ fields }) => /^[0-9A-F]/.test(fields[4] ?? ""))
    .map(({ first, fields }) => ({
      from: first,
      to: points(fields[4] ?? ""),
      mark: excluded.has(first) ? ":" : "=",
    }));
}

function casefold(file: string): Mapping[] {
  const found: Mapping[] = [];
  for (const { first, last, fields } of lines(file)) {
    if (fields[0] !== "NFKC_CF") continue;
    for (let from = first; from <= last; from++) found.push({ from, to: points(fields[1] ?? ""), mark: "=" });
  }
  return found;
}

function points(field: string): number[] {
  return field === "" ? [] : field.split(" ").map((point) => Number.parseInt(point, 16));
}

// Writing the tables ---------------------------------------------------------------------------------------

function ranges(found: readonly Range[]): string {
  const joined: [number, number][] = [];
  for (const [first, last] of found.toSorted((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before !== undefined && before[1] + 1 === first) before[1] = last;
    else joined.push([first, last]);
  }
  let end = 0;
  return joined
    .map(([first, last]) => {
      const entry = `${base36(first - end)},${base36(last - first + 1)}`;
      end = last + 1;
      return entry;
    })
    .join(",");
}

function combiningClasses(data: readonly Line[]): string {
  const runs: { first: number; last: number; value: number }[] = [];
  for (const { first, fields } of data) {
    const value = Number(fields[2]);
    if (value === 0) continue;
    const before = runs.at(-1);
    if (before !== undefined && before.value === value && before.last + 1 === first) before.last = first;
    else runs.push({ first, last: first, value });
  }
  let end = 0;
  return runs
    .map(({ first, last, value }) => {
      const entry = `${base36(first - end)},${base36(last - first + 1)},${base36(value)}`;
      end = last + 1;
      return entry;
    })
    .join(",");
}

function mappings(found: readonly Mapping[]): string {
  let written = "";
  let end = 0;
  for (let index = 0; index < found.length;) {
    const first = found[index];
    if (first === undefined) break;
    const gap = base36(first.from - end);
    const [count, stride] = longestRun(found, index);
    if (count < runMin) {
      written += `${gap}${first.mark}${first.to.map(base36).join(",")};`;
      end = first.from + 1;
      index += 1;
      continue;
    }
    const shift = base36((first.to[0] ?? 0) - first.from);
    const kind = stride === 1 ? "+" : "/";
    written += first.to.length === 0 ? `${gap}*${base36(count)};` : `${gap}${kind}${base36(count)},${shift};`;
    end = first.from + (count - 1) * stride + 1;
    index += count;
  }
  return written;
}

function longestRun(found: readonly Mapping[], index: number): [count: number, stride: 1 | 2] {
  const dense = runLength(found, index, 1);
  const sparse = found[index]?.to.length === 0 ? 1 : runLength(found, index, 2);
  return sparse > dense ? [sparse, 2] : [dense, 1];
}

function runLength(found: readonly Mapping[], index: number, stride: 1 | 2): number {
  const first = found[index];
  if (first === undefined || first.to.length > 1 || first.mark !== "=") return 1;
  let count = 1;
  for (;;) {
    const next = found[index + count];
    if (next?.from !== first.from + count * stride || next.to.length !== first.to.length) return count;
    if (next.to.length === 1 && next.to[0] !== (first.to[0] ?? 0) + count * stride) return count;
    count += 1;
  }
}

function base36(value: number): string {
  return value.toString(36);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? sharedPath("data/unicode");
  if (folder === undefined) throw new Error("name the folder of the Unicode character database");
  writeFileSync(process.argv[3] ?? target, generateTables(folder));
}
