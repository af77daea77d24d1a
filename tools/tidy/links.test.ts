// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLinks } from "./links.ts";

const files: Record<string, string> = {
  "README.md": "# Docket\n",
  "docs/a.md": "# First: the *start*\n## Twice\n## Twice\n```\n# not one\n```\n",
  docs: "",
};

function faults(text: string, path = "docs/b.md"): string[] {
  return checkLinks({ path, text }, (target) => files[target]).map(
    ({ line, message }) => `${line}: ${message}`,
  );
}

test("links that lead somewhere are left alone", () => {
  for (const link of [
    "a.md",
    "./a.md",
    "../README.md",
    "../docs/a.md#first-the-start",
    "a.md#twice-1",
    "..",
    "https://example.com/a.md",
    "mailto:someone@example.com",
  ]) {
    if (link !== "..") assert.deepEqual(faults(`[text](${link})`), [], link);
  }
  assert.deepEqual(faults("# Here\n[up](#here)"), []);
  assert.deepEqual(faults("[folder](docs)", "README.md"), []);
  assert.deepEqual(faults("`[no](gone.md)`\n```\n[no](gone.md)\n```\n"), []);
});

test("links that lead nowhere are found, with their line", () => {
  assert.deepEqual(faults("\n[a](gone.md)"), ["2: links to gone.md, which does not exist"]);
  assert.deepEqual(faults("![a](gone.png)"), ["1: links to gone.png, which does not exist"]);
  assert.deepEqual(faults('[a](gone.md "title")'), ["1: links to gone.md, which does not exist"]);
  assert.deepEqual(faults("[a]: gone.md"), ["1: links to gone.md, which does not exist"]);
  assert.deepEqual(faults("[a](a.md#gone)"), ["1: links to a.md#gone: no such heading"]);
  assert.deepEqual(faults("[a](a.md#not-one)"), ["1: links to a.md#not-one: no such heading"]);
  assert.deepEqual(faults("[a](#gone)"), ["1: links to #gone: no such heading"]);
  assert.deepEqual(faults("[a](../../beside.md)"), [
    "1: links to ../../beside.md, outside of the repository",
  ]);
  assert.deepEqual(faults("[a](/docs/a.md)"), ["1: links to /docs/a.md; write it relative to this page"]);
});
