// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { DocketError } from "../error.ts";

/**
 * What a server logs to standard error, from `DOCKET_LOG_LEVEL`.
 *
 * @throws {DocketError} `usage` for a level that is none
 */
export function logLevelOf(given: string | undefined): string {
  const levels = [...Object.keys(pino.levels.values), "silent"];
  if (given === undefined || levels.includes(given)) return given ?? "warn";
  throw new DocketError(
    "usage",
    `DOCKET_LOG_LEVEL is ${JSON.stringify(given)}; it may be ${levels.join(", ")}`,
  );
}
