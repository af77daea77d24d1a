// SPDX-License-Identifier: Apache-2.0
// The sequencer gives records their index, time and chain, makes them durable, and signs the tree's new root:
// in this order, so that a root is never signed over bytes that a crash could lose. It owns the journal and
// the right edge of the tree; nothing else writes either.
import { hash as digest } from "node:crypto";
import { encodeLeaf, formatTime, leafBytesMax } from "@docket/protocol";
import {
  appendLeafHash,
  cloneFrontier,
  encodeBase64Url,
  formatProof,
  frontierRoot,
  inclusionFromNodes,
  inclusionNodes,
  leafHash,
  parseNote,
  signCheckpoint,
} from "@docket/tlog";
import type { Frontier, Hash, NoteSignature, Signer } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { sealParts } from "../evidence/seal.ts";
import type { PlainPart, RandomBytes } from "../evidence/seal.ts";
import type { ActorEntry, Batch, RecordFrames, SignedRoot } from "./frame.ts";
import type { Journal } from "./journal.ts";
import { NodeCache } from "./node-cache.ts";

/** What the log is asked to seal. `body` is encoded already; parts are sealed here, under the keys given. */
export type AppendRequest = {
  id: number;
  generation: number;
  body: string;
  parts: readonly PlainPart[];
  actors: readonly ActorEntry[];
};

/** A sealed record: durable, and covered by a signed root. */
export type Sealed = {
  id: number;
  index: number;
  time: string;
  leaf: string;
  manifest: string | undefined;
  proof: string;
};

/**
 * What one batch gives: each record sealed, and what the materialiser needs to follow: the batch's encoded
 * bytes.
 */
export type Commit = { sealed: Sealed[]; batch: Uint8Array; checkpoint: Uint8Array };

/** Where the log stands: the state that the next batch continues. */
export type LogHead = {
  frontier: Frontier;
  /** Leaf hash of the last record, or the hash of the origin line for an empty log. */
  previous: Hash;
  /** Time of the last record, in ms since 1970. */
  timeMs: number;
  signed: SignedRoot;
};

/** What the sequencer needs from outside. */
export type SequencerPorts = { now: () => number; random: RandomBytes; signer: Signer; origin: string };

/** The one writer of a log. */
export class Sequencer {
  readonly #journal: Journal;
  readonly #ports: SequencerPorts;
  readonly #nodes: NodeCache;
  #head: LogHead;

  constructor(journal: Journal, head: LogHead, ports: SequencerPorts) {
    this.#journal = journal;
    this.#head = head;
    this.#ports = ports;
    this.#nodes = new NodeCache(head.frontier);
  }

  /** Number of records that are sealed. */
  get size(): number {
    return this.#head.frontier.size;
  }

  /**
   * Seals a batch. When it returns, every record of it survives power loss and is covered by a signed root.
   *
   * @throws {BatchVoidError} nothing of the batch is in the log, and the log is as it was before
   * @throws {WritingEndedError} the log writes no more until it is opened again
   */
  commit(requests: readonly AppendRequest[]): Commit {
    const { origin, signer } = this.#ports;
    const firstIndex = this.#head.frontier.size;
    const frontier = cloneFrontier(this.#head.frontier);
    const timeMs = Math.max(this.#head.timeMs, this.#ports.now());
    const nodes = this.#nodes.begin();
    let previous = this.#head.previous;
    const records: RecordFrames[] = [];
    const manifests: (string | undefined)[] = [];
    for (const request of requests) {
      const { record, manifest } = this.#encode(request, frontier.size, previous, timeMs);
      previous = leafHash(record.leaf);
      appendLeafHash(frontier, previous, (node, hash) => nodes.add(node.level, node.index, hash));
      records.push(record);
      manifests.push(manifest);
    }
    const batch: Batch = { firstIndex, signed: this.#head.signed, records };
    const bytes = this.#journal.append(batch);

    // From here on the records exist. A crash before the answer loses the answer, never the records.
    const root = frontierRoot(frontier);
    const checkpoint = signCheckpoint({ origin, size: frontier.size, root, extensions: [] }, [signer]);
    nodes.keep();
    this.#head = { frontier, previous, timeMs, signed: signedRoot(frontier.size, root, checkpoint) };
    const sealed = requests.map((request, place): Sealed => {
      const index = firstIndex + place;
      const hashes = inclusionFromNodes(
        index,
        frontier.size,
        inclusionNodes(index, frontier.size).map((node) => this.#nodes.get(node.level, node.index)),
      );
      return {
        id: request.id,
        index,
        time: formatTime(timeMs),
        leaf: Buffer.from((records[place] as RecordFrames).leaf).toString("utf8"),
        manifest: manifests[place],
        proof: formatProof({ index, hashes, checkpoint }),
      };
    });
    this.#nodes.prune(frontier.size);
    return { sealed, batch: bytes, checkpoint };
  }

  /** Lets go of journal segments that are materialised up to `size`. */
  release(size: number): void {
    this.#journal.release(size);
  }

  close(): void {
    this.#journal.close();
  }

  #encode(
    request: AppendRequest,
    index: number,
    previous: Hash,
    timeMs: number,
  ): { record: RecordFrames; manifest: string | undefined } {
    const parts =
      request.parts.length === 0
        ? undefined
        : sealParts(request.parts, this.#ports.origin, this.#ports.random);
    const header = {
      v: 1 as const,
      index,
      prev: encodeBase64Url(previous),
      time: formatTime(timeMs),
      uncertaintyMs: null,
    };
    const leaf = Buffer.from(encodeLeaf(header, request.body, parts?.manifestHash), "utf8");
    if (leaf.length > leafBytesMax) {
      // The thread that decides bounds the body, so this is a bug; it must not reach the journal.
      throw new DocketError(
        "internal",
        `a leaf of ${leaf.length} bytes is over the limit of ${leafBytesMax}`,
      );
    }
    const record: RecordFrames = {
      leaf,
      manifest: parts?.manifest,
      parts: parts?.sealed ?? [],
      actors: request.actors,
    };
    return { record, manifest: parts?.manifest.toString("utf8") };
  }
}

/** The hash that record 0 names as the one before: SHA-256 of `docket/v1\n` and the origin. */
export function chainStart(origin: string): Hash {
  return digest("sha256", `docket/v1\n${origin}`, "buffer") as unknown as Hash;
}

/** Takes the bare signature out of a checkpoint that was signed here. */
export function signedRoot(size: number, root: Uint8Array, checkpoint: Uint8Array): SignedRoot {
  const [line] = parseNote(checkpoint).signatures;
  return { size, root, signature: (line as NoteSignature).signature };
}
