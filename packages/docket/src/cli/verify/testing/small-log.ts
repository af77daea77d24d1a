// SPDX-License-Identifier: Apache-2.0
// A small data directory for tests, written by the writer's own parts: real records, parts, tiles and
// journal. Clock and randomness are counted, so that the same directory comes out each time.
import { hash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBody } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { emptyFrontier, generateSignerKey, parseSignerKey } from "@docket/tlog";
import { Materialiser } from "../../../log/materialiser.ts";
import { writeState } from "../../../log/materialised.ts";
import { logPaths } from "../../../log/paths.ts";
import type { LogPaths } from "../../../log/paths.ts";
import { recoverLog } from "../../../log/recovery.ts";
import { Sequencer } from "../../../log/sequencer.ts";
import type { AppendRequest, Sealed } from "../../../log/sequencer.ts";
import { disk } from "../../../stores/files/node-disk.ts";

/** The origin of the logs of tests. */
export const origin = "docket-0123456789abcdef/main";
const seed = new Uint8Array(32).fill(7);
/** The keys of the logs of tests. */
export const { signerKey, verifierKey } = generateSignerKey(origin, seed);

const actor = `a_${"A".repeat(22)}`;
const manifest = JSON.stringify({
  format: "docket-release/v1",
  language: "1",
  signals: "1",
  files: [{ path: "comments.yaml", sha256: hash("sha256", "policy: comments\n", "base64url") }],
});
const release = hash("sha256", manifest, "base64url");

/** A log that is being written. */
export type SmallLog = {
  data: string;
  paths: LogPaths;
  sealed: Sealed[];
  /** Seals records in batches of the given sizes; each batch is published unless `publish` is false. */
  seal(batches: readonly number[], publish?: boolean): void;
  /** Seals records without parts, in one batch that is published. */
  sealBodies(bodies: readonly BodyWithoutParts[]): void;
  /** Publishes, syncs and lets go of what the journal need not hold any more. */
  sync(): void;
  /** Closes the files, as a crash does: nothing is written. */
  close(): void;
};

/** Makes a data directory in `data`, which must be empty or absent, and opens its log. */
export function createSmallLog(data: string): SmallLog {
  const paths = logPaths(data, "main");
  for (const path of [paths.journal, paths.parts, paths.keptCheckpoints, paths.releases]) {
    mkdirSync(path, { recursive: true });
  }
  writeFileSync(join(data, "docket.json"), `${JSON.stringify({ v: 1, keys: "../keys" })}\n`);
  writeFileSync(join(data, "log.vkey"), `${verifierKey}\n`);
  writeFileSync(join(paths.site, "site.json"), `${JSON.stringify({ v: 1, origin })}\n`);
  const kept = { manifest, files: [{ path: "comments.yaml", text: "policy: comments\n" }] };
  writeFileSync(join(paths.releases, `${release}.json`), `${JSON.stringify(kept)}\n`);
  writeState(disk, paths, emptyFrontier());
  return openSmallLog(data);
}

/** Opens a log again, with recovery. */
export function openSmallLog(data: string): SmallLog {
  const paths = logPaths(data, "main");
  const signer = parseSignerKey(signerKey);
  const { journal, head, tail } = recoverLog(disk, paths, origin, [signer]);
  let nowMs = Math.max(head.timeMs, Date.UTC(2026, 10, 23)) + 1_000;
  const sequencer = new Sequencer(journal, head, {
    clock: () => ({ nowMs, uncertaintyMs: null }),
    random: randomBytes,
    signers: [signer],
    origin,
  });
  const materialiser = new Materialiser(disk, paths);
  if (tail.length > 0) materialiser.ingest({ batches: tail, checkpoint: sequencer.checkpoint() });
  const sealed: Sealed[] = [];
  return {
    data,
    paths,
    sealed,
    seal(batches, publish = true) {
      for (const count of batches) {
        nowMs += 25_000;
        const first = sequencer.size;
        const commit = sequencer.commit(Array.from({ length: count }, (_, i) => requestOf(first + i)));
        sealed.push(...commit.sealed);
        if (!publish) continue;
        materialiser.ingest({ batches: [commit.batch], checkpoint: commit.checkpoint });
        materialiser.publish(nowMs);
      }
    },
    sealBodies(bodies) {
      nowMs += 25_000;
      const first = sequencer.size;
      const requests = bodies.map((body, i) => ({
        id: first + i,
        generation: 0,
        actors: [],
        parts: [],
        body: encodeBody(body),
      }));
      const commit = sequencer.commit(requests);
      sealed.push(...commit.sealed);
      materialiser.ingest({ batches: [commit.batch], checkpoint: commit.checkpoint });
      materialiser.publish(nowMs);
    },
    sync() {
      sequencer.release(materialiser.sync(nowMs));
    },
    close() {
      sequencer.close();
      materialiser.close();
    },
  };
}

function requestOf(index: number): AppendRequest {
  const request = { id: index, generation: 0, actors: [] };
  const by = "operator";
  if (index === 0)
    return { ...request, parts: [], body: encodeBody({ kind: "created", by, origin, key: verifierKey }) };
  if (index === 1)
    return { ...request, parts: [], body: encodeBody({ kind: "start", by, version: "0.1.0", recovered: 0 }) };
  if (index === 2)
    return { ...request, parts: [], body: encodeBody({ kind: "release", by, release, previous: null }) };
  if (index % 50 === 3) return { ...request, parts: [], body: encodeBody({ kind: "stop", by }) };
  const body: BodyWithoutParts = {
    kind: "decision",
    by: `k_${"b".repeat(16)}`,
    actor,
    outcome: index % 3 === 0 ? "reject" : "allow",
    rules: index % 3 === 0 ? ["link-burst"] : [],
    restrictions: [],
    release,
  };
  const facts = {
    name: "facts" as const,
    subject: "site",
    key: seed,
    plaintext: `{"v":1,"number":${index}}`,
  };
  const content = {
    name: "content" as const,
    subject: actor,
    key: seed,
    plaintext: `{"text":"comment ${index}, ‘quoted’"}`,
  };
  const entry = { lookup: Buffer.alloc(32, index), pseudonym: actor, wrappedKey: Buffer.alloc(60, 1) };
  return { ...request, body: encodeBody(body), parts: [facts, content], actors: index === 4 ? [entry] : [] };
}
