// SPDX-License-Identifier: Apache-2.0
// The first table: appends in process, durable, of opaque entries, beside what others use as a log.
import { join } from "node:path";
import { measure } from "./closed-loop.ts";
import { isPresent } from "./contender.ts";
import type { Absent, Contender } from "./contender.ts";
import { docketName, openDocket } from "./docket.ts";
import { entrySource } from "./entries.ts";
import { entryLine, jsonLinesName, openJsonLines } from "./json-lines.ts";
import { openPostgresql } from "./postgresql.ts";
import { race, standings, surroundings } from "./race.ts";
import type { Sample, Standing } from "./race.ts";
import { openRedis } from "./redis.ts";
import { openSqlite } from "./sqlite.ts";
import { absentText, barRows, publishedRows, raceRows, refusedText } from "./race-table.ts";
import { table } from "./markdown.ts";
import type { BenchContext, Section } from "./section.ts";

/** Most seconds of each warming measure, and with how many writers. */
const warmSecondsMax = 0.3;
const warmWriters = [1, 64];

/** What the first table is made from. */
export type AppendResult = { samples: Sample[]; standings: Standing[]; absent: Absent[] };

/** Measures the first table. */
export async function measureAppends(context: BenchContext): Promise<Section<AppendResult>> {
  const { contenders, absent } = await openAll(context);
  const next = entrySource();
  const measured = (
    contender: Contender<Buffer>,
    writers: number,
    seconds: number,
  ): ReturnType<typeof measure> => measure(contender, next, { writers, seconds });
  try {
    context.progress("appends in process: warming up");
    for (const contender of contenders) {
      for (const writers of warmWriters)
        await measured(contender, writers, Math.min(warmSecondsMax, context.seconds));
    }
    const racers = contenders.map((contender) => ({
      name: contender.name,
      measure: (writers: number) => measured(contender, writers, context.seconds),
    }));
    const samples = await race(racers, context);
    const found = standings(samples, jsonLinesName);
    const text = `${textOf(found, absent)}\n\n${surroundings(samples, docketName)}`;
    return { data: { samples, standings: found, absent }, text };
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

async function openAll(
  context: BenchContext,
): Promise<{ contenders: Contender<Buffer>[]; absent: Absent[] }> {
  const { workplace, peers } = context;
  const place = (name: string): string => join(workplace.directory, name);
  const contenders: Contender<Buffer>[] = [];
  const absent: Absent[] = [];
  const add = async (opening: Promise<Contender<Buffer> | Absent> | Contender<Buffer>): Promise<void> => {
    const opened = await opening;
    if (!isPresent(opened)) {
      if (context.require) throw new Error(`${opened.name} is required: ${opened.reason}`);
      context.progress(`without ${opened.name}: ${opened.reason}`);
      absent.push(opened);
      return;
    }
    let closing: Promise<void> | undefined;
    const contender = { ...opened, close: () => (closing ??= opened.close()) };
    workplace.onEnd(contender.close);
    contenders.push(contender);
  };
  await add(openDocket(place("docket")));
  await add(openJsonLines(place("entries.ndjson"), entryLine));
  await add(openSqlite(place("entries.sqlite")));
  if (peers === "all") {
    await add(openPostgresql(place("postgresql"), workplace.sockets));
    await add(openRedis(place("redis"), workplace.sockets));
  }
  return { contenders, absent };
}

function textOf(found: readonly Standing[], absent: readonly Absent[]): string {
  const docket = found.filter(({ name }) => name === docketName);
  const bars = [...barRows(docket), ...publishedRows(docket)];
  return [
    table(raceRows(found), 2),
    ...refusedText(found),
    ...absentText(absent),
    "",
    table([["bar", "wanted", "measured", ""], ...bars], 1),
  ].join("\n");
}
