// SPDX-License-Identifier: Apache-2.0
// `--from` and `--to`: which records a command is about, by their numbers or by when they were sealed.
import { parseLeaf, parseTime, ProtocolError } from "@docket/protocol";
import { fromUtf8, parseCheckpoint, parseNote, tileWidth, TlogError } from "@docket/tlog";
import { InvalidArgumentError, Option } from "commander";
import { DocketError } from "../error.ts";
import { readLeaves } from "../log/record-bundle.ts";
import type { ReadLogFile } from "../log/record-bundle.ts";

/** A record's number, or a time in ms since 1970: the first record that was sealed then or later. */
export type RecordBound = number | { readonly sealedMs: number };

/** From the first record on, up to the one after the last. */
export type RecordRange = { readonly from: number; readonly to: number };

/** An option that takes a bound. */
export function boundOption(flags: string, about: string): Option {
  return new Option(flags, about).argParser(parseBound);
}

/** @throws {InvalidArgumentError} for anything but a record's number, a day, or an RFC 3339 time */
export function parseBound(text: string): RecordBound {
  const index = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(index)) return index;
  const sealedMs = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (sealedMs !== undefined) return { sealedMs };
  throw new InvalidArgumentError(
    "Give a record's number, or when it was sealed: 2026-11-23, or 2026-11-23T10:00:00Z.",
  );
}

/**
 * The size of the log that a checkpoint file tells, 0 where there is none.
 *
 * @throws {DocketError} `directory_damaged` if it is no checkpoint
 */
export function checkpointSize(checkpoint: Uint8Array | undefined, path: string): number {
  if (checkpoint === undefined) return 0;
  try {
    return parseCheckpoint(parseNote(checkpoint).text).size;
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new DocketError("directory_damaged", `${path} is no checkpoint: ${error.message}`);
  }
}

/**
 * The records that two bounds name.
 *
 * @throws {DocketError} `usage` if there is none; `directory_damaged` if a time is asked for and a record on
 *   the way to it cannot be read
 */
export function recordRange(
  bounds: { readonly from?: RecordBound | undefined; readonly to?: RecordBound | undefined },
  size: number,
  read: ReadLogFile,
): RecordRange {
  const at = (bound: RecordBound): number =>
    typeof bound === "number" ? bound : firstSealedSince(bound.sealedMs, size, read);
  const from = at(bounds.from ?? 0);
  const end = at(bounds.to ?? size);
  const to = Math.min(end, size);
  if (from < to || (from === to && size === 0)) return { from, to };
  throw new DocketError("usage", `there is no record from ${from} to ${end}; the log holds ${size}`);
}

// Records' times never decrease, so that halving finds it; `size` where all are older.
function firstSealedSince(ms: number, size: number, read: ReadLogFile): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (sealedMs(middle, size, read) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sealedMs(index: number, size: number, read: ReadLogFile): number {
  const bundle = Math.floor(index / tileWidth);
  const leaves = readLeaves(read, bundle, Math.min(tileWidth, size - bundle * tileWidth));
  const leaf = leaves?.[index % tileWidth];
  let what = "its bundle is missing or malformed";
  try {
    const ms = leaf === undefined ? undefined : parseTime(parseLeaf(fromUtf8(leaf)).time);
    if (ms !== undefined) return ms;
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof TlogError)) throw error;
    what = error.message;
  }
  throw new DocketError(
    "directory_damaged",
    `record ${index} cannot be read, so there is no telling where a time lies: ${what}; give numbers`,
  );
}
