// SPDX-License-Identifier: Apache-2.0
// What a client throws. An outage is none of these where a fallback is asked for: then the answer says so.

/** The server answered with an error. `code` is one of its table (docs/reference/errors.md). */
export class DocketApiError extends Error {
  override readonly name = "DocketApiError";
  /** The HTTP status. */
  readonly status: number;
  /** The error's stable code; `unknown` where what answered was not Docket. */
  readonly code: string;
  /** When asking again makes sense, in ms, where that was said. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nobody answered in time, or what came was no answer of Docket. */
export class DocketUnreachableError extends Error {
  override readonly name = "DocketUnreachableError";

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
  }
}

/** The client was made with something that it can't work with. */
export class DocketUsageError extends Error {
  override readonly name = "DocketUsageError";
}
