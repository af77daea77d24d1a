// SPDX-License-Identifier: Apache-2.0
// Retention: drops parts by their age. A record says what goes before it goes, so that a part that is missing
// is always explained; if the process dies in between, the next run drops the rest. Files of 256 records are
// looked at one by one, and each only once, unless something in it had to stay.
import type { BodyWithoutParts } from "@docket/protocol";
import { tileWidth } from "@docket/tlog";
import type { PartGoes } from "../log/drop-parts.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { retainedParts } from "./retention-contract.ts";
import type {
  RetainedPart,
  RetentionConfig,
  RetentionDone,
  RetentionPlan,
  RetentionRow,
  SiteRetention,
} from "./retention-contract.ts";

const dayMs = 86_400_000;
/** After a start nothing is dropped for so long, in ms: whoever made a mistake can still see it. */
export const firstRunMs = 600_000;
/** A timer is set for no longer than this, in ms: longer ones are set again. */
const timerMsMax = 3_600_000;

/** How far runs have come: may be lost, and then all files are looked at again. */
export type RetentionProgress = {
  v: 1;
  /** By name of the part: files below this one were looked at; in those of `left` something had to stay. */
  parts: { [part: string]: { bundles: number; left: number[] } };
};

/** What the desk leans on. */
export type RetentionPorts = {
  readonly config: RetentionConfig;
  readonly disputePeriodMs: () => number;
  /** How many records are published; and, when it resolves, synced with their files. */
  readonly size: () => number;
  readonly settle: () => Promise<number>;
  /** When a record was sealed, in ms since 1970. */
  readonly timeOf: (index: number) => Promise<number>;
  /** Whether everything is held. */
  readonly everybodyHeld: () => boolean;
  /** Whether an actor's evidence must stay now. */
  readonly isKept: (actor: string) => boolean;
  readonly count: (bundle: number, goes: PartGoes) => Promise<number>;
  readonly drop: (bundle: number, goes: PartGoes) => Promise<number>;
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  readonly readProgress: () => Promise<RetentionProgress | undefined>;
  readonly keepProgress: (progress: RetentionProgress) => Promise<void>;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onFault: (error: unknown) => void;
};

type Scan = RetentionPlan & {
  /** Files with something that goes. */
  bundles: Set<number>;
  progress: RetentionProgress;
};

/** The retention of a site. One for each open site. */
export class RetentionDesk implements SiteRetention {
  readonly config: RetentionConfig;
  readonly #ports: RetentionPorts;
  #cancel: (() => void) | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(ports: RetentionPorts) {
    this.config = ports.config;
    this.#ports = ports;
  }

  /** From now on it is looked regularly for what is due; a server does so. */
  start(): void {
    if (this.config.ages.size > 0) this.#wait(this.#ports.clock() + firstRunMs);
  }

  /** Waits for what is under way, and looks no more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#running.catch(() => undefined);
  }

  preview(): Promise<RetentionPlan> {
    return this.#inTurn(async () => {
      const { rows, heldActors, everybodyHeld } = await this.#scan(this.#ports.size());
      return { rows, heldActors, everybodyHeld };
    });
  }

  run(): Promise<RetentionDone> {
    return this.#inTurn(async () => {
      const { seal, settle, drop, keepProgress } = this.#ports;
      const { rows, heldActors, everybodyHeld, bundles, progress } = await this.#scan(await settle());
      const records: number[] = [];
      for (const { part, before, count } of rows.filter((row) => row.count > 0)) {
        const { index } = await seal({ kind: "retention", by: "docket", part, before, count }, []);
        records.push(index);
      }
      // A hold that was placed meanwhile counts.
      if (!this.#ports.everybodyHeld()) {
        const goes = this.#goes(new Map(rows.map(({ part, before }) => [part, before])));
        for (const bundle of bundles) await drop(bundle, goes);
      }
      // A crash before that has all files looked at again.
      if (!everybodyHeld) await keepProgress(progress);
      return { rows, heldActors, everybodyHeld, records };
    });
  }

  async #scan(size: number): Promise<Scan> {
    const { everybodyHeld, readProgress, count } = this.#ports;
    const progress = (await readProgress()) ?? { v: 1, parts: {} };
    const rows = await this.#rows(size);
    const heldActors = new Set<string>();
    const bundles = new Set<number>();
    if (everybodyHeld()) return { rows, heldActors: 0, everybodyHeld: true, bundles, progress };
    for (const row of rows) {
      const known = progress.parts[row.part] ?? { bundles: 0, left: [] };
      const end = Math.max(known.bundles, row.before / tileWidth);
      const left: number[] = [];
      const looked = [...known.left, ...range(known.bundles, end)];
      for (const bundle of looked) {
        const held = new Set<string>();
        let parts = 0;
        const goes = this.#goes(new Map([[row.part, row.before]]), (actor) => {
          held.add(actor);
          parts += 1;
        });
        const going = await count(bundle, goes);
        row.count += going;
        row.held += parts;
        if (going > 0) bundles.add(bundle);
        if (parts > 0) left.push(bundle);
        for (const actor of held) heldActors.add(actor);
      }
      progress.parts[row.part] = { bundles: end, left };
    }
    return { rows, heldActors: heldActors.size, everybodyHeld: false, bundles, progress };
  }

  async #rows(size: number): Promise<RetentionRow[]> {
    const { config, disputePeriodMs, clock } = this.#ports;
    const periodMs = disputePeriodMs();
    const rows: RetentionRow[] = [];
    for (const part of retainedParts) {
      const wantedMs = config.ages.get(part);
      if (wantedMs === undefined) continue;
      const ageMs = Math.max(wantedMs, periodMs);
      const first = await this.#firstAfter(clock() - ageMs, size);
      const before = first - (first % tileWidth);
      const because = ageMs > wantedMs ? ("disputePeriod" as const) : null;
      rows.push({ part, days: ageMs / dayMs, because, before, count: 0, held: 0 });
    }
    return rows;
  }

  // The first record that was sealed after a time: times hardly ever decrease, and then by what a correction
  // of the clock says.
  async #firstAfter(timeMs: number, size: number): Promise<number> {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await this.#ports.timeOf(middle)) > timeMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #goes(
    before: ReadonlyMap<RetainedPart, number>,
    onKept: (actor: string) => void = () => undefined,
  ): PartGoes {
    return ({ index, name, subjects }) => {
      if (index >= (before.get(name as RetainedPart) ?? 0)) return false;
      const kept = subjects.find((subject) => this.#ports.isKept(subject));
      if (kept === undefined) return true;
      onKept(kept);
      return false;
    };
  }

  #wait(dueMs: number): void {
    if (this.#closed) return;
    const ms = Math.min(Math.max(0, dueMs - this.#ports.clock()), timerMsMax);
    this.#cancel = this.#ports.timer(ms, () => {
      if (this.#ports.clock() < dueMs) this.#wait(dueMs);
      else this.#runThenWait();
    });
  }

  #runThenWait(): void {
    this.run()
      .catch((error: unknown) => this.#ports.onFault(error))
      .finally(() => this.#wait(this.#ports.clock() + this.config.everyMs));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#running.then(act, act);
    this.#running = done.catch(() => undefined);
    return done;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
}
