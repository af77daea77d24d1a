// SPDX-License-Identifier: Apache-2.0
// What ends by itself, with a clock and timers that the test moves.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Restriction, Standing } from "@docket/policy";
import { cleanStanding } from "@docket/policy";
import type { DecisionRow } from "../views/decision-row.ts";
import { Expiries } from "./expiries.ts";
import { enforcementPolicy, farStartMs, hour, testSite } from "./testing/site.ts";

class World {
  nowMs = 1_000_000;
  readonly standings = new Map<string, Standing>();
  readonly holds: DecisionRow[] = [];
  readonly sealed: string[] = [];
  readonly faults: unknown[] = [];
  fails = 0;
  readonly #timers = new Set<{ atMs: number; run: () => void }>();
  readonly expiries: Expiries = new Expiries({
    standings: () => this.standings,
    standingOf: (subject) => this.standings.get(subject) ?? cleanStanding,
    hasLapsed: (id) => id === "r_told",
    decisions: ({ after = -1 }) => Promise.resolve(this.holds.filter(({ index }) => index > after)),
    lapse: (subject, ids) => this.#seal(`${subject} ${ids.join(" ")}`),
    endHold: (index) => this.#seal(`hold ${index}`),
    clock: () => this.nowMs,
    timer: (ms, run) => {
      const timer = { atMs: this.nowMs + ms, run };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    },
    onFault: (error) => void this.faults.push(error),
  });

  restrict(subject: string, ...restrictions: Restriction[]): void {
    const { strikes, restrictions: before } = this.standings.get(subject) ?? cleanStanding;
    this.standings.set(subject, { strikes, restrictions: [...before, ...restrictions] });
  }

  async move(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.nowMs = untilMs;
  }

  #seal(what: string): Promise<void> {
    if (this.fails > 0) {
      this.fails -= 1;
      return Promise.reject(new Error("no room"));
    }
    this.sealed.push(`${what} at ${this.nowMs}`);
    return Promise.resolve();
  }
}

const suspend = (id: string, untilMs: number): Restriction => ({ id, kind: "suspend", untilMs });
const hold = (index: number, holdUntilMs: number, sealedMs = 0): DecisionRow =>
  ({ index, outcome: "hold", holdUntilMs, sealedMs, restrictions: 0 }) as DecisionRow;

test("each end is told when it comes, and only what is still there", async () => {
  const world = new World();
  const { nowMs } = world;
  world.restrict("a_1", suspend("r_b", nowMs + 2000), suspend("r_a", nowMs + 1000));
  world.restrict("a_2", suspend("r_c", nowMs + 1000), { id: "r_warn", kind: "warn", untilMs: nowMs + 500 });
  world.restrict("a_3", suspend("r_told", nowMs + 1000), suspend("r_gone", nowMs + 1000));
  world.holds.push(hold(7, nowMs + 1500), hold(8, nowMs - 5, nowMs - 4));
  await world.expiries.start(nowMs);
  world.standings.set("a_3", cleanStanding);
  await world.move(999);
  assert.deepEqual(world.sealed, []);
  await world.move(10_000);
  assert.deepEqual(world.sealed, [
    `a_1 r_a at ${nowMs + 1000}`,
    `a_2 r_c at ${nowMs + 1000}`,
    `hold 7 at ${nowMs + 1500}`,
    `a_1 r_b at ${nowMs + 2000}`,
  ]);
});

test("what ended while nobody was there is told at a start; what is long over is not", async () => {
  const world = new World();
  world.nowMs = 10 * 86_400_000;
  const { nowMs } = world;
  // The last record of the opening before was sealed five days ago.
  const lastMs = nowMs - 5 * 86_400_000;
  world.restrict("a_1", suspend("r_old", lastMs - 2 * 86_400_000), suspend("r_since", lastMs + 1000));
  await world.expiries.start(lastMs);
  await world.move(1);
  assert.deepEqual(world.sealed, [`a_1 r_since at ${nowMs}`]);
});

test("what comes later is told, what could not be sealed is tried again, a file's past not", async () => {
  const world = new World();
  await world.expiries.start(0);
  const { nowMs } = world;
  world.restrict("a_1", suspend("r_past", nowMs - 1), suspend("r_new", nowMs + 1000));
  world.expiries.decision({ index: 1, actor: "a_1", outcome: "reject", restrictions: 2 } as DecisionRow);
  world.expiries.decision(hold(2, nowMs + 1000));
  world.expiries.decision(hold(3, nowMs - 1000));
  world.fails = 1;
  await world.move(1000);
  assert.equal(world.faults.length, 1);
  assert.deepEqual(world.sealed, [`a_1 r_new at ${nowMs + 1000}`]);
  await world.move(30_000);
  assert.deepEqual(world.sealed.slice(1), [`hold 2 at ${nowMs + 31_000}`]);
  await world.expiries.close();
  world.restrict("a_2", suspend("r_late", world.nowMs + 10));
  world.expiries.decision({ index: 4, actor: "a_2", outcome: "reject", restrictions: 1 } as DecisionRow);
  await world.move(1000);
  assert.equal(world.sealed.length, 2);
});

test("many ends come in their order", async () => {
  const world = new World();
  const { nowMs } = world;
  const ends = Array.from({ length: 500 }, (_, i) => nowMs + ((i * 7919) % 500));
  for (const [place, untilMs] of ends.entries()) world.restrict(`a_${place}`, suspend(`r_${place}`, untilMs));
  await world.expiries.start(nowMs);
  await world.move(1000);
  const times = world.sealed.map((line) => Number(line.split(" ").at(-1)));
  assert.equal(times.length, 500 - ends.filter((untilMs) => untilMs <= nowMs - 86_400_000).length);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test("on a site: a hold ends as its policy says, unless a person was there first; a lapse", async (t) => {
  const site = await testSite(t, enforcementPolicy, farStartMs);
  const [held, later, released] = [
    await site.decide("wait", "u1"),
    await site.decide("later", "u2"),
    await site.decide("wait", "u3"),
  ];
  const { enforcement } = site.opened;
  await enforcement.verdict(
    { by: "k_reviewerxxxxxxxx", role: "reviewer" },
    { of: released?.index ?? -1, verdict: "release", cause: "review", reason: "reviewed" },
  );
  await enforcement.measure(
    { by: "k_reviewerxxxxxxxx", role: "reviewer" },
    {
      subject: { kind: "actor", id: "u2" },
      restrictions: [{ kind: "suspend", forMs: hour / 2 }],
      reason: "spam",
    },
  );
  assert.equal((await enforcement.outcomeOf(held?.index ?? -1)).outcome, "hold");
  // While it was down all of it came due.
  await site.restart(() => (site.nowMs = farStartMs + 2 * hour));
  const reopened = site.opened;
  const seen = await until(async () => {
    const { size } = reopened.site.status();
    const kinds: string[] = [];
    for (let at = 0; at < size; at++) {
      const { record } = await reopened.site.recorded(at);
      if (record.kind === "lapse") kinds.push(`lapse ${record.ended.length}`);
      if (record.kind === "verdict" && record.by === "docket") {
        kinds.push(`${record.verdict} ${record.of} ${record.cause}`);
      }
    }
    return kinds.length === 3 ? kinds : undefined;
  });
  assert.deepEqual(
    new Set(seen),
    new Set([`remove ${held?.index} hold`, `release ${later?.index} hold`, "lapse 1"]),
  );
  const outcomes = await Promise.all(
    [held, later, released].map((each) => reopened.enforcement.outcomeOf(each?.index ?? -1)),
  );
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ["reject", "allow", "allow"],
  );
  // Another start says nothing of it again.
  const { size } = reopened.site.status();
  await site.restart();
  await site.decide("hello", "u4");
  const added: string[] = [];
  for (let at = size; at < site.opened.site.status().size; at++) {
    added.push((await site.opened.site.recorded(at)).record.kind);
  }
  assert.deepEqual(
    added.filter((kind) => kind === "lapse" || kind === "verdict"),
    [],
  );
});

/** Asks until there is an answer; the test's own limit ends it otherwise. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
