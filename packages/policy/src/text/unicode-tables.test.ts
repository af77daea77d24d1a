// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { generateTables } from "../../../../tools/unicode/generate.ts";
import { generateLooks } from "../../../../tools/unicode/looks.ts";
import {
  isDigit,
  isIgnorable,
  isLetter,
  isLowercase,
  isMark,
  isUppercase,
  isWhiteSpace,
  unicode,
  unicodeVersion,
} from "./unicode.ts";

test("the committed tables are what the generator writes", (t) => {
  const folder = sharedPath("data/unicode");
  if (folder === undefined) return t.skip(skipReason("data/unicode"));
  const committed = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
  assert.ok(
    committed("./unicode-tables.ts") === generateTables(folder),
    "run node tools/unicode/generate.ts",
  );
  assert.ok(committed("./look-tables.ts") === generateLooks(folder), "run node tools/unicode/generate.ts");
  assert.equal(unicodeVersion, "15.0.0");
});

test("properties are the engine's, for the letters that Unicode 15.0 had", () => {
  const { properties } = unicode();
  const expressions: readonly (readonly [RegExp, number])[] = [
    [/^\p{L}$/u, isLetter],
    [/^\p{M}$/u, isMark],
    [/^\p{Nd}$/u, isDigit],
    [/^\p{White_Space}$/u, isWhiteSpace],
    [/^\p{Uppercase}$/u, isUppercase],
    [/^\p{Lowercase}$/u, isLowercase],
    [/^\p{Default_Ignorable_Code_Point}$/u, isIgnorable],
  ];
  // The engine knows a later version; in these blocks nothing has changed since 15.0.
  for (const [first, last] of [
    [0, 0x24f],
    [0x2000, 0x206f],
    [0x3000, 0x30ff],
    [0xac00, 0xd7a3],
    [0xfe00, 0xffff],
    [0x1_d400, 0x1_d7ff],
  ] as const) {
    for (let point = first; point <= last; point++) {
      const character = String.fromCodePoint(point);
      const expected = expressions.reduce((bits, [is, bit]) => bits | (is.test(character) ? bit : 0), 0);
      const all = isLetter | isMark | isDigit | isWhiteSpace | isUppercase | isLowercase | isIgnorable;
      assert.equal((properties[point] ?? 0) & all, expected, `U+${point.toString(16)}`);
    }
  }
});

test("every code point with a combining class lies where the classes are kept", () => {
  const { classes } = unicode();
  assert.equal(classes[0x1_e94a], 7);
  assert.equal(classes[0x301], 230);
  assert.equal(classes.length, 0x2_0000);
});
