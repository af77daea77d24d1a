// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { linesInBrowser, missingBrowser } from "./browser.ts";
import { firstDifference, linesOfNode } from "./compare.ts";
import { computeLines } from "./compute.ts";

const count = 160;
/** A Node of another version; `npm run identical` installs one. */
const otherNode = process.env["DOCKET_OTHER_NODE"];

suite("models, scores, explanations and signals are the same to the bit", () => {
  const missing = missingBrowser();
  test("in Chromium", { skip: missing ?? false, timeout: 120_000 }, async () => {
    assert.equal(firstDifference(computeLines(count), await linesInBrowser(count)), undefined);
  });
  test("in another process, of another Node if DOCKET_OTHER_NODE names one", { timeout: 60_000 }, () => {
    const theirs = linesOfNode(otherNode ?? process.execPath, count);
    assert.equal(firstDifference(computeLines(count), theirs), undefined);
  });
  test("and a difference would be seen", () => {
    assert.equal(firstDifference(["a", "b"], ["a", "b"]), undefined);
    assert.match(firstDifference(["a", "b"], ["a", "c"]) ?? "", /line 1: c instead of b/);
    assert.match(firstDifference(["a"], []) ?? "", /0 lines instead of 1/);
  });
});
