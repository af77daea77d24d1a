// SPDX-License-Identifier: Apache-2.0
// What can be objected to: whatever refused somebody's content or restricted their account.
import type { DocketRecord } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { DisputeState } from "./state.ts";

/** A record that can be objected to. */
export type DisputeTarget = {
  readonly index: number;
  readonly kind: "decision" | "verdict" | "measure";
  readonly actor: string;
  /** When it was sealed. */
  readonly time: string;
  /** The decision that it is about, where it is about one. */
  readonly decision: number | undefined;
  /** Why it is not objected to although it restricts: it is what a dispute came to. */
  readonly closed: string | undefined;
};

/** The target that a record is, or why it is none. */
export function disputeTarget(
  record: DocketRecord,
  state: Pick<DisputeState, "actsOfDisputes">,
): DisputeTarget | string {
  const { index, time } = record;
  const dispute = state.actsOfDisputes.get(index);
  const closed =
    dispute === undefined ? undefined : `record ${index} is what dispute ${dispute} came to, which is final`;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all other kinds are one case
  switch (record.kind) {
    case "decision": {
      const { actor, outcome, restrictions } = record;
      const passed = outcome === "allow" || outcome === "flag";
      if (passed && restrictions.length === 0) return "it refused nothing and restricted nobody";
      return { index, kind: "decision", actor, time, decision: index, closed };
    }
    case "verdict": {
      const { actor, verdict, restrictions } = record;
      const gave = verdict === "release" || verdict === "restore";
      if (gave && restrictions.length === 0) return "it gave back what had been refused";
      return { index, kind: "verdict", actor, time, decision: record.of, closed };
    }
    case "measure": {
      const { subject, subjectKind, restrictions } = record;
      if (subjectKind !== "actor") return "it is on no account; decisions that came of it can be disputed";
      if (restrictions.length === 0) return "it ended restrictions";
      return { index, kind: "measure", actor: subject, time, decision: undefined, closed };
    }
    default:
      return `a record of kind ${record.kind} decides nothing about anyone`;
  }
}

/** What is thrown for a record that can't be objected to. */
export function notDisputable(index: number, why: string): DocketError {
  return new DocketError("not_disputable", `record ${index} can't be disputed: ${why}`);
}
