// SPDX-License-Identifier: Apache-2.0
import { DocketError } from "../error.ts";

/**
 * Waits for a result no longer than a time.
 *
 * @throws {DocketError} `sealing_unknown` after `ms`; what was waited for goes on
 */
export function withinTime<T>(result: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new DocketError(
          "sealing_unknown",
          "the log did not answer in time, so it is not known whether the decision was sealed; " +
            "ask again with the same event id",
          { retryAfterSeconds: 2 },
        ),
      );
    }, ms);
    result.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
