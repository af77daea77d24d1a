// SPDX-License-Identifier: Apache-2.0
// Terms of a text as they lie on the disk: sealed under a key that is derived from the actor's, so that they
// go with it. AES-256-GCM with a nonce that is derived from key, record and plaintext: the same text of the
// same record always gives the same bytes, and no nonce serves for two texts.
import { createHmac, createSecretKey } from "node:crypto";
import { decrypt, encrypt } from "../evidence/seal.ts";

const nonceLength = 12;
const context = "docket search terms v1";

/** Seals and opens what an actor wrote. */
export type TermSeal = {
  seal(record: number, terms: readonly string[]): Uint8Array;
  /** `undefined` for what was sealed with another key, or for another record. */
  open(record: number, sealed: Uint8Array): string[] | undefined;
};

/** The seal of an actor, from the actor's key, in the log of this origin. */
export function termSeal(actorKey: Uint8Array, origin: string): TermSeal {
  const derive = (use: string): Buffer =>
    createHmac("sha256", actorKey).update(`${context}\n${use}\n${origin}`).digest();
  const key = createSecretKey(derive("key"));
  // Far more is opened than sealed.
  let nonces: Buffer | undefined;
  const additional = (record: number): Buffer => Buffer.from(`${context}\n${origin}\n${record}`);
  return {
    seal: (record, terms) => {
      const plaintext = Buffer.from(terms.join("\n"), "utf8");
      nonces ??= derive("nonce");
      const nonce = createHmac("sha256", nonces)
        .update(`${record}\n`)
        .update(plaintext)
        .digest()
        .subarray(0, nonceLength);
      return Buffer.concat([nonce, encrypt(key, nonce, plaintext, additional(record))]);
    },
    open: (record, sealed) => {
      const nonce = sealed.subarray(0, nonceLength);
      const plaintext = decrypt(key, nonce, sealed.subarray(nonceLength), additional(record));
      if (plaintext === undefined) return undefined;
      return plaintext.length === 0 ? [] : plaintext.toString("utf8").split("\n");
    },
  };
}
