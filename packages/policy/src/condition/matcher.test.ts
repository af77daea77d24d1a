// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { RE2JS } from "re2js";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { seededChance } from "../testing/expressions.ts";
import { attCases, randomPattern, randomSubject, searchCases } from "../testing/patterns.ts";
import type { PatternCase } from "../testing/patterns.ts";
import { createMatcher, stateCellsMax, visitsPerCharacterMax } from "./matcher.ts";
import { compilePattern, patternProgramMax } from "./pattern.ts";
import type { Pattern } from "./pattern.ts";
import { classOf, readProgram, tableOf } from "./pattern-program.ts";

const hostilePatterns = [
  "^(a+)+$",
  "^(a|a)*$",
  "(a*)*b",
  "(.*)(.*)(.*)(.*)(.*)[^a]$",
  "(x+x+)+y",
  "(a|b)*a(a|b){14}c",
  "(?i)(([a-z])+.)+[A-Z]([a-z])+$",
  "(a?){60}a{60}",
  "((a{0,30}){0,30}b)",
  "\\b(?:[0-9]+\\.?)+\\b!",
  "(?:a|aa|aaa|aaaa)+$",
  "[^x]{0,400}z",
  "(?s)^.*.*.*.*=.*$",
];

function compiled(source: string): Pattern {
  const pattern = compilePattern(source);
  if (typeof pattern === "string") throw new Error(`${source}: ${pattern}`);
  return pattern;
}

function checkCases(cases: readonly PatternCase[]): { accepted: number; refused: number } {
  let refused = 0;
  for (const { pattern, text, matches } of cases) {
    const own = compilePattern(pattern);
    if (typeof own === "string") refused += 1;
    else assert.equal(own.test(text), matches, `${pattern} in ${JSON.stringify(text)}`);
  }
  return { accepted: cases.length - refused, refused };
}

test("RE2's cases: every pattern that is accepted finds what RE2 finds", (t) => {
  const path = "vectors/regexp-re2";
  const directory = sharedPath(path);
  if (directory === undefined) return t.skip(skipReason(path));
  const read = (name: string): string => readFileSync(`${directory}/${name}`, "utf8");
  const own = checkCases(searchCases(read("re2-search.txt")));
  t.diagnostic(`re2-search.txt: ${JSON.stringify(own)}`);
  assert.ok(own.accepted > 1_000);
  for (const name of ["basic.dat", "nullsubexpr.dat", "repetition.dat"]) {
    const cases = attCases(read(name));
    assert.ok(cases.length > 20, name);
    t.diagnostic(`${name}: ${JSON.stringify(checkCases(cases))}`);
  }
});

test("random patterns and texts: the same as re2js, however few states are kept", () => {
  const chance = seededChance(7);
  for (let round = 0; round < 250; round++) {
    const source = randomPattern(chance);
    let other: RE2JS;
    try {
      other = RE2JS.compile(source);
    } catch {
      continue;
    }
    const program = readProgram(other);
    const matchers = [
      compiled(source),
      createMatcher(program),
      createMatcher(program, 40),
      createMatcher(program, 0),
    ];
    for (let count = 0; count < 6; count++) {
      const text = randomSubject(chance);
      const expected = other.matcher(text).find();
      for (const matcher of matchers) {
        assert.equal(matcher.test(text), expected, `${source} in ${JSON.stringify(text)}`);
      }
    }
  }
});

test("naughty strings: the same as re2js", (t) => {
  const path = "vectors/naughty-strings/blns.json";
  const file = sharedPath(path);
  if (file === undefined) return t.skip(skipReason(path));
  const texts = JSON.parse(readFileSync(file, "utf8")) as string[];
  const sources = [
    "^\\W*$",
    "(?i)script",
    "\\p{Han}",
    "[^\\x00-\\x7f]{3,}",
    "\\d+([.,]\\d+)*$",
    "\\b\\pL+\\b",
  ];
  for (const source of [...sources, ...hostilePatterns]) {
    const own = compiled(source);
    const other = RE2JS.compile(source);
    for (const text of texts)
      assert.equal(own.test(text), other.test(text), `${source} in ${JSON.stringify(text)}`);
  }
  // Each of them as a pattern is a matcher or a reason, and where it is a matcher it agrees.
  for (const source of texts) {
    const own = compilePattern(source);
    if (typeof own === "string") continue;
    for (const text of texts.slice(0, 100))
      assert.equal(own.test(text), RE2JS.compile(source).test(text), source);
  }
});

test("no pattern and text cost more than the stated bound", () => {
  for (const source of hostilePatterns) {
    for (const cells of [stateCellsMax, 2_000, 0]) {
      const program = readProgram(RE2JS.compile(source));
      const matcher = createMatcher(program, cells);
      const size = program.operations.length;
      for (const text of hostileTexts(cells === stateCellsMax ? 10_000 : 600)) {
        const before = matcher.steps();
        matcher.test(text);
        const bound = (visitsPerCharacterMax * size + 1) * (text.length + 2);
        const steps = matcher.steps() - before;
        assert.ok(steps <= bound, `${source}: ${steps} steps of at most ${bound}`);
      }
    }
  }
});

function hostileTexts(length: number): string[] {
  const chance = seededChance(11);
  const random = (from: string): string => Array.from({ length }, () => from[chance(from.length)]).join("");
  const run = "a".repeat(length);
  return [run, `${run}!`, random("ab"), "x".repeat(length), random("0123456789."), "😀".repeat(length)];
}

test("a million characters on one line cost one step each, once the states are known", () => {
  const million = "a".repeat(1_000_000);
  for (const source of ["^(a+)+$", "(a*)*b", "(?:a|aa|aaa|aaaa)+$", "(x+x+)+y", "(.*)(.*)(.*)[^a]$"]) {
    // Without the literals that would spare it from being run.
    const matcher = createMatcher(readProgram(RE2JS.compile(source)));
    for (const text of [million, `${million}!`]) {
      const before = matcher.steps();
      matcher.test(text);
      assert.ok(matcher.steps() - before < text.length + 20 * patternProgramMax, source);
    }
  }
});

test("the table of classes says what the search says", () => {
  for (const source of ["[a-c]|é|\\p{Cyrillic}", "(?i)k", "[^\\x{1F600}]", ".", "[\\x{10FFFF}]"]) {
    const { bounds } = readProgram(RE2JS.compile(source));
    const { pages, pageOf } = tableOf(bounds);
    for (let point = 0; point < 0x11_0000; point += 7) {
      assert.equal(pages[pageOf[point >> 8] ?? 0]?.[point & 0xff], classOf(bounds, point));
    }
  }
});
