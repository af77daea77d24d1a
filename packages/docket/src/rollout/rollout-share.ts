// SPDX-License-Identifier: Apache-2.0
// For which actors a rule is in force that is rolled out to a part of them: a keyed hash gives each actor a
// place between 0 and 9,999, another one for each rule, and the rule is in force for those below its share.
// So it is the same actors each time, a larger share only adds to them, and nobody without the key can tell.
import { wholeShare } from "./chance.ts";

/** A hash under the site's key: at least 8 bytes, different for each purpose. */
export type KeyedHash = (purpose: string, value: string) => Uint8Array;

type Words = readonly [number, number];
type RolledOut = { readonly key: string; readonly share: number; readonly words: Words };

/** The rules that are in force for a part of the actors. */
export class RolloutShares {
  readonly #hash: KeyedHash;
  #rules: readonly RolledOut[] = [];

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /** What was adopted last. */
  get rollouts(): ReadonlyMap<string, number> {
    return new Map(this.#rules.map(({ key, share }) => [key, share]));
  }

  /** @param rollouts shares in basis points, by `policy/rule` */
  adopt(rollouts: ReadonlyMap<string, number>): void {
    this.#rules = [...rollouts].map(([key, share]) => ({
      key,
      share,
      words: wordsOf(this.#hash("rollout rule", key)),
    }));
  }

  /** The rules that are not in force for an actor. Costs one keyed hash, whatever the number of rules. */
  outside(actor: string): readonly string[] {
    if (this.#rules.length === 0) return noRules;
    const words = wordsOf(this.#hash("rollout actor", actor));
    const outside = this.#rules.filter((rule) => placeOf(rule.words, words) >= rule.share);
    return outside.map(({ key }) => key);
  }
}

const noRules: readonly string[] = [];

/** The place of an actor in the order in which a rule reaches them all, from 0 to 9,999. */
function placeOf(rule: Words, actor: Words): number {
  const first = mixed(rule[0] ^ actor[0]);
  return Math.floor((mixed((first + (rule[1] ^ actor[1])) | 0) * wholeShare) / 2 ** 32);
}

// The finaliser of MurmurHash3. Both sides are secret already; this only makes rules independent.
function mixed(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function wordsOf(hash: Uint8Array): Words {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  return [view.getUint32(0), view.getUint32(4)];
}
