// SPDX-License-Identifier: Apache-2.0

/**
 * Why a file of a log could not be had from its server.
 *
 * - `unreachable`: the network failed, or the server answered with an error, also when asked again
 * - `refused`: the server does not show the file to us
 * - `missing`: there is no such file, and a log that published its checkpoint must have it
 * - `wrong`: the file is not what the checkpoint commits to, or longer than it can be
 */
export type FollowErrorCode = "unreachable" | "refused" | "missing" | "wrong";

/** A file of a followed log could not be had; monitor and mirror turn it into a finding. */
export class FollowError extends Error {
  override readonly name = "FollowError";
  readonly code: FollowErrorCode;

  constructor(code: FollowErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
