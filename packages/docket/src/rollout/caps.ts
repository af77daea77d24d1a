// SPDX-License-Identifier: Apache-2.0
// Caps: how many different actors a rule, or a step of a ladder, may restrict within a time without a second
// person. Beyond that the measure is left out, and the event's outcome stays. A person's confirmation lifts
// the cap for as long as the time that it is counted over, and the counting goes on: what follows after that
// needs another look.
//
// Time is the newest `decidedAt` so far, as for brakes, in sixtieths of the cap's time.
import type { BrakeFacts } from "@docket/protocol";
import { formatTime } from "@docket/protocol";
import { ActorCells, nothing, together } from "./actor-cells.ts";
import type { Undo } from "./actor-cells.ts";
import type { Origin } from "./brake-state.ts";
import type { Cap } from "./declarations.ts";

/** Into how many cells the time of a cap is divided. */
export const cellsPerCap = 60;
/** Most actors that a cap which was lifted counts; who is restricted beyond is not counted. */
export const cappedActorsMax = 100_000;

type Drawn = { index: number | null; readonly facts: BrakeFacts };
type CapState = {
  cap: Cap;
  readonly restricted: ActorCells;
  /** Who would have been restricted since the brake was drawn. */
  readonly waiting: ActorCells;
  brake: Drawn | null;
  drawnMs: number;
  /** When a person last confirmed. */
  liftedMs: number | null;
};

/** All of it as plain JSON. */
export type CapsState = [
  cause: string,
  {
    cap: Cap;
    restricted: [actor: string, cell: number][];
    waiting: [actor: string, cell: number][];
    brake: Drawn | null;
    drawnMs: number;
    liftedMs: number | null;
  },
][];

/** Which rules and steps may restrict nobody else for now. */
export class Caps {
  #caps = new Map<string, CapState>();

  constructor(state: CapsState = []) {
    for (const [cause, { restricted, waiting, ...rest }] of state) {
      const cells = { restricted: new ActorCells(restricted), waiting: new ActorCells(waiting) };
      this.#caps.set(cause, { ...rest, ...cells });
    }
  }

  /** The longest time over which one counts, in milliseconds; 0 if there is none. */
  get longestMs(): number {
    return Math.max(0, ...[...this.#caps.values()].map(({ cap }) => cap.perMs));
  }

  /** Takes in what a release declares. What a rule has done already goes on counting. */
  adopt(caps: ReadonlyMap<string, Cap>): Undo {
    const before = this.#caps;
    const old = new Map([...before].map(([cause, state]) => [cause, state.cap]));
    this.#caps = new Map();
    for (const [cause, cap] of caps) {
      const known = before.get(cause);
      // Cells of another length mean another time: what they hold can't be compared.
      const state = known?.cap.perMs === cap.perMs ? known : freshState(cap);
      state.cap = cap;
      this.#caps.set(cause, state);
    }
    return () => {
      this.#caps = before;
      for (const [cause, state] of before) state.cap = old.get(cause) as Cap;
    };
  }

  /** Whether a cause may not restrict this actor now. Whom it restricted within the time it may again. */
  isCapped(cause: string, actor: string, nowMs: number): boolean {
    const state = this.#caps.get(cause);
    if (state === undefined || isLifted(state, nowMs)) return false;
    const first = firstCell(state.cap, nowMs);
    return !state.restricted.has(actor, first) && state.restricted.since(first) >= state.cap.count;
  }

  /**
   * Notes whom causes restricted, or would have.
   *
   * @returns what is to be sealed, once for each time that a cap is reached
   */
  observe(
    actor: string,
    restricted: readonly string[],
    capped: readonly string[],
    nowMs: number,
    origin: Origin,
  ): { trips: readonly BrakeFacts[]; undo: Undo } {
    if (restricted.length === 0 && capped.length === 0) return noTrips;
    const undos: Undo[] = [];
    const trips: BrakeFacts[] = [];
    for (const cause of restricted) {
      const state = this.#caps.get(cause);
      if (state === undefined) continue;
      const cell = cellOf(state.cap, nowMs);
      // Those whose time is over go when a cell begins: 60 times in the cap's time.
      if (state.restricted.since(cell) === 0)
        undos.push(state.restricted.keep((_actor, each) => each > cell - cellsPerCap));
      if (state.restricted.size < Math.max(state.cap.count, cappedActorsMax))
        undos.push(state.restricted.add(actor, cell));
    }
    for (const cause of capped) {
      const state = this.#caps.get(cause);
      if (state === undefined) continue;
      if (!isDrawn(state, nowMs)) trips.push(tripOf(cause, state, nowMs, origin));
      if (state.waiting.size < cappedActorsMax) undos.push(state.waiting.add(actor, 0));
    }
    return { trips, undo: together(undos) };
  }

  /** Notes that a trip was sealed, or is being sealed. */
  brake(facts: BrakeFacts, index: number | null): Undo {
    const state = this.#caps.get(facts.key);
    if (state === undefined) return nothing;
    const { brake, drawnMs } = state;
    // Whoever waited for an earlier one, that nobody looked at, isn't counted for this one.
    const waiting = brake === null ? nothing : state.waiting.keep(() => false);
    state.brake = { index, facts };
    state.drawnMs = Date.parse(facts.to);
    return () => {
      state.brake = brake;
      state.drawnMs = drawnMs;
      waiting();
    };
  }

  /** Says which index the record of a brake got. */
  sealed(facts: BrakeFacts, index: number): void {
    const brake = this.#caps.get(facts.key)?.brake;
    if (brake?.facts === facts) brake.index = index;
  }

  /** Lifts a cap; `undefined` if no brake of this index is in force. */
  confirm(index: number, nowMs: number): Undo | undefined {
    for (const state of this.#caps.values()) {
      if (state.brake?.index !== index) continue;
      const { brake, liftedMs } = state;
      const waiting = state.waiting.keep(() => false);
      state.brake = null;
      state.liftedMs = nowMs;
      return () => {
        state.brake = brake;
        state.liftedMs = liftedMs;
        waiting();
      };
    }
    return undefined;
  }

  /** Caps that were reached and wait for a person. One that was reached once, and not again, has lapsed. */
  inForce(nowMs: number): { index: number | null; facts: BrakeFacts; hitsSince: number }[] {
    return [...this.#caps.values()].flatMap((state) =>
      state.brake !== null && isDrawn(state, nowMs)
        ? [{ ...state.brake, hitsSince: state.waiting.size }]
        : [],
    );
  }

  /** All of it as plain JSON. */
  state(): CapsState {
    return [...this.#caps]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([cause, { restricted, waiting, brake, ...rest }]) => [
        cause,
        {
          ...rest,
          brake: brake && { ...brake },
          restricted: restricted.entries(),
          waiting: waiting.entries(),
        },
      ]);
  }
}

const noTrips = { trips: [], undo: nothing };

function freshState(cap: Cap): CapState {
  const cells = { restricted: new ActorCells(), waiting: new ActorCells() };
  return { cap, ...cells, brake: null, drawnMs: 0, liftedMs: null };
}

function isLifted({ liftedMs, cap }: CapState, nowMs: number): boolean {
  return liftedMs !== null && nowMs < liftedMs + cap.perMs;
}

function isDrawn({ brake, drawnMs, cap }: CapState, nowMs: number): boolean {
  return brake !== null && nowMs < drawnMs + cap.perMs;
}

function tripOf(cause: string, { cap, restricted }: CapState, nowMs: number, origin: Origin): BrakeFacts {
  const actors = restricted.since(firstCell(cap, nowMs));
  return {
    v: 1,
    what: cause.includes("/ladder-") ? "step" : "rule",
    cap: true,
    key: cause,
    declaration: "",
    release: origin.release,
    changedBy: origin.by,
    from: formatTime(Math.max(0, nowMs - cap.perMs)),
    to: formatTime(nowMs),
    events: actors,
    hits: actors,
    actorsSeen: actors,
    actorsHit: actors,
    sampling: 0,
    share: 0,
    least: cap.count,
  };
}

function cellOf({ perMs }: Cap, nowMs: number): number {
  return Math.floor((nowMs * cellsPerCap) / perMs);
}

function firstCell(cap: Cap, nowMs: number): number {
  return cellOf(cap, nowMs) - cellsPerCap + 1;
}
