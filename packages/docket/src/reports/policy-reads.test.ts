// SPDX-License-Identifier: Apache-2.0
// A site whose policy reads what users reported.
import assert from "node:assert/strict";
import { test } from "node:test";
import { replayDirectory } from "../cli/replay/run.ts";
import { testTerminal } from "../cli/testing/run-docket.ts";
import { minute, testSite } from "../enforcement/testing/site.ts";
import type { TestSite } from "../enforcement/testing/site.ts";

const policy = `
policy: comments
on: [comment]
rules:
  - id: much-reported
    when: reports.actor >= 1000 && reports.reporters >= 2
    then: { outcome: hold }
    reason: { en: "Others reported what this account posts." }
  - id: reported-before
    when: reports.content > 0
    then: { outcome: flag }
    reason: { en: "This was reported." }
`;

test("a decision reads the reports before it, and comes out again from its facts", async (t) => {
  const site = await testSite(t, policy);
  const first = await site.decide("buy now");
  assert.equal(first.outcome, "allow");
  await report(site, first.index, "bob");
  assert.equal((await decide(site, "and now")).outcome, "allow", "one reporter is not enough");
  await report(site, first.index, "carol");
  const held = await decide(site, "once more");
  assert.equal(held.outcome, "hold");
  assert.equal((await site.decide("hello", "u2")).outcome, "allow", "another account");

  const { facts } = await site.opened.site.recorded(held.index ?? 0);
  assert.equal(facts?.values["reports.actor"], 1000);
  assert.equal(facts?.values["reports.reporters"], 2);
  assert.equal(facts?.values["reports.content"], 0);

  const time = new Date(site.nowMs).toISOString();
  const content = { id: "c-e0", text: "buy" };
  const edited = await site.opened.site.decide({
    event: { id: "edit", op: "edit", type: "comment", actor: { id: "u1" }, time, content },
    dryRun: false,
    by: "operator",
    source: "http",
    receivedMs: site.nowMs,
  });
  assert.deepEqual(edited.rules, ["much-reported", "reported-before"]);

  await site.restart();
  assert.equal((await decide(site, "after a start")).outcome, "hold", "the log has the reports");
  const author = { by: "operator", role: "operator" } as const;
  await site.opened.labels.label(author, { index: first.index ?? 0, label: "notSpam", source: "moderator" });
  assert.equal((await decide(site, "looked at")).outcome, "allow", "a person looked at what was reported");
  await replays(site);
});

async function decide(site: TestSite, text: string): ReturnType<TestSite["decide"]> {
  site.nowMs += minute;
  return site.decide(text);
}

async function report({ opened }: TestSite, index: number | undefined, reporter: string): Promise<void> {
  await opened.reports.report("operator", { index, reporter, category: "spam" });
}

async function replays(site: TestSite): Promise<void> {
  await site.opened.close();
  const { terminal } = testTerminal();
  const { findings, verdict } = await replayDirectory(
    { data: site.installation.data, evidence: true },
    terminal,
  );
  assert.deepEqual(findings, []);
  assert.equal(verdict, "same");
}
