// SPDX-License-Identifier: Apache-2.0
// What a witness answers (C2SP tlog-witness), as one function of its state: what a server is compared with.
import {
  decodeBase64,
  emptyRoot,
  encodeBase64,
  formatCosignatures,
  formatTreeSize,
  hashesEqual,
  openNote,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  TlogError,
  utf8,
  verifyConsistency,
  type AddCheckpoint,
  type Checkpoint,
  type Signer,
  type Verifier,
} from "../index.ts";

/** A witness: the keys that it trusts for each origin, what it last cosigned of the log, its own keys. */
export type WitnessModel = {
  logs: ReadonlyMap<string, readonly Verifier[]>;
  before: StoredTree | null;
  signers: readonly Signer[];
};

/** A tree that was cosigned: its size in decimal, its root in base64. */
export type StoredTree = { size: string; root: string };

/** `after` is what the witness has stored before it answers. */
export type WitnessAnswer = { status: number; answer: Uint8Array; after: StoredTree | null };

/** The answer to a request add-checkpoint, the checks in the specification's order. */
export function answerOf({ logs, before, signers }: WitnessModel, body: Uint8Array): WitnessAnswer {
  const refuse = (status: number, answer: Uint8Array = new Uint8Array()): WitnessAnswer => ({
    status,
    answer,
    after: before,
  });
  const request = readRequest(body);
  if (request === undefined) return refuse(400);
  const { oldSize, checkpoint, text, note } = request;
  const verifiers = logs.get(checkpoint.origin);
  if (verifiers === undefined) return refuse(404);
  if (!isSigned(note, verifiers)) return refuse(403);
  if (oldSize > checkpoint.size) return refuse(400);
  const stored = { size: Number(before?.size ?? 0), root: before ? decodeBase64(before.root) : emptyRoot };
  if (oldSize !== stored.size) return refuse(409, formatTreeSize(stored.size));
  if (!isConsistent(request, stored)) return refuse(422);
  const after = { size: String(checkpoint.size), root: encodeBase64(checkpoint.root) };
  const lines = signers.map(({ name, keyId, sign }) => ({ name, keyId, signature: sign(utf8(text)) }));
  return { status: 200, answer: formatCosignatures(lines), after };
}

type Request = {
  oldSize: number;
  proof: AddCheckpoint["proof"];
  checkpoint: Checkpoint;
  text: string;
  note: Uint8Array;
};

function readRequest(body: Uint8Array): Request | undefined {
  try {
    const { oldSize, proof, checkpoint: note } = parseAddCheckpoint(body);
    const { text } = parseNote(note);
    return { oldSize, proof, checkpoint: parseCheckpoint(text), text, note };
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

function isSigned(note: Uint8Array, verifiers: readonly Verifier[]): boolean {
  try {
    return openNote(note, verifiers).verified.length > 0;
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
}

function isConsistent(
  { oldSize, proof, checkpoint }: Request,
  stored: { size: number; root: Uint8Array },
): boolean {
  if (checkpoint.size === 0) return proof.length === 0 && hashesEqual(checkpoint.root, emptyRoot);
  if (oldSize === 0) return proof.length === 0;
  return verifyConsistency(proof, oldSize, checkpoint.size, stored.root, checkpoint.root);
}
