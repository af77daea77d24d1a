// SPDX-License-Identifier: Apache-2.0
// The way of a dispute on a log in memory, and each wrong way.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { RulingWish } from "./contract.ts";
import { complainantMessagesMax, disputesOfRecordMax } from "./dispute-desk.ts";
import { actorOf, DisputeWorld } from "./testing/dispute-world.ts";

const first = { by: "k_firstxxxxxxxxxxx", role: "reviewer" } as const;
const second = { by: "k_secondxxxxxxxxxx", role: "reviewer" } as const;
const app = { by: "k_appxxxxxxxxxxxxx", role: "ingest" } as const;
const dayMs = 86_400_000;
const told = { en: "We looked again." };
const ban = { id: `r_${"b".repeat(16)}`, kind: "ban" } as const;
const suspension = { id: `r_${"s".repeat(16)}`, kind: "suspend", until: "2027-06-01T00:00:00.000Z" } as const;

async function tokenOf({ disputes }: DisputeWorld, index: number): Promise<string> {
  const given = await disputes.tokenFor(index);
  assert.ok(given);
  return given.token;
}

function kindsAfter({ records }: DisputeWorld, index: number): string[] {
  return records.slice(index + 1).map(({ kind }) => kind);
}

void test("a dispute is opened with the token alone, talked over, overturned by another, told", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const of = world.decide("alice", "reject", { restrictions: [ban] });
  const token = await tokenOf(world, of);
  const before = await disputes.viewByToken(token, "en");
  assert.deepEqual([before.phase, before.of, before.texts], ["none", of, []]);
  const opened = await disputes.openByToken(token, { text: "It was my own blog.", language: "en" });
  assert.equal(Date.parse(opened.deadline) - world.nowMs, 14 * dayMs);
  assert.match(opened.receipt.leaf, new RegExp(`"kind":"dispute","by":"token","of":${of},`));
  const { dispute } = opened;
  await disputes.messageFromSite(first, dispute, { text: "Which blog?" });
  await disputes.messageByToken(token, { text: "The one in my profile." });
  const waiting = disputes.list("open", 0, 10);
  assert.deepEqual(
    waiting.disputes.map((each) => [each.dispute, each.waitsForSite]),
    [[dispute, true]],
  );

  const wish: RulingWish = { ruling: "overturned", reason: "mistaken", told, note: "profile checked" };
  const preview = await disputes.previewRuling(second, dispute, wish);
  const done = await disputes.rule(second, dispute, wish);
  assert.deepEqual(preview.consequences, done.consequences);
  assert.deepEqual(done.verdict?.ended, [ban.id]);
  assert.deepEqual(kindsAfter(world, done.index - 1), ["ruling", "label", "verdict"]);
  const [, label, verdict] = world.records.slice(done.index);
  assert.ok(label?.kind === "label" && label.label === "notSpam" && label.of === of);
  assert.ok(verdict?.kind === "verdict" && verdict.verdict === "restore" && verdict.for === dispute);
  assert.equal(world.partOf(done.index, "disclosed"), '{"v":1,"told":{"en":"We looked again."}}');
  assert.equal(world.partOf(done.index, "change"), '{"v":1,"why":"profile checked"}');
  assert.deepEqual(world.standing.get(actorOf("alice")), []);

  const after = await disputes.viewByToken(token, "en");
  assert.deepEqual([after.phase, after.ruling?.told, after.overdue], ["overturned", told, false]);
  assert.deepEqual(
    after.texts.map(({ from, text }) => [from, text?.text]),
    [
      ["complainant", "It was my own blog."],
      ["site", "Which blog?"],
      ["complainant", "The one in my profile."],
    ],
  );
  const page = await disputes.look(dispute, second, "en");
  assert.equal(page.decision?.content?.content?.text, "hello");
  assert.deepEqual(world.openings, [{ index: of, by: second.by, reason: `dispute ${dispute}` }]);
  assert.deepEqual(
    page.chain.map(({ kind }) => kind),
    ["dispute", "message", "message", "ruling", "label", "verdict"],
  );
  assert.equal(page.consequences?.length, 1);
  await disputes.look(dispute, undefined, "en");
  assert.equal(world.openings.length, 1);
  world.reopen();
  assert.deepEqual(await world.disputes.viewByToken(token, "en"), after);
});

void test("what is no token, was revoked, or is for another record opens nothing", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const of = world.decide("alice", "reject");
  const token = await tokenOf(world, of);
  const code = "dispute_token_invalid";
  await assert.rejects(disputes.openByToken("dt1.nonsense", { text: "x" }), { code });
  await assert.rejects(disputes.openByToken(`${token.slice(0, -1)}-`, { text: "x" }), { code });
  await disputes.revokeTokens(first, of);
  for (const act of [
    () => disputes.openByToken(token, { text: "x" }),
    () => disputes.viewByToken(token, "en"),
    () => disputes.messageByToken(token, { text: "x" }),
    () => disputes.withdrawByToken(token),
  ]) {
    await assert.rejects(act, { code });
  }
  const fresh = await tokenOf(world, of);
  assert.notEqual(fresh, token);
  assert.equal((await disputes.openByToken(fresh, { text: "x" })).of, of);
  world.reopen();
  await assert.rejects(world.disputes.viewByToken(token, "en"), { code });
});

void test("not after the period, which begins when the actor is told", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const of = world.decide("alice", "reject");
  const sealedMs = world.nowMs;
  const given = await disputes.tokenFor(of);
  assert.equal(Date.parse(given?.expires ?? ""), sealedMs + 183 * dayMs);
  const later = await disputes.tokenFor(of, sealedMs + 10 * dayMs);
  assert.equal(Date.parse(later?.expires ?? ""), sealedMs + 193 * dayMs);
  const quiet = { until: "2026-12-01T00:00:00.000Z", ground: "court-order" };
  world.seal({ kind: "quiet", by: "operator", role: "operator", of, ...quiet });
  assert.equal((await disputes.tokenFor(of))?.expires, "2027-06-02T00:00:00.000Z");
  world.nowMs = sealedMs + 183 * dayMs + 1;
  const code = "dispute_expired";
  await assert.rejects(disputes.openByToken(given?.token ?? "", { text: "x" }), { code });
  await disputes.openForAccount({ author: app, accountId: "alice" }, of, { text: "x" });
  const other = world.decide("bob", "reject");
  world.nowMs += 184 * dayMs;
  await assert.rejects(disputes.openForAccount({ author: app, accountId: "bob" }, other, { text: "x" }), {
    code,
  });
});

void test("once while it is open, not again after a ruling, a few times after withdrawals", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const of = world.decide("alice", "reject");
  const token = await tokenOf(world, of);
  const both = await Promise.allSettled([1, 2].map(() => disputes.openByToken(token, { text: "x" })));
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assert.rejects(disputes.openByToken(token, { text: "x" }), { code: "dispute_exists" });
  for (let times = 1; times < disputesOfRecordMax; times++) {
    await disputes.withdrawByToken(token);
    await assert.rejects(disputes.messageByToken(token, { text: "x" }), { code: "dispute_closed" });
    await disputes.openByToken(token, { text: "again" });
  }
  await disputes.withdrawByToken(token);
  await assert.rejects(disputes.openByToken(token, { text: "x" }), { code: "dispute_limited" });

  const ruled = world.decide("bob", "reject");
  const other = await tokenOf(world, ruled);
  const { dispute } = await disputes.openByToken(other, { text: "x" });
  await disputes.rule(second, dispute, { ruling: "upheld", reason: "spam", told });
  const code = "dispute_closed";
  await assert.rejects(disputes.openByToken(other, { text: "x" }), { code });
  await assert.rejects(disputes.rule(first, dispute, { ruling: "upheld", reason: "spam", told }), { code });
  await assert.rejects(disputes.withdrawByToken(other), { code });
  await assert.rejects(disputes.messageFromSite(first, dispute, { text: "x" }), { code });
});

void test("only what refuses or restricts can be disputed, and what a dispute came to can't", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const code = "not_disputable";
  const author = { author: app, accountId: "alice" };
  const passed: Outcome[] = ["allow", "flag"];
  for (const outcome of passed) {
    const of = world.decide("alice", outcome);
    assert.equal(await disputes.tokenFor(of), undefined);
    await assert.rejects(disputes.openForAccount(author, of, { text: "x" }), { code });
  }
  const restricting = world.decide("alice", "flag", { restrictions: [suspension] });
  assert.ok(await disputes.tokenFor(restricting));
  await assert.rejects(disputes.openForAccount(author, 99, { text: "x" }), { code: "not_found" });
  const setting = world.seal({
    kind: "settings",
    by: "operator",
    role: "operator",
    values: { disputeAnswerDays: 3 },
  });
  await assert.rejects(disputes.openForAccount(author, setting, { text: "x" }), { code });
  const measure = world.measure(first.by, "alice", [suspension]);
  const opened = await disputes.openForAccount(author, measure, { text: "x" });
  assert.equal(Date.parse(opened.deadline) - world.nowMs, 3 * dayMs);
  const done = await disputes.rule(second, opened.dispute, {
    ruling: "modified",
    reason: "user-error",
    told,
    modify: { ends: [suspension.id], restrictions: [{ kind: "warn", forMs: dayMs }] },
  });
  assert.deepEqual(done.measure?.ended, [suspension.id]);
  const made = done.measure?.index ?? -1;
  assert.equal(await disputes.tokenFor(made), undefined);
  await assert.rejects(disputes.openForAccount(author, made, { text: "x" }), { code: "dispute_closed" });
});

void test("the app speaks for its own accounts only", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const of = world.decide("alice", "reject");
  world.decide("bob", "reject");
  const [alice, bob] = ["alice", "bob"].map((accountId) => ({ author: app, accountId }));
  assert.ok(alice && bob);
  const code = "not_found";
  await assert.rejects(disputes.openForAccount(bob, of, { text: "x" }), { code });
  const { dispute } = await disputes.openForAccount(alice, of, { text: "x" });
  await assert.rejects(disputes.viewForAccount("bob", dispute, "en"), { code });
  await assert.rejects(disputes.messageForAccount(bob, dispute, { text: "x" }), { code });
  await assert.rejects(disputes.withdrawForAccount(bob, dispute), { code });
  await disputes.messageForAccount(alice, dispute, { text: "more" });
  assert.equal((await disputes.viewForAccount("alice", dispute, "en")).texts.length, 2);
  assert.deepEqual(await disputes.listForAccount("nobody"), []);
  await disputes.withdrawForAccount(alice, dispute);
  assert.equal((await disputes.listForAccount("alice"))[0]?.phase, "withdrawn");
});

void test("nobody decides on what they did, approved, or opened themselves", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const code = "another_person";
  const upheld: RulingWish = { ruling: "upheld", reason: "spam", told };
  const measure = world.measure(first.by, "alice", [ban]);
  const measured = await disputes.openByToken(await tokenOf(world, measure), { text: "x" });
  await assert.rejects(disputes.rule(first, measured.dispute, upheld), { code });
  await assert.rejects(disputes.previewRuling(first, measured.dispute, upheld), { code });
  // A decision that only carried out somebody's measure.
  const refused = world.decide("alice", "reject", { rules: [], refusedBy: ban.id });
  const carried = await disputes.openByToken(await tokenOf(world, refused), { text: "x" });
  await assert.rejects(disputes.rule(first, carried.dispute, upheld), { code });
  assert.deepEqual((await disputes.look(carried.dispute, undefined, "en")).notBy, [
    { by: first.by, kind: "measure", index: measure },
  ]);
  // A reviewer found it to be spam.
  const reviewed = world.decide("bob", "flag", { restrictions: [suspension] });
  const what = { task: "flag", finding: "spam", reason: "spam" } as const;
  world.seal({ kind: "review", ...first, of: reviewed, ...what });
  const looked = await disputes.openByToken(await tokenOf(world, reviewed), { text: "x" });
  await assert.rejects(disputes.rule(first, looked.dispute, upheld), { code });
  const admin = { by: "k_adminxxxxxxxxxxx", role: "admin" } as const;
  const own = world.decide("carol", "reject");
  const behalf = await disputes.openForAccount({ author: admin, accountId: "carol" }, own, { text: "x" });
  await assert.rejects(disputes.rule(admin, behalf.dispute, upheld), { code });
  for (const { dispute } of [measured, carried, looked, behalf]) {
    assert.equal((await disputes.rule(second, dispute, upheld)).ruling, "upheld");
  }
});

void test("two who decide at once: one ruling", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const of = world.decide("alice", "reject");
  const { dispute } = await disputes.openByToken(await tokenOf(world, of), { text: "x" });
  const overturned: RulingWish = { ruling: "overturned", reason: "mistaken", told };
  const both = await Promise.allSettled([
    disputes.rule(first, dispute, { ruling: "upheld", reason: "spam", told }),
    disputes.rule(second, dispute, overturned),
  ]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.equal(world.records.filter(({ kind }) => kind === "ruling").length, 1);
  // What could not be sealed leaves it open.
  const other = world.decide("bob", "reject");
  const opened = await disputes.openByToken(await tokenOf(world, other), { text: "x" });
  world.fault = new DocketError("sealing_failed", "the disk is full");
  await assert.rejects(disputes.rule(second, opened.dispute, overturned), { code: "sealing_failed" });
  world.fault = undefined;
  assert.equal((await disputes.rule(second, opened.dispute, overturned)).ruling, "overturned");
});

void test("a ruling says why, and what it changes", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const of = world.decide("alice", "reject");
  const { dispute } = await disputes.openByToken(await tokenOf(world, of), { text: "x" });
  const code = "schema_mismatch";
  const wrong: RulingWish[] = [
    { ruling: "upheld", reason: "spam", told: {} },
    { ruling: "upheld", reason: "spam", told: { en: "  " } },
    { ruling: "upheld", reason: "spam", told: { english: "No." } },
    { ruling: "upheld", reason: "Not A Code", told },
    { ruling: "upheld", reason: "spam", told, note: " " },
    { ruling: "modified", reason: "spam", told },
    { ruling: "modified", reason: "spam", told, modify: { ends: [] } },
    { ruling: "upheld", reason: "spam", told, modify: { verdict: "label" } },
  ];
  for (const wish of wrong) await assert.rejects(disputes.rule(second, dispute, wish), { code });
  const modified = { ruling: "modified", reason: "user-error", told, modify: { verdict: "label" } } as const;
  const done = await disputes.rule(second, dispute, modified);
  assert.equal(done.verdict?.verdict, "label");
  assert.deepEqual(kindsAfter(world, done.index), ["verdict"]);
  const measure = world.measure(first.by, "alice", [suspension]);
  const other = await disputes.openByToken(await tokenOf(world, measure), { text: "x" });
  await assert.rejects(disputes.rule(second, other.dispute, modified), { code });
  const undone = await disputes.rule(second, other.dispute, {
    ruling: "overturned",
    reason: "mistaken",
    told,
  });
  assert.deepEqual(undone.measure?.ended, [suspension.id]);
  assert.deepEqual(kindsAfter(world, undone.index), ["measure"]);
});

void test("what is over by the time of a ruling can only be called wrong", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const measure = world.measure(first.by, "alice", [suspension]);
  const { dispute } = await disputes.openByToken(await tokenOf(world, measure), { text: "x" });
  world.nowMs = Date.parse(suspension.until) + 1;
  assert.equal(disputes.list("overdue", 0, 10).disputes.length, 1);
  assert.deepEqual([disputes.figures().open, disputes.figures().overdue], [1, 1]);
  const done = await disputes.rule(second, dispute, { ruling: "overturned", reason: "mistaken", told });
  assert.equal(done.measure, undefined);
  assert.equal(disputes.list("overdue", 0, 10).disputes.length, 0);
});

void test("texts and attachments have bounds, and are what they say", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const token = await tokenOf(world, world.decide("alice", "reject"));
  const png = Buffer.from("89504e470d0a1a0a00", "hex").toString("base64");
  const good = { name: "screenshot 1.png", type: "image/png", data: png } as const;
  const large = Buffer.concat([Buffer.from("%PDF-"), Buffer.alloc(600_000)]).toString("base64");
  const texts: [object, string][] = [
    [{ text: "" }, "schema_mismatch"],
    [{ text: " \n " }, "schema_mismatch"],
    [{ text: "x".repeat(10_001) }, "schema_mismatch"],
    [{ text: "x", language: "German" }, "schema_mismatch"],
    [{ text: "x", attachments: Array.from({ length: 6 }, () => good) }, "schema_mismatch"],
    [{ text: "x", attachments: [{ ...good, name: "../x.png" }] }, "schema_mismatch"],
    [{ text: "x", attachments: [{ ...good, name: ".png" }] }, "schema_mismatch"],
    [{ text: "x", attachments: [{ ...good, name: "x\u202Egnp.exe" }] }, "schema_mismatch"],
    [{ text: "x", attachments: [{ ...good, data: "%%%" }] }, "schema_mismatch"],
    [{ text: "x", attachments: [{ ...good, data: png.slice(0, -1) }] }, "schema_mismatch"],
    [{ text: "x", attachments: [{ ...good, type: "application/pdf" }] }, "schema_mismatch"],
    [{ text: "x", attachments: [{ ...good, type: "text/plain" }] }, "schema_mismatch"],
    [{ text: "x", attachments: [{ name: "x.pdf", type: "application/pdf", data: large }] }, "body_too_large"],
  ];
  for (const [text, code] of texts) {
    await assert.rejects(
      disputes.openByToken(token, text as never),
      { code },
      JSON.stringify(text).slice(0, 80),
    );
  }
  const { dispute } = await disputes.openByToken(token, { text: "see", attachments: [good] });
  assert.deepEqual((await disputes.look(dispute, undefined, "en")).texts[0]?.text?.attachments, [good]);
  for (let times = 0; times < complainantMessagesMax; times++)
    await disputes.messageByToken(token, { text: "x" });
  await assert.rejects(disputes.messageByToken(token, { text: "x" }), { code: "dispute_limited" });
  await disputes.messageFromSite(first, dispute, { text: "We read all of it." });
});

void test("who abuses disputes is warned, then limited, and told; a limit can be disputed", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const open = async (): Promise<number> => {
    const of = world.decide("alice", "reject");
    return (await disputes.openByToken(await tokenOf(world, of), { text: "x" })).dispute;
  };
  const dispute = await open();
  const limit = { step: "limit", days: 30 } as const;
  await assert.rejects(disputes.answerAbuse(first, dispute, limit), { code: "warning_needed" });
  await disputes.answerAbuse(first, dispute, { step: "warn", days: 90 });
  await assert.rejects(disputes.answerAbuse(first, dispute, limit), { code: "warning_needed" });
  await open();
  await assert.rejects(disputes.answerAbuse(first, dispute, { step: "limit", days: 0 }), {
    code: "schema_mismatch",
  });
  const done = await disputes.answerAbuse(first, dispute, limit);
  assert.deepEqual(
    done.restrictions.map((each) => each.kind === "limit" && each.ability),
    ["disputes"],
  );
  await assert.rejects(open(), { code: "dispute_limited" });
  assert.ok((await disputes.look(dispute, undefined, "en")).warned);
  await disputes.openByToken(await tokenOf(world, done.index), { text: "I had reasons." });
  await disputes.messageForAccount({ author: app, accountId: "alice" }, dispute, { text: "still heard" });
  world.nowMs += 31 * dayMs;
  assert.ok(await open());
});

void test("only so many disputes of an account are open at a time", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const tokens: string[] = [];
  for (let each = 0; each < 7; each++) tokens.push(await tokenOf(world, world.decide("alice", "reject")));
  const all = await Promise.allSettled(tokens.map((token) => disputes.openByToken(token, { text: "x" })));
  assert.equal(all.filter(({ status }) => status === "fulfilled").length, 5);
  const refused = all.filter((each) => each.status === "rejected");
  for (const { reason } of refused) assert.equal((reason as DocketError).code, "dispute_limited");
  await disputes.withdrawByToken(tokens[0] ?? "");
  await disputes.openByToken(tokens[6] ?? "", { text: "x" });
});

void test("of an erased account nothing can be read or answered any more, and the record stays", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const token = await tokenOf(world, world.decide("alice", "reject"));
  const { dispute } = await disputes.openByToken(token, { text: "x" });
  world.erased.add(actorOf("alice"));
  const code = "not_disputable";
  await assert.rejects(disputes.messageFromSite(first, dispute, { text: "x" }), { code });
  await assert.rejects(disputes.rule(second, dispute, { ruling: "upheld", reason: "spam", told }), { code });
  const page = await disputes.look(dispute, undefined, "en");
  assert.deepEqual([page.phase, page.texts[0]?.text], ["open", undefined]);
});

void test("statistics by rule, decider and reviewer come out of the log", async () => {
  const world = new DisputeWorld();
  const { disputes } = world;
  const startMs = world.nowMs;
  const ruling = async (of: number, wish: RulingWish["ruling"]): Promise<void> => {
    const { dispute } = await disputes.openByToken(await tokenOf(world, of), { text: "x" });
    await disputes.rule(second, dispute, { ruling: wish, reason: "mistaken", told });
  };
  await ruling(world.decide("alice", "reject"), "overturned");
  await ruling(world.decide("bob", "reject", { rules: ["comments/caps"] }), "upheld");
  await ruling(world.measure(first.by, "alice", [suspension]), "upheld");
  const found = await disputes.statistics(startMs, world.nowMs + 1);
  assert.deepEqual(
    found.byRule.map(({ rule, overturned }) => [rule, overturned]),
    [
      ["comments/caps", 0],
      ["comments/links", 1],
    ],
  );
  assert.deepEqual(
    found.byDecider.map(({ by }) => by),
    ["docket", first.by],
  );
  assert.deepEqual(
    found.byReviewer.map(({ by, upheld }) => [by, upheld]),
    [[second.by, 2]],
  );
  world.reopen();
  assert.deepEqual(await world.disputes.statistics(startMs, world.nowMs + 1), found);
});
