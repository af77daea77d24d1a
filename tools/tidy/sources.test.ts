// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem } from "./problem.ts";
import {
  checkDefaultExports,
  checkFileLength,
  checkFunctionLengths,
  checkLineLengths,
  checkPure,
  checkSpdx,
} from "./sources.ts";

const product = "packages/tlog/src/a.ts";
const tests = "packages/tlog/src/a.test.ts";
const functionOf = (body: number): string => `\nfunction a() {\n${"b;\n".repeat(body)}}\n`;
const lines = (problems: readonly Problem[]): (number | undefined)[] => problems.map(({ line }) => line);

test("a file without the licence line at its head is found", () => {
  const spdx = "// SPDX-License-Identifier: Apache-2.0\n";
  assert.deepEqual(checkSpdx({ path: product, text: `${spdx}a;\n` }), []);
  assert.deepEqual(checkSpdx({ path: product, text: `#!/usr/bin/env node\n${spdx}a;\n` }), []);
  const added = "// SPDX-License-Identifier: Apache-2.0 AND Unicode-DFS-2016\na;\n";
  assert.deepEqual(checkSpdx({ path: product, text: added }), []);
  assert.equal(checkSpdx({ path: product, text: spdx.replace("\n", " and more words\n") }).length, 1);
  assert.equal(checkSpdx({ path: product, text: `a;\n${spdx}` }).length, 1);
  assert.equal(checkSpdx({ path: product, text: "" }).length, 1);
});

test("a line of 111 characters is found, one of 110 is not", () => {
  const text = `${"é".repeat(110)}\n${"😀".repeat(110)}\n${"a".repeat(111)}\n`;
  assert.deepEqual(lines(checkLineLengths({ path: product, text })), [3]);
});

test("a file of 601 lines is found, a test only from 1,001", () => {
  assert.deepEqual(checkFileLength({ path: product, text: "a\n".repeat(600) }), []);
  assert.equal(checkFileLength({ path: product, text: `${"a\n".repeat(600)}a` }).length, 1);
  assert.deepEqual(checkFileLength({ path: tests, text: "a\n".repeat(1_000) }), []);
  assert.equal(checkFileLength({ path: tests, text: "a\n".repeat(1_001) }).length, 1);
});

test("a function of 71 lines is found, but not in a test", () => {
  assert.deepEqual(checkFunctionLengths({ path: product, text: functionOf(68) }), []);
  assert.deepEqual(lines(checkFunctionLengths({ path: product, text: functionOf(69) })), [2]);
  assert.deepEqual(checkFunctionLengths({ path: tests, text: functionOf(69) }), []);
});

test("a default export is found in each of its forms", () => {
  const text =
    'export default 1;\nexport { a as default };\nconst b = "export default";\nexport const c = 1;\n';
  assert.deepEqual(lines(checkDefaultExports({ path: product, text })), [1, 2]);
});

test("what only Node has is found in a package for browsers", () => {
  const text = `import { a } from "node:fs";
Buffer.from(b);
const c = process.env;
// Buffer
const d: { process: number; global?: 1 } = e.process;
const f = "require";
import("node:crypto");
`;
  assert.deepEqual(lines(checkPure({ path: product, text }, ["tlog"])), [1, 7, 2, 3]);
  assert.deepEqual(checkPure({ path: tests, text }, ["tlog"]), []);
  assert.deepEqual(checkPure({ path: "packages/docket/src/a.ts", text }, ["tlog"]), []);
});
