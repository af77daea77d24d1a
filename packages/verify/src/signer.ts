// SPDX-License-Identifier: Apache-2.0
// Checkpoints of Docket's own logs are read more strictly than others': each signature line must be one that
// was checked, so that no byte of them can be changed unnoticed.
import { openCheckpoint, parseCheckpoint, parseNote, sha256, TlogError, utf8 } from "@docket/tlog";
import type { Checkpoint, Hash, Verifier } from "@docket/tlog";

/**
 * Opens a checkpoint of the log whose key is `key`.
 *
 * @throws TlogError for a checkpoint of another log, one that the key did not sign, or one with anything in
 *   it that was not checked
 */
export function openOwnCheckpoint(bytes: Uint8Array, key: Verifier): Checkpoint {
  const { checkpoint, unverified } = openCheckpoint(bytes, [key], key.name);
  if (unverified.length > 0) {
    throw new TlogError(
      "note",
      `it bears a signature line of ${unverified[0]?.name}, a key that is not known here`,
    );
  }
  return withoutExtensions(checkpoint);
}

/**
 * Reads a checkpoint without knowing a key: its signatures prove nothing.
 *
 * @throws TlogError for a malformed one
 */
export function readOwnCheckpoint(bytes: Uint8Array): Checkpoint {
  return withoutExtensions(parseCheckpoint(parseNote(bytes).text));
}

/** The hash that record 0 names as the one before it: SHA-256 of `docket/v1`, a line feed and the origin. */
export function chainStart(origin: string): Hash {
  return sha256(utf8(`docket/v1\n${origin}`)) as Hash;
}

function withoutExtensions(checkpoint: Checkpoint): Checkpoint {
  if (checkpoint.extensions.length > 0)
    throw new TlogError("checkpoint", "it has extension lines; Docket writes none");
  return checkpoint;
}
