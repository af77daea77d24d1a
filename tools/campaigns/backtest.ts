// SPDX-License-Identifier: Apache-2.0
// The backtest campaign: what a backtest says of the stream of comments, held against really running the
// candidate on it.
//
//   npm run campaign:backtest -- [--events N] [--keep]
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { sharedPath, skipReason } from "../shared-data.ts";
import {
  backtestPolicies,
  compareCold,
  compareKnown,
  compareWarm,
  decideBefore,
  eventsOf,
} from "./backtest/equality.ts";
import type { EqualityWorld } from "./backtest/equality.ts";

const streamName = "data/comments-youtube-stream/data.jsonl.gz";

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { events: { type: "string" }, keep: { type: "boolean", default: false } },
  });
  const stream = sharedPath(streamName);
  if (stream === undefined) {
    console.log(`skipped: ${skipReason(streamName)}`);
    return 1;
  }
  const lines = gunzipSync(readFileSync(stream)).toString("utf8").trim().split("\n");
  const directory = mkdtempSync(join(tmpdir(), "docket-backtest-"));
  const world: EqualityWorld = {
    directory,
    events: eventsOf(lines.slice(0, values.events === undefined ? lines.length : Number(values.events))),
    ...backtestPolicies,
    say: (text) => console.log(text),
  };
  try {
    const recorded = await decideBefore(world);
    const rows = [
      await compareCold(world, recorded),
      await compareKnown(world, recorded),
      await compareWarm(world, recorded),
    ];
    for (const { check, decisions, changed, wrong, report } of rows) {
      console.log(`${check}: ${decisions} decisions, ${changed} changed, ${wrong.length} differences`);
      for (const line of wrong) console.log(`  ${line}`);
      const { strikes, restrictions, brakes, speed } = report;
      console.log(`  ${JSON.stringify({ strikes, kinds: restrictions.kinds, brakes, speed })}`);
      const hits = report.rules.map(({ rule, after }) => `${rule} ${after.hits}/${after.effective}`);
      console.log(`  ${hits.join(", ")}`);
    }
    return rows.every(({ wrong }) => wrong.length === 0) ? 0 : 1;
  } finally {
    if (!values.keep) rmSync(directory, { recursive: true, force: true });
    else console.log(`kept in ${directory}`);
  }
}
