// SPDX-License-Identifier: Apache-2.0
// What the reader knows from elsewhere: the log's keys, the witnesses that count, and checkpoints kept by
// others. Everything is judged under it, and nothing that the log says of itself is added to it.
import type { Verifier } from "@docket/tlog";
import type { SeenNote } from "./seen.ts";

/** What is trusted. */
export type Trust = {
  /**
   * Verifier keys of the log, of types 0x01 and 0x06; their name is the log's origin. Keys of other origins
   * say nothing of this log. Without any the verdict is at best `unproven`.
   */
  readonly keys: readonly Verifier[];
  /** Checkpoints of the log that were kept elsewhere: each must be of the same tree. */
  readonly seen?: readonly SeenNote[] | undefined;
};

/** A lone key stands for the trust in it. */
export type TrustGiven = Trust | Verifier | undefined;

/** The trust that was given, in its whole form. */
export function asTrust(given: TrustGiven): Trust {
  if (given === undefined) return { keys: [] };
  return "keys" in given ? given : { keys: [given] };
}
