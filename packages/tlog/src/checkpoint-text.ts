// SPDX-License-Identifier: Apache-2.0
// A checkpoint's text (C2SP tlog-checkpoint): what a log commits to all its entries by. checkpoint.ts has it
// signed.
//
//     checkpoint = origin "\n" size "\n" base64(root) "\n" *( extension "\n" )
//
// The origin names the log, for ever, and is the name of its key. The size is in ASCII decimal without
// leading zeros. Extension lines are not empty; Docket writes none.
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { TlogError } from "./error.ts";
import { asHash, type Hash } from "./hash.ts";
import { hasControl } from "./key.ts";

/** What a log commits to: that `root` is the root of its first `size` entries. */
export type Checkpoint = { origin: string; size: number; root: Hash; extensions: string[] };

/**
 * Writes a checkpoint's text.
 *
 * @throws TlogError `checkpoint` for an origin or extension that is empty, holds a control character, or that
 *   UTF-8 cannot carry; `hash` for a root that is not 32 bytes
 * @throws RangeError for a size that is not a safe non-negative integer
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions } = checkpoint;
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is not the size of a log`);
  for (const line of [origin, ...extensions]) checkLine(line);
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
  for (const line of lines) checkLine(line);
  const [origin = "", size = "", root = "", ...extensions] = lines;
  return { origin, size: parseDecimal(size), root: parseRoot(root), extensions };
}

/** A line that could not stand in a note is none of a checkpoint's either, wherever its text came from. */
function checkLine(line: string): void {
  if (line === "" || hasControl(line) || !line.isWellFormed()) {
    throw new TlogError("checkpoint", `${JSON.stringify(line.slice(0, 80))} may not be a checkpoint's line`);
  }
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
