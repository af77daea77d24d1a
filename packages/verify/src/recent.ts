// SPDX-License-Identifier: Apache-2.0
// The published checkpoints of the last day: files of an hour each, `recent/<hours since 1970>`, with rows in
// the order of their sizes. They are read as the walk comes near, an hour at a time.
//
//     row = size (u64) || time of publication, ms since 1970 (u64) || root (32) || Ed25519 signature (64)
//
// The time is nobody's word: it is not signed, and only that it is of the file's day is checked.
// Rows are not synced: a crash may leave the last one of a file torn, or zeros.
import { readFile, addFault, faultAt } from "./findings.ts";
import type { Findings } from "./findings.ts";
import type { LogSource } from "./source.ts";

/** The length of a row, in bytes. */
export const rowBytes = 112;

const hourMs = 3_600_000;

/** How far back the time of a row may be, in hours, if the writer's clock was set back. */
const hoursBackMax = 24;

/** Longest file of an hour, in bytes: a hundred rows a second, ten times what a log publishes. */
export const hourBytesMax: number = rowBytes * 360_000;

/** One row, and where it stands. */
export type RecentRow = {
  size: number;
  root: Uint8Array;
  signature: Uint8Array;
  place: string;
  offset: number;
  /** The key that signed it, once a thread has found it. */
  signer: Promise<string | undefined> | undefined;
};

/** The rows: the hours that were not read yet, and the rows that were read and not compared. */
export type RecentRows = {
  hours: number[];
  pending: RecentRow[];
  /** How many of `pending` the walk has reached. */
  at: number;
  newestSize: number;
  checked: number;
  /** Records that there are, published or not: a row of more is wrong, and the first few are remembered. */
  readonly end: number;
  beyond: Pick<RecentRow, "size" | "place" | "offset">[];
  /** Finds the keys that signed these rows, in a thread: undefined where it found none. */
  judge: ((rows: readonly RecentRow[]) => Promise<(string | undefined)[]>) | undefined;
};

/** How many rows of more records than there are are remembered. */
const beyondMax = 10;

/** Nothing read yet. `hours` ascending. */
export function newRows(hours: readonly number[], end: number): RecentRows {
  return {
    hours: [...hours],
    pending: [],
    at: 0,
    newestSize: 0,
    checked: 0,
    end,
    beyond: [],
    judge: undefined,
  };
}

/** The next size at which a row waits. */
export function nextSizeOf(rows: RecentRows): number | undefined {
  return rows.pending[rows.at]?.size;
}

/** Takes the rows of a size that was reached. */
export function takeRows(rows: RecentRows, size: number): RecentRow[] {
  let count = 0;
  while (rows.pending[count]?.size === size) count += 1;
  if (count === 0) return [];
  rows.at -= count;
  return rows.pending.splice(0, count);
}

/** Reads hours until a row beyond `size` is known, or none is left. */
export async function readRowsUpTo(
  rows: RecentRows,
  size: number,
  source: LogSource,
  findings: Findings,
): Promise<void> {
  while (rows.hours.length > 0 && rows.newestSize < size) {
    const hour = rows.hours.shift() as number;
    const path = `recent/${hour}`;
    const bytes = await readFile(source, path, hourBytesMax, "recentCheckpoints", findings);
    if (bytes === undefined || bytes === "too long") continue;
    const added = rows.pending.length;
    addRows(rows, path, hour, bytes, findings);
    judgeRows(rows, rows.pending.slice(added));
  }
}

/** How many signatures a thread is asked for at once. */
const rowsPerRequest = 512;

function judgeRows({ judge }: RecentRows, added: readonly RecentRow[]): void {
  if (judge === undefined) return;
  for (let first = 0; first < added.length; first += rowsPerRequest) {
    const some = added.slice(first, first + rowsPerRequest);
    const answer = judge(some);
    for (const [i, row] of some.entries()) {
      row.signer = answer.then((signers) => signers[i]);
      // Whether anybody waits for it depends on how far the walk comes.
      row.signer.catch(() => undefined);
    }
  }
}

function addRows(
  rows: RecentRows,
  place: string,
  fileHour: number,
  bytes: Uint8Array,
  findings: Findings,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let firstTorn: number | undefined;
  for (let offset = 0; offset < bytes.length; offset += rowBytes) {
    const row = bytes.subarray(offset, offset + rowBytes);
    if (row.length < rowBytes || row.every((byte) => byte === 0)) {
      firstTorn ??= offset;
      continue;
    }
    const size = Number(view.getBigUint64(offset));
    const hour = Math.floor(Number(view.getBigUint64(offset + 8)) / hourMs);
    if (!(hour <= fileHour && hour >= fileHour - hoursBackMax)) {
      const reason = `its row of size ${size} is of another time`;
      addFault(findings, faultAt("recentCheckpoints", place, reason, { offset }));
    }
    if (!Number.isSafeInteger(size) || size <= rows.newestSize) {
      const reason = `its row of size ${size} does not follow that of ${rows.newestSize}`;
      addFault(findings, faultAt("recentCheckpoints", place, reason, { offset }));
      continue;
    }
    if (size > rows.end) {
      if (rows.beyond.length < beyondMax) rows.beyond.push({ size, place, offset });
      continue;
    }
    rows.newestSize = size;
    // Copies: views would keep the whole file.
    const [root, signature] = [new Uint8Array(row.subarray(16, 48)), new Uint8Array(row.subarray(48))];
    rows.pending.push({ size, root, signature, place, offset, signer: undefined });
  }
  if (firstTorn === undefined) return;
  const what = "a row that a crash cut short, or that is being written";
  findings.notes.push(`${place} at byte ${firstTorn}: ${what}`);
}
