// SPDX-License-Identifier: Apache-2.0
// Replays tombstones on a directory that nobody has open: a restored copy, a replica, a drill's scratch
// place, and every directory right before it is opened. Afterwards neither identity map nor journal has
// anything of whoever was erased.
import { hash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LogDisk } from "../log/disk.ts";
import { withoutActors } from "../log/forget-actors.ts";
import { parseSegmentName } from "../log/paths.ts";
import { removeActors } from "../stores/sqlite/remove-actors.ts";
import { parseTombstones, tombstonesFile } from "./tombstones.ts";

/** Which copy, and whose tombstones. */
export type ReplayedCopy = {
  /** The folder of the site's keys: `KEYS/main`. */
  readonly keys: string;
  /** The folder of the site in the data directory: `DATA/sites/main`. */
  readonly site: string;
  readonly origin: string;
  readonly disk: Pick<LogDisk, "replaceFile">;
};

/**
 * Takes everybody who was erased out of a copy's identity map and journal, durably.
 *
 * @returns how many rows and segments had something of them
 * @throws {DocketError} `directory_damaged` if the file of tombstones is damaged
 */
export function replayTombstones({ keys, site, origin, disk }: ReplayedCopy): {
  rows: number;
  segments: number;
} {
  const path = join(keys, tombstonesFile);
  if (!existsSync(path)) return { rows: 0, segments: 0 };
  const gone = new Set(parseTombstones(readFileSync(path, "utf8")).map(({ pseudonym }) => pseudonym));
  const identity = join(site, "identity.sqlite");
  // The journal first: what it says is put into the identity map by an opening.
  const segments = cleanJournal(join(site, "journal"), origin, gone, disk);
  return { segments, rows: existsSync(identity) ? removeActors(identity, [...gone]) : 0 };
}

function cleanJournal(
  directory: string,
  origin: string,
  gone: ReadonlySet<string>,
  disk: ReplayedCopy["disk"],
): number {
  const originHash = hash("sha256", origin, "buffer");
  let cleaned = 0;
  const names = existsSync(directory) ? readdirSync(directory) : [];
  for (const name of names.filter((each) => parseSegmentName(each) !== undefined)) {
    const path = join(directory, name);
    const without = withoutActors(readFileSync(path), originHash, gone);
    if (without === undefined) continue;
    disk.replaceFile(path, without, true);
    cleaned += 1;
  }
  return cleaned;
}
