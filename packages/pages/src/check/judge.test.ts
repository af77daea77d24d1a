// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { judge } from "./judge.ts";
import { readTrust } from "./trust.ts";

const page = readFileSync(new URL("../../../../docs/formats/receipt.md", import.meta.url), "utf8");
const [vkey = "", receipt = ""] = Array.from(
  page.matchAll(/^```text\n(.*?)^```$/gms),
  ([, each = ""]) => each,
);
const read = readTrust(vkey);
assert.ok("trust" in read);
const { trust } = read;

void test("a receipt is judged with its path; pasted, it may lack its last line feed, as a file not", () => {
  const found = judge({ text: receipt, from: "file" }, trust);
  assert.equal(found.report.verdict, "verified");
  assert.equal(found.path?.arrives, true);
  assert.equal(found.completed, false);
  const pasted = judge({ text: receipt.trimEnd(), from: "paste" }, trust);
  assert.equal(pasted.report.verdict, "verified");
  assert.equal(pasted.completed, true);
  assert.equal(judge({ text: receipt.trimEnd(), from: "file" }, trust).report.verdict, "failed");
  assert.equal(judge({ text: `${receipt.trimEnd()} `, from: "paste" }, trust).report.verdict, "failed");
});

void test("a changed record fails, and its path ends elsewhere", () => {
  const { report, path } = judge({ text: receipt.replace("reject", "allow"), from: "file" }, trust);
  assert.equal(report.verdict, "failed");
  assert.equal(path?.arrives, false);
});

void test("no text makes it throw, and none but a receipt is verified", () => {
  const heads = fc.constantFrom("", '{"format":"docket-', "c2sp.org/tlog-proof@v1\n", receipt.slice(0, 400));
  const texts = fc.tuple(heads, fc.string({ unit: "binary" })).map(([head, rest]) => head + rest);
  fc.assert(
    fc.property(texts, fc.constantFrom("file" as const, "paste" as const), (text, from) => {
      assert.equal(judge({ text, from, entry: "x" }, trust).report.verdict, "failed");
    }),
  );
});

void test("keys or a policy are trusted, and nothing else", () => {
  assert.deepEqual(readTrust(" \n# a note\n"), { trust: { keys: [] } });
  const policy = readTrust(`log ${vkey.trim()}\nquorum none\n`);
  assert.ok("trust" in policy && policy.trust.policy?.logs.length === 1);
  assert.equal(judge({ text: receipt, from: "file" }, policy.trust).report.verdict, "verified");
  for (const text of ["no key", `${vkey.trim()}x`, "quorum w\n", "x".repeat(1_000_001)]) {
    assert.ok("fault" in readTrust(text), text.slice(0, 20));
  }
  fc.assert(fc.property(fc.string(), (text) => assert.ok(typeof readTrust(text) === "object")));
});
