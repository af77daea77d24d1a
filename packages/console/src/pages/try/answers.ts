// SPDX-License-Identifier: Apache-2.0
// What /v1/trials answers.

/** A value that a clause read. */
export type Value = { path: string; name: string; words: string };
/** A clause of a rule. */
export type Clause = { clause: string; words: string; result: boolean | "missing"; values: Value[] };
/** A rule, and what it made of the event. */
export type Rule = {
  policy: string;
  rule: string;
  does: string;
  points: number;
  clauses: Clause[];
  result: boolean | "missing";
  heldWords?: string;
  keptFrom?: number;
};
/** A trial. */
export type Trial = {
  decision: {
    outcome: string;
    rules: string[];
    reasons: { text?: Record<string, string> }[];
    release: string;
  };
  actor: string | null;
  explanation?: {
    outcomeWords: string;
    refusedBy: string | null;
    next: string | null;
    held: Rule[];
    near: Rule[];
    points: { policy: string; points: number; thresholds: { words: string; reached: boolean }[] }[];
    strikes: { rule: string; words: string }[];
    restrictions: { id: string; words: string }[];
    standing: { strikes: number; restrictions: { id: string; words: string }[] };
    counters: (Value & { policy: string })[];
    hits: { list: string; words: string }[];
    rules: Rule[];
  };
};
