// SPDX-License-Identifier: Apache-2.0
// Changing a log's keys. Each step is durable before the next, and what a crash leaves is gone on with by the
// next opening, whoever opens it:
//
//   1. the log is published and synced under the keys in force
//   2. new keys are made in KEYS/main/next        from here on the change will happen
//   3. a key-change record is sealed; all keys, old and new, sign the checkpoint over it
//   4. that checkpoint is kept for good           from here on only the new keys sign
//   5. the published checkpoint sheds the old lines; keys.json, the key files and log.vkey take the new keys;
//      the old secret keys are gone
//   6. KEYS/main/next is removed
//
// A crash before 2 leaves nothing but a directory that is thrown away; between 2 and 6 every step is done
// again or found done. Nothing is sealed between 2 and 3 but the key-change record.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import type { KeyChangeBody } from "@docket/protocol";
import { formatSignature, openCheckpoint, openNote, parseVerifierKey } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { createLogKeys, publishedKeyFile, readLogKeys, rootKeyFile, signerKeysOf } from "../evidence/keys.ts";
import { replaceSecret, syncDirectory } from "../evidence/key-folder.ts";
import { randomPool } from "../evidence/random.ts";
import type { RandomBytes } from "../evidence/seal.ts";
import { readHeldState } from "../log/held-state.ts";
import { damaged } from "../log/materialised.ts";
import { verifierKeysOf } from "../log/signing-keys.ts";
import type { SignerKeys } from "../log/signing-keys.ts";
import { claimEpoch } from "./epoch.ts";
import { changeKeys, currentKeys, writeKeyHistory } from "./key-history.ts";
import type { KeyHistory } from "./key-history.ts";
import { epochPlaces, keyFolder, sealAlone } from "./maintenance.ts";
import type { MaintainedLog } from "./maintenance.ts";

/** A change of keys that is done. `index` is its record's; `size` that of the checkpoint with both sets. */
export type KeyChange = { index: number; size: number; old: readonly string[]; new: readonly string[] };

/** Whether a change of keys was begun and is not done. */
export function isKeyChangeBegun(log: MaintainedLog): boolean {
  return existsSync(nextFolder(log));
}

/**
 * Makes new keys, and leaves the change to {@link finishKeyChange}.
 *
 * @param history the keys until now
 */
export async function beginKeyChange(
  log: MaintainedLog,
  history: KeyHistory,
  random: RandomBytes,
): Promise<void> {
  const signerKeys = signerKeysOf(readLogKeys(keyFolder(log)));
  const formerKeys = formerKeysOf(history);
  const primacy = claimEpoch(epochPlaces(log), readHeldState(log.disk, log.paths, log.origin));
  const size = await sealAlone(log, { signerKeys, formerKeys, primacy });
  if (size === 0) {
    throw new DocketError(
      "usage",
      "an empty log has no keys to change; seal a record first, or make it anew",
    );
  }
  const unfinished = `${nextFolder(log)}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  createLogKeys({ ...keyFolder(log), path: unfinished }, log.origin, random);
  syncDirectory(unfinished);
  renameSync(unfinished, nextFolder(log));
  syncDirectory(log.keys);
}

/**
 * Brings a change of keys that was begun to its end.
 *
 * @param vkeyPath the file of the verifier keys that are given away
 */
export async function finishKeyChange(
  log: MaintainedLog,
  history: KeyHistory,
  vkeyPath: string,
): Promise<KeyChange> {
  const next = signerKeysOf(readLogKeys({ ...keyFolder(log), path: nextFolder(log) }));
  const newKeys = verifierKeysOf(next);
  const change = keptChange(log, newKeys) ?? (await sealChange(log, history, next));
  const { index, size } = change;
  // Receipts are given from it: whoever has the new keys alone must be able to check them.
  log.disk.replaceFile(log.paths.checkpoint, linesOf(log, size, newKeys), true);
  const isWritten = currentKeys(history).join() === newKeys.join();
  if (!isWritten) writeKeyHistory(log.disk, log.paths, changeKeys(history, index, newKeys));
  // From here on the old secret keys exist nowhere but in copies that somebody made.
  putKey(log, rootKeyFile, next.roots[0] as string);
  putKey(log, publishedKeyFile, next.published[0] as string);
  log.disk.replaceFile(vkeyPath, Buffer.from(`${newKeys.join("\n")}\n`), true);
  rmSync(nextFolder(log), { recursive: true });
  syncDirectory(log.keys);
  return { index, size, old: change.old, new: newKeys };
}

/** Verifier keys of a log that are not in force any more. */
export function formerKeysOf(history: KeyHistory): string[] {
  return history.periods.filter((period) => period.until !== null).flatMap((period) => period.keys);
}

async function sealChange(
  log: MaintainedLog,
  history: KeyHistory,
  next: SignerKeys,
): Promise<Omit<KeyChange, "new">> {
  const current = signerKeysOf(readLogKeys(keyFolder(log)));
  const old = verifierKeysOf(current);
  const newKeys = verifierKeysOf(next);
  const signerKeys = {
    roots: [...current.roots, ...next.roots],
    published: [...current.published, ...next.published],
  };
  const held = readHeldState(log.disk, log.paths, log.origin);
  const sealed = lastChange(held.lastLeaf(), newKeys);
  const primacy = claimEpoch(epochPlaces(log), held);
  const body: KeyChangeBody = { kind: "key-change", by: "operator", old, new: newKeys };
  const signing = { signerKeys, formerKeys: formerKeysOf(history), primacy };
  const size = await sealAlone(log, signing, sealed === undefined ? body : undefined);
  const checkpoint = log.disk.readFile(log.paths.checkpoint);
  if (checkpoint === undefined || !bearsAll(checkpoint, log.origin, size, [...old, ...newKeys])) {
    throw damaged(
      `the checkpoint over the key change, of size ${size}, does not bear old and new signatures`,
    );
  }
  log.disk.replaceFile(keptPath(log, size), checkpoint, true);
  return { index: size - 1, size, old };
}

// The change is sealed, and the checkpoint over it is kept: the key files may be the old or the new ones.
function keptChange(log: MaintainedLog, newKeys: readonly string[]): Omit<KeyChange, "new"> | undefined {
  const held = readHeldState(log.disk, log.paths, log.origin);
  const record = lastChange(held.lastLeaf(), newKeys);
  if (record === undefined) return undefined;
  const size = held.size();
  const kept = log.disk.readFile(keptPath(log, size));
  if (kept === undefined || !bearsAll(kept, log.origin, size, [...record.old, ...newKeys])) return undefined;
  return { index: size - 1, size, old: record.old };
}

function lastChange(
  leaf: Uint8Array | undefined,
  newKeys: readonly string[],
): { old: readonly string[] } | undefined {
  if (leaf === undefined) return undefined;
  const record = parseLeaf(Buffer.from(leaf).toString("utf8"));
  return record.kind === "key-change" && record.new.join() === newKeys.join() ? record : undefined;
}

function bearsAll(note: Uint8Array, origin: string, size: number, keys: readonly string[]): boolean {
  try {
    const opened = openCheckpoint(
      note,
      keys.map((key) => parseVerifierKey(key)),
      origin,
    );
    return opened.checkpoint.size === size && opened.verified.length === keys.length;
  } catch {
    return false;
  }
}

// The kept checkpoint with the lines of these keys alone: the same text, so nothing is signed anew.
function linesOf(log: MaintainedLog, size: number, keys: readonly string[]): Uint8Array {
  const kept = log.disk.readFile(keptPath(log, size)) ?? Buffer.alloc(0);
  const opened = openNote(
    kept,
    keys.map((key) => parseVerifierKey(key)),
  );
  return Buffer.from(`${opened.text}\n${opened.verified.map(formatSignature).join("")}`, "utf8");
}

function keptPath(log: MaintainedLog, size: number): string {
  return join(log.paths.keptCheckpoints, String(size));
}

function nextFolder(log: MaintainedLog): string {
  return join(log.keys, "next");
}

function putKey(log: MaintainedLog, file: string, key: string): void {
  replaceSecret(keyFolder(log), file, `${key}\n`, randomPool());
}
