// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MachineClocks } from "./shared-clock.ts";
import { sourcesOf } from "./sources.ts";
import type { ClockSource, SourceAnswer, SourcePorts } from "./sources.ts";

const startMs = Date.UTC(2026, 10, 23, 5);

/** A machine with a chronyd that measures when it is told to, and takes the clock for right in between. */
class Chrony {
  trueMs = startMs;
  offMs = 0;
  /** The clock's offset, as chronyd measured it, and when. */
  measuredOffMs = 0;
  measuredMs = startMs;
  intervalSeconds = 64;
  prints: string | undefined;
  readonly clocks: MachineClocks = {
    wallMs: () => this.trueMs + this.offMs,
    monotonicMs: () => this.trueMs - startMs,
    uptimeMs: () => this.trueMs - startMs,
  };
  readonly source: ClockSource;

  constructor() {
    const ports: SourcePorts = {
      clocks: this.clocks,
      random: (length) => new Uint8Array(length),
      exchange: async () => Promise.reject(new Error("ECONNREFUSED")),
      chronyc: async () => this.prints ?? this.#tracking(),
    };
    [this.source] = sourcesOf([{ kind: "chrony", at: undefined }], ports) as [ClockSource];
  }

  /** After a step of which it knows nothing, it believes that it is off as it was. */
  #tracking(): string {
    const seconds = (ms: number): string => (ms / 1000).toFixed(9);
    const slow = seconds(-this.measuredOffMs);
    const rest = `0.0,0.0,0.0,0.0,0.0,0.002,0.001,${this.intervalSeconds}.0,Normal`;
    return `C0000201,192.0.2.1,2,${seconds(this.measuredMs)},${slow},${rest}\n`;
  }

  measure(): void {
    this.measuredOffMs = this.offMs;
    this.measuredMs = this.trueMs;
  }

  async ask(): Promise<SourceAnswer> {
    const answer = await this.source.ask();
    if (answer.ok) {
      const gapMs = this.trueMs - this.clocks.monotonicMs();
      assert.ok(answer.lowMs <= gapMs && gapMs <= answer.highMs, "what it says is true");
    }
    return answer;
  }
}

test("chronyd's bounds hold the true time", async () => {
  const chrony = new Chrony();
  chrony.offMs = 40;
  chrony.measure();
  const answer = await chrony.ask();
  assert.ok(answer.ok);
  assert.ok(answer.highMs - answer.lowMs < 10);
});

for (const jumpMs of [5, 500, -500, 10_000, -10_000, 31_557_600_000]) {
  test(`after a jump of ${jumpMs} ms chronyd is not believed until it has measured again`, async () => {
    const chrony = new Chrony();
    assert.equal((await chrony.ask()).ok, true);
    chrony.trueMs += 1000;
    chrony.offMs = jumpMs;
    assert.equal((await chrony.ask()).ok, false);
    chrony.trueMs += 1000;
    assert.equal((await chrony.ask()).ok, false, "still the old measurement");
    chrony.trueMs += 60_000;
    chrony.measure();
    assert.equal((await chrony.ask()).ok, true);
  });
}

test("a jump between two measurements, seen after the second, waits for a third", async () => {
  const chrony = new Chrony();
  await chrony.ask();
  chrony.trueMs += 64_000;
  chrony.measure();
  chrony.trueMs += 1000;
  chrony.offMs = 10_000;
  assert.equal((await chrony.ask()).ok, false);
  chrony.trueMs += 64_000;
  chrony.measure();
  assert.equal((await chrony.ask()).ok, true);
});

test("a jump before the first question shows where it is larger than chronyd's usual intervals", async () => {
  for (const jumpMs of [-10_000, 3_600_000]) {
    const chrony = new Chrony();
    chrony.trueMs += 2000;
    chrony.offMs = jumpMs;
    assert.equal((await chrony.source.ask()).ok, false);
  }
});

test("a chronyd that is gone, or prints anything else, says nothing", async () => {
  const chrony = new Chrony();
  chrony.prints = "506 Cannot talk to daemon";
  assert.equal((await chrony.ask()).ok, false);
});

test("a server that cannot be reached is silent, and says why", async () => {
  const { clocks } = new Chrony();
  const ports: SourcePorts = {
    clocks,
    random: (length) => new Uint8Array(length),
    exchange: async () => Promise.reject(new Error("ECONNREFUSED")),
    chronyc: async () => "",
  };
  const [source] = sourcesOf([{ kind: "server", host: "192.0.2.1", port: 123 }], ports);
  assert.deepEqual(await source?.ask(), { ok: false, why: "ECONNREFUSED" });
  assert.equal(source?.name, "192.0.2.1:123");
});
