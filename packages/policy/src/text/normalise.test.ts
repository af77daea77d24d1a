// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { normaliseText, normaliseUnicode } from "./normalise.ts";
import { composeCanonically, isWhiteSpace, unicode } from "./unicode.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  // Marks, Hangul parts, ignorables and what composes: where the order of the steps shows.
  fc.string({
    unit: fc.constantFrom(
      ...Array.from("aAéß \u0301\u0323\u0345\u0327\u0308각가\u200b\ufeff\u3000\u1e9bıİΣςﬁﷺ\u0d4a\u0b57"),
    ),
  }),
);

/** Step by step, as the definition has it. */
function normaliseSlowly(text: string): string {
  const { casefold, properties } = unicode();
  const folded = Array.from(text.toWellFormed(), (c) => casefold.get(c.codePointAt(0) ?? 0) ?? c).join("");
  const spaced = Array.from(folded, (c) => {
    return (properties[c.codePointAt(0) ?? 0] ?? 0) & isWhiteSpace ? " " : c;
  });
  return nfc(spaced.join("").replaceAll(/ +/g, " ").replaceAll(/^ | $/g, ""));
}

function nfc(text: string): string {
  return String.fromCodePoint(...composeCanonically(Array.from(text, (c) => c.codePointAt(0) ?? 0)));
}

test("canonical composition passes Unicode's conformance test", (t) => {
  const name = "vectors/unicode-tests/NormalizationTest-15.0.txt.gz";
  const path = sharedPath(name);
  if (path === undefined) return t.skip(skipReason(name));
  let lines = 0;
  for (const line of gunzipSync(readFileSync(path)).toString("utf8").split("\n")) {
    if (!/^[0-9A-F]/.test(line)) continue;
    const columns = line.split(";").slice(0, 5);
    const [source = "", composed = "", apart = "", compatible = "", compatibleApart = ""] = columns.map(
      (column) => String.fromCodePoint(...column.split(" ").map((point) => Number.parseInt(point, 16))),
    );
    for (const text of [source, composed, apart]) assert.equal(nfc(text), composed, line);
    for (const text of [compatible, compatibleApart]) assert.equal(nfc(text), compatible, line);
    const folded = normaliseText(`x${source}x`);
    assert.equal(normaliseText(folded), folded, line);
    // U+0345 becomes a letter when folded, so what came after it in one order can't be told from another.
    if (!line.includes("0345")) {
      for (const text of [composed, apart, compatible, compatibleApart]) {
        assert.equal(normaliseText(`x${text}x`), folded, line);
      }
    }
    lines += 1;
  }
  assert.ok(lines > 19_000);
});

test("ASCII and Latin come out as the engine's NFKC and lower case", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0x21, max: 0x24f }).map((p) => String.fromCodePoint(p)) }),
      (text) => {
        // ß folds to ss, İ to i with a dot above, U+0149 to two letters, and U+00AD vanishes: full folding.
        fc.pre(!/[ßİŉ\u00ad\u0085\u00a0¨¯´¸\u017f\u02d8-\u02dd]/.test(text));
        assert.equal(normaliseText(text), text.normalize("NFKC").toLowerCase().normalize("NFC"));
      },
    ),
  );
});

for (const [text, expected] of [
  ["", ""],
  ["  A \t\n b\u3000\u00a0C ", "a b c"],
  ["\t", ""],
  ["Straße", "strasse"],
  ["ΟΔΟΣ οδος", "οδοσ οδοσ"],
  ["ＦＲＥＥ ﬁ ① ℌ 𝓯𝓻𝓮𝓮", "free fi 1 h free"],
  ["fr\u200be\u00ade\ufeff", "free"],
  ["e\u0301", "é"],
  ["E\u0323\u0301 e\u0301\u0323", "ẹ́ ẹ́"],
  ["각", "각"],
  ["\u00a8", "\u0308"],
  ["a\ud800b\udc00", "a\ufffdb\ufffd"],
  ["\u{1f600}\u{10400}", "\u{1f600}\u{10428}"],
  ["\u{e0041}", ""],
] as const) {
  test(`normalises ${JSON.stringify(text)}`, () => assert.equal(normaliseText(text), expected));
}

test("any text: idempotent, well-formed, tidy, not longer than 18 times the text", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const once = normaliseText(text);
      assert.equal(normaliseText(once), once);
      assert.ok(once.isWellFormed());
      assert.doesNotMatch(once, /^ | $| {2}|[\t\n\r]/);
      assert.ok(once.length <= 18 * text.length);
    }),
    { numRuns: 500 },
  );
});

test("any text and every code unit: the quick ways come to the same as the long one", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string()), (text) => {
      assert.equal(normaliseText(text), normaliseSlowly(text));
      assert.equal(normaliseUnicode(text), normaliseSlowly(text));
    }),
    { numRuns: 300 },
  );
  const differing: number[] = [];
  for (let point = 0; point < 0x1_0000; point++) {
    const text = ` A${String.fromCodePoint(point)} b`;
    if (normaliseText(text) !== normaliseSlowly(text)) differing.push(point);
  }
  assert.deepEqual(differing, []);
});

test("naughty strings neither throw nor change the second time", (t) => {
  const path = sharedPath("vectors/naughty-strings/blns.json");
  if (path === undefined) return t.skip(skipReason("vectors/naughty-strings"));
  for (const text of JSON.parse(readFileSync(path, "utf8")) as string[]) {
    const once = normaliseText(text);
    assert.equal(normaliseText(once), once);
  }
});

test("a hundred thousand marks in the wrong order are put in order", () => {
  const text = `a${"\u0301\u0323".repeat(50_000)}`;
  assert.equal(normaliseText(text), `\u1ea1${"\u0323".repeat(49_999)}${"\u0301".repeat(50_000)}`);
});
