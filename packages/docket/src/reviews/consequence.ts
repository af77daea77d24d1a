// SPDX-License-Identifier: Apache-2.0
// What follows from a finding for the content and its actor, if the reviewer says nothing else.
import type { Outcome, ReviewFinding, Verdict } from "@docket/protocol";

/** What is known of a decision and of what holds now. */
export type Judged = {
  /** What was decided. */
  readonly decided: Outcome;
  /** What holds now. */
  readonly inForce: Outcome;
  /** Whether the decision gave strikes, or imposed restrictions. */
  readonly hadEffects: boolean;
};

/** The verdict that follows, and whether it confirms or takes back what the decision did. */
export type Following = {
  readonly verdict: Verdict;
  readonly confirm: boolean;
  readonly compensate: boolean;
};

/**
 * What follows from a finding; `undefined` where everything stays as it is.
 *
 * | finding | shown, flagged | held | refused, removed | challenged, delayed |
 * | --- | --- | --- | --- | --- |
 * | spam | removed, strikes count | removed, strikes count | nothing | nothing |
 * | notSpam | effects taken back | released | restored, effects taken back | effects taken back |
 * | unsure | nothing | nothing | nothing | nothing |
 */
export function followsFrom(finding: ReviewFinding, judged: Judged): Following | undefined {
  if (finding === "unsure") return undefined;
  const { inForce, hadEffects } = judged;
  if (finding === "spam") {
    if (inForce !== "allow" && inForce !== "flag" && inForce !== "hold") return undefined;
    return verdictOf("remove", judged);
  }
  if (inForce === "hold") return verdictOf("release", judged);
  if (inForce === "reject") return verdictOf("restore", judged);
  return hadEffects ? { verdict: "keep", confirm: false, compensate: true } : undefined;
}

/** What a verdict does besides, where a reviewer names it. */
export function verdictOf(verdict: Verdict, { decided }: Pick<Judged, "decided">): Following {
  // Strikes of flags and holds were only announced; those of refusals were given.
  const confirm = verdict === "remove" && (decided === "flag" || decided === "hold");
  return { verdict, confirm, compensate: verdict === "release" || verdict === "restore" };
}
