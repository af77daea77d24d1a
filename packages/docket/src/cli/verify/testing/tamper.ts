// SPDX-License-Identifier: Apache-2.0
// Ways to damage a data directory, one at a time, each of which verification must find and name. The test of
// this folder samples them; `npm run campaign:tamper` takes as many as it is told.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** One change to a directory: in which file, what was done, and how to undo it. */
export type Mutation = { kind: MutationKind; file: string; what: string; undo(): void };
/** What is done to a file. */
export type MutationKind = "flip" | "truncate" | "append" | "delete" | "swap" | "extra";

/** A source of numbers below `limit`, printed seed and all. */
export type Dice = (limit: number) => number;

/** xorshift32: enough to choose positions, the same on every machine. */
export function dice(seed: number): Dice {
  let state = (seed | 0) === 0 ? 1 : seed | 0;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** The files that a verifier answers for, relative to the data directory. */
export function checkedFiles(data: string): string[] {
  const names = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(data, join(entry.parentPath, entry.name)));
  return names.filter((name) => name.startsWith("sites/main/") || name === "log.vkey").sort();
}

/** Flips one bit. */
export function flip(data: string, file: string, offset: number, bit: number): Mutation {
  return change(data, file, "flip", `bit ${bit} of byte ${offset}`, (bytes) => {
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
    return bytes;
  });
}

/** Cuts a file to `length` bytes. */
export function truncate(data: string, file: string, length: number): Mutation {
  return change(data, file, "truncate", `to ${length} bytes`, (bytes) => bytes.subarray(0, length));
}

/** Appends a byte. */
export function append(data: string, file: string, byte: number): Mutation {
  return change(data, file, "append", `byte ${byte}`, (bytes) => Buffer.concat([bytes, Buffer.of(byte)]));
}

/** Deletes a file. */
export function remove(data: string, file: string): Mutation {
  const bytes = readFileSync(join(data, file));
  rmSync(join(data, file));
  return { kind: "delete", file, what: "deleted", undo: () => writeFileSync(join(data, file), bytes) };
}

/** Exchanges two files. */
export function swap(data: string, file: string, other: string): Mutation {
  const exchange = (): void => {
    renameSync(join(data, file), join(data, `${file}.swapped`));
    renameSync(join(data, other), join(data, file));
    renameSync(join(data, `${file}.swapped`), join(data, other));
  };
  exchange();
  return { kind: "swap", file, what: `with ${other}`, undo: exchange };
}

/** Puts a file where none belongs. */
export function extra(data: string, file: string): Mutation {
  writeFileSync(join(data, file), "extra");
  return { kind: "extra", file, what: "added", undo: () => rmSync(join(data, file)) };
}

/**
 * Whether a byte says nothing that anybody vouches for: the time in a row of the last day's checkpoints,
 * within a day.
 */
export function isNobodysWord(file: string, offset: number): boolean {
  return file.startsWith("sites/main/recent/") && offset % 112 >= 8 && offset % 112 < 16;
}

function change(
  data: string,
  file: string,
  kind: MutationKind,
  what: string,
  edit: (bytes: Buffer) => Uint8Array,
): Mutation {
  const path = join(data, file);
  const bytes = readFileSync(path);
  writeFileSync(path, edit(Buffer.from(bytes)));
  return { kind, file, what, undo: () => writeFileSync(path, bytes) };
}

/**
 * Whether a file may be gone without anybody being able to tell: partial tiles and bundles of earlier sizes,
 * which a reader of the checkpoint never asks for, and kept checkpoints and those of the last day, of which
 * nothing says that they were kept.
 */
export function mayBeGone(file: string, size: number): boolean {
  if (/^sites\/main\/(checkpoints|recent)\//.test(file)) return true;
  const match = /^sites\/main\/tile\/(\d+|entries)\/.*\.p\/(\d+)$/.exec(file);
  if (match === null) return false;
  const level = match[1] === "entries" ? 0 : Number(match[1]);
  return Number(match[2]) !== Math.floor(size / 256 ** level) % 256;
}
