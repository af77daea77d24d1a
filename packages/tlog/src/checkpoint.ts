// SPDX-License-Identifier: Apache-2.0
// Checkpoints (C2SP tlog-checkpoint): the signed note by which a log commits to all its entries. Its text is
// in checkpoint-text.ts.
import { formatCheckpoint, parseCheckpoint, type Checkpoint } from "./checkpoint-text.ts";
import { TlogError } from "./error.ts";
import {
  openNote,
  signNote,
  type NoteSignature,
  type Signer,
  type VerifiedSignature,
  type Verifier,
} from "./note.ts";

export { formatCheckpoint, parseCheckpoint, type Checkpoint } from "./checkpoint-text.ts";

/** A checkpoint that at least one known key signed. `unverified` are the lines of unknown keys. */
export type OpenedCheckpoint = {
  checkpoint: Checkpoint;
  verified: VerifiedSignature[];
  unverified: NoteSignature[];
};

/**
 * Signs a checkpoint.
 *
 * @returns the signed note
 * @throws TlogError `checkpoint`, `hash`, `note`, and RangeError, as {@link formatCheckpoint} and `signNote`
 *   do
 */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly Signer[]): Uint8Array {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/**
 * Opens a signed checkpoint: verifies its signatures, then reads it.
 *
 * @param origin the log that it must be of; without it the caller looks at `checkpoint.origin`
 * @throws TlogError as `openNote` does; `checkpoint` for a malformed text; `origin` for another log's
 */
export function openCheckpoint(
  bytes: Uint8Array,
  verifiers: readonly Verifier[],
  origin?: string,
): OpenedCheckpoint {
  const { text, verified, unverified } = openNote(bytes, verifiers);
  const checkpoint = parseCheckpoint(text);
  if (origin !== undefined && checkpoint.origin !== origin) {
    const [found, expected] = [JSON.stringify(checkpoint.origin), JSON.stringify(origin)];
    throw new TlogError("origin", `a checkpoint of the log ${found}, not of ${expected}`);
  }
  return { checkpoint, verified, unverified };
}
