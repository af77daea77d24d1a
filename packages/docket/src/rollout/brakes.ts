// SPDX-License-Identifier: Apache-2.0
// The emergency brake: which new or changed rules, thresholds and entries of lists are under watch, and which
// have lost their power to restrict until a person confirms them.
//
//   new or changed -> watched --(a day, and events enough, without a trip)--> settled
//                       |  trip
//                       v
//                     held --(a person confirms)--> confirmed
//
// Each of these lasts until the declaration changes or goes. What was held or confirmed and comes back with
// the same declaration comes back as it was, so that a brake isn't lifted by a detour; so does what was
// settled, within `rememberedMs`. What was still watched is watched from the beginning.
//
// A trip is only found here; it takes effect by `brake`, live and when the log is read again alike, so that
// memory never says anything that no record says.
import type { BrakeFacts } from "@docket/protocol";
import { formatTime } from "@docket/protocol";
import { nothing, together } from "./actor-cells.ts";
import type { Undo } from "./actor-cells.ts";
import { endOf, newEntry, nowhere, pastName, probationMs, typesKey } from "./brake-state.ts";
import type {
  BrakeInForce,
  BrakesState,
  Hits,
  ListChange,
  ListState,
  Origin,
  Past,
  Since,
  Thing,
  Watch,
  Watched,
} from "./brake-state.ts";
import { exceedsShare, wholeShare } from "./chance.ts";
import type { Declaration, ListDeclared } from "./declarations.ts";
import { cellMs, EventStream, keptEvents } from "./event-stream.ts";

/** After a day something is watched until as many events have come as say something, or so many. */
export const probationEventsMax: number = keptEvents;
/** Besides the time since the change, the brake looks at the last so many milliseconds. */
export const recentMs: number = 3_600_000;
/** How many different actors must be hit, however few the events: one account's flood draws no brake. */
export const actorsHitMin = 5;
/** What was settled and has gone is remembered this long, in milliseconds of the events' time. */
export const rememberedMs: number = 7 * 24 * 3_600_000;
/** Most declarations that are remembered after they have gone; the oldest go first. */
export const rememberedMax = 10_000;
/** Most entries of lists that are watched one by one; what is hit beyond isn't, until there is room. */
export const entriesWatchedMax = 10_000;
/** Most added entries that are known one by one; if a list gains more, all of it is watched. */
export const entriesAddedMax = 100_000;

/** Watches and brakes. All of it is a function of the sequence of calls. */
export class Brakes {
  #clockMs: number | null = null;
  #things = new Map<string, Thing>();
  #past = new Map<string, Past>();
  #lists = new Map<string, ListState>();
  #streams = new Map<string, EventStream>();
  /** When something is settled next; `Infinity` if nothing is under watch. Made from the rest. */
  #dueMs = Infinity;
  #entriesWatched = 0;
  #heldKeys: ReadonlySet<string> = new Set();

  constructor(state?: BrakesState) {
    if (state === undefined) return;
    this.#clockMs = state.clockMs;
    this.#things = new Map(state.things);
    this.#past = new Map(state.past);
    this.#lists = new Map(state.lists.map(([name, list]) => [name, { ...list, added: new Map(list.added) }]));
    this.#streams = new Map(state.streams.map(([types, stream]) => [types, new EventStream(stream)]));
    this.#derive();
  }

  /** Keys of what is held. A new set when it changes. */
  get held(): ReadonlySet<string> {
    return this.#heldKeys;
  }

  /** The newest `decidedAt` so far; `null` before the first event. */
  get clockMs(): number | null {
    return this.#clockMs;
  }

  /** Brakes that wait for a person. */
  inForce(): BrakeInForce[] {
    return [...this.#things.values()].flatMap(({ stage, brake, hitsSince }) =>
      stage === "held" && brake !== null ? [{ ...brake, hitsSince }] : [],
    );
  }

  /** What is under watch. */
  watched(): Watched[] {
    const watched: Watched[] = [];
    for (const [key, { stage, stream, since }] of this.#things) {
      const statistics = this.#streams.get(stream)?.since(key, since.cell);
      if (stage !== "watched" || statistics === undefined) continue;
      watched.push({ key, since: since.ms === null ? null : formatTime(since.ms), ...statistics });
    }
    return watched;
  }

  /** Takes in what a release declares; what is new or changed comes under watch. */
  adopt(
    { things, lists }: { things: readonly Declaration[]; lists: readonly ListDeclared[] },
    origin: Origin,
  ): Undo {
    return this.#replace((undos) => {
      const declared = new Map(things.map((thing) => [thing.key, thing]));
      for (const [key, thing] of this.#things) {
        const kept =
          thing.what === "entry"
            ? lists.some(({ name }) => key.startsWith(`${name}:`))
            : declared.get(key)?.hash === thing.declaration;
        if (!kept) this.#leave(key, thing, undos);
      }
      for (const thing of things) {
        if (!this.#things.has(thing.key)) this.#enter(thing, origin, undos);
      }
      const known = this.#lists;
      this.#lists = new Map();
      for (const { name, brake, on, version = null } of lists) {
        const stream = typesKey(on);
        const before = known.get(name);
        // Events of other types are another stream, in which the time since the change begins anew. A version
        // that no change was told of came with a file: what is new in it isn't known.
        const same = before?.stream === stream && before.version === version;
        const all = same ? before.all : this.#since(stream, origin, undos);
        this.#lists.set(name, { stream, ...brake, version, all, added: same ? before.added : new Map() });
        if (same) continue;
        this.#restartEntries(name, () => true, undos);
        this.#restoreEntries(name, () => true, origin);
      }
    });
  }

  /** Takes in that a list changed: what was added comes under watch, what was removed is forgotten. */
  listChanged(name: string, change: ListChange, origin: Origin): Undo {
    const before = this.#lists.get(name);
    const list = before && { ...before, version: change.version ?? before.version };
    return this.#replace((undos) => {
      for (const entry of change.removed) {
        const thing = this.#things.get(`${name}:${entry}`);
        if (thing !== undefined) this.#leave(`${name}:${entry}`, thing, undos);
      }
      if (list === undefined) return;
      const added = new Map(list.added);
      for (const entry of change.removed) added.delete(entry);
      if (change.added !== "all" && change.added.length === 0) {
        this.#lists.set(name, { ...list, added });
        return;
      }
      const since = this.#since(list.stream, origin, undos);
      if (change.added !== "all") for (const entry of change.added) added.set(entry, since);
      const all = change.added === "all" || added.size > entriesAddedMax;
      this.#lists.set(name, all ? { ...list, all: since, added: new Map() } : { ...list, added });
      const back = change.added === "all" ? undefined : new Set(change.added);
      const isAdded = (entry: string): boolean => back === undefined || back.has(entry);
      this.#restartEntries(name, isAdded, undos);
      this.#restoreEntries(name, isAdded, origin);
    });
  }

  /** Takes all that is under watch as settled, as it was before what is noted from here on. */
  settle(): Undo {
    return this.#settle(() => true);
  }

  /**
   * Notes an event and what it hit.
   *
   * @param type the event's
   * @returns what is to be braked from the next event on, if the caller seals it
   */
  observe(
    type: string,
    actor: string,
    atMs: number,
    hits: Hits,
  ): { trips: readonly BrakeFacts[]; undo: Undo } {
    const advanced = this.#advance(atMs);
    if (this.#streams.size === 0 && hits.keys.length === 0 && hits.entries.length === 0) {
      return { trips: noTrips, undo: advanced };
    }
    const undos = [advanced];
    if (this.#streams.size > 0) {
      const nowMs = this.#clockMs as number;
      for (const [types, stream] of this.#streams) {
        if (types === type || types.split(" ").includes(type)) undos.push(stream.event(actor, nowMs));
      }
    }
    const trips: BrakeFacts[] = [];
    for (const key of hits.keys) this.#hit(key, this.#things.get(key), actor, undos, trips);
    for (const key of hits.entries) this.#hit(key, this.#entry(key, undos), actor, undos, trips);
    return { trips, undo: together(undos) };
  }

  /**
   * Takes away the power of what a trip or a record names. If it is declared otherwise by now, or not at all,
   * that is for when it comes back.
   *
   * @param index of its record, if that is sealed; `null` otherwise, and {@link sealed} says it later
   */
  brake(facts: BrakeFacts, index: number | null): Undo {
    return this.#replace((undos) => {
      const { key, what, declaration } = facts;
      const thing =
        this.#things.get(key) ?? (what === "entry" ? this.#unwatchedEntry(key, facts) : undefined);
      if (thing?.declaration !== declaration) {
        this.#remember(pastName(key, declaration), { stage: "held", brake: { index, facts }, hitsSince: 0 });
        return;
      }
      this.#things.set(key, { ...thing, stage: "held", brake: { index, facts }, hitsSince: 0 });
      if (thing.stage === "watched") undos.push(this.#unwatch(key, thing));
    });
  }

  /** Says which index the record of a brake got. */
  sealed(facts: BrakeFacts, index: number): void {
    const brake = this.#things.get(facts.key)?.brake;
    if (brake?.facts === facts) brake.index = index;
  }

  /** Gives back the power; `undefined` if nothing is held by a brake of this index. */
  confirm(index: number): Undo | undefined {
    for (const [key, thing] of this.#things) {
      if (thing.stage === "held" && thing.brake?.index === index)
        return this.#set(key, { ...thing, stage: "confirmed" });
    }
    for (const [name, past] of this.#past) {
      if (past.stage !== "held" || past.brake?.index !== index) continue;
      this.#past.set(name, { ...past, stage: "confirmed" });
      return () => this.#past.set(name, past);
    }
    return undefined;
  }

  /** All of it as plain JSON. */
  state(): BrakesState {
    const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
      a < b ? -1 : 1;
    return {
      clockMs: this.#clockMs,
      things: [...this.#things].sort(byName),
      // In the order in which they went, since the oldest go first.
      past: [...this.#past],
      lists: [...this.#lists]
        .map(([name, list]): BrakesState["lists"][number] => [
          name,
          { ...list, added: [...list.added].sort(byName) },
        ])
        .sort(byName),
      streams: [...this.#streams]
        .map(([types, stream]): BrakesState["streams"][number] => [types, stream.state()])
        .sort(byName),
    };
  }

  #hit(key: string, thing: Thing | undefined, actor: string, undos: Undo[], trips: BrakeFacts[]): void {
    if (thing?.stage === "held") {
      undos.push(this.#set(key, { ...thing, hitsSince: thing.hitsSince + 1 }));
      return;
    }
    const stream = thing?.stage === "watched" ? this.#streams.get(thing.stream) : undefined;
    if (thing === undefined || stream === undefined) return;
    undos.push(stream.hit(key, actor));
    if (stream.hits(key) < thing.least) return;
    const trip = this.#trip(key, thing, stream);
    if (trip !== undefined) trips.push(trip);
  }

  // The time since the change shows what is steady, the last hour what began just now.
  #trip(key: string, thing: Thing, stream: EventStream): BrakeFacts | undefined {
    const { share, least, since } = thing;
    const nowMs = this.#clockMs as number;
    const recent = stream.recent(recentMs);
    for (const [cell, fromMs] of [
      [since.cell, since.ms ?? nowMs],
      [recent, Math.floor(nowMs / cellMs) * cellMs + cellMs - recentMs],
    ] as const) {
      if (cell < since.cell) continue;
      const statistics = stream.since(key, cell);
      const { events, hits, actorsSeen, actorsHit } = statistics;
      if (hits < least || actorsHit < Math.min(least, actorsHitMin)) continue;
      if (!exceedsShare(hits, events, share) || !exceedsShare(actorsHit, actorsSeen, share)) continue;
      const { what, declaration } = thing;
      const { sampling } = stream;
      const from = formatTime(Math.max(0, fromMs));
      const to = formatTime(nowMs);
      const { release, by: changedBy } = since;
      return {
        v: 1,
        what,
        cap: false,
        key,
        declaration,
        release,
        changedBy,
        from,
        to,
        ...statistics,
        sampling,
        share,
        least,
      };
    }
    return undefined;
  }

  /** The entry's watch; begun if it is new in its list. */
  #entry(key: string, undos: Undo[]): Thing | undefined {
    const known = this.#things.get(key);
    if (known !== undefined) return known;
    const colon = key.indexOf(":");
    const list = this.#lists.get(key.slice(0, colon));
    const since = list?.added.get(key.slice(colon + 1)) ?? list?.all;
    if (
      list === undefined ||
      since === undefined ||
      since === null ||
      this.#entriesWatched >= entriesWatchedMax
    )
      return undefined;
    const { stream } = list;
    const thing = newEntry(list, since);
    undos.push(this.#set(key, thing), this.#streamOf(stream, undos).watch(key));
    return thing;
  }

  // An entry that a record names, in a list that is there: whatever is known of when it came.
  #unwatchedEntry(key: string, { release, changedBy: by }: BrakeFacts): Thing | undefined {
    const list = this.#lists.get(key.slice(0, key.indexOf(":")));
    const since = { ...nowhere, ms: this.#clockMs, release, by };
    return list && { ...newEntry(list, since), stage: "settled" };
  }

  // What is added again while it is watched is watched from the beginning.
  #restartEntries(name: string, isAdded: (entry: string) => boolean, undos: Undo[]): void {
    for (const [key, thing] of this.#things) {
      if (thing.what !== "entry" || thing.stage !== "watched" || !key.startsWith(`${name}:`)) continue;
      if (isAdded(key.slice(name.length + 1))) this.#leave(key, thing, undos);
    }
  }

  // What was held or confirmed when it left its list is so again when it is back.
  #restoreEntries(name: string, isBack: (entry: string) => boolean, origin: Origin): void {
    const list = this.#lists.get(name);
    for (const [known, { stage, brake, hitsSince }] of this.#past) {
      if (list === undefined || !known.startsWith(`${name}:`)) continue;
      const key = known.slice(0, known.indexOf("\n"));
      if (!isBack(key.slice(name.length + 1))) continue;
      this.#past.delete(known);
      const since = { ...nowhere, ...origin, ms: this.#clockMs };
      this.#things.set(key, { ...newEntry(list, since), stage, brake, hitsSince });
    }
  }

  #enter({ key, what, hash, brake: declaredBrake, on }: Declaration, origin: Origin, undos: Undo[]): void {
    const stream = typesKey(on);
    const { share, least } = declaredBrake;
    const name = pastName(key, hash);
    const past = this.#past.get(name);
    this.#past.delete(name);
    const fresh =
      past === undefined ||
      (past.stage === "settled" && this.#clockMs !== null && this.#clockMs - past.goneMs >= rememberedMs);
    const declared = { what, declaration: hash, stream, share, least };
    if (!fresh) {
      const { stage, brake, hitsSince } = past;
      const since = { ...nowhere, ...origin, ms: this.#clockMs };
      this.#things.set(key, { ...declared, stage, since, brake, hitsSince });
      return;
    }
    const since = this.#since(stream, origin, undos);
    this.#things.set(key, { ...declared, stage: "watched", since, brake: null, hitsSince: 0 });
    undos.push(this.#streamOf(stream, undos).watch(key));
  }

  #leave(key: string, thing: Thing, undos: Undo[]): void {
    this.#things.delete(key);
    if (thing.stage === "watched") {
      undos.push(this.#unwatch(key, thing));
      return;
    }
    const { stage, brake, hitsSince, declaration } = thing;
    this.#remember(pastName(key, declaration), { stage, brake, hitsSince });
  }

  #remember(name: string, what: Omit<Past, "goneMs">): void {
    this.#past.set(name, { ...what, goneMs: this.#clockMs ?? 0 });
    for (const oldest of this.#past.keys()) {
      if (this.#past.size <= rememberedMax) break;
      this.#past.delete(oldest);
    }
  }

  #since(types: string, origin: Origin, undos: Undo[]): Since {
    const stream = this.#streamOf(types, undos);
    const { cell, undo } = stream.border();
    undos.push(undo);
    return { ...origin, ms: this.#clockMs, cell, events: stream.total };
  }

  #streamOf(types: string, undos: Undo[]): EventStream {
    let stream = this.#streams.get(types);
    if (stream !== undefined) return stream;
    stream = new EventStream();
    this.#streams.set(types, stream);
    undos.push(() => this.#streams.delete(types));
    return stream;
  }

  #unwatch(key: string, { stream }: Thing): Undo {
    return this.#streams.get(stream)?.unwatch(key) ?? nothing;
  }

  #set(key: string, thing: Thing): Undo {
    const before = this.#things.get(key);
    this.#things.set(key, thing);
    this.#account(key, before, thing);
    return () => {
      if (before === undefined) this.#things.delete(key);
      else this.#things.set(key, before);
      this.#account(key, thing, before);
    };
  }

  #advance(atMs: number): Undo {
    const before = this.#clockMs;
    if (before !== null && atMs <= before) return nothing;
    this.#clockMs = atMs;
    const back: Undo = () => (this.#clockMs = before);
    if (before === null) return together([back, this.#begin(atMs)]);
    // Once a minute, so that it doesn't cost much, and the same after a restart.
    if (atMs < this.#dueMs || Math.floor(atMs / cellMs) === Math.floor(before / cellMs)) return back;
    return together([back, this.#settle((since, list) => this.#isOver(since, list, atMs))]);
  }

  #isOver({ ms, events }: Since, { stream, share, least }: Watch, nowMs: number): boolean {
    if (ms === null || nowMs - ms < probationMs) return false;
    const enough = Math.min((least * wholeShare) / Math.max(share, 1), probationEventsMax);
    return (this.#streams.get(stream)?.total ?? 0) - events >= enough;
  }

  // What was declared before the first event is watched from that event on.
  #begin(atMs: number): Undo {
    const begun = (since: Since): Since => (since.ms === null ? { ...since, ms: atMs } : since);
    return this.#replace(() => {
      for (const [key, thing] of this.#things) this.#things.set(key, { ...thing, since: begun(thing.since) });
      for (const [name, list] of this.#lists) {
        const added = new Map([...list.added].map(([entry, since]) => [entry, begun(since)]));
        this.#lists.set(name, { ...list, all: list.all && begun(list.all), added });
      }
    });
  }

  #settle(isOver: (since: Since, watch: Watch) => boolean): Undo {
    const isDone = (thing: Thing): boolean => thing.stage === "watched" && isOver(thing.since, thing);
    const isListDone = (list: ListState): boolean =>
      (list.all !== null && isOver(list.all, list)) ||
      [...list.added.values()].some((since) => isOver(since, list));
    if (![...this.#things.values()].some(isDone) && ![...this.#lists.values()].some(isListDone)) {
      return nothing;
    }
    return this.#replace((undos) => {
      for (const [key, thing] of this.#things) {
        if (!isDone(thing)) continue;
        undos.push(this.#unwatch(key, thing));
        if (thing.what === "entry") this.#things.delete(key);
        else this.#things.set(key, { ...thing, stage: "settled" });
      }
      for (const [name, list] of this.#lists) {
        const added = new Map([...list.added].filter(([, since]) => !isOver(since, list)));
        const all = list.all !== null && isOver(list.all, list) ? null : list.all;
        this.#lists.set(name, { ...list, all, added });
      }
    });
  }

  // A stream that nothing is watched in, and nothing can come under watch without a change of rules or lists.
  #prune(): void {
    for (const [types, stream] of this.#streams) {
      const awaited = [...this.#lists.values()].some(
        (list) => list.stream === types && (list.all !== null || list.added.size > 0),
      );
      if (stream.idle && !awaited) this.#streams.delete(types);
    }
  }

  // For what happens rarely: the change is made on copies, and taken back by putting the old maps in place.
  #replace(change: (undos: Undo[]) => void): Undo {
    const before = { things: this.#things, past: this.#past, lists: this.#lists, streams: this.#streams };
    this.#things = new Map(before.things);
    this.#past = new Map(before.past);
    this.#lists = new Map(before.lists);
    this.#streams = new Map(before.streams);
    const undos: Undo[] = [];
    change(undos);
    this.#prune();
    this.#derive();
    return () => {
      together(undos)();
      this.#things = before.things;
      this.#past = before.past;
      this.#lists = before.lists;
      this.#streams = before.streams;
      this.#derive();
    };
  }

  // What is made from the rest, after one thing changed. Being due too early does no harm.
  #account(key: string, before: Thing | undefined, after: Thing | undefined): void {
    if (before?.stage === after?.stage) return;
    if (after?.stage === "watched") this.#dueMs = Math.min(this.#dueMs, endOf(after.since));
    if (before?.what === "entry" && before.stage === "watched") this.#entriesWatched--;
    if (after?.what === "entry" && after.stage === "watched") this.#entriesWatched++;
    if (before?.stage !== "held" && after?.stage !== "held") return;
    const held = new Set(this.#heldKeys);
    if (after?.stage === "held") held.add(key);
    else held.delete(key);
    this.#heldKeys = held;
  }

  #derive(): void {
    let due = Infinity;
    let entries = 0;
    const held: string[] = [];
    for (const [key, { stage, what, since }] of this.#things) {
      if (stage === "held") held.push(key);
      if (stage !== "watched") continue;
      due = Math.min(due, endOf(since));
      if (what === "entry") entries++;
    }
    for (const { all, added } of this.#lists.values()) {
      due = Math.min(due, endOf(all));
      for (const since of added.values()) due = Math.min(due, endOf(since));
    }
    this.#dueMs = due;
    this.#entriesWatched = entries;
    const same = held.length === this.#heldKeys.size && held.every((key) => this.#heldKeys.has(key));
    if (!same) this.#heldKeys = new Set(held);
  }
}

const noTrips: readonly BrakeFacts[] = [];
