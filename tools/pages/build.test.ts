// SPDX-License-Identifier: Apache-2.0
// What is committed of the pages is what their sources give, and small.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildPages, committedPages, pageNames, standaloneName } from "./build.ts";

/** Most bytes that a page loads, compressed. */
const pageBytesMax = 150_000;

void test("the committed pages are those that npm run pages makes", async () => {
  const built = await buildPages();
  const committed = committedPages();
  assert.deepEqual([...committed.keys()], [...built.keys()].sort(), "run npm run pages");
  for (const [name, text] of built) {
    assert.ok(committed.get(name) === text, `${name} is not what its sources give: run npm run pages`);
  }
});

void test("each page loads little, names what it loads, and holds no code itself", () => {
  const committed = committedPages();
  for (const name of pageNames) {
    const page = committed.get(`${name}.html`) ?? "";
    const loaded = Array.from(page.matchAll(/(?:src|href)="\/pages\/([^"]+)"/g), ([, file = ""]) => file);
    assert.equal(loaded.length, 2, name);
    const texts = [page, ...loaded.map((file) => committed.get(file) ?? "")];
    assert.ok(
      texts.every((text) => text.length > 0),
      `${name} names a file that is not there`,
    );
    const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
    assert.ok(bytes < pageBytesMax, `${name} loads ${bytes} bytes`);
    assert.doesNotMatch(page, /<style|<script[^>]*>[^<]|\son\w+=/, name);
  }
});

void test("the file stands by itself: it names nothing outside, and its policy lets in nothing else", () => {
  const text = committedPages().get(standaloneName) ?? "";
  assert.doesNotMatch(text, /<script[^>]*\ssrc=|<link[^>]*href="(?!data:)|@import|url\(/);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(text)?.[1] ?? "";
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/);
  assert.doesNotMatch(policy, /unsafe|connect-src|https?:/);
});
