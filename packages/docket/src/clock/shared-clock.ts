// SPDX-License-Identifier: Apache-2.0
// What is known of the system's clock, in memory that the sequencer's thread shares: it reads the clock and
// how far it may be off for each batch, without asking anybody and without waiting.
//
// Between two checks against the sources, the clock is held against the monotonic one. The system disciplines
// both alike and steps only the former, so that their difference changes exactly where the clock was stepped,
// or the machine slept; that shows at the very next reading, before anything is sealed under it.

import { uptime } from "node:os";

/** What a clock says: a time in ms since 1970, and by how much it may be off, or `null` if nobody knows. */
export type ClockReading = { readonly nowMs: number; readonly uncertaintyMs: number | null };

/** The clocks of the machine, in ms. The monotonic one counts from any point, and the same in all threads. */
export type MachineClocks = {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  /** How long the machine is up, the time that it slept included; to some hundredths of a second. */
  readonly uptimeMs: () => number;
};

/** What the last check found, and what follows from it until the next. */
export type ClockBasis = {
  /** Whether the clock is held against the monotonic one at all. */
  readonly watched: boolean;
  /** Whether the sources agreed; else the time's uncertainty is not known. */
  readonly checked: boolean;
  /** Monotonic time of the check. */
  readonly monotonicMs: number;
  /** The clock less the monotonic time, then. */
  readonly gapMs: number;
  /** How long the machine was up, less the monotonic time, then: it grows while the machine sleeps. */
  readonly sleepGapMs: number;
  /** By how much the clock was off then, at most. */
  readonly errorMs: number;
  /** By how much more it may be off for each million ms since. */
  readonly driftPpm: number;
  /** How long what was found holds; a check that never came back must not be trusted for ever. */
  readonly validForMs: number;
  /** A jump of more than this is a step. */
  readonly stepOverMs: number;
  /** Whether nothing is sealed after a step. */
  readonly stopsOnStep: boolean;
};

/** A reading with what was seen of steps. */
export type WatchedReading = ClockReading & {
  /** How far the clock jumped since the basis, in ms; 0 if it is not watched. */
  readonly jumpMs: number;
  readonly stepped: boolean;
  /** Whether nothing may be sealed now. */
  readonly stopped: boolean;
};

/** Without sources: nothing is asked, nothing is watched, nothing is said of how exact the time is. */
export const unwatched: ClockBasis = {
  watched: false,
  checked: false,
  monotonicMs: 0,
  gapMs: 0,
  sleepGapMs: 0,
  errorMs: 0,
  driftPpm: 0,
  validForMs: 0,
  stepOverMs: 0,
  stopsOnStep: false,
};

/** The machine's own clocks. */
export const machineClocks: MachineClocks = {
  wallMs: Date.now,
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  uptimeMs: () => uptime() * 1000,
};

/** After sleep the system sets its clock by one that knows whole seconds only. */
const wakeWithinMs = 2000;
/** The clock gives whole milliseconds, cut off. */
const granularityMs = 1;
/** A pair of readings further apart than this is read again, this often at most. */
const pairWithinMs = 0.5;
const pairAttemptsMax = 4;

/** The clock less the monotonic one, read so that the thread's pauses do not matter much. */
export type ClockPair = { wallMs: number; monotonicMs: number; widthMs: number };

/** Reads both clocks as nearly at once as can be; `widthMs` is how far apart the two readings may lie. */
export function readPair({ wallMs, monotonicMs }: MachineClocks): ClockPair {
  let best: ClockPair | undefined;
  for (let attempt = 0; attempt < pairAttemptsMax; attempt++) {
    const before = monotonicMs();
    const wall = wallMs();
    const after = monotonicMs();
    const widthMs = after - before;
    if (best === undefined || widthMs < best.widthMs) best = { wallMs: wall, monotonicMs: after, widthMs };
    if (widthMs <= pairWithinMs) break;
  }
  return best as ClockPair;
}

// Two slots, of which the writer fills the one that nobody reads and then says so: a reader never waits. It
// would have to sleep through two whole checks within one reading to see half of a slot, and then it notices.
const slotFields = 10;
const fieldsBytes = 2 * slotFields * Float64Array.BYTES_PER_ELEMENT;
const readAttemptsMax = 8;

/** The basis in shared memory: one thread writes it, any reads it. */
export class SharedClock {
  /** To hand to another thread. */
  readonly shared: SharedArrayBuffer;
  readonly #fields: Float64Array;
  /** Counts the writes; its lowest bit says which slot is in force. */
  readonly #writes: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(fieldsBytes + 8)) {
    this.shared = shared;
    this.#fields = new Float64Array(shared, 0, 2 * slotFields);
    this.#writes = new Int32Array(shared, fieldsBytes, 1);
  }

  /** Puts another basis in force, for every reading from now on. */
  write(basis: ClockBasis): void {
    const writes = Atomics.load(this.#writes, 0) + 1;
    const { watched, checked, stopsOnStep } = basis;
    this.#fields.set(
      [
        watched ? 1 : 0,
        checked ? 1 : 0,
        basis.monotonicMs,
        basis.gapMs,
        basis.errorMs,
        basis.driftPpm,
        basis.validForMs,
        basis.stepOverMs,
        stopsOnStep ? 1 : 0,
        basis.sleepGapMs,
      ],
      (writes & 1) * slotFields,
    );
    Atomics.store(this.#writes, 0, writes);
  }

  /** The basis in force. If it can't be read whole, nothing is known, and steps are not let through. */
  basis(): ClockBasis {
    for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
      const writes = Atomics.load(this.#writes, 0);
      const at = (writes & 1) * slotFields;
      const field = (place: number): number => this.#fields[at + place] as number;
      const basis: ClockBasis = {
        watched: field(0) === 1,
        checked: field(1) === 1,
        monotonicMs: field(2),
        gapMs: field(3),
        errorMs: field(4),
        driftPpm: field(5),
        validForMs: field(6),
        stepOverMs: field(7),
        stopsOnStep: field(8) === 1,
        sleepGapMs: field(9),
      };
      if (Atomics.load(this.#writes, 0) === writes) return basis;
    }
    return unwatched;
  }

  /** What the clock says now, and by how much it may be off. */
  reading(clocks: MachineClocks): WatchedReading {
    const basis = this.basis();
    if (!basis.watched) {
      const nowMs = clocks.wallMs();
      return { nowMs, uncertaintyMs: null, jumpMs: 0, stepped: false, stopped: false };
    }
    const reading = readingUnder(basis, readPair(clocks));
    if (!reading.stopped) return reading;
    // Rarely enough that it may ask the system: a clock that went on while the machine slept was not stepped.
    const sleptMs = clocks.uptimeMs() - clocks.monotonicMs() - basis.sleepGapMs;
    const isWaking = sleptMs > wakeWithinMs && Math.abs(reading.jumpMs - sleptMs) <= wakeWithinMs;
    return isWaking ? { ...reading, stopped: false } : reading;
  }
}

/** What a pair of readings means under a basis. */
export function readingUnder(basis: ClockBasis, pair: ClockPair): WatchedReading {
  const { wallMs: nowMs, monotonicMs, widthMs } = pair;
  const jumpMs = nowMs - monotonicMs - basis.gapMs;
  const stepped = Math.abs(jumpMs) > basis.stepOverMs + widthMs + granularityMs;
  const elapsedMs = monotonicMs - basis.monotonicMs;
  const isFresh = elapsedMs >= 0 && elapsedMs <= basis.validForMs;
  if (stepped || !basis.checked || !isFresh) {
    return { nowMs, uncertaintyMs: null, jumpMs, stepped, stopped: stepped && basis.stopsOnStep };
  }
  // A small jump is no step; the time is off by that much more until the next check.
  const driftMs = (elapsedMs * basis.driftPpm) / 1e6;
  const errorMs = basis.errorMs + driftMs + Math.abs(jumpMs) + widthMs + granularityMs;
  return { nowMs, uncertaintyMs: Math.ceil(errorMs), jumpMs, stepped, stopped: false };
}
