// SPDX-License-Identifier: Apache-2.0
// A log that a campaign drives by hand, on any disk: recovery, sequencer and materialiser as their threads
// use them, without the threads. Clock and randomness are counted, so that the same script gives the same
// bytes. All that the campaigns know of how the log is written stands in this file.
import { encodeBody } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import {
  emptyFrontier,
  generateSignerKey,
  parseCheckpoint,
  parseSignerKey,
  parseVerifierKey,
  sha256,
  utf8,
} from "@docket/tlog";
import type { Signer, Verifier } from "@docket/tlog";
import type { LogDisk } from "../../packages/docket/src/log/disk.ts";
import { entryFrameBytes, writeEntryFrame } from "../../packages/docket/src/log/frame.ts";
import { BatchVoidError, WritingEndedError } from "../../packages/docket/src/log/journal.ts";
import { Materialiser } from "../../packages/docket/src/log/materialiser.ts";
import { writeState } from "../../packages/docket/src/log/materialised.ts";
import type { DurableBatch } from "../../packages/docket/src/log/messages.ts";
import { OpaqueSequencer } from "../../packages/docket/src/log/opaque-sequencer.ts";
import { logPaths } from "../../packages/docket/src/log/paths.ts";
import type { LogPaths } from "../../packages/docket/src/log/paths.ts";
import { recoverLog } from "../../packages/docket/src/log/recovery.ts";
import type { RecoveredLog } from "../../packages/docket/src/log/recovery.ts";
import { Sequencer } from "../../packages/docket/src/log/sequencer.ts";
import type { AppendRequest } from "../../packages/docket/src/log/sequencer.ts";
import { signPublished } from "../../packages/docket/src/log/signing-keys.ts";

/** What the log's entries are. */
export type LogKind = "records" | "opaque";

/** Origin of the campaigns' logs. */
export const origin = "docket-0123456789abcdef/main";
const seed = new Uint8Array(32).fill(7);
/** Key of all sealed parts. */
export const partKey: Uint8Array = seed;
const ed25519 = generateSignerKey(origin, seed);
const mlDsa = generateSignerKey(origin, new Uint8Array(32).fill(8), "ml-dsa-44");
/** The log's verifier keys as text, Ed25519 first. */
export const vkeys: readonly string[] = [ed25519.verifierKey, mlDsa.verifierKey];
/** The log's Ed25519 key. */
export const verifier: Verifier = parseVerifierKey(ed25519.verifierKey);
/** The log's verifier keys, which every verification trusts. */
export const verifiers: readonly Verifier[] = [verifier, parseVerifierKey(mlDsa.verifierKey)];
/** Signs as the log does: with Ed25519 each root, with ML-DSA-44 what is published besides. */
export const signer: Signer = parseSignerKey(ed25519.signerKey);
/** As {@link signer}; its lines bear the time of the campaigns' first record. */
export const publishedSigner: Signer = parseSignerKey(mlDsa.signerKey, () => Math.floor(firstTimeMs / 1000));
/** Where the data directory lies on a campaign's disk. */
export const dataDirectory = "/data";
/** Time of the first record, in ms since 1970. */
export const firstTimeMs: number = Date.UTC(2026, 10, 22, 23, 11, 5, 123);
/** The paths of the campaigns' log. */
export const paths: LogPaths = logPaths(dataDirectory, "main");
/** A segment is closed at this length, and room made in such steps: so small that a script crosses them. */
const limits = { segmentBytesMax: 16_384, roomBytes: 2048 };

/** One thing to seal. */
export type Wish = {
  /** What tells it from all others, so that a repeat shows. */
  id: number;
  /** Without them a record is small. */
  parts: boolean;
  /** Changes what the record says, not who it is about: for forks. */
  variant?: number;
};

/** What an answer says: of an opaque entry the index alone. */
export type Answered = {
  index: number;
  leaf: string;
  proof: string | undefined;
  manifest: string | undefined;
};

/** A root that was signed. */
export type SignedSize = { size: number; root: Uint8Array };

/** What a writer is opened with. */
export type WriterOptions = {
  disk: LogDisk;
  kind: LogKind;
  /** The time of the moment, in ms since 1970. */
  now: () => number;
  /** Hears of each Ed25519 signature that is made, before anyone else does. */
  onSigned?: (signed: SignedSize) => void;
  /** Whether published checkpoints bear the ML-DSA line too. It takes time, and no fault tells it apart. */
  mlDsa: boolean;
};

/** A log that is open. */
export type Writer = {
  /** Number of entries that are durable. */
  size(): number;
  /** @throws BatchVoidError, WritingEndedError, and whatever the disk throws */
  commit(wishes: readonly Wish[]): Answered[];
  publish(): void;
  /** Publishes, syncs, and lets go of what the journal need not hold any more. */
  sync(): void;
  close(): void;
};

/**
 * Makes the data directory of an empty log, with what `docket verify` compares it with.
 *
 * @param both whether published checkpoints will bear the ML-DSA line too
 */
export function createLog(disk: LogDisk, kind: LogKind, both: boolean): void {
  const directories = [paths.journal, paths.keptCheckpoints];
  if (kind === "records") directories.push(paths.parts, paths.releases);
  for (const path of directories) disk.makeDirectory(path);
  const text = (path: string, content: string): void => disk.replaceFile(path, utf8(content), true);
  text(`${dataDirectory}/docket.json`, `${JSON.stringify({ v: 1, keys: "../keys" })}\n`);
  text(
    `${dataDirectory}/log.vkey`,
    vkeys
      .slice(0, both ? 2 : 1)
      .map((vkey) => `${vkey}\n`)
      .join(""),
  );
  const site = kind === "opaque" ? { v: 1, origin, opaque: true } : { v: 1, origin };
  text(`${paths.site}/site.json`, `${JSON.stringify(site)}\n`);
  if (kind === "records") {
    const kept = { manifest: release.manifest, files: [{ path: "comments.yaml", text: release.text }] };
    text(`${paths.releases}/${release.id}.json`, `${JSON.stringify(kept)}\n`);
  }
  writeState(disk, paths, emptyFrontier());
}

/** Opens the log, with recovery. */
export function openWriter({ disk, kind, now, onSigned, mlDsa: both }: WriterOptions): Writer {
  const listening: Signer = {
    ...signer,
    sign(message) {
      const { size, root } = parseCheckpoint(new TextDecoder().decode(message));
      onSigned?.({ size, root });
      return signer.sign(message);
    },
  };
  const opaque = kind === "opaque";
  const named = vkeys.slice(0, both ? 2 : 1);
  const recovered = recoverLog(disk, paths, origin, [listening], { opaque, limits });
  const sequencer = opaque
    ? opaqueSequencer(recovered, listening)
    : recordSequencer(recovered, listening, now, named);
  const materialiser = new Materialiser(disk, paths, opaque);
  const { tail } = recovered;
  if (tail.length > 0) materialiser.ingest({ batches: tail, checkpoint: sequencer.checkpoint() });
  const publish = (): void => {
    const note = materialiser.unpublished;
    const published = note !== undefined && both ? signPublished(note, [publishedSigner]) : note;
    if (published instanceof Promise) throw new Error("the campaigns' keys sign at once");
    materialiser.publish(now(), published);
    // Sooner than the thread does it, so that short scripts come to it.
    materialiser.removeOvertaken(1, () => true);
  };
  return {
    size: () => sequencer.size(),
    commit(wishes) {
      const { answers, batch } = sequencer.commit(wishes);
      materialiser.ingest({ batches: [batch], checkpoint: sequencer.checkpoint() });
      return answers;
    },
    publish,
    sync() {
      publish();
      sequencer.release(materialiser.sync(now()));
    },
    close() {
      sequencer.close();
      materialiser.close();
    },
  };
}

type AnySequencer = {
  size(): number;
  commit(wishes: readonly Wish[]): { answers: Answered[]; batch: DurableBatch };
  checkpoint(): Uint8Array;
  release(size: number): void;
  close(): void;
};

function recordSequencer(
  { journal, head }: RecoveredLog,
  by: Signer,
  now: () => number,
  named: readonly string[],
): AnySequencer {
  const random = countedBytes(head.frontier.size);
  const sequencer = new Sequencer(journal, head, {
    clock: () => ({ nowMs: now(), uncertaintyMs: null }),
    random,
    signers: [by],
    origin,
  });
  return {
    size: () => sequencer.size,
    commit(wishes) {
      const first = sequencer.size;
      const { sealed, batch } = sequencer.commit(
        wishes.map((wish, at) => requestOf(first + at, wish, named)),
      );
      return { answers: sealed, batch };
    },
    checkpoint: () => sequencer.checkpoint(),
    release: (size) => sequencer.release(size),
    close: () => sequencer.close(),
  };
}

function opaqueSequencer({ journal, head }: RecoveredLog, by: Signer): AnySequencer {
  const sequencer = new OpaqueSequencer(journal, head, origin, [by]);
  return {
    size: () => sequencer.size,
    commit(wishes) {
      const entries = wishes.map((wish) => Buffer.from(opaqueEntry(wish)));
      const bytes = entries.reduce((sum, entry) => sum + entryFrameBytes(entry.length), 0);
      const payload = Buffer.alloc(bytes);
      let end = 0;
      for (const entry of entries) end = writeEntryFrame(payload, end, entry);
      const firstIndex = sequencer.write(payload, entries.length);
      const answers = entries.map((entry, at): Answered => ({
        index: firstIndex + at,
        leaf: entry.toString(),
        proof: undefined,
        manifest: undefined,
      }));
      return { answers, batch: sequencer.integrate(firstIndex, entries.length, payload) };
    },
    checkpoint: () => sequencer.checkpoint(),
    release: (size) => sequencer.release(size),
    close: () => sequencer.close(),
  };
}

/** What a failed step means for the process: `again` if it may go on, `ended` if it must be started again. */
export function meaningOf(error: unknown): "void" | "again" | "ended" {
  if (error instanceof BatchVoidError) return "void";
  if (error instanceof WritingEndedError) return "ended";
  // The same codes as the materialiser's thread tries again.
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EIO" || code === "EMFILE" ? "again" : "ended";
}

/** The id of the wish that an entry came from; 0 for a log's record 0, which bears none. */
export function idOfLeaf(leaf: Uint8Array): number {
  const text = new TextDecoder().decode(leaf);
  const found = /"(?:actor|key)":"[ak]_A*(\d+)Z"/.exec(text) ?? /^entry (\d+) /.exec(text);
  return Number(found?.[1] ?? 0);
}

const release = ((): { id: string; manifest: string; text: string } => {
  const text = "policy: comments\n";
  const digest = (bytes: string): string => Buffer.from(sha256(utf8(bytes))).toString("base64url");
  const files = [{ path: "comments.yaml", sha256: digest(text) }];
  const manifest = JSON.stringify({ format: "docket-release/v1", language: "1", signals: "1", files });
  return { id: digest(manifest), manifest, text };
})();

function opaqueEntry({ id, parts, variant = 0 }: Wish): string {
  return `entry ${id} ${variant} ${"x".repeat(parts ? 200 + (id % 100) : id % 40)}`;
}

function requestOf(
  index: number,
  { id, parts, variant = 0 }: Wish,
  [key = "", mlDsaKey]: readonly string[],
): AppendRequest {
  const request = { id, generation: 0, actors: [], parts: [] };
  const by = "operator";
  if (index === 0) {
    const keys = mlDsaKey === undefined ? { key } : { key, mlDsaKey };
    return { ...request, body: encodeBody({ kind: "created", by, origin, ...keys }) };
  }
  if (!parts) {
    const role = variant === 0 ? "ingest" : "analyst";
    const about = `k_${nameOf(id, 16)}`;
    return { ...request, body: encodeBody({ kind: "access", by, change: "created", key: about, role }) };
  }
  const actor = `a_${nameOf(id, 22)}`;
  const refused = (id + variant) % 3 === 0;
  const body: BodyWithoutParts = {
    kind: "decision",
    by: `k_${"b".repeat(16)}`,
    actor,
    outcome: refused ? "reject" : "allow",
    rules: refused ? ["link-burst"] : [],
    restrictions: [],
    release: release.id,
  };
  const facts = `{"v":1,"number":${id},"variant":${variant}}`;
  const content = `{"text":"comment ${id}, ‘quoted’"}`;
  const plain: AppendRequest["parts"] = [
    { name: "facts", subject: "site", key: seed, plaintext: facts },
    { name: "content", subject: actor, key: seed, plaintext: content },
  ];
  const entry = { lookup: Buffer.alloc(32, id), pseudonym: actor, wrappedKey: Buffer.alloc(60, 1) };
  return { ...request, body: encodeBody(body), parts: plain, actors: id % 5 === 0 ? [entry] : [] };
}

/** A number as a name of that many base64url characters, ended by a letter. */
function nameOf(id: number, length: number): string {
  return `${id}Z`.padStart(length, "A");
}

/** Bytes for secrets and nonces, the same after each opening at one size. Tests only. */
function countedBytes(size: number): (length: number) => Buffer {
  let count = 0;
  return (length) => {
    const pieces = Array.from({ length: Math.ceil(length / 32) }, () => sha256(utf8(`${size} ${count++}`)));
    return Buffer.concat(pieces).subarray(0, length);
  };
}
