// SPDX-License-Identifier: Apache-2.0
// Errors do not survive the way between threads; these are their parts.
import { DocketError } from "../error.ts";
import type { Failure } from "./messages.ts";

/** The parts of an error that cross between threads. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DocketError) {
    return { code: error.code, message: error.message, retryAfterSeconds: error.retryAfterSeconds };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "internal", message, retryAfterSeconds: undefined };
}

/** The error again. */
export function errorOf(failure: Failure): DocketError {
  const { code, message, retryAfterSeconds } = failure;
  return new DocketError(code, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
}
