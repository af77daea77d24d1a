// SPDX-License-Identifier: Apache-2.0
// Decides a file of events in a process of its own, without HTTP, and says how fast and how large the result
// is.
//
//   decide-sample.ts DATA [SAMPLE]     prints {events, seconds, cpuSeconds, source, bytes: {kind: n}} as JSON
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { gunzipSync } from "node:zlib";
import { formatTime } from "@docket/protocol";
import { parseDecisionRequest } from "@docket/protocol/events";
import type { Event } from "@docket/protocol";
import { createInstallation } from "../../packages/docket/src/installation.ts";
import { openInstallation } from "../../packages/docket/src/main.ts";
import { disk } from "../../packages/docket/src/stores/files/node-disk.ts";
import { eventSource } from "./events.ts";

/** What deciding a file gave. `bytes` is the whole data directory after closing, by kind of file. */
export type DecideSample = {
  source: string;
  events: number;
  seconds: number;
  cpuSeconds: number;
  bytes: Record<string, number>;
};

const eventsMin = 20_000;
/** Events that are decided at once. */
const windowEvents = 1024;
const dayMs = 86_400_000;

const [data = "", sample = ""] = process.argv.slice(2);
const events = existsSync(sample) ? repeated(readSample(sample)) : generated();
const opened = await openInstallation(createInstallation(disk, data));
const startedMs = performance.now();
const cpuBefore = process.cpuUsage();
await decideAll(events);
const { user, system } = process.cpuUsage(cpuBefore);
const seconds = (performance.now() - startedMs) / 1000;
await opened.close();
const result: DecideSample = {
  source: existsSync(sample) ? basename(sample) : "generated comments",
  events: events.length,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  bytes: bytesByKind(data),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

async function decideAll(all: readonly Event[]): Promise<void> {
  const running = new Set<Promise<unknown>>();
  for (const event of all) {
    const receivedMs = Date.parse(event.time ?? "");
    const deciding = opened.site
      .decide({ event, dryRun: false, by: "operator", source: "file", receivedMs })
      .finally(() => running.delete(deciding));
    running.add(deciding);
    if (running.size >= windowEvents) await Promise.race(running);
  }
  await Promise.all(running);
}

function readSample(path: string): Event[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => parseDecisionRequest(Buffer.from(line)).event);
}

/** The sample again and again, each time so much later that no counter's window reaches over. */
function repeated(sampled: readonly Event[]): Event[] {
  const sorted = [...sampled].sort((a, b) => Date.parse(a.time ?? "") - Date.parse(b.time ?? ""));
  const times = sorted.map(({ time }) => Date.parse(time ?? ""));
  const shiftMs = (times.at(-1) ?? 0) - (times[0] ?? 0) + 40 * dayMs;
  const all: Event[] = [];
  for (let pass = 0; all.length < eventsMin; pass++) {
    for (const [place, event] of sorted.entries()) {
      const time = formatTime((times[place] ?? 0) + pass * shiftMs);
      all.push({ ...event, id: `${event.id}-${pass}`, time });
    }
  }
  return all;
}

function generated(): Event[] {
  const next = eventSource("file");
  const firstMs = Date.UTC(2026, 0, 1);
  return Array.from({ length: eventsMin }, (_, place) => ({
    ...next(),
    time: formatTime(firstMs + place * 1000),
  }));
}

function bytesByKind(directory: string): Record<string, number> {
  const bytes: Record<string, number> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const kind = kindOf(relative(directory, path).split(sep).join("/"));
    bytes[kind] = (bytes[kind] ?? 0) + statSync(path).size;
  }
  return bytes;
}

function kindOf(path: string): string {
  const site = path.replace(/^sites\/[^/]+\//, "");
  if (site.startsWith("tile/entries/")) return "records (entry bundles)";
  if (site.startsWith("tile/")) return "hash tiles";
  if (site.startsWith("parts/")) return "sealed evidence (parts)";
  if (site.startsWith("journal/")) return "journal";
  if (site.startsWith("checkpoint")) return "checkpoints";
  if (site.startsWith("identity.sqlite")) return "identity map";
  if (site.startsWith("views.sqlite")) return "views (can be rebuilt)";
  return "other";
}
