// SPDX-License-Identifier: Apache-2.0
// What is committed of the console is what its sources give; little of it is loaded before a page is shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildConsole, committedConsole } from "./build.ts";

/** Most bytes of script that are loaded before any page, compressed. */
const initialBytesMax = 150_000;

void test("the committed console is what npm run console makes, and begins with little", async () => {
  const { files, initial } = await buildConsole();
  const committed = committedConsole();
  assert.deepEqual([...committed.keys()], [...files.keys()].sort(), "run npm run console");
  for (const [name, text] of files) {
    assert.ok(committed.get(name) === text, `${name} is not what its sources give: run npm run console`);
  }
  const bytes = initial.reduce((sum, name) => sum + gzipSync(files.get(name) ?? "").length, 0);
  assert.ok(bytes < initialBytesMax, `${initial.join(", ")}: ${bytes} bytes`);
});

void test("the document holds no code itself, and names nothing outside", () => {
  const committed = committedConsole();
  const document = committed.get("index.html") ?? "";
  assert.doesNotMatch(document, /<style|<script[^>]*>[^<]|\son\w+=/);
  const named = Array.from(document.matchAll(/(?:src|href)="([^"]+)"/g), ([, url = ""]) => url);
  assert.ok(named.length >= 3, document);
  for (const url of named.filter((each) => !each.startsWith("data:"))) {
    assert.ok(committed.has(url.replace(/^\/console\/assets\//, "")), url);
  }
});
