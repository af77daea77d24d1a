// SPDX-License-Identifier: Apache-2.0
import { emptyRoot, parseNote } from "@docket/tlog";
import type { NoteSignature } from "@docket/tlog";
import type { SignedRoot } from "./frame.ts";

/** What a batch names while nothing is signed yet. */
export const nothingSigned: SignedRoot = { size: 0, root: emptyRoot, signature: new Uint8Array(64) };

/** Takes the bare signature out of a checkpoint whose first line is that of the log's Ed25519 key. */
export function signedRoot(size: number, root: Uint8Array, checkpoint: Uint8Array): SignedRoot {
  const [line] = parseNote(checkpoint).signatures;
  return { size, root, signature: (line as NoteSignature).signature };
}
