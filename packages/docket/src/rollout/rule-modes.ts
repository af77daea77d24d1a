// SPDX-License-Identifier: Apache-2.0
// What has a say in which rules have their effect, and on whom: rollout shares, counters that are not warm
// yet, emergency brakes, caps. The engine asks before each decision and tells of it after; whoever seals
// takes the trips and seals them right behind the decision.
//
// All but the rollout shares is a function of the sequence of calls. Each call gives back how it is undone,
// newest first, for records that didn't become durable. After a start it is made again in one of two ways:
//
//   from `state()`, put away with the size of the log, and the records after it; the result is the same
//   from the log alone, as `rebuild-modes.ts` does: what is held, confirmed and under watch is the same, and
//     what caps count; how often a held rule hit may not be, and what was settled before a rollback
//
// Taking a record in means: `adopt` for a release, `listChanged` for a list, `observe` for a decision (and
// leave its trips alone: if they were sealed, their records come), `brake` with its facts and index,
// `confirm` with the index that it names.
import type { Caps as CapsOf, Held, ListView } from "@docket/policy";
import type { BrakeFacts, Facts } from "@docket/protocol";
import { together } from "./actor-cells.ts";
import type { Undo } from "./actor-cells.ts";
import { Brakes } from "./brakes.ts";
import type { BrakeInForce, BrakesState, ListChange, Origin, Watched } from "./brake-state.ts";
import { Caps } from "./caps.ts";
import type { CapsState } from "./caps.ts";
import type { Declarations } from "./declarations.ts";
import { withoutHeld } from "./held-entries.ts";
import type { EntryHash } from "./held-entries.ts";
import { RolloutShares } from "./rollout-share.ts";
import type { KeyedHash } from "./rollout-share.ts";

/** Why a rule has no effect on an event, as the policy's evaluation takes it. */
export type HeldBack = Extract<Held, "rollout" | "warming" | "brake">;

/** What the modes lean on. */
export type ModesPorts = {
  /** A hash under the site's key. */
  readonly hash: KeyedHash;
  /** The keyed hash of a list's entry, as facts have it. */
  readonly entryHash: EntryHash;
  /** Rules whose counters aren't warm yet, as `policy/rule`. A new set when it changes. */
  readonly warming: () => ReadonlySet<string>;
};

/** All of it as plain JSON, but for what the release declares. */
export type ModesState = { v: 1; origin: Origin; brakes: BrakesState; caps: CapsState };

/** What is needed of a decision's facts. */
export type ObservedFacts = Pick<
  Facts,
  "decidedAt" | "fired" | "thresholds" | "hits" | "restricting" | "capped"
> & { readonly event: Pick<Facts["event"], "type"> & Partial<Facts["event"]> };

type Views = ReadonlyMap<string, ListView>;

/** Modes of rules, as they are now. */
export class RuleModes {
  readonly #ports: ModesPorts;
  readonly #shares: RolloutShares;
  readonly #brakes: Brakes;
  readonly #caps: Caps;
  #origin: Origin;
  #trips: BrakeFacts[] = [];
  #capped = 0;
  #common: { warming: ReadonlySet<string>; braked: ReadonlySet<string>; held: Map<string, HeldBack> };
  #lists: { from: Views; braked: ReadonlySet<string>; views: Views };

  /** @param state what {@link RuleModes.state} gave; call {@link RuleModes.adopt} after it all the same */
  constructor(ports: ModesPorts, state?: ModesState) {
    this.#ports = ports;
    this.#shares = new RolloutShares(ports.hash);
    this.#brakes = new Brakes(state?.brakes);
    this.#caps = new Caps(state?.caps);
    this.#origin = state?.origin ?? { release: "", by: "" };
    this.#common = { warming: new Set(), braked: new Set(), held: new Map() };
    this.#lists = { from: new Map(), braked: new Set(), views: new Map() };
  }

  /** Takes in what a release declares. With the one in force, as after a start, nothing changes. */
  adopt(declarations: Declarations, origin: Origin): Undo {
    const before = { origin: this.#origin, rollouts: this.#shares.rollouts };
    this.#origin = origin;
    this.#shares.adopt(declarations.rollouts);
    const undos = [this.#brakes.adopt(declarations, origin), this.#caps.adopt(declarations.caps)];
    return together([
      () => {
        this.#origin = before.origin;
        this.#shares.adopt(before.rollouts);
      },
      ...undos,
    ]);
  }

  /** Takes in that a list changed. Those that were there when they were first declared are new as a whole. */
  listChanged(list: string, change: ListChange, origin: Origin): Undo {
    return this.#brakes.listChanged(list, change, origin);
  }

  /** Takes all that is under watch as settled, as it was before what is noted from here on. */
  settle(): Undo {
    return this.#brakes.settle();
  }

  /**
   * What is held back for an actor, by `policy/rule`, `policy/points-N`, or `list:hash`, and who may restrict
   * nobody else.
   */
  effectsFor(
    actor: string,
    _type: string,
    atMs: number,
  ): { held: ReadonlyMap<string, HeldBack>; caps: CapsOf } {
    const nowMs = Math.max(atMs, this.#brakes.clockMs ?? atMs);
    return { held: this.#held(actor), caps: { has: (cause) => this.#caps.isCapped(cause, actor, nowMs) } };
  }

  /** Lists without the entries that are held. The same views as long as none is. */
  listsFor(lists: Views): Views {
    const braked = this.#brakes.held;
    if (this.#lists.from !== lists || this.#lists.braked !== braked) {
      this.#lists = { from: lists, braked, views: withoutHeld(lists, braked, this.#ports.entryHash) };
    }
    return this.#lists.views;
  }

  /**
   * Notes a decision. What it trips is taken with {@link RuleModes.takeTrips}.
   *
   * @param decidedAtMs the same as the facts have, where it is known as a number
   */
  observe(actor: string, facts: ObservedFacts, decidedAtMs: number = Date.parse(facts.decidedAt)): Undo {
    const keys = firedKeys(facts);
    const events = this.#brakes.observe(facts.event.type, actor, decidedAtMs, {
      keys,
      entries: facts.hits ?? nobody,
    });
    const measures = this.#caps.observe(
      actor,
      facts.restricting ?? nobody,
      facts.capped ?? nobody,
      this.#brakes.clockMs as number,
      this.#origin,
    );
    const before = this.#trips;
    const capped = facts.capped?.length ?? 0;
    if (before.length + events.trips.length + measures.trips.length + capped === 0) {
      return together([events.undo, measures.undo]);
    }
    this.#trips = [...events.trips, ...measures.trips];
    this.#capped += capped;
    const back: Undo = () => {
      this.#trips = before;
      this.#capped -= capped;
    };
    return together([back, events.undo, measures.undo]);
  }

  /**
   * What the decision that was noted last trips. Seal a record of each right behind it, and call
   * {@link RuleModes.brake} in the same turn. What isn't taken until the next decision is forgotten, and
   * trips again with the next hit.
   */
  takeTrips(): readonly BrakeFacts[] {
    const trips = this.#trips;
    this.#trips = [];
    return trips;
  }

  /** Takes away the power of what a trip, or a record, names: from the next event on. */
  brake(facts: BrakeFacts, index: number | null = null): Undo {
    return facts.cap ? this.#caps.brake(facts, index) : this.#brakes.brake(facts, index);
  }

  /** Says which index the record of a brake got. */
  sealed(facts: BrakeFacts, index: number): void {
    (facts.cap ? this.#caps : this.#brakes).sealed(facts, index);
  }

  /** Gives back the power, from the next event on; `undefined` if no brake of this index is in force. */
  confirm(index: number): Undo | undefined {
    return this.#brakes.confirm(index) ?? this.#caps.confirm(index, this.#brakes.clockMs ?? 0);
  }

  /** Brakes and caps that wait for a person, oldest first. */
  inForce(): BrakeInForce[] {
    const all = [...this.#brakes.inForce(), ...this.#caps.inForce(this.#brakes.clockMs ?? 0)];
    return all.sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity));
  }

  /** The longest time over which a cap counts, in milliseconds; 0 without caps. */
  get longestCapMs(): number {
    return this.#caps.longestMs;
  }

  /** Measures that were left out because of a cap, since the start. */
  get cappedMeasures(): number {
    return this.#capped;
  }

  /** What is under watch, and how it fares. */
  watched(): Watched[] {
    return this.#brakes.watched();
  }

  /** All of it as plain JSON, at the place in the log where it is asked. */
  state(): ModesState {
    return { v: 1, origin: this.#origin, brakes: this.#brakes.state(), caps: this.#caps.state() };
  }

  #held(actor: string): ReadonlyMap<string, HeldBack> {
    const warming = this.#ports.warming();
    const braked = this.#brakes.held;
    if (this.#common.warming !== warming || this.#common.braked !== braked) {
      const held = new Map<string, HeldBack>();
      for (const key of warming) held.set(key, "warming");
      for (const key of braked) held.set(key, "brake");
      this.#common = { warming, braked, held };
    }
    const { held } = this.#common;
    const shared = this.#shares.outside(actor);
    if (shared.length === 0) return held;
    const outside = shared.filter((key) => !held.has(key));
    if (outside.length === 0) return held;
    return new Map([...held, ...outside.map((key) => [key, "rollout"] as const)]);
  }
}

const nobody: readonly never[] = [];

/** The rules and thresholds that had their effect, or would have but for a rollout, a brake or warming. */
function firedKeys({ fired, thresholds }: ObservedFacts): readonly string[] {
  if (fired.length === 0 && thresholds === undefined) return nobody;
  const keys: string[] = [];
  for (const { policy, rule, mode, exemption } of fired) {
    if (mode !== "shadow" && exemption === undefined) keys.push(`${policy}/${rule}`);
  }
  for (const { policy, points, mode } of thresholds ?? []) {
    if (mode !== "shadow") keys.push(`${policy}/points-${points}`);
  }
  return keys;
}
