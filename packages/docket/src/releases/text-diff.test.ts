// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { compareFiles, differingLinesMax, unifiedDiff } from "./text-diff.ts";

void test("the difference of two texts is that of diff -u", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n";
  const after = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl";
  assert.equal(
    unifiedDiff("p.yaml", before, after),
    [
      "--- a/p.yaml",
      "+++ b/p.yaml",
      "@@ -1,5 +1,5 @@",
      " a",
      "-b",
      "+B",
      " c",
      " d",
      " e",
      "@@ -9,3 +9,4 @@",
      " i",
      " j",
      " k",
      "+l",
      "\\ No newline at end of file",
      "",
    ].join("\n"),
  );
  assert.equal(unifiedDiff("p.yaml", before, before), "");
});

void test("files that came and went stand beside /dev/null", () => {
  const changes = compareFiles(
    [
      { path: "gone.yaml", text: "a\n" },
      { path: "same.yaml", text: "s\n" },
    ],
    [
      { path: "new.yaml", text: "b\n" },
      { path: "same.yaml", text: "s\n" },
    ],
  );
  assert.deepEqual(changes, [
    { path: "gone.yaml", change: "removed", diff: "--- a/gone.yaml\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n" },
    { path: "new.yaml", change: "added", diff: "--- /dev/null\n+++ b/new.yaml\n@@ -0,0 +1,1 @@\n+b\n" },
  ]);
});

void test("a difference turns the earlier text into the later one, and is no longer than need be", () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 }), fc.boolean())
    .map(([lines, end]) => lines.join("\n") + (end && lines.length > 0 ? "\n" : ""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff("p", before, after);
      assert.equal(patched(before, diff), after);
      const edits = diff.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line)).length;
      assert.ok(edits <= leastEdits(linesOf(before), linesOf(after)), diff);
    }),
    { numRuns: 500 },
  );
});

void test("texts that differ nearly everywhere are replaced, without long work", () => {
  const lines = (name: string): string =>
    Array.from({ length: differingLinesMax * 3 }, (_, i) => `${name}${i}\n`).join("");
  const diff = unifiedDiff("p", lines("a"), lines("b"));
  assert.equal(patched(lines("a"), diff), lines("b"));
});

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

// The obvious way: what `patch` does.
function patched(before: string, diff: string): string {
  if (diff === "") return before;
  const lines = linesOf(before);
  const out: string[] = [];
  let at = 0;
  const rows = diff.split("\n").slice(2, -1);
  for (const [place, row] of rows.entries()) {
    const hunk = /^@@ -(\d+),(\d+) /.exec(row);
    const end = (rows[place + 1] ?? "").startsWith("\\") ? "" : "\n";
    if (hunk !== null) {
      const first = Number(hunk[1]) - (Number(hunk[2]) === 0 ? 0 : 1);
      while (at < first) out.push(...lines.slice(at, ++at));
    } else if (row.startsWith("+")) out.push(row.slice(1) + end);
    else if (!row.startsWith("\\")) {
      assert.equal(lines[at], row.slice(1) + end);
      if (row.startsWith(" ")) out.push(row.slice(1) + end);
      at++;
    }
  }
  return [...out, ...lines.slice(at)].join("");
}

// The obvious way: the longest common subsequence by its table.
function leastEdits(before: readonly string[], after: readonly string[]): number {
  let row = after.map(() => 0);
  for (const line of before) {
    const next: number[] = [];
    for (const [place, other] of after.entries()) {
      const diagonal = row[place - 1] ?? 0;
      next.push(line === other ? diagonal + 1 : Math.max(row[place] ?? 0, next[place - 1] ?? 0));
    }
    row = next;
  }
  return before.length + after.length - 2 * (row.at(-1) ?? 0);
}
