// SPDX-License-Identifier: Apache-2.0
// `docket list` on a data directory, where the level of duties asks for others.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createInstallation } from "../../installation.ts";
import type { ListChanged, ListChangeView } from "../../lists/contract.ts";
import { openInstallation } from "../../main.ts";
import type { ChangesView } from "../../releases/contract.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { run } from "../main.ts";
import type { Terminal } from "../terminal.ts";

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

async function docket(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdin = new PassThrough();
  stdin.end("feed.example\nother.example\n");
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const terminal: Terminal = {
    stdin,
    stdout,
    stderr,
    env: {},
    clock: () => Date.UTC(2026, 10, 23),
    nowMs: () => 0,
    signals: new EventEmitter(),
    temporaryDirectory: "/nowhere",
    outputGone: new AbortController().signal,
  };
  const code = await run(words, terminal);
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

/** A data directory at level pair, where the operator has nobody beside them but a key that sleeps. */
async function directoryAtPair(t: TestContext): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), "docket-list-"));
  t.after(() => rmSync(parent, { recursive: true }));
  const installation = createInstallation(disk, join(parent, "data"));
  const { policyDirectory, data } = installation;
  for (const name of readdirSync(policyDirectory)) rmSync(join(policyDirectory, name), { recursive: true });
  writeFileSync(join(policyDirectory, "lists.yaml"), policy);
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
  assert.equal(added.code, 0, added.stderr);
  const [, index = ""] =
    /Next: docket policy approve (\d+) \(1 approval by others\)/.exec(added.stdout) ?? [];
  assert.match(added.stdout, /^bad: proposed, not in force: 1 to add, 0 to remove\n/);
  const again = await docket("list", "add", "bad", "evil.example", "--json", ...place);
  const answer = JSON.parse(again.stdout) as ListChanged;
  assert.deepEqual([again.code, answer.inForce, answer.proposal], [0, false, Number(index)]);
  const imported = await docket("list", "import", "bad", "-", ...place);
  assert.match(
    imported.stdout,
    /proposed, not in force: 2 to add, 0 to remove; record \d+\nbad has 1 entries/,
  );
  assert.match(imported.stdout, /Next: docket policy approve \d+/);
  const removed = await docket("list", "remove", "bad", "first.example", ...place);
  assert.match(removed.stdout, /proposed, not in force: 0 to add, 1 to remove/);

  const level = await docket("policy", "level", "--data", data);
  assert.match(level.stdout, new RegExp(`${index}: list bad: 1 to add, 0 to remove \\(spam \\[2J wave\\)`));
  assert.equal(level.stdout.match(/list bad/g)?.length, 3);
  const log = await docket("policy", "log", "--data", data, "--limit", "20");
  assert.match(log.stdout, /proposed list bad: 1 to add, 0 to remove \(spam \[2J wave\)/);
  const show = await docket("policy", "show", index, "--data", data);
  assert.match(show.stdout, /a change of the list bad was proposed/);
  assert.match(show.stdout, /Entries:\n {2}\+ evil\.example\n/);
  const alone = await docket("policy", "approve", index, "--data", data);
  assert.equal(alone.code, 1);
  assert.match(alone.stderr, /you proposed it/);
});

void test("broken glass, and who approved, in what is printed", async (t) => {
  const data = await directoryAtPair(t);
  const place = ["--data", data, "--why", "flood"];
  const broken = await docket("list", "add", "bad", "evil.example", "--break-glass", "--for", "4h", ...place);
  assert.equal(broken.code, 0, broken.stderr);
  assert.match(broken.stdout, /^bad: 1 added, 0 removed; record \d+, release \S+\nIt reverts by itself at /);
  const [, index] = /docket policy approve (\d+)/.exec(broken.stdout) ?? [];
  assert.match(
    (await docket("list", "log", "bad", "--data", data)).stdout,
    /for a time, until .*: it reverts/,
  );
  const level = await docket("policy", "level", "--data", data, "--json");
  const { listGlasses } = JSON.parse(level.stdout) as ChangesView;
  assert.deepEqual(
    listGlasses.map((glass) => [glass.index, glass.list, glass.added]),
    [[Number(index), "bad", 1]],
  );
  const log = await docket("list", "log", "bad", "--data", data, "--json");
  const views = log.stdout
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
