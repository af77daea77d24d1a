// SPDX-License-Identifier: Apache-2.0
// Actors: from an account id to a pseudonym and a key. Known ones come from the identity map; a new one is
// made here and travels in the journal with the first record that bears it.
import type { ActorEntry } from "../log/frame.ts";
import { keyBytes, keyedHash, unwrapKey, wrapKey } from "./keys.ts";
import type { SiteKeys } from "./keys.ts";
import type { RandomBytes } from "./seal.ts";

/** Most actors whose keys are held in memory. */
export const actorsCachedMax = 50_000;
const pseudonymBytes = 16;

/** An actor ready for use: `entry` is set while the identity map does not have it for certain. */
export type Actor = { pseudonym: string; key: Uint8Array; entry: ActorEntry | undefined };

/** The actors of a site. */
export class Actors {
  readonly #keys: SiteKeys;
  readonly #random: RandomBytes;
  /** Made here and not in the identity map yet. */
  readonly #made = new Map<string, Actor>();
  /** The same by pseudonym. */
  readonly #madeByPseudonym = new Map<string, Actor>();
  readonly #cached = new Map<string, Actor>();
  /** Pseudonyms of whom nothing may be sealed any more: a look-up may be on its way that still names them. */
  readonly #erased = new Set<string>();

  constructor(keys: SiteKeys, random: RandomBytes) {
    this.#keys = keys;
    this.#random = random;
  }

  /** The key under which an account is looked up. */
  lookup(accountId: string): Buffer {
    return keyedHash(this.#keys.hashing, "account", accountId);
  }

  /** An actor that was made here, or was used lately. */
  recent(lookup: Buffer): Actor | undefined {
    const name = lookup.toString("latin1");
    return this.#made.get(name) ?? this.#cached.get(name);
  }

  /** The key of an actor that was made here and is not in the identity map yet. */
  madeKey(pseudonym: string): Uint8Array | undefined {
    return this.#madeByPseudonym.get(pseudonym)?.key;
  }

  /** Takes in an actor of the identity map; `undefined` if erased, or wrapped by another key. */
  known(lookup: Buffer, pseudonym: string, wrappedKey: Uint8Array): Actor | undefined {
    if (this.#erased.has(pseudonym)) return undefined;
    const key = this.unwrap(pseudonym, wrappedKey);
    if (key === undefined) return undefined;
    const actor = { pseudonym, key, entry: undefined };
    this.#cached.set(lookup.toString("latin1"), actor);
    if (this.#cached.size > actorsCachedMax) {
      const [oldest] = this.#cached.keys();
      this.#cached.delete(oldest as string);
    }
    return actor;
  }

  /** The key of an actor of the identity map. */
  unwrap(pseudonym: string, wrappedKey: Uint8Array): Buffer | undefined {
    return unwrapKey(this.#keys.keyEncryption, pseudonym, wrappedKey);
  }

  /** Makes a new actor. It is forgotten by {@link forget} if its first record is void. */
  make(lookup: Buffer): Actor {
    const pseudonym = `a_${this.#random(pseudonymBytes).toString("base64url")}`;
    const key = this.#random(keyBytes);
    const wrappedKey = wrapKey(this.#keys.keyEncryption, pseudonym, key, this.#random);
    const actor: Actor = { pseudonym, key, entry: { lookup, pseudonym, wrappedKey } };
    this.#made.set(lookup.toString("latin1"), actor);
    this.#madeByPseudonym.set(pseudonym, actor);
    return actor;
  }

  /** An actor was made and its record is void. */
  forget(lookup: Buffer): void {
    this.#drop(lookup.toString("latin1"));
  }

  /** The identity map has the actor now. */
  stored(lookup: Uint8Array): void {
    this.#drop(Buffer.from(lookup).toString("latin1"));
  }

  /** Nobody is this actor from now on: their account is unknown, and their key is not used again. */
  erase(pseudonym: string): void {
    this.#erased.add(pseudonym);
    for (const actors of [this.#made, this.#cached]) {
      for (const [name, actor] of actors) {
        // Its bytes aren't overwritten: a part may wait to be sealed with them, and would be with zeros.
        if (actor.pseudonym === pseudonym) actors.delete(name);
      }
    }
    this.#madeByPseudonym.delete(pseudonym);
  }

  #drop(name: string): void {
    const actor = this.#made.get(name);
    if (actor !== undefined) this.#madeByPseudonym.delete(actor.pseudonym);
    this.#made.delete(name);
  }
}
