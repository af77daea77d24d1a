// SPDX-License-Identifier: Apache-2.0
// What any step of a change is refused for.
import { DocketError } from "../error.ts";
import { breakGlassMsMax } from "./duties.ts";
import { whyLengthMax } from "./review.ts";

/** @throws {DocketError} `usage` if a reason is too long */
export function checkWhy(why: string | undefined): void {
  if (why === undefined || why.length <= whyLengthMax) return;
  throw new DocketError("usage", `why has at most ${whyLengthMax} characters, this one ${why.length}`);
}

/** @throws {DocketError} `usage` if a glass would be broken for too long */
export function checkTime(forMs: number | undefined): void {
  if (forMs === undefined || (forMs > 0 && forMs <= breakGlassMsMax)) return;
  throw new DocketError(
    "usage",
    `a release comes into force for a time of at most ${breakGlassMsMax / 3_600_000} h`,
  );
}

/** What is refused because of how changes stand. */
export function conflict(message: string): DocketError {
  return new DocketError("change_conflict", message);
}
