// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFiles } from "./check.ts";
import { newPolicy, sameFiles, withText, wrongPath } from "./drafts.ts";

const files = [
  { path: "a.yaml", text: "a" },
  { path: "c.yaml", text: "c" },
];

test("a file is changed in its place, and a new one stands where it belongs", () => {
  assert.deepEqual(withText(files, "a.yaml", "b")[0], { path: "a.yaml", text: "b" });
  const paths = withText(files, "b.yaml", "").map(({ path }) => path);
  assert.deepEqual(paths, ["a.yaml", "b.yaml", "c.yaml"]);
  assert.ok(sameFiles(files, [...files].reverse()));
  assert.ok(!sameFiles(files, withText(files, "a.yaml", "b")));
});

test("names of files are checked, and a new one has no mistake and passes its test", () => {
  assert.equal(wrongPath("more/b.yaml", files), undefined);
  for (const path of ["a.yaml", "b.txt", "../b.yaml", "b c.yaml", ".yaml", ""]) {
    assert.notEqual(wrongPath(path, files), undefined, path);
  }
  for (const path of ["b.yaml", "more/2.yaml"]) {
    const { findings, tests } = checkFiles([{ path, text: newPolicy(path) }], 0);
    assert.deepEqual([findings, tests.length], [[], 1]);
  }
});
