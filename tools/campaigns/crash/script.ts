// SPDX-License-Identifier: Apache-2.0
// What a simulated process does with a log: the script that the fault campaign counts the disk's steps of.
import type { Random } from "../seeded-random.ts";

/** One thing that the process does. */
export type Action =
  | { kind: "commit"; count: number; parts: boolean }
  | { kind: "publish" }
  | { kind: "sync" }
  /** The process ends without a word and starts again, on the disk as it is. */
  | { kind: "reopen" };

/**
 * Small batches and large ones, across the borders of tiles (256, 512), with publication between, syncs that
 * let journal segments and partial tiles go, and starts that recover a tail.
 */
export const fixedScript: readonly Action[] = [
  commit(1, false),
  { kind: "publish" },
  commit(3, true),
  commit(2, false),
  { kind: "publish" },
  { kind: "sync" },
  commit(248, false),
  commit(1, true),
  { kind: "publish" },
  commit(1, false),
  commit(2, true),
  { kind: "publish" },
  commit(1, false),
  { kind: "reopen" },
  { kind: "publish" },
  commit(2, true),
  { kind: "sync" },
  commit(260, false),
  { kind: "publish" },
  { kind: "sync" },
  commit(1, true),
  commit(3, false),
  { kind: "reopen" },
  commit(1, false),
  { kind: "publish" },
  { kind: "sync" },
];

/** A script of another shape for each seed. */
export function randomScript(random: Random): Action[] {
  const actions: Action[] = [commit(1, false)];
  const length = 8 + random.below(20);
  let records = 1;
  while (actions.length < length) {
    const choice = random.below(20);
    if (choice < 11) {
      const most = [4, 4, 4, 40, 300][random.below(5)] ?? 4;
      const count = 1 + random.below(records > 500 ? 4 : most);
      records += count;
      actions.push(commit(count, random.below(3) === 0 && count < 20));
    } else if (choice < 16) actions.push({ kind: "publish" });
    else if (choice < 19) actions.push({ kind: "sync" });
    else actions.push({ kind: "reopen" });
  }
  return actions;
}

function commit(count: number, parts: boolean): Action {
  return { kind: "commit", count, parts };
}
