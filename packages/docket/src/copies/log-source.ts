// SPDX-License-Identifier: Apache-2.0
// Where a copy's records come from: the journal of the log while it holds them, else its files. With each
// lot comes what proves it: the checkpoint of its end, or a later one with a consistency proof.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  formatCheckpoint,
  formatSignature,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  sha256,
  tileWidth,
  utf8,
} from "@docket/tlog";
import type { Hash, Verifier } from "@docket/tlog";
import { encodePayload } from "../log/frame.ts";
import type { Batch, RecordFrames, SignedRoot } from "../log/frame.ts";
import type { LogPaths } from "../log/paths.ts";
import { LogReader } from "../log/reader.ts";
import type { DurableNews } from "../log/replica-gate.ts";
import { TreeFiles } from "../publication/tree-files.ts";
import type { Push } from "./contract.ts";
import { JournalTail } from "./journal-tail.ts";

/** About as many bytes of records go together at most. */
const pushBytesMax = 4_194_304;
/** Most records that go together out of the files. */
const filedRecordsMax = 16 * tileWidth;

const changeMark = '"kind":"key-change"';
const decisionMark = '"kind":"decision"';

/**
 * A lot of records. `namesFiles`: there are others than decisions among them, which may name files;
 * `erases`: something of the log is gone with them.
 */
export type Lot = Push & {
  namesFiles: boolean;
  erases: boolean;
  /** Out of the files: those hold no actors, which only the identity map has. */
  filed: boolean;
};

/** Reads a log that another thread, or process, may be writing. */
export class LogSource {
  readonly #origin: string;
  readonly #paths: LogPaths;
  readonly #tail: JournalTail;
  readonly #reader: LogReader;
  readonly #tree: TreeFiles;

  constructor(paths: LogPaths, origin: string) {
    this.#origin = origin;
    this.#paths = paths;
    this.#tail = new JournalTail(paths.journal, sha256(utf8(origin)));
    this.#reader = new LogReader(paths);
    this.#tree = new TreeFiles(paths.site);
  }

  /** The newest published checkpoint; `undefined` for a log without records. */
  published(): DurableNews | undefined {
    const checkpoint = readIfThere(this.#paths.checkpoint);
    return checkpoint === undefined ? undefined : { size: sizeOf(checkpoint), checkpoint };
  }

  /** The root of the first `size` records, if that many are published. */
  async rootAt(size: number): Promise<Hash | undefined> {
    return size <= (this.published()?.size ?? 0) ? this.#tree.root(size) : undefined;
  }

  /**
   * The next records from an index on.
   *
   * @param newest what is durable, with its checkpoint; nothing beyond it is read
   * @returns `undefined` if they can't be had now, and may be a moment later
   */
  async next(from: number, newest: DurableNews): Promise<Lot | undefined> {
    if (from >= newest.size) return undefined;
    const journalled = this.#journalled(from, newest);
    if (journalled !== undefined) return this.#proven(journalled, newest);
    const published = this.published();
    if (published === undefined || published.size <= from) return undefined;
    return this.#filed(from, published);
  }

  close(): void {
    this.#tail.close();
  }

  // Up to the newest, up to a change of keys, or until there is enough.
  #journalled(from: number, newest: DurableNews): Gathered | undefined {
    const gathered: Gathered = { firstIndex: from, records: [], bytes: 0, end: from, signed: undefined };
    while (gathered.end < newest.size) {
      const batch = this.#tail.batchOf(gathered.end);
      if (batch === undefined) break;
      const skipped = gathered.end - batch.firstIndex;
      if (gathered.end > from && skipped === 0 && batch.signed.size === gathered.end) {
        gathered.signed = batch.signed;
      }
      if (gathered.end > from && (gathered.bytes > pushBytesMax || changesKeys(gathered.records.at(-1))))
        break;
      const records = batch.records.slice(skipped, newest.size - batch.firstIndex);
      gathered.records.push(...records);
      gathered.bytes += bytesOf(batch);
      gathered.end += records.length;
      gathered.signed = undefined;
    }
    return gathered.end === from ? undefined : gathered;
  }

  async #proven(gathered: Gathered, newest: DurableNews): Promise<Lot | undefined> {
    const { end, signed, records } = gathered;
    const kept = changesKeys(records.at(-1))
      ? readIfThere(join(this.#paths.keptCheckpoints, String(end)))
      : undefined;
    if (kept !== undefined) return lotOf(gathered, kept, []);
    if (end === newest.size) return lotOf(gathered, newest.checkpoint, []);
    const note = signed === undefined ? undefined : this.#noteOf(signed);
    if (note !== undefined) return lotOf(gathered, note, []);
    const published = this.published();
    if (published === undefined || published.size < end) return undefined;
    return lotOf(gathered, published.checkpoint, await this.#tree.consistency(end, published.size));
  }

  async #filed(from: number, published: DurableNews): Promise<Lot> {
    const kept = this.#keptFrom(from + 1);
    const covering = kept ?? published;
    const last = Math.min(covering.size, Math.floor(from / tileWidth) * tileWidth + filedRecordsMax);
    const records: RecordFrames[] = [];
    let bytes = 0;
    for (let index = from; index < last && bytes < pushBytesMax; index++) {
      const { leaf, parts } = await this.#reader.record(index, published.size);
      const record = {
        leaf: Buffer.from(leaf),
        manifest: parts?.manifest,
        parts: parts?.parts ?? [],
        actors: [],
      };
      records.push(record);
      bytes += record.parts.reduce((sum, part) => sum + part.bytes.length, record.leaf.length);
      if (changesKeys(record)) break;
    }
    const end = from + records.length;
    const proof = await this.#tree.consistency(end, covering.size);
    const lot = lotOf(
      { firstIndex: from, records, bytes, end, signed: undefined },
      covering.checkpoint,
      proof,
    );
    return { ...lot, filed: true };
  }

  // The smallest kept checkpoint from a size on: it bears the keys that were in force there.
  #keptFrom(least: number): DurableNews | undefined {
    const sizes = readdirSync(this.#paths.keptCheckpoints)
      .filter((name) => /^\d{1,16}$/.test(name))
      .map(Number)
      .filter((size) => size >= least);
    if (sizes.length === 0) return undefined;
    const size = sizes.reduce((a, b) => Math.min(a, b));
    const checkpoint = readIfThere(join(this.#paths.keptCheckpoints, String(size)));
    return checkpoint === undefined ? undefined : { size, checkpoint };
  }

  // The journal has bare signatures: the key is the one that it verifies under.
  #noteOf({ size, root, signature }: SignedRoot): Uint8Array | undefined {
    const text = formatCheckpoint({ origin: this.#origin, size, root: root as Hash, extensions: [] });
    const signer = this.#verifiers().find((verifier) => verifier.verify(utf8(text), signature));
    if (signer === undefined) return undefined;
    return utf8(`${text}\n${formatSignature({ name: signer.name, keyId: signer.keyId, signature })}`);
  }

  #verifiers(): Verifier[] {
    const bytes = readIfThere(join(this.#paths.site, "keys.json"));
    if (bytes === undefined) return [];
    const { periods } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { periods: { keys: string[] }[] };
    return periods
      .flatMap(({ keys }) => keys.map(parseVerifierKey))
      .filter(({ algorithm }) => algorithm === "ed25519");
  }
}

/** Records that go together. */
type Gathered = {
  firstIndex: number;
  records: RecordFrames[];
  bytes: number;
  end: number;
  /** What was signed at their end, if the journal says so. */
  signed: SignedRoot | undefined;
};

function lotOf({ firstIndex, records }: Gathered, checkpoint: Uint8Array, proof: readonly Uint8Array[]): Lot {
  const says = (record: RecordFrames, mark: string): boolean => textOf(record).includes(mark);
  return {
    firstIndex,
    count: records.length,
    payload: encodePayload(records),
    checkpoint,
    proof,
    namesFiles: records.some((record) => !says(record, decisionMark)),
    filed: false,
    erases: records.some((record) => /"kind":"(erasure|retention)"/.test(textOf(record))),
  };
}

function bytesOf({ records }: Batch): number {
  return records.reduce(
    (sum, { leaf, parts }) => parts.reduce((all, part) => all + part.bytes.length, sum + leaf.length),
    0,
  );
}

function changesKeys(record: RecordFrames | undefined): boolean {
  return record !== undefined && textOf(record).includes(changeMark);
}

function textOf({ leaf }: RecordFrames): string {
  return Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).toString("latin1");
}

function sizeOf(note: Uint8Array): number {
  return parseCheckpoint(parseNote(note).text).size;
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
