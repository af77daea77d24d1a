// SPDX-License-Identifier: Apache-2.0
// The worked examples of docs/formats come out of the product as they stand there.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { examples } from "./testing/example.ts";

void test("every example in docs/formats of Docket's own formats is what the product writes", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-docs-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, expected] of Object.entries(examples(directory))) {
    const page = readFileSync(new URL(`../../../../../docs/formats/${name}.md`, import.meta.url), "utf8");
    const blocks = Array.from(page.matchAll(/^```text\n(.*?)^```$/gms), (match) => match[1]);
    assert.deepEqual(blocks, expected, `docs/formats/${name}.md`);
  }
});
