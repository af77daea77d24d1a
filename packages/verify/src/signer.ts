// SPDX-License-Identifier: Apache-2.0
// Checkpoints of Docket's own logs are read more strictly than others': a line in the log's name must be one
// that was checked, so that nobody can add to what the log seems to have signed. Lines of others (witnesses
// that the reader was not told of) are counted, and said to be unchecked.
import { cosignatureTime, openNote, parseCheckpoint, parseNote, sha256, TlogError, utf8 } from "@docket/tlog";
import type { Checkpoint, Hash, NoteSignature, VerifiedSignature, Verifier } from "@docket/tlog";
import { asTrust, witnessesOf } from "./trust.ts";
import type { Trust } from "./trust.ts";

/** A cosignature that verified: whose, and when it was made, in seconds since 1970. */
export type Cosignature = { name: string; vkey: string; timeSeconds: number };

/** A checkpoint of the log, its signatures checked. */
export type OwnCheckpoint = {
  checkpoint: Checkpoint;
  /** The log's keys whose lines verified, in the note's order; an Ed25519 key is among them. */
  signers: Verifier[];
  /** Witnesses of the trusted policy whose lines verified. */
  cosignatures: Cosignature[];
  /** Lines of keys that nobody told us of. */
  notChecked: NoteSignature[];
};

/**
 * Opens a checkpoint of the log whose keys are trusted.
 *
 * @throws TlogError for a checkpoint of another log (`origin`), one that no Ed25519 key of the log signed
 *   (`unverified`), one with a line of a known key that does not verify (`signature`), or with anything in it
 *   that is the log's and was not checked: an unknown key's line in its name (`note`), an extension
 *   (`checkpoint`)
 */
export function openOwnCheckpoint(bytes: Uint8Array, trust: Trust): OwnCheckpoint {
  return openStrictly(bytes, asTrust(trust));
}

/** The same under these keys alone: the policy's logs are not added. */
export function openStrictly(bytes: Uint8Array, trust: Trust): OwnCheckpoint {
  const opened = openKnownCheckpoint(bytes, trust);
  const { origin } = opened.checkpoint;
  const stranger = opened.notChecked.find(({ name }) => name === origin);
  if (stranger === undefined) return opened;
  const id = stranger.keyId.toString(16).padStart(8, "0");
  throw new TlogError(
    "note",
    `it bears a signature line in the log's name by a key that is not known here, ${origin}+${id}: ` +
      "give all keys of the log, as log.vkey has them",
  );
}

/**
 * The same for a log whose keys are its own word: there may be further keys of it that we were not told of.
 *
 * @throws TlogError as {@link openOwnCheckpoint}, but not for unknown keys
 */
export function openKnownCheckpoint(bytes: Uint8Array, trust: Trust): OwnCheckpoint {
  const { origin } = readOwnCheckpoint(bytes);
  const keys = trust.keys.filter((key) => key.name === origin);
  if (keys.length === 0) {
    const [other] = trust.keys;
    const whose =
      other === undefined ? "no key of it is known" : `the key known here is of ${quote(other.name)}`;
    throw new TlogError("origin", `a checkpoint of the log ${quote(origin)}, and ${whose}`);
  }
  const { text, verified, unverified } = openNote(bytes, [...keys, ...witnessesOf(trust)]);
  const own = verified.filter(({ verifier }) => keys.includes(verifier));
  if (!own.some(({ verifier }) => verifier.algorithm === "ed25519")) {
    throw new TlogError("unverified", "no Ed25519 key of the log that is known here signed it");
  }
  return {
    checkpoint: withoutExtensions(parseCheckpoint(text)),
    signers: own.map(({ verifier }) => verifier),
    cosignatures: verified.filter((line) => !own.includes(line)).map(cosignatureOf),
    notChecked: unverified,
  };
}

/**
 * Reads a checkpoint without knowing a key: its signatures prove nothing.
 *
 * @throws TlogError for a malformed one
 */
export function readOwnCheckpoint(bytes: Uint8Array): Checkpoint {
  return withoutExtensions(parseCheckpoint(parseNote(bytes).text));
}

/** A key in words: an Ed25519 one whole, one of ML-DSA-44, which has 1,750 characters, by its key id. */
export function keyText({ name, keyId, algorithm, vkey }: Verifier): string {
  if (algorithm !== "ml-dsa-44") return vkey;
  return `${name}+${keyId.toString(16).padStart(8, "0")} (ML-DSA-44)`;
}

/** Who cosigned, and when, in words. */
export function cosignatureText({ name, timeSeconds }: Cosignature): string {
  return `${name} at ${timeText(timeSeconds)}`;
}

/** The hash that record 0 names as the one before it: SHA-256 of `docket/v1`, a line feed and the origin. */
export function chainStart(origin: string): Hash {
  return sha256(utf8(`docket/v1\n${origin}`)) as Hash;
}

function cosignatureOf({ verifier, signature }: VerifiedSignature): Cosignature {
  const { name, vkey } = verifier;
  return { name, vkey, timeSeconds: cosignatureTime(signature) };
}

function withoutExtensions(checkpoint: Checkpoint): Checkpoint {
  if (checkpoint.extensions.length > 0)
    throw new TlogError("checkpoint", "it has extension lines; Docket writes none");
  return checkpoint;
}

// A witness may name any time up to 2^53; the calendar ends in the year 275760.
function timeText(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? `second ${seconds}` : time.toISOString().replace(".000", "");
}

function quote(text: string): string {
  return JSON.stringify(text);
}
