// SPDX-License-Identifier: Apache-2.0
// The sequencer gives records their index, time and chain, makes them durable, and signs the tree's new root:
// in this order, so that a root is never signed over bytes that a crash could lose. It owns the journal and
// the right edge of the tree; nothing else writes either.
import { hash } from "node:crypto";
import { encodeLeaf, formatTime, leafBytesMax } from "@docket/protocol";
import { encodeBase64Url, fromUtf8, hashBytes, inclusionFromNodes, inclusionNodes } from "@docket/tlog";
import type { Frontier, Hash, Signer } from "@docket/tlog";
import type { ClockReading } from "../clock/shared-clock.ts";
import { DocketError } from "../error.ts";
import { sealParts } from "../evidence/seal.ts";
import type { PlainPart, RandomBytes } from "../evidence/seal.ts";
import { encodePayload } from "./frame.ts";
import type { ActorEntry, RecordFrames, SignedRoot } from "./frame.ts";
import type { Journal } from "./journal.ts";
import type { DurableBatch } from "./messages.ts";
import { NodeCache } from "./node-cache.ts";
import { LogProgress } from "./progress.ts";
import { LogTip } from "./tip.ts";

/** What the log is asked to seal. `body` is encoded already; parts are sealed here, under the keys given. */
export type AppendRequest = {
  id: number;
  generation: number;
  body: string;
  parts: readonly PlainPart[];
  actors: readonly ActorEntry[];
  /** Of a correction of the clock: by how many ms the records that follow may be earlier than it. */
  backMs?: number | undefined;
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

/** What one batch gives: each record sealed, and what the materialiser needs to follow. */
export type Commit = { sealed: Sealed[]; batch: DurableBatch; checkpoint: Uint8Array };

/** Where the log stands: the state that the next batch continues. */
export type LogHead = {
  frontier: Frontier;
  /** Leaf hash of the last record, or the hash of the origin line for an empty log. */
  previous: Hash;
  /**
   * No record may be earlier than this, in ms since 1970: the time of the last record, or, where that is a
   * correction of the clock, as much earlier as it allows.
   */
  timeMs: number;
  signed: SignedRoot;
};

/** What the sequencer needs from outside. */
export type SequencerPorts = {
  /** The time for a batch. @throws {BatchVoidError} nothing may be sealed under this clock now */
  clock: () => ClockReading;
  random: RandomBytes;
  /** Sign each root, in this order. */
  signers: readonly Signer[];
  origin: string;
  progress?: LogProgress;
};

/** The one writer of a log of records. */
export class Sequencer {
  readonly #tip: LogTip;
  readonly #ports: SequencerPorts;
  readonly #nodes: NodeCache;
  /** Leaf hash of the last record, base64url. */
  #previous: string;
  /** No record may be earlier: see {@link LogHead}. */
  #timeMs: number;

  constructor(journal: Journal, head: LogHead, ports: SequencerPorts) {
    const progress = ports.progress ?? new LogProgress();
    this.#tip = new LogTip(journal, head, ports.origin, ports.signers, progress);
    this.#ports = ports;
    this.#nodes = new NodeCache(head.frontier);
    this.#previous = encodeBase64Url(head.previous);
    this.#timeMs = head.timeMs;
  }

  /** Number of records that are sealed. */
  get size(): number {
    return this.#tip.size;
  }

  /**
   * Seals a batch. When it returns, every record of it survives power loss and is covered by a signed root.
   *
   * @throws {BatchVoidError} nothing of the batch is in the log, and the log is as it was before
   * @throws {WritingEndedError} the log writes no more until it is opened again
   */
  commit(requests: readonly AppendRequest[]): Commit {
    const reading = this.#ports.clock();
    let stamp = stampAt(reading, this.#timeMs);
    let timeMs = stamp.timeMs;
    const leafHashes = Buffer.allocUnsafe(requests.length * hashBytes);
    let previous = this.#previous;
    const encoded = requests.map((request, place) => {
      const each = this.#encode(request, this.#tip.size + place, previous, stamp);
      previous = each.hash;
      timeMs = stamp.timeMs;
      if (request.backMs !== undefined) {
        // Directly after a correction, and nowhere else, a record may be earlier than the one before it.
        timeMs = Math.max(0, timeMs - request.backMs);
        stamp = stampAt(reading, timeMs);
      }
      leafHashes.write(previous, place * hashBytes, hashBytes, "base64url");
      return each;
    });
    const payload = encodePayload(encoded.map(({ record }) => record));
    const firstIndex = this.#tip.write(payload, requests.length);
    // From here on the records exist. A crash before the answer loses the answer, never the records.
    this.#previous = previous;
    this.#timeMs = timeMs;
    const batch = this.#tip.integrate({ firstIndex, count: requests.length, payload }, leafHashes, (...row) =>
      this.#nodes.add(...row),
    );
    const checkpoint = this.#tip.checkpoint();
    const proofs = this.#proofs(firstIndex, requests.length, fromUtf8(checkpoint));
    const sealed = requests.map(({ id }, place): Sealed => ({
      id,
      index: firstIndex + place,
      time: (encoded[place] as Encoded).time,
      leaf: (encoded[place] as Encoded).leaf,
      manifest: (encoded[place] as Encoded).record.manifest?.toString("utf8"),
      proof: proofs[place] as string,
    }));
    this.#nodes.prune(this.#tip.size);
    return { sealed, batch, checkpoint };
  }

  /** The signed checkpoint of all that is sealed. */
  checkpoint(): Uint8Array {
    return this.#tip.checkpoint();
  }

  /** Lets go of journal segments that are materialised up to `size`. */
  release(size: number): number {
    return this.#tip.release(size);
  }

  close(): void {
    this.#tip.close();
  }

  #encode(request: AppendRequest, index: number, prev: string, stamp: Stamp): Encoded {
    const parts =
      request.parts.length === 0
        ? undefined
        : sealParts(request.parts, this.#ports.origin, this.#ports.random);
    const { time, uncertaintyMs } = stamp;
    const header = { v: 1 as const, index, prev, time, uncertaintyMs };
    const leaf = encodeLeaf(header, request.body, parts?.manifestHash);
    const prefixed = Buffer.allocUnsafe(1 + Buffer.byteLength(leaf));
    prefixed[0] = 0x00;
    prefixed.write(leaf, 1, "utf8");
    if (prefixed.length - 1 > leafBytesMax) {
      // The thread that decides bounds the body, so this is a bug; it must not reach the journal.
      throw new DocketError(
        "internal",
        `a leaf of ${prefixed.length - 1} bytes is over the limit of ${leafBytesMax}`,
      );
    }
    const record = {
      leaf: prefixed.subarray(1),
      manifest: parts?.manifest,
      parts: parts?.sealed ?? [],
      actors: request.actors,
    };
    return { record, leaf, time, hash: hash("sha256", prefixed, "base64url") };
  }

  // The proofs of a batch share most of their hashes, and the checkpoint.
  #proofs(firstIndex: number, count: number, checkpoint: string): string[] {
    const { size } = this.#tip;
    const texts = new Map<Hash, string>();
    const proofs: string[] = [];
    for (let index = firstIndex; index < firstIndex + count; index++) {
      const nodes = inclusionNodes(index, size).map((node) => this.#nodes.get(node.level, node.index));
      const lines = inclusionFromNodes(index, size, nodes).map((each) => {
        let text = texts.get(each);
        if (text === undefined) texts.set(each, (text = Buffer.from(each).toString("base64")));
        return `${text}\n`;
      });
      proofs.push(`c2sp.org/tlog-proof@v1\nindex ${index}\n${lines.join("")}\n${checkpoint}`);
    }
    return proofs;
  }
}

/** A record on its way into the journal. */
type Encoded = {
  record: RecordFrames & { manifest: Buffer | undefined };
  /** The leaf's text, and its time. */
  leaf: string;
  time: string;
  /** The leaf's hash, base64url. */
  hash: string;
};

/** The time that records bear. */
type Stamp = { timeMs: number; time: string; uncertaintyMs: number | null };

// A clock that went back makes no record earlier than the one before it: those bear the last time until it is
// reached again, and say by how much more they are off.
function stampAt({ nowMs, uncertaintyMs }: ClockReading, leastMs: number): Stamp {
  const timeMs = Math.max(leastMs, nowMs);
  return {
    timeMs,
    time: formatTime(timeMs),
    uncertaintyMs: uncertaintyMs === null ? null : uncertaintyMs + (timeMs - nowMs),
  };
}

/** The hash that record 0 names as the one before: SHA-256 of `docket/v1\n` and the origin. */
export function chainStart(origin: string): Hash {
  return hash("sha256", `docket/v1\n${origin}`, "buffer") as unknown as Hash;
}
