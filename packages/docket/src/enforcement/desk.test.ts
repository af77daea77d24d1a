// SPDX-License-Identifier: Apache-2.0
// Verdicts, measures and links on a real site.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Decision } from "@docket/protocol";
import { replayDirectory } from "../cli/replay/run.ts";
import { day, enforcementPolicy, hour, minute, startMs, testSite } from "./testing/site.ts";
import type { TestSite } from "./testing/site.ts";

const reviewer = { by: "k_reviewerxxxxxxxx", role: "reviewer" };

test("an overturned decision takes its strike along, and what nothing else holds", async (t) => {
  const site = await testSite(t);
  const decisions: Decision[] = [];
  for (let i = 0; i < 3; i++) {
    site.nowMs = startMs + i * 10 * minute;
    decisions.push(await site.decide(`spam ${i}`));
  }
  const [first, second, third] = decisions;
  const before = await standing(site);
  assert.deepEqual(before.strikes.length, 3);
  assert.deepEqual(kinds(before), ["suspend", "throttle", "warn"]);
  assert.equal((await site.decide("hello")).refusedBy, third?.restrictions.at(-1)?.id);
  const wish = {
    of: second?.index ?? -1,
    verdict: "restore",
    cause: "dispute",
    reason: "mistaken",
    compensate: true,
  } as const;
  const preview = await site.opened.enforcement.previewVerdict(wish);
  assert.equal(preview.consequences.length, 1);
  assert.deepEqual(new Set(preview.like.map(({ index }) => index)), new Set([first?.index, third?.index]));
  const done = await site.opened.enforcement.verdict(reviewer, wish);
  assert.equal(done.outcome, "allow");
  assert.equal(done.voided.length, 1);
  const after = await standing(site);
  assert.equal(after.strikes.length, 2);
  // Two strikes are left, of which the third decision gave the second: a throttle from then on.
  assert.deepEqual(kinds(after), ["throttle", "warn"]);
  assert.equal((await site.decide("hello again")).outcome, "allow");
  assert.equal((await site.decide("at once")).outcome, "delay");
  await assert.rejects(site.opened.enforcement.verdict(reviewer, wish), { code: "act_conflict" });
  const outcome = await site.opened.enforcement.outcomeOf(second?.index ?? -1);
  assert.equal(outcome.outcome, "allow");
  assert.equal(outcome.verdict?.by, reviewer.by);
  const authors = await site.opened.enforcement.authorsOf(second?.index ?? -1);
  assert.deepEqual(
    authors.map(({ by }) => by),
    [reviewer.by],
  );
  await sameAfterRestart(site);
  await replays(site);
});

test("consequences are listed when their time is over too; a flag is no like case", async (t) => {
  const site = await testSite(t);
  const decisions: Decision[] = [];
  for (let i = 0; i < 3; i++) decisions.push(await site.decide(`odd spam ${i}`));
  const refused = await site.decide("hello");
  const other = await site.decide("odd", "u2");
  site.nowMs += 3 * day;
  const wish = { verdict: "restore", cause: "dispute", reason: "mistaken", compensate: true } as const;
  const of = decisions[0]?.index ?? -1;
  const preview = await site.opened.enforcement.previewVerdict({ ...wish, of });
  assert.deepEqual(preview.ended, []);
  assert.deepEqual(
    preview.consequences.map(({ index }) => index),
    [refused.index],
  );
  const like = preview.like.map(({ index, rules }) => [index, rules]);
  assert.deepEqual(like, [
    [decisions[2]?.index, ["comments/spam"]],
    [decisions[1]?.index, ["comments/spam"]],
  ]);
  assert.ok(!preview.like.some(({ index }) => index === other.index));
  // Of four strikes three are left, which suspend all the same.
  const held = await testSite(t);
  const first = await held.decide("spam");
  await held.decide("spam");
  held.nowMs += day;
  await held.decide("spam");
  held.nowMs += 2 * day;
  await held.decide("spam");
  await held.decide("hello");
  const { consequences } = await held.opened.enforcement.previewVerdict({ ...wish, of: first.index ?? -1 });
  assert.deepEqual(consequences, []);
});

test("a flag gives its strike once it is confirmed, and the ladder follows from then on", async (t) => {
  const site = await testSite(t);
  const odd = await site.decide("odd 1");
  site.nowMs += hour;
  await site.decide("spam 1");
  site.nowMs += hour;
  assert.equal((await standing(site)).strikes.length, 1);
  const { enforcement } = site.opened;
  const wish = {
    of: odd.index ?? -1,
    verdict: "remove",
    cause: "review",
    reason: "spam",
    confirm: true,
  } as const;
  const done = await enforcement.verdict(reviewer, wish);
  // It counts from when it was written, so the later strike was the second.
  assert.deepEqual(
    done.strikes.map(({ rule, at }) => [rule, at]),
    [["odd", new Date(startMs).toISOString()]],
  );
  assert.deepEqual(
    done.restrictions.map(({ kind }) => kind),
    ["throttle"],
  );
  assert.equal((await enforcement.outcomeOf(odd.index ?? -1)).outcome, "reject");
  // Said to be wrong after all, all of it goes; said to be right again, it comes back.
  const back = await enforcement.verdict(reviewer, {
    ...wish,
    verdict: "restore",
    compensate: true,
    confirm: false,
  });
  assert.equal(back.voided.length, 1);
  assert.deepEqual(kinds(await standing(site)), ["warn"]);
  const again = await enforcement.verdict(reviewer, wish);
  assert.equal(again.strikes.length, 1);
  assert.deepEqual(kinds(await standing(site)), ["throttle", "warn"]);
  await sameAfterRestart(site);
  await replays(site);
});

test("a step that needs a person waits, is taken once, and goes with its strikes", async (t) => {
  const site = await testSite(t);
  const decisions: Decision[] = [];
  for (let i = 0; i < 5; i++) {
    decisions.push(await site.decide(`spam ${i}`));
    site.nowMs += 2 * day;
  }
  const last = decisions.at(-1)?.index ?? -1;
  const { enforcement } = site.opened;
  const facts = (await site.opened.site.recorded(last)).facts;
  assert.deepEqual(facts?.proposed, ["comments/ladder-5"]);
  const wish = { of: last, reason: "ladder" };
  const before = { ...wish, of: decisions.at(-2)?.index ?? -1 };
  await assert.rejects(enforcement.takeSteps(reviewer, before), { code: "act_conflict" });
  const done = await enforcement.takeSteps(reviewer, wish);
  assert.deepEqual(
    done.restrictions.map(({ kind }) => kind),
    ["ban"],
  );
  await assert.rejects(enforcement.takeSteps(reviewer, wish), { code: "act_conflict" });
  assert.deepEqual((await site.decide("hello")).rules, ["standing.banned"]);
  const imposed = enforcement
    .standingOf(done.subject, site.nowMs)
    .restrictions.find(({ kind }) => kind === "ban");
  assert.equal(imposed?.imposed?.by, reviewer.by);
  assert.equal(imposed?.imposed?.index, done.index);
  // Without the first there were four: the step was not reached.
  const of = decisions[0]?.index ?? -1;
  const overturned = await enforcement.verdict(reviewer, {
    of,
    verdict: "restore",
    cause: "dispute",
    reason: "mistaken",
    compensate: true,
  });
  assert.deepEqual(overturned.ended, [imposed?.id]);
  assert.equal((await site.decide("hello")).outcome, "allow");
  await sameAfterRestart(site);
  await replays(site);
});

test("a limit takes away what the policy asks for, and nothing else", async (t) => {
  const site = await testSite(t);
  await site.decide("hello");
  const { enforcement } = site.opened;
  const limit = { kind: "limit", ability: "links", forMs: day } as const;
  const wish = { subject: { kind: "actor", id: "u1" }, restrictions: [limit], reason: "spam" } as const;
  const done = await enforcement.measure(reviewer, wish);
  assert.equal((await site.decide("see https://a.example/")).outcome, "reject");
  assert.equal((await site.decide("no links")).outcome, "allow");
  const ends = done.restrictions.map(({ id }) => id);
  const lift = { subject: { kind: "actor", id: "u1" }, ends, reason: "mistaken" } as const;
  await enforcement.measure(reviewer, lift);
  assert.equal((await site.decide("see https://a.example/")).outcome, "allow");
  await assert.rejects(enforcement.measure(reviewer, lift), { code: "act_conflict" });
  await replays(site);
});

test("a network is restricted for whoever comes from it; each kind likewise", async (t) => {
  const site = await testSite(t);
  await site.decide("hello", "u1", { ip: "203.0.113.7", email: "a@Mail.example" });
  await site.decide("hello", "u2", { ip: "203.0.114.7" });
  const { enforcement } = site.opened;
  const suspend = { kind: "suspend", forMs: hour } as const;
  const on = (
    kind: "network" | "emailHost" | "domain",
    value: string,
  ): Parameters<typeof enforcement.measure>[1] => ({
    subject: { kind, value },
    restrictions: [suspend],
    reason: "flood",
  });
  const preview = await enforcement.previewMeasure(on("network", "203.0.113.0/24"));
  assert.deepEqual(
    [
      preview.collateral.looked,
      preview.collateral.events,
      preview.collateral.actors,
      preview.collateral.allowed,
    ],
    [2, 1, 1, 1],
  );
  const done = await enforcement.measure(reviewer, on("network", "203.0.113.0/24"));
  assert.match(done.subject, /^s_/);
  const refused = await site.decide("hello", "u1", { ip: "203.0.113.9" });
  assert.deepEqual(refused.rules, ["standing.suspended"]);
  assert.match(refused.reasons[0]?.text["en"] ?? "", /from this network/);
  assert.equal((await site.decide("hello", "u2", { ip: "203.0.114.7" })).outcome, "allow");
  await enforcement.measure(reviewer, on("emailHost", "mail.example"));
  assert.equal((await site.decide("hello", "u3", { email: "b@MAIL.example" })).outcome, "reject");
  await enforcement.measure(reviewer, on("domain", "bad.example"));
  assert.equal((await site.decide("see https://www.bad.example/x", "u4")).outcome, "reject");
  assert.deepEqual(
    enforcement
      .restricted()
      .map(({ kind, value }) => [kind, value])
      .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
    [
      ["domain", "bad.example"],
      ["emailHost", "mail.example"],
      ["network", "203.0.113.0/24"],
    ],
  );
  await sameAfterRestart(site);
  // What it is was sealed with the measure, so the site knows it again.
  assert.equal((await site.decide("hello", "u1", { ip: "203.0.113.9" })).outcome, "reject");
  site.nowMs += hour;
  assert.equal((await site.decide("hello", "u1", { ip: "203.0.113.9" })).outcome, "allow");
  await replays(site);
});

test("a throttle on a network is shared by all who come from it", async (t) => {
  const site = await testSite(t);
  await site.opened.enforcement.measure(reviewer, {
    subject: { kind: "network", value: "203.0.113.0/24" },
    restrictions: [{ kind: "throttle", rate: "1/m", forMs: hour }],
    reason: "flood",
  });
  assert.equal((await site.decide("one", "u1", { ip: "203.0.113.1" })).outcome, "allow");
  assert.equal((await site.decide("two", "u2", { ip: "203.0.113.2" })).outcome, "delay");
  await sameAfterRestart(site);
  assert.equal((await site.decide("three", "u3", { ip: "203.0.113.3" })).outcome, "delay");
  site.nowMs += minute;
  assert.equal((await site.decide("four", "u3", { ip: "203.0.113.3" })).outcome, "allow");
  await replays(site);
});

test("linked actors are found in steps, and what restricts one covers all, with an end", async (t) => {
  const site = await testSite(t);
  for (const account of ["u1", "u2", "u3"]) await site.decide("hello", account);
  const { enforcement } = site.opened;
  const [a, b, c] = await Promise.all(["u1", "u2", "u3"].map((id) => site.opened.site.actorNamed(id)));
  const ban = {
    subject: { kind: "actor", id: "u1" },
    restrictions: [{ kind: "ban" }],
    reason: "spam",
  } as const;
  await enforcement.measure(reviewer, ban);
  const pair = (one: string, other: string): { kind: "actor"; id: string }[] =>
    [one, other].map((id) => ({ kind: "actor", id }));
  const link = { relation: "samePerson", of: [1], reason: "ban-evasion" } as const;
  await enforcement.link(reviewer, { ...link, actors: pair("u1", "u2") });
  const done = await enforcement.link(reviewer, { ...link, actors: pair("u2", "u3"), coverForMs: 30 * day });
  assert.deepEqual(new Set(enforcement.linkedTo(a ?? "")), new Set([b, c]));
  assert.deepEqual(new Set(done.measures.map(({ subject }) => subject)), new Set([b, c]));
  const covered = await standing(site, "u3");
  assert.deepEqual(kinds(covered), ["suspend"]);
  assert.equal((await site.decide("hello", "u2")).outcome, "reject");
  await site.restart();
  const reopened = site.opened.enforcement;
  assert.deepEqual(new Set(reopened.linkedTo(a ?? "")), new Set([b, c]));
  await reopened.unlink(reviewer, { ...link, actors: pair("u1", "u2") });
  assert.deepEqual(reopened.linkedTo(a ?? ""), []);
  await assert.rejects(reopened.unlink(reviewer, { ...link, actors: pair("u1", "u2") }), {
    code: "act_conflict",
  });
  await replays(site);
});

test("each wrong way has its code, and seals nothing", async (t) => {
  const site = await testSite(t);
  const fine = await site.decide("hello");
  const { enforcement } = site.opened;
  const size = site.opened.site.status().size;
  const actor = { kind: "actor", id: "u1" } as const;
  const suspend = { kind: "suspend", forMs: hour } as const;
  const measures: [Parameters<typeof enforcement.measure>[1], string][] = [
    [{ subject: actor, restrictions: [suspend], reason: "" }, "act_refused"],
    [{ subject: actor, restrictions: [suspend], reason: "Not A Code" }, "act_refused"],
    [{ subject: actor, restrictions: [], reason: "spam" }, "act_refused"],
    [{ subject: actor, restrictions: [{ kind: "suspend" }], reason: "spam" }, "act_refused"],
    [{ subject: actor, restrictions: [{ kind: "suspend", forMs: -1 }], reason: "spam" }, "act_refused"],
    [
      { subject: actor, restrictions: [{ kind: "throttle", rate: "0/m", forMs: 1 }], reason: "spam" },
      "act_refused",
    ],
    [
      { subject: actor, restrictions: [{ kind: "limit", ability: "Links", forMs: 1 }], reason: "spam" },
      "act_refused",
    ],
    [{ subject: actor, restrictions: [suspend], reason: "spam", note: " " }, "act_refused"],
    [{ subject: actor, ends: ["r_DA0ODxAREhMUFRYX"], reason: "spam" }, "act_conflict"],
    [{ subject: { kind: "actor", id: "nobody" }, restrictions: [suspend], reason: "spam" }, "not_found"],
    [
      { subject: { kind: "actor", actor: `a_${"x".repeat(22)}` }, restrictions: [suspend], reason: "spam" },
      "not_found",
    ],
    [
      { subject: { kind: "network", value: "10.0.0.0/4" }, restrictions: [suspend], reason: "spam" },
      "act_refused",
    ],
    [
      { subject: { kind: "network", value: "10.0.0.1/24" }, restrictions: [suspend], reason: "spam" },
      "act_refused",
    ],
    [
      { subject: { kind: "network", value: "10.0.0.0/24" }, restrictions: [{ kind: "ban" }], reason: "spam" },
      "act_refused",
    ],
    [
      { subject: { kind: "domain", value: "www.bad.example" }, restrictions: [suspend], reason: "spam" },
      "act_refused",
    ],
    [
      {
        subject: { kind: "device", value: "d" },
        restrictions: [{ kind: "suspend", forMs: 400 * day }],
        reason: "spam",
      },
      "act_refused",
    ],
  ];
  for (const [wish, code] of measures) await assert.rejects(enforcement.measure(reviewer, wish), { code });
  const of = fine.index ?? -1;
  const verdict = { of, verdict: "keep", cause: "manual", reason: "spam" } as const;
  const verdicts: [Parameters<typeof enforcement.verdict>[1], string][] = [
    [{ ...verdict, reason: "" }, "act_refused"],
    [{ ...verdict, compensate: true, confirm: true }, "act_refused"],
    [{ ...verdict, verdict: "restore" }, "act_conflict"],
    [{ ...verdict, verdict: "release" }, "act_conflict"],
    [{ ...verdict, of: 0 }, "not_found"],
    [{ ...verdict, of: 1000 }, "not_found"],
  ];
  for (const [wish, code] of verdicts) await assert.rejects(enforcement.verdict(reviewer, wish), { code });
  await assert.rejects(
    enforcement.link(reviewer, { actors: [actor, actor], relation: "samePerson", of: [], reason: "spam" }),
    { code: "act_refused" },
  );
  assert.equal(site.opened.site.status().size, size);
});

test("what goes along stands right before the act, and if it throws nothing is sealed", async (t) => {
  const site = await testSite(t);
  const { index: of = -1 } = await site.decide("spam");
  const { enforcement, site: open } = site.opened;
  const { size } = open.status();
  const wish = { of, verdict: "restore", cause: "dispute", reason: "mistaken" } as const;
  const fail = (): never => {
    throw new Error("no");
  };
  await assert.rejects(enforcement.verdict(reviewer, wish, fail), /no/);
  assert.equal(open.status().size, size);
  const review = {
    kind: "review",
    by: reviewer.by,
    role: "reviewer",
    of,
    task: "flag",
    finding: "notSpam",
    reason: "other",
  } as const;
  const [, done] = await Promise.all([
    site.decide("meanwhile", "u2"),
    enforcement.verdict(reviewer, wish, () => [open.seal({ ...review }, [])]),
  ]);
  assert.equal((await open.recorded(done.index - 1)).record.kind, "review");
  const authors = await enforcement.authorsOf(of);
  assert.deepEqual(
    authors.map(({ kind }) => kind),
    ["review", "verdict"],
  );
});

test("what could not be sealed changed nothing", async (t) => {
  const site = await testSite(t, enforcementPolicy, startMs, true);
  const { index: of = -1 } = await site.decide("spam", "u1", { ip: "203.0.113.7" });
  const { enforcement, site: open } = site.opened;
  const before = new Map(open.standings);
  const suspend = [{ kind: "suspend", forMs: hour }] as const;
  const acts = [
    () =>
      enforcement.measure(reviewer, {
        subject: { kind: "actor", id: "u1" },
        restrictions: suspend,
        reason: "spam",
      }),
    () =>
      enforcement.measure(reviewer, {
        subject: { kind: "network", value: "203.0.113.0/24" },
        restrictions: suspend,
        reason: "spam",
      }),
    () =>
      enforcement.verdict(reviewer, {
        of,
        verdict: "restore",
        cause: "manual",
        reason: "mistaken",
        compensate: true,
      }),
  ];
  site.fail([{ call: "write", path: "journal", as: "ENOSPC" }]);
  for (const act of acts) await assert.rejects(act(), { code: "sealing_failed" });
  assert.deepEqual(new Map(open.standings), before);
  assert.deepEqual(enforcement.restricted(), []);
  site.fail([]);
  assert.equal((await site.decide("hello", "u1", { ip: "203.0.113.7" })).outcome, "allow");
  for (const act of acts.toReversed()) await act();
  assert.equal((await site.decide("hello", "u2", { ip: "203.0.113.7" })).outcome, "reject");
  assert.deepEqual(kinds(await standing(site)), ["suspend"]);
  await sameAfterRestart(site);
  await replays(site);
});

async function standing(
  { opened, nowMs }: TestSite,
  account = "u1",
): Promise<{
  strikes: unknown[];
  restrictions: { kind: string; id: string }[];
}> {
  return opened.site.standing(account, nowMs);
}

function kinds({ restrictions }: { restrictions: { kind: string }[] }): string[] {
  return restrictions.map(({ kind }) => kind).sort();
}

async function sameAfterRestart(site: TestSite): Promise<void> {
  const before = new Map(site.opened.site.standings);
  await site.restart();
  assert.deepEqual(new Map(site.opened.site.standings), before);
  await site.restart(() => {
    for (const end of ["", "-wal", "-shm"]) {
      rmSync(join(site.installation.paths.site, `views.sqlite${end}`), { force: true });
    }
  });
  assert.deepEqual(new Map(site.opened.site.standings), before);
}

async function replays(site: TestSite): Promise<void> {
  await site.opened.close();
  const quiet = { stderr: { write: () => true, isTTY: false }, nowMs: () => 0 };
  const report = await replayDirectory(
    { data: site.installation.data },
    quiet as unknown as Parameters<typeof replayDirectory>[1],
  );
  assert.deepEqual(report.findings, []);
  assert.equal(report.verdict, "same");
  assert.equal(report.state?.lostAt, null);
}
