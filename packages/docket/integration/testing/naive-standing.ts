// SPDX-License-Identifier: Apache-2.0
// A naive model of one actor's standing under the policy of `enforcement/testing/site.ts`: plain lists, gone
// through from the beginning whenever something is asked. It shares no code with what it is held against.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const warnMs = 90 * day;
/** A restriction is remembered for so long after its end, for events that come late. */
const lateMs = 11 * minute;

/** A restriction: `sort` tells apart what may stand side by side. */
export type NaiveRestriction = {
  sort: "warn" | "throttle" | "limit links" | "suspend" | "ban";
  until: number;
  /** Of a throttle: until when the next event has to wait. */
  next?: number;
};
type Strike = { rule: string; at: number };
type State = { strikes: Strike[]; restrictions: NaiveRestriction[] };

type Past =
  | {
      what: "decision";
      n: number;
      at: number;
      rules: string[];
      refused: boolean;
      outcome: string;
      strikes: Strike[];
    }
  | { what: "confirmation"; of: number; at: number; strikes: Strike[] }
  | { what: "measure"; grounds: number[]; imposed: NaiveRestriction[]; lifted: NaiveRestriction[] }
  /** What a correction made of the state: the actual one alone knows it. */
  | { what: "corrected"; state: State };

const severity = ["warn", "limit links", "throttle", "suspend", "ban"];
/** Steps of the ladder: strikes, within, and what follows; a ban waits for a person. */
const ladder: [number, number, (at: number) => NaiveRestriction | undefined][] = [
  [5, 30 * day, () => undefined],
  [3, 7 * day, (at) => ({ sort: "suspend", until: at + day })],
  [2, 7 * day, (at) => ({ sort: "throttle", until: at + hour })],
  [1, 7 * day, (at) => ({ sort: "warn", until: at + warnMs })],
];

/** One actor. Times are in ms. */
export class NaiveActor {
  readonly #past: Past[] = [];
  readonly #void = new Set<number>();

  /** Decides an event of rules that fire; gives the outcome. `n` names it. */
  decide(n: number, rules: string[], at: number): string {
    const state = this.#state();
    const inForce = state.restrictions.filter(({ until }) => until > at);
    const isOut = inForce.some(({ sort }) => sort === "suspend" || sort === "ban");
    const own = rules.includes("spam") ? "reject" : rules.includes("odd") ? "flag" : "allow";
    const waits = inForce.some(({ next = 0 }) => next > at);
    const refused = isOut || (waits && own !== "reject");
    const outcome = isOut ? "reject" : refused ? "delay" : own;
    const strikes = !refused && rules.includes("spam") ? [{ rule: "spam", at }] : [];
    this.#past.push({ what: "decision", n, at, rules, refused, outcome, strikes });
    return outcome;
  }

  /** A person confirms a decision. */
  confirm(n: number, now: number): void {
    const decision = this.#decision(n);
    if (decision.refused) return;
    const { at } = decision;
    if (this.#void.has(n)) {
      this.#void.delete(n);
      const state = this.#state();
      const missing = difference(this.#state(true).restrictions, state.restrictions, now);
      const strikes = [...state.strikes, ...decision.strikes];
      const restrictions = missing.reduce(impose, state.restrictions);
      this.#past.push({ what: "corrected", state: { strikes, restrictions } });
    }
    const { strikes: known } = this.#state();
    const given = decision.rules
      .filter((rule) => rule === "odd" || rule === "spam")
      .filter((rule) => !known.some((one) => one.rule === rule && one.at === at))
      .map((rule) => ({ rule, at }));
    const earlier = this.#past.findIndex((one) => one.what === "confirmation" && one.of === n);
    // Confirmed again after it was void: what was given last counts.
    if (given.length === 0) return;
    if (earlier >= 0)
      this.#past.splice(earlier, 1, { what: "corrected", state: stateUpTo(this.#past, earlier) });
    this.#past.push({ what: "confirmation", of: n, at: now, strikes: given });
  }

  /** A person says that a decision was wrong. */
  overturn(n: number, now: number): void {
    const before = this.#state();
    // What the history did not hold before either is none of this decision's.
    const held = this.#state(true).restrictions;
    this.#void.add(n);
    const given = this.#past.flatMap((one) =>
      (one.what === "decision" && one.n === n) || (one.what === "confirmation" && one.of === n)
        ? one.strikes
        : [],
    );
    const strikes = [...before.strikes];
    for (const { rule, at } of given) {
      const place = strikes.findIndex((one) => one.rule === rule && one.at === at);
      if (place >= 0) strikes.splice(place, 1);
    }
    const wanted = this.#state(true).restrictions.filter(({ until }) => until > now);
    const ended: NaiveRestriction[] = [];
    const unmatched: NaiveRestriction[] = [];
    for (const one of before.restrictions.filter(({ until }) => until > now)) {
      if (!take(wanted, (other) => same(other, one))) unmatched.push(one);
    }
    for (const one of unmatched) {
      const isLonger = (other: NaiveRestriction): boolean => {
        return other.sort === one.sort && other.until >= one.until;
      };
      if (!take(wanted, isLonger) && held.some(isLonger)) ended.push(one);
    }
    let restrictions = before.restrictions.filter((one) => !ended.includes(one));
    for (const one of wanted) {
      const milder = ended.some((gone) => severity.indexOf(gone.sort) > severity.indexOf(one.sort));
      const shorter = Math.max(0, ...ended.filter(({ sort }) => sort === one.sort).map(({ until }) => until));
      const until = milder ? one.until : Math.min(one.until, shorter);
      if (until > now) restrictions = impose(restrictions, { sort: one.sort, until });
    }
    this.#past.push({ what: "corrected", state: { strikes, restrictions } });
  }

  /** A person restricts the actor, because of some decisions or by themself. */
  restrict(imposed: NaiveRestriction, named: number[]): void {
    const grounds = named.filter((n) => !this.#void.has(n));
    this.#past.push({ what: "measure", grounds, imposed: [imposed], lifted: [] });
  }

  /** A person ends a restriction. */
  lift(lifted: NaiveRestriction): void {
    this.#past.push({ what: "measure", grounds: [], imposed: [], lifted: [lifted] });
  }

  /** Strikes, and restrictions in force. */
  at(now: number): State {
    const { strikes, restrictions } = this.#state();
    return { strikes, restrictions: restrictions.filter(({ until }) => until > now) };
  }

  #decision(n: number): Extract<Past, { what: "decision" }> {
    const found = this.#past.find((one) => one.what === "decision" && one.n === n);
    if (found?.what !== "decision") throw new Error(`no decision ${n}`);
    return found;
  }

  /** @param wished without the void decisions, and without what corrections made of it */
  #state(wished = false): State {
    let state: State = { strikes: [], restrictions: [] };
    for (const one of this.#past) {
      if (wished && isVoid(one, this.#void)) continue;
      if (one.what === "corrected") state = wished ? state : one.state;
      else state = after(state, one);
    }
    return state;
  }
}

function isVoid(one: Past, voided: ReadonlySet<number>): boolean {
  if (one.what === "decision") return voided.has(one.n);
  if (one.what === "confirmation") return voided.has(one.of);
  return one.what === "measure" && one.grounds.length > 0 && one.grounds.every((n) => voided.has(n));
}

function stateUpTo(past: readonly Past[], place: number): State {
  let state: State = { strikes: [], restrictions: [] };
  for (const one of past.slice(0, place + 1))
    state = one.what === "corrected" ? one.state : after(state, one);
  return state;
}

function after(state: State, one: Exclude<Past, { what: "corrected" }>): State {
  let { strikes, restrictions } = state;
  if (one.what === "measure") {
    restrictions = restrictions.filter((each) => !one.lifted.some((gone) => same(each, gone)));
    return { strikes, restrictions: one.imposed.reduce(impose, restrictions) };
  }
  if (one.what === "confirmation") {
    const imposed = lateSteps(strikes, one.strikes, one.at).filter(
      (each) => !isKnown(each, restrictions, one.at),
    );
    strikes = [...strikes, ...one.strikes];
    return { strikes, restrictions: imposed.reduce(impose, restrictions) };
  }
  const imposed: NaiveRestriction[] = [];
  if (!one.refused) {
    const step = one.strikes.length === 0 ? undefined : highest([...strikes, ...one.strikes], one.at);
    const restriction = step?.[2](one.at);
    if (restriction !== undefined) imposed.push(restriction);
    if (one.rules.includes("loud")) imposed.push({ sort: "throttle", until: one.at + hour / 2 });
  }
  const passes = one.outcome === "allow" || one.outcome === "flag";
  const kept = restrictions
    .filter(({ until }) => until > one.at - lateMs)
    .map((each) => {
      if (each.sort !== "throttle" || !passes) return each;
      return { ...each, next: Math.max(each.next ?? 0, one.at) + minute };
    });
  // The longest first, as of several that do the same only that is ordered.
  imposed.sort((a, b) => b.until - a.until);
  const added: NaiveRestriction[] = [];
  for (const each of imposed) {
    if (!isKnown(each, restrictions, one.at) && !isKnown(each, added, one.at)) added.push(each);
  }
  return { strikes: [...strikes, ...one.strikes], restrictions: added.reduce(impose, kept) };
}

function highest(strikes: readonly Strike[], at: number): (typeof ladder)[number] | undefined {
  return ladder.find(([needed, within]) => {
    return strikes.filter((one) => one.at <= at && one.at > at - within).length >= needed;
  });
}

// At the strike's own time it leads up the ladder as any does, and at later strikes if they get higher now.
function lateSteps(known: readonly Strike[], given: readonly Strike[], now: number): NaiveRestriction[] {
  const first = given[0]?.at ?? 0;
  const all = [...known, ...given];
  const found = [highest(all, first)];
  for (const { at } of known) {
    if (at <= first) continue;
    const step = highest(all, at);
    if (step !== highest(known, at)) found.push(step);
  }
  const [top] = found.filter((step) => step !== undefined).sort(([a], [b]) => b - a);
  const restriction = top?.[2](now);
  return restriction === undefined ? [] : [restriction];
}

function isKnown(wished: NaiveRestriction, restrictions: readonly NaiveRestriction[], at: number): boolean {
  if (wished.sort !== "throttle" && wished.sort !== "limit links") return false;
  return restrictions.some(({ sort, until }) => sort === wished.sort && until > at && until >= wished.until);
}

// A longer one takes the place of one that does the same; suspensions and bans stand side by side.
function impose(restrictions: readonly NaiveRestriction[], added: NaiveRestriction): NaiveRestriction[] {
  if (added.sort === "suspend" || added.sort === "ban") return [...restrictions, added];
  const placed = { ...added };
  const others = restrictions.filter((one) => {
    if (one.sort !== added.sort) return true;
    if (one.next !== undefined) placed.next = Math.max(placed.next ?? 0, one.next);
    return one.until > added.until;
  });
  return [...others, placed];
}

function same(a: NaiveRestriction, b: NaiveRestriction): boolean {
  return a.sort === b.sort && a.until === b.until;
}

function take(list: NaiveRestriction[], matches: (one: NaiveRestriction) => boolean): boolean {
  const place = list.findIndex(matches);
  if (place >= 0) list.splice(place, 1);
  return place >= 0;
}

function difference(
  wanted: readonly NaiveRestriction[],
  actual: readonly NaiveRestriction[],
  now: number,
): NaiveRestriction[] {
  const left = wanted.filter(({ until }) => until > now).map(({ sort, until }) => ({ sort, until }));
  for (const one of actual) take(left, (other) => same(other, one));
  return left;
}
