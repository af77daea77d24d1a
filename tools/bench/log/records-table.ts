// SPDX-License-Identifier: Apache-2.0
// The second table: records with sealed parts, three in four with an actor who was not there before.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeEvent } from "@docket/protocol/events";
import type { Event } from "@docket/protocol";
import { signerKeysOf } from "../../../packages/docket/src/evidence/keys.ts";
import { createInstallation, readKeys } from "../../../packages/docket/src/installation.ts";
import { loadRelease } from "../../../packages/docket/src/releases/policy-directory.ts";
import { Log } from "../../../packages/docket/src/log/log.ts";
import type { Append } from "../../../packages/docket/src/log/log.ts";
import { openInstallation } from "../../../packages/docket/src/main.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { eventSource } from "../events.ts";
import { measure } from "./closed-loop.ts";
import type { Contender } from "./contender.ts";
import { appendSource, newActorsOfFour } from "./drafts.ts";
import { jsonLinesName, openJsonLines } from "./json-lines.ts";
import { table } from "./markdown.ts";
import { delaySampler } from "./publication-delay.ts";
import { race, standings, surroundings } from "./race.ts";
import type { Racer, Sample, Standing } from "./race.ts";
import { publishedRows, raceRows, refusedText } from "./race-table.ts";
import type { BenchContext, Section } from "./section.ts";

const sealedName = "Docket, sealed";
const decidedName = "Docket, decided";
const warmSeconds = 0.5;
const warmWriters = 64;
const diskModule = new URL("../../../packages/docket/src/stores/files/node-disk.ts", import.meta.url).href;
const pollMs = 5;
/** What a site's index takes in behind the answers gets this long, in ms. */
const indexRestMs = 300;

/** What the second table is made from. */
export type RecordsResult = { samples: Sample[]; standings: Standing[] };

/** Measures the second table. */
export async function measureRecords(context: BenchContext): Promise<Section<RecordsResult>> {
  const place = (name: string): string => join(context.workplace.directory, name);
  const { workplace, seconds } = context;
  const racers: Racer[] = [];
  const closings: (() => Promise<void>)[] = [];
  const add = async <Input>(contender: Contender<Input>, next: () => Input): Promise<void> => {
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= contender.close());
    closings.push(close);
    workplace.onEnd(close);
    context.progress(`records in process: warming up ${contender.name}`);
    await measure(contender, next, { writers: warmWriters, seconds: warmSeconds });
    racers.push({
      name: contender.name,
      measure: (writers) => measure(contender, next, { writers, seconds }),
    });
  };
  try {
    const { contender, next } = await openSealed(place("records"));
    await add(contender, next);
    await add(await openDecided(place("decided")), eventSource("bench", newActorsOfFour));
    const lines = await openJsonLines(place("events.ndjson"), eventLine);
    await add(lines, eventSource("lines", newActorsOfFour));
    const samples = await race(racers, context);
    const found = standings(samples, jsonLinesName);
    const text = `${textOf(found)}\n\n${surroundings(samples, sealedName)}`;
    return { data: { samples, standings: found }, text };
  } finally {
    for (const close of closings) await close();
  }
}

async function openSealed(directory: string): Promise<{ contender: Contender<Append>; next: () => Append }> {
  const installation = createInstallation(disk, directory);
  const keys = readKeys(installation);
  const { paths, origin, policyDirectory } = installation;
  const log = await Log.open({ paths, origin, signerKeys: signerKeysOf(keys), diskModule });
  log.onSynced((size) => void log.release(size).catch(() => undefined));
  const delays = delaySampler((size) => log.published(size));
  const contender: Contender<Append> = {
    name: sealedName,
    append: (append) => delays.watch(log.append(append), ({ index }) => index + 1),
    async rest() {
      await log.published(log.status.size);
      await delays.settled();
      await log.sync();
    },
    takeDelays: () => delays.take(),
    close: () => log.close(),
  };
  return { contender, next: appendSource(keys, loadRelease(policyDirectory)) };
}

async function openDecided(directory: string): Promise<Contender<Event>> {
  const opened = await openInstallation(createInstallation(disk, directory));
  const { site } = opened;
  return {
    name: decidedName,
    append: (event) =>
      site.decide({ event, dryRun: false, by: "operator", source: "http", receivedMs: Date.now() }),
    async rest() {
      while (site.status().publishedSize < site.status().size) await sleep(pollMs);
      await sleep(indexRestMs);
    },
    close: () => opened.close(),
  };
}

function eventLine(event: Event): string {
  return `{"time":"${new Date().toISOString()}","event":${encodeEvent(event)}}`;
}

function textOf(found: readonly Standing[]): string {
  const bars = publishedRows(found.filter(({ name }) => name === sealedName));
  const barTable = table([["bar", "wanted", "measured", ""], ...bars], 1);
  return [table(raceRows(found), 2), ...refusedText(found), "", barTable].join("\n");
}
