// SPDX-License-Identifier: Apache-2.0
// What the commands of this folder work on, and how they seal a record of their own: on a log that nothing
// else has open, without policy, index or counters. The next opening of the site takes such records in.
import { encodeBody } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import type { KeyFolder } from "../evidence/key-folder.ts";
import type { KeyRing } from "../evidence/key-ring.ts";
import type { LogDisk } from "../log/disk.ts";
import { Log } from "../log/log.ts";
import type { PrimacyStart } from "../log/newest-state.ts";
import type { LogPaths } from "../log/paths.ts";
import type { SignerKeys } from "../log/signing-keys.ts";
import type { EpochPlaces } from "./epoch.ts";

/** A log that is to be maintained. The caller holds its directory's lock. */
export type MaintainedLog = {
  origin: string;
  paths: LogPaths;
  /** The directory of its keys. */
  keys: string;
  /** Opens those of its keys that are protected (key-providers/). */
  guard: KeyRing | undefined;
  opaque: boolean;
  disk: LogDisk;
  /** The URL of a module that exports the same disk, for the log's threads. */
  diskModule: string;
};

/** Where its epoch is written down. */
export function epochPlaces(log: MaintainedLog): EpochPlaces {
  return { origin: log.origin, site: log.paths.site, keys: log.keys };
}

/** The folder of its secret keys. */
export function keyFolder(log: Pick<MaintainedLog, "keys" | "guard">): KeyFolder {
  return { path: log.keys, guard: log.guard };
}

/** Who may sign, and under which keys. */
export type Signing = {
  signerKeys: SignerKeys;
  /** Verifier keys that signed this log before. */
  formerKeys: readonly string[];
  primacy: PrimacyStart;
};

/**
 * Opens a log of records, publishes and syncs what it holds, seals a record if one is given, publishes and
 * syncs that, and closes it. Journal segments stay: only the site knows when they may go.
 *
 * @returns the size of the log then
 */
export async function sealAlone(
  { paths, origin, diskModule }: MaintainedLog,
  signing: Signing,
  body?: BodyWithoutParts,
): Promise<number> {
  const log = await Log.open({ paths, origin, diskModule, ...signing });
  try {
    await log.published(log.opening.size, true);
    if (body !== undefined) await log.append({ body: encodeBody(body), parts: [] });
    await log.sync();
    return log.status.size;
  } finally {
    await log.close();
  }
}
