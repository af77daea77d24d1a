// SPDX-License-Identifier: Apache-2.0
// Reads the journal for verification: every segment, every batch, every frame, and what is wrong with them in
// themselves. It keeps no state of its own and changes nothing; unlike recovery it also says where a segment
// that nobody needs any more is damaged.
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import { hashesEqual, leafHash } from "@docket/tlog";
import { checkSealedParts, VerifyError } from "@docket/verify";
import type { Fault, RecordCopy, RootClaim, TailRecord, WriterState } from "@docket/verify";
import type { LogDisk } from "../../log/disk.ts";
import { decodeBatch, decodeSegmentHeader, findBatch, segmentHeaderBytes } from "../../log/frame.ts";
import type { Batch, RecordFrames } from "../../log/frame.ts";
import { parseSegmentName } from "../../log/paths.ts";

/** What the journal holds; `firstIndex` is that of its first record. */
export type JournalScan = Omit<WriterState, "materialisedSize"> & { firstIndex: number | undefined };

/**
 * Reads all segments, one at a time.
 *
 * @returns `undefined` if a segment vanished meanwhile, because its records were published: read again
 */
export function scanJournal(
  disk: Pick<LogDisk, "list" | "readFile">,
  directory: string,
  originHash: Uint8Array,
  asked: JournalQuestion,
): JournalScan | undefined {
  const scan = newScan(asked);
  let last: number | undefined;
  for (const name of disk.list(directory)) {
    const place = `journal/${name}`;
    const sequence = parseSegmentName(name);
    if (sequence === undefined) {
      scan.fault("files", place, "it is no segment of a journal");
      continue;
    }
    if (last !== undefined && sequence !== last + 1) {
      scan.fault("journal", place, `segments between number ${last} and ${sequence} are missing`);
    }
    last = sequence;
    const bytes = readSegment(disk, join(directory, name));
    if (bytes === undefined) return undefined;
    if (bytes === "too long") scan.fault("journal", place, "it is longer than any segment");
    else scanSegment(scan, place, bytes, originHash);
  }
  settleTails(scan);
  const { faults, notes, roots, copies, tail, end, torn, firstIndex } = scan;
  return { faults, notes, roots, copies: [...copies.values()], tail, end, torn, firstIndex };
}

/** What is wanted of the journal's records. */
export type JournalQuestion = {
  /** Records that the checkpoint covers: later ones are kept whole, of earlier ones the leaf's hash. */
  size: number;
  /** Records that are synced everywhere: of later ones the parts are kept too. */
  materialised: number;
  /** Whether the entries are bytes and no records. */
  opaque: boolean;
};

type Tail = { place: string; offset: number; end: number; reason: string; bytes: Buffer; segment: number };

type Scan = JournalQuestion & {
  faults: Fault[];
  notes: string[];
  roots: RootClaim[];
  copies: Map<number, RecordCopy>;
  tail: TailRecord[];
  firstIndex: number | undefined;
  end: number;
  torn: WriterState["torn"];
  /** Bytes after the last intact batch of a segment, to be explained when all segments are known. */
  tails: Tail[];
  /** The indexes at which segments and batches begin and end. */
  borders: { index: number; segment: number }[];
  segments: number;
  fault(check: Fault["check"], place: string, reason: string, at?: { index?: number; offset?: number }): void;
};

function newScan(asked: JournalQuestion): Scan {
  const faults: Fault[] = [];
  return {
    ...asked,
    faults,
    notes: [],
    roots: [],
    copies: new Map(),
    tail: [],
    firstIndex: undefined,
    end: 0,
    torn: undefined,
    tails: [],
    borders: [],
    segments: 0,
    fault(check, place, reason, { index, offset } = {}) {
      faults.push({ check, place, index: index ?? null, offset: offset ?? null, reason });
    },
  };
}

function readSegment(disk: Pick<LogDisk, "readFile">, path: string): Buffer | "too long" | undefined {
  try {
    return disk.readFile(path);
  } catch (error) {
    if (error instanceof VerifyError && error.code === "size") return "too long";
    throw error;
  }
}

function scanSegment(scan: Scan, place: string, bytes: Buffer, originHash: Uint8Array): void {
  scan.segments += 1;
  const header = decodeSegmentHeader(bytes, originHash);
  if (header === undefined) {
    // A crash leaves a segment that was begun and not synced short, or long enough and without content.
    if (bytes.length < segmentHeaderBytes || bytes.every((byte) => byte === 0)) {
      const reason = "the segment's header is cut short";
      scan.tails.push({ place, offset: 0, end: scan.end, reason, bytes, segment: scan.segments });
    } else {
      scan.fault("journal", place, "it does not begin with a segment header of this log", { offset: 0 });
    }
    return;
  }
  scan.firstIndex ??= header.firstIndex;
  if (scan.end === 0) scan.end = scan.firstIndex;
  if (header.firstIndex > scan.end) {
    const before = scan.tails.at(-1)?.segment === scan.segments - 1 ? scan.tails.pop() : undefined;
    const missing = `the records from ${scan.end} to ${header.firstIndex - 1} are missing`;
    if (before === undefined) scan.fault("journal", place, missing, { index: scan.end, offset: 0 });
    else
      scan.fault("journal", before.place, `${before.reason}; ${missing}`, {
        index: scan.end,
        offset: before.offset,
      });
  }
  scan.borders.push({ index: header.firstIndex, segment: scan.segments });
  scanBatches(scan, place, bytes, header);
}

function scanBatches(
  scan: Scan,
  place: string,
  bytes: Buffer,
  { firstIndex, salt }: { firstIndex: number; salt: number },
): void {
  let offset = segmentHeaderBytes;
  let end = firstIndex;
  for (;;) {
    const read = decodeBatch(bytes, offset, salt);
    if (read.kind === "end") break;
    if (read.kind === "bad") {
      const next = findBatch(bytes, offset + 1, salt);
      if (next === undefined) {
        const rest = bytes.subarray(offset);
        scan.tails.push({ place, offset, end, reason: read.reason, bytes: rest, segment: scan.segments });
      } else {
        scan.fault("journal", place, `${read.reason}, and an intact batch follows at byte ${next}`, {
          index: end,
          offset,
        });
      }
      break;
    }
    const { batch } = read;
    if (batch.firstIndex !== end) {
      scan.fault("journal", place, `a batch begins at record ${batch.firstIndex}, not ${end}`, {
        index: end,
        offset,
      });
      break;
    }
    addBatch(scan, place, offset, batch);
    end += batch.records.length;
    offset += read.bytes;
    scan.borders.push({ index: end, segment: scan.segments });
  }
  scan.end = Math.max(scan.end, end);
}

function addBatch(scan: Scan, place: string, offset: number, batch: Batch): void {
  const { size, root, signature } = batch.signed;
  if (size > 0) scan.roots.push({ check: "journal", place, offset, size, root, signature });
  if (size > batch.firstIndex) {
    scan.fault(
      "journal",
      place,
      `a batch from record ${batch.firstIndex} on names a later root, of ${size}`,
      { offset },
    );
  }
  for (const [at, record] of batch.records.entries())
    addRecord(scan, place, offset, batch.firstIndex + at, record);
}

function addRecord(scan: Scan, place: string, offset: number, index: number, record: RecordFrames): void {
  const hash = leafHash(record.leaf);
  const { leaf, manifest, parts } = record;
  const copy = scan.copies.get(index);
  const before = copy ?? scan.tail[index - scan.size];
  const known = copy?.hash ?? scan.tail[index - scan.size]?.leaf;
  if (before !== undefined && known !== undefined && !hashesEqual(known, copy === undefined ? leaf : hash)) {
    // Which of the two was changed is not known here.
    const reason = `record ${index} stands in ${before.place} and in ${place}, and differs`;
    scan.fault("journal", "journal", reason, { index });
  }
  // Beyond the checkpoint the whole record is compared later, together with its place in the chain.
  if (index >= scan.size) {
    if (index === scan.size + scan.tail.length)
      scan.tail.push({ index, place, offset, leaf, manifest, parts });
    return;
  }
  const reason = scan.opaque ? undefined : wrongWith(record);
  if (reason !== undefined) scan.fault("journal", place, reason, { index, offset });
  const sealed = index < scan.materialised ? undefined : { manifest, parts };
  scan.copies.set(index, { index, place, offset, hash, sealed });
}

function wrongWith({ leaf, manifest, parts }: RecordFrames): string | undefined {
  try {
    return checkSealedParts(parseLeaf(Buffer.from(leaf).toString("utf8")), manifest, parts);
  } catch (error) {
    return (error as Error).message;
  }
}

// A bad end of a segment is a torn tail if a crash explains it: nothing was appended after it or, in a
// segment that recovery left behind, a later one goes on exactly where the intact records end, and with other
// records.
function settleTails(scan: Scan): void {
  for (const { place, offset, end, reason, bytes, segment } of scan.tails) {
    const later = scan.borders.filter((border) => border.segment > segment).map((border) => border.index);
    if (later.every((index) => index <= end)) {
      scan.torn ??= { place, offset, reason };
      continue;
    }
    const sealed = scan.tail[end - scan.size];
    const pieces = [sealed?.leaf, sealed?.manifest].filter((piece) => piece !== undefined);
    if (later.includes(end) && !pieces.some((piece) => bytes.includes(Buffer.from(piece)))) {
      scan.notes.push(`${place} at byte ${offset}: ${reason}; a crash left it, and recovery passed over it`);
    } else {
      scan.fault("journal", place, `${reason}, and later records stand elsewhere`, { index: end, offset });
    }
  }
}
