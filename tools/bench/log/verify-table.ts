// SPDX-License-Identifier: Apache-2.0
// How fast `docket verify` checks a directory with all cores: the whole process, from its start to its end.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInstallation } from "../../../packages/docket/src/installation.ts";
import { openInstallation } from "../../../packages/docket/src/main.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { eventSource } from "../events.ts";
import { median } from "../numbers.ts";
import { runNode } from "./child.ts";
import { newActorsOfFour } from "./drafts.ts";
import { grouped, short, table } from "./markdown.ts";
import { growingLog } from "./section.ts";
import type { BenchContext, Section } from "./section.ts";

const docketBinary = fileURLToPath(new URL("../../../packages/docket/bin/docket.js", import.meta.url));
/** Of so many opaque entries, one record is made to be verified: to decide takes longer. */
const entriesPerRecord = 50;
/** Events that are decided at once while a log is made. */
const windowEvents = 1024;
const opaqueBar = 500_000;

/** What was verified, and how fast. */
export type VerifyRow = { what: string; entries: number; seconds: number; perSecond: number };

/** Measures both kinds of logs. */
export async function measureVerify(context: BenchContext): Promise<Section<VerifyRow[]>> {
  const log = growingLog(context);
  context.progress("growing an opaque log to verify");
  const size = Math.max(...context.sizes);
  await log.grow(size);
  const records = join(context.workplace.directory, "verified");
  const count = Math.ceil(size / entriesPerRecord);
  context.progress(`deciding ${grouped(count)} events to verify`);
  const entries = await decideEvents(records, count);
  const rows: VerifyRow[] = [];
  rows.push(await verify(context, "opaque entries of 300 B", log.directory, log.size));
  rows.push(await verify(context, "records with chain and manifest", records, entries));
  return { data: rows, text: textOf(rows) };
}

async function verify(
  context: BenchContext,
  what: string,
  directory: string,
  entries: number,
): Promise<VerifyRow> {
  const times: number[] = [];
  const words = [docketBinary, "verify", directory, "--json", "--key", join(directory, "log.vkey")];
  for (let round = 0; round < context.rounds; round++) {
    const { code, output, ms } = await runNode(words, true);
    if (code !== 0) throw new Error(`docket verify ${directory} ended with ${code}: ${output}`);
    context.progress(`  verified ${grouped(entries)} ${what} in ${Math.round(ms)} ms`);
    times.push(ms);
  }
  const seconds = median(times) / 1000;
  return { what, entries, seconds, perSecond: entries / seconds };
}

async function decideEvents(directory: string, count: number): Promise<number> {
  const opened = await openInstallation(createInstallation(disk, directory));
  const { site } = opened;
  const next = eventSource("verified", newActorsOfFour);
  let left = count;
  const decide = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const request = { event: next(), dryRun: false, by: "operator", source: "file" as const };
      await site.decide({ ...request, receivedMs: Date.now() });
    }
  };
  await Promise.all(Array.from({ length: windowEvents }, decide));
  const { size } = site.status();
  await opened.close();
  return size;
}

function textOf(rows: readonly VerifyRow[]): string {
  const head = ["", "entries", "time", "entries/s"];
  const lines = rows.map(({ what, entries, seconds, perSecond }) => [
    what,
    grouped(entries),
    `${short(seconds)} s`,
    short(perSecond),
  ]);
  const [opaque] = rows;
  const rate = opaque?.perSecond ?? Number.NaN;
  const bar = [
    "opaque entries/s",
    `≥ ${grouped(opaqueBar)}`,
    short(rate),
    rate >= opaqueBar ? "met" : "missed",
  ];
  return [table([head, ...lines], 1), "", table([["bar", "wanted", "measured", ""], bar], 1)].join("\n");
}
