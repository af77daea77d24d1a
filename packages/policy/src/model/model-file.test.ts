// SPDX-License-Identifier: Apache-2.0
// What docs/formats/model.md shows is what the code does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { featuresVersion, extractFeatures } from "./features.ts";
import { FeatureSet } from "./feature-set.ts";
import { explainScore, loadModel, scoreText } from "./model.ts";
import { decodeModel, encodeModel, modelBytesMax } from "./model-file.ts";
import { pieces } from "./margin.ts";

const page = readFileSync(new URL("../../../../docs/formats/model.md", import.meta.url), "utf8");
const example = /^```text\n([0-9a-f\n]+)```$/m.exec(page)?.[1] ?? "";
const bytes = Uint8Array.from(example.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
const text = "Free pills";

test("the example of docs/formats/model.md is what the encoder writes", () => {
  const content = decodeModel(bytes);
  assert.deepEqual(encodeModel(content), bytes);
  assert.equal(content.kind, "comment");
  assert.deepEqual(content.examples, { spam: 300, ham: 500 });
  assert.equal(content.knownMin, 100);
  assert.equal(content.bits, 14);
  assert.deepEqual(content.groupScales, [400_000, 400_000, 400_000]);
  assert.equal(content.bias, -32_768);
  assert.equal(content.stretchCost, 19_661);
  assert.equal(content.stretchMost, 90_000);
  assert.deepEqual(content.knots, [
    { margin: -200_000, score: 0 },
    { margin: 0, score: 400_000 },
    { margin: 300_000, score: 1_000_000 },
  ]);
  assert.ok(page.includes(`\`${featuresVersion}\``));
  assert.ok(page.includes(`longer than ${modelBytesMax / 2 ** 20} MiB`));
  assert.ok(page.includes(`cut into ${pieces} pieces`));
});

test("its features, buckets, codes and score", () => {
  const set = new FeatureSet();
  const labels = new Map<number, string>();
  extractFeatures("comment", { text }, set, labels);
  assert.deepEqual(set.groupEnds, [38, 42, 53]);
  const { table, bits } = decodeModel(bytes);
  const rows = [...page.matchAll(/^\| (.*) \| `([0-9a-f]{8})` \| (\d+) \| (-?\d+) \|$/gm)];
  assert.equal(
    rows.length,
    table.reduce((count, code) => (code === -128 ? count : count + 1), 0),
  );
  for (const [, name = "", hash = "", bucket, code] of rows) {
    const value = Number.parseInt(hash, 16);
    assert.equal(labels.get(value)?.replaceAll(/[“”]/g, ""), name.replaceAll("`", ""));
    assert.equal(value >>> (32 - bits), Number(bucket));
    assert.equal(table[Number(bucket)], Number(code));
  }
  const { score, known, margin } = scoreText(loadModel(bytes), { text });
  const said = /the margin is ([\d,]+), the score ([\d,]+)\. .*: (\d+) in a thousand\./.exec(page)?.slice(1);
  assert.deepEqual(
    said?.map((number) => Number(number.replaceAll(",", ""))),
    [margin, score, known],
  );
  const [first] = explainScore(loadModel(bytes), { text }, 1);
  assert.deepEqual(first, { feature: "word pills", contribution: 868_042 });
});

/** Texts that have every kind of feature, and a hash of all features of each: no release may change one. */
const frozen: readonly (readonly ["comment" | "message" | "email", string, string | undefined, number])[] = [
  ["comment", "FREE gift c4rds!!! www.win.example/a?b=1 \u200b", undefined, 3_389_597_395],
  ["message", "Б e ѕ t  p r i c e s，只要 99 元 🎁🎁 สวัสดี don't", "Hi 2u", 3_978_262_854],
  [
    "email",
    '<html><!-- x --><p align=center>Dear&nbsp;fri<b>end</b>,</p><a href="http://10.0.0.1:8/x%20">go</a>',
    "Received: x\nFrom: A <a@b.example>\nDate: Mon, 1 Jan 2001 00:00:00 +0100\nTo: a@b, c@d\nX-Mailer: Y 1.2",
    3_325_819_948,
  ],
];

test("the features of texts never change", () => {
  const set = new FeatureSet();
  for (const [kind, body, other, expected] of frozen) {
    const input =
      kind === "email"
        ? { headers: other, title: "Re: 50% off", parts: ["text/html; 4k"] }
        : { title: other };
    extractFeatures(kind, { ...input, text: body }, set);
    let hash = set.size;
    for (const feature of set.hashes.subarray(0, set.size)) hash = (Math.imul(hash, 31) + feature) >>> 0;
    assert.equal(hash, expected, `${kind}: ${set.size} features`);
  }
});
