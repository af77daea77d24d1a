// SPDX-License-Identifier: Apache-2.0
// What an explanation says, as data: plain JSON, in one language. `explain.ts` makes it, `text.ts` and
// whoever shows it elsewhere print it.
import type { FieldPath, FieldValue, Held, Outcome } from "../types.ts";
import type { ExplanationLanguage } from "./words.ts";

/** A value that a clause read. */
export type ExplainedValue = {
  readonly path: FieldPath;
  /** What the path is called. */
  readonly name: string;
  /** Absent where it was missing, or is personal and not shown. */
  readonly value?: FieldValue;
  /** The value, or why there is none, in words. */
  readonly words: string;
};

/** A clause of a rule, and the values that made it so. */
export type ExplainedClause = {
  /** As written. */
  readonly clause: string;
  /** In words; the clause as written where there are none. */
  readonly words: string;
  readonly result: boolean | "missing";
  readonly values: readonly ExplainedValue[];
};

/** A rule, and what it came to. */
export type ExplainedRule = {
  readonly policy: string;
  readonly rule: string;
  /** What it does: `rejects, 1 strike`. */
  readonly does: string;
  readonly points: number;
  readonly clauses: readonly ExplainedClause[];
  /** Of one that fired without effect: why. */
  readonly held?: Held;
  readonly heldWords?: string;
  /** Of one that nearly fired: the place of the clause that kept it from it. */
  readonly keptFrom?: number;
  /** Of one that could not be decided: what was missing. */
  readonly lacks?: readonly string[];
};

/** The points of a policy against its thresholds. */
export type ExplainedPoints = {
  readonly policy: string;
  readonly points: number;
  readonly rules: readonly { readonly rule: string; readonly points: number }[];
  readonly thresholds: readonly {
    readonly points: number;
    readonly outcome: Outcome;
    readonly reached: boolean;
    readonly held?: string;
    readonly words: string;
  }[];
};

/** A step of a ladder that was reached. */
export type ExplainedStep = {
  readonly policy: string;
  readonly strikes: number;
  readonly state: "taken" | "proposed" | "capped";
  readonly words: string;
};

/** A decision, explained to an analyst. */
export type Explanation = {
  readonly format: "docket-explanation/v1";
  readonly language: ExplanationLanguage;
  readonly index: number;
  readonly outcome: Outcome;
  readonly outcomeWords: string;
  readonly decidedAt: string;
  readonly sealedAt: string;
  readonly actor: string;
  readonly release: string;
  readonly event: { readonly type: string; readonly op: string };
  /** The restriction because of which the event was refused, in words. */
  readonly refusedBy: string | null;
  readonly fired: readonly ExplainedRule[];
  readonly held: readonly ExplainedRule[];
  readonly near: readonly ExplainedRule[];
  readonly missing: readonly ExplainedRule[];
  /** Of policies that have points in this decision. */
  readonly points: readonly ExplainedPoints[];
  /** Strikes that were given, and those that were not although the rule gives some. */
  readonly strikes: readonly { readonly rule: string; readonly count: number; readonly words: string }[];
  readonly ladder: readonly ExplainedStep[];
  /** What follows for the actor. */
  readonly restrictions: readonly { readonly id: string; readonly words: string }[];
  /** When to try again, or until when it is held; `null` for neither. */
  readonly next: string | null;
  readonly standing: {
    readonly strikes: number;
    readonly restrictions: readonly { readonly id: string; readonly words: string }[];
  };
  readonly counters: readonly (ExplainedValue & { readonly policy: string })[];
  readonly limits: readonly { readonly policy: string; readonly limit: string; readonly words: string }[];
  /** How many entries of each list rules that fired had hit. Which ones says what somebody wrote. */
  readonly hits: readonly { readonly list: string; readonly count: number; readonly words: string }[];
};

/** A decision, explained to the affected user: only what may be disclosed. */
export type UserExplanation = {
  readonly format: "docket-explanation-user/v1";
  readonly language: ExplanationLanguage;
  readonly index: number;
  readonly outcome: Outcome;
  readonly outcomeWords: string;
  readonly decidedAt: string;
  readonly reasons: readonly { readonly rule: string; readonly text: string }[];
  readonly disclosed: readonly ExplainedValue[];
  readonly restrictions: readonly { readonly id: string; readonly words: string }[];
  readonly next: string | null;
  readonly object: string;
  readonly proof: string;
};
