// SPDX-License-Identifier: Apache-2.0
// The log as the thread that answers sees it: append a record, wait until it is sealed. Sequencer and
// materialiser live in threads of their own; this side does no disk I/O.
//
// Three states are told apart: durable (its bytes survive power loss), integrated (a signed root covers it;
// both are reached before `append` resolves), and published (a checkpoint that anyone can fetch covers it).
import { MessageChannel, Worker } from "node:worker_threads";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { threadUrl } from "../thread-url.ts";
import { errorOf } from "./failure.ts";
import type { ActorEntry } from "./frame.ts";
import type {
  Failure,
  FromMaterialiser,
  FromSequencer,
  MaterialiserStart,
  SequencerStart,
  ToMaterialiser,
  ToSequencer,
} from "./messages.ts";
import type { LogPaths } from "./paths.ts";
import type { AppendRequest, Sealed } from "./sequencer.ts";

/** Longest body of a record, in bytes: with header and the parts' hash it stays below the longest leaf. */
export const bodyBytesMax = 65_000;
/** Most records that wait to be sealed; one more is refused at once. */
export const waitingRecordsMax = 8192;
/** Most records that are sealed and not published; then new ones are refused until publication catches up. */
export const unpublishedRecordsMax = 200_000;

/** What a log is opened with. `diskModule` is the URL of a module that exports `disk`, a LogDisk. */
export type LogOptions = { paths: LogPaths; origin: string; signerKey: string; diskModule: string };

/**
 * What is appended. `undo` takes back what the caller's memory has already made of it; `onSealed` is called
 * for each sealed record in the order of the log, before `append` resolves.
 */
export type Append = {
  body: string;
  parts: readonly PlainPart[];
  actors?: readonly ActorEntry[];
  undo?: (() => void) | undefined;
  onSealed?: (sealed: Sealed) => void;
};

/** How the log fared, for metrics and readiness. */
export type LogStatus = {
  size: number;
  publishedSize: number;
  waiting: number;
  lastBatchMs: number;
  /** Why nothing is sealed any more, if so. */
  ended: DocketError | undefined;
  /** Why publication stands still, if it does. */
  publicationFault: DocketError | undefined;
};

/** What opening a log found. */
export type LogOpening = {
  size: number;
  timeMs: number;
  recovered: number;
  tornBytes: number;
  actors: ActorEntry[];
};

type Waiting = { id: number; append: Append; resolve: (sealed: Sealed) => void; reject: Reject };
type Reject = (error: DocketError) => void;
/** `impatient` ones do not wait for a fault (a full disk) to pass. */
type SizeWaiter = { size: number; impatient: boolean; resolve: () => void; reject: Reject };

/** An open log. */
export class Log {
  readonly opening: LogOpening;
  readonly #sequencer: Worker;
  readonly #materialiser: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #publishedWaiters: SizeWaiter[] = [];
  readonly #syncWaiters: SizeWaiter[] = [];
  readonly #syncedListeners: ((size: number) => void)[] = [];
  #unsent: AppendRequest[] = [];
  #generation = 0;
  #nextId = 1;
  #closed = false;
  #publicationEnded = false;
  readonly #status: LogStatus;

  private constructor(opening: LogOpening, publishedSize: number, sequencer: Worker, materialiser: Worker) {
    this.opening = opening;
    this.#sequencer = sequencer;
    this.#materialiser = materialiser;
    this.#status = {
      size: opening.size,
      publishedSize,
      waiting: 0,
      lastBatchMs: 0,
      ended: undefined,
      publicationFault: undefined,
    };
  }

  /**
   * Opens a log: recovers it, and publishes what a crash left unpublished.
   *
   * @throws {DocketError} `directory_damaged` if anything but a torn tail is wrong
   */
  static async open(options: LogOptions): Promise<Log> {
    const channel = new MessageChannel();
    const common = { paths: options.paths, diskModule: options.diskModule };
    const sequencer = new Worker(threadUrl("./sequencer-thread", import.meta.url), {
      workerData: {
        ...common,
        origin: options.origin,
        signerKey: options.signerKey,
        batches: channel.port1,
      } satisfies SequencerStart,
      transferList: [channel.port1],
    });
    const opening = await firstMessage<FromSequencer>(sequencer);
    if (opening.kind !== "ready") throw await failedOpening(opening, [sequencer]);
    const materialiser = new Worker(threadUrl("./materialiser-thread", import.meta.url), {
      workerData: { ...common, batches: channel.port2 } satisfies MaterialiserStart,
      transferList: [channel.port2],
    });
    const files = await firstMessage<FromMaterialiser>(materialiser);
    if (files.kind !== "ready") throw await failedOpening(files, [sequencer, materialiser]);
    const { size, timeMs, recovered, tornBytes, actors } = opening;
    const log = new Log({ size, timeMs, recovered, tornBytes, actors }, files.size, sequencer, materialiser);
    log.#listen();
    return log;
  }

  /** How the log fares. */
  get status(): Readonly<LogStatus> {
    return { ...this.#status, waiting: this.#waiting.length };
  }

  /** Calls back whenever journal segments up to a size are no longer needed for the files. */
  onSynced(listener: (size: number) => void): void {
    this.#syncedListeners.push(listener);
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
    const refusal = this.#refusal() ?? tooLong(append.body);
    if (refusal !== undefined) {
      append.undo?.();
      return Promise.reject(refusal);
    }
    const id = this.#nextId++;
    // Appends go together that came of all that was ready to be read: to wake a thread costs more than a
    // message.
    if (this.#unsent.length === 0) setImmediate(() => this.#send());
    this.#unsent.push({
      id,
      generation: this.#generation,
      body: append.body,
      parts: append.parts,
      actors: append.actors ?? [],
    });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, append, resolve, reject });
    });
  }

  /** Why an append would be refused now; asked before deciding, so that work is not done in vain. */
  refusal(): DocketError | undefined {
    return this.#refusal();
  }

  /**
   * Resolves when the published checkpoint covers `size` records. Rejects when publication has ended; with
   * `impatient` also when it stands still, for example because the disk is full.
   */
  published(size: number, impatient = false): Promise<void> {
    if (this.#status.publishedSize >= size) return Promise.resolve();
    const { publicationFault } = this.#status;
    if (publicationFault !== undefined && (impatient || this.#publicationEnded)) {
      return Promise.reject(publicationFault);
    }
    return new Promise((resolve, reject) =>
      this.#publishedWaiters.push({ size, impatient, resolve, reject }),
    );
  }

  /** Lets journal segments go whose records all lie below `size`. */
  release(size: number): void {
    this.#tellSequencer({ kind: "release", size });
  }

  /** Publishes and syncs everything that is sealed now. Rejects if publication is faulty. */
  async sync(): Promise<void> {
    const { size } = this.#status;
    // The batch is on its way from the sequencer to the materialiser; publication says that it has arrived.
    await this.published(size);
    const synced = new Promise<void>((resolve, reject) =>
      this.#syncWaiters.push({ size, impatient: true, resolve, reject }),
    );
    this.#tellMaterialiser({ kind: "sync" });
    await synced;
  }

  /** Seals what waits, publishes and syncs everything, and ends both threads. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#send();
    const closed = (worker: Worker): Promise<void> =>
      new Promise((resolve) => {
        worker.once("exit", () => resolve());
      });
    const both = [closed(this.#sequencer), closed(this.#materialiser)];
    this.#tellSequencer({ kind: "close" });
    this.#tellMaterialiser({ kind: "close" });
    await Promise.all(both);
  }

  #listen(): void {
    this.#sequencer.on("message", (message: FromSequencer) => this.#fromSequencer(message));
    this.#materialiser.on("message", (message: FromMaterialiser) => this.#fromMaterialiser(message));
    for (const worker of [this.#sequencer, this.#materialiser]) {
      worker.on("error", (error) =>
        this.#end(new DocketError("log_closed", `a thread of the log died: ${error}`)),
      );
    }
  }

  #refusal(): DocketError | undefined {
    if (this.#status.ended !== undefined) return this.#status.ended;
    if (this.#closed)
      return new DocketError("log_closed", "the log is being closed", { retryAfterSeconds: 5 });
    const unpublished = this.#status.size - this.#status.publishedSize;
    if (this.#waiting.length < waitingRecordsMax && unpublished < unpublishedRecordsMax) return undefined;
    return new DocketError(
      "overloaded",
      `${this.#waiting.length} records wait to be sealed, ${unpublished} to be published; ask again soon`,
      { retryAfterSeconds: 1 },
    );
  }

  #send(): void {
    if (this.#unsent.length === 0) return;
    const requests = this.#unsent;
    this.#unsent = [];
    this.#tellSequencer({ kind: "append", requests });
  }

  #fromSequencer(message: FromSequencer): void {
    switch (message.kind) {
      case "sealed":
        this.#status.lastBatchMs = message.batchMs;
        for (const sealed of message.sealed) {
          const waiting = this.#waiting.shift();
          if (waiting?.id !== sealed.id) throw new Error("the sequencer answered out of order");
          this.#status.size = sealed.index + 1;
          waiting.append.onSealed?.(sealed);
          waiting.resolve(sealed);
        }
        break;
      case "void":
        this.#void(message.failure);
        break;
      case "ended":
        this.#end(errorOf(message.failure));
        break;
      case "ready":
      case "closed":
        break;
    }
  }

  #fromMaterialiser(message: FromMaterialiser): void {
    switch (message.kind) {
      case "published":
        this.#status.publicationFault = undefined;
        this.#setPublished(message.size);
        break;
      case "synced":
        for (const listener of this.#syncedListeners) listener(message.size);
        settle(this.#syncWaiters, message.size);
        break;
      case "failed":
        this.#status.publicationFault = errorOf(message.failure);
        this.#publicationEnded ||= message.ended;
        this.#failWaiters(this.#status.publicationFault, this.#publicationEnded);
        break;
      case "ready":
      case "closed":
        break;
    }
  }

  #setPublished(size: number): void {
    this.#status.publishedSize = size;
    settle(this.#publishedWaiters, size);
  }

  // Memory must not run ahead of the log: all that the void records did to it is taken back, newest first,
  // before anything else is decided.
  #void(failure: Failure): void {
    this.#generation++;
    this.#unsent = [];
    const gone = this.#waiting.splice(0);
    for (const waiting of gone.toReversed()) waiting.append.undo?.();
    for (const waiting of gone) waiting.reject(errorOf(failure));
  }

  #end(error: DocketError): void {
    this.#status.ended ??= error;
    const { code, message, retryAfterSeconds } = error;
    this.#void({ code, message, retryAfterSeconds });
    this.#failWaiters(error, true);
  }

  #failWaiters(error: DocketError, all: boolean): void {
    for (const waiters of [this.#publishedWaiters, this.#syncWaiters]) {
      for (const waiter of waiters.splice(0)) {
        if (all || waiter.impatient) waiter.reject(error);
        else waiters.push(waiter);
      }
    }
  }

  #tellSequencer(message: ToSequencer): void {
    this.#sequencer.postMessage(message);
  }

  #tellMaterialiser(message: ToMaterialiser): void {
    this.#materialiser.postMessage(message);
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

function settle(waiters: SizeWaiter[], size: number): void {
  for (const waiter of waiters.splice(0)) {
    if (waiter.size <= size) waiter.resolve();
    else waiters.push(waiter);
  }
}

function firstMessage<Message>(worker: Worker): Promise<Message> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

async function failedOpening(
  message: FromSequencer | FromMaterialiser,
  workers: readonly Worker[],
): Promise<DocketError> {
  await Promise.all(workers.map((worker) => worker.terminate()));
  return "failure" in message
    ? errorOf(message.failure)
    : new DocketError("internal", `a thread of the log began with ${message.kind}`);
}
