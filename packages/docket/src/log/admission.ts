// SPDX-License-Identifier: Apache-2.0
// Who is let in when much waits: the queue is bounded, and a full one refuses at once instead of letting
// answers grow old. What can be sent again later is refused first, what the log needs about itself last.
import { DocketError } from "../error.ts";

/**
 * How much it matters that something is let in now: `bulk` can wait (a file, a batch), `normal` has somebody
 * waiting for it, `system` is what the log says about itself (its start, an access, a change of keys).
 */
export type Priority = "bulk" | "normal" | "system";

/** The part of the queue that each priority may fill. */
const shareOf: Readonly<Record<Priority, number>> = { bulk: 0.5, normal: 0.9, system: 1 };

/** The most of each. */
export type AdmissionLimits = Load;

/** What waits to be sealed, and what is sealed and not done with: numbers of entries, and bytes. */
export type Load = {
  waiting: number;
  waitingBytes: number;
  unpublished: number;
  unpublishedBytes: number;
  /** Entries whose files are not synced: what a start would have to read from the journal. */
  unsynced: number;
};

const loadNames = ["waiting", "waitingBytes", "unpublished", "unpublishedBytes", "unsynced"] as const;

/**
 * Why something would be refused now.
 *
 * @returns `overloaded`, with the time after which to ask again; `undefined` if it is let in
 */
export function overload(limits: AdmissionLimits, load: Load, priority: Priority): DocketError | undefined {
  const share = shareOf[priority];
  const { waiting, unpublished, unsynced } = load;
  if (loadNames.every((what) => load[what] < limits[what] * share)) return undefined;
  return new DocketError(
    "overloaded",
    `${waiting} records wait to be sealed, ${unpublished} to be published, ${unsynced} to be synced; ` +
      "ask again soon",
    { retryAfterSeconds: 1 },
  );
}
