// SPDX-License-Identifier: Apache-2.0
// Checkpoints (C2SP tlog-checkpoint): the text of the signed note by which a log commits to all its entries.
//
//     checkpoint = origin "\n" size "\n" base64(root) "\n" *( extension "\n" )
//
// The origin names the log, for ever, and is the name of its key. The size is in ASCII decimal without
// leading zeros. Extension lines are not empty; Docket writes none.
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { TlogError } from "./error.ts";
import { asHash, type Hash } from "./hash.ts";
import {
  openNote,
  signNote,
  type NoteSignature,
  type Signer,
  type VerifiedSignature,
  type Verifier,
} from "./note.ts";

/** What a log commits to: that `root` is the root of its first `size` entries. */
export type Checkpoint = { origin: string; size: number; root: Hash; extensions: string[] };

/** A checkpoint that at least one known key signed. `unverified` are the lines of unknown keys. */
export type OpenedCheckpoint = {
  checkpoint: Checkpoint;
  verified: VerifiedSignature[];
  unverified: NoteSignature[];
};

/**
 * Writes a checkpoint's text.
 *
 * @throws TlogError `checkpoint` for an origin or extension that is empty or holds a newline; `hash` for a
 *   root that is not 32 bytes
 * @throws RangeError for a size that is not a safe non-negative integer
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions } = checkpoint;
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is not the size of a log`);
  for (const line of [origin, ...extensions]) {
    if (line === "" || line.includes("\n")) {
      throw new TlogError("checkpoint", `${JSON.stringify(line)} may not be a line of a checkpoint`);
    }
  }
  return [origin, String(size), encodeBase64(asHash(root)), ...extensions]
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * Reads a checkpoint's text.
 *
 * @throws TlogError `checkpoint` for anything malformed or non-canonical, and for a size over 2^53 - 1
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 3) {
    throw new TlogError("checkpoint", "a checkpoint has at least three lines, each ending in a newline");
  }
  if (lines.includes("")) throw new TlogError("checkpoint", "a checkpoint with an empty line");
  const [origin = "", size = "", root = "", ...extensions] = lines;
  return { origin, size: parseDecimal(size), root: parseRoot(root), extensions };
}

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

function parseDecimal(text: string): number {
  const size = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) {
    throw new TlogError("checkpoint", `${JSON.stringify(text.slice(0, 40))} is not the size of a log`);
  }
  return size;
}

function parseRoot(text: string): Hash {
  try {
    return asHash(decodeBase64(text));
  } catch (cause) {
    throw new TlogError("checkpoint", "a root that is not 32 bytes in canonical base64", { cause });
  }
}
