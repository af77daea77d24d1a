// SPDX-License-Identifier: Apache-2.0
// The events of some types, and how many of them, by how many actors, each watched thing hits: over any time
// that ends now.
//
// Time is the newest `decidedAt` so far, so it only goes forward, and events count in log order whatever they
// claim. It is divided into cells of a minute; a cell also ends when something comes under watch, so that
// what was before doesn't count. All is a function of the sequence of calls.
//
// Memory: cells of a day and of 50,000 events. Actors are remembered exactly up to `actorsMax`, over all that
// is watched together; beyond, those of every second one (then every fourth, …) by a hash of the pseudonym,
// the same for events and hits, so that their ratio stays right. `sampling` says which part it is.
import { ActorCells, nothing, shift, together } from "./actor-cells.ts";
import type { Undo } from "./actor-cells.ts";

/** Length of a cell, in milliseconds. */
export const cellMs = 60_000;
/** Cells are kept for so many milliseconds at least, from the begun minute on, */
export const keptCellsMs: number = 24 * 3_600_000 + cellMs;
/** and until so many events have come after them: nothing is watched for longer than both. */
export const keptEvents = 50_000;
/** Most cells; a thing that comes under watch when there are so many begins with the cell that is there. */
export const cellsMax = 4096;
/** Most actors that a stream remembers, those who were hit counted for each thing. */
export const actorsMax = 200_000;

/** What is known of a thing since some cell. Actors are those of the sample. */
export type Statistics = { events: number; hits: number; actorsSeen: number; actorsHit: number };

/** `before` are the events before it. */
type Cell = { number: number; minute: number; before: number; events: number };
type Hits = { byCell: Map<number, number>; total: number; actors: ActorCells };

/** How much a stream remembers. */
export type StreamLimits = { readonly actorsMax: number; readonly keptEvents: number };

/** A stream as plain JSON. */
export type StreamState = {
  cells: Cell[];
  next: number;
  total: number;
  sampling: number;
  seen: [actor: string, cell: number][];
  hits: [key: string, byCell: [cell: number, count: number][], actors: [actor: string, cell: number][]][];
};

/** The events of some types. */
export class EventStream {
  #cells: Cell[] = [];
  #next = 0;
  #total = 0;
  #sampling = 0;
  readonly #limits: StreamLimits;
  readonly #seen: ActorCells;
  readonly #hits = new Map<string, Hits>();

  /** @param limits others than those that are named here are for tests */
  constructor(state?: StreamState, limits: StreamLimits = { actorsMax, keptEvents }) {
    this.#limits = limits;
    this.#seen = new ActorCells(state?.seen);
    if (state === undefined) return;
    this.#cells = state.cells.map((cell) => ({ ...cell }));
    this.#next = state.next;
    this.#total = state.total;
    this.#sampling = state.sampling;
    for (const [key, byCell, actors] of state.hits) {
      const total = byCell.reduce((sum, [, count]) => sum + count, 0);
      this.#hits.set(key, { byCell: new Map(byCell), total, actors: new ActorCells(actors) });
    }
  }

  /** Whether nothing is watched. */
  get idle(): boolean {
    return this.#hits.size === 0;
  }

  /** Events that were noted, ever. */
  get total(): number {
    return this.#total;
  }

  /** Of 2 to this power actors, one is remembered. */
  get sampling(): number {
    return this.#sampling;
  }

  /** The cell with which something begins that comes under watch now: none of the events before lie in it. */
  border(): { cell: number; undo: Undo } {
    const last = this.#cells.at(-1);
    if (last === undefined) return { cell: this.#next, undo: nothing };
    if (last.events === 0 || this.#cells.length >= cellsMax) return { cell: last.number, undo: nothing };
    return { cell: this.#next, undo: this.#open(last.minute) };
  }

  /** Watches a thing. */
  watch(key: string): Undo {
    if (this.#hits.has(key)) return nothing;
    this.#hits.set(key, { byCell: new Map(), total: 0, actors: new ActorCells() });
    return () => this.#hits.delete(key);
  }

  /** Ends that. */
  unwatch(key: string): Undo {
    const hits = this.#hits.get(key);
    if (hits === undefined) return nothing;
    this.#hits.delete(key);
    return () => this.#hits.set(key, hits);
  }

  /** Notes an event at a time that is not before the last one's. */
  event(actor: string, nowMs: number): Undo {
    const minute = Math.floor(nowMs / cellMs);
    const opened = this.#cells.at(-1)?.minute === minute ? nothing : this.#open(minute);
    const cell = this.#cells.at(-1) as Cell;
    cell.events++;
    this.#total++;
    const seen = this.#note(this.#seen, actor, cell.number);
    return () => {
      seen();
      this.#total--;
      cell.events--;
      opened();
    };
  }

  /** Notes that the last event hit a thing. */
  hit(key: string, actor: string): Undo {
    const hits = this.#hits.get(key);
    const cell = this.#cells.at(-1);
    if (hits === undefined || cell === undefined) return nothing;
    shift(hits.byCell, cell.number, 1);
    hits.total++;
    const noted = this.#note(hits.actors, actor, cell.number);
    return () => {
      noted();
      hits.total--;
      shift(hits.byCell, cell.number, -1);
    };
  }

  /** Hits of a thing that are remembered: at least those of any time that {@link since} may be asked. */
  hits(key: string): number {
    return this.#hits.get(key)?.total ?? 0;
  }

  /** What is known of a thing since a cell. */
  since(key: string, from: number): Statistics {
    const hits = this.#hits.get(key);
    let events = 0;
    for (const cell of this.#cells) if (cell.number >= from) events += cell.events;
    let hit = 0;
    for (const [cell, count] of hits?.byCell ?? []) if (cell >= from) hit += count;
    return {
      events,
      hits: hit,
      actorsSeen: this.#seen.since(from),
      actorsHit: hits?.actors.since(from) ?? 0,
    };
  }

  /** The first cell of the last so many milliseconds, whole minutes, the running one counted. */
  recent(lengthMs: number): number {
    const first = (this.#cells.at(-1)?.minute ?? 0) - lengthMs / cellMs + 1;
    return this.#cells.find((cell) => cell.minute >= first)?.number ?? this.#next;
  }

  /** All of it as plain JSON. */
  state(): StreamState {
    return {
      cells: this.#cells.map((cell) => ({ ...cell })),
      next: this.#next,
      total: this.#total,
      sampling: this.#sampling,
      seen: this.#seen.entries(),
      hits: [...this.#hits]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { byCell, actors }]) => [key, [...byCell].sort(([a], [b]) => a - b), actors.entries()]),
    };
  }

  #open(minute: number): Undo {
    const before = this.#cells;
    const first = minute - keptCellsMs / cellMs;
    const needed = this.#total - this.#limits.keptEvents;
    // Minutes and events only grow: what goes is at the front, and mostly nothing does.
    let gone = 0;
    for (const cell of before) {
      if (cell.minute > first || cell.before + cell.events > needed) break;
      gone++;
    }
    const cells = gone === 0 ? before : before.slice(gone);
    cells.push({ number: this.#next++, minute, before: this.#total, events: 0 });
    this.#cells = cells;
    const forgotten = gone > 0 ? this.#forget((cells[0] as Cell).number) : nothing;
    return () => {
      forgotten();
      cells.pop();
      this.#cells = before;
      this.#next--;
    };
  }

  // What lies before the first cell is asked for by nobody; it is let go when a cell is.
  #forget(first: number): Undo {
    const undos = [this.#seen.keep((_actor, cell) => cell >= first)];
    for (const hits of this.#hits.values()) {
      undos.push(hits.actors.keep((_actor, cell) => cell >= first));
      for (const [cell, count] of hits.byCell) {
        if (cell >= first) continue;
        hits.byCell.delete(cell);
        hits.total -= count;
        undos.push(() => {
          hits.byCell.set(cell, count);
          hits.total += count;
        });
      }
    }
    return together(undos);
  }

  #note(actors: ActorCells, actor: string, cell: number): Undo {
    if (!inSample(actor, this.#sampling)) return nothing;
    const added = actors.add(actor, cell);
    return added === nothing ? nothing : together([added, this.#thin()]);
  }

  #thin(): Undo {
    let actors = this.#seen.size;
    for (const hits of this.#hits.values()) actors += hits.actors.size;
    if (actors <= this.#limits.actorsMax) return nothing;
    const level = ++this.#sampling;
    const all = [this.#seen, ...[...this.#hits.values()].map((hits) => hits.actors)];
    const undos = all.map((each) => each.keep((actor) => inSample(actor, level)));
    return together([() => this.#sampling--, ...undos]);
  }
}

/** Whether an actor is one of every 2 to the power of `level`; who is in a sample is in all larger ones. */
function inSample(actor: string, level: number): boolean {
  if (level === 0) return true;
  // FNV-1a and the finaliser of MurmurHash3: pseudonyms are random, so nobody can choose where theirs falls.
  let hash = 0x811c9dc5;
  for (let i = 0; i < actor.length; i++) hash = Math.imul(hash ^ actor.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> (32 - level) === 0;
}
