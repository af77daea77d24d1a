// SPDX-License-Identifier: Apache-2.0
// `docket views rebuild`: the same log gives the same views, and views that are not so are found and mended.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Installation } from "../../installation.ts";
import { readKeys } from "../../installation.ts";
import { openInstallation } from "../../main.ts";
import { rebuildBehindViews } from "../../rebuild/behind-views.ts";
import type { RebuiltViews } from "../../rebuild/rebuild-views.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { removeDatabase } from "../../stores/sqlite/views-builder.ts";
import { digestViews } from "../../stores/sqlite/views-digest.ts";
import { repeatWindowMs } from "../../views/site-index.ts";
import { docket, installationWith } from "../testing/run-docket.ts";

const policy = `policy: comments
on: [comment]
counters:
  texts: { count: distinct actor.id, by: signals.fingerprint, over: 1d }
  hosts: { count: events, by: signals.domains, over: 1d }
rules:
  - id: links
    when: signals.linkCount >= 1 && counters.hosts >= 0
    then: { outcome: reject, strike: 1 }
    reason: { en: "No links, please." }
  - { id: copied, when: counters.texts >= 1, then: { outcome: hold, holdFor: 1h, otherwise: reject } }
ladder:
  - { strikes: 2, within: 7d, then: { suspend: 24h } }
`;

/** A log of decisions, strikes, a suspension, a verdict, labels and a measure, in several openings. */
async function livedInstallation(t: TestContext): Promise<Installation> {
  const installation = installationWith(t, policy);
  const how = { dryRun: false, by: "operator", source: "http", receivedMs: Date.now() } as const;
  const author = { by: "operator", role: "operator" } as const;
  for (let round = 0; round < 2; round++) {
    const opened = await openInstallation(installation);
    const decide = async (id: string, account: string, text: string): Promise<number> => {
      const content = { id: `c-${id}`, text };
      const event = { id: `${round}-${id}`, type: "comment", actor: { id: account }, content };
      return (await opened.site.decide({ event, ...how })).index ?? -1;
    };
    const refused = await decide("one", `spammer${round}`, "see http://spam.example/");
    await decide("two", `spammer${round}`, "and http://spam.example/2");
    await decide("three", `spammer${round}`, "nothing");
    const held = await decide("four", "reader", `the same words ${round}`);
    await decide("five", "other", `the same words ${round}`);
    await opened.labels.label(author, { index: held, label: "notSpam" });
    await opened.enforcement.verdict(author, {
      of: refused,
      verdict: "restore",
      cause: "manual",
      reason: "mistaken",
      compensate: true,
    });
    await opened.enforcement.measure(author, {
      subject: { kind: "domain", value: `bad${round}.example` },
      restrictions: [{ kind: "suspend", forMs: 3_600_000 }],
      reason: "spam",
    });
    await opened.close();
  }
  return installation;
}

void test("the same log gives the same views; views that were changed are found and mended", async (t) => {
  const installation = await livedInstallation(t);
  const { data, paths } = installation;
  const path = join(paths.site, "views.sqlite");
  const rebuild = async (): Promise<{ code: number; report: RebuiltViews }> => {
    const { code, out, err } = await docket("", "views", "rebuild", "--data", data, "--json");
    assert.equal(err, "");
    return { code, report: JSON.parse(out) as RebuiltViews };
  };
  const first = await rebuild();
  assert.equal(first.code, 0);
  assert.equal(first.report.same, true);
  assert.equal(first.report.before?.digest, first.report.after.digest);
  assert.ok(first.report.after.rows > 40);

  const views = new DatabaseSync(path);
  views.exec("UPDATE decisions SET outcome = 0 WHERE record = (SELECT max(record) FROM decisions)");
  views.close();
  const second = await rebuild();
  assert.equal(second.code, 1);
  assert.equal(second.report.same, false);
  assert.equal(second.report.after.digest, first.report.after.digest);
  assert.ok(existsSync(`${path}.before`));
  const third = await docket("", "views", "rebuild", "--data", data);
  assert.equal(third.code, 0);
  assert.match(third.out, /The views are the same\./);

  // Those of another version say nothing that could be compared.
  const other = new DatabaseSync(path);
  other.exec("PRAGMA user_version = 1");
  other.close();
  const fourth = await rebuild();
  assert.equal(fourth.code, 0);
  assert.deepEqual([fourth.report.before, fourth.report.same], [null, null]);
  assert.equal(fourth.report.after.digest, first.report.after.digest);

  // What was rebuilt is what a start goes on from.
  const again = await openInstallation(installation);
  const standing = await again.site.standing("spammer0", Date.now());
  assert.ok(standing.actor !== null);
  await again.close();
});

void test("views that lack most of the log are made anew before a start, others not", async (t) => {
  const installation = await livedInstallation(t);
  const { origin, paths } = installation;
  const viewsPath = join(paths.site, "views.sqlite");
  const before = digestViews(viewsPath, repeatWindowMs);
  const notices: string[] = [];
  let told = 0;
  const make = (least: number): Promise<void> =>
    rebuildBehindViews({
      disk,
      site: paths.site,
      checkpoint: paths.checkpoint,
      origin,
      siteKey: readKeys(installation).site,
      viewsPath,
      nowMs: () => performance.now(),
      onProgress: () => (told += 1),
      onNotice: (notice) => notices.push(notice),
      least,
    });
  await make(1);
  assert.equal(told, 0, "they lacked nothing");
  removeDatabase(viewsPath);
  await make(1000);
  assert.ok(!existsSync(viewsPath), "so few records a start takes in by itself");
  await make(1);
  assert.ok(told > 0);
  assert.deepEqual(digestViews(viewsPath, repeatWindowMs), before);
  const other = new DatabaseSync(viewsPath);
  other.exec("PRAGMA user_version = 1");
  other.close();
  await make(1);
  assert.deepEqual(digestViews(viewsPath, repeatWindowMs), before);
  assert.deepEqual(notices, []);
  // What is damaged is the start's to tell.
  writeFileSync(paths.checkpoint, "no note");
  await make(1);
  assert.match(notices.join(), /made by the start itself: /);
});
