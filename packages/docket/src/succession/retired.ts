// SPDX-License-Identifier: Apache-2.0
// A log that was closed for good. The marker lies in both directories, so that neither an older copy of the
// data nor one of the keys can be written again by mistake.
//
//   DIR/sites/main/retired.json, KEYS/main/retired.json
//     {"v":1,"origin":"…","size":1832,"successor":"…","time":"…"}
import { join } from "node:path";
import { DocketError } from "../error.ts";
import type { MaintainedLog } from "./maintenance.ts";

/** Why and until where a log was closed: `size` is that of its last known checkpoint. */
export type Retirement = { origin: string; size: number; successor: string; time: string };

/** Reads the marker; `undefined` for a log that is not closed. */
export function readRetirement(log: Pick<MaintainedLog, "disk" | "paths" | "keys">): Retirement | undefined {
  for (const path of markers(log)) {
    const bytes = log.disk.readFile(path);
    if (bytes === undefined) continue;
    try {
      return JSON.parse(bytes.toString("utf8")) as Retirement;
    } catch (error) {
      throw new DocketError("directory_damaged", `${path} is not a marker of a closed log`, { cause: error });
    }
  }
  return undefined;
}

/** Closes a log for good, durably. */
export function retire(log: MaintainedLog, retirement: Retirement): void {
  const { origin, size, successor, time } = retirement;
  const content = Buffer.from(`${JSON.stringify({ v: 1, origin, size, successor, time })}\n`);
  for (const path of markers(log)) log.disk.replaceFile(path, content, true);
}

/** @throws {DocketError} `log_retired` if the log was closed for good */
export function refuseIfRetired(log: Pick<MaintainedLog, "disk" | "paths" | "keys" | "origin">): void {
  const retirement = readRetirement(log);
  if (retirement === undefined) return;
  throw new DocketError(
    "log_retired",
    `the log ${log.origin} was closed for good at ${retirement.time}; ${retirement.successor} succeeds it`,
  );
}

// The keys' one first: whoever restores the data from a backup still meets it.
function markers(log: Pick<MaintainedLog, "paths" | "keys">): string[] {
  return [join(log.keys, "retired.json"), join(log.paths.site, "retired.json")];
}
