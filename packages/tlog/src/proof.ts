// SPDX-License-Identifier: Apache-2.0
// Transparency-log proofs (C2SP tlog-proof): all that it takes to check, offline, that an entry is in a log.
//
//     proof = "c2sp.org/tlog-proof@v1\n"
//             [ "extra " base64 "\n" ]
//             "index " decimal "\n"
//             *( base64(hash) "\n" )
//             "\n" signed checkpoint
//
// The hashes run from the leaf's sibling upward. Extra data is authenticated by nobody. Reading one verifies
// nothing: open the checkpoint, then `verifyInclusion(proof.hashes, proof.index, checkpoint.size, leaf,
// checkpoint.root)`.
import { decodeBase64, encodeBase64, fromUtf8, utf8 } from "./base64.ts";
import { TlogError } from "./error.ts";
import { asHash, type Hash } from "./hash.ts";
import { parseNote } from "./note.ts";

/** The most hashes that a proof can have: the height of the highest tree. */
export const proofHashesMax = 63;

/** The longest proof that is read, in characters: a checkpoint's note and as much extra data. */
export const proofCharactersMax = 2_000_000;

/** A proof taken apart. `checkpoint` is the signed note, byte for byte. */
export type InclusionProof = { index: number; hashes: Hash[]; checkpoint: Uint8Array; extra?: Uint8Array };

/**
 * Writes a proof.
 *
 * @throws TlogError `note` for a checkpoint that is not a signed note; `hash` for a hash that is not 32 bytes
 * @throws RangeError for an index that is not a safe non-negative integer, no bytes as extra data, over 63
 *   hashes, or over 2,000,000 characters
 */
export function formatProof(proof: InclusionProof): string {
  const { index, hashes, checkpoint, extra } = proof;
  if (!Number.isSafeInteger(index) || index < 0)
    throw new RangeError(`${index} is not the index of an entry`);
  if (hashes.length > proofHashesMax) throw new RangeError(`a proof of over ${proofHashesMax} hashes`);
  if (extra?.length === 0) throw new RangeError("extra data is left out where there is none");
  parseNote(checkpoint);
  const lines = [
    firstLine,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map((hash) => encodeBase64(asHash(hash))),
  ];
  const text = `${lines.join("\n")}\n\n${fromUtf8(checkpoint)}`;
  if (text.length > proofCharactersMax) throw new RangeError(`a proof over ${proofCharactersMax} characters`);
  return text;
}

/**
 * Reads a proof. Nothing in it is verified, but its checkpoint is a well-formed note.
 *
 * @throws TlogError `proof` for anything malformed or non-canonical; `note` where the checkpoint is not a
 *   note
 */
export function parseProof(text: string): InclusionProof {
  if (text.length > proofCharactersMax) {
    throw new TlogError("proof", `a proof over ${proofCharactersMax} characters`);
  }
  const split = text.indexOf("\n\n");
  if (split < 0) throw new TlogError("proof", "a proof without a blank line before its checkpoint");
  const lines = text.slice(0, split).split("\n");
  if (lines.shift() !== firstLine) throw new TlogError("proof", `a proof begins with ${firstLine}`);
  const extra = lines[0]?.startsWith("extra ") === true ? parseExtra(lines.shift() ?? "") : undefined;
  const index = parseIndex(lines.shift() ?? "");
  if (lines.length > proofHashesMax) throw new TlogError("proof", `a proof of over ${proofHashesMax} hashes`);
  const hashes = lines.map((line) => asProofHash(line));
  const checkpoint = encodeCheckpoint(text.slice(split + 2));
  return extra === undefined ? { index, hashes, checkpoint } : { index, hashes, checkpoint, extra };
}

const firstLine = "c2sp.org/tlog-proof@v1";

function parseExtra(line: string): Uint8Array {
  const extra = decode(line.slice("extra ".length));
  if (extra.length === 0) throw new TlogError("proof", "a line for extra data without any");
  return extra;
}

function parseIndex(line: string): number {
  const match = /^index (0|[1-9]\d{0,15})$/.exec(line);
  const index = match === null ? Number.NaN : Number(match[1]);
  if (!Number.isSafeInteger(index)) throw new TlogError("proof", "a proof without the index of an entry");
  return index;
}

function asProofHash(line: string): Hash {
  const bytes = decode(line);
  if (bytes.length !== 32) throw new TlogError("proof", `a hash of ${bytes.length} bytes in a proof`);
  return asHash(bytes);
}

function decode(base64: string): Uint8Array {
  try {
    return decodeBase64(base64);
  } catch (cause) {
    throw new TlogError("proof", "a proof with a line that is not canonical base64", { cause });
  }
}

function encodeCheckpoint(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = utf8(text);
  } catch (cause) {
    throw new TlogError("proof", "a proof that UTF-8 cannot carry", { cause });
  }
  parseNote(bytes);
  return bytes;
}
