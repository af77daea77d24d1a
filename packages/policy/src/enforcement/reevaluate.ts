// SPDX-License-Identifier: Apache-2.0
// What restrictions an actor would have if some decisions had not been: their recorded history gone through
// again without them. Strikes that other decisions gave stay as they are; the ladder and the rules' own
// measures are applied again to what is left, so a restriction stays if, and as long as, another ground holds
// it. Nothing is decided again: an overturned decision never makes anybody's standing worse.
import type { Measures, Policy } from "../types.ts";
import { lateSteps, stepEffect } from "./confirm.ts";
import { reachedSteps, restricts, restrictionsOf } from "./enforce.ts";
import { sameRate } from "./restriction.ts";
import type { Restriction } from "./restriction.ts";
import { applyAct, cleanStanding, readStanding, restrictionsAt } from "./standing.ts";
import type { Standing, Strike } from "./standing.ts";

/** A decision of an actor, as far as anything followed from it. */
export type PastDecision = {
  readonly kind: "decision";
  readonly index: number;
  readonly decidedAtMs: number;
  /** Whether it was refused because of a restriction: then nothing followed. */
  readonly isRefused: boolean;
  readonly strikes: readonly Strike[];
  /** The rules that fired and had their effect. */
  readonly fired: readonly { readonly policy: string; readonly rule: string }[];
  /** Rules and steps whose measures were left out because of a cap. */
  readonly capped: readonly string[];
  /** Those of its release that are about its type of event. */
  readonly policies: readonly Policy[];
};
/** Strikes that were given to a decision when it was confirmed. */
export type PastConfirmation = {
  readonly kind: "confirmation";
  readonly index: number;
  readonly of: number;
  readonly atMs: number;
  readonly strikes: readonly Strike[];
  /** Of the release that decided. */
  readonly policies: readonly Policy[];
};
/** A measure by a person: `grounds` are the decisions that it relies on; `step` is one that was taken. */
export type PastMeasure = {
  readonly kind: "measure";
  readonly index: number;
  readonly grounds: readonly number[];
  readonly restrictions: readonly Restriction[];
  /** What was ended: the restrictions as they were recorded. */
  readonly ended: readonly Restriction[];
  /** A step of a ladder that a person took: where it was reached. */
  readonly step?: { readonly of: number; readonly name: string } | undefined;
};
/** What happened to an actor, in the order of the log. */
export type PastItem = PastDecision | PastConfirmation | PastMeasure;

/**
 * The standing after a history without the decisions that are void. Ids of restrictions are those of the
 * measures by people; others are empty.
 *
 * @param onRefused told of each event that was refused because of a restriction, with the standing before it
 */
export function reevaluate(
  history: readonly PastItem[],
  isVoid: (index: number) => boolean,
  onRefused?: (item: PastDecision, standing: Standing) => void,
): Standing {
  let standing = cleanStanding;
  /** Steps that were reached where they wait for a person, by the decision. */
  const reached = new Map<number, readonly string[]>();
  for (const item of history) {
    if (item.kind === "decision") {
      if (item.isRefused) onRefused?.(item, standing);
      else if (!isVoid(item.index)) standing = afterDecision(standing, item, reached);
    } else if (item.kind === "confirmation") {
      if (!isVoid(item.of)) standing = afterConfirmation(standing, item, reached);
    } else if (holds(item, isVoid, reached)) {
      standing = afterMeasure(standing, item);
    }
  }
  return standing;
}

/** What has to be changed of a standing, so that it has the restrictions of another one at a time. */
export type Correction = { readonly ended: readonly Restriction[]; readonly imposed: readonly Restriction[] };

/**
 * Compares the restrictions in force with those that a history without some decisions gives.
 *
 * @param mayEnd whether a restriction came of the history; others stay
 * @param isMilder whether nothing may come that is stricter or longer than what ends for it
 */
export function correction(
  actual: Standing,
  wanted: Standing,
  atMs: number,
  mayEnd: (id: string) => boolean,
  isMilder: boolean,
): Correction {
  const missing = restrictionsAt(wanted, atMs);
  const unheld = unmatched(restrictionsAt(actual, atMs), missing, sameEffect);
  // Another ground holds it longer than it was ordered for: then it stays, for as long as it was ordered.
  const left = isMilder ? unmatched(unheld, missing, (each, ground) => holdsAsLong(ground, each)) : unheld;
  const ended = left.filter(({ id }) => mayEnd(id));
  if (!isMilder) return { ended, imposed: missing };
  const imposed = missing.flatMap((each) => {
    const untilMs = Math.max(
      ...ended.map((gone) => {
        if (severity[gone.kind] > severity[each.kind]) return each.untilMs;
        return sameSort(gone, each) ? Math.min(gone.untilMs, each.untilMs) : 0;
      }),
      0,
    );
    return untilMs > atMs ? [{ ...each, untilMs }] : [];
  });
  return { ended, imposed };
}

/** Whether two restrictions do the same until the same time. */
export function sameEffect(a: Restriction, b: Restriction): boolean {
  return a.untilMs === b.untilMs && sameSort(a, b) && (a.kind !== "throttle" || burstOf(a) === burstOf(b));
}

// Each of `all` that none of `others` matches; those that match are taken out of `others`, each once.
function unmatched(
  all: readonly Restriction[],
  others: Restriction[],
  matches: (each: Restriction, other: Restriction) => boolean,
): Restriction[] {
  return all.filter((each) => {
    const place = others.findIndex((other) => matches(each, other));
    if (place >= 0) others.splice(place, 1);
    return place < 0;
  });
}

const severity: Readonly<Record<Restriction["kind"], number>> = {
  warn: 0,
  limit: 1,
  throttle: 2,
  suspend: 3,
  ban: 4,
};

function sameSort(a: Restriction, b: Restriction): boolean {
  if (a.kind === "throttle") return b.kind === "throttle" && sameRate(a, b);
  if (a.kind === "limit") return b.kind === "limit" && a.ability === b.ability;
  return a.kind === b.kind;
}

/** Whether a ground holds a restriction as long as it was ordered, or longer. */
export function holdsAsLong(ground: Restriction, restriction: Restriction): boolean {
  return sameSort(ground, restriction) && ground.untilMs >= restriction.untilMs;
}

function burstOf(restriction: Restriction): number {
  return restriction.kind === "throttle" ? restriction.burst : 0;
}

const noId = (): string => "";

function afterDecision(
  standing: Standing,
  { index, decidedAtMs, strikes, fired, capped, policies }: PastDecision,
  reached: Map<number, readonly string[]>,
): Standing {
  const read = readStanding(standing, policies, decidedAtMs);
  const steps = reachedSteps(policies, read, strikes);
  reached.set(
    index,
    steps.filter(({ step }) => step.needs !== undefined).map(({ name }) => name),
  );
  const inShadow = new Set(policies.filter((each) => each.restrictions === "shadow").map(({ id }) => id));
  const causes: { name: string; policy: string; then: Measures }[] = fired.flatMap(({ policy, rule }) => {
    const then = policies.find((each) => each.id === policy)?.rules.find((each) => each.id === rule)?.then;
    return then === undefined || !restricts(then) ? [] : [{ name: `${policy}/${rule}`, policy, then }];
  });
  for (const { name, policy, step } of steps) {
    if (step.needs === undefined) causes.push({ name, policy, then: step.then });
  }
  const measures = causes
    .filter(({ name, policy }) => !inShadow.has(policy) && !capped.includes(name))
    .map(({ then }) => then);
  const restrictions = restrictionsOf(measures, read.restrictions, decidedAtMs, noId);
  return applyAct(standing, { strikes, voided: [], restrictions, ended: [] });
}

function afterConfirmation(
  standing: Standing,
  { of, atMs, strikes, policies }: PastConfirmation,
  reached: Map<number, readonly string[]>,
): Standing {
  const steps = lateSteps(policies, standing, strikes);
  const { restrictions, proposed } = stepEffect(steps, policies, standing, atMs, noId);
  reached.set(of, [...(reached.get(of) ?? []), ...proposed]);
  return applyAct(standing, { strikes, voided: [], restrictions, ended: [] });
}

// A measure stands on its grounds: when all that it named are void, or a step is not reached any more, it has
// none. One that named nothing stands by itself.
function holds(
  { grounds, step }: PastMeasure,
  isVoid: (index: number) => boolean,
  reached: ReadonlyMap<number, readonly string[]>,
): boolean {
  if (step !== undefined && !(reached.get(step.of) ?? []).includes(step.name)) return false;
  return grounds.length === 0 || !grounds.every(isVoid);
}

function afterMeasure(standing: Standing, { restrictions, ended }: PastMeasure): Standing {
  const left = [...standing.restrictions];
  for (const gone of ended) {
    const place = left.findIndex((each) => sameEffect(each, gone));
    if (place >= 0) left.splice(place, 1);
  }
  const lifted: Standing = { ...standing, restrictions: left };
  return applyAct(lifted, { strikes: [], voided: [], restrictions, ended: [] });
}
