// SPDX-License-Identifier: Apache-2.0
// What lines differ between two texts, in the form that `diff -u` and `patch` use. E. W. Myers, "An O(ND)
// Difference Algorithm and Its Variations" (1986), the greedy variant.
import type { PolicyFile } from "@docket/policy";

/** Texts that differ in more lines than this are shown as wholly replaced: the work grows with its square. */
export const differingLinesMax = 400;
/** Lines around a difference. */
const contextLines = 3;

/** A file of a policy that differs. */
export type FileChange = {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** The difference in unified form. */
  readonly diff: string;
};

/** The files that differ between two policies, by path. */
export function compareFiles(before: readonly PolicyFile[], after: readonly PolicyFile[]): FileChange[] {
  const earlier = new Map(before.map(({ path, text }) => [path, text]));
  const later = new Map(after.map(({ path, text }) => [path, text]));
  const changes: FileChange[] = [];
  for (const path of [...new Set([...earlier.keys(), ...later.keys()])].sort()) {
    const from = earlier.get(path);
    const to = later.get(path);
    if (from === to) continue;
    const change = from === undefined ? "added" : to === undefined ? "removed" : "changed";
    changes.push({ path, change, diff: unifiedDiff(path, from, to) });
  }
  return changes;
}

/**
 * The difference of two texts in unified form. A text that is `undefined` does not exist.
 *
 * @returns the empty text if they are equal
 */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return "";
  const edits = editsOf(linesOf(before ?? ""), linesOf(after ?? ""));
  const heads = [
    before === undefined ? "/dev/null" : `a/${path}`,
    after === undefined ? "/dev/null" : `b/${path}`,
  ];
  return [`--- ${heads[0]}\n`, `+++ ${heads[1]}\n`, ...hunksOf(edits)].join("");
}

type Edit = { kind: " " | "-" | "+"; line: string };

// A line keeps its end, so that a text without one at its end differs from one with it.
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const rest = Math.min(before.length, after.length) - head;
  while (tail < rest && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const keep = (line: string): Edit => ({ kind: " ", line });
  return [
    ...before.slice(0, head).map(keep),
    ...shortestEdits(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(keep),
  ];
}

// `reached[k]` is the furthest place in `before` on diagonal k (place in before less place in after). The
// arrays of all rounds are kept, to walk back along the way that was found.
function shortestEdits(before: readonly string[], after: readonly string[]): Edit[] {
  const rounds: Map<number, number>[] = [];
  let reached = new Map<number, number>([[1, 0]]);
  for (let round = 0; round <= Math.min(before.length + after.length, differingLinesMax); round++) {
    rounds.push(reached);
    const next = new Map(reached);
    for (let k = -round; k <= round; k += 2) {
      const down = k === -round || (k !== round && (next.get(k - 1) ?? -1) < (next.get(k + 1) ?? -1));
      let x = down ? (next.get(k + 1) ?? 0) : (next.get(k - 1) ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      next.set(k, x);
      if (x >= before.length && x - k >= after.length) return walkBack(rounds, before, after);
    }
    reached = next;
  }
  return [
    ...before.map((line): Edit => ({ kind: "-", line })),
    ...after.map((line): Edit => ({ kind: "+", line })),
  ];
}

function walkBack(
  rounds: readonly ReadonlyMap<number, number>[],
  before: readonly string[],
  after: readonly string[],
): Edit[] {
  const edits: Edit[] = [];
  let x = before.length;
  let y = after.length;
  for (let round = rounds.length - 1; round >= 0; round--) {
    const reached = rounds[round] as ReadonlyMap<number, number>;
    const k = x - y;
    const down = k === -round || (k !== round && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromX = round === 0 ? 0 : (reached.get(from) ?? 0);
    const fromY = round === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) {
      edits.push({ kind: " ", line: before[--x] as string });
      y--;
    }
    if (round === 0) break;
    if (down) edits.push({ kind: "+", line: after[--y] as string });
    else edits.push({ kind: "-", line: before[--x] as string });
  }
  return edits.reverse();
}

function hunksOf(edits: readonly Edit[]): string[] {
  const shown = new Set<number>();
  for (const [place, { kind }] of edits.entries()) {
    if (kind === " ") continue;
    for (let near = place - contextLines; near <= place + contextLines; near++) shown.add(near);
  }
  const texts: string[] = [];
  let lines = { before: 1, after: 1 };
  let hunk: { edits: Edit[]; at: typeof lines } | undefined;
  for (const [place, edit] of edits.entries()) {
    if (shown.has(place)) {
      hunk ??= { edits: [], at: { ...lines } };
      hunk.edits.push(edit);
    } else if (hunk !== undefined) {
      texts.push(hunkText(hunk));
      hunk = undefined;
    }
    lines = {
      before: lines.before + (edit.kind === "+" ? 0 : 1),
      after: lines.after + (edit.kind === "-" ? 0 : 1),
    };
  }
  if (hunk !== undefined) texts.push(hunkText(hunk));
  return texts;
}

function hunkText({ edits, at }: { edits: readonly Edit[]; at: { before: number; after: number } }): string {
  const before = edits.filter(({ kind }) => kind !== "+").length;
  const after = edits.filter(({ kind }) => kind !== "-").length;
  // A side without lines is said to begin before its first one.
  const first = (line: number, count: number): string => `${count === 0 ? line - 1 : line},${count}`;
  const lines = edits.map(({ kind, line }) =>
    line.endsWith("\n") ? `${kind}${line}` : `${kind}${line}\n\\ No newline at end of file\n`,
  );
  return `@@ -${first(at.before, before)} +${first(at.after, after)} @@\n${lines.join("")}`;
}
