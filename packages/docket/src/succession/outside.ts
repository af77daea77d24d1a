// SPDX-License-Identifier: Apache-2.0
// Checkpoints of a log from outside its two directories: those that somebody kept, those that replicas serve,
// and the newest that witnesses cosigned. Each counts only if the log's own key signed it.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { PromotionProof } from "@docket/protocol";
import { encodeHex, openCheckpoint, parseVerifierKey, sha256, TlogError, utf8 } from "@docket/tlog";
import type { Checkpoint, TlogPolicy, Verifier } from "@docket/tlog";
import { readSeenFile, seenFileBytesMax } from "@docket/verify";
import type { SeenNote } from "@docket/verify";
import { DocketError } from "../error.ts";
import type { KeyHistory } from "./key-history.ts";

/** A checkpoint from outside. `place` says where it was found. */
export type OutsideCheckpoint = {
  from: PromotionProof["from"];
  /** The key name of the witness. */
  name: string | null;
  place: string;
  note: Uint8Array;
  checkpoint: Checkpoint;
};

/** Whoever was asked and gave nothing that counts. */
export type Unanswered = { place: string; reason: string };

/** What the search needs from outside. */
export type OutsidePorts = { fetch: (url: URL, init: RequestInit) => Promise<Response> };

/** Longest checkpoint that is read from a server, in bytes. */
const answerBytesMax = 1_000_000;
/** A server that says nothing for this long, in ms, has not answered. */
const answerWithinMs = 10_000;
/** Most files that are read in a directory of checkpoints. */
const filesMax = 100_000;

/**
 * The keys under which checkpoints of a log count.
 *
 * @param history the log's keys until now
 * @param further keys that are trusted besides: those in the keys directory may be newer than an old copy
 *   knows
 */
export function trustedKeys(history: KeyHistory, further: readonly string[]): CountedKey[] {
  const periods = history.periods.flatMap(({ keys, until }) => keys.map((key) => ({ key, until })));
  const known = new Set(periods.map(({ key }) => key));
  const more = further.filter((key) => !known.has(key)).map((key) => ({ key, until: null }));
  return [...periods, ...more].map(({ key, until }) => ({ verifier: parseVerifierKey(key), until }));
}

/** A key, and the largest size that its checkpoints may have; null for one in force. */
export type CountedKey = { verifier: Verifier; until: number | null };

/**
 * Reads the checkpoints that were given: files, directories of files, data directories and mirrors, and URLs
 * of logs.
 *
 * @throws {DocketError} `usage` for one that can't be read or is not of this log: what was given must count
 */
export async function readGiven(
  targets: readonly string[],
  origin: string,
  keys: readonly CountedKey[],
  ports: OutsidePorts,
): Promise<OutsideCheckpoint[]> {
  const found: OutsideCheckpoint[] = [];
  for (const target of targets) {
    for (const { from, place, note } of await readTarget(target, ports)) {
      try {
        found.push({ from, name: null, place, note, checkpoint: openCounted(note, origin, keys) });
      } catch (error) {
        if (!(error instanceof TlogError)) throw error;
        throw new DocketError("usage", `${place} is no checkpoint of ${origin}: ${error.message}`);
      }
    }
  }
  return found;
}

/**
 * Asks the witnesses of a policy for the newest checkpoint that they cosigned (C2SP tlog-witness, monitoring
 * path).
 *
 * @returns what those answered that know the log, and who did not
 */
export async function askWitnesses(
  policy: TlogPolicy,
  origin: string,
  keys: readonly CountedKey[],
  ports: OutsidePorts,
): Promise<{ found: OutsideCheckpoint[]; unanswered: Unanswered[] }> {
  const found: OutsideCheckpoint[] = [];
  const unanswered: Unanswered[] = [];
  const path = `${encodeHex(sha256(utf8(origin)))}/checkpoint`;
  await Promise.all(
    policy.witnesses.map(async ({ name: place, vkey, url }) => {
      const { name } = parseVerifierKey(vkey);
      try {
        if (url === undefined) throw new DocketError("usage", "the policy has no URL of it");
        const note = await fetchNote(new URL(path, url.endsWith("/") ? url : `${url}/`), ports);
        const checkpoint = openCounted(note, origin, keys);
        // The cosignature shows that it was this witness who answered.
        openCheckpoint(note, [parseVerifierKey(vkey)], origin);
        found.push({ from: "witness", name, place, note, checkpoint });
      } catch (error) {
        unanswered.push({ place, reason: (error as Error).message });
      }
    }),
  );
  return { found, unanswered };
}

/** Opens a checkpoint under the keys that may have signed one of its size. */
export function openCounted(note: Uint8Array, origin: string, keys: readonly CountedKey[]): Checkpoint {
  const opened = openCheckpoint(
    note,
    keys.map(({ verifier }) => verifier),
    origin,
  );
  const { checkpoint, verified } = opened;
  const counts = verified.some((line) => {
    const until = keys.find(({ verifier }) => verifier === line.verifier)?.until ?? null;
    return line.verifier.algorithm === "ed25519" && (until === null || checkpoint.size <= until);
  });
  if (counts) return checkpoint;
  throw new TlogError("unverified", `no Ed25519 key signed it that was in force at size ${checkpoint.size}`);
}

type Given = SeenNote & { from: "seen" | "replica" };

async function readTarget(target: string, ports: OutsidePorts): Promise<Given[]> {
  if (/^https?:\/\//.test(target)) {
    const url = new URL("checkpoint", target.endsWith("/") ? target : `${target}/`);
    try {
      return [{ from: "replica", place: target, note: await fetchNote(url, ports) }];
    } catch (error) {
      throw new DocketError("usage", `${url.href} gives no checkpoint: ${(error as Error).message}`);
    }
  }
  try {
    return statSync(target).isDirectory() ? readDirectory(target) : readFile(target);
  } catch (error) {
    if (error instanceof DocketError) throw error;
    throw new DocketError("usage", `${target} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

// A data directory or a mirror has its newest checkpoint in a place of its own; anything else is a directory
// of kept files.
function readDirectory(directory: string): Given[] {
  for (const place of [join(directory, "sites", "main"), directory]) {
    const names = listing(place);
    if (!names.includes("checkpoint")) continue;
    const newest = readFile(join(place, "checkpoint")).map((each) => ({ ...each, from: "replica" as const }));
    return newest;
  }
  const names = listing(directory);
  if (names.length === 0) throw new DocketError("usage", `${directory} holds no checkpoints`);
  if (names.length > filesMax) throw new DocketError("usage", `${directory} holds over ${filesMax} files`);
  return names.flatMap((name) => readFile(join(directory, name)));
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function readFile(path: string): Given[] {
  if (statSync(path).size > seenFileBytesMax) {
    throw new DocketError("usage", `${path} is longer than ${seenFileBytesMax} bytes`);
  }
  try {
    return readSeenFile(path, readFileSync(path)).map((seen) => ({ ...seen, from: "seen" as const }));
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new DocketError("usage", `${basename(path)} holds no checkpoint: ${error.message}`);
  }
}

async function fetchNote(url: URL, ports: OutsidePorts): Promise<Uint8Array> {
  const response = await ports.fetch(url, {
    signal: AbortSignal.timeout(answerWithinMs),
    redirect: "error",
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new DocketError("usage", `it answered with status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    if (length > answerBytesMax)
      throw new DocketError("usage", `it answered with over ${answerBytesMax} bytes`);
  }
  return Buffer.concat(chunks);
}
