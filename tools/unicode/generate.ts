// SPDX-License-Identifier: Apache-2.0
// Writes packages/policy/src/text/unicode-tables.ts and look-tables.ts from the Unicode character database.
//
//   node tools/unicode/generate.ts [folder of the database]
//
// The product carries its own tables because the ones built into a JavaScript engine change from release to
// release, and a sealed decision must come out the same in ten years. The output is a function of the input
// files alone; unicode-tables.test.ts checks that the committed files are what this program writes.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { sharedPath } from "../shared-data.ts";
import { codePoints, lines, oneVersion, points, propertyRanges, unicodeData } from "./database.ts";
import type { Line, Range } from "./database.ts";
import { generateLooks } from "./looks.ts";
import { declaration, mappings, ranges, valuedRanges } from "./write.ts";
import type { Mapping } from "./write.ts";

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
    ["combiningClasses", "Canonical_Combining_Class other than 0.", valuedRanges(classesOf(data))],
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

/** Each code point's Canonical_Combining_Class, where it isn't 0. */
function classesOf(data: readonly Line[]): (readonly [point: number, value: number])[] {
  return data
    .map(({ first, fields }) => [first, Number(fields[2])] as const)
    .filter(([, value]) => value !== 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? sharedPath("data/unicode");
  if (folder === undefined) throw new Error("name the folder of the Unicode character database");
  const target = new URL("../../packages/policy/src/text/", import.meta.url);
  writeFileSync(new URL("unicode-tables.ts", target), generateTables(folder));
  writeFileSync(new URL("look-tables.ts", target), generateLooks(folder));
}
