// SPDX-License-Identifier: Apache-2.0
// Signed notes (C2SP signed-note): a text and, after a blank line, who signed it.
//
//     note = text "\n" 1*( "— " name " " base64(key id || signature) "\n" )
//
// The text ends in a newline and may hold blank lines of its own: the last one is where the signatures begin.
// All of it is UTF-8 without control characters but the newline. A signature is over the text, its last
// newline included.
//
// Lines by unknown keys are ignored; a line that names a known key and does not verify spoils the note, since
// nobody but an attacker or a broken signer would have written it.
import { ed25519Sign, ed25519Verify } from "#crypto";
import { decodeBase64, encodeBase64, fromUtf8, utf8 } from "./base64.ts";
import { cosign, verifyCosignature } from "./cosignature.ts";
import { TlogError } from "./error.ts";
import {
  formatVerifierKey,
  hasControl,
  isKeyName,
  isSameKey,
  keyIdBytes,
  readKeyId,
  readSignerKey,
  readVerifierKey,
  type KeyAlgorithm,
  type VerifierKey,
} from "./key.ts";
import {
  hasExtensions,
  signCheckpointText,
  signSubtree,
  verifyCheckpointText,
  verifySubtree,
  type Subtree,
} from "./subtree-cosignature.ts";

/** The longest note that is read, in bytes. */
export const noteBytesMax = 1_000_000;

/** The most signature lines that a note may have. */
export const noteSignaturesMax = 100;

/** One signature line: `keyId` is an unsigned 32-bit integer, `signature` what follows it. */
export type NoteSignature = { name: string; keyId: number; signature: Uint8Array };

/** A note taken apart, nothing verified. `text` ends in a newline. */
export type ParsedNote = { text: string; signatures: NoteSignature[] };

/** Checks signatures of one key. */
export type Verifier = VerifierKey & {
  /** The key as text. */
  vkey: string;
  /** Whether `signature` (without the key id) is this key's over the bytes of a note's text. Never throws. */
  verify: (message: Uint8Array, signature: Uint8Array) => boolean;
};

/** Signs with one key. */
export type Signer = {
  name: string;
  keyId: number;
  algorithm: KeyAlgorithm;
  /** The verifier key as text. */
  vkey: string;
  /**
   * The signature (without the key id) over the bytes of a note's text. An ML-DSA-44 key signs checkpoints
   * without extension lines alone.
   *
   * @throws TlogError `checkpoint` for another text, by an ML-DSA-44 key
   */
  sign: (message: Uint8Array) => Uint8Array;
  /** An ML-DSA-44 key's signature of a subtree; {@link cosignSubtree} asks for it. */
  signSubtree?: (subtree: Subtree, timeSeconds: number) => Uint8Array;
};

/** A signature line of a known key, verified. */
export type VerifiedSignature = NoteSignature & { verifier: Verifier };

/**
 * A note that at least one known key signed. `unverified` are the lines of unknown keys and, on a checkpoint
 * with extension lines, those of ML-DSA-44 keys, which do not cover them.
 */
export type OpenedNote = { text: string; verified: VerifiedSignature[]; unverified: NoteSignature[] };

/**
 * Takes a note apart without verifying anything.
 *
 * @throws TlogError `note` for anything malformed, two equal lines, over 1,000,000 bytes or over 100
 *   signatures
 */
export function parseNote(bytes: Uint8Array): ParsedNote {
  if (bytes.length > noteBytesMax) throw new TlogError("note", `a note over ${noteBytesMax} bytes`);
  const note = decodeText(bytes);
  const split = note.lastIndexOf("\n\n");
  if (split < 0) throw new TlogError("note", "a note without a blank line before its signatures");
  const text = note.slice(0, split + 1);
  checkText(text);
  const lines = note.slice(split + 2).split("\n");
  if (lines.pop() !== "" || lines.length === 0) {
    throw new TlogError("note", "a note ends in at least one signature line and a newline");
  }
  if (lines.length > noteSignaturesMax) {
    throw new TlogError("note", `a note with over ${noteSignaturesMax} signatures`);
  }
  if (new Set(lines).size !== lines.length) throw new TlogError("note", "a note with the same line twice");
  return { text, signatures: lines.map(parseSignatureLine) };
}

/**
 * Reads a verifier key, `name+keyid+base64`.
 *
 * @throws TlogError `key` for a malformed one; `key-type` for a signature type that is not known here
 */
export function parseVerifierKey(vkey: string): Verifier {
  const key = readVerifierKey(vkey);
  return { ...key, vkey, verify: (message, signature) => verifyText(key, message, signature) };
}

/**
 * Reads a signer key, `PRIVATE+KEY+name+keyid+base64`.
 *
 * @param clock seconds since 1970, asked at each signature; a cosigner's key (types 0x04 and 0x06) needs it
 * @throws TlogError `key` for a malformed one; `key-type` for a signature type that is not known here
 * @throws RangeError for a cosigner's key without a clock
 */
export function parseSignerKey(skey: string, clock?: () => number): Signer {
  const key = readSignerKey(skey);
  const { name, keyId, algorithm, seed } = key;
  const signer = { name, keyId, algorithm, vkey: formatVerifierKey(key) };
  if (algorithm === "ed25519") return { ...signer, sign: (message) => ed25519Sign(seed, message) };
  if (clock === undefined) throw new RangeError(`the cosigner ${name} needs a clock`);
  if (algorithm === "ed25519-cosignature") {
    return { ...signer, sign: (message) => cosign(seed, message, clock()) };
  }
  return {
    ...signer,
    sign: (message) => signCheckpointText(key, message, clock()),
    signSubtree: (subtree, timeSeconds) => signSubtree(key, subtree, timeSeconds),
  };
}

/**
 * Cosigns a subtree (C2SP tlog-cosignature, type 0x06), whose root the signer has checked to be consistent
 * with all that it ever saw of the log.
 *
 * @param signer of an ML-DSA-44 key
 * @param timeSeconds seconds since 1970 if the tree is the largest one that the signer has seen, else 0; must
 *   be 0 for a subtree that does not begin at the first entry
 * @throws TlogError `checkpoint` for an origin that is empty or over 255 bytes; `hash` for a root that is not
 *   32 bytes
 * @throws RangeError for a key of another type, what is no subtree, or a time that it cannot have
 */
export function cosignSubtree(signer: Signer, subtree: Subtree, timeSeconds = 0): NoteSignature {
  const { name, keyId } = signer;
  if (signer.signSubtree === undefined) throw new RangeError(`the key of ${name} does not sign subtrees`);
  return { name, keyId, signature: signer.signSubtree(subtree, timeSeconds) };
}

/**
 * Whether a line is an ML-DSA-44 key's cosignature of a subtree: its name and key id are the key's, and it
 * verifies. Never throws. Its time is `cosignatureTime(line.signature)`, 0 for none.
 */
export function verifySubtreeCosignature(verifier: Verifier, subtree: Subtree, line: NoteSignature): boolean {
  if (verifier.algorithm !== "ml-dsa-44") return false;
  if (line.name !== verifier.name || line.keyId !== verifier.keyId) return false;
  return verifySubtree(verifier, subtree, line.signature);
}

/**
 * Signs a text. The lines stand in the order of the signers.
 *
 * @param text ends in a newline
 * @throws TlogError `note` for a text that cannot be a note's; `checkpoint` where an ML-DSA-44 key is to sign
 *   what is not a checkpoint without extension lines
 * @throws RangeError without a signer
 */
export function signNote(text: string, signers: readonly Signer[]): Uint8Array {
  checkText(text);
  if (signers.length === 0) throw new RangeError("a note needs a signer");
  const message = encodeText(text);
  const lines = signers.map(({ name, keyId, sign }) =>
    formatSignature({ name, keyId, signature: sign(message) }),
  );
  return utf8(`${text}\n${lines.join("")}`);
}

/** Writes a signature line, its newline included. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  const bytes = new Uint8Array(keyIdLength + signature.length);
  bytes.set(keyIdBytes(keyId));
  bytes.set(signature, keyIdLength);
  return `${linePrefix}${name} ${encodeBase64(bytes)}\n`;
}

/**
 * Reads a signature line, given without its newline.
 *
 * @throws TlogError `note` for a malformed one
 */
export function parseSignatureLine(line: string): NoteSignature {
  const match = /^\u{2014} ([^ ]+) ([^ ]+)$/u.exec(line);
  const [, name = "", base64 = ""] = match ?? [];
  if (match === null || !isKeyName(name)) throw new TlogError("note", "a malformed signature line");
  const bytes = decodeSignature(base64);
  if (bytes.length <= keyIdLength) throw new TlogError("note", `the signature of ${name} is too short`);
  return { name, keyId: readKeyId(bytes), signature: bytes.subarray(keyIdLength) };
}

/**
 * Adds signature lines to a note. A line of a key (a name and a key id) that has one already takes its place,
 * as a later cosignature does; the others follow in their order. Nothing is verified.
 *
 * @throws TlogError `note` for a malformed note or line, or where there would be over 100
 */
export function addSignatures(note: Uint8Array, signatures: readonly NoteSignature[]): Uint8Array {
  const { text, signatures: old } = parseNote(note);
  const lines = new Map([...old, ...signatures].map((line) => [nameOfKey(line), formatSignature(line)]));
  const bytes = encodeText(`${text}\n${[...lines.values()].join("")}`);
  parseNote(bytes);
  return bytes;
}

/**
 * Opens a note: every line of a known key must verify, and there must be one.
 *
 * A line is of a known key if name and key id are a verifier's. No key is counted twice. On a checkpoint with
 * extension lines no ML-DSA-44 key is counted: see subtree-cosignature.ts.
 *
 * @throws TlogError `note` for a malformed note, or two lines of one known key; `signature` for a line of a
 *   known key that does not verify; `unverified` where no known key signed; `key` where two different
 *   verifiers have the same name and key id
 */
export function openNote(bytes: Uint8Array, verifiers: readonly Verifier[]): OpenedNote {
  const { text, signatures } = parseNote(bytes);
  const message = encodeText(text);
  const known = verifiersByKey(verifiers);
  const verified: VerifiedSignature[] = [];
  const unverified: NoteSignature[] = [];
  const seen = new Set<Verifier>();
  const isExtended = verifiers.some(({ algorithm }) => algorithm === "ml-dsa-44") && hasExtensions(text);
  for (const line of signatures) {
    const verifier = known.get(nameOfKey(line));
    if (verifier === undefined || (verifier.algorithm === "ml-dsa-44" && isExtended)) {
      unverified.push(line);
      continue;
    }
    if (seen.has(verifier)) throw new TlogError("note", `a note with two signatures of ${verifier.vkey}`);
    seen.add(verifier);
    if (!verifier.verify(message, line.signature)) {
      throw new TlogError("signature", `the signature of ${verifier.vkey} does not verify`);
    }
    verified.push({ ...line, verifier });
  }
  if (verified.length === 0) throw new TlogError("unverified", "no known key signed the note");
  return { text, verified, unverified };
}

/** The length of a key id, in bytes. */
const keyIdLength = 4;

/** What a signature line begins with: an em dash (U+2014) and a space. */
const linePrefix = "\u{2014} ";

function decodeText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new TlogError("note", "a note that is not UTF-8", { cause });
  }
}

function encodeText(text: string): Uint8Array {
  try {
    return utf8(text);
  } catch (cause) {
    throw new TlogError("note", "a text that UTF-8 cannot carry", { cause });
  }
}

function checkText(text: string): void {
  if (!text.endsWith("\n")) throw new TlogError("note", "a note's text ends in a newline");
  if (hasControl(text.replaceAll("\n", ""))) {
    throw new TlogError("note", "a control character other than the newline");
  }
}

function decodeSignature(base64: string): Uint8Array {
  try {
    return decodeBase64(base64);
  } catch (cause) {
    throw new TlogError("note", "a signature that is not canonical base64", { cause });
  }
}

function verifyText(key: VerifierKey, text: Uint8Array, signature: Uint8Array): boolean {
  switch (key.algorithm) {
    case "ed25519":
      return ed25519Verify(key.publicKey, text, signature);
    case "ed25519-cosignature":
      return verifyCosignature(key.publicKey, text, signature);
    case "ml-dsa-44":
      return verifyCheckpointText(key, text, signature);
  }
}

function verifiersByKey(verifiers: readonly Verifier[]): Map<string, Verifier> {
  const known = new Map<string, Verifier>();
  for (const verifier of verifiers) {
    const other = known.get(nameOfKey(verifier));
    if (other !== undefined && !isSameKey(other, verifier)) {
      throw new TlogError("key", `two keys share the name and key id of ${verifier.vkey}`);
    }
    known.set(nameOfKey(verifier), verifier);
  }
  return known;
}

function nameOfKey({ name, keyId }: { name: string; keyId: number }): string {
  return `${name}+${keyId}`;
}
