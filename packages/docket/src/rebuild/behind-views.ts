// SPDX-License-Identifier: Apache-2.0
// Views that are far behind the log, after an upgrade or a restore, are made anew by all cores before a
// start: the start itself takes in record after record, into tables with indexes, at a tenth of the rate.
import { parseCheckpoint, parseNote } from "@docket/tlog";
import type { LogDisk } from "../log/disk.ts";
import { viewsSize } from "../stores/sqlite/views-digest.ts";
import { rebuildViews } from "./rebuild-views.ts";
import type { RebuildWish } from "./rebuild-views.ts";

/** Fewer records are taken in by the start itself. */
const recordsForRebuild = 20_000;

/** What it works on. `onNotice` is told, in a sentence, if the views were not what the log says. */
export type BehindViews = Omit<RebuildWish, "size"> & {
  readonly disk: Pick<LogDisk, "readFile">;
  /** Where the log's checkpoint lies. */
  readonly checkpoint: string;
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Fewer records are left to the start (default: 20,000). */
  readonly least?: number | undefined;
};

/**
 * Makes views anew that lack most records of the log; leaves others to the start. So it does where that
 * fails: the start mends what a crash left, and says better what is damaged.
 */
export async function rebuildBehindViews(work: BehindViews): Promise<void> {
  try {
    await rebuildIfBehind(work);
  } catch (error) {
    work.onNotice?.(`the views are made by the start itself: ${(error as Error).message}`);
  }
}

async function rebuildIfBehind({
  disk,
  checkpoint,
  onNotice,
  least = recordsForRebuild,
  ...wish
}: BehindViews): Promise<void> {
  const note = disk.readFile(checkpoint);
  const size = note === undefined ? 0 : parseCheckpoint(parseNote(note).text).size;
  if (size < least) return;
  const behind = size - viewsSize(wish.viewsPath);
  // To make them anew takes all records; what is there already is dear to lose only where it is much.
  if (behind < least || behind < size / 2) return;
  const { kept } = await rebuildViews({ ...wish, size });
  if (kept !== null) onNotice?.(`the views were not what the log says: the old ones lie in ${kept}`);
}
