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

/** Most that waits to be sealed, and most that is sealed and not published: numbers of entries, and bytes. */
export type AdmissionLimits = Load;

/** What waits to be sealed, and what is sealed and not published: numbers of entries, and bytes. */
export type Load = { waiting: number; waitingBytes: number; unpublished: number; unpublishedBytes: number };

/**
 * Why something would be refused now.
 *
 * @returns `overloaded`, with the time after which to ask again; `undefined` if it is let in
 */
export function overload(limits: AdmissionLimits, load: Load, priority: Priority): DocketError | undefined {
  const share = shareOf[priority];
  const fits = (what: keyof Load): boolean => load[what] < limits[what] * share;
  if (fits("waiting") && fits("waitingBytes") && fits("unpublished") && fits("unpublishedBytes")) {
    return undefined;
  }
  return new DocketError(
    "overloaded",
    `${load.waiting} records wait to be sealed, ${load.unpublished} to be published; ask again soon`,
    { retryAfterSeconds: 1 },
  );
}
