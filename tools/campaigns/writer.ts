// SPDX-License-Identifier: Apache-2.0
// A log that a campaign drives by hand, on any disk: recovery, sequencer and materialiser as their threads
// use them, without the threads. Clock and randomness are counted, so that the same script gives the same
// bytes. All that the campaigns know of the log's inside stands in this file.
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
import { BatchVoidError, WritingEndedError } from "../../packages/docket/src/log/journal.ts";
import { Materialiser } from "../../packages/docket/src/log/materialiser.ts";
import { writeState } from "../../packages/docket/src/log/materialised.ts";
import { logPaths } from "../../packages/docket/src/log/paths.ts";
import type { LogPaths } from "../../packages/docket/src/log/paths.ts";
import { recoverLog } from "../../packages/docket/src/log/recovery.ts";
import { Sequencer } from "../../packages/docket/src/log/sequencer.ts";
import type { AppendRequest, Sealed } from "../../packages/docket/src/log/sequencer.ts";

/** Origin and keys of the campaigns' logs. */
export const origin = "docket-0123456789abcdef/main";
const seed = new Uint8Array(32).fill(7);
/** The log's keys as text. */
export const keys: { signerKey: string; verifierKey: string } = generateSignerKey(origin, seed);
/** The log's Ed25519 key, which every verification trusts. */
export const verifier: Verifier = parseVerifierKey(keys.verifierKey);
/** Signs as the log does. */
export const signer: Signer = parseSignerKey(keys.signerKey);
/** Where the data directory lies on a campaign's disk. */
export const dataDirectory = "/data";
/** Time of the first record, in ms since 1970. */
export const firstTimeMs: number = Date.UTC(2026, 10, 22, 23, 11, 5, 123);

/** One thing to seal. */
export type Wish = {
  /** What tells it from all others, so that a repeat shows. */
  id: number;
  /** Without them a record is small. */
  parts: boolean;
  /** Changes what the record says, not who it is about: for forks. */
  variant?: number;
};

/** A root that was signed. */
export type SignedSize = { size: number; root: Uint8Array };

/** What a writer is opened with. */
export type WriterOptions = {
  disk: LogDisk;
  /** The time of the moment, in ms since 1970. */
  now: () => number;
  /** Hears of each signature that is made, before anyone else does. */
  onSigned?: (signed: SignedSize) => void;
};

/** A log that is open. */
export type Writer = {
  /** Number of records that are sealed. */
  size(): number;
  /** @throws BatchVoidError, WritingEndedError, and whatever the disk throws */
  commit(wishes: readonly Wish[]): Sealed[];
  publish(): void;
  /** Publishes, syncs, and lets go of what the journal need not hold any more. */
  sync(): void;
  close(): void;
};

/** The paths of the campaigns' log. */
export const paths: LogPaths = logPaths(dataDirectory, "main");

/** Makes the data directory of an empty log, with what `docket verify` compares it with. */
export function createLog(disk: LogDisk): void {
  for (const path of [paths.journal, paths.parts, paths.keptCheckpoints, paths.releases])
    disk.makeDirectory(path);
  const text = (path: string, content: string): void => disk.replaceFile(path, utf8(content), true);
  text(`${dataDirectory}/docket.json`, `${JSON.stringify({ v: 1, keys: "../keys" })}\n`);
  text(`${dataDirectory}/log.vkey`, `${keys.verifierKey}\n`);
  text(`${paths.site}/site.json`, `${JSON.stringify({ v: 1, origin })}\n`);
  const kept = { manifest: release.manifest, files: [{ path: "comments.yaml", text: release.text }] };
  text(`${paths.releases}/${release.id}.json`, `${JSON.stringify(kept)}\n`);
  writeState(disk, paths, emptyFrontier());
}

/** Opens the log, with recovery. */
export function openWriter({ disk, now, onSigned }: WriterOptions): Writer {
  const listening: Signer = {
    ...signer,
    sign(message) {
      const { size, root } = parseCheckpoint(new TextDecoder().decode(message));
      onSigned?.({ size, root });
      return signer.sign(message);
    },
  };
  const { journal, head, tail } = recoverLog(disk, paths, origin, listening);
  const sequencer = new Sequencer(journal, head, {
    now,
    random: countedBytes(head.frontier.size),
    signer: listening,
    origin,
  });
  const materialiser = new Materialiser(disk, paths);
  for (const { batch, checkpoint } of tail) materialiser.ingest(batch, checkpoint);
  return {
    size: () => sequencer.size,
    commit(wishes) {
      const first = sequencer.size;
      const requests = wishes.map((wish, place) => requestOf(first + place, wish));
      const { sealed, batch, checkpoint } = sequencer.commit(requests);
      materialiser.ingest(batch, checkpoint);
      return sealed;
    },
    publish: () => void materialiser.publish(now()),
    sync: () => sequencer.release(materialiser.sync(now())),
    close() {
      sequencer.close();
      materialiser.close();
    },
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

/** The id of the wish that a leaf came from. */
export function idOfLeaf(leaf: Uint8Array): number {
  const found = /"(?:actor|key)":"[ak]_A*(\d+)Z"/.exec(new TextDecoder().decode(leaf))?.[1];
  return found === undefined ? 0 : Number(found);
}

const release = ((): { id: string; manifest: string; text: string } => {
  const text = "policy: comments\n";
  const digest = (bytes: string): string => Buffer.from(sha256(utf8(bytes))).toString("base64url");
  const files = [{ path: "comments.yaml", sha256: digest(text) }];
  const manifest = JSON.stringify({ format: "docket-release/v1", language: "1", signals: "1", files });
  return { id: digest(manifest), manifest, text };
})();

function requestOf(index: number, { id, parts, variant = 0 }: Wish): AppendRequest {
  const request = { id, generation: 0, actors: [], parts: [] };
  const by = "operator";
  if (index === 0)
    return { ...request, body: encodeBody({ kind: "created", by, origin, key: keys.verifierKey }) };
  if (!parts) {
    const role = variant === 0 ? "ingest" : "analyst";
    const key = `k_${nameOf(id, 16)}`;
    return { ...request, body: encodeBody({ kind: "access", by, change: "created", key, role }) };
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
