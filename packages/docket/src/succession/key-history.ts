// SPDX-License-Identifier: Apache-2.0
// Which keys signed a log, and when: derived from its records, kept for everyone to read.
//
//   DIR/sites/main/keys.json   {"v":1,"origin":"…","periods":[{"from":0,"until":1833,"keys":["…"]},…]}
//
// A key change that is record i parts the log at size i + 1: the keys before sign checkpoints up to that
// size, those after it from that size on, so that the checkpoint of this one size bears both.
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import { decodeEntryBundle, entriesPath, tileWidth } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import { damaged } from "../log/materialised.ts";
import type { LogPaths } from "../log/paths.ts";

/**
 * Keys that were in force together. They sign checkpoints of the sizes `from` to `until`, both included;
 * `until` is null for those in force now. Verifier keys, Ed25519 first.
 */
export type KeyPeriod = { from: number; until: number | null; keys: string[] };

/** All periods of a log, the first one from size 0. */
export type KeyHistory = { origin: string; periods: readonly KeyPeriod[] };

/** Where a log's key history is kept. */
export function keyHistoryPath(paths: LogPaths): string {
  return join(paths.site, "keys.json");
}

/**
 * Reads the kept history.
 *
 * @returns `undefined` if there is none: logs made before there was one, until they are opened
 * @throws {DocketError} `directory_damaged` if it is not one of this log
 */
export function readKeyHistory(disk: LogDisk, paths: LogPaths, origin: string): KeyHistory | undefined {
  const path = keyHistoryPath(paths);
  const bytes = disk.readFile(path);
  if (bytes === undefined) return undefined;
  try {
    const content = JSON.parse(bytes.toString("utf8")) as KeyHistory & { v: unknown };
    if (content.v !== 1 || content.origin !== origin || content.periods.length === 0) throw new Error();
    return { origin, periods: content.periods };
  } catch (error) {
    throw new DocketError(
      "directory_damaged",
      `${path} is not this log's key history; remove it, and the next start makes it again from the log`,
      { cause: error },
    );
  }
}

/** Keeps a history, durably. */
export function writeKeyHistory(disk: LogDisk, paths: LogPaths, history: KeyHistory): void {
  const content = { v: 1, origin: history.origin, periods: history.periods };
  disk.replaceFile(keyHistoryPath(paths), Buffer.from(`${JSON.stringify(content)}\n`), true);
}

/** The history of a log whose keys were never changed. */
export function firstPeriod(origin: string, keys: readonly string[]): KeyHistory {
  return { origin, periods: [{ from: 0, until: null, keys: [...keys] }] };
}

/** The history after a change of keys that is record `index`. */
export function changeKeys(history: KeyHistory, index: number, keys: readonly string[]): KeyHistory {
  const size = index + 1;
  const earlier = history.periods.map((period) =>
    period.until === null ? { ...period, until: size } : period,
  );
  return { ...history, periods: [...earlier, { from: size, until: null, keys: [...keys] }] };
}

/** The keys in force now. */
export function currentKeys(history: KeyHistory): readonly string[] {
  return (history.periods.at(-1) as KeyPeriod).keys;
}

/** The keys that sign a checkpoint of this size: those of one period, or of two at a change. */
export function keysAt(history: KeyHistory, size: number): readonly string[] {
  return history.periods
    .filter((period) => period.from <= size && (period.until === null || size <= period.until))
    .flatMap((period) => period.keys);
}

/**
 * Makes the history again from the log's records. It reads all of them.
 *
 * @param size records that are published
 * @returns `undefined` for a log without records
 */
export function keyHistoryOfLog(
  disk: LogDisk,
  paths: LogPaths,
  origin: string,
  size: number,
): KeyHistory | undefined {
  let history: KeyHistory | undefined;
  for (let bundle = 0; bundle * tileWidth < size; bundle++) {
    const width = Math.min(tileWidth, size - bundle * tileWidth);
    for (const [place, entry] of readBundle(disk, paths, bundle, width).entries()) {
      const index = bundle * tileWidth + place;
      const text = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
      if (index > 0 && !text.includes(changeMark)) continue;
      const record = parseLeaf(text.toString("utf8"));
      if (record.kind === "created") {
        const { key, mlDsaKey } = record;
        history = firstPeriod(origin, mlDsaKey === undefined ? [key] : [key, mlDsaKey]);
      } else if (record.kind === "key-change" && history !== undefined) {
        history = changeKeys(history, index, record.new);
      }
    }
  }
  return history;
}

const changeMark = '"kind":"key-change"';

function readBundle(disk: LogDisk, paths: LogPaths, bundle: number, width: number): Uint8Array[] {
  for (const each of [width, tileWidth]) {
    const bytes = disk.readFile(join(paths.site, entriesPath(bundle, each)));
    if (bytes !== undefined) return decodeEntryBundle(bytes, each).slice(0, width);
  }
  throw damaged(`${entriesPath(bundle, width)} is missing`);
}
