// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { kappaText, shareText } from "./share-text.ts";

test("shares and agreement come with their intervals, or it is said that there are none", () => {
  assert.equal(shareText({ share: 0.0213, low: 0.004, high: 0.06 }), "2.1 % (0.4 % to 6.0 %)");
  assert.equal(shareText({ share: 1, low: null, high: null }), "100.0 %");
  assert.equal(shareText({ share: null, low: null, high: null }), "no cases");
  const agreed = { cases: 40, observed: 0.9, kappa: 0.812, low: 0.62, high: 1 };
  assert.equal(kappaText(agreed), "0.81 (0.62 to 1.00), of 40 cases");
  assert.equal(kappaText({ ...agreed, low: null }), "0.81, of 40 cases");
  assert.equal(kappaText({ ...agreed, cases: 1, kappa: null }), "can't be said, of 1 case");
  assert.equal(kappaText({ ...agreed, cases: 0 }), "no second reviews");
});
