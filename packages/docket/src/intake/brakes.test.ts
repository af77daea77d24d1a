// SPDX-License-Identifier: Apache-2.0
// Brakes and caps of a real site: sealed, told, lifted, and still there after each kind of restart.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { BrakeFacts, Decision, Facts } from "@docket/protocol";
import { createInstallation } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { OpenInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";

const t0 = Date.UTC(2026, 0, 1);
const policy = `
policy: comments
on: [comment]
rules:
  - id: broad
    when: signals.words >= 3
    then: { outcome: reject }
    brake: { share: 20%, least: 10 }
    reason: { en: Too long. }
  - id: spam
    when: signals.normalised.contains('pills')
    then: { outcome: reject, suspend: 1h }
    restrictsAtMost: 3/h
    brake: { share: 100% }
    reason: { en: No pills. }
`;
const operator = { by: "operator", role: "operator" as const };

test("a rule that hits too much loses its power from the next event on, until confirmed", async (t) => {
  const { open, notices, forgetViews } = newSite(t);
  let opened = await open();
  const outcomes = (await sayMany(opened, 30)).map(({ outcome }) => outcome);
  const hits = outcomes.flatMap((outcome, i) => (outcome === "reject" ? [i] : []));
  assert.deepEqual(hits, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18], "the tenth hit is the last");
  const [brake] = opened.brakes.view().brakes;
  assert.deepEqual([brake?.key, brake?.hits, brake?.events, brake?.hitsSince], ["comments/broad", 10, 19, 5]);
  const index = brake?.index as number;
  const { record } = await opened.site.recorded(index);
  assert.deepEqual([record.kind, record.by], ["brake", "docket"]);
  assert.ok(!JSON.stringify(record).includes("broad"), "the leaf names no rule");
  const sealed = JSON.parse((await opened.site.sitePart(index, "facts")) ?? "") as BrakeFacts;
  assert.deepEqual([sealed.key, sealed.hits, sealed.least], ["comments/broad", 10, 10]);
  assert.equal(notices.filter((notice) => notice.includes("comments/broad hit 10 of 19")).length, 1);
  const held = (await opened.site.recorded((await say(opened, 100, "one two three")).index ?? -1)).facts;
  assert.deepEqual((held as Facts).held, { "comments/broad": "brake" });

  for (const between of [() => undefined, forgetViews]) {
    await opened.close();
    between();
    opened = await open();
    assert.equal((await say(opened, 200 + Math.random(), "one two three")).outcome, "allow");
    assert.equal(opened.brakes.view().brakes[0]?.index, index);
  }
  await assert.rejects(opened.brakes.confirm({ author: operator, of: index + 1, why: "right" }), {
    code: "not_found",
  });
  const confirming = opened.brakes.confirm({ author: operator, of: index, why: "right" });
  assert.equal((await say(opened, 300, "one two three")).outcome, "reject", "from the next event on");
  const confirmed = await confirming;
  assert.deepEqual([confirmed.of, confirmed.key, confirmed.alone], [index, "comments/broad", true]);
  const confirmation = await opened.site.recorded(confirmed.index);
  assert.deepEqual(
    [confirmation.record.kind, confirmation.record.by],
    ["confirm", "operator"],
    "and that is a record too",
  );
  for (const between of [() => undefined, forgetViews]) {
    await opened.close();
    between();
    opened = await open();
    const more = await sayMany(opened, 30, 400 + Math.random());
    assert.equal(more.filter(({ outcome }) => outcome === "reject").length, 15);
    assert.deepEqual(opened.brakes.view().brakes, []);
  }
});

test("a changed rule is watched anew; the release that changes it lifts the brake", async (t) => {
  const { open, installation } = newSite(t);
  let opened = await open();
  await sayMany(opened, 30);
  assert.equal(opened.brakes.view().brakes.length, 1);
  await opened.close();
  writePolicy(installation, policy.replace("words >= 3", "words >= 4"));
  opened = await open();
  assert.deepEqual(opened.brakes.view().brakes, []);
  assert.equal((await say(opened, 50, "one two three four")).outcome, "reject");
  await opened.close();
  writePolicy(installation, policy);
  opened = await open();
  assert.equal((await say(opened, 51, "one two three four")).outcome, "allow", "no detour lifts a brake");
});

test("a rule restricts as many actors as it may, and goes on once a person has looked", async (t) => {
  const { open, forgetViews } = newSite(t);
  let opened = await open();
  const restricted = async (i: number): Promise<number> =>
    (await say(opened, i, "buy pills")).restrictions.length;
  for (let i = 0; i < 3; i++) assert.equal(await restricted(i), 1);
  const fourth = await say(opened, 3, "buy pills");
  assert.deepEqual([fourth.outcome, fourth.restrictions], ["reject", []], "the outcome stays");
  const { facts } = await opened.site.recorded(fourth.index ?? -1);
  assert.deepEqual((facts as Facts).capped, ["comments/spam"]);
  assert.equal(await restricted(4), 0);
  for (const between of [() => undefined, forgetViews]) {
    await opened.close();
    between();
    opened = await open();
    assert.equal(await restricted(10 + Math.random()), 0, "whom it restricted before the restart counts");
  }
  const { brakes } = opened.brakes.view();
  assert.deepEqual([brakes.length, brakes[0]?.cap, brakes[0]?.actorsHit], [1, true, 3]);
  await opened.brakes.confirm({ author: operator, of: brakes[0]?.index as number, why: "a wave" });
  for (let i = 20; i < 25; i++) assert.equal(await restricted(i), 1);
  await opened.close();
  opened = await open();
  assert.equal(await restricted(31), 1, "lifted is lifted, over a restart too");
});

function newSite(t: TestContext): {
  installation: Installation;
  notices: string[];
  open: () => Promise<OpenInstallation>;
  forgetViews: () => void;
} {
  const directory = mkdtempSync(join(tmpdir(), "docket-brakes-"));
  const opened: OpenInstallation[] = [];
  const notices: string[] = [];
  t.after(async () => {
    for (const each of opened) await each.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const installation = createInstallation(disk, join(directory, "data"));
  writePolicy(installation, policy);
  const open = async (): Promise<OpenInstallation> => {
    const each = await openInstallation(installation, { onNotice: (notice) => notices.push(notice) });
    opened.push(each);
    return each;
  };
  const forgetViews = (): void => {
    const { site } = installation.paths;
    for (const name of readdirSync(site)) if (name.startsWith("views.sqlite")) rmSync(join(site, name));
  };
  return { installation, notices, open, forgetViews };
}

function writePolicy({ policyDirectory }: Installation, text: string): void {
  writeFileSync(join(policyDirectory, "comments.yaml"), text);
}

function sometimesLong(i: number): string {
  return i % 2 === 0 ? "one two three" : "short";
}

/** Has many accounts say something, in this order, without waiting for each other. */
function sayMany(opened: OpenInstallation, count: number, from = 0): Promise<Decision[]> {
  const said = Array.from({ length: count }, (_, i) => say(opened, from + i, sometimesLong(i)));
  return Promise.all(said);
}

/** Has an account of its own say something. */
async function say({ site }: OpenInstallation, number: number, text: string): Promise<Decision> {
  const time = new Date(t0 + Math.floor(number) * 1000);
  const event = {
    id: `e${number}`,
    type: "comment",
    time: time.toISOString(),
    actor: { id: `u${number}` },
    content: { text },
  };
  return site.decide({ event, dryRun: false, by: "operator", source: "file", receivedMs: time.getTime() });
}
