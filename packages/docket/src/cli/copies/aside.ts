// SPDX-License-Identifier: Apache-2.0
// A drill in a process of its own, which disturbs nobody here.
import { execFile } from "node:child_process";
import type { DrillResult } from "../../copies/drill-result.ts";
import { DocketError } from "../../error.ts";

/** Longest output, in bytes. */
const outputBytesMax = 16_777_216;

/**
 * Runs a drill on a data directory that this process has open. Seals nothing.
 *
 * @throws {DocketError} `internal` if it could not be run
 */
export function drillAside(data: string, keys: string): Promise<DrillResult> {
  const script = process.argv[1] as string;
  const words = [script, "drill", "--data", data, "--keys", keys, "--unsealed", "--json"];
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: outputBytesMax };
    execFile(process.execPath, [...process.execArgv, ...words], options, (error, stdout, stderr) => {
      try {
        const report = JSON.parse(stdout) as DrillResult;
        const { result, from, size, lostRecords, lostMs, tookMs, failures } = report;
        resolve({ result, from, size, lostRecords, lostMs, tookMs, failures });
      } catch {
        // It says in its first line what was wrong.
        const [why = error?.message] = stderr.split("\n");
        reject(new DocketError("internal", `the drill could not be run: ${why}`, { cause: error }));
      }
    });
  });
}
