// SPDX-License-Identifier: Apache-2.0
// What goes out of a real site: changes, chains, confirmations, notices, and webhooks that survive restarts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { day, hour, minute, testSite } from "../src/enforcement/testing/site.ts";
import type { TestSite } from "../src/enforcement/testing/site.ts";
import type { ChangePage } from "../src/delivery/contract.ts";
import { allPlaces } from "../src/delivery/notice.ts";
import type { Notice } from "../src/delivery/notice.ts";
import { noticePage, noticeText } from "../src/delivery/notice-text.ts";
import { Receiver, verifies } from "../src/delivery/testing/receiver.ts";

/** A site whose clock is where that of its log is: what is sealed has the real time. */
async function openSite(t: TestContext): Promise<TestSite> {
  const site = await testSite(t);
  site.nowMs = Date.now();
  return site;
}

const operator = { by: "operator", role: "operator" } as const;
const fromStart = { record: -1, place: allPlaces };

async function allChanges({ opened }: TestSite, limit = 500): Promise<ChangePage["changes"]> {
  const changes: ChangePage["changes"] = [];
  for (let after = -1, more = true; more;) {
    const page = await opened.delivery.changes.page(after, limit);
    changes.push(...page.changes);
    ({ next: after, more } = page);
  }
  return changes;
}

async function allNotices({ opened }: TestSite, limit = 200): Promise<Notice[]> {
  const notices: Notice[] = [];
  let after = fromStart;
  for (let more = true; more;) {
    const page = await opened.delivery.notices.seedsAfter(after, limit);
    const each = await opened.delivery.notices.page(after, limit);
    notices.push(...each.notices);
    after = page.upTo;
    ({ more } = page);
  }
  return notices;
}

const said = (changes: ChangePage["changes"]): unknown[] =>
  changes.map(({ record, type, cause, content, subject, restriction }) => [
    record,
    type,
    cause,
    content?.id ?? null,
    subject.account,
    restriction !== null && "kind" in restriction ? restriction.kind : null,
  ]);

test("changes come in the order of the log, at any size of page, before and after a restart", async (t) => {
  const site = await openSite(t);
  const flagged = await site.decide("odd", "u2");
  const held = await site.decide("later", "u3");
  const refused = await site.decide("spam");
  await site.decide("spam");
  const { enforcement } = site.opened;
  const wish = { of: refused.index as number, cause: "review", reason: "mistaken" } as const;
  const restored = await enforcement.verdict(operator, { ...wish, verdict: "restore", compensate: true });
  const removed = await enforcement.verdict(operator, {
    of: flagged.index as number,
    cause: "review",
    verdict: "remove",
    reason: "spam",
  });
  const released = await enforcement.verdict(operator, {
    of: held.index as number,
    cause: "review",
    verdict: "release",
    reason: "mistaken",
  });
  const changes = await allChanges(site);
  assert.deepEqual(
    changes.map(({ type }) => type).filter((type) => !type.startsWith("restriction")),
    ["restored", "removed", "released"],
  );
  const of = (record: number): unknown[] => said(changes).filter((each) => (each as unknown[])[0] === record);
  assert.deepEqual(of(refused.index as number), [
    [refused.index, "restrictionStarted", "decision", null, "u1", "warn"],
  ]);
  assert.deepEqual(of(restored.index)[0], [restored.index, "restored", "review", "c-e2", "u1", null]);
  assert.deepEqual(of(removed.index), [[removed.index, "removed", "review", "c-e0", "u2", null]]);
  assert.deepEqual(of(released.index), [[released.index, "released", "review", "c-e1", "u3", null]]);
  // The throttle of the second strike had no other ground than the two.
  assert.ok(changes.some(({ record, type }) => record === restored.index && type === "restrictionEnded"));
  assert.deepEqual(said(await allChanges(site, 1)), said(changes));
  await site.restart();
  assert.deepEqual(said(await allChanges(site, 2)), said(changes));
});

test("what was decided late and refused is a removal; a restriction that is over is told", async (t) => {
  const site = await openSite(t);
  const event = {
    id: "spooled",
    type: "comment",
    actor: { id: "u9" },
    content: { id: "c9", revision: 2, text: "spam" },
  };
  const how = { dryRun: false, by: "operator", source: "http", receivedMs: site.nowMs, late: true } as const;
  const decided = await site.opened.site.decide({ event, ...how });
  const [removed, warned] = await allChanges(site);
  assert.equal(removed?.type, "removed");
  assert.equal(removed?.cause, "late");
  assert.deepEqual(removed?.content, {
    decision: decided.index,
    event: "spooled",
    id: "c9",
    revision: 2,
    type: "comment",
  });
  assert.equal(warned?.type, "restrictionStarted");
  await site.decide("loud", "u8");
  const loud = (await allChanges(site)).at(-1);
  site.nowMs += 31 * minute;
  // What is over is sealed by a timer.
  const { next } = await site.opened.delivery.changes.page(-1, 500);
  await site.restart();
  await site.opened.delivery.changes.page(next, 10, 20_000);
  const ended = (await allChanges(site)).find(({ type }) => type === "restrictionEnded");
  assert.equal(ended?.cause, "lapse");
  assert.deepEqual(ended?.restriction, loud?.restriction);
  assert.equal(ended?.subject.account, "u8");
});

test("the outcome in force is the last of a content's chain", async (t) => {
  const site = await openSite(t);
  const { site: log, delivery, enforcement } = site.opened;
  const how = { dryRun: false, by: "operator", source: "http", receivedMs: site.nowMs } as const;
  const revise = (id: string, revision: number, text: string): ReturnType<typeof log.decide> =>
    log.decide({
      event: {
        id,
        type: "comment",
        op: "edit",
        actor: { id: "u1" },
        content: { id: "post", revision, text },
      },
      ...how,
    });
  const first = await revise("a", 1, "hello");
  assert.equal((await delivery.content("post")).outcome, "allow");
  const second = await revise("b", 2, "spam");
  assert.deepEqual(await delivery.content("post").then(({ outcome, by }) => [outcome, by]), [
    "reject",
    second.index,
  ]);
  const restored = await enforcement.verdict(operator, {
    of: second.index as number,
    verdict: "restore",
    cause: "review",
    reason: "mistaken",
  });
  const kept = await enforcement.verdict(operator, {
    of: second.index as number,
    verdict: "keep",
    cause: "review",
    reason: "mistaken",
  });
  const state = await delivery.content("post");
  assert.deepEqual([state.outcome, state.by], ["allow", restored.index]);
  assert.deepEqual(
    state.chain.map(({ record, kind }) => [record, kind]),
    [
      [first.index, "decision"],
      [second.index, "decision"],
      [restored.index, "verdict"],
      [kept.index, "verdict"],
    ],
  );
  await assert.rejects(delivery.content("never"), { code: "not_found" });
});

test("the app confirms what it did; what it has not confirmed in time shows", async (t) => {
  const site = await openSite(t);
  const [first, second] = [await site.decide("spam", "u1"), await site.decide("loud", "u2")];
  const allowed = await site.decide("hello", "u3");
  const { changes } = site.opened.delivery;
  assert.deepEqual((await changes.unconfirmed(-1, 10)).orders, []);
  assert.equal((await changes.unconfirmed(-1, 10)).waiting, 2);
  site.nowMs += 2 * hour;
  const late = await changes.unconfirmed(-1, 1);
  assert.deepEqual(
    [late.overdue, late.orders.map(({ record }) => record), late.next],
    [2, [first.index], first.index],
  );
  const done = await changes.confirm("operator", [first.index as number, first.index as number]);
  assert.deepEqual(done.of, [first.index]);
  assert.deepEqual(
    (await changes.unconfirmed(-1, 10)).orders.map(({ record }) => record),
    [second.index],
  );
  assert.equal(changes.figures().overdue, 1);
  const [change] = (await changes.page(-1, 10)).changes;
  assert.equal(change?.applied?.record, done.index);
  for (const wrong of [[], [allowed.index as number], [9999], [done.index]]) {
    await assert.rejects(changes.confirm("operator", wrong), (error: { code?: string }) =>
      ["usage", "not_found"].includes(String(error.code)),
    );
  }
  await site.restart();
  const { delivery } = site.opened;
  assert.ok(
    (await delivery.changes.unconfirmed(-1, 10)).orders.every(({ record }) => record !== first.index),
  );
});

test("whoever waits for a change is told of it when it comes, and of none after their time", async (t) => {
  const site = await openSite(t);
  await site.decide("hello");
  const { changes } = site.opened.delivery;
  const { next } = await changes.page(-1, 10);
  const waiting = changes.page(next, 10, 20_000);
  await site.decide("spam");
  assert.equal((await waiting).changes.length, 1);
  const nothing = await changes.page((await waiting).next, 10, 20);
  assert.deepEqual(nothing.changes, []);
});

test("a notice says what, why, until when and how it is proved; repeats are one digest a day", async (t) => {
  const site = await openSite(t);
  const first = await site.decide("spam", "u1", { attributes: { language: "de-AT" } });
  await site.decide("wait", "u2");
  for (let i = 0; i < 3; i++) await site.decide("links spam", "u3");
  const notices = await allNotices(site);
  const [refusal] = notices;
  assert.equal(refusal?.record, first.index);
  assert.equal(refusal?.account, "u1");
  assert.equal(refusal?.language, "de");
  assert.equal(refusal?.automated, true);
  assert.deepEqual(refusal?.reasons, [
    { code: "spam", text: { en: "No spam, please.", de: "Kein Spam, bitte." } },
  ]);
  const text = noticeText(refusal ?? assert.fail());
  assert.match(text, /^Dein Beitrag wurde nicht angenommen\n/);
  assert.match(text, /Kein Spam, bitte\./);
  assert.match(
    noticeText(refusal ?? assert.fail(), "en"),
    /No spam, please\.[^]*a warning, until \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC/,
  );
  const hold = notices.find(({ type }) => type === "hold");
  assert.match(noticeText(hold ?? assert.fail()), /If nobody has looked at it by .* it is not published/);
  const [whole] = await site.opened.delivery.notices.at(first.index as number);
  assert.ok(whole?.receipt?.opening?.some(({ name }) => name === "disclosed"));
  // Each refusal of u3 gave a strike and a measure, so each is told; without one they are repeats.
  const before = notices.length;
  for (let i = 0; i < 4; i++) await site.decide("spam spam", "u3");
  assert.equal((await allNotices(site)).length, before);
  site.nowMs += day;
  await site.opened.delivery.start();
  const digest = (await allNotices(site)).find(({ type }) => type === "digest");
  assert.equal(digest?.account, "u3");
  assert.equal(digest?.repeats?.count, 4);
  assert.match(noticeText(digest ?? assert.fail()), /4 more of your posts were not published/);
  // The next day begins anew.
  await site.decide("spam", "u3");
  const anew = (await allNotices(site)).filter(({ type, account }) => type === "refusal" && account === "u3");
  assert.ok((anew.at(-1)?.record ?? 0) > (digest?.record ?? Infinity));
  const steps = await allNotices(site, 1);
  assert.deepEqual(
    steps.map(({ id }) => id),
    (await allNotices(site)).map(({ id }) => id),
  );
});

test("what is quiet is not told before its time, and then it is", async (t) => {
  const site = await openSite(t);
  const { index } = await site.decide("spam");
  const { notices } = site.opened.delivery;
  const until = new Date(site.nowMs + hour).toISOString();
  const wish = {
    record: index as number,
    until,
    ground: "investigation",
    why: "the police asked us to wait",
  };
  await notices.quiet(operator, wish);
  assert.deepEqual(await allNotices(site), []);
  assert.deepEqual(await notices.at(index as number), []);
  assert.equal(notices.quiets().open.length, 1);
  site.nowMs += 2 * hour;
  await site.restart();
  await site.opened.delivery.start();
  const [told] = await allNotices(site);
  assert.equal(told?.type, "refusal");
  assert.ok((told?.record ?? 0) > (index ?? Infinity));
  assert.deepEqual(told?.quiet, { until, ground: "investigation" });
  assert.equal(site.opened.delivery.notices.quiets().open.length, 0);
  const refused = async (over: object): Promise<unknown> =>
    site.opened.delivery.notices
      .quiet(operator, { ...wish, ...over })
      .catch(({ code }: { code: string }) => code);
  const later = new Date(site.nowMs + hour).toISOString();
  assert.equal(await refused({}), "usage");
  assert.equal(await refused({ until: "tomorrow" }), "usage");
  assert.equal(await refused({ until: "2036-01-01T00:00:00Z" }), "usage");
  assert.equal(await refused({ until: later, why: " " }), "usage");
  assert.equal(await refused({ until: later, record: 0 }), "not_found");
});

test("a page escapes what users and rules wrote", async (t) => {
  const site = await openSite(t);
  const { index } = await site.decide("spam");
  const [notice] = await site.opened.delivery.notices.at(index as number);
  const hostile = "<script>alert('x')</script>\u202e";
  const page = noticePage({
    ...(notice ?? assert.fail()),
    reasons: [{ code: "spam", text: { en: hostile } }],
    facts: { [hostile]: hostile },
    message: hostile,
    content: { decision: 1, event: null, id: hostile, revision: null, type: "comment" },
  });
  assert.ok(!page.includes("<script"));
  assert.ok(!page.includes("\u202e"));
  assert.match(page, /<html lang="en">/);
});

test("webhooks bring changes and notices across a restart; the secret lies with the keys only", async (t) => {
  const site = await openSite(t);
  const receiver = new Receiver();
  const url = await receiver.listen();
  t.after(() => receiver.close());
  const webhooks = site.opened.delivery.webhooks;
  assert.ok(webhooks !== undefined);
  await site.opened.delivery.start();
  const { id, secret } = await webhooks.add(operator, { url });
  await site.decide("spam");
  await receiver.reached(2);
  for (const each of receiver.received) assert.ok(verifies(each, secret, site.nowMs));
  const types = receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  assert.deepEqual([...types].sort(), ["change.restrictionStarted", "notice.refusal"]);
  const told = receiver.received
    .map(
      ({ body }) => JSON.parse(body) as { type: string; data: { text?: string; receipt?: { leaf: string } } },
    )
    .find(({ type }) => type === "notice.refusal");
  assert.match(told?.data.text ?? "", /No spam, please/);
  assert.match(told?.data.receipt?.leaf ?? "", /"kind":"decision"/);
  // A day's worth of change: a new secret beside the old one.
  const newer = await webhooks.rotate(operator, id);
  receiver.behave = () => 500;
  await site.decide("loud", "u2");
  await receiver.reached(3);
  const both = receiver.received.at(-1);
  assert.ok(
    both !== undefined && verifies(both, secret, site.nowMs) && verifies(both, newer.secret, site.nowMs),
  );
  // It failed, and the process ends: it comes again after the start.
  receiver.behave = () => 200;
  await site.restart();
  assert.equal((await site.opened.delivery.webhooks?.list())?.[0]?.url, url);
  await site.opened.delivery.start();
  await receiver.reached(5);
  await site.opened.close();
  const data = site.installation.data;
  const files = readdirSync(data, { recursive: true, encoding: "utf8" }).map((name) => join(data, name));
  for (const file of files.filter((each) => statSync(each).isFile())) {
    assert.ok(!readFileSync(file).includes(secret.slice(6)), file);
  }
  const kept = join(site.installation.keysDirectory, "main", "webhooks", `${id}.json`);
  assert.equal(statSync(kept).mode & 0o777, 0o600);
  assert.ok(readFileSync(kept, "utf8").includes(newer.secret));
});

test("endpoints are refused, tried, switched off and on, and removed", async (t) => {
  const site = await openSite(t);
  const receiver = new Receiver();
  const url = await receiver.listen();
  t.after(() => receiver.close());
  const webhooks = site.opened.delivery.webhooks;
  assert.ok(webhooks !== undefined);
  for (const wrong of [
    "ftp://host/",
    "http://me:secret@host/",
    "nowhere",
    "https://host/#x",
    "file:///etc",
  ]) {
    await assert.rejects(webhooks.add(operator, { url: wrong }), { code: "usage" }, wrong);
  }
  const { id } = await webhooks.add(operator, { url, families: ["notice"] });
  assert.deepEqual(await webhooks.test(id).then(({ ok, status }) => [ok, status]), [true, 200]);
  receiver.behave = () => 404;
  assert.deepEqual(await webhooks.test(id).then(({ ok, status }) => [ok, status]), [false, 404]);
  await webhooks.switch(operator, id, "while we move");
  assert.equal((await webhooks.list())[0]?.disabled, "while we move");
  await site.restart();
  const again = site.opened.delivery.webhooks;
  assert.equal((await again?.list())?.[0]?.disabled, "while we move");
  await again?.switch(operator, id, null);
  await again?.remove(operator, id);
  assert.deepEqual(await again?.list(), []);
  await assert.rejects(again?.test(id) ?? Promise.resolve(), { code: "not_found" });
  await assert.rejects(async () => again?.dead(id), { code: "not_found" });
  await site.restart();
  assert.deepEqual(await site.opened.delivery.webhooks?.list(), []);
});
