// SPDX-License-Identifier: Apache-2.0
// The thread of one replica: hears what is durable, copies it there, says what the replica holds. A replica
// that is slow, gone or broken holds up nobody but whoever waits for it.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { DocketError } from "../error.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import type { LogPaths } from "../log/paths.ts";
import type { DurableNews, HeldNews } from "../log/replica-gate.ts";
import { disk } from "../stores/files/node-disk.ts";
import { lockDirectory } from "../stores/sqlite/directory-lock.ts";
import type { DirectoryLock } from "../stores/sqlite/directory-lock.ts";
import type { CopyTarget } from "./contract.ts";
import { Copier } from "./copier.ts";
import { RemoteCopy } from "./copy-client.ts";
import { CopyStore } from "./copy-store.ts";
import { LogSource } from "./log-source.ts";
import { WatchedFiles } from "./side-files.ts";
import { Snapshots } from "./snapshots.ts";

/** What the thread is started with. */
export type ReplicaStart = {
  name: string;
  data: string;
  paths: LogPaths;
  origin: string;
  /** Of the site's keys: the identity map is copied without the layer of the key-store key. */
  folder: KeyFolder;
  place: { directory: string } | { url: string; key: string };
  /** From and to the log's sequencer. */
  port: MessagePort;
};

/** How a replica fares. To one that is `forked` nothing is written; it is asked again, like one `failed`. */
export type ReplicaState = "connecting" | "copying" | "failed" | "forked";
/** What the thread tells. Sizes are numbers of records. */
export type ReplicaNews = {
  state: ReplicaState;
  held: number;
  durable: number;
  /** Age of the oldest record that the replica lacks, in ms; 0 if it lacks none. */
  lagMs: number;
  fault: string | null;
};

/** How often the thread tells how it fares, and looks at files, in ms. */
const tellIntervalMs = 250;
const filesIntervalMs = 5000;
const databasesIntervalMs = 15_000;
const forgetIntervalMs = 1000;
/** After a failure it waits this long, and twice as long after each further one, in ms. */
const retryMs = 200;
const retryMsMax = 1000;
/** Most marks of when records became durable; of more, every second goes. */
const lackingMarksMax = 1000;
/** A stop waits this long, in ms, for what the replica lacks. */
const stopWithinMs = 3000;
/** Where the next records are being written, it looks again after this long, in ms. */
const lookAgainMs = 5;

const start = workerData as ReplicaStart;
const main = parentPort as NonNullable<typeof parentPort>;
const { port } = start;

let newest: DurableNews | undefined;
let held = 0;
/** When records up to which size became durable here, of those that the replica lacks; the oldest first. */
let lacking: { size: number; sinceMs: number }[] = [];
let state: ReplicaState = "connecting";
let fault: string | null = null;
let stopping = false;
let stoppingSinceMs: number | undefined;
let wake = (): void => undefined;

port.on("message", (news: DurableNews) => {
  newest = news;
  lacking.push({ size: news.size, sinceMs: Date.now() });
  if (lacking.length > lackingMarksMax) lacking = lacking.filter((_, place) => place % 2 === 0);
  wake();
});
main.on("message", () => {
  stopping = true;
  wake();
});
const told = setInterval(tell, tellIntervalMs);

await run();
clearInterval(told);
tell();
port.close();
main.close();

async function run(): Promise<void> {
  for (let failures = 0; !isTold();) {
    let opened: { target: CopyTarget; lock?: DirectoryLock | undefined } | undefined;
    try {
      opened = openTarget();
      await follow(opened.target, () => (failures = 0));
    } catch (error) {
      fault = (error as Error).message;
      const { code } = error as DocketError;
      // Nobody may write over a copy that contradicts; and what a failed sync left is not asked again.
      state = code === "replica_forked" ? "forked" : "failed";
      failures = state === "forked" ? Infinity : failures + 1;
    } finally {
      await opened?.target.close().catch(() => undefined);
      opened?.lock?.release();
    }
    if (!stopping) await pause(Math.min(retryMsMax, retryMs * 2 ** Math.min(failures, 10)));
  }
}

function openTarget(): { target: CopyTarget; lock?: DirectoryLock } {
  const { place } = start;
  if ("url" in place) return { target: new RemoteCopy(place.url, place.key) };
  mkdirSync(place.directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(join(place.directory, "lock.sqlite"), place.directory);
  try {
    return { target: new CopyStore(place.directory, { disk, clock: Date.now }), lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function follow(target: CopyTarget, onWell: () => void): Promise<void> {
  const { data, paths, origin, name } = start;
  for (; isIdle(); await pause(tellIntervalMs));
  if (stopping) return;
  const source = new LogSource(paths, origin);
  const snapshots = new Snapshots(data, join(paths.site, `copying-${name}`), start.folder);
  const keys = (): string => readFileSync(join(paths.site, "keys.json"), "utf8");
  const copier = new Copier({ data, origin, keys, source, files: new WatchedFiles(data), snapshots }, target);
  let databases: Promise<void> | undefined;
  try {
    let proven = await copier.connect(newest);
    // Before any record: what it takes to bring the copy up.
    await copier.sendFiles();
    const due = { files: performance.now() + filesIntervalMs, databases: 0, forget: 0 };
    while (!isStopped(copier.size)) {
      const moved = newest !== undefined && (await copier.step(newest));
      proven ||= moved;
      if (proven && !copier.lacksActors) hold(copier.size);
      state = "copying";
      fault = null;
      onWell();
      const lacks = copier.size < (newest?.size ?? 0);
      const now = performance.now();
      if (now >= due.files) {
        await copier.sendFiles();
        due.files = performance.now() + filesIntervalMs;
      } else if (copier.lacksActors && !lacks) {
        await databases;
        await copier.sendDatabases();
        // The identity map follows the log a moment later.
        if (copier.lacksActors) await pause(tellIntervalMs);
      } else if (!lacks && copier.mustForget && now >= due.forget && databases === undefined) {
        await copier.forget();
        due.forget = performance.now() + forgetIntervalMs;
      } else if (now >= due.databases && databases === undefined) {
        due.databases = now + databasesIntervalMs;
        databases = copier.sendDatabases().finally(() => (databases = undefined));
        databases.catch((error: unknown) => (fault = (error as Error).message));
      } else if (!moved) await pause(lacks ? lookAgainMs : tellIntervalMs);
    }
  } finally {
    await databases?.catch(() => undefined);
    source.close();
    snapshots.close();
  }
}

/** Whether the thread was told to stop. */
function isTold(): boolean {
  return stopping;
}

/** Whether nothing is known of the log yet. */
function isIdle(): boolean {
  return newest === undefined && !stopping;
}

function isStopped(size: number): boolean {
  if (!stopping) return false;
  stoppingSinceMs ??= performance.now();
  return size >= (newest?.size ?? 0) || performance.now() - stoppingSinceMs > stopWithinMs;
}

function hold(size: number): void {
  if (size === held) return;
  held = size;
  while (lacking[0] !== undefined && lacking[0].size <= size) lacking.shift();
  port.postMessage({ held } satisfies HeldNews);
}

function tell(): void {
  const durable = newest?.size ?? 0;
  const lagMs = lacking[0] === undefined ? 0 : Math.max(0, Date.now() - lacking[0].sinceMs);
  main.postMessage({ state, held, durable, lagMs, fault } satisfies ReplicaNews);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      wake = () => undefined;
      resolve();
    }
    wake = done;
  });
}
