// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { actorOf, DeliveryWorld } from "../delivery/testing/delivery-world.ts";
import { allPlaces } from "../delivery/notice.ts";
import { noticeText } from "../delivery/notice-text.ts";
import { findFloods, poissonTail } from "./floods.ts";
import { ReportDesk } from "./report-desk.ts";

const startMs = Date.UTC(2026, 10, 23, 12);
const author = { by: "operator", role: "operator" } as const;

async function open(): Promise<DeliveryWorld> {
  const world = new DeliveryWorld(startMs);
  world.reportsAnHour = 1000;
  for (let post = 1; post <= 12; post++) {
    const content = { id: `post${post}`, text: "buy now" };
    await world.log.decide(
      { id: `e${post}`, type: "comment", actor: { id: `author${post}` }, content },
      "allow",
      actorOf(`author${post}`),
    );
  }
  return world;
}

function review(
  world: DeliveryWorld,
  of: number,
  finding: "spam" | "notSpam" | "unsure",
): Promise<{ index: number }> {
  return world.log.seal({ kind: "review", ...author, of, task: "report", finding, reason: "looked" });
}

const report = (
  world: DeliveryWorld,
  reporter: string,
  content: string,
  over: object = {},
): ReturnType<ReportDesk["report"]> =>
  world.reports.report("operator", { reporter, content, category: "spam", ...over });

test("reports of a content are one case; each reporter counts once, linked ones as one", async () => {
  const world = await open();
  await report(world, "bob", "post1");
  await report(world, "carol", "post1");
  const again = await report(world, "bob", "post1", { category: "scam" });
  assert.equal(again.repeat, true);
  assert.deepEqual(world.reports.weightOf("h:post1"), {
    reports: 2,
    reporters: 2,
    trusted: 0,
    weightPerMille: 1000,
  });
  for (const [a, b] of [
    ["bob", "carol"],
    ["carol", "bob"],
  ] as const) {
    world.links.set(actorOf(a), [actorOf(b)]);
  }
  assert.deepEqual(world.reports.weightOf(1), { reports: 2, reporters: 1, trusted: 0, weightPerMille: 500 });
  assert.deepEqual(world.reports.weightOf("h:never"), {
    reports: 0,
    reporters: 0,
    trusted: 0,
    weightPerMille: 0,
  });
});

test("policies read what open reports weigh: of a content, and of all contents of an actor", async () => {
  const world = await open();
  await world.log.decide(
    { id: "e13", type: "comment", actor: { id: "author1" }, content: { id: "post13", text: "and more" } },
    "allow",
    actorOf("author1"),
  );
  await report(world, "bob", "post1");
  await report(world, "bob", "post13");
  await report(world, "carol", "post13");
  await report(world, "dave", "post2");
  const author = actorOf("author1");
  const read = (content?: string, atMs = startMs): object => world.reports.readAt(author, content, atMs);
  assert.deepEqual(read(), { actor: 1000, reporters: 2 }, "bob counts once");
  assert.deepEqual(read("h:post13"), { actor: 1000, reporters: 2, content: 1000 });
  assert.deepEqual(read("h:post1"), { actor: 1000, reporters: 2, content: 500 });
  assert.deepEqual(read("h:never"), { actor: 1000, reporters: 2, content: 0 });
  world.links.set(actorOf("bob"), [actorOf("carol")]);
  world.links.set(actorOf("carol"), [actorOf("bob")]);
  assert.deepEqual(read("h:post13"), { actor: 500, reporters: 1, content: 500 });
  assert.deepEqual(world.reports.readAt(actorOf("nobody"), undefined, startMs), { actor: 0, reporters: 0 });
  const month = 31 * 86_400_000;
  assert.deepEqual(read(undefined, startMs + month), { actor: 0, reporters: 0 }, "too long ago");
  const indexOfPost13 = (await world.log.decisions({ content: "h:post13", limit: 1 }))[0]?.index ?? -1;
  await review(world, indexOfPost13, "notSpam");
  assert.deepEqual(read("h:post13"), { actor: 250, reporters: 1, content: 0 }, "bob and carol were wrong");
});

test("what is found makes a reporter's word worth more or less, and is told to them once", async () => {
  const world = await open();
  await report(world, "bob", "post1", { language: "de", text: "das ist Betrug" });
  await report(world, "carol", "post1");
  await report(world, "bob", "post2");
  await review(world, 1, "spam");
  await world.log.seal({ kind: "label", ...author, of: 1, label: "spam", source: "moderator" });
  await review(world, 2, "notSpam");
  const bob = world.reports.reporter(actorOf("bob"));
  assert.deepEqual([bob.reports, bob.right, bob.wrong, bob.precisionPerMille], [2, 1, 1, 500]);
  assert.equal(world.reports.reporter(actorOf("carol")).precisionPerMille, 750);
  assert.equal(world.reports.weightOf("h:post1").reports, 0);
  const { notices } = await world.delivery.notices.page({ record: 0, place: allPlaces }, 50);
  const told = notices.filter(({ type }) => type === "reportResult");
  assert.deepEqual(
    told.map(({ account, language, report: of }) => [account, language, of?.of, of?.finding]),
    [
      ["bob", "de", 1, "spam"],
      ["carol", "en", 1, "spam"],
      ["bob", "en", 2, "notSpam"],
    ],
  );
  assert.match(noticeText(told[0] ?? assert.fail()), /als spam gemeldet.*du hattest recht/);
  // On second thoughts: told again, and what their word is worth follows.
  await review(world, 1, "notSpam");
  assert.deepEqual(
    [world.reports.reporter(actorOf("bob")).right, world.reports.reporter(actorOf("carol")).wrong],
    [0, 1],
  );
});

test("whoever reports what was looked at gains nothing, and is told so", async () => {
  const world = await open();
  await report(world, "bob", "post1");
  await review(world, 1, "spam");
  const late = await report(world, "dora", "post1");
  assert.deepEqual([late.repeat, late.found], [false, "spam"]);
  await world.log.seal({ kind: "label", ...author, of: 1, label: "spam", source: "moderator" });
  assert.equal(world.reports.reporter(actorOf("dora")).right, 0);
  // It waits for somebody again, since the content may have changed.
  assert.equal(world.reports.weightOf("h:post1").reports, 1);
});

test("what Docket does by itself, or a user says, is no finding; revisions share one", async () => {
  const world = await open();
  await report(world, "bob", "post1");
  await world.log.seal({ kind: "label", ...author, of: 1, label: "spam", source: "user" });
  assert.equal(world.reports.weightOf("h:post1").reports, 1);
  const edit = await world.log.decide(
    { id: "edit", type: "comment", op: "edit", actor: { id: "author1" }, content: { id: "post1" } },
    "flag",
    actorOf("author1"),
  );
  world.reports.takeDecision(edit);
  await review(world, edit.index, "spam");
  assert.equal(world.reports.reporter(actorOf("bob")).right, 1);
});

test("reporters are trusted by the app's word, or when theirs were right for certain", async () => {
  const world = await open();
  const marked = await report(world, "agency", "post1", { trusted: true });
  assert.equal(marked.trusted, true);
  assert.deepEqual(
    [world.reports.weightOf("h:post1").trusted, world.reports.weightOf("h:post1").weightPerMille],
    [1, 800],
  );
  for (let post = 1; post <= 12; post++) {
    await report(world, "bob", `post${post}`);
    await review(world, post, "spam");
    // Two of two prove little.
    if (post === 2) assert.equal(world.reports.reporter(actorOf("bob")).trusted, false);
  }
  world.log.nowMs += 1;
  assert.equal(world.reports.reporter(actorOf("bob")).right, 12);
  assert.equal(world.reports.reporter(actorOf("bob")).trusted, false, "12 of 12 is 76% at least");
});

test("a reporter has so many reports an hour, also at once", async () => {
  const world = await open();
  world.reportsAnHour = 3;
  const all = await Promise.allSettled([1, 2, 3, 4, 5].map((post) => report(world, "mob", `post${post}`)));
  assert.equal(all.filter(({ status }) => status === "fulfilled").length, 3);
  const refused = all.filter((each) => each.status === "rejected");
  assert.ok(refused.every(({ reason }) => (reason as { code: string }).code === "report_limit"));
  await assert.rejects(report(world, "mob", "post6"), { code: "report_limit" });
  world.log.nowMs += 3_600_001;
  assert.equal((await report(world, "mob", "post6")).repeat, false);
  assert.deepEqual(world.reports.figures(), { open: 4, reports: 4 });
});

test("the same report twice at once is one", async () => {
  const world = await open();
  const [first, second] = await Promise.all([report(world, "bob", "post1"), report(world, "bob", "post1")]);
  assert.equal(first.index, second.index);
  assert.equal([first, second].filter(({ repeat }) => repeat).length, 1);
});

test("a flood is more than chance explains; busy days are none", async () => {
  const world = await open();
  for (let reporter = 0; reporter < 12; reporter++) await report(world, `mob${reporter}`, "post1");
  for (let post = 2; post <= 12; post++) await report(world, "bob", `post${post}`);
  const [flood, ...others] = world.reports.floods();
  assert.deepEqual(others, []);
  assert.deepEqual([flood?.actor, flood?.reports, flood?.reporters], [actorOf("author1"), 12, 12]);
  assert.equal(flood?.records.length, 12);
  // Where everybody is reported as often, nobody is flooded.
  const busy = Array.from({ length: 200 }, (_, i) => ({
    index: i,
    of: i,
    reporter: `r${i}`,
    category: "spam",
    trusted: false,
    atMs: startMs,
    late: false,
    actor: actorOf(`a${i % 20}`),
  }));
  assert.deepEqual(
    findFloods(busy, () => 500),
    [],
  );
});

test("the tail of the Poisson distribution", () => {
  // 1 - sum of e^-m m^k / k!, k < n, computed by hand.
  assert.ok(Math.abs(poissonTail(1, 1) - (1 - Math.exp(-1))) < 1e-12);
  assert.ok(Math.abs(poissonTail(3, 2) - (1 - Math.exp(-2) * (1 + 2 + 2))) < 1e-12);
  assert.equal(poissonTail(0, 5), 1);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.1, max: 30, noNaN: true }), (n, mean) => {
      const tail = poissonTail(n, mean);
      assert.ok(tail >= 0 && tail <= 1);
      assert.ok(poissonTail(n + 1, mean) <= tail + 1e-12);
    }),
    { numRuns: 100 },
  );
});

test("a restart comes to the same, whatever happened", async () => {
  type Step = { who: number; post: number; what: "report" | "spam" | "notSpam" | "unsure" };
  const step: fc.Arbitrary<Step> = fc.record({
    who: fc.integer({ min: 0, max: 3 }),
    post: fc.integer({ min: 1, max: 4 }),
    what: fc.constantFrom("report", "report", "spam", "notSpam", "unsure"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const world = await open();
      for (const { who, post, what } of steps) {
        if (what === "report") await report(world, `user${who}`, `post${post}`);
        else await review(world, post, what);
      }
      const leaves = await world.log.caseRecords({ kinds: ["report", "review", "verdict"], limit: 1000 });
      const again = new DeliveryWorld(startMs);
      again.log.rows.push(...world.log.rows.slice(1));
      await again.reports.load(leaves);
      for (let post = 1; post <= 4; post++) {
        assert.deepEqual(again.reports.weightOf(`h:post${post}`), world.reports.weightOf(`h:post${post}`));
      }
      for (let who = 0; who < 4; who++) {
        const name = actorOf(`user${who}`);
        assert.deepEqual(again.reports.reporter(name), world.reports.reporter(name));
      }
      assert.deepEqual(again.reports.list(-1, 100, false), world.reports.list(-1, 100, false));
      assert.deepEqual(again.reports.resultsAfter(-1, 100), world.reports.resultsAfter(-1, 100));
    }),
    { numRuns: 30 },
  );
});
