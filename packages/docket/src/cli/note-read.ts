// SPDX-License-Identifier: Apache-2.0
// Commands that read a data directory beside the server that holds its lock leave word of it: whoever has the
// log open seals it, or will at the next opening.
import { DocketError } from "../error.ts";
import type { Installation } from "../installation.ts";
import type { Reading } from "../readings/contract.ts";
import { keepPendingRead } from "../stores/files/pending-reads.ts";

/**
 * Keeps word of a reading. Call before anything is shown.
 *
 * @throws {DocketError} `usage` where the directory cannot be written: nothing is shown then
 */
export function noteRead({ paths, data }: Installation, reading: Reading, nowMs: number): void {
  try {
    keepPendingRead(paths.site, reading, nowMs);
  } catch (error) {
    const message = `what is read leaves a record, and ${data} cannot be written`;
    throw new DocketError("usage", `${message}: ${(error as Error).message}`, { cause: error });
  }
}
