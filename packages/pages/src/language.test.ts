// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkWords } from "./check/words.ts";
import { disputeWords } from "./dispute/words.ts";
import { filled, languageOf, sayTime } from "./language.ts";
import { logWords } from "./transparency/words.ts";

void test("the address says the language, else the browser, else it is English", () => {
  assert.equal(languageOf("de", ["en-GB"]), "de");
  assert.equal(languageOf(null, ["fr", "de-AT", "en"]), "de");
  assert.equal(languageOf("fr", ["fr"]), "en");
  assert.equal(languageOf(null, []), "en");
});

void test("values are put in once, and what they hold is no place for others", () => {
  assert.equal(filled("{a} and {b}, {c}", { a: "{b}", b: 2 }), "{b} and 2, {c}");
});

void test("times are said in UTC, and what is none as it stands", () => {
  assert.match(sayTime("2026-11-23T18:31:56.801Z", "en"), /^23 November 2026.* 18:31:56 UTC$/);
  assert.match(sayTime("2026-11-23T18:31:56.801Z", "de"), /^23\. November 2026.* 18:31:56 UTC$/);
  assert.equal(sayTime("yesterday", "en"), "yesterday");
});

void test("every text has the same places in both languages", () => {
  for (const { en, de } of [checkWords, disputeWords, logWords]) {
    assert.deepEqual(placesOf(de), placesOf(en));
  }
});

/** Which values each text takes, by its path. */
function placesOf(words: object, path = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(words) as [string, unknown][]) {
    if (typeof value === "object" && value !== null) Object.assign(found, placesOf(value, `${path}/${key}`));
    else
      found[`${path}/${key}`] = [...String(value).matchAll(/\{(\w+)\}/g)]
        .map(([, name]) => name)
        .sort()
        .join();
  }
  return found;
}
