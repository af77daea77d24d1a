// SPDX-License-Identifier: Apache-2.0
// `docket monitor`: looks at a log, once or until it is told to stop.
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DocketError } from "../../error.ts";
import { absences, follow, observe, violations } from "../../follow/monitor.ts";
import type { Finding, MonitorDisk, ObserveOptions } from "../../follow/monitor.ts";
import type { Fetch } from "../../follow/server.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import type { DirectoryLock } from "../../stores/sqlite/directory-lock.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { onFirstSignal } from "../signals.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { followedServer, readTrust, wait } from "./followed-log.ts";
import type { FollowedOptions } from "./followed-log.ts";
import { findingLine } from "./print.ts";

/** Nothing wrong was found, but not all could be seen: a server unreachable, a log that stands still. */
export const exitUnseen = 3;

/** What `docket monitor` is told. Times are in seconds. */
export type MonitorOptions = FollowedOptions & {
  state?: string | undefined;
  interval: number;
  stall: number;
  once?: boolean | undefined;
  json?: boolean | undefined;
};

/**
 * Monitors a log.
 *
 * @returns with `once` what the look came to; else, once a signal ended it, whether any violation was found
 */
export async function runMonitor(
  options: MonitorOptions,
  terminal: Terminal,
  fetcher: Fetch = fetch,
): Promise<number> {
  const trust = readTrust(options);
  const statePath = resolve(options.state ?? `${trust.origin.replaceAll(/[^\w.-]/g, "_")}.checkpoint`);
  const stop = new AbortController();
  const server = followedServer(options, fetcher, stop.signal);
  const lock = lockState(statePath);
  const forget = onFirstSignal(terminal, () => stop.abort());
  const endWithOutput = (): void => stop.abort();
  terminal.outputGone.addEventListener("abort", endWithOutput);
  try {
    const { clock } = terminal;
    const look: ObserveOptions = {
      server,
      trust,
      disk: monitorDisk,
      statePath,
      stallMs: options.stall * 1000,
      clock,
    };
    return await (options.once === true
      ? lookOnce(look, options, terminal, stop.signal)
      : lookOn(look, options, terminal, stop.signal));
  } finally {
    terminal.outputGone.removeEventListener("abort", endWithOutput);
    forget();
    lock.release();
  }
}

/** The disk, and when its files were put in place. */
const monitorDisk: MonitorDisk = {
  ...disk,
  modifiedMs: (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs,
};

async function lookOnce(
  look: ObserveOptions,
  options: MonitorOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  try {
    const findings = await observe(look);
    await tell(findings, options, terminal);
    return codeOf(findings);
  } catch (error) {
    // Asked to end before anything was seen.
    if (signal.aborted) return exitUnseen;
    throw error;
  }
}

async function lookOn(
  look: ObserveOptions,
  options: MonitorOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  let code = exitFine;
  await follow({
    ...look,
    intervalMs: options.interval * 1000,
    wait,
    signal,
    async report(findings) {
      if (findings.some(({ kind }) => violations.has(kind))) code = exitWrong;
      await tell(findings, options, terminal);
    },
  });
  return code;
}

function codeOf(findings: readonly Finding[]): number {
  if (findings.some(({ kind }) => violations.has(kind))) return exitWrong;
  return findings.some(({ kind }) => absences.has(kind)) ? exitUnseen : exitFine;
}

async function tell(
  findings: readonly Finding[],
  { json }: MonitorOptions,
  terminal: Terminal,
): Promise<void> {
  const at = terminal.clock();
  await write(terminal, findings.map((finding) => findingLine(finding, at, json === true)).join(""));
}

function lockState(statePath: string): DirectoryLock {
  if (!existsSync(dirname(statePath))) {
    throw new DocketError("usage", `there is no directory ${dirname(statePath)} for the state`);
  }
  try {
    return lockDirectory(`${statePath}.lock`, statePath);
  } catch (error) {
    if (!(error instanceof DocketError) || error.code !== "directory_locked") throw error;
    const reason = `another monitor uses ${statePath}; stop it, or name another file with --state`;
    throw new DocketError("directory_locked", reason, { cause: error });
  }
}
