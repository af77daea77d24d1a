// SPDX-License-Identifier: Apache-2.0
// What keeps counters and limits over releases and restarts: it warms those that are new, and takes
// snapshots. It is told of each decision that is counted, when it is sealed and when it is taken back.
import { hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Undo } from "../counters/counters.ts";
import { writeSnapshot } from "../counters/snapshot.ts";
import type { CounterMemory, SnapshotHeader, SnapshotPlace, SnapshotStore } from "../counters/snapshot.ts";
import { declaredIn } from "./counting.ts";
import type { CountedDecision, CountedFacts } from "./counting.ts";
import { History } from "./history.ts";
import type { CountedRelease, HistoryPorts } from "./history.ts";
import { rulesWaiting, Warming } from "./warming.ts";
import type { LiveDecision, WarmingPorts, WarmingProgress } from "./warming.ts";

/** How often a snapshot is taken, in milliseconds. */
export const snapshotEveryMs = 300_000;

/** What the keeper works with. */
export type KeeperPorts = HistoryPorts &
  Omit<WarmingPorts, "wait"> & {
    readonly store: SnapshotStore;
    /** What snapshots are of. */
    readonly name: Pick<SnapshotHeader, "origin" | "key">;
    /** Calls back once after that many ms; gives what takes the call back. */
    readonly timer: (ms: number, run: () => void) => () => void;
    /** Told what the operator should know: a sentence. */
    readonly onNotice?: ((notice: string) => void) | undefined;
  };

/** Where the log was when the counters had taken in all of it: its size, and the leaf of its last record. */
export type CountedLog = { readonly size: number; readonly lastLeaf: string | undefined };

/** A place in the log that a moment belongs to. */
type Sealed = { readonly size: number; readonly leaf: string | undefined };

/** Keeps the counters of an open site. */
export class CounterKeeper {
  readonly memory: CounterMemory;
  readonly #ports: KeeperPorts;
  #release: CountedRelease;
  /** Hashes of what is declared. */
  #known: ReadonlySet<string> = new Set();
  #warmings: readonly Warming[] = [];
  #waiting: ReadonlySet<string> = new Set();
  readonly #idle: (() => void)[] = [];
  /** Decisions that were counted and aren't sealed, oldest first. */
  readonly #unsealed: LiveDecision[] = [];
  #counted = 0;
  #sealed: Sealed;
  /** By ticket, for moments of a snapshot: where in the log they were. */
  readonly #moments = new Map<number, Sealed | undefined>();
  #onPlaced: (() => void) | undefined;
  /** Changes when what a snapshot is about to say is no longer so. */
  #spoilt = 0;
  #snapshot: Promise<boolean> | undefined;
  /** What the last snapshot has seen, and how much was being warmed and not in it. */
  #kept: { size: number; without: number } | undefined;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  /**
   * @param release that is in force
   * @param fresh hashes of the counters and limits that have not been counted over the log
   */
  constructor(
    memory: CounterMemory,
    release: CountedRelease,
    counted: CountedLog,
    fresh: ReadonlySet<string>,
    ports: KeeperPorts,
  ) {
    this.memory = memory;
    this.#ports = ports;
    this.#release = release;
    this.#use(release);
    this.#sealed = { size: counted.size, leaf: counted.lastLeaf };
    this.#warm(fresh);
    this.#schedule();
  }

  /** Rules, as `policy/rule`, that read what isn't warm yet; another set when it changes. */
  get waiting(): ReadonlySet<string> {
    return this.#waiting;
  }

  /** Hashes of the counters and limits that aren't warm yet. */
  get warming(): ReadonlySet<string> {
    return new Set(this.#warmings.flatMap(({ ids }) => [...ids]));
  }

  get progress(): WarmingProgress[] {
    return this.#warmings.map(({ progress }) => progress);
  }

  /** Resolves when nothing more is warmed, or the keeper is closed. */
  warmed(): Promise<void> {
    if (this.#isIdle || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Another release is in force from the next decision on: what is new in it is warmed. Memory has room for
   * what both releases declare until the change is sealed.
   *
   * @returns `settle`, to be called when it is sealed, and `undo` if it never will be
   */
  adopt(release: CountedRelease): { undo: Undo; settle: () => void } {
    const before = { release: this.#release, known: this.#known, warmings: this.#warmings };
    this.#spoilt++;
    this.#kept = undefined;
    const fresh = this.#use(release);
    this.#warm(fresh);
    return {
      undo: () => {
        this.#spoilt++;
        for (const warming of this.#warmings) if (!before.warmings.includes(warming)) warming.end();
        this.#release = before.release;
        this.#known = before.known;
        // Those that came to their end meanwhile are done for good.
        this.#warmings = before.warmings.filter((warming) => this.#warmings.includes(warming));
        this.#settle();
      },
      settle: () => {
        this.#spoilt++;
        for (const warming of this.#warmings) warming.retain(this.#known);
        this.#warmings = this.#warmings.filter(({ ids }) => ids.size > 0);
        this.#settle();
      },
    };
  }

  /** A decision was counted in memory. The result says that it is taken back, newest first. */
  counted(decision: CountedDecision, facts: CountedFacts): Undo {
    const ticket = ++this.#counted;
    const live: LiveDecision = { ticket, decision, facts, index: undefined, undos: [] };
    this.#unsealed.push(live);
    for (const warming of this.#warmings) warming.follow(live);
    return () => {
      this.#spoilt++;
      this.#counted--;
      this.#unsealed.pop();
      for (const undo of live.undos.toReversed()) undo();
      for (const warming of this.#warmings) warming.takeBack(live);
      this.#onPlaced?.();
    };
  }

  /** The oldest of the decisions that were counted and not sealed was sealed. */
  sealed(index: number, leaf: string): void {
    const live = this.#unsealed.shift();
    if (live === undefined) return;
    live.index = index;
    this.#sealed = { size: index + 1, leaf };
    if (!this.#moments.has(live.ticket)) return;
    this.#moments.set(live.ticket, this.#sealed);
    this.#onPlaced?.();
  }

  /**
   * Takes a snapshot, a shard at a time, unless the last one says the same.
   *
   * @returns whether it was kept; it isn't where there is nothing to keep, or a batch was void meanwhile
   * @throws the error of the file system
   */
  takeSnapshot(): Promise<boolean> {
    this.#snapshot ??= this.#takeSnapshot().finally(() => (this.#snapshot = undefined));
    return this.#snapshot;
  }

  /** Ends all warming and takes a last snapshot. Whoever calls it has seen to it that all is sealed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    for (const warming of this.#warmings) warming.end();
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#onPlaced?.();
    await this.#snapshot?.catch(() => undefined);
    if (this.#unsealed.length === 0) await this.takeSnapshot().catch((error) => this.#complain(error));
  }

  /** What a release declares that wasn't declared before. */
  #use(release: CountedRelease): ReadonlySet<string> {
    const { counters, limits } = declaredIn(release.policies);
    const before = this.#known;
    this.#release = release;
    this.#known = new Set([...counters, ...limits].map(({ id }) => id));
    return new Set([...this.#known].filter((id) => !before.has(id)));
  }

  #warm(ids: ReadonlySet<string>): void {
    if (ids.size > 0) {
      const history = new History(this.#ports, this.#release, ids);
      const wait = (ms: number): Promise<void> =>
        new Promise((resolve) => this.#ports.timer(ms, () => resolve()));
      const warming = new Warming(history, { ...this.#ports, wait }, this.#counted);
      this.#warmings = [...this.#warmings, warming];
      void this.#runWarming(warming);
    }
    this.#settle();
  }

  async #runWarming(warming: Warming): Promise<void> {
    const sealed = (): { tickets: number; size: number } => ({
      tickets: this.#counted - this.#unsealed.length,
      size: this.#sealed.size,
    });
    const isWarm = await warming.run(this.memory, sealed);
    const { fault, coverage } = warming.progress;
    if (fault !== undefined) {
      // It stays among those that are warmed, so that nothing acts on half a count.
      this.#ports.onNotice?.(
        `counters can't be warmed, and rules that read them stay without effect: ${fault}`,
      );
      this.#settle();
    }
    if (!isWarm) return;
    for (const [id, { covered, missed }] of coverage) {
      if (missed === 0) continue;
      const part = `${covered} of ${covered + missed} events; the evidence of the others is gone`;
      this.#ports.onNotice?.(`counter ${id} was warmed from ${part}`);
    }
    this.#warmings = this.#warmings.filter((each) => each !== warming);
    this.#settle();
  }

  #settle(): void {
    const { policies } = this.#release;
    this.#waiting = rulesWaiting(policies, declaredIn(policies), this.warming);
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve();
  }

  get #isIdle(): boolean {
    return this.#warmings.every(({ progress }) => progress.fault !== undefined);
  }

  #schedule(): void {
    this.#cancelTimer = this.#ports.timer(snapshotEveryMs, () => {
      this.takeSnapshot()
        .catch((error) => this.#complain(error))
        .finally(() => {
          if (!this.#isClosed) this.#schedule();
        });
    });
  }

  #complain(error: unknown): void {
    this.#ports.onNotice?.(
      "the snapshot of the counters could not be written, so the next start counts more from the log: " +
        (error as Error).message,
    );
  }

  async #takeSnapshot(): Promise<boolean> {
    if (this.memory.counters.kinds.length + this.memory.limits.kinds.length === 0) return false;
    if (this.#sealed.size === 0 && this.#unsealed.length === 0) return false;
    const warming = this.warming;
    const { size } = this.#sealed;
    const isKept = this.#kept?.size === size && this.#kept.without === warming.size;
    if (isKept && this.#unsealed.length === 0) return true;
    const spoilt = this.#spoilt;
    const check = (): void => {
      if (this.#spoilt !== spoilt) throw new SpoiltError();
    };
    const chunks = writeSnapshot(this.memory, this.#ports.name, warming, {
      moment: () => this.#moment(),
      place: (moments) => this.#place(moments, check),
      pause: async () => {
        await setImmediate();
        check();
      },
    });
    try {
      await this.#ports.store.replace(chunks);
      this.#kept = { size, without: warming.size };
      return true;
    } catch (error) {
      if (error instanceof SpoiltError) return false;
      throw error;
    } finally {
      this.#moments.clear();
      this.#onPlaced = undefined;
    }
  }

  #moment(): number {
    const moment = this.#counted;
    if (!this.#moments.has(moment)) {
      this.#moments.set(moment, this.#unsealed.length === 0 ? this.#sealed : undefined);
    }
    return moment;
  }

  // Where in the log the moments of a snapshot were: known when all that was counted before them is sealed.
  async #place(moments: ReadonlySet<number>, check: () => void): Promise<SnapshotPlace> {
    let newest: Sealed | undefined;
    const cuts: [number, number][] = [];
    for (const moment of moments) {
      const sealed = await this.#placeOf(moment, check);
      cuts.push([moment, sealed.size]);
      if (newest === undefined || sealed.size > newest.size) newest = sealed;
    }
    if (newest?.leaf === undefined) throw new SpoiltError();
    return { size: newest.size, leaf: leafHashOf(newest.leaf), cuts };
  }

  async #placeOf(moment: number, check: () => void): Promise<Sealed> {
    for (;;) {
      check();
      const sealed = this.#moments.get(moment);
      if (sealed !== undefined) return sealed;
      if (this.#isClosed) throw new SpoiltError();
      await new Promise<void>((resolve) => (this.#onPlaced = resolve));
    }
  }
}

/** The leaf hash (RFC 6962) of a record, base64url. */
export function leafHashOf(leaf: string): string {
  return hash("sha256", Buffer.concat([Buffer.from([0]), Buffer.from(leaf, "utf8")]), "base64url");
}

/** What a snapshot was about to say is no longer so. */
class SpoiltError extends Error {}
