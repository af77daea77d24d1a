// SPDX-License-Identifier: Apache-2.0
// What a witness knows of each log: the latest checkpoint that it cosigned. It is the signed note itself, the
// log's verified lines and the witness's own, which is also what monitors are served.
import { cosignatureTime, openCheckpoint } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { nameOfOrigin } from "./directory.ts";
import type { TreeHead } from "./transition.ts";

/** The latest cosigned checkpoint of a log. `seconds` is when, since 1970. */
export type LogState = TreeHead & { seconds: number };

/**
 * Reads a kept note.
 *
 * @param own the witness's verifiers. The log's lines are not checked: its keys may have changed since
 * @throws {Error} for a note that this witness did not write for this log
 */
export function readState(name: string, note: Uint8Array, own: readonly Verifier[]): LogState {
  const { checkpoint, verified } = openCheckpoint(note, own);
  if (nameOfOrigin(checkpoint.origin) !== name) throw new Error("it is the state of another log");
  const times = verified.map(({ signature }) => cosignatureTime(signature));
  return { size: checkpoint.size, root: checkpoint.root, seconds: Math.max(...times) };
}
