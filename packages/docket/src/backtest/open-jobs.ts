// SPDX-License-Identifier: Apache-2.0
// Backtests of a site that is open.
import type { SiteKeys } from "../evidence/keys.ts";
import type { LabelPage, SiteLabels } from "../labels/label-desk.ts";
import type { LogPaths } from "../log/paths.ts";
import type { Changes } from "../releases/contract.ts";
import { runJob } from "./job-runner.ts";
import { BacktestJobs } from "./jobs.ts";
import { labelsMax } from "./sample.ts";
import type { Label } from "./sample.ts";

/** What they lean on. */
export type BacktestJobsOptions = {
  readonly paths: LogPaths;
  readonly origin: string;
  readonly keys: Pick<SiteKeys, "site" | "hashing" | "folder">;
  readonly policyDirectory: string;
  readonly firstRecordSince: (ms: number) => Promise<number>;
  readonly labels: Pick<SiteLabels, "list">;
  readonly changes: Pick<Changes, "kept" | "change">;
  /** Records that are published. */
  readonly publishedSize: () => number;
  /** The release that events are decided under now. */
  readonly inForce: () => string;
  readonly random: (length: number) => Buffer;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
};

const idBytes = 12;
/** Labels that are asked for at once. */
const labelsPage = 10_000;

/** Opens them. */
export function openBacktestJobs(options: BacktestJobsOptions): BacktestJobs {
  const { paths, origin, policyDirectory, inForce } = options;
  const { site, hashing, folder } = options.keys;
  const source = { paths, origin, keys: { site, hashing, folder } };
  return new BacktestJobs({
    size: options.publishedSize,
    firstRecordSince: options.firstRecordSince,
    changes: options.changes,
    run: async (run, signal, onProgress) => {
      const labels = await labelsOf(options.labels);
      return runJob({ ...run, source, policyDirectory, inForce: inForce(), labels }, signal, onProgress);
    },
    newId: () => `t_${options.random(idBytes).toString("base64url")}`,
    clock: options.clock,
    timer: options.timer,
  });
}

async function labelsOf(desk: Pick<SiteLabels, "list">): Promise<Map<number, Label>> {
  const found = new Map<number, Label>();
  let next: number | null = 0;
  while (next !== null && found.size < labelsMax) {
    const page: LabelPage = await desk.list(next, labelsPage);
    for (const { of, label } of page.labels) if (label !== "unsure") found.set(of, label);
    next = page.next;
  }
  return found;
}
