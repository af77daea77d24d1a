// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { DocketError } from "../error.ts";
import { policyFile } from "../releases/testing/policies.ts";
import { jobRecordsMax, jobRunsMsMax, jobsKeptMax, jobsKeptMs, jobsWaitingMax } from "./jobs-contract.ts";
import type { JobAnswer } from "./job-runner.ts";
import { BacktestJobs } from "./jobs.ts";
import type { BacktestJobsPorts, JobRun } from "./jobs.ts";
import type { BacktestReport } from "./report.ts";

const ann = { by: "p_ann", role: "analyst" } as const;
const files = [policyFile("comments", [{ id: "links", when: "signals.linkCount >= 2", outcome: "reject" }])];
const report = { changed: { decisions: 3 } } as unknown as BacktestReport;

type Going = {
  run: JobRun;
  signal: AbortSignal;
  tell: (done: number, total: number) => void;
  answer: (answer: JobAnswer) => void;
};

class World {
  readonly going: Going[] = [];
  nowMs = Date.UTC(2026, 10, 23);
  size = 1000;
  readonly timers: { ms: number; run: () => void; isOff: boolean }[] = [];
  #ids = 0;
  readonly jobs: BacktestJobs;

  constructor(over: Partial<BacktestJobsPorts> = {}) {
    this.jobs = new BacktestJobs({
      size: () => this.size,
      firstRecordSince: async () => 400,
      changes: {
        kept: async (name) => {
          if (name !== "abc") throw new DocketError("not_found", "there is no such release");
          return { id: "abcdef0123", manifest: "", files: [] };
        },
        change: async (of) =>
          ({ proposal: of === 7 ? { candidate: "c".repeat(43) } : null }) as unknown as Awaited<
            ReturnType<BacktestJobsPorts["changes"]["change"]>
          >,
      },
      run: (run, signal, tell) => {
        const { promise, resolve, reject } = Promise.withResolvers<JobAnswer>();
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        this.going.push({ run, signal, tell, answer: resolve });
        return promise;
      },
      newId: () => `t_${++this.#ids}`,
      clock: () => this.nowMs,
      timer: (ms, run) => {
        const timer = { ms, run, isOff: false };
        this.timers.push(timer);
        return () => (timer.isOff = true);
      },
      ...over,
    });
  }

  /** Lets what was resolved be taken in. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

test("one runs at a time, tells how far it is, and keeps its report", async () => {
  const world = new World();
  const first = await world.jobs.begin(ann, { candidate: { files }, name: "two links" });
  const second = await world.jobs.begin(ann, { candidate: { release: "abc" }, sinceMs: 5 });
  assert.deepEqual([first.state, second.state], ["running", "waiting"]);
  assert.deepEqual([first.from, first.to, first.memory, first.total], [0, 1000, "cold", 1000]);
  assert.deepEqual([second.from, second.to, second.memory, second.total], [400, 1000, "warm", 1000]);
  assert.equal(second.name, "release abcdef01");
  world.going[0]?.tell(250, 1000);
  assert.equal(world.jobs.one(first.id).done, 250);
  assert.equal(world.jobs.one(first.id).report, null);
  world.going[0]?.answer({ report });
  await world.settle();
  const done = world.jobs.one(first.id);
  assert.deepEqual([done.state, done.changed, done.done], ["done", 3, 1000]);
  assert.equal(done.report, report);
  assert.equal(world.timers[0]?.isOff, true);
  assert.equal(world.going.length, 2);
  assert.deepEqual(
    world.jobs.list().map(({ id, state }) => [id, state]),
    [
      [second.id, "running"],
      [first.id, "done"],
    ],
  );
  world.going[1]?.answer({ failure: "no list of that name" });
  await world.settle();
  assert.deepEqual(
    [world.jobs.one(second.id).state, world.jobs.one(second.id).why],
    ["failed", "no list of that name"],
  );
});

test("what can't be run is refused before anything waits", async () => {
  const world = new World();
  const bad = [{ path: "a.yaml", text: "policy: a\non: [comment]\nrules: 7\n" }];
  await assert.rejects(world.jobs.begin(ann, { candidate: { files: bad } }), { code: "policy_invalid" });
  await assert.rejects(world.jobs.begin(ann, { candidate: { release: "zzz" } }), { code: "not_found" });
  await assert.rejects(world.jobs.begin(ann, { candidate: { of: 8 } }), { code: "not_found" });
  await assert.rejects(world.jobs.begin(ann, { candidate: { files }, from: 1000 }), { code: "usage" });
  await assert.rejects(world.jobs.begin(ann, { candidate: { files }, from: 9, to: 9 }), { code: "usage" });
  assert.throws(() => world.jobs.one("t_9"), { code: "not_found" });
  assert.throws(() => world.jobs.stop(ann, "t_9"), { code: "not_found" });
  assert.deepEqual(world.jobs.list(), []);
  assert.equal((await world.jobs.begin(ann, { candidate: { of: 7 } })).name, "proposal 7");
});

test("it is stopped by whoever asks, after its time, and when the site is closed", async () => {
  const world = new World();
  const wish = { candidate: { files } };
  const [a, b, c, d] = [
    await world.jobs.begin(ann, wish),
    await world.jobs.begin(ann, wish),
    await world.jobs.begin(ann, wish),
    await world.jobs.begin(ann, wish),
  ];
  assert.equal(world.jobs.stop(ann, b.id).state, "stopped");
  world.jobs.stop(ann, a.id);
  await world.settle();
  assert.deepEqual([world.jobs.one(a.id).state, world.jobs.one(a.id).why], ["stopped", "stopped by p_ann"]);
  assert.equal(world.jobs.stop(ann, a.id).state, "stopped");
  // b was stopped while it waited, so it is c's turn.
  assert.equal(world.jobs.one(c.id).state, "running");
  assert.equal(world.timers.at(-1)?.ms, jobRunsMsMax);
  world.timers.at(-1)?.run();
  await world.settle();
  assert.match(world.jobs.one(c.id).why ?? "", /longer than 60 minutes/);
  assert.equal(world.jobs.one(d.id).state, "running");
  await world.jobs.close();
  assert.equal(world.jobs.one(d.id).state, "stopped");
  await assert.rejects(world.jobs.begin(ann, wish), { code: "log_closed" });
});

test("how many wait, how many are kept, and how much is decided is bounded", async () => {
  const world = new World();
  const wish = { candidate: { files } };
  for (let count = 0; count <= jobsWaitingMax; count++) await world.jobs.begin(ann, wish);
  await assert.rejects(world.jobs.begin(ann, wish), { code: "overloaded" });
  for (let count = 0; count < jobsKeptMax + 5; count++) {
    world.going.at(-1)?.answer({ report });
    await world.settle();
    await world.jobs.begin(ann, wish).catch(() => undefined);
  }
  const ended = world.jobs.list().filter(({ state }) => state === "done");
  assert.equal(ended.length, jobsKeptMax);
  world.nowMs += jobsKeptMs + 1;
  assert.equal(world.jobs.list().filter(({ state }) => state === "done").length, 0);

  const large = new World();
  large.size = jobRecordsMax + 50;
  const { from, memory } = await large.jobs.begin(ann, { candidate: { files } });
  assert.deepEqual([from, memory], [50, "warm"]);
});
