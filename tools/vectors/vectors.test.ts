// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { makeVectors } from "./all.ts";

/** Made once: that takes about two seconds. */
const files = makeVectors();

const folder = new URL("../../packages/tlog/vectors/", import.meta.url);

test("packages/tlog/vectors is what node tools/vectors/make.ts writes", () => {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  assert.deepEqual(names.sort(), [...files.keys()].sort());
  for (const [name, text] of files) {
    assert.ok(readFileSync(new URL(name, folder), "utf8") === text, `${name} is out of date`);
  }
});

test("the files are ASCII, a case a line, and each case says what is expected and why", () => {
  let count = 0;
  for (const [name, text] of files) {
    assert.match(text, /^[\n -~]+$/, name);
    const { cases } = JSON.parse(text) as { cases: { name: string; result: string; reason?: string }[] };
    assert.ok(text.split("\n").length >= cases.length + 8, name);
    for (const item of cases) {
      assert.equal(item.result === "refuse", item.reason !== undefined, `${name}: ${item.name}`);
    }
    count += cases.length;
  }
  assert.ok(count > 1_000, `${count} cases`);
});

test("the README of the vectors names every file, with the number of its cases", () => {
  const readme = readFileSync(new URL("README.md", folder), "utf8");
  for (const [name, text] of files) {
    const { count } = JSON.parse(text) as { count: number };
    assert.ok(readme.includes(`| \`${name}\` | ${count} |`), `${name} has ${count} cases`);
  }
});
