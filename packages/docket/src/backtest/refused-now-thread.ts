// SPDX-License-Identifier: Apache-2.0
// The thread of a sweep: decides the past again under the release in force, and names what a rule would have
// refused of what was let through.
import { parentPort, workerData } from "node:worker_threads";
import { disk } from "../stores/files/node-disk.ts";
import type { RefusedNow } from "../reviews/batch-plan.ts";
import { backtest } from "./backtest.ts";
import { loadCandidate } from "./candidate.ts";
import { refusedMax } from "./refused-now.ts";
import type { RefusedAnswer, RefusedStart } from "./refused-now.ts";
import type { Compared } from "./tally.ts";

const port = parentPort;
if (port === null) throw new Error("this module runs in a thread of its own");
const { source, candidate: plain, from, to, warmFrom, rule, fromMs, toMs } = workerData as RefusedStart;
const refused: RefusedNow[] = [];

function take({ index, decidedAt, before, after }: Compared): void {
  const atMs = Date.parse(decidedAt);
  if (atMs < fromMs || atMs >= toMs || refused.length >= refusedMax) return;
  if (before.outcome !== "allow" && before.outcome !== "flag" && before.outcome !== "hold") return;
  // Other rules, and restrictions that would have been in force, are no ground of this rule's.
  const fired = after.fired.find((each) => each.mode === "enforce" && `${each.policy}/${each.rule}` === rule);
  const outcome = fired?.outcome;
  if (outcome === "reject" || (outcome === "hold" && before.outcome !== "hold")) {
    refused.push({ index, outcome });
  }
}

try {
  const ports = { disk, paths: source.paths, hashing: source.keys.hashing };
  const candidate = { release: loadCandidate(ports, plain), plain };
  const report = await backtest({
    source,
    candidate,
    name: "the release in force",
    from,
    to,
    memory: "warm",
    warmFrom,
    threads: 0,
    onCompared: take,
  });
  const notes = report.notes.filter((note) => !note.startsWith("only records "));
  if (refused.length >= refusedMax) notes.push(`there may be more than the first ${refusedMax}`);
  port.postMessage({ refused, notes } satisfies RefusedAnswer);
} catch (error) {
  port.postMessage({ failure: (error as Error).stack ?? String(error) } satisfies RefusedAnswer);
}
