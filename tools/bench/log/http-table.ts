// SPDX-License-Identifier: Apache-2.0
// The third table: opaque entries over HTTP. Servers and load are processes of their own on the loopback
// interface; they share the machine's cores.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInstallation } from "../../../packages/docket/src/installation.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { processorSeconds } from "../machine.ts";
import { startDocket, startProgram } from "../servers.ts";
import type { Server } from "../servers.ts";
import { jsonOf } from "./child.ts";
import type { Measured } from "./closed-loop.ts";
import { docketName } from "./docket.ts";
import { jsonLinesName } from "./json-lines.ts";
import { table } from "./markdown.ts";
import { race, standings } from "./race.ts";
import type { Racer, Sample, Standing } from "./race.ts";
import { raceRows, refusedText } from "./race-table.ts";
import type { BenchContext, Section } from "./section.ts";

const loadProgram = fileURLToPath(new URL("./http-load.ts", import.meta.url));
const peerProgram = fileURLToPath(new URL("./http-json-lines.ts", import.meta.url));
const warmSeconds = 1;
const warmWriters = 64;

/** What the third table is made from. */
export type HttpResult = { samples: Sample[]; standings: Standing[] };

/** Measures the third table. */
export async function measureHttp(context: BenchContext): Promise<Section<HttpResult>> {
  const place = (name: string): string => join(context.workplace.directory, name);
  const servers: Server[] = [];
  const started = async (starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    let stopping: Promise<void> | undefined;
    const stopped = { ...server, stop: () => (stopping ??= server.stop()) };
    servers.push(stopped);
    context.workplace.onEnd(stopped.stop);
    return stopped;
  };
  try {
    const data = createInstallation(disk, place("served"), undefined, { opaque: true }).data;
    const docket = await started(startDocket(data, ["--public-add"]));
    const peer = await started(startProgram(peerProgram, [place("served.ndjson")]));
    const racers = [racer(docketName, docket, context.seconds), racer(jsonLinesName, peer, context.seconds)];
    context.progress("over HTTP: warming up");
    for (const { url } of [docket, peer]) await load(`${url}/add`, warmWriters, warmSeconds);
    const samples = await race(racers, context);
    const found = standings(samples, jsonLinesName);
    return { data: { samples, standings: found }, text: textOf(found) };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function racer(name: string, { url, pid }: Server, seconds: number): Racer {
  return {
    name,
    async measure(writers) {
      const before = processorSeconds(pid) ?? Number.NaN;
      const measured = await load(`${url}/add`, writers, seconds);
      const cpuSeconds = (processorSeconds(pid) ?? Number.NaN) - before;
      return { ...measured, cpuUs: (cpuSeconds * 1e6) / (measured.perSecond * seconds) };
    },
  };
}

async function load(url: string, writers: number, seconds: number): Promise<Measured> {
  return (await jsonOf([loadProgram, url, String(writers), String(seconds)])) as Measured;
}

function textOf(found: readonly Standing[]): string {
  return [table(raceRows(found), 2), ...refusedText(found)].join("\n");
}
