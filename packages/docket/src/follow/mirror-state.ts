// SPDX-License-Identifier: Apache-2.0
// What a mirror remembers of its own work, in `mirror.json` beside the copy. Nothing in it is trusted to say
// what the log holds: it only saves looking at what was looked at. Without it everything is checked again.
import { join } from "node:path";
import { parseTilePath, tileWidth } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";

/** What is known to be in place and durable. */
export type MirrorState = {
  /** Tiles of the tree of that many entries. */
  size: number;
  /** Bundles of that many entries, but for the missing ones; `undefined` where none are mirrored. */
  entries: number | undefined;
  /** Numbers of bundles that the server did not give, as ranges [first, end), ascending. */
  missing: readonly (readonly [number, number])[];
  /** Paths of partial tiles and bundles that may lie in the directory: removed once the full one is there. */
  partials: readonly string[];
};

/** The state of a directory without one. */
export const noState: MirrorState = { size: 0, entries: undefined, missing: [], partials: [] };

/** The longest state file, in bytes. */
const stateBytesMax = 16_777_216;

/**
 * Reads the state.
 *
 * @throws {DocketError} `directory_damaged` for what no mirror wrote
 */
export function readMirrorState(disk: Pick<LogDisk, "readFile">, directory: string): MirrorState | undefined {
  const path = statePath(directory);
  const bytes = disk.readFile(path);
  if (bytes === undefined) return undefined;
  const state = bytes.length > stateBytesMax ? undefined : parseState(bytes.toString("utf8"));
  if (state !== undefined) return state;
  throw new DocketError(
    "directory_damaged",
    `${path} is not what a mirror writes; remove it, and the next run checks every file again`,
  );
}

/** Writes the state, durably. */
export function writeMirrorState(
  disk: Pick<LogDisk, "replaceFile">,
  directory: string,
  state: MirrorState,
): void {
  disk.replaceFile(statePath(directory), Buffer.from(encodeState(state)), true);
}

/** The ranges that ascending numbers make. */
export function rangesOf(numbers: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === number) last[1] = number + 1;
    else ranges.push([number, number + 1]);
  }
  return ranges;
}

/** All numbers of ranges, ascending. */
export function numbersOf(ranges: MirrorState["missing"]): number[] {
  return ranges.flatMap(([first, end]) => Array.from({ length: end - first }, (_, at) => first + at));
}

function statePath(directory: string): string {
  return join(directory, "mirror.json");
}

function encodeState({ size, entries, missing, partials }: MirrorState): string {
  return `${JSON.stringify({ v: 1, size, entries: entries ?? null, missing, partials })}\n`;
}

function parseState(text: string): MirrorState | undefined {
  let state: MirrorState;
  try {
    const parsed = JSON.parse(text) as Omit<MirrorState, "entries"> & { entries: number | null };
    const { size, entries, missing, partials } = parsed;
    state = { size, entries: entries ?? undefined, missing, partials };
    // Written again, whatever else there is shows.
    if (encodeState(state) !== text) return undefined;
  } catch {
    return undefined;
  }
  const { size, entries, missing, partials } = state;
  if (!Array.isArray(missing) || !Array.isArray(partials)) return undefined;
  if (![size, entries ?? 0].every(isCount) || !partials.every(isPartialPath)) return undefined;
  let after = 0;
  for (const range of missing as unknown[]) {
    if (!Array.isArray(range) || range.length !== 2 || !range.every(isCount)) return undefined;
    const [first, end] = range as [number, number];
    if (first < after || end <= first || end > Math.ceil((entries ?? 0) / tileWidth)) return undefined;
    after = end;
  }
  return state;
}

function isPartialPath(path: unknown): boolean {
  const parsed = typeof path === "string" ? parseTilePath(path) : undefined;
  if (parsed === undefined) return false;
  return (parsed.kind === "hash" ? parsed.tile : parsed).width < tileWidth;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
