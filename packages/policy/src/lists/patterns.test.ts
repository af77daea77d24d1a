// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { normaliseText } from "../text/normalise.ts";
import { codePointCount, isFolded, unicode } from "../text/unicode.ts";
import { buildAutomaton } from "./automaton.ts";
import { createList } from "./list.ts";
import { literalsOf } from "./literals.ts";
import { checkListPattern, patternStepsMax } from "./patterns.ts";

test("the literals of an expression", () => {
  const all = (source: string): readonly [readonly string[] | undefined, boolean] => {
    const { required, sufficient } = literalsOf(source);
    return [required, sufficient];
  };
  assert.deepEqual(all("buy now"), [["buy now"], true]);
  assert.deepEqual(all("BUY"), [["buy"], true]);
  assert.deepEqual(all("colou?r"), [["colour", "color"], true]);
  assert.deepEqual(all("(?:red|green) pill"), [["red pill", "green pill"], true]);
  assert.deepEqual(all("alpha\\W?(x\\W?)?(rush|fuel)"), [["alpha"], false]);
  assert.deepEqual(all("^hello$"), [["hello"], false]);
  assert.deepEqual(all("gr[ae]y"), [["gray", "grey"], true]);
  assert.deepEqual(all("casino\\d+"), [["casino"], false]);
  assert.deepEqual(all("(ab)+c?"), [["ab"], false]);
  assert.deepEqual(all("a{3}b{2,}"), [["a"], false]);
  assert.deepEqual(all("\\x61\\.\\x{62}"), [["a.b"], true]);
  for (const source of [
    "a*",
    "\\w+",
    "[^a]",
    "\\Qab\\E",
    "(?-i:ab)",
    "a|\\d",
    "\\141",
    "[[:alpha:]]+",
    "ß",
    ".",
  ]) {
    assert.deepEqual(all(source), [undefined, false], source);
  }
});

const piece = fc.constantFrom(
  "a",
  "b",
  "ab",
  "B",
  ".",
  "\\w",
  "[ab]",
  "[^a]",
  "\\b",
  "^",
  "$",
  "(?i)",
  "é",
  "\\.",
  "\\d",
);
const expression: fc.Arbitrary<string> = fc.letrec<{ all: string }>((tie) => ({
  all: fc.oneof(
    { maxDepth: 4 },
    piece,
    fc.tuple(tie("all"), tie("all")).map(([one, other]) => one + other),
    fc.tuple(tie("all"), tie("all")).map(([one, other]) => `(${one}|${other})`),
    fc
      .tuple(tie("all"), fc.constantFrom("?", "*", "+", "{2}", "{1,3}", "+?"))
      .map(([one, sign]) => `(?:${one})${sign}`),
  ),
})).all;

test("no text that matches lacks all literals; one that has a sufficient literal matches", () => {
  const texts = fc
    .string({ unit: fc.constantFrom("a", "b", "é", ".", "1", " "), maxLength: 12 })
    .map(normaliseText);
  fc.assert(
    fc.property(expression, fc.array(texts, { maxLength: 10 }), (source, all) => {
      const { required, sufficient } = literalsOf(source);
      const compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
      for (const text of all) {
        const held = required?.some((literal) => text.includes(literal)) ?? true;
        const matches = compiled.test(text);
        assert.ok(held || !matches, `${source} matches ${text} without any of ${required?.join()}`);
        if (sufficient) assert.equal(matches, held, `${source} on ${text}`);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a literal of any character is what stands for it in normalised text", () => {
  const { properties } = unicode();
  for (let point = 0; point < codePointCount; point++) {
    if (((properties[point] ?? 0) & isFolded) === 0 || (point > 0xffff && point % 16 !== 0)) continue;
    const character = String.fromCodePoint(point);
    const { required, sufficient } = literalsOf(character);
    if (required === undefined) continue;
    assert.deepEqual(required, [normaliseText(character)]);
    const matches = RE2JS.compile(character, RE2JS.CASE_INSENSITIVE).test(normaliseText(character));
    if (sufficient) assert.ok(matches, point.toString(16));
  }
});

test("patterns without a literal are few; the message says how many there may be", () => {
  const sources = Array.from({ length: 65 }, (_, index) => `a\\d{${index + 1}}z`);
  assert.equal(
    createList(
      "pattern",
      sources.slice(1).map((value) => ({ value })),
    ).size,
    64,
  );
  const message = /^65 patterns have no literal of three characters: .*; the limit is 64$/;
  assert.throws(
    () =>
      createList(
        "pattern",
        sources.map((value) => ({ value })),
      ),
    { code: "invalid-list", message },
  );
  const list = createList(
    "pattern",
    sources.slice(1).map((value) => ({ value })),
  );
  const [one = "", other = ""] = sources;
  assert.throws(() => list.change({ add: [{ value: one }], remove: [] }), { code: "invalid-list", message });
  assert.equal(list.change({ add: [{ value: one }], remove: [other] }).size, 64);
});

test("a text costs at most so many steps, whichever way the patterns came into the list", () => {
  const sources = Array.from({ length: 40 }, (_, index) => `a${String(index).padStart(2, "0")}?.*b`);
  for (const source of sources) assert.equal(checkListPattern(source), undefined);
  const text = `${sources.map((source) => source.slice(0, 3)).join(" ")} ${"x".repeat(200_000)} b`;
  const at = (count: number): number => {
    const size = RE2JS.compile(sources[0] ?? "", RE2JS.CASE_INSENSITIVE).programSize();
    return Math.min(count, Math.floor(patternStepsMax / (size * (text.length + 1))));
  };
  const whole = createList(
    "pattern",
    sources.map((value) => ({ value })),
  );
  const hits = whole.view.hits(text, 0);
  assert.deepEqual(hits, sources.slice(0, at(40)));
  assert.ok(hits.length < 40);
  let grown = createList("pattern", []);
  for (const value of sources.toReversed()) grown = grown.change({ add: [{ value }], remove: [] });
  assert.deepEqual(grown.view.hits(text, 0), hits);
});

test("hostile patterns are searched in linear time", () => {
  const sources = ["^(a+)+$", "(a|aa)+c", "(a*)*b{1,20}c", "(x+x+)+y", "([a-z]+)*!", "(a|a?)+d"];
  const list = createList(
    "pattern",
    sources.map((value) => ({ value })),
  );
  assert.deepEqual(list.view.hits("a".repeat(50_000), 0), ["^(a+)+$"]);
  assert.deepEqual(list.view.hits(`${"a".repeat(50_000)}!`, 0), ["([a-z]+)*!"]);
});

test("the automaton finds every word at every place", () => {
  const word = fc.string({
    unit: fc.constantFrom("a", "b", "é", "\ud83d", "\u{1f600}"),
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { maxLength: 12 }),
      fc.array(word, { maxLength: 8 }),
      (unsorted, parts) => {
        const words = unsorted.toSorted();
        const text = parts.join("");
        const found: string[] = [];
        buildAutomaton(words).scan(text, (number, end) => found.push(`${number}@${end}`));
        const expected: string[] = [];
        for (let end = 1; end <= text.length; end++) {
          for (const [number, each] of words.entries()) {
            if (text.slice(0, end).endsWith(each)) expected.push(`${number}@${end}`);
          }
        }
        assert.deepEqual(found.toSorted(), expected.toSorted());
      },
    ),
    { numRuns: 300 },
  );
});
