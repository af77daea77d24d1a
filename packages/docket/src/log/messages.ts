// SPDX-License-Identifier: Apache-2.0
// What the log's threads say to each other.
import type { MessagePort } from "node:worker_threads";
import type { ErrorCode } from "@docket/protocol";
import type { ActorEntry } from "./frame.ts";
import type { LogPaths } from "./paths.ts";
import type { AppendRequest, Sealed } from "./sequencer.ts";

/** What a thread of the log is started with. `diskModule` exports `disk`, a LogDisk. */
export type SequencerStart = {
  paths: LogPaths;
  origin: string;
  signerKey: string;
  diskModule: string;
  /** To the materialiser. */
  batches: MessagePort;
};
/** What the materialiser's thread is started with. */
export type MaterialiserStart = { paths: LogPaths; diskModule: string; batches: MessagePort };

/** To the sequencer. */
export type ToSequencer =
  | { kind: "append"; requests: AppendRequest[] }
  | { kind: "release"; size: number }
  | { kind: "close" };

/** From the sequencer. `void` says that everything of that generation that was not sealed is gone. */
export type FromSequencer =
  | {
      kind: "ready";
      size: number;
      timeMs: number;
      recovered: number;
      tornBytes: number;
      actors: ActorEntry[];
    }
  | { kind: "sealed"; sealed: Sealed[]; batchMs: number }
  | { kind: "void"; generation: number; failure: Failure }
  | { kind: "ended"; failure: Failure }
  | { kind: "closed" };

/** From the sequencer to the materialiser: a durable batch's bytes with the checkpoint that covers it. */
export type DurableBatch = { batch: Uint8Array; checkpoint: Uint8Array };

/** To the materialiser from the main thread. */
export type ToMaterialiser = { kind: "sync" } | { kind: "close" };

/** From the materialiser. */
export type FromMaterialiser =
  | { kind: "ready"; size: number }
  | { kind: "published"; size: number }
  | { kind: "synced"; size: number }
  | { kind: "failed"; failure: Failure; ended: boolean }
  | { kind: "closed" };

/** An error on its way between threads. */
export type Failure = { code: ErrorCode; message: string; retryAfterSeconds: number | undefined };
