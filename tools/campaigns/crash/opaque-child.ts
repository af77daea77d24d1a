// SPDX-License-Identifier: Apache-2.0
// The program that a crash campaign kills, for an opaque log: appends entries and prints each answer, one
// JSON object a line: {id, index}.
//
//   opaque-child.ts DATA FIRST COUNT
import {
  createInstallation,
  isInstallation,
  readInstallation,
} from "../../../packages/docket/src/installation.ts";
import { openOpaqueInstallation } from "../../../packages/docket/src/main.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { entryOf } from "./events.ts";

/** Entries that wait at once. */
const windowSize = 48;

const [data = "", first = "0", count = "0"] = process.argv.slice(2);
const installation = isInstallation(data)
  ? readInstallation(data)
  : createInstallation(disk, data, undefined, { opaque: true });
const opened = await openOpaqueInstallation(installation);
const running = new Set<Promise<unknown>>();
for (let place = Number(first); place < Number(first) + Number(count); place++) {
  const answered = opened.log
    .append(Buffer.from(entryOf(place)))
    .then((index) => process.stdout.write(`${JSON.stringify({ id: `e${place}`, index })}\n`));
  const entry = answered.finally(() => running.delete(entry));
  running.add(entry);
  if (running.size >= windowSize) await Promise.race(running);
}
await Promise.all(running);
await opened.close();
