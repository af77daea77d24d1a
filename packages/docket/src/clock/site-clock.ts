// SPDX-License-Identifier: Apache-2.0
// The clock of a site: asks its sources from time to time, says what they amount to, and keeps what the
// sequencer reads (shared-clock.ts) true. It knows nothing of the log; what must be sealed of it is told to
// whoever listens (clock-desk.ts).
//
// All is reckoned against the monotonic clock, which nobody can set: a source gives bounds on the true time
// less the monotonic one, so that steps of the clock while a source is asked change nothing.
import type { ClockState } from "@docket/protocol";
import { agreementOf, majorityOf } from "./agreement.ts";
import type { Agreement, Bounds } from "./agreement.ts";
import type { ClockConfig } from "./config.ts";
import { readPair, SharedClock, unwatched } from "./shared-clock.ts";
import type { ClockBasis, ClockPair, ClockReading, MachineClocks } from "./shared-clock.ts";
import type { ClockSource, SourceAnswer } from "./sources.ts";

/** What became of a source at the last check. Offsets are the clock less what the source says, in ms. */
export type SourceStatus = {
  readonly name: string;
  readonly answer: "agrees" | "differs" | "silent";
  readonly offsetMs: number | null;
  readonly errorMs: number | null;
  /** Why it said nothing. */
  readonly why: string | null;
};

/** How the clock stands. */
export type ClockStatus = {
  /** `unwatched` without sources, `unchecked` until the first check. */
  readonly state: ClockState | "unwatched" | "unchecked";
  /** Whether nothing is sealed because of it. */
  readonly stopped: boolean;
  /** The clock less the time that a majority agreed on at the last check. */
  readonly offsetMs: number | null;
  /** What a record sealed now would say. */
  readonly uncertaintyMs: number | null;
  readonly asked: number;
  readonly agreeing: number;
  /** Age of the last check, in ms. */
  readonly checkedAgoMs: number | null;
  readonly sources: readonly SourceStatus[];
};

/** The state changed, as it is sealed (`clock`, protocol's custody-record.ts). */
export type ClockChange = {
  readonly state: ClockState;
  readonly offsetMs?: number;
  readonly agreeing: number;
  readonly asked: number;
};

/** What a clock needs. */
export type SiteClockPorts = {
  readonly clocks: MachineClocks;
  readonly sources: readonly ClockSource[];
  /** Calls back once after that many ms; gives what takes the call back. */
  readonly timer: (ms: number, run: () => void) => () => void;
};

/** How often it is looked whether the clock jumped, in ms, besides at each batch. */
export const watchEveryMs = 1000;
/** A clock that is not in order is checked again after this at most, in ms. */
export const recheckWithinMs = 5000;
/** All sources together answer within this, in ms; each has a limit of its own, and this is behind it. */
export const checkWithinMs = 6000;
/** What a check found holds for two periods and this, in ms. */
const validBeyondMs = 30_000;

/** What an earlier check found, to see how fast the clock runs. */
type Found = { bounds: Bounds; atMs: number };

/** The clock of a site. */
export class SiteClock {
  readonly config: ClockConfig;
  readonly #ports: SiteClockPorts;
  readonly #shared = new SharedClock();
  readonly #listeners: ((change: ClockChange) => void)[] = [];
  #state: ClockStatus["state"];
  #agreement: Agreement | undefined;
  #found: Found | undefined;
  #offsetMs: number | null = null;
  #checkedMs: number | undefined;
  #dueMs = 0;
  #sources: readonly SourceStatus[] = [];
  #checking: Promise<ClockStatus> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(config: ClockConfig, ports: SiteClockPorts) {
    this.config = config;
    this.#ports = ports;
    this.#state = ports.sources.length === 0 ? "unwatched" : "unchecked";
    this.#shared.write(unwatched);
    if (ports.sources.length > 0) this.#rebase(readPair(ports.clocks), undefined);
  }

  /** For the sequencer's thread: a {@link SharedClock}. */
  get shared(): SharedArrayBuffer {
    return this.#shared.shared;
  }

  /** The time, and by how much it may be off. */
  reading(): ClockReading {
    const { nowMs, uncertaintyMs } = this.#shared.reading(this.#ports.clocks);
    return { nowMs, uncertaintyMs };
  }

  /** Tells of each change of state, from now on. */
  onChange(listener: (change: ClockChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins to check. Resolves after the first check, or at once where there is nothing to ask. */
  async start(): Promise<void> {
    if (this.#ports.sources.length === 0) return;
    this.#watch();
    await this.check();
  }

  /** Checks now, or waits for the check that is under way. It never rejects. */
  check(): Promise<ClockStatus> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  /** How the clock stands now. */
  status(): ClockStatus {
    const { clocks, sources } = this.#ports;
    const reading = this.#shared.reading(clocks);
    return {
      state: reading.stepped ? "stepped" : this.#state,
      stopped: reading.stopped,
      offsetMs: this.#offsetMs,
      uncertaintyMs: reading.uncertaintyMs,
      asked: sources.length,
      agreeing: this.#agreement?.agreeing ?? 0,
      checkedAgoMs: this.#checkedMs === undefined ? null : clocks.monotonicMs() - this.#checkedMs,
      sources: this.#sources,
    };
  }

  /** Checks no more. What was found holds until it is too old. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #watch(): void {
    if (this.#closed) return;
    this.#cancel = this.#ports.timer(watchEveryMs, () => {
      this.#look();
      this.#watch();
    });
  }

  #look(): void {
    const { clocks } = this.#ports;
    const { stepped, jumpMs } = this.#shared.reading(clocks);
    if (stepped && this.#state !== "stepped") {
      this.#become({ state: "stepped", offsetMs: Math.round(jumpMs), ...this.#counts() });
      this.#dueMs = 0;
    }
    if (clocks.monotonicMs() >= this.#dueMs) void this.check();
  }

  async #check(): Promise<ClockStatus> {
    const { sources, clocks } = this.#ports;
    const answers = await Promise.all(sources.map((source) => this.#ask(source)));
    const pair = readPair(clocks);
    const bounds = answers.map((answer) => (answer.ok ? this.#grown(answer, pair.monotonicMs) : undefined));
    const there = bounds.filter((each) => each !== undefined);
    const agreement = agreementOf(there, sources.length);
    this.#agreement = agreement;
    this.#checkedMs = pair.monotonicMs;
    this.#sources = sources.map(({ name }, place) =>
      sourceStatus(name, answers[place] as SourceAnswer, bounds[place], agreement, pair),
    );
    this.#judge(pair, agreement, there.length);
    const isFine = this.#state === "checked";
    const { everyMs } = this.config;
    this.#dueMs = clocks.monotonicMs() + (isFine ? everyMs : Math.min(everyMs, recheckWithinMs));
    return this.status();
  }

  // A source that hangs although it promised not to is silent.
  async #ask(source: ClockSource): Promise<SourceAnswer> {
    let cancel: (() => void) | undefined;
    const end = new Promise<SourceAnswer>((resolve) => {
      cancel = this.#ports.timer(checkWithinMs, () => resolve({ ok: false, why: "it hangs" }));
    });
    const answer = source.ask().catch((error: unknown): SourceAnswer => ({ ok: false, why: String(error) }));
    try {
      return await Promise.race([answer, end]);
    } finally {
      cancel?.();
    }
  }

  /** Bounds of an answer, at a later monotonic time: each ms since widens them. */
  #grown({ lowMs, highMs, takenMs }: SourceAnswer & { ok: true }, atMs: number): Bounds {
    const driftMs = (Math.max(0, atMs - takenMs) * this.config.driftPpm) / 1e6;
    return { lowMs: lowMs - driftMs, highMs: highMs + driftMs };
  }

  #judge(pair: ClockPair, agreement: Agreement | undefined, answered: number): void {
    const gapMs = pair.wallMs - pair.monotonicMs;
    const basis = this.#shared.basis();
    const jumpMs = gapMs - basis.gapMs;
    const stepped = Math.abs(jumpMs) > basis.stepOverMs;
    const counts = this.#counts();
    if (stepped && this.#state !== "stepped") {
      this.#become({ state: "stepped", offsetMs: Math.round(jumpMs), ...counts });
    }
    if (agreement === undefined) {
      this.#offsetMs = null;
      this.#found = undefined;
      // What was known holds no more. A step that nobody confirms stays one.
      this.#shared.write({ ...basis, checked: false });
      if (stepped) return;
      const isSilent = answered < majorityOf(counts.asked);
      this.#become({ state: isSilent ? "unreachable" : "disagreeing", ...counts });
      return;
    }
    const offsetMs = gapMs - (agreement.lowMs + agreement.highMs) / 2;
    this.#offsetMs = offsetMs;
    const isRight = Math.abs(offsetMs) <= this.config.stepOverMs;
    // Sources that know better confirm nothing: whoever set the clock wrong has to set it right.
    if (stepped && this.config.onStep === "stop" && !isRight) {
      this.#shared.write({ ...basis, checked: false });
      return;
    }
    const drifts = !stepped && this.#driftsFrom(agreement, pair.monotonicMs);
    this.#found = { bounds: agreement, atMs: pair.monotonicMs };
    this.#rebase(pair, drifts ? undefined : agreement);
    this.#become({ state: drifts ? "drifting" : "checked", offsetMs: Math.round(offsetMs), ...counts });
  }

  // Whether the time that went by since the last check can't be what the monotonic clock says, give or take
  // the drift that is assumed: then nothing that leans on it between checks is true.
  #driftsFrom({ lowMs, highMs }: Bounds, atMs: number): boolean {
    if (this.#found === undefined) return false;
    const { bounds, atMs: beforeMs } = this.#found;
    const driftMs = ((atMs - beforeMs) * this.config.driftPpm) / 1e6;
    return lowMs > bounds.highMs + driftMs || highMs < bounds.lowMs - driftMs;
  }

  #rebase(pair: ClockPair, agreement: Agreement | undefined): void {
    const { clocks } = this.#ports;
    const { everyMs, driftPpm, stepOverMs, onStep } = this.config;
    const gapMs = pair.wallMs - pair.monotonicMs;
    const basis: ClockBasis = {
      watched: true,
      checked: agreement !== undefined,
      monotonicMs: pair.monotonicMs,
      gapMs,
      sleepGapMs: clocks.uptimeMs() - pair.monotonicMs,
      errorMs:
        agreement === undefined
          ? 0
          : Math.max(Math.abs(gapMs - agreement.lowMs), Math.abs(gapMs - agreement.highMs)) + pair.widthMs,
      driftPpm,
      validForMs: 2 * everyMs + validBeyondMs,
      stepOverMs,
      stopsOnStep: onStep === "stop",
    };
    this.#shared.write(basis);
  }

  #counts(): Pick<ClockChange, "agreeing" | "asked"> {
    return { agreeing: this.#agreement?.agreeing ?? 0, asked: this.#ports.sources.length };
  }

  #become(change: ClockChange): void {
    if (change.state === this.#state) return;
    this.#state = change.state;
    for (const listener of this.#listeners) listener(change);
  }
}

function sourceStatus(
  name: string,
  answer: SourceAnswer,
  bounds: Bounds | undefined,
  agreement: Agreement | undefined,
  pair: ClockPair,
): SourceStatus {
  if (bounds === undefined) {
    const why = answer.ok ? null : answer.why;
    return { name, answer: "silent", offsetMs: null, errorMs: null, why };
  }
  const agrees =
    agreement !== undefined && bounds.lowMs <= agreement.highMs && bounds.highMs >= agreement.lowMs;
  return {
    name,
    answer: agrees ? "agrees" : "differs",
    offsetMs: pair.wallMs - pair.monotonicMs - (bounds.lowMs + bounds.highMs) / 2,
    errorMs: (bounds.highMs - bounds.lowMs) / 2,
    why: null,
  };
}
