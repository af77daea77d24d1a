// SPDX-License-Identifier: Apache-2.0
// A drill: the newest copy is restored in a scratch place and brought as far as it can be without signing
// anything; every checkpoint that is known elsewhere is held against it; what is lacking is measured.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import { readHeldState } from "../log/held-state.ts";
import type { HeldState } from "../log/held-state.ts";
import { logPaths } from "../log/paths.ts";
import type { LogPaths } from "../log/paths.ts";
import { LogReader } from "../log/reader.ts";
import { copiedSite } from "./contract.ts";
import { writeOutJournal } from "./copy-store.ts";
import type { DrillResult } from "./drill-result.ts";
import type { KnownCopy } from "./known-copies.ts";

/** A checkpoint that is known from elsewhere. */
export type KnownCheckpoint = { place: string; note: Uint8Array };

/** What a drill works on. */
export type DrillOptions = {
  origin: string;
  /** Of the log that runs. */
  paths: LogPaths;
  disk: LogDisk;
  copies: readonly KnownCopy[];
  /** Where the scratch directory is made. */
  scratch: string;
  /** Checkpoints that others know; gathered before the copy is taken. */
  known: readonly KnownCheckpoint[];
  /** Takes out what was erased since the copy. */
  replayErasures: (data: string, origin: string) => number;
  /** Verifies all of a directory. @returns what is wrong, if anything */
  verify: (data: string) => Promise<string | undefined>;
  /** Makes the views again. @returns records that they have */
  rebuildViews: (data: string) => Promise<number>;
  /** Ms since 1970. */
  clock: () => number;
  /** Milliseconds of a clock that only goes on. */
  nowMs: () => number;
};

/** What a drill came to, and what of it is not in its record. */
export type DrillReport = DrillResult & {
  /** Checkpoints from elsewhere that the copy holds. */
  checkpoints: number;
  erasuresReplayed: number;
  /** Copies that could not be asked. */
  unreached: { name: string; fault: string }[];
};

/**
 * Runs a drill. What goes wrong with the copy is a failure of the drill, and no exception.
 *
 * @throws {DocketError} `usage` if there is no copy to restore
 */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { copies, scratch, nowMs } = options;
  const began = nowMs();
  const liveSize = publishedSize(options.disk, options.paths);
  const reached = copies.filter((copy) => copy.size !== null);
  const unreached = copies.flatMap(({ name, fault }) => (fault === null ? [] : [{ name, fault }]));
  const newest = reached.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0))[0];
  if (newest === undefined) throw new DocketError("usage", nothingToRestore(unreached));
  const place = mkdtempSync(join(scratch, "docket-drill-"));
  const failures: string[] = unreached.map(({ name, fault }) => `${name} was not reached: ${fault}`);
  const done = { size: 0, checkpoints: 0, erasuresReplayed: 0 };
  try {
    await check(options, newest, place, done);
  } catch (error) {
    failures.push((error as Error).message);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  const lost = await lostOf(options, done.size, liveSize);
  return {
    result: failures.length === 0 ? "passed" : "failed",
    from: newest.name,
    size: done.size,
    ...lost,
    tookMs: Math.round(nowMs() - began),
    failures,
    checkpoints: done.checkpoints,
    erasuresReplayed: done.erasuresReplayed,
    unreached,
  };
}

async function check(
  options: DrillOptions,
  copy: KnownCopy,
  place: string,
  done: { size: number; checkpoints: number; erasuresReplayed: number },
): Promise<void> {
  const { origin, disk, known, replayErasures, verify, rebuildViews } = options;
  const data = join(place, "data");
  await copy.fetch(data);
  done.erasuresReplayed = replayErasures(data, origin);
  await writeOutJournal(data, origin, { disk, clock: options.clock });
  const paths = logPaths(data, copiedSite);
  const held = readHeldState(disk, paths, origin);
  done.size = held.size();
  const all = [...known, ...keptCheckpoints(options.paths)];
  for (const { place: where, note } of all) if (holds(held, where, note)) done.checkpoints++;
  const wrong = await verify(data);
  if (wrong !== undefined)
    throw new DocketError("directory_damaged", `what came back does not verify: ${wrong}`);
  const published = publishedSize(disk, paths);
  const rebuilt = await rebuildViews(data);
  if (rebuilt !== published) {
    throw new DocketError("directory_damaged", `the views have ${rebuilt} records of ${published}`);
  }
}

// What the copy lacks is measured, and no fault of the copy; another tree is.
function holds(held: HeldState, place: string, note: Uint8Array): boolean {
  const { size, root } = parseCheckpoint(parseNote(note).text);
  const own = held.rootAt(size);
  if (own === undefined) return false;
  if (Buffer.from(own).equals(root)) return true;
  throw new DocketError("log_behind", `${place} knows another tree of size ${size} than the copy has`);
}

function keptCheckpoints({ keptCheckpoints: directory }: LogPaths): KnownCheckpoint[] {
  return readdirSync(directory)
    .filter((name) => /^\d{1,16}$/.test(name))
    .map((name) => ({ place: `the kept checkpoint ${name}`, note: readFileSync(join(directory, name)) }));
}

// Age of the oldest record that did not come back, by the time that it bears.
async function lostOf(
  { paths, clock }: DrillOptions,
  size: number,
  liveSize: number,
): Promise<Pick<DrillResult, "lostRecords" | "lostMs">> {
  if (size >= liveSize) return { lostRecords: 0, lostMs: 0 };
  const { leaf } = await new LogReader(paths).record(size, liveSize);
  const lostMs = Math.max(0, clock() - Date.parse(parseLeaf(leaf).time));
  return { lostRecords: liveSize - size, lostMs };
}

function publishedSize(disk: LogDisk, { checkpoint }: LogPaths): number {
  const bytes = disk.readFile(checkpoint);
  return bytes === undefined ? 0 : parseCheckpoint(parseNote(bytes).text).size;
}

function nothingToRestore(unreached: readonly { name: string; fault: string }[]): string {
  if (unreached.length > 0) {
    return `no copy was reached: ${unreached.map(({ name, fault }) => `${name}: ${fault}`).join("; ")}`;
  }
  return "there is no copy: name replicas or backups in docket.yaml, or one with --from";
}
