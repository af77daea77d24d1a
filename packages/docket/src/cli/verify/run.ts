// SPDX-License-Identifier: Apache-2.0
// `docket verify`: a receipt, a directory or a URL, checked offline as far as it can be.
import { stat } from "node:fs/promises";
import { receiptBytesMax } from "@docket/protocol";
import {
  caseFileBytesMax,
  checkerOf,
  intervalsOf,
  looksLikeAnchoredReceipt,
  looksLikeCaseFile,
  verifyAnchoredReceipt,
  verifyCaseFile,
  VerifyError,
  verifyLog,
  verifyReceipt,
} from "@docket/verify";
import type {
  CaseReport,
  Interval,
  LogReport,
  RangeChecker,
  ReceiptReport,
  Trust,
  VerifyLogOptions,
} from "@docket/verify";
import { showProgress } from "../progress.ts";
import type { Output } from "../terminal.ts";
import { directorySource, readText } from "./directory.ts";
import { checkInstallation } from "./installation-checks.ts";
import { openRangePool, recordsForThreads } from "./pool.ts";
import type { RangePool } from "./pool.ts";
import { reportText } from "./print.ts";
import { openStateFile } from "./state-file.ts";
import { readTrust, UsageError } from "./trust-files.ts";
import type { TrustOptions } from "./trust-files.ts";
import { urlSource } from "./url.ts";
import type { Fetch } from "./url.ts";

/** What `docket verify` is told. */
export type VerifyOptions = TrustOptions & {
  /** A file that keeps how far a log was verified; a later run goes on from there. */
  resume?: string | undefined;
  /** A receipt file, a case file, a directory, or an http(s) URL. */
  target: string;
  /** API key of an auditor, for a URL. */
  apiKey?: string | undefined;
  /** Whether the log at a URL is one of opaque entries; a directory says so itself. */
  opaque?: boolean | undefined;
  /** A record of a log: between what it was sealed is told too. */
  record?: number | undefined;
  json: boolean;
  stdout: { write(text: string): unknown };
  stderr: Output;
  /** A monotonic clock in milliseconds; tests give another. */
  nowMs?: () => number;
  /** ms since 1970. */
  dateMs?: () => number;
  fetch?: Fetch;
};

/** How many files of a server are asked for at once. */
const requestsAtOnce = 8;

/** Exit codes of `docket verify`. */
export const exitVerified = 0;
export const exitWrong = 1;
export const exitUsage = 2;

/**
 * Verifies what it is told to, prints the report, and returns the exit code: 0 if all is well under the key
 * that was given, 1 if anything is wrong or the signer unproven, 2 if it was used wrongly or could not read
 * its target.
 */
export async function runVerify(options: VerifyOptions): Promise<number> {
  let report: LogReport | ReceiptReport | CaseReport;
  try {
    report = await verifyTarget(options, await readTrust(options));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof VerifyError)) throw error;
    options.stderr.write(`docket verify: ${error.message}\n`);
    return exitUsage;
  }
  const interval = options.record === undefined ? undefined : intervalIn(report, options.record);
  options.stdout.write(
    options.json
      ? `${JSON.stringify(interval === undefined ? report : { ...report, interval })}\n`
      : reportText(report, interval && { index: options.record as number, interval }),
  );
  return report.verdict === "verified" ? exitVerified : exitWrong;
}

function intervalIn(report: LogReport | ReceiptReport | CaseReport, index: number): Interval | undefined {
  return report.kind === "log" ? intervalsOf(report.anchors.held).of(index) : undefined;
}

async function verifyTarget(
  options: VerifyOptions,
  trust: Trust,
): Promise<LogReport | ReceiptReport | CaseReport> {
  const { target } = options;
  if (/^https?:\/\//i.test(target)) {
    if (!URL.canParse(target)) throw new UsageError(`${target} is not a URL`);
    return verifyUrl(options, new URL(target), trust);
  }
  const isDirectory = await stat(target).then(
    (found) => found.isDirectory(),
    () => {
      throw new UsageError(
        `there is no file or directory ${target}; name a receipt, a case file, a data directory or a URL`,
      );
    },
  );
  return isDirectory ? verifyDirectory(options, trust) : verifyFile(target, trust);
}

async function verifyUrl(options: VerifyOptions, url: URL, trust: Trust): Promise<LogReport> {
  const source = urlSource(url, options.apiKey, options.fetch);
  const checker = (): RangeChecker => checkerOf(source, requestsAtOnce);
  return withState(options, async (running) =>
    verifyLog(source, trust, { ...running, checker, opaque: options.opaque }),
  );
}

async function verifyDirectory(options: VerifyOptions, trust: Trust): Promise<LogReport> {
  const source = await directorySource(options.target);
  const opaque = source.opaque || options.opaque === true;
  let pool: RangePool | undefined;
  const checker = (size: number): RangePool | undefined =>
    (pool = size < recordsForThreads ? undefined : openRangePool(source.directory));
  try {
    return await withState(options, async (running) =>
      checkInstallation(source, await verifyLog(source, trust, { ...running, checker, opaque }), trust.keys),
    );
  } finally {
    await pool?.[Symbol.asyncDispose]();
  }
}

// A case file, as JSON or as a page, says so at its beginning; anything else is checked as a receipt.
async function verifyFile(path: string, trust: Trust): Promise<ReceiptReport | CaseReport> {
  const text = (await readText(path, caseFileBytesMax)) ?? "";
  if (looksLikeCaseFile(text)) return verifyCaseFile(text, trust);
  if (looksLikeAnchoredReceipt(text)) return verifyAnchoredReceipt(text, trust);
  return verifyReceipt(text.length > receiptBytesMax ? "" : text, trust);
}

// Shows how far it is, and keeps the state where a file for it was named.
async function withState(
  options: VerifyOptions,
  check: (running: Pick<VerifyLogOptions, "onProgress" | "onState" | "resume">) => Promise<LogReport>,
): Promise<LogReport> {
  const { stderr, nowMs = () => performance.now(), dateMs = () => Date.now() } = options;
  const state = options.resume === undefined ? undefined : await openStateFile(options.resume, nowMs, dateMs);
  const progress = showProgress({ stderr, nowMs });
  progress.step("records");
  try {
    const report = await check({
      onProgress: (done, total) => progress.update(done, total),
      onState: state && ((stateAt, last) => state.note(stateAt, last)),
      resume: state?.text,
    });
    await state?.close(report.verdict !== "failed");
    return report;
  } finally {
    progress.end();
  }
}
