// SPDX-License-Identifier: Apache-2.0
// What happens to events while nothing can be sealed. As the operator chose for the interface, they are
// refused, or pass: `allow`, `sealed: false`, no receipt. Either is counted. What passed is remembered, in
// memory and, where that works, in a file aside; and once sealing works again a `gap` record says how long it
// was, why, and how many passed and were refused. Then the events that passed are decided late, each a record
// like any other.
//
// A gap is named by when it began, so that a crash between its record and the end of the file aside does not
// seal it twice; and an event that was decided late already is a repeat. So whatever a crash leaves undone is
// done at the next start, and what it left half done is done once.
import { encodeEvent, formatTime } from "@docket/protocol";
import type { Decision, Event, GapBody, GapCause } from "@docket/protocol";
import type { PlainPart } from "../evidence/seal.ts";
import { AsideWriter } from "./aside-writer.ts";
import type { AsideFile, AsideLines, GapSoFar, PassedEvent } from "./aside.ts";
import type { FailingConfig, Surface } from "./config.ts";
import { gapCauseOf } from "./failure.ts";

/** How the log fares, as far as gaps are about it. */
export type SealingStatus = {
  /** Records that were answered, and that wait. */
  readonly size: number;
  readonly waiting: number;
  /** Whether it has ended although nobody closed it. */
  readonly ended: boolean;
  readonly clockStopped: boolean;
};

/** What the desk needs. */
export type GapDeskPorts = {
  readonly config: FailingConfig;
  readonly status: () => SealingStatus;
  /** The release in force, for answers. */
  readonly release: () => string;
  readonly seal: (body: GapBody, parts: readonly PlainPart[]) => Promise<{ index: number }>;
  readonly decideLate: (passed: PassedEvent) => Promise<unknown>;
  /** The keyed hash by which the facts of decisions name an event. */
  readonly eventHash: (id: string) => string;
  readonly siteKey: PlainPart["key"];
  /** Whether the log has a gap that began then. */
  readonly isSealed: (from: string) => Promise<boolean>;
  readonly aside: { readonly file: AsideFile; readonly lines: AsideLines };
  /** Ms since 1970. */
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onNotice: (notice: string) => void;
};

/** An event that could not be sealed. */
export type FailedEvent = { readonly event: Event; readonly by: string; readonly receivedMs: number };

/** What metrics show. Counts are since the start of the process. */
export type GapFigures = {
  readonly open: boolean;
  readonly unsealed: number;
  readonly refused: number;
  /** Events that passed and wait to be decided. */
  readonly waiting: number;
  /** Events that passed and that nobody remembers: there were too many. */
  readonly forgotten: number;
};

/** Most events that are remembered, and most of their bytes; more pass and are only counted. */
export const passedEventsMax = 10_000;
export const passedBytesMax = 67_108_864;
/** How often it is looked whether sealing works again, in ms. */
export const lookEveryMs = 500;
/** A gap ends once nothing failed for so long, in ms; so that one burst is one gap. */
const quietMs = 1500;
/** While some events are sealed and some fail, a gap record comes this often, in ms. */
const longestGapMs = 60_000;
/** Most events whose hashes a gap's record names. */
const namedEventsMax = 5000;

type OpenGap = {
  cause: GapCause;
  fromMs: number;
  lastMs: number;
  unsealed: number;
  refused: number;
  forgotten: number;
  /** Keyed hashes of the events that passed. */
  events: string[];
  /** Records when it last failed. */
  sizeAtFailure: number;
};

/** Remembers what could not be sealed, and seals that. */
export class GapDesk {
  readonly #ports: GapDeskPorts;
  readonly #writer: AsideWriter;
  readonly #passed: PassedEvent[] = [];
  #passedBytes = 0;
  #gap: OpenGap | undefined;
  /** Gaps of an earlier run that may not be sealed yet. */
  #left: GapSoFar[] = [];
  #figures = { unsealed: 0, refused: 0, forgotten: 0 };
  #working: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(ports: GapDeskPorts) {
    this.#ports = ports;
    const pause = (ms: number): Promise<void> => new Promise((resolve) => void ports.timer(ms, resolve));
    this.#writer = new AsideWriter({ ...ports.aside, pause });
  }

  /** Takes in what an earlier run left aside, and begins to look. Resolves when that is read; it may hang. */
  async start(): Promise<void> {
    const { file, lines } = this.#ports.aside;
    const bytes = await file.read().catch((error: unknown) => {
      this.#ports.onNotice(`What an earlier run may have left aside can't be read: ${String(error)}`);
      return undefined;
    });
    if (bytes !== undefined) {
      const found = lines.decode(bytes);
      const gaps = new Map<number, GapSoFar>();
      for (const line of found.lines) {
        if (line.kind === "event") this.#remember(line);
        else gaps.set(line.fromMs, line);
      }
      this.#left = [...gaps.values()];
      this.#writer.holds = true;
      const lost = found.lost === 0 ? "" : ` ${found.lost} lines of it can't be read.`;
      this.#ports.onNotice(
        `An earlier run let ${this.#passed.length} events pass unsealed; they are decided now.${lost}`,
      );
    }
    this.#writer.begin();
    this.#look();
  }

  /**
   * Told of an event that was not decided.
   *
   * @returns the answer, if it passes; `undefined` if the error is the answer
   */
  failed(surface: Surface, { event, by, receivedMs }: FailedEvent, error: unknown): Decision | undefined {
    const { status, config, clock, release, eventHash } = this.#ports;
    const { size, ended, clockStopped } = status();
    const cause = gapCauseOf(error, { ended, clockStopped });
    if (cause === undefined || this.#closed) return undefined;
    const nowMs = clock();
    const gap = (this.#gap ??= this.#begin(cause, nowMs, error));
    gap.lastMs = Math.max(gap.lastMs, nowMs);
    gap.sizeAtFailure = size;
    if (config[surface] === "closed") {
      gap.refused += 1;
      this.#figures.refused += 1;
      this.#writer.gap(soFar(gap));
      return undefined;
    }
    gap.unsealed += 1;
    this.#figures.unsealed += 1;
    const passed: PassedEvent = { event: encodeEvent(event), by, receivedMs };
    if (this.#remember(passed)) {
      this.#writer.event(passed);
      if (gap.events.length < namedEventsMax) gap.events.push(eventHash(event.id));
    } else {
      gap.forgotten += 1;
      this.#figures.forgotten += 1;
    }
    this.#writer.gap(soFar(gap));
    return {
      sealed: false,
      repeat: false,
      outcome: "allow",
      rules: [],
      reasons: [],
      restrictions: [],
      decidedAt: formatTime(receivedMs),
      release: release(),
    };
  }

  /** What metrics show. */
  figures(): GapFigures {
    return { open: this.#gap !== undefined, ...this.#figures, waiting: this.#passed.length };
  }

  /**
   * Looks no more. What is remembered stays aside, as far as it could be written.
   *
   * @returns when all is written; that may hang
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    if (this.#gap !== undefined) this.#writer.gap(soFar(this.#gap));
    await this.#writer.written();
  }

  #begin(cause: GapCause, nowMs: number, error: unknown): OpenGap {
    this.#ports.onNotice(`Nothing is sealed (${cause}): ${(error as Error).message}`);
    return {
      cause,
      fromMs: nowMs,
      lastMs: nowMs,
      unsealed: 0,
      refused: 0,
      forgotten: 0,
      events: [],
      sizeAtFailure: 0,
    };
  }

  #remember(passed: PassedEvent): boolean {
    const bytes = passed.event.length;
    if (this.#passed.length >= passedEventsMax || this.#passedBytes + bytes > passedBytesMax) return false;
    this.#passed.push(passed);
    this.#passedBytes += bytes;
    return true;
  }

  #look(): void {
    if (this.#closed) return;
    this.#cancel = this.#ports.timer(lookEveryMs, () => {
      void this.#work();
      this.#look();
    });
  }

  // What fails is tried again at a later look; and only one look works at a time, however long it hangs.
  #work(): Promise<void> {
    this.#working ??= this.#sealDue()
      .catch(() => undefined)
      .finally(() => (this.#working = undefined));
    return this.#working;
  }

  async #sealDue(): Promise<void> {
    if (!this.#maySeal()) return;
    for (let left = this.#left[0]; left !== undefined; left = this.#left[0]) {
      if (!(await this.#ports.isSealed(formatTime(left.fromMs)))) await this.#seal(left, {});
      this.#left.shift();
    }
    if (this.#gap !== undefined && this.#isOver(this.#gap)) await this.#sealOpenGap(this.#gap);
    if (this.#gap === undefined) await this.#decidePassed();
    if (this.#gap === undefined && this.#passed.length === 0) await this.#writer.clear();
  }

  #maySeal(): boolean {
    const { ended, clockStopped } = this.#ports.status();
    return !ended && !clockStopped && !this.#closed;
  }

  // Behind what hangs nothing is tried; where writes fail at once, only trying shows that they work again.
  #isOver(gap: OpenGap): boolean {
    const { size, waiting } = this.#ports.status();
    const nowMs = this.#ports.clock();
    const isQuiet = nowMs - gap.lastMs >= quietMs || nowMs < gap.lastMs;
    const goesOn = size > gap.sizeAtFailure;
    if (isQuiet) return waiting === 0 || goesOn;
    return goesOn && nowMs - gap.fromMs >= longestGapMs;
  }

  async #sealOpenGap(gap: OpenGap): Promise<void> {
    const { clock, onNotice } = this.#ports;
    // What fails while this is on its way belongs to the next gap.
    const until = { ...gap, lastMs: Math.max(gap.lastMs, clock()), events: [...gap.events] };
    const { forgotten, events } = until;
    const index = await this.#seal(soFar(until), { forgotten, events });
    if (gap.unsealed > until.unsealed || gap.refused > until.refused) {
      gap.fromMs = Math.max(until.lastMs, gap.fromMs + 1);
      gap.unsealed -= until.unsealed;
      gap.refused -= until.refused;
      gap.forgotten -= forgotten;
      gap.events.splice(0, events.length);
    } else this.#gap = undefined;
    const late = this.#passed.length === 0 ? "" : `; ${this.#passed.length} of them are decided now`;
    onNotice(
      `Sealing works again. Record ${index} says what was not sealed: ${until.unsealed} events passed, ` +
        `${until.refused} were refused${late}.`,
    );
  }

  async #seal(gap: GapSoFar, details: { forgotten?: number; events?: readonly string[] }): Promise<number> {
    const { seal, siteKey } = this.#ports;
    const { cause, fromMs, untilMs, unsealed, refused } = gap;
    const [from, until] = [formatTime(fromMs), formatTime(Math.max(fromMs, untilMs))];
    const body: GapBody = { kind: "gap", by: "docket", cause, from, until, unsealed, refused };
    const { forgotten = 0, events = [] } = details;
    const plaintext = JSON.stringify({ v: 1, forgotten, events });
    const part: PlainPart = { name: "facts", subject: "site", key: siteKey, plaintext };
    return (await seal(body, events.length === 0 ? [] : [part])).index;
  }

  async #decidePassed(): Promise<void> {
    const { decideLate, status, onNotice } = this.#ports;
    for (let next = this.#passed[0]; next !== undefined && !this.#closed; next = this.#passed[0]) {
      try {
        await decideLate(next);
      } catch (error) {
        if (gapCauseOf(error, status()) !== undefined) throw error;
        // It can't be decided at all: for example, its id was used for another event meanwhile.
        onNotice(`An event that passed unsealed can't be decided: ${(error as Error).message}`);
      }
      this.#passed.shift();
      this.#passedBytes -= next.event.length;
    }
  }
}

function soFar({ cause, fromMs, lastMs, unsealed, refused }: OpenGap): GapSoFar {
  return { cause, fromMs, untilMs: lastMs, unsealed, refused };
}
