// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { changeText, countText, shareText } from "./change-text.ts";

test("numbers are told as people read them", () => {
  assert.deepEqual(
    [changeText(12, 10), changeText(5, 10), changeText(1000, 1001), changeText(1, 0), changeText(0, 0)],
    ["+20%", "−50%", "as before", "none before", "as before"],
  );
  assert.deepEqual(
    [shareText(1, 30), shareText(0, 5), shareText(50, 100), shareText(0, 0)],
    ["3.3%", "0%", "50%", "–"],
  );
  assert.equal(countText(1_234_567), "1,234,567");
});
