// SPDX-License-Identifier: Apache-2.0
// What can be done to any file without knowing what is in it.
import { bytesOf, contentOf, edited, editedFile, pick, placesOf } from "./mutation.ts";
import type { MutationKind } from "./mutation.ts";
import type { Base } from "./bases.ts";
import type { Random } from "../seeded-random.ts";

/** All of them. */
export const fileKinds: readonly MutationKind[] = [
  ofFile("one bit flipped", 40, (bytes, random) => {
    const at = random.below(bytes.length);
    return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  }),
  ofFile("one byte replaced", 10, (bytes, random) =>
    withByte(bytes, random.below(bytes.length), random.below(256)),
  ),
  ofFile("some bytes replaced", 8, (bytes, random) => {
    const at = random.below(bytes.length);
    const run = bytesOf(random, Math.min(bytes.length - at, 1 + random.below(64)));
    return Buffer.concat([bytes.subarray(0, at), run, bytes.subarray(at + run.length)]);
  }),
  ofFile("a sector zeroed", 4, (bytes, random) => {
    const at = 512 * random.below(Math.ceil(bytes.length / 512));
    return Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + 512));
  }),
  ofFile("bytes left out", 6, (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(64))]);
  }),
  ofFile("bytes put in", 6, (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), bytesOf(random, 1 + random.below(64)), bytes.subarray(at)]);
  }),
  ofFile("a file cut short", 8, (bytes, random) => bytes.subarray(0, random.below(bytes.length))),
  ofFile("a file lengthened", 6, (bytes, random) => {
    const zeros = random.below(4) === 0;
    const more = 1 + random.below(80);
    return Buffer.concat([bytes, zeros ? Buffer.alloc(more) : bytesOf(random, more)]);
  }),
  ofFile("a file removed", 6, () => undefined),
  { name: "two files swapped", weight: 6, make: swapped },
  { name: "a file replaced by another one", weight: 5, make: replaced },
  { name: "a file added", weight: 4, make: added },
];

function ofFile(
  name: string,
  weight: number,
  change: (bytes: Buffer, random: Random) => Uint8Array | undefined,
): MutationKind {
  return {
    name,
    weight,
    make: (base, random) => {
      const place = pick(random, placesOf(base)) ?? "";
      const bytes = contentOf(base, place);
      if (bytes === undefined || bytes.length === 0) return undefined;
      return editedFile(base, place, name, change(bytes, random));
    },
  };
}

function swapped(base: Base, random: Random): ReturnType<MutationKind["make"]> {
  const [one, other] = twoPlaces(base, random);
  const changes = new Map([
    [one, contentOf(base, other)],
    [other, contentOf(base, one)],
  ]);
  return edited(base, `${one} and ${other} swapped`, changes);
}

function replaced(base: Base, random: Random): ReturnType<MutationKind["make"]> {
  const [one, other] = twoPlaces(base, random);
  return editedFile(base, one, `replaced by ${other}`, contentOf(base, other));
}

/** Two of the same folder, three times in four. */
function twoPlaces(base: Base, random: Random): [string, string] {
  const all = placesOf(base);
  const one = pick(random, all) ?? "";
  const folder = one.replace(/[^/]*$/, "");
  const near = all.filter((place) => place !== one && place.startsWith(folder));
  const other = pick(random, random.below(4) > 0 && near.length > 0 ? near : all) ?? "";
  return [one, other];
}

const addedNames = (
  "tile/0/9 tile/0/099 tile/3/000 tile/entries/077 tile/0/000.p/255 tile/entries/000.p/255 tile/x " +
  "checkpoints/0 checkpoints/99999 checkpoints/01"
).split(" ");

function added(base: Base, random: Random): ReturnType<MutationKind["make"]> {
  const names = [
    ...addedNames,
    ...(base.shape.copy ? [] : ["journal/x", "releases/x"]),
    ...(base.shape.kind === "records" ? ["parts/099", "parts/x"] : []),
  ];
  const place = pick(random, names) ?? "";
  if (contentOf(base, place) !== undefined) return undefined;
  const other = contentOf(base, pick(random, placesOf(base)) ?? "");
  const bytes = random.below(2) === 0 ? bytesOf(random, random.below(100)) : other;
  return editedFile(base, place, "added", bytes ?? Buffer.alloc(0));
}

function withByte(bytes: Buffer, at: number, byte: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = byte;
  return changed;
}
