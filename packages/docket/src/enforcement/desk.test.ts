// SPDX-License-Identifier: Apache-2.0
// Verdicts, measures and links on a real site.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Decision } from "@docket/protocol";
import { replayDirectory } from "../cli/replay/run.ts";
import { day, hour, minute, startMs, testSite } from "./testing/site.ts";
import type { TestSite } from "./testing/site.ts";

const reviewer = { by: "k_reviewerxxxxxxxx", role: "reviewer" };

test("an overturned decision takes its strike along, and only the restrictions that nothing else holds", async (t) => {
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
void day;
void hour;
