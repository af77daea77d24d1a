// SPDX-License-Identifier: Apache-2.0
// The program that a crash campaign kills: decides the events of an NDJSON file, restricts some of their
// actors and overturns some decisions, and prints each answer, one JSON object a line: {id, index, receipt},
// or {act, leaf}.
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

/** After so many decisions one leads to a measure, and one is overturned. */
const measureEvery = 25;
const verdictEvery = 40;

const [data = "", events = "", diskModule] = process.argv.slice(2);
const installation = isInstallation(data) ? readInstallation(data) : createInstallation(disk, data);
const open = await openInstallation(installation, { diskModule });
const running = new Set<Promise<unknown>>();
for await (const line of createInterface({ input: createReadStream(events) })) {
  const event = JSON.parse(line) as Event;
  const receivedMs = Date.parse(event.time ?? "");
  const answered = open.site
    .decide({ event, dryRun: false, by: "operator", source: "file", receivedMs })
    .then(({ index = 0, receipt, repeat }) => {
      process.stdout.write(`${JSON.stringify({ id: event.id, index, receipt })}\n`);
      return repeat ? undefined : act(event, index);
    });
  const entry = answered.finally(() => running.delete(entry));
  running.add(entry);
  if (running.size >= windowSize) await Promise.race(running);
}
await Promise.all(running);
await open.close();

async function act(event: Event, of: number): Promise<void> {
  const { enforcement } = open;
  const author = { by: "operator", role: "operator" };
  const print = ({ index, leaf }: { index: number; leaf: string }): boolean =>
    process.stdout.write(`${JSON.stringify({ act: index, leaf })}\n`);
  if (of % measureEvery === 0) {
    const throttle = { kind: "throttle", rate: "9/s", burst: 20, forMs: 60_000 } as const;
    const subject = { kind: "actor", id: event.actor.id } as const;
    print(
      await enforcement.measure(author, { subject, restrictions: [throttle], of: [of], reason: "flood" }),
    );
  } else if (of % verdictEvery === 0) {
    const wish = { of, verdict: "keep", cause: "manual", reason: "mistaken", compensate: true } as const;
    print(await enforcement.verdict(author, wish));
  }
}
