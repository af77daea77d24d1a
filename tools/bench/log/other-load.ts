// SPDX-License-Identifier: Apache-2.0
// How much of the machine other programs took while something was measured. A table made on a busy machine
// says so.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { processorSeconds } from "../machine.ts";

/** Linux counts the machine's time in hundredths of a second, whatever the kernel's own clock. */
const clockTicksPerSecond = 100;
/** Of the columns of /proc/stat: user, nice, system, irq, softirq, steal. */
const busyColumns = [1, 2, 3, 6, 7, 8];

/**
 * Begins to watch.
 *
 * @returns tells, when it is called, the share of all processors that programs other than this one have taken
 *   since then, from 0 to 1; `undefined` where the system does not tell
 */
export function watchOthers(): () => number | undefined {
  const before = othersSeconds();
  const beganMs = performance.now();
  return () => {
    const after = othersSeconds();
    if (before === undefined || after === undefined) return undefined;
    const allSeconds = ((performance.now() - beganMs) / 1000) * availableParallelism();
    return Math.min(1, Math.max(0, (after - before) / allSeconds));
  };
}

function othersSeconds(): number | undefined {
  try {
    const [line = ""] = readFileSync("/proc/stat", "latin1").split("\n");
    const columns = line.split(/ +/).map(Number);
    const ticks = busyColumns.reduce((sum, column) => sum + (columns[column] ?? 0), 0);
    const own = processorSeconds(process.pid);
    return own === undefined ? undefined : ticks / clockTicksPerSecond - own;
  } catch {
    return undefined;
  }
}
