// SPDX-License-Identifier: Apache-2.0
// A clock that somebody else runs, and that stamps checkpoints of this log.
import type { AnchorBody, AnchorSource } from "@docket/protocol";
import type { Hash } from "@docket/tlog";

/** The checkpoint that is to be stamped. */
export type StampedCheckpoint = { readonly origin: string; readonly size: number; readonly root: Hash };

/** A stamp that was checked, as it is sealed, and between what it was made by the clock's own account. */
export type CheckedStamp = Pick<AnchorBody, "stampedAt" | "accuracyMs" | "stamp" | "request"> & {
  readonly earliestMs: number;
  readonly latestMs: number;
};

/** Longest stamp that is taken, in bytes: what fits a record (stampLengthMax) as base64. */
export const stampBytesMax = 30_000;

/** One outside clock. */
export type OutsideClock = {
  /** Of the operator's choice; records say it. */
  readonly name: string;
  readonly source: AnchorSource;
  /**
   * Asks for a stamp of a checkpoint, and checks it strictly.
   *
   * @param signal ends the asking
   * @throws {StampFault} if there is no answer, or it is no stamp of that checkpoint
   */
  ask(checkpoint: StampedCheckpoint, signal: AbortSignal): Promise<CheckedStamp>;
};

/** An outside clock gave no stamp: why, for people. */
export class StampFault extends Error {
  override readonly name = "StampFault";
}

/** Why a request came to nothing, without what the other side may have put there. */
export function whyOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError" || name === "AbortError") return "it did not answer in time";
  const inner = cause as NodeJS.ErrnoException | undefined;
  return inner?.code ?? inner?.message ?? message;
}
