// SPDX-License-Identifier: Apache-2.0
// What every rule came to in a decision, also those that didn't fire: from its facts.
import { isFalse, isMissing, isTrue } from "../condition/condition.ts";
import type { Truth } from "../condition/condition.ts";
import type { Frame } from "../condition/compile.ts";
import { frameOfFacts } from "../evaluate.ts";
import type { PolicySet } from "../program.ts";
import type { ClauseTrace, Facts, FieldPath, FieldValue, TraceValue } from "../types.ts";
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
  const frame = frameOfFacts(set, facts);
  const traces: RuleTrace[] = [];
  let recorded = 0;
  for (const { exemptions, rules } of set.program.plans.get(facts.type)?.policies ?? []) {
    for (const { condition } of exemptions) {
      recorded += condition.clauses.filter((clause) => clause.recorded).length;
    }
    for (const { rule, condition } of rules) {
      const results = new Uint8Array(condition.clauses.length);
      const trace: ClauseTrace[] = [];
      for (const [place, clause] of condition.clauses.entries()) {
        const result = clause.recorded
          ? truthOfLetter(facts.clauses[recorded++])
          : clauseTruth(clause, frame);
        results[place] = result;
        const values = clause.fields.map(({ path, personal, slot }): TraceValue => {
          const value = frame[slot] as FieldValue | undefined;
          return value === undefined ? { path, personal } : { path, value, personal };
        });
        trace.push({ clause: clause.text, result: said(result), values });
      }
      const result = condition.combine(results, 0);
      const keptFrom = result === isTrue ? undefined : loneClause(condition.combine, results);
      traces.push({
        policy: rule.policy,
        rule: rule.id,
        result: said(result),
        trace,
        clauses: Array.from(results, (each) => letters[each]).join(""),
        ...(keptFrom !== undefined && { keptFrom }),
      });
    }
  }
  return traces;
}

/** The kinds of the fields that any rule of a set reads, by path. */
export function kindsOf(set: PolicySet): ReadonlyMap<FieldPath, ValueKind> {
  const kinds = new Map<FieldPath, ValueKind>();
  const plans = [...set.program.plans.values()];
  for (const { path, type } of plans.flatMap(({ readers }) => readers)) {
    if (type.kind !== "nothing" && type.kind !== "entries") kinds.set(path, type.kind);
  }
  return kinds;
}

const letters = ["f", "t", "m"];

// The clause that would have made the rule fire, had it alone come out the other way.
function loneClause(
  combine: (results: Uint8Array, first: number) => Truth,
  results: Uint8Array,
): number | undefined {
  for (const [place, result] of results.entries()) {
    if (result === isMissing) continue;
    const turned = Uint8Array.from(results);
    turned[place] = result === isTrue ? isFalse : isTrue;
    if (combine(turned, 0) === isTrue) return place;
  }
  return undefined;
}

function clauseTruth(clause: { readonly run: (frame: Frame) => unknown }, frame: Frame): Truth {
  const value = clause.run(frame);
  return value === true ? isTrue : value === false ? isFalse : isMissing;
}

function truthOfLetter(letter: string | undefined): Truth {
  return letter === "t" ? isTrue : letter === "f" ? isFalse : isMissing;
}

function said(result: number | undefined): boolean | "missing" {
  return result === isMissing ? "missing" : result === isTrue;
}
