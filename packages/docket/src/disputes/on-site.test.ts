// SPDX-License-Identifier: Apache-2.0
// Disputes on a real site: its log, keys, enforcement and releases.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DisputeCase } from "./contract.ts";
import { day, testSite } from "../enforcement/testing/site.ts";
import type { TestSite } from "../enforcement/testing/site.ts";

const reviewer = { by: "k_reviewerxxxxxxxx", role: "reviewer" } as const;
const told = { en: "We looked again: it was not spam.", de: "Wir haben es noch einmal angesehen." };

async function tokenOf({ opened }: TestSite, index: number | undefined): Promise<string> {
  const given = await opened.disputes.tokenFor(index ?? -1);
  assert.ok(given);
  return given.token;
}

function restrictionsOf(site: TestSite, actor: string): string[] {
  const { restrictions } = site.opened.enforcement.standingOf(actor, site.nowMs);
  return restrictions.map(({ kind }) => kind);
}

void test("overturning undoes what the ladder made of a decision; the case page has all of it", async (t) => {
  const site = await testSite(t);
  await site.decide("spam one");
  await site.decide("spam two");
  const third = await site.decide("spam three");
  const actor = third.actor ?? "";
  assert.ok(restrictionsOf(site, actor).includes("suspend"));
  const refused = await site.decide("a friendly word");
  assert.equal(refused.outcome, "reject");

  const token = await tokenOf(site, third.index);
  const { disputes } = site.opened;
  const view = await disputes.viewByToken(token, "de");
  assert.equal(view.explanation?.reasons[0]?.text, "Kein Spam, bitte.");
  const { dispute, receipt } = await disputes.openByToken(token, {
    text: "I only quoted it.",
    language: "en",
  });
  assert.match(receipt.proof, /^c2sp\.org\/tlog-proof@v1\n/);
  const page = await disputes.look(dispute, reviewer, "en");
  assert.equal(page.texts[0]?.text?.text, "I only quoted it.");
  assert.equal(page.decision?.content?.content?.text, "spam three");
  assert.equal(page.decision?.explanation?.fired[0]?.rule, "spam");
  assert.match(page.decision?.rules[0]?.text ?? "", /^- id: spam\n {2}when: signals\.normalised/);
  assert.equal(page.standingThen?.strikes, 2);
  assert.ok(page.standingNow.restrictions.some(({ kind }) => kind === "suspend"));

  const done = await disputes.rule(reviewer, dispute, { ruling: "overturned", reason: "mistaken", told });
  assert.ok(done.consequences.some(({ index }) => index === refused.index));
  assert.ok(!restrictionsOf(site, actor).includes("suspend"));
  assert.equal((await site.decide("a friendly word again")).outcome, "allow");
  const after = await disputes.look(dispute, undefined, "en");
  assert.equal(after.decision?.outcome.outcome, "allow");
  assert.deepEqual(
    after.consequences?.map(({ index }) => index),
    [refused.index],
  );
  assert.deepEqual(
    after.chain.map(({ kind }) => kind),
    ["dispute", "ruling", "label", "verdict"],
  );
  const shown = await disputes.viewByToken(token, "en");
  assert.deepEqual(shown.ruling?.told, told);
  const withoutTimes = ({ standingNow, ...rest }: DisputeCase): unknown => [rest, standingNow.strikes];
  await site.restart();
  assert.deepEqual(await site.opened.disputes.viewByToken(token, "en"), shown);
  const again = await site.opened.disputes.look(dispute, undefined, "en");
  assert.deepEqual(withoutTimes(again), withoutTimes(after));
  // Records are sealed by the machine's clock, whatever the site's says.
  const { ended } = await site.opened.disputes.statistics(0, Math.max(site.nowMs, Date.now()) + day);
  assert.equal(ended.overturned, 1);
});

void test("a measure by hand is disputed, and only shortened", async (t) => {
  const site = await testSite(t);
  const { actor = "" } = await site.decide("hello");
  const other = { by: "k_otherxxxxxxxxxxx", role: "reviewer" } as const;
  const measure = await site.opened.enforcement.measure(other, {
    subject: { kind: "actor", actor },
    restrictions: [{ kind: "suspend", forMs: 30 * day }],
    reason: "spam",
  });
  const { disputes } = site.opened;
  const opened = await disputes.openByToken(await tokenOf(site, measure.index), { text: "Too long." });
  const ends = measure.restrictions.map(({ id }) => id);
  const modify = { ends, restrictions: [{ kind: "suspend", forMs: day }] } as const;
  const wish = { ruling: "modified", reason: "user-error", told, modify } as const;
  await assert.rejects(disputes.rule(other, opened.dispute, wish), { code: "another_person" });
  const preview = await disputes.previewRuling(reviewer, opened.dispute, wish);
  assert.deepEqual(preview.measure?.ended, ends);
  await disputes.rule(reviewer, opened.dispute, wish);
  assert.deepEqual(restrictionsOf(site, actor), ["suspend"]);
  site.nowMs += 2 * day;
  assert.deepEqual(restrictionsOf(site, actor), []);
});

void test("a limit for abuse keeps out further disputes until it ends", async (t) => {
  const site = await testSite(t);
  const open = async (text: string): Promise<number> => {
    const { index } = await site.decide(`spam ${text}`, "abuser");
    return (await site.opened.disputes.openByToken(await tokenOf(site, index), { text })).dispute;
  };
  const { disputes } = site.opened;
  await disputes.answerAbuse(reviewer, await open("a"), { step: "warn", days: 90 });
  site.nowMs += 1000;
  await disputes.answerAbuse(reviewer, await open("b"), { step: "limit", days: 30 });
  await assert.rejects(open("c"), { code: "dispute_limited" });
  await site.restart();
  await assert.rejects(open("d"), { code: "dispute_limited" });
  site.nowMs += 31 * day;
  assert.ok(await open("e"));
});

void test("who approved a step doesn't decide on it; a reviewer's removal is undone", async (t) => {
  const site = await testSite(t);
  const approver = { by: "k_approverxxxxxxxx", role: "reviewer" } as const;
  const { enforcement, disputes } = site.opened;
  const flagged = await site.decide("odd", "u2");
  const removal = await enforcement.verdict(approver, {
    of: flagged.index ?? -1,
    verdict: "remove",
    cause: "review",
    reason: "spam",
    confirm: true,
  });
  const actor = flagged.actor ?? "";
  assert.equal(enforcement.standingOf(actor, site.nowMs).strikes.length, 1);
  const opened = await disputes.openByToken(await tokenOf(site, removal.index), { text: "It isn't odd." });
  const wish = { ruling: "overturned", reason: "mistaken", told } as const;
  await assert.rejects(disputes.rule(approver, opened.dispute, wish), { code: "another_person" });
  const done = await disputes.rule(reviewer, opened.dispute, wish);
  assert.equal(done.verdict?.outcome, "allow");
  assert.deepEqual(enforcement.standingOf(actor, site.nowMs).strikes, []);

  let last = await site.decide("spam 1", "u3");
  for (let times = 2; times <= 5; times++) {
    // A suspended account's events give no strikes: it waits until it may go on.
    site.nowMs += 25 * 3_600_000;
    last = await site.decide(`spam ${times}`, "u3");
  }
  const step = await enforcement.takeSteps(approver, { of: last.index ?? -1, reason: "ladder" });
  assert.deepEqual(
    step.restrictions.map(({ kind }) => kind),
    ["ban"],
  );
  for (const index of [step.index, last.index]) {
    const { dispute } = await disputes.openByToken(await tokenOf(site, index), { text: "No." });
    await assert.rejects(disputes.rule(approver, dispute, wish), { code: "another_person" });
  }
  const [ofStep] = disputes.list("open", 0, 10).disputes;
  const undone = await disputes.rule(reviewer, ofStep?.dispute ?? -1, wish);
  assert.deepEqual(
    undone.measure?.ended,
    step.restrictions.map(({ id }) => id),
  );
});
