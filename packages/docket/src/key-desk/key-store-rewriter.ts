// SPDX-License-Identifier: Apache-2.0
// Replaces the key-store key of a site that is open, while it goes on answering. Each step is durable before
// the next:
//
//   1. the file holds the key in force and the next one        a crash: the next opening goes on from here
//   2. every row is sealed under the next one, some at a time; rows that are added meanwhile too
//   3. the identity map is synced, and its write-ahead log emptied
//   4. the file holds the next one alone; the old one is overwritten where it lay
//
// Until 4 both keys open rows, so whoever reads meanwhile reads; from 4 on nothing opens what a disk may
// still hold of rows as they were.
import { DocketError } from "../error.ts";
import type { SiteIndex } from "../views/site-index.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { keyBytes } from "../evidence/key-ring.ts";
import type { KeyRing } from "../evidence/key-ring.ts";
import { ensureKeyStoreKeys, rewriteRowsAtOnce, writeKeyStoreKeys } from "../evidence/key-store.ts";
import type { KeyStoreKeys } from "../evidence/key-store.ts";
import type { RandomBytes } from "../evidence/seal.ts";

/** What a rewriter leans on. */
export type RewriterPorts = {
  readonly folder: KeyFolder;
  readonly index: Pick<SiteIndex, "setKeyStore" | "rewriteActors" | "makeDurable">;
  readonly random: RandomBytes;
  /** Told that the folder's files are others now: a copy of them is out of date. */
  readonly onChanged?: (() => Promise<void>) | undefined;
};

/** Replaces a site's key-store key; one replacement after another. */
export class KeyStoreRewriter {
  readonly #ports: RewriterPorts;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(ports: RewriterPorts) {
    this.#ports = ports;
  }

  /**
   * Replaces the key-store key and destroys the old one.
   *
   * @param keyEncryption a ring whose newest key wraps all actors' keys from here on; left out, they stay
   *   wrapped as they are
   * @returns how many rows were sealed anew
   * @throws {DocketError} if the identity map can't be written or synced; the old key is there still, and the
   *   next call, or the next opening, goes on from where it was
   */
  rewrite(keyEncryption?: KeyRing): Promise<number> {
    const done = this.#turn.then(() => this.#rewrite(keyEncryption));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #rewrite(keyEncryption: KeyRing | undefined): Promise<number> {
    const { folder, index, random, onChanged } = this.#ports;
    const keys = withNext(ensureKeyStoreKeys(folder, random), random);
    writeKeyStoreKeys(folder, keys, random);
    // A copy of the keys that has both opens the map before step 4 and after it.
    await onChanged?.();
    await index.setKeyStore(keys);
    const rewritten = await this.#rewriteAll(keyEncryption);
    await index.makeDurable();
    const alone = { current: keys.next };
    writeKeyStoreKeys(folder, alone, random);
    await index.setKeyStore(alone);
    await onChanged?.();
    return rewritten;
  }

  async #rewriteAll(keyEncryption: KeyRing | undefined): Promise<number> {
    let rewritten = 0;
    let after: Uint8Array | undefined;
    for (;;) {
      const step = await this.#ports.index.rewriteActors({ after, limit: rewriteRowsAtOnce, keyEncryption });
      rewritten += step.rewritten;
      if (step.last === undefined) return rewritten;
      after = step.last;
    }
  }
}

/** The keys with one that follows: the one of an interrupted replacement, or a new one. */
export function withNext(
  keys: KeyStoreKeys,
  random: RandomBytes,
): Required<KeyStoreKeys> & { next: Uint8Array } {
  const next = keys.next ?? Uint8Array.from(random(keyBytes));
  if (Buffer.from(next).equals(keys.current)) throw new DocketError("internal", "a key follows itself");
  return { current: keys.current, next };
}
