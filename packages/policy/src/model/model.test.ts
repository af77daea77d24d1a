// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { PolicyError } from "../errors.ts";
import { integerRoot, loadModel, explainScore, scoreText } from "./model.ts";
import { modelKinds } from "./model-text.ts";
import type { Example } from "./training/example.ts";
import { trainModel } from "./training/train.ts";

const spams = ["cheap pills", "win money now", "free prize", "claim your prize money", "pills for free"];
const hams = [
  "see you at lunch",
  "the meeting is moved",
  "lunch tomorrow?",
  "notes of the meeting",
  "see notes",
];

/** Texts that one word each tells apart. */
function examples(): Example[] {
  return Array.from({ length: 60 }, (_, index) => {
    const spam = index % 2 === 0;
    const from = spam ? spams : hams;
    return { text: `${from[index % 5] ?? ""} ${index} ${from[(index + 2) % 5] ?? ""}`, spam };
  });
}

for (const kind of modelKinds) {
  test(`a model of kind ${kind} tells spam, says why, and is the same from the same examples`, () => {
    const { bytes, report } = trainModel(kind, examples());
    assert.deepEqual(report.examples, { spam: 30, ham: 30 });
    assert.deepEqual(trainModel(kind, examples()).bytes, bytes);
    const model = loadModel(bytes);
    assert.equal(model.kind, kind);
    const spam = scoreText(model, { text: "free pills and prize money" });
    const ham = scoreText(model, { text: "lunch after the meeting" });
    assert.ok((spam.score ?? 0) > 800_000 && (ham.score ?? 1) < 200_000, `${spam.score} ${ham.score}`);
    assert.deepEqual(scoreText(loadModel(bytes), { text: "free pills and prize money" }), spam);
    const reasons = explainScore(model, { text: "free pills" }, 5);
    assert.equal(reasons.length, 5);
    assert.ok(reasons.every(({ feature, contribution }) => feature !== "" && Number.isInteger(contribution)));
    assert.ok((reasons[0]?.contribution ?? 0) > 0);
    const strange = scoreText(model, { text: "Съешь ещё этих мягких французских булок" });
    assert.equal(strange.score, undefined);
    assert.ok(strange.known < 100 && Number.isInteger(strange.computed));
  });
}

test("any text gets an integer, and the same one each time", () => {
  const model = loadModel(trainModel("message", examples()).bytes);
  const any = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ unit: "grapheme" }));
  fc.assert(
    fc.property(any, any, (title, text) => {
      const first = scoreText(model, { title, text });
      assert.ok(Number.isInteger(first.computed) && first.computed >= 0 && first.computed <= 1_000_000);
      assert.ok(Number.isInteger(first.known) && first.known >= 0 && first.known <= 1_000);
      assert.deepEqual(scoreText(model, { title, text }), first);
    }),
  );
  for (const text of ["x".repeat(1_000_000), "\u0301".repeat(1_000_000), "<".repeat(1_000_000)]) {
    assert.ok(Number.isInteger(scoreText(model, { text, headers: text }).computed));
  }
});

test("without examples, or with one class, scores are near the share of spam", () => {
  const none = scoreText(loadModel(trainModel("comment", []).bytes), { text: "x" });
  assert.equal(none.score, undefined);
  const onlySpam = examples().filter(({ spam }) => spam);
  assert.ok(scoreText(loadModel(trainModel("comment", onlySpam).bytes), { text: "free" }).computed > 500_000);
});

test("bytes that are no model are refused", () => {
  const { bytes } = trainModel("comment", examples());
  const refused = (given: Uint8Array, code = "invalid-model"): void => {
    assert.throws(
      () => loadModel(given),
      (error) => error instanceof PolicyError && error.code === code,
    );
  };
  refused(new Uint8Array());
  refused(Uint8Array.of(...bytes, 0));
  for (let length = 0; length < bytes.length; length += 97) refused(bytes.subarray(0, length));
  refused(bytes.with(8, 1), "unsupported-model");
  refused(bytes.with(11, 0x7a), "unsupported-model");
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      try {
        const model = loadModel(bytes.with(at, byte));
        assert.ok(Number.isInteger(scoreText(model, { text: "free pills" }).computed));
      } catch (error) {
        assert.ok(error instanceof PolicyError);
      }
    }),
  );
});

test("integer roots", () => {
  for (const value of [0, 1, 2, 3, 4, 8, 9, 15, 16, 2 ** 32 - 1, 2 ** 32, 2 ** 48]) {
    const root = integerRoot(value);
    assert.ok(root * root <= value && (root + 1) * (root + 1) > value, String(value));
  }
});
