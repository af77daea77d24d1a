// SPDX-License-Identifier: Apache-2.0
// A decision explained to the affected user: the outcome, the public reasons, what rules disclose, what
// follows, and how to object. It is given nothing else, so it can say nothing else: no scores, no rules in
// shadow, no thresholds.
import type { ConcludedFacts } from "../enforcement/conclusion.ts";
import type { RecordedRestriction } from "../enforcement/restriction.ts";
import type { PolicySet } from "../program.ts";
import type { FieldPath, FieldValue, Outcome, Policy } from "../types.ts";
import { clauseContext, fieldInWords, valueInWords } from "./clause.ts";
import type { ExplainedValue, UserExplanation } from "./explanation.ts";
import { nextInWords, restrictionInWords } from "./measures.ts";
import { kindsOf } from "./traces.ts";
import { clauseWords, decisionWords } from "./words.ts";
import type { ExplanationLanguage } from "./words.ts";

/** What the affected user may know of a decision. */
export type UserExplanationInput = {
  readonly index: number;
  readonly origin: string;
  readonly outcome: Outcome;
  readonly decidedAt: string;
  /** Reasons by language tag. */
  readonly reasons: readonly { readonly rule: string; readonly text: Readonly<Record<string, string>> }[];
  /** What the rules disclose, by path. */
  readonly disclosed: Readonly<Record<FieldPath, FieldValue>>;
  readonly restrictions: readonly RecordedRestriction[];
  readonly next: Pick<ConcludedFacts, "retryAfterMs" | "holdUntil" | "otherwise">;
  /** The policies: for the names of counters. */
  readonly set?: PolicySet | undefined;
};

/** Explains a decision to the affected user. */
export function explainToUser(input: UserExplanationInput, language: ExplanationLanguage): UserExplanation {
  const { user } = decisionWords[language];
  const { index, outcome, decidedAt } = input;
  const next = nextInWords(input.next, language);
  return {
    format: "docket-explanation-user/v1",
    language,
    index,
    outcome,
    outcomeWords: user.outcomes[outcome],
    decidedAt,
    reasons: input.reasons.map(({ rule, text }) => ({ rule, text: reasonIn(text, language) })),
    disclosed: Object.entries(input.disclosed)
      // The id of the restriction that refused the event is no field, and its reason says what it is.
      .filter(([path]) => path.includes("."))
      .map(([path, value]) => disclosedValue(input, path, value, language)),
    restrictions: input.restrictions.map((each) => ({
      id: each.id,
      words: restrictionInWords(each, language),
    })),
    next: next ?? (outcome === "hold" ? user.heldForReview : null),
    object: user.object(index, input.origin),
    proof: user.proof,
  };
}

// A reason in another language is better than none.
function reasonIn(text: Readonly<Record<string, string>>, language: ExplanationLanguage): string {
  const tag = Object.keys(text).find((each) => each === language || each.startsWith(`${language}-`));
  return text[tag ?? "en"] ?? Object.values(text)[0] ?? "";
}

function disclosedValue(
  { set }: UserExplanationInput,
  path: FieldPath,
  value: FieldValue,
  language: ExplanationLanguage,
): ExplainedValue {
  const kinds = set === undefined ? new Map<FieldPath, never>() : kindsOf(set);
  const policy = set?.policies.find(({ counters }) => counters.has(path.replace(/^counters\./, "")));
  const declared: Pick<Policy, "counters"> = policy ?? { counters: new Map() };
  const context = clauseContext(declared, (each) => kinds.get(each), language);
  const words = valueInWords(value, kinds.get(path), clauseWords[language]);
  return { path, name: fieldInWords(path, context), value, words };
}
