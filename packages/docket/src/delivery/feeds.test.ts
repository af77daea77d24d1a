// SPDX-License-Identifier: Apache-2.0
// The feeds on logs in memory: whatever is in them, pages of any size give the same, each thing once.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { RecordedRestriction } from "@docket/protocol";
import type { Change } from "./contract.ts";
import { actorOf, DeliveryWorld } from "./testing/delivery-world.ts";
import { allPlaces, formatPosition, noticeLanguageOf, parsePosition } from "./notice.ts";
import type { Notice } from "./notice.ts";

const startMs = Date.UTC(2026, 10, 23, 12);
const until = "2026-12-01T00:00:00.000Z";
const author = { by: "operator", role: "operator" } as const;

function suspend(id: number): RecordedRestriction {
  return { id: `r_${String(id).padStart(16, "0")}`, kind: "suspend", until };
}

async function changesOf(world: DeliveryWorld, limit: number): Promise<Change[]> {
  const all: Change[] = [];
  for (let after = -1, more = true; more;) {
    const page = await world.delivery.changes.page(after, limit);
    all.push(...page.changes);
    ({ next: after, more } = page);
  }
  return all;
}

async function noticesOf(world: DeliveryWorld, limit: number): Promise<Notice[]> {
  const all: Notice[] = [];
  let cursor = "-1";
  for (let more = true; more;) {
    const after = parsePosition(cursor);
    assert.ok(after !== undefined);
    const page = await world.delivery.notices.page(after, limit);
    all.push(...page.notices);
    ({ next: cursor, more } = page);
  }
  return all;
}

type Step =
  | { kind: "decide"; who: number; outcome: "allow" | "flag" | "hold" | "reject"; late: boolean }
  | { kind: "verdict"; verdict: "remove" | "restore" | "keep" }
  | { kind: "measure"; who: number }
  | { kind: "report" | "review" | "quiet" | "lapse" | "nextDay" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("decide" as const),
    who: fc.integer({ min: 0, max: 2 }),
    outcome: fc.constantFrom("allow", "flag", "hold", "reject", "reject"),
    late: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("verdict" as const),
    verdict: fc.constantFrom("remove", "restore", "keep"),
  }),
  fc.record({ kind: fc.constant("measure" as const), who: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constantFrom("report", "review", "quiet", "lapse", "nextDay") }),
);

async function live(steps: readonly Step[]): Promise<DeliveryWorld> {
  const world = new DeliveryWorld(startMs);
  await world.ready;
  const { log } = world;
  for (const [at, each] of steps.entries()) {
    log.nowMs += 1000;
    const last = log.rows.at(-1) ?? assert.fail();
    const common = { ...author, reason: "spam" };
    if (each.kind === "decide") {
      const event = {
        id: `s${at}`,
        type: "comment",
        actor: { id: `u${each.who}` },
        content: { id: `c${at}` },
      };
      const row = await log.decide(event, each.outcome, actorOf(`u${each.who}`), { late: each.late });
      world.delivery.takeDecision(row);
    } else if (each.kind === "verdict") {
      const about = { of: last.index, actor: last.actor, verdict: each.verdict, cause: "review" } as const;
      await log.seal({ kind: "verdict", ...common, ...about, restrictions: [], ended: [] }, change);
    } else if (each.kind === "measure") {
      const on = { subject: actorOf(`u${each.who}`), subjectKind: "actor", cause: "manual" } as const;
      await log.seal(
        { kind: "measure", ...common, ...on, of: [], restrictions: [suspend(at)], ended: [] },
        change,
      );
    } else if (each.kind === "report") {
      await world.reports.report("operator", { index: last.index, reporter: `r${at % 3}`, category: "spam" });
    } else if (each.kind === "review") {
      await log.seal({
        kind: "review",
        ...author,
        of: last.index,
        task: "flag",
        finding: "spam",
        reason: "x",
      });
    } else if (each.kind === "quiet") {
      const wish = { until: new Date(log.nowMs + 60_000).toISOString(), ground: "investigation", why: "x" };
      await world.delivery.notices.quiet(author, { record: last.index, ...wish }).catch(() => undefined);
    } else if (each.kind === "lapse") {
      await log.seal({ kind: "lapse", by: "docket", subject: actorOf("u0"), ended: [suspend(at).id] });
    } else {
      log.nowMs += 86_400_000;
      await world.delivery.notices.start();
    }
  }
  return world;
}

const change = [{ name: "change" as const, plaintext: '{"v":1}' }];

test("pages of any size give the same changes and notices, each once, in the order of the log", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, limit) => {
        const world = await live(steps);
        const changes = await changesOf(world, 500);
        assert.deepEqual(await changesOf(world, limit), changes);
        const notices = await noticesOf(world, 200);
        assert.deepEqual(await noticesOf(world, limit), notices);
        const ids = notices.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        const places = changes.map(({ record, place }) => `${record} ${place}`);
        assert.equal(new Set(places).size, places.length);
        const inOrder = notices.every(
          (each, at) => at === 0 || (notices[at - 1]?.record ?? 0) <= each.record,
        );
        assert.ok(inOrder);
        // Nobody is told of what is quiet, and each of the others is told or gathered in a digest.
        const quiet = new Set(world.delivery.notices.quiets().open.map(({ of }) => of));
        assert.ok(notices.every(({ record }) => !quiet.has(record)));
        const gathered = notices.flatMap(({ repeats }) => repeats?.records ?? []);
        assert.equal(new Set(gathered).size, gathered.length);
        const own = new Set(notices.map(({ record }) => record));
        assert.ok(gathered.every((record) => !own.has(record)));
      },
    ),
    { numRuns: 60 },
  );
});

test("what was told once stays where it was, whatever comes later", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 20 }),
      async (steps, cut) => {
        // A quiet takes back what was told before it: that is its purpose.
        const loud = steps.filter(({ kind }) => kind !== "quiet");
        const before = await noticesOf(await live(loud.slice(0, cut)), 50);
        const after = await noticesOf(await live(loud), 50);
        assert.deepEqual(
          after.slice(0, before.length).map(({ id, type }) => [id, type]),
          before.map(({ id, type }) => [id, type]),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test("a page that takes too long ends early, and the next one goes on", async () => {
  const steps = Array.from({ length: 60 }, (_, i): Step => ({
    kind: "decide",
    who: i,
    outcome: "reject",
    late: true,
  }));
  const world = await live(steps);
  const [changes, notices] = [await changesOf(world, 500), await noticesOf(world, 200)];
  world.tickMs = 500;
  const page = await world.delivery.changes.page(-1, 500);
  assert.ok(page.more && page.changes.length < changes.length);
  const first = await world.delivery.notices.page({ record: -1, place: allPlaces }, 200);
  assert.ok(first.more && first.notices.length < notices.length);
  assert.deepEqual(await changesOf(world, 500), changes);
  assert.deepEqual(await noticesOf(world, 200), notices);
});

test("a restriction that another one of its kind takes the place of has changed", async () => {
  const world = new DeliveryWorld(startMs);
  const subject = actorOf("u1");
  const about = {
    ...author,
    reason: "spam",
    of: [],
    subject,
    subjectKind: "actor",
    cause: "manual",
  } as const;
  await world.log.seal({ kind: "measure", ...about, of: [], restrictions: [suspend(1)], ended: [] }, change);
  await world.log.seal(
    { kind: "measure", ...about, of: [], restrictions: [suspend(2)], ended: [suspend(1).id] },
    change,
  );
  await world.log.seal(
    {
      kind: "measure",
      ...about,
      of: [],
      restrictions: [{ id: "r_0000000000000003", kind: "ban" }],
      ended: [suspend(2).id],
    },
    change,
  );
  const changes = (await changesOf(world, 10)).filter(({ record }) => record > 0);
  assert.deepEqual(
    changes.map(({ type, restriction, before }) => [type, restriction?.id, before?.id]),
    [
      ["restrictionStarted", suspend(1).id, undefined],
      ["restrictionChanged", suspend(2).id, suspend(1).id],
      ["restrictionStarted", "r_0000000000000003", undefined],
      ["restrictionEnded", suspend(2).id, undefined],
    ],
  );
});

test("a notice waits as long as the setting says", async () => {
  const world = new DeliveryWorld(startMs);
  world.delayMinutes = 10;
  assert.deepEqual(await noticesOf(world, 10), []);
  world.log.nowMs += 11 * 60_000;
  assert.equal((await noticesOf(world, 10)).length, 1);
});

test("cursors and languages are read as they are meant, and nothing else is", () => {
  for (const text of ["-1", "0", "1832", "1832.57"]) {
    const position = parsePosition(text);
    assert.ok(position !== undefined);
    assert.equal(formatPosition(position), text);
  }
  assert.deepEqual(parsePosition("7"), { record: 7, place: allPlaces });
  for (const text of ["", "x", "1.", ".5", "1.2.3", "1e3", "-2", "9".repeat(17)]) {
    assert.equal(parsePosition(text), undefined, text);
  }
  assert.equal(noticeLanguageOf(undefined, "de-CH"), "de");
  assert.equal(noticeLanguageOf("dev"), "en");
  assert.equal(noticeLanguageOf("DE"), "de");
  assert.equal(noticeLanguageOf("fr", "de"), "de");
  assert.equal(noticeLanguageOf(7, null), "en");
});
