// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { cutItem } from "./rule-texts.ts";

const policy = `policy: comments
rules:
  - id: links
    when: signals.linkCount >= 3

    then: { outcome: reject }
  # about the next
  - { id: caps, when: signals.capitals > 700 }
thresholds: []
`;

void test("a rule's text goes up to what is indented no further", () => {
  assert.equal(
    cutItem(policy, 3),
    "- id: links\n  when: signals.linkCount >= 3\n\n  then: { outcome: reject }",
  );
  assert.equal(cutItem(policy, 8), "- { id: caps, when: signals.capitals > 700 }");
  assert.equal(cutItem(policy, 99), "");
});
