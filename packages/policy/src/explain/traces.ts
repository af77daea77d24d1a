// SPDX-License-Identifier: Apache-2.0
// What every rule came to in a decision, also those that didn't fire: from its facts.
import { clausesOf, generalTracer } from "../trace.ts";
import { isFalse, isMissing, isTrue, truthOf } from "../condition/condition.ts";
import type { Truth } from "../condition/condition.ts";
import { frameOfFacts } from "../evaluate.ts";
import type { PlacedCondition, PolicySet } from "../program.ts";
import type { ClauseTrace, Facts, FieldPath } from "../types.ts";
import type { ValueKind } from "./clause.ts";

/** What a rule's condition came to, and each of its clauses. */
export type RuleTrace = {
  readonly policy: string;
  readonly rule: string;
  readonly result: boolean | "missing";
  readonly trace: readonly ClauseTrace[];
  /** The results of its clauses: `t`, `f` or `m`. */
  readonly clauses: string;
  /** Of a rule that didn't fire: the place of the one clause that kept it from it, if it was one alone. */
  readonly keptFrom?: number;
};

/**
 * The traces of all rules that are about the event, in the order of the policies. A clause whose result isn't
 * recorded where it should be counts as missing.
 */
export function traceRules(set: PolicySet, facts: Facts): readonly RuleTrace[] {
  const plan = set.program.plans.get(facts.type);
  if (plan === undefined) return [];
  const frame = frameOfFacts(set, facts);
  const results = new Uint8Array(set.program.clauses);
  let recorded = 0;
  for (const { condition, firstClause } of plan.conditions) {
    for (const [place, clause] of condition.clauses.entries()) {
      results[firstClause + place] = clause.recorded
        ? truthOfLetter(facts.clauses[recorded++])
        : truthOf(clause.run(frame));
    }
  }
  return plan.policies
    .flatMap(({ rules }) => rules)
    .map((compiled): RuleTrace => {
      const { rule, condition, firstClause } = compiled;
      const own = results.slice(firstClause, firstClause + condition.clauses.length);
      const result = condition.combine(own, 0);
      const keptFrom = result === isTrue ? undefined : loneClause(condition, own);
      return {
        policy: rule.policy,
        rule: rule.id,
        result: result === isMissing ? "missing" : result === isTrue,
        trace: clausesOf(generalTracer(compiled)(frame, results)),
        clauses: Array.from(own, (each) => letters[each]).join(""),
        ...(keptFrom !== undefined && { keptFrom }),
      };
    });
}

/** The kinds of the fields that any rule of a set reads, by path. */
export function kindsOf(set: PolicySet): ReadonlyMap<FieldPath, ValueKind> {
  const kinds = new Map<FieldPath, ValueKind>();
  for (const { readers } of set.program.plans.values()) {
    for (const { path, type } of readers) {
      if (type.kind !== "nothing" && type.kind !== "entries") kinds.set(path, type.kind);
    }
  }
  return kinds;
}

const letters = ["f", "t", "m"];

// The clause that would have made the rule fire, had it alone come out the other way.
function loneClause(condition: PlacedCondition["condition"], results: Uint8Array): number | undefined {
  for (const [place, result] of results.entries()) {
    if (result === isMissing) continue;
    const turned = Uint8Array.from(results);
    turned[place] = result === isTrue ? isFalse : isTrue;
    if (condition.combine(turned, 0) === isTrue) return place;
  }
  return undefined;
}

function truthOfLetter(letter: string | undefined): Truth {
  return letter === "t" ? isTrue : letter === "f" ? isFalse : isMissing;
}
