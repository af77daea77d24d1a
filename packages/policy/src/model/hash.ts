// SPDX-License-Identifier: Apache-2.0
// The hash of features: 32 bits, over UTF-16 code units. Its values are part of the format of models.

/** Takes one code unit (or any 32-bit number) into a hash. */
export function hashStep(hash: number, unit: number): number {
  const mixed = Math.imul(hash ^ unit, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}

/** Ends a hash, so that each bit of it depends on all that was taken in (MurmurHash3's finaliser). */
export function hashEnd(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The hash of a whole text that starts from `seed`, not ended. */
export function hashText(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = hashStep(hash, text.charCodeAt(index));
  return hash;
}
