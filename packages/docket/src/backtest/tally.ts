// SPDX-License-Identifier: Apache-2.0
// Counts what differs between what was recorded and what the candidate does.
import { outcomes } from "@docket/policy";
import type { Outcome, PolicySet } from "@docket/policy";
import { actorsNamedMax, examplesMax } from "./report.ts";
import type { BacktestReport, Example, RuleReport } from "./report.ts";
import type { FiredEffect } from "./effects.ts";

/** What came out of an event on one side. */
export type Side = {
  readonly outcome: Outcome;
  readonly fired: readonly FiredEffect[];
  readonly strikes: readonly { readonly count: number }[];
  readonly restrictions: readonly { readonly kind: string }[];
  /** Rules and steps that would have restricted, had their policy's restrictions not been in shadow. */
  readonly shadowed?: readonly string[] | undefined;
};

/** An event on both sides. */
export type Compared = {
  readonly index: number;
  readonly decidedAt: string;
  readonly actor: string;
  readonly before: Side;
  readonly after: Side;
};

type RuleCount = {
  readonly policy: string;
  readonly rule: string;
  /** Place among the candidate's rules, for overlaps; `undefined` for a rule that it lacks. */
  readonly place: number | undefined;
  hitsBefore: number;
  effectiveBefore: number;
  hitsAfter: number;
  effectiveAfter: number;
  gained: number;
  lost: number;
  alone: number;
};
type KindCount = { before: number; after: number; caused: number; avoided: number };
type Day = { before: number[]; after: number[]; changed: number };

/** Actors of whom it is counted one by one what changed; those beyond are counted no more. */
const actorsCountedMax = 2_000_000;
/** How restrictions that a policy has in shadow are counted. */
const inShadow = "in shadow";
const noKinds: readonly string[] = [];
const restricted = 1;
const restrictedAfter = 2;

/** The parts of a report that it gives. */
export type TallyReport = Pick<
  BacktestReport,
  "changed" | "outcomes" | "rules" | "strikes" | "restrictions" | "actors" | "examples" | "days"
>;

/** Counts. */
export class Tally {
  readonly #policies: PolicySet["policies"];
  readonly #matrix = outcomes.map(() => outcomes.map(() => 0));
  readonly #rules = new Map<string, RuleCount>();
  readonly #placed: RuleCount[] = [];
  /** Events that two rules both hit, by their places: the upper half of a square. */
  readonly #pairs = new Map<number, number>();
  readonly #days = new Map<string, Day>();
  #last: { readonly name: string; readonly day: Day } | undefined;
  readonly #actors = new Map<string, { stricter: number; milder: number }>();
  readonly #restricted = new Map<string, number>();
  readonly #kinds = new Map<string, KindCount>();
  readonly #strikes: KindCount = { before: 0, after: 0, caused: 0, avoided: 0 };
  readonly #examples: { stricter: Example[]; milder: Example[] } = { stricter: [], milder: [] };
  #stricter = 0;
  #milder = 0;

  constructor({ policies }: Pick<PolicySet, "policies">) {
    this.#policies = policies;
    for (const { policy, id } of policies.flatMap(({ rules }) => rules)) this.#rule(policy, id, true);
  }

  /** Decisions whose outcome differs. */
  get changed(): number {
    return this.#stricter + this.#milder;
  }

  /** Takes in an event. */
  add(compared: Compared): void {
    const { before, after, decidedAt } = compared;
    const [from, to] = [outcomes.indexOf(before.outcome), outcomes.indexOf(after.outcome)];
    const row = this.#matrix[from];
    if (row !== undefined) row[to] = (row[to] ?? 0) + 1;
    const day = this.#dayOf(decidedAt);
    day.before[from] = (day.before[from] ?? 0) + 1;
    day.after[to] = (day.after[to] ?? 0) + 1;
    if (from !== to) {
      day.changed += 1;
      this.#change(compared, to > from);
    }
    if (before.fired.length > 0 || after.fired.length > 0) this.#hits(before.fired, after.fired, from !== to);
    if (before.strikes.length > 0 || after.strikes.length > 0) {
      const count = ({ strikes }: Side): number => strikes.reduce((sum, each) => sum + each.count, 0);
      compareCounts(this.#strikes, count(before), count(after));
    }
    if (kindsOf(before).length > 0 || kindsOf(after).length > 0) this.#restrictions(compared);
  }

  report(): TallyReport {
    const sums = (pick: (from: number, to: number) => number): number[] => {
      const total = outcomes.map(() => 0);
      this.#matrix.forEach((row, from) =>
        row.forEach((count, to) => {
          total[pick(from, to)] = (total[pick(from, to)] ?? 0) + count;
        }),
      );
      return total;
    };
    return {
      changed: {
        decisions: this.changed,
        stricter: this.#stricter,
        milder: this.#milder,
        actors: this.#actors.size,
      },
      outcomes: {
        before: byOutcome(sums((from) => from)),
        after: byOutcome(sums((_from, to) => to)),
        matrix: Object.fromEntries(
          outcomes.map((outcome, from) => [outcome, byOutcome(this.#matrix[from] ?? [])]),
        ) as BacktestReport["outcomes"]["matrix"],
      },
      rules: this.#ruleReports(),
      strikes: this.#strikes,
      restrictions: this.#restrictionReport(),
      actors: [...this.#actors]
        .map(([actor, { stricter, milder }]) => ({ actor, changed: stricter + milder, stricter, milder }))
        .sort((a, b) => b.changed - a.changed || (a.actor < b.actor ? -1 : 1))
        .slice(0, actorsNamedMax),
      examples: this.#examples,
      days: [...this.#days]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([day, { before, after, changed }]) => ({
          day,
          changed,
          before: byOutcome(before),
          after: byOutcome(after),
        })),
    };
  }

  #dayOf(decidedAt: string): Day {
    // Most are of the same day as the one before.
    if (this.#last !== undefined && decidedAt.startsWith(this.#last.name)) return this.#last.day;
    const name = decidedAt.slice(0, 10);
    let day = this.#days.get(name);
    if (day === undefined) {
      day = { before: outcomes.map(() => 0), after: outcomes.map(() => 0), changed: 0 };
      this.#days.set(name, day);
    }
    this.#last = { name, day };
    return day;
  }

  #change({ index, decidedAt, actor, before, after }: Compared, isStricter: boolean): void {
    const side = isStricter ? "stricter" : "milder";
    if (isStricter) this.#stricter += 1;
    else this.#milder += 1;
    let count = this.#actors.get(actor);
    if (count === undefined && this.#actors.size < actorsCountedMax) {
      this.#actors.set(actor, (count = { stricter: 0, milder: 0 }));
    }
    if (count !== undefined) count[side] += 1;
    if (this.#examples[side].length >= examplesMax) return;
    this.#examples[side].push({
      index,
      decidedAt,
      actor,
      outcome: { before: before.outcome, after: after.outcome },
      rules: { before: effectiveRules(before), after: effectiveRules(after) },
    });
  }

  #hits(before: readonly FiredEffect[], after: readonly FiredEffect[], isChanged: boolean): void {
    const effective = new Set<RuleCount>();
    for (const { policy, rule, mode } of before) {
      const count = this.#rule(policy, rule, false);
      count.hitsBefore += 1;
      if (mode !== "enforce") continue;
      count.effectiveBefore += 1;
      effective.add(count);
    }
    const fired: number[] = [];
    const kept = new Set<RuleCount>();
    for (const { policy, rule, mode } of after) {
      const count = this.#rule(policy, rule, false);
      count.hitsAfter += 1;
      if (count.place !== undefined) fired.push(count.place);
      if (mode !== "enforce") continue;
      count.effectiveAfter += 1;
      if (effective.has(count)) kept.add(count);
      else if (isChanged) count.gained += 1;
    }
    if (isChanged) for (const count of effective) if (!kept.has(count)) count.lost += 1;
    const [only] = fired;
    if (fired.length === 1 && only !== undefined) (this.#placed[only] as RuleCount).alone += 1;
    for (const one of fired) {
      for (const other of fired) {
        if (one >= other) continue;
        const pair = one * 65_536 + other;
        this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) + 1);
      }
    }
  }

  #restrictions({ actor, before, after }: Compared): void {
    const [was, is] = [kindsOf(before), kindsOf(after)];
    let state = this.#restricted.get(actor) ?? 0;
    for (const kind of new Set([...was, ...is])) {
      let own = this.#kinds.get(kind);
      if (own === undefined) this.#kinds.set(kind, (own = { before: 0, after: 0, caused: 0, avoided: 0 }));
      const count = (kinds: readonly string[]): number => kinds.filter((each) => each === kind).length;
      compareCounts(own, count(was), count(is));
      // These restrict nobody.
      if (kind === "warn" || kind === inShadow) continue;
      if (was.includes(kind)) state |= restricted;
      if (is.includes(kind)) state |= restrictedAfter;
    }
    if (state !== 0) this.#restricted.set(actor, state);
  }

  #restrictionReport(): BacktestReport["restrictions"] {
    const actors: KindCount = { before: 0, after: 0, caused: 0, avoided: 0 };
    for (const state of this.#restricted.values()) {
      compareCounts(actors, (state & restricted) === 0 ? 0 : 1, (state & restrictedAfter) === 0 ? 0 : 1);
    }
    const kinds = [...this.#kinds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, count]) => ({ kind, ...count }));
    return { kinds, actors };
  }

  #rule(policy: string, rule: string, isCandidates: boolean): RuleCount {
    const key = `${policy}/${rule}`;
    let count = this.#rules.get(key);
    if (count === undefined) {
      const place = isCandidates ? this.#placed.length : undefined;
      const zeros = { hitsBefore: 0, effectiveBefore: 0, hitsAfter: 0, effectiveAfter: 0 };
      count = { policy, rule, place, ...zeros, gained: 0, lost: 0, alone: 0 };
      if (isCandidates) this.#placed.push(count);
      this.#rules.set(key, count);
    }
    return count;
  }

  #ruleReports(): RuleReport[] {
    const overlaps = this.#placed.map((): { rule: string; events: number }[] => []);
    const name = (place: number): string => {
      const { policy, rule } = this.#placed[place] as RuleCount;
      return `${policy}/${rule}`;
    };
    for (const [pair, events] of this.#pairs) {
      const [one, other] = [Math.floor(pair / 65_536), pair % 65_536];
      overlaps[one]?.push({ rule: name(other), events });
      overlaps[other]?.push({ rule: name(one), events });
    }
    const modes = new Map(
      this.#policies.flatMap(({ rules }) => rules.map(({ policy, id, mode }) => [`${policy}/${id}`, mode])),
    );
    return [...this.#rules].map(([key, count]) => ({
      policy: count.policy,
      rule: count.rule,
      mode: modes.get(key) ?? null,
      before: { hits: count.hitsBefore, effective: count.effectiveBefore },
      after: { hits: count.hitsAfter, effective: count.effectiveAfter },
      changed: { gained: count.gained, lost: count.lost },
      alone: count.alone,
      overlap: (overlaps[count.place ?? -1] ?? []).sort(
        (a, b) => b.events - a.events || (a.rule < b.rule ? -1 : 1),
      ),
    }));
  }
}

/** Kinds of restrictions, one for each; those in shadow are a kind of their own. */
function kindsOf({ restrictions, shadowed = [] }: Side): readonly string[] {
  if (restrictions.length === 0 && shadowed.length === 0) return noKinds;
  return [...restrictions.map(({ kind }) => kind), ...shadowed.map(() => inShadow)];
}

function effectiveRules({ fired }: Side): string[] {
  return fired.filter(({ mode }) => mode === "enforce").map(({ policy, rule }) => `${policy}/${rule}`);
}

function compareCounts(count: KindCount, before: number, after: number): void {
  count.before += before;
  count.after += after;
  count.caused += Math.max(0, after - before);
  count.avoided += Math.max(0, before - after);
}

function byOutcome(counts: readonly number[]): BacktestReport["outcomes"]["before"] {
  return Object.fromEntries(
    outcomes.map((outcome, place) => [outcome, counts[place] ?? 0]),
  ) as BacktestReport["outcomes"]["before"];
}
