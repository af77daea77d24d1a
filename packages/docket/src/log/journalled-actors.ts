// SPDX-License-Identifier: Apache-2.0
// Actors whose records are answered and whose entries the identity map may not have yet: until it has them,
// the journal keeps them.
import { hash } from "node:crypto";
import { DocketError } from "../error.ts";
import type { LogDisk } from "./disk.ts";
import { readJournal } from "./journal-reader.ts";
import type { LogPaths } from "./paths.ts";

/** A pseudonym and its wrapped key. */
export type JournalledActor = readonly [pseudonym: string, wrapped: Uint8Array];

/** The actors in the journal, without a lock. Where a segment goes meanwhile, all it held is elsewhere. */
export function journalledActors(
  disk: LogDisk,
  paths: Pick<LogPaths, "journal">,
  origin: string,
): readonly JournalledActor[] {
  try {
    const originHash = hash("sha256", origin, "buffer");
    const { batches } = readJournal(disk, paths.journal, originHash, 0);
    return batches
      .flatMap(({ records }) => records)
      .flatMap(({ actors }) => actors)
      .map(({ pseudonym, wrappedKey }) => [pseudonym, wrappedKey] as const);
  } catch (error) {
    // Damage is for `docket verify`.
    if (error instanceof DocketError || (error as NodeJS.ErrnoException).code !== undefined) return [];
    throw error;
  }
}
