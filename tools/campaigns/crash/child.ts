// SPDX-License-Identifier: Apache-2.0
// The program that a crash campaign kills: decides the events of an NDJSON file and prints each answer, one
// JSON object a line: {id, index, receipt}.
//
//   child.ts DATA EVENTS [DISK_MODULE]
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import {
  createInstallation,
  isInstallation,
  readInstallation,
} from "../../../packages/docket/src/installation.ts";
import { openInstallation } from "../../../packages/docket/src/main.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import type { Event } from "@docket/protocol";

/** Decisions that wait at once. */
const windowSize = 48;

const [data = "", events = "", diskModule] = process.argv.slice(2);
const installation = isInstallation(data) ? readInstallation(data) : createInstallation(disk, data);
const open = await openInstallation(installation, { diskModule });
const running = new Set<Promise<unknown>>();
for await (const line of createInterface({ input: createReadStream(events) })) {
  const event = JSON.parse(line) as Event;
  const receivedMs = Date.parse(event.time ?? "");
  const answered = open.site
    .decide({ event, dryRun: false, by: "operator", source: "file", receivedMs })
    .then(({ index, receipt }) =>
      process.stdout.write(`${JSON.stringify({ id: event.id, index, receipt })}\n`),
    );
  const entry = answered.finally(() => running.delete(entry));
  running.add(entry);
  if (running.size >= windowSize) await Promise.race(running);
}
await Promise.all(running);
await open.close();
