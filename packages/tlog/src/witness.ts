// SPDX-License-Identifier: Apache-2.0
// What a log and a witness say to each other (C2SP tlog-witness), as bytes. HTTP is elsewhere.
//
//     add-checkpoint = "old " size "\n" *63( base64(hash) "\n" ) "\n" signed checkpoint
//     sign-subtree   = "subtree " start " " end "\n" base64(hash) "\n" *8( signature line )
//                      *63( base64(hash) "\n" ) "\n" ( checkpoint's text / signed checkpoint )
//     cosignatures   = 1*( signature line )                  the answer 200 to both
//     tree size      = size "\n"                             the answer 409 to add-checkpoint
//
// Reading a request verifies nothing in it: not a signature, not a proof, not that a size fits another.
import { decodeBase64, encodeBase64, fromUtf8, utf8 } from "./base64.ts";
import { parseCheckpoint } from "./checkpoint-text.ts";
import { TlogError } from "./error.ts";
import { asHash, type Hash } from "./hash.ts";
import {
  formatSignature,
  noteSignaturesMax,
  openNote,
  parseNote,
  parseSignatureLine,
  type NoteSignature,
  type VerifiedSignature,
  type Verifier,
} from "./note.ts";
import { isSubtree } from "./tree.ts";

/** The longest request or answer that is read, in bytes: 63 hashes and 75 post-quantum lines. */
export const witnessBodyBytesMax: number = 256 * 1024;

/** The most hashes of a proof in a request. */
export const witnessProofHashesMax = 63;

/** The most cosignatures of the subtree, and the most signatures of the checkpoint, in sign-subtree. */
export const signSubtreeSignaturesMax = 8;

/** The media type of an answer 409 that holds a tree size. */
export const treeSizeMediaType = "text/x.tlog.size";

/** A request add-checkpoint: the log grew from `oldSize` to the signed `checkpoint`, as `proof` shows. */
export type AddCheckpoint = { oldSize: number; proof: Hash[]; checkpoint: Uint8Array };

/**
 * A request sign-subtree: the entries from `start` up to `end` have that root, as `proof` shows from it to a
 * checkpoint. `text` is the checkpoint's; `signatures` are on it, none where the witness is to know it.
 * `cosignatures` are others' of the subtree.
 */
export type SignSubtree = {
  start: number;
  end: number;
  root: Hash;
  cosignatures: NoteSignature[];
  proof: Hash[];
  text: string;
  signatures: NoteSignature[];
};

/**
 * Writes a request add-checkpoint.
 *
 * @throws TlogError `note`, `checkpoint` for a checkpoint that is no signed one; `hash` for a hash that is
 *   not 32 bytes; `witness` for a request over 256 KiB
 * @throws RangeError for a size that is not a safe non-negative integer, or over 63 hashes
 */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array {
  checkSize(oldSize);
  const lines = [`old ${oldSize}\n`, ...formatHashes(proof), "\n"];
  parseCheckpoint(parseNote(checkpoint).text);
  return checkedBody(utf8(lines.join("") + fromUtf8(checkpoint)));
}

/**
 * Reads a request add-checkpoint.
 *
 * @returns `checkpoint` is a well-formed signed checkpoint, byte for byte; whether the old size is not above
 *   its size is not checked, nor anything else that the two say of each other
 * @throws TlogError `witness` for a malformed request; `note`, `checkpoint` where the checkpoint in it is
 */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  const { head, rest } = splitRequest(bytes);
  const [first = "", ...lines] = head;
  const match = /^old (\d+)$/.exec(first);
  if (match === null) throw refused("the first line says `old` and a size");
  const oldSize = parseSize(match[1] ?? "");
  const proof = parseHashes(lines);
  const checkpoint = utf8(rest);
  parseCheckpoint(parseNote(checkpoint).text);
  return { oldSize, proof, checkpoint };
}

/**
 * Writes a request sign-subtree.
 *
 * @throws TlogError `checkpoint` for a text that is no checkpoint; `hash` for a hash that is not 32 bytes;
 *   `witness` for a request over 256 KiB; `note` for what is no signature line
 * @throws RangeError for what is no subtree, over 63 hashes, or over 8 signatures of either kind
 */
export function formatSignSubtree(request: SignSubtree): Uint8Array {
  const { start, end, root, cosignatures, proof, text, signatures } = request;
  if (!isSubtree(start, end) || start === end) {
    throw new RangeError(`the entries from ${start} to ${end} are no subtree`);
  }
  if (Math.max(cosignatures.length, signatures.length) > signSubtreeSignaturesMax) {
    throw new RangeError(`over ${signSubtreeSignaturesMax} signatures`);
  }
  parseCheckpoint(text);
  const body = [
    `subtree ${start} ${end}\n`,
    ...formatHashes([root]),
    ...formatLines(cosignatures),
    ...formatHashes(proof),
    `\n${text}`,
    ...(signatures.length > 0 ? ["\n", ...formatLines(signatures)] : []),
  ];
  return checkedBody(utf8(body.join("")));
}

/**
 * Reads a request sign-subtree.
 *
 * @returns a range that is a subtree and a well-formed checkpoint, but nothing verified, nor whether the
 *   subtree is within the checkpoint's tree
 * @throws TlogError `witness` for a malformed request; `note`, `checkpoint` where the checkpoint or a
 *   signature line in it is
 */
export function parseSignSubtree(bytes: Uint8Array): SignSubtree {
  const { head, rest } = splitRequest(bytes);
  const [first = "", rootLine = "", ...lines] = head;
  const match = /^subtree (\d+) (\d+)$/.exec(first);
  if (match === null) throw refused("the first line says `subtree`, a start and an end");
  const [start, end] = [parseSize(match[1] ?? ""), parseSize(match[2] ?? "")];
  if (!isSubtree(start, end) || start === end) {
    throw refused(`the entries from ${start} to ${end} are no subtree`);
  }
  const root = parseHash(rootLine);
  const count = lines.findIndex((line) => !line.startsWith("\u{2014}"));
  const cosignatureLines = count < 0 ? lines : lines.slice(0, count);
  const cosignatures = parseLines(cosignatureLines, signSubtreeSignaturesMax);
  const proof = parseHashes(lines.slice(cosignatureLines.length));
  return { start, end, root, cosignatures, proof, ...parseReference(rest) };
}

/**
 * Writes an answer of cosignatures.
 *
 * @throws TlogError `note` for what is no signature line
 * @throws RangeError for none, or over 100
 */
export function formatCosignatures(signatures: readonly NoteSignature[]): Uint8Array {
  if (signatures.length === 0 || signatures.length > noteSignaturesMax) {
    throw new RangeError(`1 to ${noteSignaturesMax} signatures are expected, got ${signatures.length}`);
  }
  return utf8(formatLines(signatures).join(""));
}

/**
 * Reads an answer of cosignatures: signature lines and nothing else. None is verified; {@link
 * openCosignatures} does that.
 *
 * @throws TlogError `witness` for anything else, no line, two equal lines, or over 100; `note` for a
 *   malformed line
 */
export function parseCosignatures(bytes: Uint8Array): NoteSignature[] {
  const lines = decodeBody(bytes).split("\n");
  if (lines.pop() !== "" || lines.length === 0) {
    throw refused("an answer is at least one signature line, each ending in a newline");
  }
  return parseLines(lines, noteSignaturesMax);
}

/**
 * Verifies a witness's answer to add-checkpoint.
 *
 * @param checkpoint the signed checkpoint that was sent
 * @param answer the body of the answer 200
 * @param verifiers the witness's keys; lines of other keys are ignored
 * @returns the lines that are the witness's, at least one
 * @throws TlogError as `parseNote` and {@link parseCosignatures} do; `signature` for a line of the witness
 *   that does not verify, or has no time; `unverified` where no line is the witness's; `note` for two of one
 *   key
 */
export function openCosignatures(
  checkpoint: Uint8Array,
  answer: Uint8Array,
  verifiers: readonly Verifier[],
): VerifiedSignature[] {
  const { text } = parseNote(checkpoint);
  parseCosignatures(answer);
  return openNote(utf8(`${text}\n${fromUtf8(answer)}`), verifiers).verified;
}

/**
 * Writes the answer 409 to add-checkpoint: the size of the tree that the witness last cosigned.
 *
 * @throws RangeError for a size that is not a safe non-negative integer
 */
export function formatTreeSize(size: number): Uint8Array {
  checkSize(size);
  return utf8(`${size}\n`);
}

/**
 * Reads the answer 409 to add-checkpoint.
 *
 * @throws TlogError `witness` for anything but a size and a newline
 */
export function parseTreeSize(bytes: Uint8Array): number {
  const match = /^(\d+)\n$/.exec(decodeBody(bytes));
  if (match === null) throw refused("an answer with a tree's size is a decimal number and a newline");
  return parseSize(match[1] ?? "");
}

/** A request's lines before its first blank line, and what comes after. */
function splitRequest(bytes: Uint8Array): { head: string[]; rest: string } {
  const body = decodeBody(bytes);
  const split = body.indexOf("\n\n");
  if (split < 0) throw refused("a request without a blank line before its checkpoint");
  return { head: body.slice(0, split).split("\n"), rest: body.slice(split + 2) };
}

function decodeBody(bytes: Uint8Array): string {
  checkLength(bytes);
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new TlogError("witness", "a body that is not UTF-8", { cause });
  }
}

/** The checkpoint of sign-subtree: its text alone, or a signed note. */
function parseReference(rest: string): { text: string; signatures: NoteSignature[] } {
  const bytes = utf8(rest);
  // A blank line is what a note has and a text has not: no fault in a note makes it a text.
  const { text, signatures } = rest.includes("\n\n") ? parseNote(bytes) : { text: rest, signatures: [] };
  if (signatures.length > signSubtreeSignaturesMax) {
    throw refused(`a checkpoint with over ${signSubtreeSignaturesMax} signatures`);
  }
  parseCheckpoint(text);
  return { text, signatures };
}

function formatLines(signatures: readonly NoteSignature[]): string[] {
  const lines = signatures.map(formatSignature);
  parseLines(
    lines.map((line) => line.slice(0, -1)),
    noteSignaturesMax,
  );
  return lines;
}

function parseLines(lines: readonly string[], countMax: number): NoteSignature[] {
  if (lines.length > countMax) throw refused(`over ${countMax} signature lines`);
  if (new Set(lines).size !== lines.length) throw refused("the same signature line twice");
  return lines.map(parseSignatureLine);
}

function formatHashes(hashes: readonly Hash[]): string[] {
  if (hashes.length > witnessProofHashesMax) {
    throw new RangeError(`a proof of over ${witnessProofHashesMax} hashes`);
  }
  return hashes.map((hash) => `${encodeBase64(asHash(hash))}\n`);
}

function parseHashes(lines: readonly string[]): Hash[] {
  if (lines.length > witnessProofHashesMax) throw refused(`a proof of over ${witnessProofHashesMax} hashes`);
  return lines.map(parseHash);
}

function parseHash(line: string): Hash {
  try {
    return asHash(decodeBase64(line));
  } catch (cause) {
    throw new TlogError("witness", "a line that is not a hash in canonical base64", { cause });
  }
}

function parseSize(text: string): number {
  const size = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) {
    throw refused(`${JSON.stringify(text.slice(0, 40))} is not the size of a tree`);
  }
  return size;
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is not the size of a tree`);
}

function checkLength(bytes: Uint8Array): void {
  if (bytes.length > witnessBodyBytesMax) throw refused(`a body over ${witnessBodyBytesMax} bytes`);
}

function checkedBody(bytes: Uint8Array): Uint8Array {
  checkLength(bytes);
  return bytes;
}

function refused(message: string): TlogError {
  return new TlogError("witness", message);
}
