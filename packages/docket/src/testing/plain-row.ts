// SPDX-License-Identifier: Apache-2.0
// A decision's row as the views hold it, for tests that are about some of its fields.
import type { DecisionRow } from "../views/decision-row.ts";

/** An allowed comment of which nothing is known. */
export const plainRow: Omit<DecisionRow, "index" | "actor" | "decidedMs" | "sealedMs"> = {
  outcome: "allow",
  type: "comment",
  op: "create",
  source: "http",
  late: false,
  content: undefined,
  fingerprint: undefined,
  rules: [],
  fired: [],
  lists: [],
  strikes: 0,
  restrictions: 0,
  refusedBy: undefined,
  proposed: [],
  campaign: undefined,
  language: undefined,
  accountAgeMs: undefined,
  points: 0,
  letters: undefined,
  holdUntilMs: undefined,
  otherwise: undefined,
  release: "A".repeat(43),
  marks: [],
};
