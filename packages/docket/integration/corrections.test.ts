// SPDX-License-Identifier: Apache-2.0
// Corrections on a real site: what they change of standings, a stop in the middle, and what a rule would
// refuse now.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { replayDirectory } from "../src/cli/replay/run.ts";
import { minute, testSite } from "../src/enforcement/testing/site.ts";
import type { TestSite } from "../src/enforcement/testing/site.ts";

const one = { by: "k_oneaaaaaaaaaaaaa", role: "reviewer" };
const mistaken = { batch: "revert", reason: "mistaken" } as const;
const policy = `
policy: comments
on: [comment]
rules:
  - id: links
    when: signals.normalised.contains('link')
    then: { outcome: reject, strike: 1 }
    reason: { en: "No links." }
  - id: cheap
    when: signals.normalised.contains('cheap')
    then: { outcome: flag, strike: 1 }
    reason: { en: "Looks cheap." }
ladder:
  - { strikes: 2, within: 7d, then: { suspend: 24h } }
`;

async function kindsOf({ opened, nowMs }: TestSite, account: string): Promise<string[]> {
  return (await opened.site.standing(account, nowMs)).restrictions.map(({ kind }) => kind);
}

async function recordsOf({ opened }: TestSite): Promise<DocketRecord[]> {
  const records: DocketRecord[] = [];
  for (let index = 0; index < opened.site.status().size; index++) {
    records.push(parseLeaf((await opened.site.receipt(index)).leaf));
  }
  return records;
}

test("a revert ends what came of a wrong rule, goes on after a stop, and is taken back", async (t) => {
  const site = await testSite(t, policy);
  const accounts = Array.from({ length: 15 }, (_, each) => `u${each}`);
  for (const account of accounts) {
    for (let each = 0; each < 2; each++) {
      site.nowMs += minute;
      assert.equal((await site.decide(`a link ${each}`, account)).outcome, "reject");
    }
  }
  assert.deepEqual(await kindsOf(site, "u3"), ["suspend"]);
  const preview = await site.opened.batches.preview(one, { ...mistaken, rule: "links" });
  assert.deepEqual(
    [preview.count, preview.actors, preview.strikesVoid, preview.restrictionsEnding],
    [30, 15, 30, 15],
  );
  const { index } = await site.opened.batches.begin(one, { ...mistaken, rule: "links" });
  // Closed at once: what was made is made, and the next opening goes on.
  await site.restart();
  await site.opened.batches.ended(index);
  const done = await site.opened.batches.batch(index);
  assert.deepEqual([done.status, done.made, done.passed], ["done", 30, 0]);
  for (const account of accounts) assert.deepEqual(await kindsOf(site, account), []);
  assert.equal((await site.opened.site.standing("u3", site.nowMs)).strikes.length, 0);
  assert.equal((await site.decide("hello", "u3")).outcome, "allow");
  const verdicts = (await recordsOf(site)).filter((record) => record.kind === "verdict");
  assert.equal(new Set(verdicts.map(({ of }) => of)).size, 30);
  assert.deepEqual(new Set(verdicts.map((verdict) => verdict.for)), new Set([index]));
  const back = await site.opened.batches.begin(one, { ...mistaken, of: index });
  await site.opened.batches.ended(back.index);
  assert.deepEqual(await kindsOf(site, "u3"), ["suspend"]);
  assert.equal((await site.opened.enforcement.outcomeOf(verdicts[0]?.of ?? -1)).outcome, "reject");
  await site.opened.close();
  const quiet = { stderr: { write: () => true, isTTY: false }, nowMs: () => 0 };
  const replayed = await replayDirectory(
    { data: site.installation.data },
    quiet as unknown as Parameters<typeof replayDirectory>[1],
  );
  assert.deepEqual([replayed.findings, replayed.verdict], [[], "same"]);
  await site.restart();
});

test("a sweep removes what a new rule would have refused", async (t) => {
  const site = await testSite(t, policy);
  const shown = [await site.decide("cheap watches", "a"), await site.decide("watches for all", "b")];
  await site.decide("hello", "c");
  await site.decide("a link to watches", "d");
  const later = `
policy: watches
on: [comment]
rules:
  - id: watches
    when: signals.normalised.contains('watches')
    then: { outcome: reject, strike: 1 }
    reason: { en: "No watches." }
`;
  await site.restart(() => writeFileSync(join(site.installation.policyDirectory, "watches.yaml"), later));
  const wish = { batch: "sweep", rule: "watches", reason: "spam" } as const;
  const preview = await site.opened.batches.preview(one, wish);
  assert.deepEqual(
    preview.examples.map(({ of }) => of),
    shown.map(({ index }) => index),
  );
  // What a flag had announced is given.
  assert.equal(preview.strikesGiven, 1);
  const { index } = await site.opened.batches.begin(one, wish);
  await site.opened.batches.ended(index);
  for (const { index: of } of shown) {
    assert.equal((await site.opened.enforcement.outcomeOf(of ?? -1)).outcome, "reject");
  }
  await assert.rejects(site.opened.batches.begin(one, wish), { code: "batch_conflict" });
});
