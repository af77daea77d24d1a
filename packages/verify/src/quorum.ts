// SPDX-License-Identifier: Apache-2.0
// Whether the witnesses of the trusted policy cosigned a checkpoint.
import { policySatisfied } from "@docket/tlog";
import type { Check } from "./report.ts";
import { cosignatureText } from "./signer.ts";
import type { OwnCheckpoint } from "./signer.ts";
import type { Trust } from "./trust.ts";

/** The newest checkpoint of a log that a quorum of the policy's witnesses cosigned. */
export type Quorum = { newest: OwnCheckpoint | undefined; size: number };

/** Whether the quorum of the trusted policy cosigned; undefined where no policy was given. */
export function quorumIsMet({ policy }: Trust, opened: OwnCheckpoint): boolean | undefined {
  return policy === undefined ? undefined : policySatisfied(policy, opened.cosignatures).satisfied;
}

/** Remembers a checkpoint if it is the newest whose quorum is met. */
export function noteQuorum(quorum: Quorum, trust: Trust, opened: OwnCheckpoint): void {
  const { size } = opened.checkpoint;
  if (size < quorum.size || quorumIsMet(trust, opened) !== true) return;
  quorum.newest = opened;
  quorum.size = size;
}

/**
 * The check of one checkpoint's cosignatures; `ok` is null where no policy was given, or its quorum is not
 * met.
 */
export function quorumCheck(trust: Trust, opened: OwnCheckpoint): Check {
  const name = "cosignatures";
  const met = quorumIsMet(trust, opened);
  const by = opened.cosignatures.map(cosignatureText).join(", ");
  const count = opened.notChecked.length;
  const unknown = count === 0 ? "" : `; lines of unknown keys, not checked: ${count}`;
  if (met === undefined) return { name, ok: null, detail: `no policy of witnesses was given${unknown}` };
  if (met)
    return { name, ok: true, detail: `the policy's quorum is met: ${by || "it asks for none"}${unknown}` };
  return { name, ok: null, detail: `the policy's quorum is not met: ${by || "nobody cosigned"}${unknown}` };
}

/** The check of a whole log's cosignatures: that of the newest checkpoint whose quorum is met. */
export function logQuorumCheck(trust: Trust, quorum: Quorum, head: OwnCheckpoint | undefined): Check {
  const name = "cosignatures";
  const { newest } = quorum;
  if (newest === undefined) {
    if (head === undefined) return { name, ok: null, detail: "there is no checkpoint whose signer is known" };
    return quorumCheck(trust, head);
  }
  const check = quorumCheck(trust, newest);
  return { ...check, detail: `up to record ${newest.checkpoint.size - 1}: ${check.detail}` };
}

/** The checks without which nothing is verified under this trust, besides those that always are. */
export function requiredOf({ policy }: Trust): readonly string[] {
  return policy === undefined ? [] : ["cosignatures"];
}
