// SPDX-License-Identifier: Apache-2.0
// The file DIR/logs of a witness that runs: read at the start, and again when it changed.
import type { EventEmitter } from "node:events";
import { readFile, stat } from "node:fs/promises";
import type { Verifier } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { knownLogs, logsBytesMax, parseLogs } from "./logs.ts";
import type { KnownLog, SkippedKey } from "./logs.ts";

/** How often the file is looked at, in ms. */
export const logsFileCheckMs = 2000;

/** The logs by origin, and lines whose key no witness of ours checks. */
export type ReadLogs = { logs: Map<string, KnownLog>; skipped: SkippedKey[] };

/**
 * Reads the file.
 *
 * @param own the witness's own keys
 * @throws {DocketError} `usage` if it cannot be read, or is not a list of logs
 */
export async function readLogsFile(path: string, own: readonly Verifier[]): Promise<ReadLogs> {
  let text: string;
  try {
    if ((await stat(path)).size > logsBytesMax) throw new Error(`it has over ${logsBytesMax} bytes`);
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new DocketError("usage", `cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  const { keys, skipped } = parseLogs(text, path);
  return { logs: knownLogs(keys, own), skipped };
}

/**
 * Calls `changed` when the file has changed, within {@link logsFileCheckMs}, and at once on SIGHUP.
 *
 * @param signals emits `SIGHUP`
 * @returns stops watching
 */
export async function watchLogsFile(
  path: string,
  signals: EventEmitter,
  changed: () => Promise<void>,
): Promise<() => void> {
  let seen = await stamp(path);
  // One after the other, so that the last to be read is the last to come into force.
  let looked = Promise.resolve();
  const look = (asked: boolean): void => {
    const before = looked;
    looked = (async () => {
      await before;
      const now = await stamp(path);
      if (now === seen && !asked) return;
      seen = now;
      await changed();
    })();
  };
  const timer = setInterval(() => look(false), logsFileCheckMs);
  timer.unref();
  const hangUp = (): void => look(true);
  signals.on("SIGHUP", hangUp);
  return () => {
    clearInterval(timer);
    signals.off("SIGHUP", hangUp);
  };
}

async function stamp(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return "absent";
  }
}
