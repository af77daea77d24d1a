// SPDX-License-Identifier: Apache-2.0
// A log of records as the thread that answers sees it: append a record, wait until it is sealed. Sequencer
// and materialiser live in threads of their own; this side does no disk I/O.
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { overload } from "./admission.ts";
import type { AdmissionLimits, Priority } from "./admission.ts";
import { errorOf } from "./failure.ts";
import type { ActorEntry } from "./frame.ts";
import { LogThreads } from "./log-threads.ts";
import type { LogOpening, LogOptions, LogStatus } from "./log-threads.ts";
import type { Failure } from "./messages.ts";
import { recordBytes } from "./record-queue.ts";
import type { AppendRequest, Sealed } from "./sequencer.ts";

/** Longest body of a record, in bytes: with header and the parts' hash it stays below the longest leaf. */
export const bodyBytesMax = 65_000;
/** Most records that wait to be sealed; one more is refused at once. */
export const waitingRecordsMax = 8192;
/** Most records that are sealed and not published; then new ones are refused until publication catches up. */
export const unpublishedRecordsMax = 200_000;

/**
 * What is appended. `undo` takes back what the caller's memory has already made of it; `onSealed` is called
 * for each sealed record in the order of the log, before `append` resolves.
 */
export type Append = {
  body: string;
  parts: readonly PlainPart[];
  actors?: readonly ActorEntry[];
  /** Of a correction of the clock: see {@link AppendRequest}. */
  backMs?: number | undefined;
  undo?: (() => void) | undefined;
  onSealed?: (sealed: Sealed) => void;
  /** `normal` if nothing is said. */
  priority?: Priority | undefined;
};

/**
 * Most bytes, as {@link recordBytes} counts them, that wait to be sealed, and that are sealed and not
 * published.
 */
const waitingBytesMax = 134_217_728;
const unpublishedBytesMax = 268_435_456;
/** Most records whose files are not synced: a start after a crash reads them from the journal. */
const unsyncedRecordsMax = 500_000;
const limits: AdmissionLimits = {
  waiting: waitingRecordsMax,
  waitingBytes: waitingBytesMax,
  unpublished: unpublishedRecordsMax,
  unpublishedBytes: unpublishedBytesMax,
  unsynced: unsyncedRecordsMax,
};

type Waiting = {
  bytes: number;
  id: number;
  append: Append;
  resolve: (sealed: Sealed) => void;
  reject: (error: DocketError) => void;
};

/** An open log of records. */
export class Log {
  readonly #threads: LogThreads;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Of the last record that was answered in this run. */
  #lastTime: string | undefined;
  #unsent: AppendRequest[] = [];
  #generation = 0;
  #nextId = 1;

  private constructor(threads: LogThreads) {
    this.#threads = threads;
    threads.handle({
      onAnswer: (message) => {
        if (message.kind === "sealed") this.#answer(message.sealed);
      },
      onVoid: (failure) => this.#void(failure),
    });
  }

  /**
   * Opens a log: recovers it, and publishes what a crash left unpublished.
   *
   * @throws {DocketError} `directory_damaged` if anything but a torn tail is wrong
   */
  static async open(options: LogOptions): Promise<Log> {
    return new Log(await LogThreads.open(options, false));
  }

  /** What opening it found. */
  get opening(): LogOpening {
    return this.#threads.opening;
  }

  /** How the log fares; `lastTimeMs` is when the last record was sealed that was answered. */
  get status(): Readonly<LogStatus & { lastTimeMs: number }> {
    const lastTimeMs = this.#lastTime === undefined ? this.opening.timeMs : Date.parse(this.#lastTime);
    return { ...this.#threads.status, waiting: this.#waiting.length, lastTimeMs };
  }

  /** Calls back whenever journal segments up to a size are no longer needed for the files. */
  onSynced(listener: (size: number) => void): void {
    this.#threads.onSynced(listener);
  }

  /** Calls back whenever a checkpoint is published, with its size. */
  onPublished(listener: (size: number) => void): void {
    this.#threads.onPublished(listener);
  }

  /**
   * Appends a record. Resolves when it is durable and a signed root covers it.
   *
   * @throws {DocketError} `overloaded` at once when too much waits; `sealing_failed` when the batch was void,
   * and then
   *   `undo` of this and of all later records was called, newest first; `log_closed` when the log writes no
   *   more
   */
  append(append: Append): Promise<Sealed> {
    const refusal = this.refusal(append.priority) ?? tooLong(append.body);
    if (refusal !== undefined) {
      append.undo?.();
      return Promise.reject(refusal);
    }
    const id = this.#nextId++;
    const bytes = recordBytes(append);
    this.#waitingBytes += bytes;
    // Appends go together that came of all that was ready to be read: to wake a thread costs more than a
    // message.
    // Where nothing is under way there is nothing to wait for but what comes in the same breath.
    if (this.#unsent.length === 0) {
      const send = (): void => this.#send();
      if (this.#waiting.length === 0) queueMicrotask(send);
      else setImmediate(send);
    }
    const request: AppendRequest = {
      id,
      generation: this.#generation,
      body: append.body,
      parts: append.parts,
      actors: append.actors ?? [],
    };
    if (append.backMs !== undefined) request.backMs = append.backMs;
    this.#unsent.push(request);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, bytes, append, resolve, reject });
    });
  }

  /** Why an append would be refused now; asked before deciding, so that work is not done in vain. */
  refusal(priority: Priority = "normal"): DocketError | undefined {
    const waiting = { waiting: this.#waiting.length, waitingBytes: this.#waitingBytes };
    return this.#threads.refusal() ?? overload(limits, { ...this.#threads.load, ...waiting }, priority);
  }

  /**
   * Resolves when the published checkpoint covers `size` records. Rejects when publication has ended; with
   * `impatient` also when it stands still, for example because the disk is full.
   */
  published(size: number, impatient = false): Promise<void> {
    return this.#threads.published(size, impatient);
  }

  /**
   * Lets journal segments go whose records all lie below `size`. Resolves with how many closed ones are left.
   */
  release(size: number): Promise<number> {
    return this.#threads.release(size);
  }

  /**
   * Begins a new journal segment, so that all that was sealed until now can be let go once it is synced.
   * Resolves with the number after that of the last record that an older segment holds.
   *
   * @throws {DocketError} `sealing_failed` where the disk is full; `log_closed`
   */
  rotate(): Promise<number> {
    return this.#threads.rotate();
  }

  /** Publishes and syncs everything that is sealed now. Rejects if publication is faulty. */
  sync(): Promise<void> {
    return this.#threads.sync();
  }

  /** Seals what waits, publishes and syncs everything, and ends both threads. */
  close(): Promise<void> {
    return this.#threads.close(() => this.#send());
  }

  #send(): void {
    if (this.#unsent.length === 0) return;
    const requests = this.#unsent;
    this.#unsent = [];
    this.#threads.send({ kind: "append", requests });
  }

  #answer(answers: readonly Sealed[]): void {
    for (const sealed of answers) {
      const waiting = this.#waiting.shift();
      if (waiting?.id !== sealed.id) throw new Error("the sequencer answered out of order");
      this.#waitingBytes -= waiting.bytes;
      this.#threads.answered(sealed.index + 1, waiting.bytes);
      waiting.append.onSealed?.(sealed);
      waiting.resolve(sealed);
    }
    this.#lastTime = answers.at(-1)?.time ?? this.#lastTime;
  }

  // Memory must not run ahead of the log: all that the void records did to it is taken back, newest first,
  // before anything else is decided.
  #void(failure: Failure): void {
    this.#generation++;
    this.#unsent = [];
    this.#waitingBytes = 0;
    const gone = this.#waiting.splice(0);
    for (const waiting of gone.toReversed()) waiting.append.undo?.();
    for (const waiting of gone) waiting.reject(errorOf(failure));
  }
}

// Found here, it refuses one record; found by the sequencer, it would end the log.
function tooLong(body: string): DocketError | undefined {
  const bytes = Buffer.byteLength(body);
  if (bytes <= bodyBytesMax) return undefined;
  return new DocketError(
    "internal",
    `a record of ${bytes} bytes is over the limit of ${bodyBytesMax}: too many rules with reasons fired`,
  );
}
