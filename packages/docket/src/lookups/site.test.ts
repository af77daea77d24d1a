// SPDX-License-Identifier: Apache-2.0
// Look-ups of a site: asked before an event's turn, recorded as facts, and never asked again.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Decision } from "@docket/protocol";
import { backtest } from "../backtest/backtest.ts";
import { optionsOf } from "../cli/backtest/run.ts";
import { replayDirectory } from "../cli/replay/run.ts";
import { createInstallation } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { OpenInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import { replyTo, startBadServer } from "./testing/dns-list.ts";
import type { Misbehaviour } from "./testing/dns-list.ts";

const t0 = Date.UTC(2026, 0, 1);
const policy = `
policy: comments
on: [comment]
lookups:
  dbl: { zone: dbl.example, of: signals.domains, timeout: 200ms }
  unread: { zone: ip.example, of: actor.ip, timeout: 200ms }
rules:
  - { id: listed, when: lookups.dbl.listed, then: { outcome: reject } }
  - { id: unknown, when: "!has(lookups.dbl.listed) && signals.linkCount > 0", then: { outcome: flag } }
  - { id: network, when: "'127.0.0.9' in lookups.unread.codes", then: { outcome: hold } }
`;

const answers: Misbehaviour = (asked) => {
  if (asked.includes("silent")) return undefined;
  return asked.includes("bad") ? replyTo(asked, { addresses: ["127.0.1.2"] }) : replyTo(asked, { code: 3 });
};

async function newSite(
  t: TestContext,
): Promise<{ installation: Installation; opened: OpenInstallation; questions: () => number }> {
  const directory = mkdtempSync(join(tmpdir(), "docket-lookups-"));
  const server = await startBadServer(answers);
  const installation = createInstallation(disk, join(directory, "data"));
  writeFileSync(join(installation.policyDirectory, "comments.yaml"), policy);
  const opened = await openInstallation(installation, { dnsServers: [server.server] });
  t.after(async () => {
    await opened.close();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { installation, opened, questions: server.questions };
}

function decide(
  { site }: OpenInstallation,
  id: string,
  text: string | undefined,
  more: { dryRun?: boolean; source?: "http" | "file" } = {},
): Promise<Decision> {
  const content = text === undefined ? {} : { content: { text } };
  const event = { id, type: "comment", actor: { id: "u1" }, ...content };
  return site.decide({ event, dryRun: false, by: "operator", source: "http", receivedMs: t0, ...more });
}

test("answers decide, are facts, and come out again without a network", async (t) => {
  const { installation, opened, questions } = await newSite(t);
  const values = async ({ index }: Decision): Promise<unknown[]> => {
    const { facts } = await opened.site.recorded(index ?? -1);
    return ["lookups.dbl.listed", "lookups.dbl.codes"].map((path) => facts?.values[path]);
  };
  const dry = await decide(opened, "dry", "see http://bad.example/x", { dryRun: true });
  assert.equal(dry.outcome, "flag", "a trial asks nobody");
  assert.equal(questions(), 0);
  const listed = await decide(opened, "e1", "see http://bad.example/x and good.example.com");
  assert.equal(listed.outcome, "reject");
  assert.deepEqual(await values(listed), [true, ["127.0.1.2"]]);
  const clean = await decide(opened, "e2", "see http://good.example.com/");
  assert.equal(clean.outcome, "allow");
  assert.deepEqual(await values(clean), [false, []]);
  const silent = await decide(opened, "e3", "see http://silent.example/");
  assert.equal(silent.outcome, "flag");
  assert.deepEqual(await values(silent), [undefined, undefined]);
  assert.deepEqual(await values(await decide(opened, "e4", "no link")), [false, []]);
  assert.deepEqual(await values(await decide(opened, "e5", undefined)), [undefined, undefined]);
  const asked = questions();
  assert.equal((await decide(opened, "e1", "see http://bad.example/x and good.example.com")).repeat, true);
  assert.equal((await decide(opened, "again", "http://bad.example/y", { dryRun: true })).outcome, "reject");
  assert.equal(questions(), asked);
  await opened.close();
  for (const evidence of [undefined, true as const]) {
    const report = await replayDirectory(
      { data: installation.data, evidence },
      { stderr: { write: () => true } as never, nowMs: () => 0 },
    );
    assert.equal(report.verdict, "same", JSON.stringify(report));
  }
  for (const [zone, coverage] of [
    ["dbl.example", { facts: 5, evidence: 0, unasked: 0, gone: 0, unreadable: 0 }],
    ["other.example", { facts: 0, evidence: 0, unasked: 5, gone: 0, unreadable: 0 }],
  ] as const) {
    const candidate = join(installation.data, zone);
    mkdirSync(candidate);
    writeFileSync(join(candidate, "comments.yaml"), policy.replace("dbl.example", zone));
    const report = await backtest(optionsOf({ candidate, data: installation.data }));
    assert.deepEqual(report.coverage, coverage);
  }
  assert.equal(questions(), asked);
});

test("a file's events keep their order, however long their answers take", async (t) => {
  const { opened } = await newSite(t);
  const texts = [
    "http://silent.example/",
    "no link",
    "http://bad.example/",
    "http://silent2.example/",
    "none",
  ];
  const decisions = await Promise.all(
    texts.map((text, at) => decide(opened, `f${at}`, text, { source: "file" })),
  );
  const indexes = decisions.map(({ index }) => index ?? -1);
  assert.deepEqual(
    indexes,
    [...indexes].sort((a, b) => a - b),
  );
  const beside = await Promise.all([
    decide(opened, "h1", "http://silent3.example/"),
    decide(opened, "h2", "no link at all"),
  ]);
  assert.ok((beside[0].index ?? 0) > (beside[1].index ?? 0), "others don't wait");
});
