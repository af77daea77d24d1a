// SPDX-License-Identifier: Apache-2.0
// `docket verify`: a receipt, a directory or a URL, checked offline as far as it can be.
import { stat } from "node:fs/promises";
import { receiptBytesMax } from "@docket/protocol";
import { VerifyError, verifyLog, verifyReceipt } from "@docket/verify";
import type { LogReport, ReceiptReport, Trust } from "@docket/verify";
import { showProgress } from "../progress.ts";
import type { Output } from "../terminal.ts";
import { directorySource, readText } from "./directory.ts";
import { checkInstallation } from "./installation-checks.ts";
import { reportText } from "./print.ts";
import { readTrust, UsageError } from "./trust-files.ts";
import type { TrustOptions } from "./trust-files.ts";
import { urlSource } from "./url.ts";
import type { Fetch } from "./url.ts";

/** What `docket verify` is told. */
export type VerifyOptions = TrustOptions & {
  /** A receipt file, a directory, or an http(s) URL. */
  target: string;
  /** API key of an auditor, for a URL. */
  apiKey?: string | undefined;
  json: boolean;
  stdout: { write(text: string): unknown };
  stderr: Output;
  /** A monotonic clock in milliseconds; tests give another. */
  nowMs?: () => number;
  fetch?: Fetch;
};

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
  let report: LogReport | ReceiptReport;
  try {
    report = await verifyTarget(options, await readTrust(options));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof VerifyError)) throw error;
    options.stderr.write(`docket verify: ${error.message}\n`);
    return exitUsage;
  }
  options.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
  return report.verdict === "verified" ? exitVerified : exitWrong;
}

async function verifyTarget(options: VerifyOptions, trust: Trust): Promise<LogReport | ReceiptReport> {
  const { target } = options;
  if (/^https?:\/\//i.test(target)) {
    if (!URL.canParse(target)) throw new UsageError(`${target} is not a URL`);
    return withProgress(options, (update) =>
      verifyLog(urlSource(new URL(target), options.apiKey, options.fetch), trust, { onProgress: update }),
    );
  }
  const isDirectory = await stat(target).then(
    (found) => found.isDirectory(),
    () => {
      throw new UsageError(
        `there is no file or directory ${target}; name a receipt, a data directory or a URL`,
      );
    },
  );
  if (!isDirectory) return verifyReceiptFile(target, trust);
  return withProgress(options, async (update) => {
    const source = await directorySource(target);
    return checkInstallation(source, await verifyLog(source, trust, { onProgress: update }));
  });
}

async function verifyReceiptFile(path: string, trust: Trust): Promise<ReceiptReport> {
  return verifyReceipt((await readText(path, receiptBytesMax)) ?? "", trust);
}

async function withProgress<T>(
  options: VerifyOptions,
  check: (update: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const { stderr, nowMs = () => performance.now() } = options;
  const progress = showProgress({ stderr, nowMs });
  progress.step("records");
  try {
    return await check((done, total) => progress.update(done, total));
  } finally {
    progress.end();
  }
}
