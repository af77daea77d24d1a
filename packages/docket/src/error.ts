// SPDX-License-Identifier: Apache-2.0
// The error of the server and the command line. Its codes are those of the protocol's error table, so that
// every error that leaves the process has a documented code.
import type { ErrorCode } from "@docket/protocol";

/** An expected failure with a stable code and a sentence that says what was wrong, where, and what to do. */
export class DocketError extends Error {
  override readonly name = "DocketError";
  readonly code: ErrorCode;
  /** When asking again makes sense, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
