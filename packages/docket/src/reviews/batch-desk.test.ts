// SPDX-License-Identifier: Apache-2.0
// Corrections of many decisions: what is selected, who must approve, what a crash and a stop leave, and each
// wrong way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DocketError } from "../error.ts";
import type { BatchPreview, BatchWish } from "./batch-contract.ts";
import { actorNamed, timeOf } from "./testing/memory-views.ts";
import { ReviewWorld } from "./testing/review-world.ts";

const one = { by: "k_oneaaaaaaaaaaaaa", role: "reviewer" };
const two = { by: "k_twoaaaaaaaaaaaaa", role: "admin" };
const links = { fired: ["p/links"], rules: ["links"] };

async function openWorld(cap: number = 100): Promise<ReviewWorld> {
  const world = new ReviewWorld();
  world.settings = { ...world.settings, bulkCap: cap };
  for (const { by, role } of [one, two]) world.keys.set(by, { role, madeAt: -1 });
  await world.open();
  return world;
}

function revert(more: Partial<BatchWish> = {}): BatchWish {
  return { batch: "revert", rule: "links", reason: "policy-changed", ...more };
}

function codeOf(code: string): { code: string } {
  return { code };
}

function shortOf({ count, looked, leftOut, verdicts }: BatchPreview): unknown {
  return { count, looked, leftOut, verdicts };
}

test("a revert takes back what the rule did, and leaves what stands on other ground", async () => {
  const world = await openWorld();
  const [refused, held] = [
    world.decide({ ...links, outcome: "reject" }),
    world.decide({ ...links, outcome: "hold" }),
  ];
  const flagged = world.decide({ ...links, outcome: "flag" });
  const struck = world.decide({ ...links, outcome: "flag", restrictions: 1, actor: actorNamed("b") });
  const both = world.decide({ fired: ["p/links", "p/words"], outcome: "reject" });
  const weaker = world.decide({ fired: ["p/links", "p/words"], outcome: "reject" });
  const fact = { policy: "p", mode: "enforce", clauses: "t" } as const;
  world.fired.set(both, [{ ...fact, rule: "words", outcome: "reject" }]);
  world.fired.set(weaker, [{ ...fact, rule: "words", outcome: "flag" }]);
  world.decide({ ...links, outcome: "reject", refusedBy: "r_x" });
  world.decide({ fired: ["p/links:shadow"], outcome: "allow" });
  world.decide({ fired: ["p/words"], outcome: "reject" });
  const reviewed = world.decide({ ...links, outcome: "reject" });
  const wish = { of: reviewed, verdict: "restore", cause: "dispute" } as const;
  await world.seal({
    kind: "verdict",
    ...two,
    ...wish,
    actor: actorNamed("a"),
    restrictions: [],
    ended: [],
    reason: "mistaken",
  });
  const preview = await world.opened.batches.preview(one, revert());
  assert.deepEqual(shortOf(preview), {
    count: 4,
    looked: 8,
    leftOut: { unchanged: 1, otherRule: 1, restricted: 1, reviewed: 1 },
    verdicts: { restore: 2, release: 1, keep: 1 },
  });
  assert.deepEqual(
    [preview.actors, preview.needsSecondPerson, preview.selection],
    [2, false, "rule p/links"],
  );
  assert.deepEqual(
    preview.examples.map(({ of, verdict }) => [of, verdict]),
    [
      [refused, "restore"],
      [held, "release"],
      [struck, "keep"],
      [weaker, "restore"],
    ],
  );
  assert.ok(flagged > 0);
  const begun = await world.opened.batches.begin(one, revert({ note: "the rule was wrong" }));
  await world.opened.batches.ended(begun.index);
  const { status, made, passed } = await world.opened.batches.batch(begun.index);
  assert.deepEqual([status, made, passed], ["done", 4, 0]);
  const sealed = world.verdicts().slice(1);
  assert.deepEqual(
    sealed.map(({ of, verdict, for: batch, cause, by }) => [of, verdict, batch, cause, by]),
    [
      [refused, "restore", begun.index, "revert", one.by],
      [held, "release", begun.index, "revert", one.by],
      [struck, "keep", begun.index, "revert", one.by],
      [weaker, "restore", begun.index, "revert", one.by],
    ],
  );
  // Done twice it changes nothing.
  await assert.rejects(world.opened.batches.begin(one, revert()), codeOf("batch_conflict"));
});

test("what is selected: a period, a release, a name that is either", async () => {
  const world = await openWorld();
  const other = "Bcdefghi".padEnd(43, "B");
  for (let each = 0; each < 4; each++) world.decide({ ...links, outcome: "reject" });
  world.decide({ fired: ["p/words"], outcome: "reject", release: other });
  const count = async (wish: BatchWish): Promise<number> =>
    (await world.opened.batches.preview(one, wish)).count;
  const [from, to] = [new Date(timeOf(1)).toISOString(), new Date(timeOf(3)).toISOString()];
  assert.equal(await count(revert({ from, to })), 2);
  assert.equal(await count(revert({ rule: "p/links" })), 4);
  assert.equal(await count(revert({ rule: undefined, target: "links" })), 4);
  assert.equal(await count(revert({ rule: undefined, target: "Bcdefg" })), 1);
  assert.equal(await count(revert({ rule: undefined, release: other })), 1);
  const wrong: [Partial<BatchWish>, string][] = [
    [{ rule: "nothing" }, "not_found"],
    [{ rule: undefined }, "usage"],
    [{ rule: undefined, target: "Bcd" }, "not_found"],
    [{ from: "yesterday" }, "usage"],
    [{ from: to, to: from }, "usage"],
    [{ reason: "Not a code" }, "usage"],
    [{ note: " " }, "usage"],
    [{ rule: undefined, of: 0 }, "not_found"],
  ];
  for (const [more, code] of wrong) {
    await assert.rejects(world.opened.batches.preview(one, revert(more)), codeOf(code), JSON.stringify(more));
  }
  await assert.rejects(world.opened.batches.batch(0), codeOf("not_found"));
});

test("over the cap another person approves, and what one person does in a day counts together", async () => {
  const world = await openWorld(3);
  for (let each = 0; each < 4; each++) world.decide({ ...links, outcome: "reject" });
  const { batches } = world.opened;
  assert.equal((await batches.preview(one, revert())).needsSecondPerson, true);
  const pending = await batches.begin(one, revert());
  assert.deepEqual([pending.status, world.verdicts().length], ["pending", 0]);
  await assert.rejects(batches.approve(one, pending.index), codeOf("another_person"));
  const late = { by: "k_lateaaaaaaaaaaaa", role: "admin" };
  await assert.rejects(batches.approve(late, pending.index), codeOf("another_person"));
  world.keys.set(late.by, { role: "admin", madeAt: pending.index + 1 });
  await assert.rejects(batches.approve(late, pending.index), codeOf("another_person"));
  const approved = await batches.approve(two, pending.index);
  assert.equal(approved.approvedBy, two.by);
  await batches.ended(pending.index);
  assert.equal((await batches.batch(pending.index)).made, 4);
  await assert.rejects(batches.approve(two, pending.index), codeOf("batch_conflict"));
  await assert.rejects(batches.stop(two, pending.index), codeOf("batch_conflict"));
  // Three at a time, but not twice a day.
  const words = revert({ rule: "words" });
  world.nowMs = timeOf(world.views.size);
  for (let each = 0; each < 2; each++) world.decide({ fired: ["p/words"], outcome: "reject" });
  assert.equal((await batches.begin(one, words)).status, "running");
  for (let each = 0; each < 2; each++) world.decide({ fired: ["p/words"], outcome: "reject" });
  const second = await batches.preview(one, words);
  assert.deepEqual([second.alone, second.needsSecondPerson], [2, true]);
  assert.equal((await batches.preview(two, words)).needsSecondPerson, false);
  world.nowMs += 86_400_000 * 2;
  assert.equal((await batches.preview(one, words)).needsSecondPerson, false);
});

test("a batch that was stopped or interrupted goes on where its records end", async () => {
  const world = await openWorld();
  for (let each = 0; each < 30; each++) world.decide({ ...links, outcome: "reject" });
  let left = 10;
  const closed = new DocketError("log_closed", "the disk is full");
  world.beforeVerdict = () => {
    if (left-- <= 0) throw closed;
  };
  const { index } = await world.opened.batches.begin(one, revert());
  await world.opened.batches.ended(index);
  const stands = await world.opened.batches.batch(index);
  assert.deepEqual([stands.status, stands.made, stands.fault], ["running", 10, "the disk is full"]);
  world.beforeVerdict = () => undefined;
  await world.open();
  await world.opened.batches.ended(index);
  const done = await world.opened.batches.batch(index);
  assert.deepEqual([done.status, done.made], ["done", 30]);
  const of = world.verdicts().map((verdict) => verdict.of);
  assert.equal(new Set(of).size, of.length);
});

test("a batch is stopped: nothing is made after the record that says so", async () => {
  const world = await openWorld();
  for (let each = 0; each < 40; each++) world.decide({ ...links, outcome: "reject" });
  const { batches } = world.opened;
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  world.beforeVerdict = () => (begun++ < 12 ? undefined : promise);
  const { index } = await batches.begin(one, revert());
  const stopping = batches.stop(two, index);
  resolve();
  const stopped = await stopping;
  const made = world.verdicts().length;
  assert.deepEqual([stopped.status, stopped.made], ["stopped", made]);
  assert.ok(made < 40);
  assert.equal(world.views.records.at(-1)?.record.kind, "batch-step");
  const { index: pending } = await batches.begin({ ...one, by: two.by }, revert());
  await batches.ended(pending);
  assert.equal(world.verdicts().length, 40);
});

test("what changed since the preview is passed over, and a busy log is waited for", async () => {
  const world = await openWorld();
  const cases = Array.from({ length: 6 }, () => world.decide({ ...links, outcome: "reject" }));
  let busy = 3;
  world.beforeVerdict = async ({ of, cause }) => {
    if (cause !== "revert") return;
    if (of === cases[5] && !world.verdicts().some((verdict) => verdict.of === of)) {
      // Somebody restores it in this moment.
      await world.seal({
        kind: "verdict",
        ...two,
        of,
        actor: actorNamed("a"),
        verdict: "restore",
        cause: "manual",
        restrictions: [],
        ended: [],
        reason: "mistaken",
      });
    }
    if (busy-- > 0) throw new DocketError("overloaded", "too much waits");
  };
  const { index } = await world.opened.batches.begin(one, revert());
  await world.opened.batches.ended(index);
  const { status, made, passed } = await world.opened.batches.batch(index);
  assert.deepEqual([status, made, passed], ["done", 5, 1]);
});

test("a batch is taken back by another, but for what was judged since", async () => {
  const world = await openWorld();
  const cases = Array.from({ length: 3 }, () => world.decide({ ...links, outcome: "reject" }));
  const held = [
    world.decide({ ...links, outcome: "hold" }),
    world.decide({ ...links, outcome: "hold", otherwise: "reject" }),
  ];
  const { index } = await world.opened.batches.begin(one, revert());
  await world.opened.batches.ended(index);
  const who = { ...two, actor: actorNamed("a"), restrictions: [], ended: [], reason: "spam" };
  await world.seal({ kind: "verdict", ...who, of: cases[0] ?? -1, verdict: "remove", cause: "review" });
  const back = { batch: "revert", of: index, reason: "mistaken" } as const;
  const preview = await world.opened.batches.preview(one, back);
  assert.deepEqual(shortOf(preview), {
    count: 3,
    looked: 5,
    leftOut: { overtaken: 1, irreversible: 1 },
    verdicts: { remove: 3 },
  });
  const { index: second } = await world.opened.batches.begin(one, back);
  await world.opened.batches.ended(second);
  assert.deepEqual((await world.opened.batches.batch(index)).revertedBy, [second]);
  const after = world.verdicts().filter((verdict) => verdict.for === second);
  assert.deepEqual(
    after.map(({ of }) => of),
    [cases[1], cases[2], held[1]],
  );
  // And that one by a third.
  const { index: third } = await world.opened.batches.begin(one, { ...back, of: second });
  await world.opened.batches.ended(third);
  assert.equal((await world.opened.batches.batch(third)).made, 3);
});

test("a batch that has not ended is not taken back", async () => {
  const world = await openWorld(1);
  for (let each = 0; each < 3; each++) world.decide({ ...links, outcome: "reject" });
  const { index } = await world.opened.batches.begin(one, revert());
  const back = { batch: "revert", of: index, reason: "mistaken" } as const;
  await assert.rejects(world.opened.batches.preview(one, back), codeOf("batch_conflict"));
  assert.equal((await world.opened.batches.stop(one, index)).status, "stopped");
  await assert.rejects(world.opened.batches.begin(one, back), codeOf("batch_conflict"));
});

test("a sweep removes what a rule would refuse now, or what belongs to a campaign", async () => {
  const world = await openWorld();
  const [shown, held] = [world.decide({ campaign: "c1" }), world.decide({ outcome: "hold", campaign: "c1" })];
  const refused = world.decide({ outcome: "reject", campaign: "c1" });
  const restored = world.decide({ outcome: "reject", campaign: "c1" });
  const who = { ...two, actor: actorNamed("a"), restrictions: [], ended: [], reason: "mistaken" };
  await world.seal({ kind: "verdict", ...who, of: restored, verdict: "restore", cause: "dispute" });
  // Found to be no spam: nothing followed from it, and it counts all the same.
  const looked = world.decide({ outcome: "flag" });
  const found = { task: "flag", finding: "notSpam", reason: "mistaken" } as const;
  await world.seal({ kind: "review", ...two, of: looked, ...found });
  const upheld = world.decide({ outcome: "flag" });
  const complaint = await world.seal({
    kind: "dispute",
    by: "token",
    of: upheld,
    actor: actorNamed("a"),
    via: "token",
  });
  const end = { of: complaint.index, ruling: "upheld", reason: "spam" } as const;
  await world.seal({ kind: "ruling", ...two, ...end });
  world.refusedNow = [shown, refused, restored, looked, upheld].map((index) => ({
    index,
    outcome: "reject",
  }));
  const sweep = { batch: "sweep", reason: "spam" } as const;
  const byRule = await world.opened.batches.preview(one, { ...sweep, rule: "links" });
  assert.deepEqual(shortOf(byRule), {
    count: 1,
    looked: 5,
    leftOut: { unchanged: 1, reviewed: 3 },
    verdicts: { remove: 1 },
  });
  const all = await world.opened.batches.preview(one, { ...sweep, rule: "links", reviewed: true });
  assert.equal(all.count, 4);
  const { index } = await world.opened.batches.begin(one, { ...sweep, campaign: "c1" });
  await world.opened.batches.ended(index);
  assert.deepEqual(
    world
      .verdicts()
      .slice(1)
      .map(({ of, verdict, cause }) => [of, verdict, cause]),
    [
      [shown, "remove", "sweep"],
      [held, "remove", "sweep"],
    ],
  );
  await assert.rejects(world.opened.batches.preview(one, sweep), codeOf("usage"));
  await assert.rejects(world.opened.batches.preview(one, { ...sweep, rule: "gone" }), codeOf("not_found"));
});

test("many cases of the queue are decided at once, each with its review, label and verdict", async () => {
  const world = await openWorld();
  const flags = Array.from({ length: 5 }, (_, each) =>
    world.decide({ outcome: "flag", campaign: each < 3 ? "c1" : "c2" }),
  );
  const bulk = { batch: "bulk", finding: "spam", reason: "spam" } as const;
  for (const wrong of [{ ...bulk, finding: undefined, task: "flag" as const }, bulk]) {
    await assert.rejects(world.opened.batches.preview(one, wrong), codeOf("usage"));
  }
  const named = await world.opened.batches.preview(one, { ...bulk, indexes: [...flags, 999] });
  assert.deepEqual([named.count, named.leftOut], [5, { closed: 1 }]);
  const { index } = await world.opened.batches.begin(one, { ...bulk, task: "flag", campaign: "c1" });
  await world.opened.batches.ended(index);
  const after = world.views.records.filter(({ record }) => record.index > index);
  assert.deepEqual(
    after.slice(0, 3).map(({ record }) => record.kind),
    ["review", "label", "verdict"],
  );
  assert.deepEqual(
    world.verdicts().map(({ of, cause }) => [of, cause]),
    flags.slice(0, 3).map((of) => [of, "review"]),
  );
  const rest = await world.opened.reviews.queue(one.by, { limit: 10 });
  assert.deepEqual(
    rest.cases.map(({ of }) => of).sort((a, b) => a - b),
    flags.slice(3),
  );
  const { index: clean } = await world.opened.batches.begin(one, {
    ...bulk,
    task: "flag",
    finding: "notSpam",
  });
  await world.opened.batches.ended(clean);
  // Nothing follows from it, but that somebody looked.
  assert.deepEqual([(await world.opened.batches.batch(clean)).made, world.verdicts().length], [2, 3]);
  assert.deepEqual((await world.opened.reviews.queue(one.by, { limit: 10 })).cases, []);
});
