// SPDX-License-Identifier: Apache-2.0
// What filters of others came to, kept by the hash of all that it depends on: they are slow and don't change.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fold, Item } from "../corpora.ts";
import { type Peer, messageBytes } from "./peer.ts";

/** The format of kept results: changed whenever messages are given to filters in another way. */
const cacheFormat = "docket-accuracy-peer/v1";

/** Scores of a fold's test part, for each scorer of a peer, and how long both parts took. */
export interface PeerResult {
  readonly scores: Readonly<Record<string, readonly number[]>>;
  readonly seconds: number;
}

/**
 * The result of a peer on a fold: the kept one, or a new one, which is then kept.
 *
 * @param folder where results are kept
 * @param keptOnly do not run the peer: `undefined` where nothing is kept
 */
export async function peerResult(
  peer: Peer,
  fold: Fold,
  folder: string,
  keptOnly: boolean,
): Promise<PeerResult | undefined> {
  const path = join(folder, `${peer.name}-${keyOf(peer, fold)}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as PeerResult;
  if (keptOnly || peer.missing() !== undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "docket-peer-"));
  try {
    const startedMs = performance.now();
    const scores = await peer.run(fold, directory);
    const result = { scores, seconds: (performance.now() - startedMs) / 1_000 };
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.part`, JSON.stringify(result));
    renameSync(`${path}.part`, path);
    return result;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function keyOf(peer: Peer, { train, test }: Fold): string {
  const hash = createHash("sha256").update(`${cacheFormat}\n${peer.name}\n${peer.identity()}\n`);
  const add = (items: readonly Item[], labelled: boolean): void => {
    for (const item of items) {
      const bytes = messageBytes(item);
      hash.update(`${labelled ? item.spam : ""} ${bytes.length}\n`).update(bytes);
    }
    hash.update("\0");
  };
  add(train, true);
  add(test, false);
  return hash.digest("hex").slice(0, 24);
}
