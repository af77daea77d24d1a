// SPDX-License-Identifier: Apache-2.0
// What the log's threads say to each other.
import type { MessagePort } from "node:worker_threads";
import type { ErrorCode } from "@docket/protocol";
import type { ActorEntry } from "./frame.ts";
import type { PrimacyStart } from "./newest-state.ts";
import type { LogPaths } from "./paths.ts";
import type { ReplicationPorts } from "./replica-gate.ts";
import type { AppendRequest, Sealed } from "./sequencer.ts";

/** What a thread of the log is started with. `diskModule` exports `disk`, a LogDisk. */
export type SequencerStart = {
  paths: LogPaths;
  origin: string;
  /** Of the keys that sign each root. */
  signerKeys: readonly string[];
  /** Verifier keys that signed this log before: the journal and the newest checkpoint may bear theirs. */
  formerKeys: readonly string[];
  /** Whether this process may still sign; not asked where there is none. */
  primacy: PrimacyStart | undefined;
  diskModule: string;
  /** The sizes that are durable and integrated, for metrics (progress.ts). */
  progress: SharedArrayBuffer;
  /** What is known of the clock (clock/shared-clock.ts); without it nothing is. */
  clock: SharedArrayBuffer | undefined;
  /** Whether the entries are opaque; else they are records. */
  opaque: boolean;
  /** Replicas' threads, and how many replicas must hold a record; of an opaque log there are none. */
  replicas: ReplicationPorts | undefined;
  /** To the materialiser. */
  batches: MessagePort;
};
/** What the materialiser's thread is started with. */
export type MaterialiserStart = {
  paths: LogPaths;
  diskModule: string;
  opaque: boolean;
  /** Of the keys that sign published checkpoints besides the sequencer's; one a line in the checkpoint. */
  publicationKeys: readonly string[];
  primacy: PrimacyStart | undefined;
  batches: MessagePort;
};

/** What waits in the sequencer's thread to be written. */
export interface BatchQueue {
  readonly empty: boolean;
  /**
   * Writes, answers and hands on the next batch, leaving out what is not of this generation.
   *
   * @throws what {@link Journal.append} throws
   */
  commitNext(generation: number): void;
  /** Forgets all that waits. */
  clear(): void;
  /** Lets go of journal segments that are materialised up to `size`; how many closed ones are left. */
  release(size: number): number;
  close(): void;
}

/** To the sequencer. */
export type ToSequencer =
  | { kind: "append"; requests: AppendRequest[] }
  | { kind: "add"; generation: number; payload: Uint8Array; count: number }
  | { kind: "release"; size: number }
  | { kind: "rotate" }
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
  | { kind: "added"; firstIndex: number; count: number; batchMs: number }
  | { kind: "void"; generation: number; failure: Failure }
  | { kind: "ended"; failure: Failure }
  /** A new segment was begun: older ones hold no record from `end` on. */
  | { kind: "rotated"; end: number }
  | { kind: "rotationFailed"; failure: Failure }
  /** Segments were let go; `left` closed ones are still there. */
  | { kind: "released"; left: number }
  | { kind: "closed" };

/** A durable batch: the frames of `count` entries, and the hashes of their leaves, one after the other. */
export type DurableBatch = {
  firstIndex: number;
  count: number;
  payload: Uint8Array;
  leafHashes: Uint8Array;
};

/** From the sequencer to the materialiser: durable batches with the checkpoint that covers them. */
export type HandedBatches = { batches: readonly DurableBatch[]; checkpoint: Uint8Array };

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
