// SPDX-License-Identifier: Apache-2.0
// The clock of a site on a machine that is made up: what is said of the time is true or nothing, whatever the
// clock and the sources do; what the sequencer's thread reads; what is sealed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CustodyBody } from "@docket/protocol";
import * as fc from "fast-check";
import { at } from "../testing/at.ts";
import { SealingClockDesk } from "./clock-desk.ts";
import { clockDefaults } from "./config.ts";
import type { ClockConfig } from "./config.ts";
import { SharedClock } from "./shared-clock.ts";
import type { MachineClocks } from "./shared-clock.ts";
import { SiteClock } from "./site-clock.ts";
import type { ClockChange } from "./site-clock.ts";
import type { ClockSource, SourceAnswer } from "./sources.ts";

const startMs = Date.UTC(2026, 10, 23, 5);
const yearMs = 31_557_600_000;

/** A machine with its true time, its clocks, and timers that run when the time comes. */
class Machine {
  trueMs = startMs;
  /** The clock less the true time. */
  offMs = 0;
  /** How long it slept. */
  sleptMs = 0;
  readonly #timers = new Set<{ atMs: number; run: () => void }>();
  readonly clocks: MachineClocks = {
    wallMs: () => Math.floor(this.trueMs + this.offMs),
    monotonicMs: () => this.trueMs - startMs - this.sleptMs,
    uptimeMs: () => this.trueMs - startMs,
  };
  readonly timer = (ms: number, run: () => void): (() => void) => {
    const timer = { atMs: this.clocks.monotonicMs() + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  async pass(ms: number): Promise<void> {
    this.trueMs += ms;
    for (const timer of this.#timers) {
      if (timer.atMs <= this.clocks.monotonicMs() && this.#timers.delete(timer)) timer.run();
    }
    await settled();
  }
}

/** A source that is off by `offMs` and says that it is by at most `errorMs`; it may be silent. */
class Source implements ClockSource {
  readonly name: string;
  offMs = 0;
  errorMs = 5;
  silent = false;
  readonly #machine: Machine;

  constructor(name: string, machine: Machine) {
    this.name = name;
    this.#machine = machine;
  }

  async ask(): Promise<SourceAnswer> {
    if (this.silent) return { ok: false, why: "no answer" };
    const takenMs = this.#machine.clocks.monotonicMs();
    const gapMs = this.#machine.trueMs - takenMs + this.offMs;
    return { ok: true, lowMs: gapMs - this.errorMs, highMs: gapMs + this.errorMs, takenMs };
  }
}

type World = {
  machine: Machine;
  sources: Source[];
  clock: SiteClock;
  changes: ClockChange[];
  /** What the sequencer's thread would read. */
  read: SharedClock;
};

function world(sourceCount: number, config: Partial<ClockConfig> = {}, offMs = 0): World {
  const machine = new Machine();
  machine.offMs = offMs;
  const sources = Array.from({ length: sourceCount }, (_, place) => new Source(`s${place}`, machine));
  const { clocks, timer } = machine;
  const clock = new SiteClock({ ...clockDefaults, ...config }, { clocks, sources, timer });
  const changes: ClockChange[] = [];
  clock.onChange((change) => changes.push(change));
  return { machine, sources, clock, changes, read: new SharedClock(clock.shared) };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function statesOf(changes: readonly ClockChange[]): string[] {
  return changes.map(({ state }) => state);
}

/** The interval of a reading holds the true time, or nothing is said. */
function assertTrue({ machine, read }: World): number | null {
  const { nowMs, uncertaintyMs } = read.reading(machine.clocks);
  if (uncertaintyMs === null) return null;
  assert.ok(
    Math.abs(nowMs - machine.trueMs) <= uncertaintyMs,
    `off by ${nowMs - machine.trueMs} ms, and ${uncertaintyMs} was said`,
  );
  return uncertaintyMs;
}

test("without sources nobody is asked, nothing is watched, and nothing is said", async () => {
  const { machine, clock, changes, read } = world(0);
  await clock.start();
  machine.offMs = yearMs;
  assert.deepEqual(read.reading(machine.clocks).uncertaintyMs, null);
  assert.equal(read.reading(machine.clocks).stopped, false);
  assert.equal(clock.status().state, "unwatched");
  assert.deepEqual(changes, []);
});

test("before the first check nothing is said; after it the interval grows until the next", async () => {
  const made = world(3);
  const { machine, clock, changes } = made;
  assert.equal(assertTrue(made), null);
  await clock.start();
  const first = assertTrue(made);
  assert.ok(first !== null && first <= 7, String(first));
  machine.trueMs += 60_000;
  const later = assertTrue(made);
  assert.equal(later, first + 12, "200 ppm of a minute");
  assert.deepEqual(statesOf(changes), ["checked"]);
  assert.equal(clock.status().agreeing, 3);
});

test("what was found holds no longer than two periods and half a minute", async () => {
  const made = world(1);
  await made.clock.start();
  made.machine.trueMs += 2 * clockDefaults.everyMs + 30_001;
  assert.equal(assertTrue(made), null);
});

for (const jumpMs of [1500, -1500, 60_000, -60_000, 3_600_000, -yearMs, yearMs, 10 * yearMs, -10 * yearMs]) {
  test(`a jump of ${jumpMs} ms stops sealing at once, until sources say that it is right`, async () => {
    const made = world(3, { onStep: "stop" }, -jumpMs);
    const { machine, clock, changes, read } = made;
    await clock.start();
    assert.equal(clock.status().state, "checked");
    machine.offMs = 0;
    assert.equal(read.reading(machine.clocks).stopped, true, "before anybody looked");
    assert.equal(assertTrue(made), null);
    await machine.pass(1000);
    await settled();
    assert.equal(read.reading(machine.clocks).stopped, false);
    assert.ok((assertTrue(made) ?? Infinity) < 20);
    assert.deepEqual(statesOf(changes), ["checked", "stepped", "checked"]);
    assert.equal(changes[1]?.offsetMs, jumpMs);
  });

  test(`a jump of ${jumpMs} ms to a wrong time stops sealing until it is set back`, async () => {
    const made = world(3, { onStep: "stop" });
    const { machine, clock, read } = made;
    await clock.start();
    machine.offMs = jumpMs;
    for (let i = 0; i < 10; i++) {
      assert.equal(read.reading(machine.clocks).stopped, true);
      assert.equal(assertTrue(made), null);
      await machine.pass(5000);
    }
    assert.equal(clock.status().state, "stepped");
    assert.equal(clock.status().stopped, true);
    machine.offMs = 0;
    assert.equal(read.reading(machine.clocks).stopped, false, "at once");
    await machine.pass(5000);
    assert.notEqual(assertTrue(made), null);
    assert.equal(clock.status().state, "checked");
  });

  test(`with onStep null a jump of ${jumpMs} ms stops nothing; then nothing is said`, async () => {
    const made = world(3, { onStep: "null" });
    const { machine, clock, read } = made;
    await clock.start();
    machine.offMs = jumpMs;
    assert.equal(read.reading(machine.clocks).stopped, false);
    assert.equal(assertTrue(made), null);
    await machine.pass(1000);
    assert.ok((assertTrue(made) ?? 0) >= Math.abs(jumpMs), "the clock is wrong, and that is what is said");
  });
}

test("a small jump is no step, and is added to what is said", async () => {
  const made = world(1);
  await made.clock.start();
  made.machine.offMs = 700;
  const said = assertTrue(made);
  assert.ok(said !== null && said >= 700 && said < 720, String(said));
});

test("a step while no source answers is not confirmed by silence", async () => {
  const made = world(2, { onStep: "stop" });
  const { machine, sources, clock, read } = made;
  await clock.start();
  for (const source of sources) source.silent = true;
  machine.offMs = 5000;
  for (let i = 0; i < 5; i++) await machine.pass(5000);
  assert.equal(read.reading(machine.clocks).stopped, true);
  assert.equal(clock.status().state, "stepped");
});

test("a machine that slept says nothing until it is checked, and is not stopped", async () => {
  const made = world(1, { onStep: "stop" });
  const { machine, clock, read } = made;
  await clock.start();
  machine.trueMs += 3_600_000;
  machine.sleptMs += 3_600_000;
  machine.offMs = 700;
  assert.equal(read.reading(machine.clocks).stopped, false);
  assert.equal(assertTrue(made), null);
  await machine.pass(1000);
  assert.notEqual(assertTrue(made), null);
  assert.equal(clock.status().state, "checked");
});

test("sources that fall silent or disagree are told apart; with either nothing is said", async () => {
  const made = world(3);
  const { sources, clock, changes } = made;
  await clock.start();
  const [a, b, c] = sources as [Source, Source, Source];
  a.silent = true;
  await clock.check();
  assert.notEqual(assertTrue(made), null, "two of three are a majority");
  b.silent = true;
  await clock.check();
  assert.equal(assertTrue(made), null);
  b.silent = false;
  b.offMs = 10_000;
  await clock.check();
  assert.equal(assertTrue(made), null);
  a.silent = false;
  c.silent = true;
  b.offMs = 0;
  await clock.check();
  assert.notEqual(assertTrue(made), null);
  assert.deepEqual(statesOf(changes), ["checked", "unreachable", "disagreeing", "checked"]);
});

test("a clock that runs too fast is found out at the next check, and not believed", async () => {
  const made = world(1, { stepOverMs: 60_000 });
  const { machine, clock } = made;
  await clock.start();
  // What disciplines the clock goes astray with it, and the monotonic one too: only a source can tell.
  machine.sleptMs -= 600;
  machine.offMs += 600;
  machine.trueMs += 60_000;
  await clock.check();
  assert.equal(clock.status().state, "drifting");
  assert.equal(assertTrue(made), null);
  machine.trueMs += 60_000;
  await clock.check();
  assert.equal(clock.status().state, "checked");
  assert.notEqual(assertTrue(made), null);
});

test("a source that never answers is silent after its time, and the others count", async () => {
  const machine = new Machine();
  const good = [new Source("a", machine), new Source("b", machine)];
  const hangs: ClockSource = { name: "hangs", ask: () => new Promise<SourceAnswer>(() => undefined) };
  const { clocks, timer } = machine;
  const clock = new SiteClock(clockDefaults, { clocks, sources: [hangs, ...good], timer });
  const checked = clock.check();
  await settled();
  await machine.pass(6000);
  const status = await checked;
  assert.equal(status.state, "checked");
  assert.equal(status.sources[0]?.answer, "silent");
});

test("whatever clock and sources do, with an honest majority each reading is true or null", async () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant("pass" as const), ms: fc.nat(200_000) }),
    fc.record({ what: fc.constant("jump" as const), ms: fc.integer({ min: -5000, max: 5000 }) }),
    fc.record({ what: fc.constant("far" as const), ms: fc.integer({ min: -1000, max: 1000 }) }),
    fc.record({ what: fc.constant("lie" as const), ms: fc.integer({ min: -10_000, max: 10_000 }) }),
    fc.record({ what: fc.constant("silence" as const), ms: fc.nat(3) }),
    fc.record({ what: fc.constant("check" as const), ms: fc.constant(0) }),
  );
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 30 }),
    fc.constantFrom("stop" as const, "null" as const),
    fc.nat(300),
    async (steps, onStep, honestOffMs) => {
      const made = world(3, { onStep });
      const { machine, sources, clock } = made;
      const [liar, first, second] = sources as [Source, Source, Source];
      first.offMs = honestOffMs;
      first.errorMs = honestOffMs + 1;
      second.errorMs = 20;
      await clock.start();
      assertTrue(made);
      for (const { what, ms } of steps) {
        if (what === "pass") await machine.pass(ms);
        else if (what === "jump") machine.offMs += ms;
        else if (what === "far") machine.offMs += ms * 3_600_000;
        else if (what === "lie") liar.offMs = ms;
        else if (what === "silence")
          for (const [i, each] of sources.entries()) each.silent = (ms & (1 << i)) > 0;
        else await clock.check();
        assertTrue(made);
      }
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

type Desk = World & {
  desk: SealingClockDesk;
  sealed: CustodyBody[];
  log: { size: number; lastTimeMs: number };
};

function deskWorld(made: World, lastState?: ClockChange["state"]): Desk {
  const sealed: CustodyBody[] = [];
  const log = { size: 10, lastTimeMs: startMs };
  const { machine, clock } = made;
  const desk = new SealingClockDesk({
    clock,
    seal: async (body) => {
      const index = log.size;
      sealed.push(body);
      log.size += 1;
      return { index };
    },
    log: () => log,
    lastState,
    monotonicMs: machine.clocks.monotonicMs,
    timer: machine.timer,
    onNotice: () => undefined,
  });
  desk.start();
  return { ...made, desk, sealed, log };
}

async function passed(machine: Machine, ms: number): Promise<void> {
  for (let rest = ms; rest > 0; rest -= 1000) await machine.pass(Math.min(1000, rest));
}

test("changes of state are sealed, once something else is, but not what the log says already", async () => {
  const { clock, machine, sources, sealed, log } = deskWorld(world(1), "checked");
  await clock.start();
  await passed(machine, 3000);
  assert.equal(sealed.length, 0);
  log.size += 1;
  at(sources, 0).silent = true;
  await clock.check();
  await passed(machine, 2000);
  assert.deepEqual(sealed, [{ kind: "clock", by: "docket", state: "unreachable", agreeing: 0, asked: 1 }]);
  await clock.check();
  await passed(machine, 2000);
  assert.equal(sealed.length, 1, "not at each check");
  at(sources, 0).silent = false;
  await clock.check();
  await passed(machine, 2000);
  assert.deepEqual(sealed[1], {
    kind: "clock",
    by: "docket",
    state: "checked",
    offsetMs: 0,
    agreeing: 1,
    asked: 1,
  });
});

test("while the clock stops sealing nothing is sealed of it either; then all is", async () => {
  const { clock, machine, sealed, log } = deskWorld(world(1), "checked");
  await clock.start();
  log.size += 1;
  machine.offMs = 5000;
  await passed(machine, 20_000);
  assert.equal(sealed.length, 0);
  machine.offMs = 0;
  await passed(machine, 20_000);
  assert.deepEqual(
    sealed.map((body) => body.kind === "clock" && body.state),
    ["stepped", "checked"],
  );
});

test("records ahead of a clock that its sources confirm are followed by one correction", async () => {
  const { clock, machine, sealed, log } = deskWorld(world(1), "checked");
  await clock.start();
  log.size += 1;
  log.lastTimeMs = startMs + yearMs;
  await passed(machine, 3000);
  assert.equal(sealed.length, 1);
  const [correction] = sealed;
  assert.ok(correction?.kind === "clock-correction");
  assert.equal(correction.by, "docket");
  assert.ok(correction.backMs > yearMs - 5000 && correction.backMs <= yearMs);
  await passed(machine, 10_000);
  assert.equal(sealed.length, 1, "nothing was sealed since");
});

test("without a majority nothing is corrected", async () => {
  const { clock, machine, sources, sealed, log } = deskWorld(world(1), "unreachable");
  at(sources, 0).silent = true;
  await clock.start();
  log.size += 1;
  log.lastTimeMs = startMs + yearMs;
  await passed(machine, 10_000);
  assert.equal(sealed.length, 0);
});

test("a heartbeat comes before its time, and only where nothing else was sealed", async () => {
  const { machine, sealed, log } = deskWorld(world(0, { heartbeatEveryMs: 60_000 }));
  await passed(machine, 120_000);
  assert.equal(sealed.length, 0, "nothing was sealed in this run");
  log.size += 1;
  await passed(machine, 50_000);
  log.size += 1;
  await passed(machine, 50_000);
  assert.equal(sealed.length, 0);
  await passed(machine, 6000);
  assert.deepEqual(sealed, [{ kind: "heartbeat", by: "docket", everySeconds: 60 }]);
  await passed(machine, 600_000);
  assert.ok(sealed.length >= 10 && sealed.length <= 12, String(sealed.length));
});
