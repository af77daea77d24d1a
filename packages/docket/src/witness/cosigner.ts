// SPDX-License-Identifier: Apache-2.0
// A witness's two keys, and the time that its cosignatures bear.
import { cosignSubtree, formatSignature, parseSignerKey, parseVerifierKey, utf8 } from "@docket/tlog";
import type { Checkpoint, Hash, NoteSignature, Signer, Verifier } from "@docket/tlog";
import { DocketError } from "../error.ts";

/** How far the clock may be behind the last cosignature, in seconds, before nothing is signed any more. */
export const clockBehindSecondsMax = 300;

/** Signs as a witness. */
export type Cosigner = {
  name: string;
  /** Its verifiers: Ed25519, then ML-DSA-44. */
  verifiers: readonly Verifier[];
  /**
   * The signature lines for a checkpoint. Extension lines are covered by Ed25519 (type 0x04) alone, so a
   * checkpoint that has some gets no other line.
   *
   * @param text the checkpoint's text, ending in a newline
   */
  cosign: (checkpoint: Checkpoint, text: string, timeSeconds: number) => string;
  /** The ML-DSA-44 signature line for the entries from `start` up to `end`, without a time. */
  cosignSubtree: (origin: string, start: number, end: number, root: Hash) => string;
};

/**
 * Makes a cosigner of its signer keys.
 *
 * @throws {DocketError} `usage` for keys of other types, or that are not of that name
 */
export function openCosigner(name: string, keys: readonly [string, string]): Cosigner {
  let timeSeconds = 0;
  const [ed25519, mlDsa] = keys.map((key) => openKey(key, () => timeSeconds)) as [Signer, Signer];
  const algorithms = `${ed25519.algorithm} ${mlDsa.algorithm}`;
  if (ed25519.name !== name || mlDsa.name !== name || algorithms !== "ed25519-cosignature ml-dsa-44") {
    throw new DocketError("usage", `the key file does not hold the two keys of the witness ${name}`);
  }
  return {
    name,
    verifiers: [parseVerifierKey(ed25519.vkey), parseVerifierKey(mlDsa.vkey)],
    cosign(checkpoint, text, seconds) {
      timeSeconds = seconds;
      const signers = checkpoint.extensions.length === 0 ? [ed25519, mlDsa] : [ed25519];
      const message = utf8(text);
      return signers
        .map((signer) => ({ name, keyId: signer.keyId, signature: signer.sign(message) }))
        .map((line: NoteSignature) => formatSignature(line))
        .join("");
    },
    cosignSubtree: (origin, start, end, root) =>
      formatSignature(cosignSubtree(mlDsa, { origin, start, end, root }, 0)),
  };
}

/**
 * The time of the next cosignature of a log, or `undefined` if the clock is too wrong to sign.
 *
 * A cosignature says that, at its time, no larger tree had been seen: with an earlier time than the one
 * before it would be untrue. So a clock that was set back a little is waited for at the time that it had; one
 * that was set back far is not to be believed, and what it said before may have been wrong just as well.
 *
 * @param lastSeconds the time of the log's last cosignature, or of the making of the keys
 */
export function cosignatureSeconds(nowMs: number, lastSeconds: number): number | undefined {
  const now = Math.floor(nowMs / 1000);
  if (!Number.isSafeInteger(now) || now <= 0 || now < lastSeconds - clockBehindSecondsMax) return undefined;
  return Math.max(now, lastSeconds);
}

function openKey(key: string, clock: () => number): Signer {
  try {
    return parseSignerKey(key, clock);
  } catch (error) {
    throw new DocketError("usage", `a line of the key file is no signer key: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
