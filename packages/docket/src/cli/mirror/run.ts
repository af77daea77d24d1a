// SPDX-License-Identifier: Apache-2.0
// `docket mirror`: makes a verified copy of a log's public files, or brings one up to date.
import { renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { DocketError } from "../../error.ts";
import type { MirrorDisk } from "../../follow/mirror-files.ts";
import { checkMirrorDirectory, mirrorLog } from "../../follow/mirror.ts";
import type { MirrorReport } from "../../follow/mirror.ts";
import type { Fetch } from "../../follow/server.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import type { DirectoryLock } from "../../stores/sqlite/directory-lock.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { followedServer, readTrust } from "../monitor/followed-log.ts";
import type { FollowedOptions } from "../monitor/followed-log.ts";
import { exitUnseen } from "../monitor/run.ts";
import { showProgress } from "../progress.ts";
import { onFirstSignal } from "../signals.ts";
import type { StopSignal } from "../signals.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { mirrorText } from "./print.ts";

/** What `docket mirror` is told. */
export type MirrorCommandOptions = FollowedOptions & {
  directory: string;
  entries?: boolean | undefined;
  checkpoints?: boolean | undefined;
  recheck?: boolean | undefined;
  json?: boolean | undefined;
};

/** Exit codes of a mirror that a signal ended early. */
const exitSignals: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Mirrors a log. */
export async function runMirror(
  options: MirrorCommandOptions,
  terminal: Terminal,
  fetcher: Fetch = fetch,
): Promise<number> {
  const trust = readTrust(options);
  const directory = resolve(options.directory);
  const stop = new AbortController();
  let ended: StopSignal | undefined;
  const server = followedServer(options, fetcher, stop.signal);
  const lock = lockMirror(directory);
  const forget = onFirstSignal(terminal, (signal) => {
    ended = signal;
    stop.abort();
  });
  const progress = showProgress(terminal);
  progress.step("entries");
  try {
    const report = await mirrorLog({
      server,
      trust,
      disk: mirrorDisk,
      directory,
      entries: options.entries === true,
      checkpoints: options.checkpoints === true,
      recheck: options.recheck === true,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.end();
    await write(
      terminal,
      options.json === true ? `${JSON.stringify(report)}\n` : mirrorText(report, directory),
    );
    return codeOf(report);
  } catch (error) {
    progress.end();
    if (ended === undefined) throw error;
    terminal.stderr.write("docket mirror: ended early; the next run goes on from here\n");
    return exitSignals[ended];
  } finally {
    forget();
    lock.release();
  }
}

const mirrorDisk: MirrorDisk = { ...disk, rename: renameSync };

function codeOf({ outcome }: MirrorReport): number {
  if (outcome === "complete") return exitFine;
  return outcome === "wrong" ? exitWrong : exitUnseen;
}

function lockMirror(directory: string): DirectoryLock {
  try {
    checkMirrorDirectory(disk, directory);
    disk.makeDirectory(directory);
  } catch (error) {
    if (error instanceof DocketError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot make the directory ${directory}: ${code}`, { cause: error });
  }
  try {
    return lockDirectory(join(directory, "mirror.lock"), directory);
  } catch (error) {
    if (!(error instanceof DocketError) || error.code !== "directory_locked") throw error;
    throw new DocketError("directory_locked", `another docket mirror writes ${directory}`, { cause: error });
  }
}
