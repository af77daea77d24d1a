// SPDX-License-Identifier: Apache-2.0
// What each table of the benchmark gets, and what it gives.
import { join } from "node:path";
import { createGrowingLog } from "./growing-log.ts";
import type { GrowingLog } from "./growing-log.ts";
import type { RaceOptions } from "./race.ts";
import type { Workplace } from "./workplace.ts";

/** What a table is measured with. */
export type BenchContext = RaceOptions & {
  workplace: Workplace;
  /** Seconds of each measure. */
  seconds: number;
  /** `built-in`: only peers that need nothing installed. */
  peers: "all" | "built-in";
  /** Whether a peer that is absent is an error. */
  require: boolean;
  /** Sizes of logs, in entries, for what depends on it. */
  sizes: readonly number[];
  /** The one log that grows, once there is one. */
  growing?: GrowingLog;
};

/** A table's numbers, and its text. */
export type Section<Data> = { data: Data; text: string };

/** The one log that grows; made when it is first asked for. */
export function growingLog(context: BenchContext): GrowingLog {
  return (context.growing ??= createGrowingLog(join(context.workplace.directory, "growing")));
}
