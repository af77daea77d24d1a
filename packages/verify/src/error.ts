// SPDX-License-Identifier: Apache-2.0

/**
 * Why something could not be checked at all. What was checked and found wrong is no error: it stands in the
 * report.
 *
 * - `source`: the disk or the network failed, so that nothing can be said of the file
 * - `refused`: the server does not show this to us; an auditor's key may help
 * - `size`: a file is longer than its format allows, and was not read
 */
export type VerifyErrorCode = "source" | "refused" | "size";

/** A source of bytes failed; a {@link LogSource} throws it, and `verifyLog` lets `source` through. */
export class VerifyError extends Error {
  override readonly name = "VerifyError";
  readonly code: VerifyErrorCode;

  constructor(code: VerifyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
