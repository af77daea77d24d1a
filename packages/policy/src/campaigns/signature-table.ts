// SPDX-License-Identifier: Apache-2.0
// Signatures that new ones are compared with, found by locality-sensitive hashing: a signature is filed under
// 64 bands of three bytes each, and one that agrees with another in 21 of 64 bytes or more nearly always
// shares a band with it. Typed arrays, since there may be a hundred thousand of them.
import { agreement, signatureWords } from "./shingles.ts";

/** How many of their 64 bytes two signatures must have in common, at least, to be of near-duplicates. */
export const joinAgreementMin = 21;
/** Bands that a signature is filed under. */
export const bandCount = 64;
/** How many signatures of a band are looked at, newest first. */
export const bandStepsMax = 64;

/** A signature that was found. */
export type Match = { readonly place: number; readonly agreement: number };

/** Finds near signatures. Each has an owner, a number that its user gives a meaning. */
export class SignatureTable {
  /** Signatures that are held. */
  size = 0;
  #headShift = 32 - initialHeadBits;
  #heads: Int32Array = new Int32Array(2 ** initialHeadBits).fill(none);
  #words: Int32Array = new Int32Array(initialCapacity * signatureWords);
  #owners: Int32Array = new Int32Array(initialCapacity).fill(none);
  /** In which order they came: higher numbers later. */
  #numbers: Float64Array = new Float64Array(initialCapacity);
  /** Of each band of each signature the next one in its chain, and the band's bytes: read together. */
  #links: Int32Array = new Int32Array(2 * initialCapacity * bandCount);
  #before: Int32Array = new Int32Array(initialCapacity * bandCount);
  #stamps: Int32Array = new Int32Array(initialCapacity);
  #stamp = 0;
  readonly #free: number[] = [];
  #used = 0;

  /** A copy of all signatures and of their numbers, by their places. */
  copy(): { readonly words: Int32Array; readonly numbers: Float64Array } {
    return { words: this.#words.slice(), numbers: this.#numbers.slice() };
  }

  get bytes(): number {
    const arrays = [this.#heads, this.#words, this.#owners, this.#numbers, this.#links, this.#before];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, this.#stamps.byteLength);
  }

  owner(place: number): number {
    return this.#owners[place] as number;
  }

  number(place: number): number {
    return this.#numbers[place] as number;
  }

  /** A copy of a signature's words. */
  signature(place: number): Int32Array {
    return this.#words.slice(place * signatureWords, (place + 1) * signatureWords);
  }

  /** How much a signature agrees with the one at a place. */
  agreement(place: number, signature: Int32Array): number {
    return agreement(this.#words, place * signatureWords, signature, 0);
  }

  /**
   * The signature that agrees most, and of several the one that came first; `undefined` if none agrees in
   * {@link joinAgreementMin} bytes.
   *
   * @param counts whether those of an owner count
   */
  nearest(signature: Int32Array, counts: (owner: number) => boolean): Match | undefined {
    const [links, stamps] = [this.#links, this.#stamps];
    const stamp = ++this.#stamp;
    let best = none;
    let most = joinAgreementMin;
    for (let band = 0; band < bandCount; band++) {
      const key = keyOf(signature, 0, band);
      let node = this.#heads[this.#chainOf(key, band)] as number;
      // Chains hold other keys too; how many of those depends on how much memory there is, and may not count.
      for (let steps = 0; node !== none && steps < bandStepsMax;) {
        const place = (node - band) / bandCount;
        const isEqual = links[2 * node + 1] === key;
        node = links[2 * node] as number;
        if (!isEqual) continue;
        steps += 1;
        if (stamps[place] === stamp) continue;
        stamps[place] = stamp;
        const agreed = this.agreement(place, signature);
        if (agreed < most || !counts(this.owner(place))) continue;
        if (agreed === most && best !== none && this.number(place) > this.number(best)) continue;
        [best, most] = [place, agreed];
      }
    }
    return best === none ? undefined : { place: best, agreement: most };
  }

  /**
   * Files a signature.
   *
   * @param number where it stands in the order in which signatures came
   * @returns its place
   */
  add(signature: Int32Array, owner: number, number: number): number {
    const place = this.#free.pop() ?? this.#used++;
    if (place >= this.#owners.length) this.#grow();
    this.#words.set(signature, place * signatureWords);
    this.#owners[place] = owner;
    this.#numbers[place] = number;
    this.#stamps[place] = 0;
    for (let band = 0; band < bandCount; band++) this.#file(place, band, number);
    this.size += 1;
    return place;
  }

  remove(place: number): void {
    for (let band = 0; band < bandCount; band++) {
      const node = place * bandCount + band;
      const next = this.#links[2 * node] as number;
      const before = this.#before[node] as number;
      if (before === none) this.#heads[this.#chainOf(this.#links[2 * node + 1] as number, band)] = next;
      else this.#links[2 * before] = next;
      if (next !== none) this.#before[next] = before;
    }
    this.#owners[place] = none;
    this.#free.push(place);
    this.size -= 1;
  }

  // Chains go from the newest to the oldest. Most signatures are the newest; those that are put back are not.
  #file(place: number, band: number, number: number): void {
    const key = keyOf(this.#words, place * signatureWords, band);
    const chain = this.#chainOf(key, band);
    let before = none;
    let next = this.#heads[chain] as number;
    while (next !== none && this.number((next - band) / bandCount) > number) {
      before = next;
      next = this.#links[2 * next] as number;
    }
    const node = place * bandCount + band;
    this.#links[2 * node] = next;
    this.#links[2 * node + 1] = key;
    this.#before[node] = before;
    if (next !== none) this.#before[next] = node;
    if (before === none) this.#heads[chain] = node;
    else this.#links[2 * before] = node;
  }

  // Each band has chains of its own: from a chain, the band of its nodes is known.
  #chainOf(key: number, band: number): number {
    const mixed = Math.imul(key ^ (key >>> 11), 0x9e3779b1);
    const chain = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> this.#headShift;
    return ((chain & ~(bandCount - 1)) | band) >>> 0;
  }

  #grow(): void {
    const capacity = 2 * this.#owners.length;
    this.#words = grown(this.#words, new Int32Array(capacity * signatureWords));
    this.#owners = grown(this.#owners, new Int32Array(capacity).fill(none));
    this.#numbers = grown(this.#numbers, new Float64Array(capacity));
    this.#links = grown(this.#links, new Int32Array(2 * capacity * bandCount));
    this.#before = grown(this.#before, new Int32Array(capacity * bandCount));
    this.#stamps = grown(this.#stamps, new Int32Array(capacity));
    this.#headShift -= 1;
    this.#heads = new Int32Array(2 ** (32 - this.#headShift)).fill(none);
    const places = [...this.#owners.keys()].filter((place) => this.#owners[place] !== none);
    places.sort((a, b) => this.number(a) - this.number(b));
    for (const place of places) {
      for (let band = 0; band < bandCount; band++) this.#file(place, band, this.number(place));
    }
  }
}

const none = -1;
const initialCapacity = 64;
/** One band to a chain where all places are used. */
const initialHeadBits = 12;

/**
 * The bytes of each band. In a signature, bytes at even places are of words, the others of pairs and
 * characters: half of the bands have one of words and two of the others, half of them two and one.
 */
const bandBytes: Uint8Array = Uint8Array.from(
  Array.from({ length: bandCount }, (_, band) => {
    const slot = band % 32;
    const words = (of: number): number => 2 * (of % 32);
    const others = (of: number): number => 2 * (of % 32) + 1;
    return band < 32
      ? [words(slot), others(7 * slot), others(7 * slot + 1)]
      : [words(slot), words(slot + 5), others(5 * slot + 7)];
  }).flat(),
);

/** The three bytes of a band. */
function keyOf(words: Int32Array, at: number, band: number): number {
  return (
    byteOf(words, at, bandBytes[3 * band] as number) |
    (byteOf(words, at, bandBytes[3 * band + 1] as number) << 8) |
    (byteOf(words, at, bandBytes[3 * band + 2] as number) << 16)
  );
}

function byteOf(words: Int32Array, at: number, byte: number): number {
  return ((words[at + (byte >>> 2)] as number) >>> ((byte & 3) << 3)) & 0xff;
}

function grown<Numbers extends { set(from: Numbers): void }>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
