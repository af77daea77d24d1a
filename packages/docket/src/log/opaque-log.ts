// SPDX-License-Identifier: Apache-2.0
// A log of opaque entries: bytes that others give, in the order in which they came, under a tree that anyone
// can check. It holds no records, so it has no chain and no parts.
import { setTimeout as sleep } from "node:timers/promises";
import { entryBytesMax } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { overload } from "./admission.ts";
import type { AdmissionLimits } from "./admission.ts";
import { errorOf } from "./failure.ts";
import { entryFrameBytes, writeEntryFrame } from "./frame.ts";
import { LogThreads } from "./log-threads.ts";
import type { LogOpening, LogOptions, LogStatus } from "./log-threads.ts";
import type { Failure } from "./messages.ts";

/** Most that waits to be made durable, and most that is durable and not published: entries, and bytes. */
const limits: AdmissionLimits = {
  waiting: 32_768,
  waitingBytes: 134_217_728,
  unpublished: 1_000_000,
  unpublishedBytes: 268_435_456,
  // A start after a crash reads them from the journal.
  unsynced: 1_000_000,
};
/** Most bytes of entries that are packed together; what comes after goes into another pack. */
const packBytesMax = 1_048_576;
const packBytesMin = 4096;
/** How long a close waits for the sync after which journal segments go, in ms; it syncs once more anyway. */
const closingSyncMs = 5000;

type Waiting = { bytes: number; resolve: (index: number) => void; reject: (error: DocketError) => void };

/** An open opaque log. */
export class OpaqueLog {
  readonly #threads: LogThreads;
  #waiting: Waiting[] = [];
  /** Where in `#waiting` the oldest one that is not answered stands. */
  #answered = 0;
  #waitingBytes = 0;
  #pack: Buffer = newPack(packBytesMin);
  #packed = 0;
  #count = 0;
  #scheduled = false;
  #generation = 0;

  private constructor(threads: LogThreads) {
    this.#threads = threads;
    threads.handle({
      onAnswer: (message) => {
        if (message.kind === "added") this.#answer(message.firstIndex, message.count);
      },
      onVoid: (failure) => this.#void(failure),
    });
    // Nothing else holds on to the journal's segments.
    // A segment that could not be removed is removed after the next start.
    threads.onSynced((size) => void threads.release(size).catch(() => undefined));
  }

  /**
   * Opens a log: recovers it, and publishes what a crash left unpublished.
   *
   * @throws {DocketError} `directory_damaged` if anything but a torn tail is wrong
   */
  static async open(options: LogOptions): Promise<OpaqueLog> {
    return new OpaqueLog(await LogThreads.open(options, true));
  }

  /** What opening it found. */
  get opening(): LogOpening {
    return this.#threads.opening;
  }

  /** How the log fares. */
  get status(): Readonly<LogStatus> {
    return { ...this.#threads.status, waiting: this.#waiting.length - this.#answered };
  }

  /**
   * Appends an entry. Resolves with its index when it is durable; a root covers it a moment later, and a
   * published checkpoint within 100 ms ({@link published} waits for it).
   *
   * @param entry at most 65,535 bytes; they are copied before this returns
   * @throws {DocketError} `body_too_large`; `overloaded` at once when too much waits; `sealing_failed` when
   *   the batch was void; `log_closed` when the log writes no more
   */
  append(entry: Uint8Array): Promise<number> {
    const refusal = this.#refusal(entry);
    if (refusal !== undefined) return Promise.reject(refusal);
    const length = entryFrameBytes(entry.length);
    this.#waitingBytes += length;
    if (this.#packed + length > this.#pack.length) this.#makeRoom(length);
    this.#packed = writeEntryFrame(this.#pack, this.#packed, entry);
    this.#count++;
    if (!this.#scheduled) {
      // Entries go together that came of all that was ready to be read: to wake a thread costs more than
      // they do.
      this.#scheduled = true;
      const send = (): void => {
        this.#scheduled = false;
        this.#send();
      };
      // Where nothing is under way there is nothing to wait for but what comes in the same breath.
      if (this.#waiting.length === this.#answered) queueMicrotask(send);
      else setImmediate(send);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: length, resolve, reject });
    });
  }

  /** Calls back whenever a checkpoint is published, with its size. */
  onPublished(listener: (size: number) => void): void {
    this.#threads.onPublished(listener);
  }

  /**
   * Resolves when the published checkpoint covers `size` entries. Rejects when publication has ended; with
   * `impatient` also when it stands still, for example because the disk is full.
   */
  published(size: number, impatient = false): Promise<void> {
    return this.#threads.published(size, impatient);
  }

  /** Publishes and syncs everything that is durable now. Rejects if publication is faulty. */
  sync(): Promise<void> {
    return this.#threads.sync();
  }

  /** Makes durable what waits, publishes and syncs everything, and ends both threads. */
  close(): Promise<void> {
    return this.#threads.close(
      () => this.#send(),
      // Journal segments go when the sequencer hears of a sync, so there is one before it ends.
      async () => {
        const late = new AbortController();
        const synced = this.sync().catch(() => undefined);
        await Promise.race([synced, sleep(closingSyncMs, undefined, late).catch(() => undefined)]);
        late.abort();
      },
    );
  }

  #refusal(entry: Uint8Array): DocketError | undefined {
    if (entry.length > entryBytesMax) {
      return new DocketError(
        "body_too_large",
        `an entry of ${entry.length} bytes; at most ${entryBytesMax} fit into a log of C2SP tlog-tiles`,
      );
    }
    const waiting = this.#waiting.length - this.#answered;
    const load = { ...this.#threads.load, waiting, waitingBytes: this.#waitingBytes };
    // Nothing in this log comes before anything else.
    return this.#threads.refusal() ?? overload(limits, load, "system");
  }

  #makeRoom(length: number): void {
    if (this.#packed + length > packBytesMax) this.#send();
    if (this.#packed + length <= this.#pack.length) return;
    const larger = newPack(Math.max(2 * this.#pack.length, this.#packed + length));
    this.#pack.copy(larger, 0, 0, this.#packed);
    this.#pack = larger;
  }

  #send(): void {
    if (this.#count === 0) return;
    const payload = this.#pack.subarray(0, this.#packed);
    const message = { kind: "add", generation: this.#generation, payload, count: this.#count } as const;
    this.#threads.send(message, [this.#pack.buffer as ArrayBuffer]);
    // The next pack is about as long.
    this.#pack = newPack(Math.min(packBytesMax, Math.max(packBytesMin, this.#packed)));
    this.#packed = 0;
    this.#count = 0;
  }

  #answer(firstIndex: number, count: number): void {
    const from = this.#answered;
    let answered = 0;
    for (let place = 0; place < count; place++) {
      const { bytes, resolve } = this.#waiting[from + place] as Waiting;
      answered += bytes;
      resolve(firstIndex + place);
    }
    this.#answered = from + count;
    this.#waitingBytes -= answered;
    this.#threads.answered(firstIndex + count, answered);
    // To shift a long array for each answer would take longer than the answers.
    if (this.#answered < this.#waiting.length && this.#answered < 1024) return;
    this.#waiting = this.#waiting.slice(this.#answered);
    this.#answered = 0;
  }

  #void(failure: Failure): void {
    this.#generation++;
    this.#packed = 0;
    this.#count = 0;
    const gone = this.#waiting.slice(this.#answered);
    this.#waiting = [];
    this.#answered = 0;
    this.#waitingBytes = 0;
    for (const waiting of gone) waiting.reject(errorOf(failure));
  }
}

// Memory of its own, because it moves to another thread.
function newPack(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(bytes);
}
