// SPDX-License-Identifier: Apache-2.0
// Gaps with a log that fails as a test says: who passes, what is remembered, what is sealed afterwards, and
// what a crash at any point leaves to be done.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { Event, GapBody } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { at } from "../testing/at.ts";
import { AsideLines } from "./aside.ts";
import type { AsideFile, PassedEvent } from "./aside.ts";
import { failingDefaults } from "./config.ts";
import type { FailingConfig } from "./config.ts";
import { GapDesk, passedEventsMax } from "./gap-desk.ts";

const startMs = Date.UTC(2026, 10, 23, 5);
const key = new Uint8Array(32).fill(3);
const allOpen: FailingConfig = { decisions: "open", batch: "open", mail: "open", aside: undefined };

/** What survives a crash: the file aside, and the log. */
class Disk {
  bytes: Uint8Array | undefined;
  full = false;
  readonly file: AsideFile = {
    read: async () => this.bytes,
    append: async (bytes) => {
      if (this.full) throw new Error("ENOSPC");
      this.bytes = Buffer.concat([this.bytes ?? new Uint8Array(), bytes]);
    },
    remove: async () => {
      if (this.full) throw new Error("EIO");
      this.bytes = undefined;
    },
  };
  readonly gaps: GapBody[] = [];
  readonly details: string[] = [];
  /** Ids of events that were decided late. */
  readonly late: string[] = [];
  size = 10;
}

/** One run of a process over a disk. */
class Run {
  readonly desk: GapDesk;
  readonly disk: Disk;
  nowMs = startMs;
  ended = false;
  clockStopped = false;
  waiting = 0;
  /** Whether sealing fails at once. */
  broken = false;
  readonly notices: string[] = [];
  readonly #timers = new Set<{ atMs: number; run: () => void }>();

  constructor(disk: Disk, config: FailingConfig) {
    this.disk = disk;
    this.desk = new GapDesk({
      config,
      status: () => ({
        size: disk.size,
        waiting: this.waiting,
        ended: this.ended,
        clockStopped: this.clockStopped,
      }),
      release: () => "release",
      seal: async (body, parts) => this.#seal(body, parts),
      decideLate: async (passed) => this.#decide(passed),
      eventHash: (id) => `hash of ${id}`,
      siteKey: {} as PlainPart["key"],
      isSealed: async (from) => disk.gaps.some((gap) => gap.from === from),
      aside: { file: disk.file, lines: new AsideLines(key, "log", randomBytes) },
      clock: () => this.nowMs,
      timer: (ms, run) => {
        const timer = { atMs: this.nowMs + ms, run };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
      onNotice: (notice) => this.notices.push(notice),
    });
  }

  async #seal(body: GapBody, parts: readonly PlainPart[]): Promise<{ index: number }> {
    if (this.broken) throw new DocketError("sealing_failed", "the disk is full");
    this.disk.gaps.push(body);
    this.disk.details.push(...parts.map(({ plaintext }) => plaintext));
    return { index: this.disk.size++ };
  }

  async #decide({ event }: PassedEvent): Promise<void> {
    if (this.broken) throw new DocketError("sealing_failed", "the disk is full");
    const { id } = JSON.parse(event) as Event;
    if (id === "conflict") throw new DocketError("event_id_conflict", "decided before with another body");
    if (!this.disk.late.includes(id)) this.disk.size += 1;
    this.disk.late.push(id);
  }

  fail(id: string, code: DocketError["code"] = "sealing_failed"): ReturnType<GapDesk["failed"]> {
    const event: Event = { id, type: "comment", actor: { id: "alice" }, content: { text: "hello" } };
    const error = new DocketError(code, "it failed");
    return this.desk.failed("decisions", { event, by: "k_1", receivedMs: this.nowMs }, error);
  }

  async pass(ms: number): Promise<void> {
    for (let rest = ms; rest > 0; rest -= 100) {
      this.nowMs += 100;
      for (const timer of this.#timers) {
        if (timer.atMs <= this.nowMs && this.#timers.delete(timer)) timer.run();
      }
      for (let i = 0; i < 30; i++) await Promise.resolve();
    }
  }
}

async function started(disk = new Disk(), config = allOpen): Promise<Run> {
  const run = new Run(disk, config);
  await run.desk.start();
  return run;
}

/** The end of a run that wrote aside what it remembers. */
async function written(run: Run): Promise<void> {
  const closed = run.desk.close();
  await run.pass(1000);
  await closed;
}

test("closed is the default: the error is the answer, and what was refused is counted", async () => {
  const run = await started(new Disk(), failingDefaults);
  run.broken = true;
  assert.equal(run.fail("1"), undefined);
  assert.equal(run.fail("2"), undefined);
  await run.pass(5000);
  assert.equal(run.disk.gaps.length, 0);
  assert.equal(run.desk.figures().open, true);
  run.broken = false;
  await run.pass(3000);
  assert.equal(run.disk.gaps.length, 1);
  const gap = at(run.disk.gaps, 0);
  assert.deepEqual(
    { ...gap, until: "" },
    {
      kind: "gap",
      by: "docket",
      cause: "disk",
      from: new Date(startMs).toISOString(),
      until: "",
      unsealed: 0,
      refused: 2,
    },
  );
  assert.ok(Date.parse(gap.until) >= startMs + 5000);
  assert.equal(run.desk.figures().open, false);
  await written(run);
});

test("open passes events with allow, and decides them once sealing works again", async () => {
  const run = await started();
  run.broken = true;
  const answer = run.fail("1");
  assert.deepEqual(answer, {
    sealed: false,
    repeat: false,
    outcome: "allow",
    rules: [],
    reasons: [],
    restrictions: [],
    decidedAt: new Date(startMs).toISOString(),
    release: "release",
  });
  run.fail("2");
  run.fail("conflict");
  run.fail("3");
  await run.pass(3000);
  assert.deepEqual(run.disk.late, []);
  run.broken = false;
  await run.pass(5000);
  assert.deepEqual(run.disk.late, ["1", "2", "3"]);
  assert.equal(at(run.disk.gaps, 0).unsealed, 4);
  const { events, forgotten } = JSON.parse(at(run.disk.details, 0)) as {
    events: string[];
    forgotten: number;
  };
  assert.deepEqual([events.length, forgotten], [4, 0]);
  assert.deepEqual(run.desk.figures(), { open: false, unsealed: 4, refused: 0, forgotten: 0, waiting: 0 });
  assert.ok(run.notices.some((notice) => notice.includes("decided before with another body")));
  await written(run);
});

test("errors about the event, and of a log that is being closed, are no gap", async () => {
  const run = await started();
  assert.equal(run.fail("1", "event_id_conflict"), undefined);
  assert.equal(run.fail("1", "log_closed"), undefined);
  assert.equal(run.fail("1", "forbidden"), undefined);
  assert.equal(run.desk.figures().open, false);
  await written(run);
});

const causes: readonly [DocketError["code"], Partial<Run>, GapBody["cause"]][] = [
  ["overloaded", {}, "overload"],
  ["sealing_unknown", {}, "hung"],
  ["sealing_failed", {}, "disk"],
  ["sealing_failed", { clockStopped: true }, "clock"],
  ["log_closed", { ended: true }, "disk"],
  ["internal", {}, "other"],
];
for (const [code, state, cause] of causes) {
  test(`${code} with ${JSON.stringify(state)} is a gap because of ${cause}`, async () => {
    const run = await started();
    Object.assign(run, state);
    assert.equal(run.fail("1", code)?.sealed, false);
    run.ended = false;
    run.clockStopped = false;
    await run.pass(3000);
    assert.equal(at(run.disk.gaps, 0).cause, cause);
    await written(run);
  });
}

test("behind what hangs nothing is sealed; a clock that stops sealing is waited for", async () => {
  const run = await started();
  run.waiting = 1;
  run.fail("1", "sealing_unknown");
  await run.pass(10_000);
  assert.equal(run.disk.gaps.length, 0);
  run.waiting = 0;
  run.clockStopped = true;
  await run.pass(10_000);
  assert.equal(run.disk.gaps.length, 0);
  run.clockStopped = false;
  await run.pass(2000);
  assert.equal(run.disk.gaps.length, 1);
  await written(run);
});

test("one burst is one gap; while some are sealed and some fail there is one a minute", async () => {
  const run = await started(new Disk(), failingDefaults);
  for (let i = 0; i < 1800; i++) {
    run.disk.size += 1;
    run.fail(`e${i}`, "overloaded");
    run.disk.size += 1;
    await run.pass(100);
  }
  await run.pass(5000);
  assert.ok(run.disk.gaps.length >= 3 && run.disk.gaps.length <= 4, String(run.disk.gaps.length));
  assert.equal(
    run.disk.gaps.reduce((sum, { refused }) => sum + refused, 0),
    1800,
  );
  const froms = run.disk.gaps.map(({ from }) => from);
  assert.equal(new Set(froms).size, froms.length, "each has a beginning of its own");
  for (const [i, { from, until }] of run.disk.gaps.entries()) {
    assert.ok(from <= until);
    assert.ok(i === 0 || (run.disk.gaps[i - 1]?.until ?? "") <= from);
  }
  await written(run);
});

test("too many events pass and are only counted", async () => {
  const run = await started();
  run.broken = true;
  for (let i = 0; i < passedEventsMax + 5; i++) assert.equal(run.fail(`e${i}`)?.outcome, "allow");
  assert.equal(run.desk.figures().waiting, passedEventsMax);
  assert.equal(run.desk.figures().forgotten, 5);
});

test("after a crash the next run seals the gap and decides what passed, once", async () => {
  const disk = new Disk();
  const first = await started(disk);
  first.ended = true;
  first.fail("1", "log_closed");
  first.fail("2", "log_closed");
  await written(first);
  assert.ok(disk.bytes !== undefined);
  assert.ok(!Buffer.from(disk.bytes).toString("latin1").includes("alice"), "sealed");

  const second = await started(disk);
  await second.pass(3000);
  assert.equal(disk.gaps.length, 1);
  assert.equal(at(disk.gaps, 0).unsealed, 2);
  assert.deepEqual(disk.late, ["1", "2"]);
  assert.equal(disk.bytes, undefined, "nothing is left aside");
  await written(second);
});

test("a crash between the gap's record and the end of the file aside seals it no second time", async () => {
  const disk = new Disk();
  const first = await started(disk);
  first.ended = true;
  first.fail("1", "log_closed");
  await written(first);
  const left = disk.bytes;
  const second = await started(disk);
  await second.pass(3000);
  await written(second);
  disk.bytes = left;
  const third = await started(disk);
  await third.pass(3000);
  assert.equal(disk.gaps.length, 1);
  assert.equal(disk.size, 12, "a gap, and one decision");
  await written(third);
});

test("a line that was cut short is lost alone, and a full disk aside stops nothing", async () => {
  const disk = new Disk();
  const first = await started(disk);
  first.ended = true;
  first.fail("1", "log_closed");
  await written(first);
  disk.bytes = Buffer.concat([disk.bytes ?? new Uint8Array(), Buffer.from("\nAAAAhalf")]);
  const second = await started(disk);
  second.ended = true;
  second.fail("2", "log_closed");
  await written(second);
  const third = await started(disk);
  disk.full = true;
  assert.ok(third.notices.some((notice) => notice.includes("1 lines")));
  await third.pass(3000);
  assert.deepEqual(disk.late, ["1", "2"]);
  assert.ok(disk.bytes !== undefined);
  disk.full = false;
  await third.pass(1000);
  assert.equal(disk.bytes, undefined);
  await written(third);
});
