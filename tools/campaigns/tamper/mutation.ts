// SPDX-License-Identifier: Apache-2.0
import type { SeenNote } from "@docket/verify";
import type { Image } from "../image.ts";
import type { Random } from "../seeded-random.ts";
import type { Base } from "./bases.ts";

/** One change to a log, and what verification has to say of it. */
export type Mutation = {
  /** What was done where, in words, to find it again. */
  what: string;
  image: Image;
  /** The places that may be blamed, as verification calls them: the files that were changed. */
  places: ReadonlySet<string>;
  /** The records that may be blamed, where one is; any, if it is left out. */
  records?: readonly [from: number, to: number];
  /**
   * What others have of the log as it was. Given only if the change is not found without; then it has to be
   * found, and this is the place that is blamed.
   */
  seen?: readonly SeenNote[];
};

/** A way to change a log. `make` gives `undefined` where it does not apply. */
export type MutationKind = {
  name: string;
  /** How often it is taken. */
  weight: number;
  make: (base: Base, random: Random) => Mutation | undefined;
};

/** Replaces files: a content, or `undefined` to remove one. Places are named as verification names them. */
export function edited(
  base: Base,
  what: string,
  changes: ReadonlyMap<string, Uint8Array | undefined>,
): Mutation | undefined {
  const files = new Map(base.image.files);
  let differs = false;
  for (const [place, bytes] of changes) {
    const path = pathOf(base, place);
    const before = files.get(path);
    differs ||= bytes === undefined ? before !== undefined : before?.equals(bytes) !== true;
    if (bytes === undefined) files.delete(path);
    else files.set(path, Buffer.from(bytes));
  }
  if (!differs) return undefined;
  return { what, image: { ...base.image, files }, places: new Set(changes.keys()) };
}

/** Replaces one file. */
export function editedFile(
  base: Base,
  place: string,
  what: string,
  bytes: Uint8Array | undefined,
): Mutation | undefined {
  return edited(base, `${place}: ${what}`, new Map([[place, bytes]]));
}

/** Where the file lies that verification calls so. */
export function pathOf({ root }: Base, place: string): string {
  return place === "log.vkey" ? "/data/log.vkey" : `${root}/${place}`;
}

/** The content of a file. */
export function contentOf(base: Base, place: string): ReturnType<Image["files"]["get"]> {
  return base.image.files.get(pathOf(base, place));
}

/** All files that verification answers for, by the names that it gives them. */
export function placesOf({ image, root }: Base): string[] {
  const places = [...image.files.keys()].flatMap((path) => {
    if (path === "/data/log.vkey") return ["log.vkey"];
    return path.startsWith(`${root}/`) ? [path.slice(root.length + 1)] : [];
  });
  return places.sort();
}

/** One of a list; `undefined` of an empty one. */
export function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list.length === 0 ? undefined : list[random.below(list.length)];
}

/** One of a list, by the weights of its elements. */
export function pickWeighted<T extends { weight: number }>(random: Random, list: readonly T[]): T {
  let at = random.below(list.reduce((sum, { weight }) => sum + weight, 0));
  for (const element of list) {
    at -= element.weight;
    if (at < 0) return element;
  }
  throw new Error("an empty list");
}

/** Bytes by chance. */
export function bytesOf(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}
