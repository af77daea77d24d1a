// SPDX-License-Identifier: Apache-2.0
// The `facts` part of a `brake` record: what lost its power to restrict, and the figures that made it so.
// Names of rules stand here and not in the leaf, since rules without a public reason are nobody's business.

/** What something hit when its brake was drawn, or whom it had restricted when its cap was reached. */
export type BrakeFacts = {
  v: 1;
  /**
   * `rule`, `threshold` and `entry` (of a list) lost their power because they hit too much. With `cap`, a
   * rule or a step of a ladder (`step`) may restrict no further actors.
   */
  what: "rule" | "threshold" | "entry" | "step";
  cap: boolean;
  /**
   * `policy/rule`; `policy/points-N` for the threshold at N points; `policy/ladder-N` for the step at N
   * strikes; `list:hash` for an entry, with its keyed hash.
   */
  key: string;
  /** Hash of its declaration; empty for an entry and for a cap. */
  declaration: string;
  /** The release that brought it into force as it is. */
  release: string;
  /** Who proposed that release or, without a proposal, put it in force. */
  changedBy: string;
  /** `decidedAt` of the first and the last event that the figures are over. */
  from: string;
  to: string;
  /** Events of its policy's types, and how many of them it hit; of a cap, both are the actors' figures. */
  events: number;
  hits: number;
  /** Different actors who sent those events, and how many were hit; of a sample, if `sampling` > 0. */
  actorsSeen: number;
  actorsHit: number;
  /** One of 2 to the power of this actors was counted. */
  sampling: number;
  /** What was declared: the share in basis points and the least hits; of a cap, 0 and the actors allowed. */
  share: number;
  least: number;
};

/** The one encoding of a brake's facts: JSON on one line, keys in the order of the type. */
export function encodeBrakeFacts(facts: BrakeFacts): string {
  return JSON.stringify(Object.fromEntries(brakeKeys.map((key) => [key, facts[key]])));
}

const brakeKeys: readonly (keyof BrakeFacts)[] = [
  "v",
  "what",
  "cap",
  "key",
  "declaration",
  "release",
  "changedBy",
  "from",
  "to",
  "events",
  "hits",
  "actorsSeen",
  "actorsHit",
  "sampling",
  "share",
  "least",
];
