// SPDX-License-Identifier: Apache-2.0
// `docket list` on a data directory, where the level of duties asks for others.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { ListChanged, ListChangeView } from "../../lists/contract.ts";
import { openInstallation } from "../../main.ts";
import type { ChangesView } from "../../releases/contract.ts";
import { docket as runDocket, installationWith } from "../testing/run-docket.ts";
import type { Ran } from "../testing/run-docket.ts";

const policy = `policy: lists
on: [comment]
lists:
  bad: { kind: domain }
rules:
  - id: bad-domain
    when: signals.domains.exists(d, d in lists.bad)
    then: { outcome: reject }
    reason: { en: No. }
`;

function docket(...words: string[]): Promise<Ran> {
  return runDocket("feed.example\nother.example\n", ...words);
}

/** A data directory at level pair, where the operator has nobody beside them but a key that sleeps. */
async function directoryAtPair(t: TestContext): Promise<string> {
  const installation = installationWith(t, policy);
  const { data } = installation;
  const opened = await openInstallation(installation);
  const { site, changes, lists } = opened;
  const key = `k_${"x".repeat(16)}`;
  await site.sealAccess("created", key, "admin");
  await lists.change("bad", { add: [{ value: "first.example" }], remove: [] }, { by: key, why: "known" });
  const operator = { by: "operator", role: "operator" } as const;
  const { index } = await changes.propose({ author: operator, wish: { level: "pair" } });
  await changes.approve({ author: { by: key, role: "admin" }, of: index });
  await opened.close();
  return data;
}

void test("above level solo commands propose, say so, and exit with 0", async (t) => {
  const data = await directoryAtPair(t);
  const place = ["--data", data, "--why", "spam\u001b[2J wave"];
  const added = await docket("list", "add", "bad", "evil.example", ...place);
  assert.equal(added.code, 0, added.err);
  const [, index = ""] = /Next: docket policy approve (\d+) \(1 approval by others\)/.exec(added.out) ?? [];
  assert.match(added.out, /^bad: proposed, not in force: 1 to add, 0 to remove\n/);
  const again = await docket("list", "add", "bad", "evil.example", "--json", ...place);
  const answer = JSON.parse(again.out) as ListChanged;
  assert.deepEqual([again.code, answer.inForce, answer.proposal], [0, false, Number(index)]);
  const imported = await docket("list", "import", "bad", "-", ...place);
  assert.match(imported.out, /proposed, not in force: 2 to add, 0 to remove; record \d+\nbad has 1 entries/);
  assert.match(imported.out, /Next: docket policy approve \d+/);
  const removed = await docket("list", "remove", "bad", "first.example", ...place);
  assert.match(removed.out, /proposed, not in force: 0 to add, 1 to remove/);

  const level = await docket("policy", "level", "--data", data);
  assert.match(level.out, new RegExp(`${index}: list bad: 1 to add, 0 to remove \\(spam \\[2J wave\\)`));
  assert.equal(level.out.match(/list bad/g)?.length, 3);
  const log = await docket("policy", "log", "--data", data, "--limit", "20");
  assert.match(log.out, /proposed list bad: 1 to add, 0 to remove \(spam \[2J wave\)/);
  const show = await docket("policy", "show", index, "--data", data);
  assert.match(show.out, /a change of the list bad was proposed/);
  assert.match(show.out, /Entries:\n {2}\+ evil\.example\n/);
  const alone = await docket("policy", "approve", index, "--data", data);
  assert.equal(alone.code, 1);
  assert.match(alone.err, /you proposed it/);
});

void test("broken glass, and who approved, in what is printed", async (t) => {
  const data = await directoryAtPair(t);
  const place = ["--data", data, "--why", "flood"];
  const broken = await docket("list", "add", "bad", "evil.example", "--break-glass", "--for", "4h", ...place);
  assert.equal(broken.code, 0, broken.err);
  assert.match(broken.out, /^bad: 1 added, 0 removed; record \d+, release \S+\nIt reverts by itself at /);
  const [, index] = /docket policy approve (\d+)/.exec(broken.out) ?? [];
  assert.match((await docket("list", "log", "bad", "--data", data)).out, /for a time, until .*: it reverts/);
  const level = await docket("policy", "level", "--data", data, "--json");
  const { listGlasses } = JSON.parse(level.out) as ChangesView;
  assert.deepEqual(
    listGlasses.map((glass) => [glass.index, glass.list, glass.added]),
    [[Number(index), "bad", 1]],
  );
  const log = await docket("list", "log", "bad", "--data", data, "--json");
  const views = log.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ListChangeView);
  assert.deepEqual(
    views.map(({ glass, approvals }) => [glass, approvals.length]),
    [
      ["open", 0],
      [null, 0],
    ],
  );
  for (const words of [
    ["--for", "4h"],
    ["--break-glass", "--for", "25h"],
    ["--for", "soon"],
  ]) {
    const wrong = await docket("list", "add", "bad", "x.example", ...words, ...place);
    assert.equal(wrong.code, 2, words.join(" "));
  }
});
