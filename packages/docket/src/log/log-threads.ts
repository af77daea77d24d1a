// SPDX-License-Identifier: Apache-2.0
// The two threads of a log, as the thread that answers sees them: opening, publication, closing. What a log
// of records and an opaque one have in common.
//
// Three states are told apart: durable (its bytes survive power loss), integrated (a root covers it), and
// published (a checkpoint that anyone can fetch covers it).
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { DocketError } from "../error.ts";
import { threadUrl } from "../thread-url.ts";
import type { Load } from "./admission.ts";
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
import type { ReplicationPorts } from "./replica-gate.ts";
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
  /** What is known of the clock (clock/shared-clock.ts); without it the time's uncertainty is not known. */
  clock?: SharedArrayBuffer | undefined;
  /** Threads that copy the log as it is written; the ports belong to the log from here on. */
  replication?: ReplicationPorts | undefined;
  /** Proof that this process may sign, asked again ten times a second and before each publication. */
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

/** Who waits for a number that the sequencer answers with. */
type AnswerWaiter = { resolve: (answer: number) => void; reject: (error: DocketError) => void };

/** A thread, and when it is gone. */
type Thread = { worker: Worker; exited: Promise<void> };

/** The threads of an open log. */
export class LogThreads {
  readonly opening: LogOpening;
  readonly #sequencer: Thread;
  readonly #materialiser: Thread;
  readonly #progress: LogProgress;
  readonly #publishedWaiters: SizeWaiter[] = [];
  readonly #syncWaiters: SizeWaiter[] = [];
  /** Who asked for a new segment, and who for segments to be let go: answered in order. */
  readonly #rotateWaiters: AnswerWaiter[] = [];
  readonly #releaseWaiters: AnswerWaiter[] = [];
  readonly #syncedListeners: ((size: number) => void)[] = [];
  readonly #publishedListeners: ((size: number) => void)[] = [];
  #handlers: LogHandlers | undefined;
  #unpublishedBytes = 0;
  #syncedSize: number;
  #closing: Promise<void> | undefined;
  /** Why nothing is published or synced any more, if so. */
  #publicationEnd: DocketError | undefined;
  readonly #status: Omit<LogStatus, "durableSize" | "integratedSize" | "waiting">;

  private constructor(
    opening: LogOpening,
    publishedSize: number,
    threads: { sequencer: Thread; materialiser: Thread },
    progress: LogProgress,
  ) {
    this.opening = opening;
    this.#sequencer = threads.sequencer;
    this.#materialiser = threads.materialiser;
    this.#progress = progress;
    // At its opening the files are at their synced state.
    this.#syncedSize = publishedSize;
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
    const sequencer = startThread(
      "./sequencer-thread",
      channel.port1,
      {
        ...common,
        origin: options.origin,
        signerKeys: options.signerKeys.roots,
        formerKeys: options.formerKeys ?? [],
        progress: progress.shared,
        clock: options.clock,
        replicas: options.replication,
        batches: channel.port1,
      } satisfies SequencerStart,
      options.replication?.ports,
    );
    const started = [sequencer];
    try {
      const opening = opened(await firstMessage<FromSequencer>(sequencer));
      const materialiser = startThread("./materialiser-thread", channel.port2, {
        ...common,
        publicationKeys: options.signerKeys.published,
        batches: channel.port2,
      } satisfies MaterialiserStart);
      started.push(materialiser);
      const files = opened(await firstMessage<FromMaterialiser>(materialiser));
      const { size, timeMs, recovered, tornBytes, actors } = opening;
      const found = { size, timeMs, recovered, tornBytes, actors };
      const threads = new LogThreads(found, files.size, { sequencer, materialiser }, progress);
      threads.#listen();
      return threads;
    } catch (error) {
      await Promise.all(started.map(({ worker }) => worker.terminate()));
      throw error;
    }
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

  /**
   * Told of each answer.
   *
   * @param size number of entries that were answered until now
   * @param bytes that those answered last have
   */
  answered(size: number, bytes: number): void {
    this.#status.size = size;
    this.#unpublishedBytes += bytes;
  }

  /** What is answered and not published; of the bytes, all that were answered since the last publication. */
  get load(): Pick<Load, "unpublished" | "unpublishedBytes" | "unsynced"> {
    return {
      unpublished: this.#status.size - this.#status.publishedSize,
      unpublishedBytes: this.#unpublishedBytes,
      unsynced: this.#status.size - this.#syncedSize,
    };
  }

  /** Why nothing can be sent, if so. */
  refusal(): DocketError | undefined {
    if (this.#status.ended !== undefined) return this.#status.ended;
    return this.#closing === undefined
      ? undefined
      : new DocketError("log_closed", "the log is being closed", { retryAfterSeconds: 5 });
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
   * Resolves when the published checkpoint covers `size` entries. Rejects when publication has ended, at the
   * latest when the log is closed; with `impatient` also when it stands still, for example because the disk
   * is full.
   */
  published(size: number, impatient: boolean): Promise<void> {
    if (this.#status.publishedSize >= size) return Promise.resolve();
    const fault = this.#publicationEnd ?? (impatient ? this.#status.publicationFault : undefined);
    if (fault !== undefined) return Promise.reject(fault);
    return new Promise((resolve, reject) =>
      this.#publishedWaiters.push({ size, impatient, resolve, reject }),
    );
  }

  /** Publishes and syncs everything that is sealed now. Rejects if publication is faulty. */
  async sync(): Promise<void> {
    const { size } = this.#status;
    // The batch is on its way from the sequencer to the materialiser; publication says that it has arrived.
    await this.published(size, false);
    if (this.#publicationEnd !== undefined) throw this.#publicationEnd;
    const synced = new Promise<void>((resolve, reject) =>
      this.#syncWaiters.push({ size, impatient: true, resolve, reject }),
    );
    this.#tellMaterialiser({ kind: "sync" });
    await synced;
  }

  /**
   * Begins a new journal segment. Resolves with the number after that of the last record that an older one
   * holds; rejects where the disk is full, or the log has ended.
   */
  rotate(): Promise<number> {
    return this.#ask(this.#rotateWaiters, { kind: "rotate" });
  }

  /** Lets closed segments go that hold nothing from `size` on. Resolves with how many are left. */
  release(size: number): Promise<number> {
    return this.#ask(this.#releaseWaiters, { kind: "release", size });
  }

  #ask(waiters: AnswerWaiter[], message: ToSequencer): Promise<number> {
    // While the log is being closed, what its last sync made superfluous may still go.
    const refusal = message.kind === "release" ? this.#publicationEnd : this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    waiters.push({ resolve, reject });
    this.send(message);
    return promise;
  }

  /** Sends to the sequencer. */
  send(message: ToSequencer, moved: readonly ArrayBuffer[] = []): void {
    this.#sequencer.worker.postMessage(message, moved as ArrayBuffer[]);
  }

  /**
   * Seals what was sent, publishes and syncs everything, and ends both threads. Called again, it waits for
   * the same.
   *
   * @param sendRest sends what was gathered and not sent
   * @param beforeEnd is waited for before the threads are told to end; nothing new is let in meanwhile
   */
  close(sendRest: () => void, beforeEnd?: () => Promise<void>): Promise<void> {
    return (this.#closing ??= this.#close(sendRest, beforeEnd));
  }

  async #close(sendRest: () => void, beforeEnd?: () => Promise<void>): Promise<void> {
    sendRest();
    await beforeEnd?.();
    this.send({ kind: "close" });
    this.#tellMaterialiser({ kind: "close" });
    await Promise.all([this.#sequencer.exited, this.#materialiser.exited]);
    // Whoever still waits would wait for ever.
    this.#end(new DocketError("log_closed", "the log was closed"), "publication too");
  }

  #listen(): void {
    this.#sequencer.worker.on("message", (message: FromSequencer) => this.#fromSequencer(message));
    this.#materialiser.worker.on("message", (message: FromMaterialiser) => this.#fromMaterialiser(message));
    for (const { worker } of [this.#sequencer, this.#materialiser]) {
      const died = (why: string): void =>
        this.#end(new DocketError("log_closed", `a thread of the log died: ${why}`), "publication too");
      worker.on("error", (error) => died(String(error)));
      worker.on("exit", () => {
        if (this.#closing === undefined) died("it ended by itself");
      });
    }
  }

  #fromSequencer(message: FromSequencer): void {
    switch (message.kind) {
      case "sealed":
      case "added":
        // When the other thread has died, whoever waited for this was told so already.
        if (this.#status.ended !== undefined) break;
        this.#status.lastBatchMs = message.batchMs;
        this.#handlers?.onAnswer(message);
        break;
      case "void":
        this.#handlers?.onVoid(message.failure);
        break;
      case "ended":
        this.#end(errorOf(message.failure), "publication goes on");
        break;
      case "rotated":
        this.#rotateWaiters.shift()?.resolve(message.end);
        break;
      case "rotationFailed":
        this.#rotateWaiters.shift()?.reject(errorOf(message.failure));
        break;
      case "released":
        this.#releaseWaiters.shift()?.resolve(message.left);
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
        if (message.size > this.#status.publishedSize) this.#unpublishedBytes = 0;
        this.#status.publishedSize = message.size;
        settle(this.#publishedWaiters, message.size);
        for (const listener of this.#publishedListeners) listener(message.size);
        break;
      case "synced":
        this.#syncedSize = message.size;
        for (const listener of this.#syncedListeners) listener(message.size);
        settle(this.#syncWaiters, message.size);
        break;
      case "failed":
        this.#status.publicationFault = errorOf(message.failure);
        if (message.ended) this.#publicationEnd ??= this.#status.publicationFault;
        this.#failWaiters(this.#status.publicationFault, ({ impatient }) => message.ended || impatient);
        break;
      case "ready":
      case "closed":
        break;
    }
  }

  #end(error: DocketError, scope: "publication too" | "publication goes on"): void {
    this.#status.ended ??= error;
    if (scope === "publication too") this.#publicationEnd ??= error;
    const { code, message, retryAfterSeconds } = error;
    this.#handlers?.onVoid({ code, message, retryAfterSeconds });
    for (const waiters of [this.#rotateWaiters, this.#releaseWaiters]) {
      for (const waiter of waiters.splice(0)) waiter.reject(error);
    }
    // What was answered is still published.
    this.#failWaiters(error, ({ size: wanted }) => scope === "publication too" || wanted > this.#status.size);
  }

  #failWaiters(error: DocketError, fails: (waiter: SizeWaiter) => boolean): void {
    for (const waiters of [this.#publishedWaiters, this.#syncWaiters]) {
      for (const waiter of waiters.splice(0)) {
        if (fails(waiter)) waiter.reject(error);
        else waiters.push(waiter);
      }
    }
  }

  #tellMaterialiser(message: ToMaterialiser): void {
    this.#materialiser.worker.postMessage(message);
  }
}

function settle(waiters: SizeWaiter[], size: number): void {
  for (const waiter of waiters.splice(0)) {
    if (waiter.size <= size) waiter.resolve();
    else waiters.push(waiter);
  }
}

function startThread(
  name: string,
  batches: MessagePort,
  workerData: SequencerStart | MaterialiserStart,
  replicas: readonly MessagePort[] = [],
): Thread {
  const transferList = [batches, ...replicas];
  const worker = new Worker(threadUrl(name, import.meta.url), { workerData, transferList });
  return { worker, exited: new Promise((resolve) => worker.once("exit", () => resolve())) };
}

function firstMessage<Message>({ worker }: Thread): Promise<Message> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => {
      reject(new DocketError("internal", "a thread of the log ended before it began"));
    });
  });
}

/** What a thread found that opened its part; @throws what went wrong there */
function opened<Message extends FromSequencer | FromMaterialiser>(
  message: Message,
): Extract<Message, { kind: "ready" }> {
  if ("failure" in message) throw errorOf(message.failure);
  if (message.kind === "ready") return message as Extract<Message, { kind: "ready" }>;
  throw new DocketError("internal", `a thread of the log began with ${message.kind}`);
}
