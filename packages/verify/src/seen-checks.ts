// SPDX-License-Identifier: Apache-2.0
// Checkpoints from elsewhere against the log: one over more records than it has shows a rollback, one with
// another root a fork. Both are said only of checkpoints that the log's own key signed.
import { encodeBase64, fromUtf8, hashesEqual, TlogError } from "@docket/tlog";
import type { Checkpoint, Hash } from "@docket/tlog";
import { addFault, faultAt } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { openAt } from "./head.ts";
import { faultsKeptMax } from "./report.ts";
import type { Check, Conflict } from "./report.ts";
import type { SeenNote } from "./seen.ts";
import { readOwnCheckpoint } from "./signer.ts";
import type { Walk } from "./walk.ts";

/** The seen checkpoints, and how they compare so far. */
export type SeenChecks = {
  given: number;
  bySize: Map<number, { note: SeenNote; checkpoint: Checkpoint }[]>;
  /** Of the same tree, and the largest of them. */
  consistent: number;
  largest: number;
  /** Signed by the log's key, at a size that the log has, with another root than the log's records. */
  other: { note: SeenNote; size: number; root: Hash }[];
  conflicts: Conflict[];
  /** Of more records than the log had when it was read; it has grown meanwhile. */
  later: number;
};

/** Reads the seen checkpoints; those that are none are faults. */
export function groupSeen(notes: readonly SeenNote[], findings: Findings): SeenChecks {
  const seen: SeenChecks = {
    given: notes.length,
    bySize: new Map(),
    consistent: 0,
    largest: 0,
    other: [],
    conflicts: [],
    later: 0,
  };
  for (const note of notes) {
    try {
      const checkpoint = readOwnCheckpoint(note.note);
      const others = seen.bySize.get(checkpoint.size);
      if (others === undefined) seen.bySize.set(checkpoint.size, [{ note, checkpoint }]);
      else others.push({ note, checkpoint });
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      addFault(findings, faultAt("seen", note.place, `it cannot be compared: ${error.message}`));
    }
  }
  return seen;
}

/** Compares the seen checkpoints of a size with the root that the records give there. */
export function checkSeenAt(walk: Walk, size: number, root: Hash): void {
  const { seen } = walk;
  for (const { note, checkpoint } of seen.bySize.get(size) ?? []) {
    if (!isOwn(walk, note)) continue;
    if (hashesEqual(checkpoint.root, root)) {
      seen.consistent += 1;
      seen.largest = Math.max(seen.largest, size);
    } else seen.other.push({ note, size, root });
  }
  seen.bySize.delete(size);
}

/**
 * At the end, when it is known whether the records are those that the log signed: names forks and rollbacks.
 *
 * @param grownTo size of the log now, if it grew while it was checked
 */
export function settleSeen(walk: Walk, grownTo: number | undefined): void {
  const { seen, findings, head, frontier } = walk;
  const isSigned = head.checkpoint !== undefined && !findings.failed.has("root");
  for (const { note, size, root } of seen.other) {
    const here = `than that of the records here, ${encodeBase64(root)}`;
    const reason = isSigned
      ? `fork: the log signed another root at size ${size} ${here}`
      : `it has another root at size ${size} ${here}`;
    addFault(findings, faultAt("seen", note.place, reason));
    if (isSigned) addConflict(walk, "fork", note);
  }
  for (const [size, notes] of [...seen.bySize].sort(([a], [b]) => a - b)) {
    for (const { note } of notes) {
      if (!isOwn(walk, note)) continue;
      if (grownTo !== undefined && size <= grownTo) {
        seen.later += 1;
        continue;
      }
      const reason = `rollback: the log signed ${size} records, but there are only ${frontier.size} here`;
      addFault(findings, faultAt("seen", note.place, reason));
      addConflict(walk, "rollback", note);
    }
  }
}

/** What was found of the seen checkpoints. */
export function seenCheck({ given, consistent, largest, later }: SeenChecks): Check {
  const name = "seen";
  if (given === 0) {
    const detail = "no checkpoint from elsewhere was given, so a rollback or fork would not show";
    return { name, ok: null, detail };
  }
  const rest =
    later === 0 ? "" : `; ${later} of more records were not compared, since the log grew meanwhile`;
  const detail = `${consistent} from elsewhere of the same tree, the largest over ${largest} records${rest}`;
  return { name, ok: later === 0 ? true : null, detail };
}

function isOwn(walk: Walk, { note, place }: SeenNote): boolean {
  try {
    openAt(walk, note);
    return true;
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    const reason = `it cannot be compared, since it is not the log's: ${error.message}`;
    addFault(walk.findings, faultAt("seen", place, reason));
    return false;
  }
}

function addConflict({ seen, head }: Walk, kind: Conflict["kind"], { place, note }: SeenNote): void {
  if (seen.conflicts.length >= faultsKeptMax) return;
  const own = head.note === undefined ? null : fromUtf8(head.note);
  seen.conflicts.push({ kind, place, seen: fromUtf8(note), own });
}
