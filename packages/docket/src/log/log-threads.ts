// SPDX-License-Identifier: Apache-2.0
// The two threads of a log, as the thread that answers sees them: opening, publication, closing. What a log
// of records and an opaque one have in common.
//
// Three states are told apart: durable (its bytes survive power loss), integrated (a root covers it), and
// published (a checkpoint that anyone can fetch covers it).
import { MessageChannel, Worker } from "node:worker_threads";
import { DocketError } from "../error.ts";
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
import type { PrimacyStart } from "./newest-state.ts";
import type { LogPaths } from "./paths.ts";
import { LogProgress } from "./progress.ts";
import type { SignerKeys } from "./signing-keys.ts";

/** What a log is opened with. `diskModule` is the URL of a module that exports `disk`, a LogDisk. */
export type LogOptions = {
  paths: LogPaths;
  origin: string;
  signerKeys: SignerKeys;
  diskModule: string;
  /** Verifier keys that signed this log before a change of keys. */
  formerKeys?: readonly string[] | undefined;
  /** Proof that this process may sign, asked again before each batch and each publication. */
  primacy?: PrimacyStart | undefined;
};

/** How the log fared, for metrics and readiness. Sizes are numbers of entries. */
export type LogStatus = {
  /** Entries that were answered. */
  size: number;
  /** Entries that survive power loss; the newest may not be answered yet. */
  durableSize: number;
  /** Entries that the tree's root covers. */
  integratedSize: number;
  /** Entries that the newest published checkpoint covers. */
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

/** What the owner of the threads does with the sequencer's answers. */
export type LogHandlers = {
  onAnswer: (message: Extract<FromSequencer, { kind: "sealed" | "added" }>) => void;
  /** All that waits is gone; with `ended` nothing is written any more. */
  onVoid: (failure: Failure) => void;
};

/** `impatient` ones do not wait for a fault (a full disk) to pass. */
type SizeWaiter = {
  size: number;
  impatient: boolean;
  resolve: () => void;
  reject: (error: DocketError) => void;
};

/** The threads of an open log. */
export class LogThreads {
  readonly opening: LogOpening;
  readonly #sequencer: Worker;
  readonly #materialiser: Worker;
  readonly #progress: LogProgress;
  readonly #publishedWaiters: SizeWaiter[] = [];
  readonly #syncWaiters: SizeWaiter[] = [];
  readonly #syncedListeners: ((size: number) => void)[] = [];
  readonly #publishedListeners: ((size: number) => void)[] = [];
  #handlers: LogHandlers | undefined;
  #closed = false;
  #publicationEnded = false;
  readonly #status: Omit<LogStatus, "durableSize" | "integratedSize" | "waiting">;

  private constructor(
    opening: LogOpening,
    publishedSize: number,
    workers: { sequencer: Worker; materialiser: Worker },
    progress: LogProgress,
  ) {
    this.opening = opening;
    this.#sequencer = workers.sequencer;
    this.#materialiser = workers.materialiser;
    this.#progress = progress;
    this.#status = {
      size: opening.size,
      publishedSize,
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
  static async open(options: LogOptions, opaque: boolean): Promise<LogThreads> {
    const channel = new MessageChannel();
    const progress = new LogProgress();
    const { paths, diskModule, primacy } = options;
    const common = { paths, diskModule, primacy, opaque };
    const sequencer = new Worker(threadUrl("./sequencer-thread", import.meta.url), {
      workerData: {
        ...common,
        origin: options.origin,
        signerKeys: options.signerKeys.roots,
        formerKeys: options.formerKeys ?? [],
        progress: progress.shared,
        batches: channel.port1,
      } satisfies SequencerStart,
      transferList: [channel.port1],
    });
    const opening = await firstMessage<FromSequencer>(sequencer);
    if (opening.kind !== "ready") throw await failedOpening(opening, [sequencer]);
    const materialiser = new Worker(threadUrl("./materialiser-thread", import.meta.url), {
      workerData: {
        ...common,
        publicationKeys: options.signerKeys.published,
        batches: channel.port2,
      } satisfies MaterialiserStart,
      transferList: [channel.port2],
    });
    const files = await firstMessage<FromMaterialiser>(materialiser);
    if (files.kind !== "ready") throw await failedOpening(files, [sequencer, materialiser]);
    const { size, timeMs, recovered, tornBytes, actors } = opening;
    const found = { size, timeMs, recovered, tornBytes, actors };
    const threads = new LogThreads(found, files.size, { sequencer, materialiser }, progress);
    threads.#listen();
    return threads;
  }

  /** Says what is done with the sequencer's answers. Called once, before anything is sent. */
  handle(handlers: LogHandlers): void {
    this.#handlers = handlers;
  }

  /** How the log fares, but for what waits. */
  get status(): Readonly<Omit<LogStatus, "waiting">> {
    const { durable, integrated } = this.#progress;
    return { ...this.#status, durableSize: durable, integratedSize: integrated };
  }

  /** Number of entries that were answered. */
  get size(): number {
    return this.#status.size;
  }

  set size(size: number) {
    this.#status.size = size;
  }

  /** Number of entries that are answered and not published. */
  get unpublished(): number {
    return this.#status.size - this.#status.publishedSize;
  }

  /** Why nothing can be sent, if so. */
  refusal(): DocketError | undefined {
    if (this.#status.ended !== undefined) return this.#status.ended;
    return this.#closed
      ? new DocketError("log_closed", "the log is being closed", { retryAfterSeconds: 5 })
      : undefined;
  }

  /** Calls back whenever journal segments up to a size are no longer needed for the files. */
  onSynced(listener: (size: number) => void): void {
    this.#syncedListeners.push(listener);
  }

  /** Calls back whenever a checkpoint is published, with its size. */
  onPublished(listener: (size: number) => void): void {
    this.#publishedListeners.push(listener);
  }

  /**
   * Resolves when the published checkpoint covers `size` entries. Rejects when publication has ended; with
   * `impatient` also when it stands still, for example because the disk is full.
   */
  published(size: number, impatient: boolean): Promise<void> {
    if (this.#status.publishedSize >= size) return Promise.resolve();
    const { publicationFault } = this.#status;
    if (publicationFault !== undefined && (impatient || this.#publicationEnded)) {
      return Promise.reject(publicationFault);
    }
    return new Promise((resolve, reject) =>
      this.#publishedWaiters.push({ size, impatient, resolve, reject }),
    );
  }

  /** Publishes and syncs everything that is sealed now. Rejects if publication is faulty. */
  async sync(): Promise<void> {
    const { size } = this.#status;
    // The batch is on its way from the sequencer to the materialiser; publication says that it has arrived.
    await this.published(size, false);
    const synced = new Promise<void>((resolve, reject) =>
      this.#syncWaiters.push({ size, impatient: true, resolve, reject }),
    );
    this.#tellMaterialiser({ kind: "sync" });
    await synced;
  }

  /** Sends to the sequencer. */
  send(message: ToSequencer, moved: readonly ArrayBuffer[] = []): void {
    this.#sequencer.postMessage(message, moved as ArrayBuffer[]);
  }

  /**
   * Seals what was sent, publishes and syncs everything, and ends both threads.
   *
   * @param sendRest sends what was gathered and not sent
   */
  async close(sendRest: () => void): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    sendRest();
    const closed = (worker: Worker): Promise<void> =>
      new Promise((resolve) => {
        worker.once("exit", () => resolve());
      });
    const both = [closed(this.#sequencer), closed(this.#materialiser)];
    this.send({ kind: "close" });
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

  #fromSequencer(message: FromSequencer): void {
    switch (message.kind) {
      case "sealed":
      case "added":
        this.#status.lastBatchMs = message.batchMs;
        this.#handlers?.onAnswer(message);
        break;
      case "void":
        this.#handlers?.onVoid(message.failure);
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
        this.#status.publishedSize = message.size;
        settle(this.#publishedWaiters, message.size);
        for (const listener of this.#publishedListeners) listener(message.size);
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

  #end(error: DocketError): void {
    this.#status.ended ??= error;
    const { code, message, retryAfterSeconds } = error;
    this.#handlers?.onVoid({ code, message, retryAfterSeconds });
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

  #tellMaterialiser(message: ToMaterialiser): void {
    this.#materialiser.postMessage(message);
  }
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
