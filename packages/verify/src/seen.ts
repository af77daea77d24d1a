// SPDX-License-Identifier: Apache-2.0
// Checkpoints that somebody kept: a file of one or more checkpoints, a receipt, or a proof. Reading them
// verifies nothing.
import { parseReceipt, ProtocolError } from "@docket/protocol";
import { fromUtf8, parseNote, parseProof, TlogError, utf8 } from "@docket/tlog";

/** A signed checkpoint from elsewhere: where it was found, and the note's bytes. */
export type SeenNote = { readonly place: string; readonly note: Uint8Array };

/** The most checkpoints that one file may hold. */
export const seenNotesMax = 10_000;

/** Longest file with kept checkpoints, in bytes. */
export const seenFileBytesMax = 67_108_864;

/**
 * The checkpoints in a file: one or more signed notes after one another, with empty lines between them or
 * none, a receipt (JSON), or a transparency-log proof.
 *
 * @param place what to call the file
 * @throws TlogError `note`, `proof`, `encoding` where it is none of these; `note` for over
 *   {@link seenNotesMax} notes
 */
export function readSeenFile(place: string, bytes: Uint8Array): SeenNote[] {
  const text = fromUtf8(bytes);
  if (text.startsWith("{")) return [{ place, note: checkpointOfReceipt(text) }];
  if (text.startsWith("c2sp.org/tlog-proof@")) return [{ place, note: parseProof(text).checkpoint }];
  const notes = splitNotes(text);
  if (notes.length === 0) throw new TlogError("note", "it holds no checkpoint");
  return notes.map((note, i) => ({ place: notes.length === 1 ? place : `${place}#${i + 1}`, note }));
}

function checkpointOfReceipt(text: string): Uint8Array {
  try {
    return parseProof(parseReceipt(text).proof).checkpoint;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new TlogError("note", `it is neither a checkpoint nor a receipt: ${error.message}`, {
      cause: error,
    });
  }
}

const signaturePrefix = "\u{2014} ";

// A note ends with its last signature line: the next line is none.
function splitNotes(text: string): Uint8Array[] {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new TlogError("note", "it does not end in a newline");
  const notes: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (at === start && line === "") {
      start += 1;
      continue;
    }
    const isLast = lines[at + 1]?.startsWith(signaturePrefix) !== true;
    if (!line.startsWith(signaturePrefix) || !isLast) continue;
    if (notes.length === seenNotesMax)
      throw new TlogError("note", `it holds over ${seenNotesMax} checkpoints`);
    const note = utf8(`${lines.slice(start, at + 1).join("\n")}\n`);
    parseNote(note);
    notes.push(note);
    start = at + 1;
  }
  if (start < lines.length) throw new TlogError("note", "it ends within a checkpoint");
  return notes;
}
