// SPDX-License-Identifier: Apache-2.0
// What a release asks DNS lists about an event, and what it reads of the answers. Asking is done elsewhere,
// before the event's turn: an answer is a fact, and replay needs no network.
import { isSameLookup } from "./loading/lookups.ts";
import type { Plan, PolicySet } from "./program.ts";
import type { EvaluationInput, FieldPath, FieldValue, LookupDeclaration, LookupRead } from "./types.ts";

/** A look-up, and what of an event it is about. */
export type LookupQuestion = {
  readonly lookup: LookupDeclaration;
  /** Domains, hosts and addresses, distinct, at most {@link lookupValuesMax}. */
  readonly values: readonly string[];
};

/** Most values of one event that a look-up asks about; the first ones where there are more. */
export const lookupValuesMax = 16;

/**
 * What is asked about an event: for each look-up that a condition about its type reads, and whose subject it
 * has. One with a subject without values (a text without domains) has none: nothing is listed then.
 */
export function lookupQuestions(
  set: PolicySet,
  type: string,
  event: Pick<EvaluationInput, "actor" | "signals">,
): readonly LookupQuestion[] {
  const lookups = lookupsRead(set, type);
  if (lookups.length === 0) return [];
  return lookups.flatMap((lookup) => {
    const values = valuesOf(lookup.of, event);
    return values === undefined ? [] : [{ lookup, values: values.slice(0, lookupValuesMax) }];
  });
}

/** The look-ups that conditions about a type of event read, by name. */
export function lookupsRead(set: PolicySet, type: string): readonly LookupDeclaration[] {
  const plan = set.program.plans.get(type);
  if (plan === undefined || set.lookups.size === 0) return nothing;
  let read = readByPlan.get(plan);
  if (read === undefined) {
    const names = new Set(
      plan.readers.flatMap(({ path }) => (path.startsWith("lookups.") ? [path.split(".")[1]] : [])),
    );
    read = [...set.lookups.values()].filter(({ name }) => names.has(name));
    readByPlan.set(plan, read);
  }
  return read;
}

const nothing: readonly LookupDeclaration[] = [];
const readByPlan = new WeakMap<Plan, readonly LookupDeclaration[]>();

/** What facts record of the answers: all of it, by path, whichever of it a condition read. */
export function lookupFacts(
  lookups: EvaluationInput["lookups"],
): readonly (readonly [FieldPath, boolean | readonly string[]])[] {
  if (lookups === undefined) return [];
  return Object.entries(lookups).flatMap(([name, { listed, codes }]) => [
    [`lookups.${name}.codes`, codes],
    [`lookups.${name}.listed`, listed],
  ]);
}

/**
 * The answers that facts recorded, for a release that may be another than the one that recorded them.
 *
 * @param recorded the policies of the release that the facts are of
 * @param values of the facts
 * @returns the answers, and the names of the look-ups that are read and were not recorded; a failed one is
 *   among neither where the release that recorded asked the same
 */
export function recordedLookups(
  set: PolicySet,
  recorded: PolicySet,
  type: string,
  values: Readonly<Record<string, FieldValue>>,
): { readonly lookups: EvaluationInput["lookups"]; readonly unrecorded: readonly string[] } {
  const wanted = lookupsRead(set, type);
  if (wanted.length === 0) return { lookups: undefined, unrecorded: [] };
  const lookups: Record<string, LookupRead> = {};
  const unrecorded: string[] = [];
  for (const lookup of wanted) {
    const { name } = lookup;
    if (!asksSame(set, recorded, type, name)) {
      unrecorded.push(name);
      continue;
    }
    const [listed, codes] = [values[`lookups.${name}.listed`], values[`lookups.${name}.codes`]];
    if (typeof listed === "boolean" && Array.isArray(codes)) {
      lookups[name] = { listed, codes: codes as readonly string[] };
    }
  }
  return { lookups, unrecorded };
}

/** Whether two sets of policies both ask a look-up about events of a type, and ask the same. */
export function asksSame(one: PolicySet, other: PolicySet, type: string, name: string): boolean {
  const [here, there] = [one, other].map((set) => lookupsRead(set, type).find((each) => each.name === name));
  return here !== undefined && there !== undefined && isSameLookup(here, there);
}

/** What of an event is looked up; `undefined` where it has no such thing. */
function valuesOf(
  path: FieldPath,
  { actor, signals }: Pick<EvaluationInput, "actor" | "signals">,
): readonly string[] | undefined {
  switch (path) {
    case "actor.ip":
      return actor.ip === undefined ? undefined : [actor.ip];
    case "actor.email": {
      const host = actor.email?.slice(actor.email.lastIndexOf("@") + 1).toLowerCase();
      return host === undefined || host === "" ? undefined : [host];
    }
    default: {
      const values = signals[path.slice("signals.".length)];
      return Array.isArray(values) ? (values as readonly string[]) : undefined;
    }
  }
}
