// SPDX-License-Identifier: Apache-2.0
// What facts record of an event's values and of what was held back, made ready for a type of event: the same
// as `factsOf` gives, without what only a replay asks for.
import type { PolicySet } from "./program.ts";
import type { EvaluationInput, FieldPath, FieldValue } from "./types.ts";

/** What facts of one type of event record. */
export type RecordedFields = {
  /** The fields that conditions read and that aren't personal; counters and limits are not among them. */
  readonly values: readonly {
    readonly path: FieldPath;
    readonly read: (input: EvaluationInput) => FieldValue | undefined;
  }[];
  /** Rules and thresholds that may be held back, as `policy/rule` and `policy/points-N`. */
  readonly holdable: readonly string[];
};

/** What is recorded of events of a type. */
export function recordedFields(set: PolicySet, type: string): RecordedFields {
  const plan = set.program.plans.get(type);
  const values = (plan?.readers ?? []).flatMap(({ path, personal, source, read }) => {
    if (personal || source.kind !== "value") return [];
    return [{ path, read: read as (input: EvaluationInput) => FieldValue | undefined }];
  });
  const keyed = (plan?.policies ?? []).flatMap(({ rules, thresholds }) => [...rules, ...thresholds]);
  return { values, holdable: keyed.map(({ key }) => key) };
}
