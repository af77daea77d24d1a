// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkReceipt } from "./verify-receipt.ts";

const page = readFileSync(new URL("../../../../docs/formats/receipt.md", import.meta.url), "utf8");
const [vkey = "", receipt = ""] = Array.from(
  page.matchAll(/^```text\n(.*?)^```$/gms),
  ([, each = ""]) => each,
);

void test("a receipt is verified under the key that is given, with its way to the root", () => {
  const { report, path } = checkReceipt(receipt, `# the log's\n${vkey}\nno key\n`);
  assert.deepEqual([report.verdict, path?.arrives], ["verified", true]);
  assert.equal(checkReceipt(receipt, "no key\n").report.verdict, "unproven");
});

void test("a changed one fails, and no text makes it throw", () => {
  const changed = checkReceipt(receipt.replace("reject", "allow"), vkey);
  assert.deepEqual([changed.report.verdict, changed.path?.arrives], ["failed", false]);
  const none = checkReceipt("{}", vkey);
  assert.deepEqual([none.report.verdict, none.path], ["failed", undefined]);
});
