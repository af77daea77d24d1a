// SPDX-License-Identifier: Apache-2.0
// Changes the keys of evidence while the site goes on answering.
//
//   keyEncryption   a new key wraps all actors' keys; former ones stay, for copies of the data that were made
//                   under them, and for what the journal still holds
//   site            what is sealed from here on is sealed under a new key; what was sealed before is
//                   committed to by leaves, so it stays as it is and the former keys open it
//   keyStore        the identity map is sealed under a new key, and the old one is destroyed
//
// Each is written down before it begins (rotation-intent.ts) and sealed as a record when it is done.
import type { BodyWithoutParts } from "@docket/protocol";
import type { Outcome, RequestWish, TakenRequest } from "../approvals/contract.ts";
import { DocketError } from "../error.ts";
import { readEvidenceKeys, writeEvidenceKeys } from "../evidence/evidence-key-file.ts";
import type { EvidenceKeys } from "../evidence/evidence-key-file.ts";
import { keyId } from "../evidence/key-folder.ts";
import { keyBytes, ringKeysMax, turnRing } from "../evidence/key-ring.ts";
import { readKeyStoreKeys } from "../evidence/key-store.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import type { RandomBytes } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import type { KeyView, RotatableKey, Rotation, RotationWish, SiteKeyDesk } from "./contract.ts";
import { listKeys } from "./key-list.ts";
import type { KeyStoreRewriter } from "./key-store-rewriter.ts";
import { readIntent, removeIntent, writeIntent } from "./rotation-intent.ts";
import type { RotationIntent } from "./rotation-intent.ts";

/** What the desk leans on. */
export type KeyDeskPorts = {
  readonly keys: Pick<SiteKeys, "folder" | "keyEncryption" | "site">;
  readonly rewriter: Pick<KeyStoreRewriter, "rewrite">;
  readonly seal: (body: BodyWithoutParts) => Promise<{ readonly index: number }>;
  /** The way of what takes a second person. */
  readonly through: <T>(
    author: Author,
    wish: RequestWish,
    of: number | undefined,
    act: (taken: TakenRequest | undefined) => Promise<T>,
  ) => Promise<Outcome<T>>;
  readonly clock: () => number;
  readonly random: RandomBytes;
  /** Told that the folder's files are others now. */
  readonly onChanged?: (() => Promise<void>) | undefined;
};

/** Changes keys of an open site, one at a time. */
export class KeyDesk implements SiteKeyDesk {
  readonly #ports: KeyDeskPorts;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(ports: KeyDeskPorts) {
    this.#ports = ports;
  }

  list(): KeyView[] {
    return listKeys(this.#ports.keys.folder);
  }

  async rotate(author: Author, { key, why }: RotationWish, of?: number): Promise<Outcome<Rotation>> {
    // Before a request is used up.
    if (key !== "keyStore" && readEvidenceKeys(this.#ports.keys.folder)[key].length >= ringKeysMax) {
      throw new DocketError("usage", `there are ${ringKeysMax} keys of ${key} already, and room for no more`);
    }
    const wish: RequestWish = { act: "keyRotation", what: { key }, why };
    return this.#ports.through(author, wish, of, () => this.#inTurn(() => this.#rotate(author, key)));
  }

  /**
   * Brings a change to its end that was interrupted.
   *
   * @returns it; `undefined` if there was none, or it had not come to anything
   */
  settle(): Promise<Rotation | undefined> {
    return this.#inTurn(() => this.#settle());
  }

  async #settle(): Promise<Rotation | undefined> {
    const { keys, rewriter } = this.#ports;
    const intent = readIntent(keys.folder.path);
    if (intent === undefined) return undefined;
    if (this.#idOf(intent.key) === intent.before) {
      removeIntent(keys.folder.path);
      return undefined;
    }
    // Which rows were done nobody knows any more: a few are wrapped once more.
    const count = intent.key === "keyEncryption" ? await rewriter.rewrite(keys.keyEncryption) : 0;
    return this.#sealed(intent, count);
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #rotate({ by, role }: Author, key: RotatableKey): Promise<Rotation> {
    const { keys, random, rewriter } = this.#ports;
    // One that failed half way, while this process runs.
    await this.#settle();
    const intent: RotationIntent = { key, by, role, before: this.#idOf(key) };
    writeIntent(keys.folder.path, intent, random);
    // A crash from here on is settled by the next opening.
    if (key === "keyStore") return this.#sealed(intent, await rewriter.rewrite());
    const fresh = Uint8Array.from(random(keyBytes));
    await this.#addKey(key, fresh);
    turnRing(keys[key], fresh);
    const count = key === "keyEncryption" ? await rewriter.rewrite(keys.keyEncryption) : 0;
    return this.#sealed(intent, count);
  }

  /** In the file first: what was sealed under a key that a crash loses would be lost. */
  async #addKey(key: "keyEncryption" | "site", fresh: Uint8Array): Promise<void> {
    const { keys, random, clock, onChanged } = this.#ports;
    const since = new Date(clock()).toISOString();
    const before = readEvidenceKeys(keys.folder);
    const after: EvidenceKeys = { ...before, [key]: [{ key: fresh, since }, ...before[key]] };
    writeEvidenceKeys(keys.folder, after, random);
    await onChanged?.();
  }

  async #sealed({ key, by, role }: RotationIntent, count: number): Promise<Rotation> {
    const { index } = await this.#ports.seal({ kind: "key-rotation", by, role, key, count });
    removeIntent(this.#ports.keys.folder.path);
    return { key, count, index };
  }

  #idOf(key: RotatableKey): string {
    const { folder } = this.#ports.keys;
    if (key !== "keyStore") return idText(readEvidenceKeys(folder)[key][0]?.key);
    return idText(readKeyStoreKeys(folder)?.current);
  }
}

function idText(key: Uint8Array | undefined): string {
  return key === undefined ? "" : keyId(key).toString("hex");
}
