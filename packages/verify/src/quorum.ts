// SPDX-License-Identifier: Apache-2.0
// Whether the witnesses of the trusted policy cosigned a checkpoint.
import type { Check } from "./report.ts";
import type { OwnCheckpoint } from "./signer.ts";
import type { Trust } from "./trust.ts";

/** The check of a checkpoint's cosignatures; `ok` is null where no policy was given, or its quorum is not met. */
export function quorumCheck(_trust: Trust, opened: OwnCheckpoint): Check {
  const name = "cosignatures";
  const count = opened.notChecked.length;
  const unknown = count === 0 ? "" : `; lines of unknown keys, not checked: ${count}`;
  return { name, ok: null, detail: `no policy of witnesses was given${unknown}` };
}

/** The checks without which nothing is verified under this trust, besides those that always are. */
export function requiredOf(_trust: Trust): readonly string[] {
  return [];
}
