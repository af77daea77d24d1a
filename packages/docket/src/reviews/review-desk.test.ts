// SPDX-License-Identifier: Apache-2.0
// The queue on a real site: who is shown what, what follows from a finding, and each wrong way.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DocketRecord, ReviewFinding } from "@docket/protocol";
import type { DocketError } from "../error.ts";
import { hour, minute, testSite } from "../enforcement/testing/site.ts";
import type { TestSite } from "../enforcement/testing/site.ts";

const one = { by: "k_oneaaaaaaaaaaaaa", role: "reviewer" };
const two = { by: "k_twoaaaaaaaaaaaaa", role: "reviewer" };
const three = { by: "k_threeaaaaaaaaaaa", role: "reviewer" };

const operator = { by: "operator", role: "operator" } as const;
const nothingDrawn = {
  sampleOfAllowedPerMillion: 0,
  sampleOfRefusedPerMillion: 0,
  secondReviewPerMille: 0,
  qualitySamplePerMille: 0,
  claimMinutes: 15,
};
/** What is drawn from now on: nothing, unless it is said. */
async function draw({ opened }: TestSite, settings: Record<string, number> = {}): Promise<void> {
  await opened.settings.change(operator, { ...nothingDrawn, ...settings });
}

let accounts = 0;

async function indexOf(site: TestSite, text: string, account: string = `n${accounts++}`): Promise<number> {
  return (await site.decide(text, account)).index ?? -1;
}

function found(of: number, finding: ReviewFinding): { of: number; finding: ReviewFinding; reason: string } {
  return { of, finding, reason: finding === "spam" ? "spam" : "mistaken" };
}

async function recordsFrom({ opened }: TestSite, from: number): Promise<DocketRecord[]> {
  const records: DocketRecord[] = [];
  const { size } = opened.site.status();
  for (let index = from; index < size; index++) records.push((await opened.site.recorded(index)).record);
  return records;
}

async function outcomeOf({ opened }: TestSite, of: number): Promise<string> {
  return (await opened.enforcement.outcomeOf(of)).outcome;
}

/** Each with accounts of its own, on one site. */
const checks: Record<string, (site: TestSite) => Promise<void>> = {
  "a flag that is spam is removed, and its strike counts: all in one turn": async (site) => {
    const of = await indexOf(site, "odd");
    const { cases, open } = await site.opened.reviews.queue(one.by, { limit: 10 });
    assert.deepEqual(
      [open, cases.map((each) => [each.of, each.outcome, each.fired])],
      [{ flag: 1 }, [[of, "flag", ["comments/odd"]]]],
    );
    const done = await site.opened.reviews.review(one, { ...found(of, "spam"), note: "seen before" });
    const records = await recordsFrom(site, of + 1);
    assert.deepEqual(
      records.slice(0, 3).map(({ kind, index }) => [kind, index]),
      [
        ["review", done.index],
        ["label", done.label],
        ["verdict", done.verdict?.index],
      ],
    );
    assert.equal(done.verdict?.strikes.length, 1);
    assert.equal(await outcomeOf(site, of), "reject");
    assert.deepEqual((await site.opened.reviews.queue(one.by, { limit: 10 })).cases, []);
    assert.equal(await site.opened.site.sitePart(done.index, "change"), '{"v":1,"why":"seen before"}');
    await assert.rejects(site.opened.reviews.review(two, found(of, "notSpam")), { code: "case_closed" });
  },
  "holds are released or removed, refusals restored; nothing follows where nothing is asked": async (
    site,
  ) => {
    const [released, removed] = [await indexOf(site, "later a"), await indexOf(site, "wait b")];
    await site.opened.reviews.review(one, found(released, "notSpam"));
    const done = await site.opened.reviews.review(one, found(removed, "spam"));
    assert.deepEqual([await outcomeOf(site, released), await outcomeOf(site, removed)], ["allow", "reject"]);
    assert.equal(done.verdict?.strikes.length, 1);
    const flag = await indexOf(site, "odd");
    const kept = await site.opened.reviews.review(one, found(flag, "notSpam"));
    assert.deepEqual([kept.verdict, await outcomeOf(site, flag)], [null, "flag"]);
    // What a reviewer says themself goes before what would follow.
    const other = await indexOf(site, "odd");
    const left = await site.opened.reviews.review(one, { ...found(other, "spam"), verdict: "keep" });
    assert.deepEqual([left.verdict, await outcomeOf(site, other)], [null, "flag"]);
    await assert.rejects(site.opened.reviews.review(one, found(999, "spam")), { code: "case_closed" });
    const allowed = await indexOf(site, "hello");
    await assert.rejects(site.opened.reviews.review(one, found(allowed, "spam")), { code: "case_closed" });
    for (const wrong of [{ reason: "Not a code" }, { note: " " }]) {
      const wish = { ...found(flag, "spam"), ...wrong };
      await assert.rejects(site.opened.reviews.review(one, wish), { code: "usage" });
    }
  },
  "samples of what was allowed and refused: a miss is removed, a mistake restored": async (site) => {
    const all = { sampleOfAllowedPerMillion: 1_000_000, sampleOfRefusedPerMillion: 1_000_000 };
    await draw(site, all);
    const [allowed, refused] = [await indexOf(site, "hello"), await indexOf(site, "spam")];
    await site.opened.reviews.review(one, found(allowed, "spam"));
    const done = await site.opened.reviews.review(one, found(refused, "notSpam"));
    assert.equal(done.task, "sample");
    assert.deepEqual([await outcomeOf(site, allowed), await outcomeOf(site, refused)], ["reject", "allow"]);
    // The warning that came of the mistake is over.
    assert.equal(done.verdict?.voided.length, 1);
    assert.equal(done.verdict?.ended.length, 1);
  },
  "a claim keeps others out until it is given back, or its time is over": async (site) => {
    await draw(site, { claimMinutes: 10 });
    const of = await indexOf(site, "odd");
    const { reviews } = site.opened;
    assert.equal(reviews.claim(one.by, of).until, new Date(site.nowMs + 10 * minute).toISOString());
    assert.throws(() => reviews.claim(two.by, of), { code: "case_claimed" });
    await assert.rejects(reviews.review(two, found(of, "spam")), { code: "case_claimed" });
    assert.equal((await reviews.queue(two.by, { limit: 10, unclaimed: true })).cases.length, 0);
    assert.equal((await reviews.queue(two.by, { limit: 10 })).cases[0]?.claim?.by, one.by);
    reviews.release(two.by, of);
    assert.throws(() => reviews.claim(two.by, of), { code: "case_claimed" });
    site.nowMs += 6 * minute;
    reviews.claim(one.by, of);
    site.nowMs += 6 * minute;
    assert.throws(() => reviews.claim(two.by, of), { code: "case_claimed" });
    site.nowMs += 5 * minute;
    reviews.claim(two.by, of);
    reviews.release(two.by, of);
    reviews.claim(one.by, of);
    await reviews.review(one, found(of, "spam"));
    assert.throws(() => reviews.claim(two.by, of), { code: "case_closed" });
  },
  "of two answers to one question at once, one is refused": async (site) => {
    await draw(site);
    const of = await indexOf(site, "odd");
    const both = await Promise.allSettled([
      site.opened.reviews.review(one, found(of, "spam")),
      site.opened.reviews.review(two, found(of, "notSpam")),
    ]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const codes = both.flatMap((each) => (each.status === "rejected" ? [each.reason as DocketError] : []));
    assert.deepEqual(
      codes.map(({ code }) => code),
      ["case_claimed"],
    );
  },
  "a second review is blind, by another, and changes nothing; where they differ a third decides": async (
    site,
  ) => {
    await draw(site, { secondReviewPerMille: 1000 });
    const of = await indexOf(site, "odd");
    await site.opened.reviews.review(one, found(of, "spam"));
    await assert.rejects(site.opened.reviews.review(one, found(of, "spam")), { code: "another_person" });
    const hidden = await site.opened.reviews.page(two.by, of, true);
    assert.deepEqual(hidden.tasks, [{ task: "flag", blind: true }]);
    assert.deepEqual(
      [hidden.blind, hidden.chain, hidden.label, hidden.inForce, hidden.standing],
      [true, [], null, null, null],
    );
    assert.equal(hidden.event?.content?.text, "odd");
    const wish = { ...found(of, "notSpam"), verdict: "restore" } as const;
    await assert.rejects(site.opened.reviews.review(two, wish), { code: "usage" });
    const second = await site.opened.reviews.review(two, found(of, "notSpam"));
    assert.deepEqual([second.blind, second.verdict, second.label], [true, null, null]);
    assert.equal(await outcomeOf(site, of), "reject");
    const seen = await site.opened.reviews.page(three.by, of, false);
    assert.deepEqual(
      seen.chain.map(({ kind, by, finding }) => [kind, by, finding]),
      [
        ["review", one.by, "spam"],
        ["verdict", one.by, undefined],
        ["review", two.by, "notSpam"],
      ],
    );
    assert.deepEqual([seen.label?.label, seen.evidence], ["spam", "unasked"]);
    const third = await site.opened.reviews.review(three, found(of, "notSpam"));
    assert.deepEqual([third.task, await outcomeOf(site, of)], ["quality", "allow"]);
    assert.equal(third.verdict?.voided.length, 1);
  },
  "who reads the evidence is on record, once for each claim; erased evidence is said to be gone": async (
    site,
  ) => {
    const of = await indexOf(site, "odd");
    const openings = async (): Promise<unknown[]> =>
      (await recordsFrom(site, of)).filter(({ kind }) => kind === "opening").map(({ by }) => by);
    await site.opened.reviews.page(one.by, of, false);
    assert.deepEqual(await openings(), []);
    site.opened.reviews.claim(one.by, of);
    await site.opened.reviews.page(one.by, of, true);
    await site.opened.reviews.page(one.by, of, true);
    await site.opened.reviews.page(two.by, of, true);
    assert.deepEqual(await openings(), [one.by, two.by]);
    await assert.rejects(site.opened.reviews.page(one.by, 0, true), { code: "not_found" });
    await assert.rejects(site.opened.reviews.page(one.by, 999, true), { code: "not_found" });
  },
  "what reporters wrote is shown with the content, and what each finding comes to": async (site) => {
    const of = await indexOf(site, "odd");
    const report = { index: of, category: "scam", text: "asks for money" };
    const { index } = await site.opened.reports.report(operator.by, { ...report, reporter: "bob" });
    await site.opened.reports.report(operator.by, {
      index: of,
      category: "spam",
      reporter: "carol",
      trusted: true,
    });
    const unasked = await site.opened.reviews.page(one.by, of, false);
    assert.deepEqual(
      unasked.said.map(({ category, trusted, text }) => [category, trusted, text]),
      [
        ["scam", false, null],
        ["spam", true, null],
      ],
    );
    const { said, follows } = await site.opened.reviews.page(one.by, of, true);
    assert.deepEqual([said[0]?.index, said[0]?.text, said[1]?.text], [index, "asks for money", null]);
    const removed = { verdict: "remove", confirm: true, compensate: false };
    assert.deepEqual(follows, { spam: removed, notSpam: null });
  },
  "a step of a ladder that needs a person is taken, or declined, by one": async (site) => {
    await draw(site);
    const struck = async (account: string): Promise<number> => {
      let last = -1;
      for (let strikes = 0; strikes < 5; strikes++) {
        site.nowMs += 25 * hour;
        last = await indexOf(site, `spam ${strikes}`, account);
      }
      return last;
    };
    const of = await struck("u7");
    const [first] = (await site.opened.reviews.queue(one.by, { limit: 10 })).cases;
    assert.deepEqual([first?.of, first?.tasks], [of, [{ task: "ladder", blind: false }]]);
    const done = await site.opened.reviews.review(one, { ...found(of, "spam"), task: "ladder" });
    assert.equal(done.label, null);
    const { record } = await site.opened.site.recorded(done.measure ?? -1);
    assert.equal(record.kind === "measure" && record.restrictions[0]?.kind, "ban");
    assert.equal((await site.decide("hello", "u7")).outcome, "reject");
    // What is said of the content decides nothing about the measure.
    await draw(site, { sampleOfRefusedPerMillion: 1_000_000 });
    const both = await struck("u9");
    const said = await site.opened.reviews.review(one, found(both, "spam"));
    assert.deepEqual([said.task, said.measure], ["sample", null]);
    await draw(site);
    const declined = await struck("u8");
    const not = await site.opened.reviews.review(one, found(declined, "notSpam"));
    assert.deepEqual([not.task, not.measure], ["ladder", null]);
    assert.equal(
      (await site.decide("hello", "u8")).restrictions.some(({ kind }) => kind === "ban"),
      false,
    );
  },
};

test("the queue on a real site", async (t) => {
  const site = await testSite(t);
  for (const [name, check] of Object.entries(checks)) {
    await t.test(name, async () => {
      await draw(site);
      await check(site);
    });
  }
});

test("the open cases are the same after a restart, claims are not", async (t) => {
  const half = { sampleOfAllowedPerMillion: 500_000, secondReviewPerMille: 500, qualitySamplePerMille: 500 };
  const site = await testSite(t);
  await draw(site, half);
  const texts = ["odd", "wait", "hello", "spam", "later"];
  for (let each = 0; each < 40; each++) {
    site.nowMs += minute;
    const of = await indexOf(site, `${texts[each % texts.length]} ${each}`, `u${each % 9}`);
    const { reviews } = site.opened;
    const task = each % 3 === 0 ? (await reviews.queue(one.by, { limit: 1 })).cases[0] : undefined;
    if (task !== undefined) {
      await reviews.review(one, found(task.of, (["spam", "notSpam", "unsure"] as const)[each % 3] ?? "spam"));
    }
    assert.ok(of > 0);
  }
  const queues = async (): Promise<unknown> =>
    Promise.all([one, two].map(({ by }) => site.opened.reviews.queue(by, { limit: 500 })));
  const before = await queues();
  const [some] = (await site.opened.reviews.queue(two.by, { limit: 1 })).cases;
  site.opened.reviews.claim(two.by, some?.of ?? -1);
  await site.restart();
  assert.deepEqual(await queues(), before);
});

test("statistics: misses and mistakes from samples, and how far two agree", async (t) => {
  const site = await testSite(t);
  await draw(site, { sampleOfAllowedPerMillion: 1_000_000, secondReviewPerMille: 1000 });
  const cases: number[] = [];
  for (let each = 0; each < 12; each++) cases.push(await indexOf(site, `hello ${each}`, `u${each}`));
  const flags: number[] = [];
  for (let each = 0; each < 4; each++) flags.push(await indexOf(site, `odd ${each}`, `v${each}`));
  site.nowMs += hour;
  // Of the twelve allowed ten are looked at, of which two are spam.
  for (const [place, of] of cases.slice(0, 10).entries()) {
    await site.opened.reviews.review(one, found(of, place < 2 ? "spam" : "notSpam"));
  }
  for (const [place, of] of flags.entries()) {
    await site.opened.reviews.review(one, found(of, place < 3 ? "spam" : "notSpam"));
    await site.opened.reviews.review(two, found(of, place < 2 ? "spam" : "notSpam"));
  }
  const period = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  const figures = await site.opened.reviews.statistics(period);
  const { missed } = figures;
  assert.deepEqual(
    [missed.population, missed.drawn, missed.judged, missed.hits, missed.share],
    [12, 12, 10, 2, 0.2],
  );
  // Two of three were found to be spam by both, one by the first alone, one by neither.
  assert.deepEqual([figures.agreement.cases, figures.agreement.observed], [4, 0.75]);
  assert.equal(figures.agreement.kappa, 0.5);
  assert.deepEqual(
    figures.pairs.map(({ first, second, cases: both }) => [first, second, both]),
    [[one.by, two.by, 4]],
  );
  assert.deepEqual(
    figures.byReviewer.map(({ by, agreement }) => [by, agreement.cases, agreement.kappa]),
    [
      [one.by, 4, 0.5],
      [two.by, 4, 0.5],
    ],
  );
  assert.deepEqual(
    figures.rules.map(({ rule, right }) => [rule, right.count, right.of]),
    [["comments/odd", 2, 4]],
  );
  assert.equal(figures.queueTime.cases, 14);
  assert.deepEqual(figures.byTask.flag, { spam: 5, notSpam: 3, unsure: 0 });
});
