// SPDX-License-Identifier: Apache-2.0
// Which errors say that nothing can be sealed, and why; all others are about the event or its sender.
import type { ErrorCode, GapCause } from "@docket/protocol";
import { DocketError } from "../error.ts";

/** What else is known of the site when something failed. */
export type FailureContext = {
  /** Whether the clock stops sealing. */
  readonly clockStopped: boolean;
  /** Whether the log has ended although nobody closed it. */
  readonly ended: boolean;
};

/** Why nothing could be sealed; `undefined` if that is not what the error says. */
export function gapCauseOf(error: unknown, { clockStopped, ended }: FailureContext): GapCause | undefined {
  if (!(error instanceof DocketError)) return undefined;
  if (error.code === "sealing_failed") return clockStopped ? "clock" : "disk";
  if (error.code === "log_closed") return ended ? "disk" : undefined;
  return causeOfCode[error.code];
}

const causeOfCode: Partial<Readonly<Record<ErrorCode, GapCause>>> = {
  overloaded: "overload",
  sealing_unknown: "hung",
  internal: "other",
};
