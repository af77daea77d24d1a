// SPDX-License-Identifier: Apache-2.0
// `docket backtest`: a candidate over a data directory's published records.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { tileWidth } from "@docket/tlog";
import { backtest } from "../../backtest/backtest.ts";
import type { BacktestOptions, BacktestSource } from "../../backtest/backtest.ts";
import { candidateOfFiles, keptCandidate } from "../../backtest/candidate.ts";
import type { CandidatePorts } from "../../backtest/candidate.ts";
import { backtestPage } from "../../backtest/page.ts";
import type { BacktestReport } from "../../backtest/report.ts";
import { readSample, sampleOfLabels } from "../../backtest/sample.ts";
import type { Sample } from "../../backtest/sample.ts";
import { backtestText } from "../../backtest/text.ts";
import { DocketError } from "../../error.ts";
import { readInstallation, readKeys } from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { labelsInForce } from "../label/labelled-decisions.ts";
import { readBundle } from "../../log/record-bundle.ts";
import { readPolicyDirectory } from "../../releases/policy-directory.ts";
import { readKeptRelease, keptReleasePath } from "../../releases/release.ts";
import type { KeptRelease } from "../../releases/release.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { readBelow } from "../../stores/files/read-files.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { showProgress } from "../progress.ts";
import { checkpointSize, recordRange } from "../record-range.ts";
import type { RecordBound } from "../record-range.ts";
import { logFileReader } from "../replay/files.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { join } from "node:path";

/** What `docket backtest` is told. */
export type BacktestFlags = {
  candidate: string;
  data: string;
  keys?: string | undefined;
  from?: RecordBound | undefined;
  to?: RecordBound | undefined;
  warm?: true | undefined;
  cold?: true | undefined;
  sample?: string | undefined;
  json?: true | undefined;
  html?: string | undefined;
  failIfChanged?: true | undefined;
};

/** Longest file of labels, in bytes. */
const sampleBytesMax = 268_435_456;

/**
 * Runs a backtest, prints the report, and returns the exit code.
 *
 * @throws {DocketError} `usage`, `policy_invalid`, `not_found`, `directory_damaged`
 */
export async function runBacktest(flags: BacktestFlags, terminal: Terminal): Promise<number> {
  const progress = showProgress(terminal);
  const installation = await unlockInstallation(readInstallation(flags.data, { keys: flags.keys }));
  const options = { ...optionsOf(flags, installation) };
  if (flags.sample === undefined) {
    options.sample = sampleOfLabels(await labelsInForce(installation));
  }
  progress.step("records");
  let report: BacktestReport;
  try {
    report = await backtest({ ...options, onProgress: (done, total) => progress.update(done, total) });
  } finally {
    progress.end();
  }
  if (flags.html !== undefined) writePage(flags.html, report);
  await write(terminal, flags.json === true ? `${JSON.stringify(report)}\n` : backtestText(report));
  return flags.failIfChanged === true && report.changed.decisions > 0 ? exitWrong : exitFine;
}

/**
 * What a backtest of a data directory is asked.
 *
 * @param installation with its keys open
 * @throws {DocketError} as {@link runBacktest}
 */
export function optionsOf(
  flags: BacktestFlags,
  installation: Installation = readInstallation(flags.data, { keys: flags.keys }),
): BacktestOptions {
  if (installation.opaque) {
    throw new DocketError("usage", `${flags.data} holds an opaque log, which has no decisions`);
  }
  const { paths, origin } = installation;
  const size = checkpointSize(disk.readFile(paths.checkpoint), paths.checkpoint);
  const { from, to } = recordRange(flags, size, logFileReader(paths.site));
  const source: BacktestSource = { paths, origin, keys: readKeys(installation), size };
  const { hashing } = source.keys;
  return {
    source,
    candidate: candidateOf(flags.candidate, { disk, paths, hashing }, source),
    name: flags.candidate,
    from,
    to,
    memory: flags.cold === true || (from === 0 && flags.warm === undefined) ? "cold" : "warm",
    sample: flags.sample === undefined ? undefined : sampleOf(flags.sample),
  };
}

function candidateOf(
  candidate: string,
  ports: CandidatePorts,
  source: BacktestSource,
): BacktestOptions["candidate"] {
  const isDirectory = existsSync(candidate) && statSync(candidate).isDirectory();
  if (!isDirectory && /^[A-Za-z0-9_-]{43}$/.test(candidate)) return keptCandidate(ports, candidate);
  if (!isDirectory) {
    const message = `${candidate} is neither a directory of policy files nor the id of a kept release`;
    throw new DocketError("usage", `${message}; docket policy log lists those`);
  }
  const directory = resolve(candidate);
  const files = readPolicyDirectory(directory);
  return candidateOfFiles(ports, files, (path) => readBelow(directory, path), releaseInForce(source));
}

/** The release that the newest decision was made under; none before the first one. */
function releaseInForce({ paths, size }: BacktestSource): KeptRelease | undefined {
  const read = (path: string): Uint8Array | undefined => disk.readFile(join(paths.site, path));
  for (let bundle = Math.ceil(size / tileWidth) - 1; bundle >= 0; bundle--) {
    const width = Math.min(tileWidth, size - bundle * tileWidth);
    const records = readBundle(read, bundle, width).map(({ record }) => record);
    const last = records.findLast((each) => each?.kind === "release" || each?.kind === "decision");
    if (last?.kind !== "release" && last?.kind !== "decision") continue;
    return readKeptRelease((each) => disk.readFile(keptReleasePath(paths, each)), last.release);
  }
  return undefined;
}

function sampleOf(path: string): Sample {
  let text: string;
  try {
    if (statSync(path).size > sampleBytesMax) throw new DocketError("usage", `${path} is too long`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof DocketError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot read the labels in ${path}: ${code}`, { cause: error });
  }
  return readSample(text, path);
}

function writePage(path: string, report: BacktestReport): void {
  try {
    writeFileSync(path, backtestPage(report));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot write the page to ${path}: ${code}`, { cause: error });
  }
}
