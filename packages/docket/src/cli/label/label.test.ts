// SPDX-License-Identifier: Apache-2.0
// `docket label` on a data directory.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { readInstallation } from "../../installation.ts";
import { labelledDecisions, labelsInForce } from "./labelled-decisions.ts";
import type { LabelInForce } from "../../labels/label-desk.ts";
import { openInstallation } from "../../main.ts";
import { docket, installationWith } from "../testing/run-docket.ts";

const policy = `policy: comments
on: [comment]
rules:
  - { id: links, when: signals.linkCount >= 3, then: { outcome: hold } }
`;

/** A data directory with three decisions, and their indexes. */
async function directoryWithDecisions(t: TestContext): Promise<{ data: string; indexes: number[] }> {
  const installation = installationWith(t, policy);
  const opened = await openInstallation(installation);
  const indexes: number[] = [];
  for (const name of ["one", "two", "three"]) {
    const event = { id: name, type: "comment", actor: { id: `u-${name}` }, content: { text: name } };
    const how = { dryRun: false, by: "operator", source: "http", receivedMs: 0 } as const;
    indexes.push((await opened.site.decide({ event, ...how })).index ?? -1);
  }
  await opened.close();
  return { data: installation.data, indexes };
}

function listed({ out }: { out: string }): LabelInForce[] {
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LabelInForce);
}

void test("labels are sealed, superseded, listed, imported once, and read with their evidence", async (t) => {
  const { data, indexes } = await directoryWithDecisions(t);
  const [one = 0, two = 0, three = 0] = indexes;
  const given = await docket(
    "",
    "label",
    String(one),
    "spam",
    "--reason",
    "phishing",
    "--data",
    data,
    "--json",
  );
  assert.equal(given.code, 0, given.err);
  assert.deepEqual(
    { ...listed(given)[0], at: "", index: 0 },
    {
      of: one,
      label: "spam",
      source: "moderator",
      reason: "phishing",
      by: "operator",
      role: "operator",
      at: "",
      index: 0,
    },
  );
  const note = await docket("", "label", String(one), "notSpam", "--note", "looked again", "--data", data);
  assert.match(note.out, /^Labelled, as record \d+\.\n$/);
  const file = [
    { index: two, label: "ham" },
    { index: three, label: "unsure" },
    { index: three, label: 1, source: "honeypot" },
  ];
  const good = file.map((line) => JSON.stringify(line)).join("\n");
  const lines = `${good}\nnonsense\n{"index":0,"label":"spam"}\n`;
  const first = await docket(lines, "label", "--in", "-", "--data", data);
  assert.equal(first.code, 1);
  assert.match(first.err, /-:4: the line is not JSON/);
  assert.match(first.err, /-:5: record 0 is no decision/);
  assert.match(first.err, /3 labels sealed, 0 in force already, 2 lines at fault\.\n$/);
  const again = await docket(lines.split("\n")[0] ?? "", "label", "--in", "-", "--data", data);
  assert.equal(again.code, 0);
  assert.match(again.err, /0 labels sealed, 1 in force already, 0 lines at fault\.\n$/);
  const all = listed(await docket("", "label", "--list", "--json", "--data", data));
  assert.deepEqual(
    all.map(({ of, label, source }) => [of, label, source]),
    [
      [one, "notSpam", "moderator"],
      [two, "notSpam", "import"],
      [three, "spam", "honeypot"],
    ],
  );
  const table = await docket("", "label", "--list", "--data", data);
  assert.match(table.out, /notSpam +moderator/);
  const verified = await docket("", "verify", data, "--key", join(data, "log.vkey"));
  assert.equal(verified.code, 0, verified.out);
  const shown = await docket("", "show", String(all[0]?.index), "--data", data);
  assert.match(shown.out, /the decision of record \d+ was labelled notSpam/);
  await readsWithEvidence(data, all);
});

async function readsWithEvidence(data: string, all: readonly LabelInForce[]): Promise<void> {
  const installation = readInstallation(data);
  const texts: unknown[] = [];
  for await (const { label, event, actor } of labelledDecisions(installation)) {
    assert.match(actor, /^a_/);
    texts.push([label.label, event?.content?.text]);
  }
  assert.deepEqual(texts, [
    ["notSpam", "one"],
    ["notSpam", "two"],
    ["spam", "three"],
  ]);
  // Without views, and with views that were deleted, the log itself says what is in force.
  rmSync(join(installation.paths.site, "views.sqlite"));
  assert.deepEqual(await labelsInForce(installation), all);
  const opened = await openInstallation(installation);
  assert.deepEqual((await opened.labels.list(0, 10)).labels, all);
  assert.deepEqual(await opened.labels.list(0, 1), { labels: all.slice(0, 1), next: all[1]?.of });
  await opened.close();
}

void test("what can't be labelled is refused", async (t) => {
  const { data } = await directoryWithDecisions(t);
  const codeOf = async (...words: string[]): Promise<number> => (await docket("", "label", ...words)).code;
  assert.notEqual(await codeOf("--data", data), 0);
  assert.notEqual(await codeOf("0", "spam", "--data", data), 0);
  assert.notEqual(await codeOf("99", "spam", "--data", data), 0);
  assert.notEqual(await codeOf("2", "ham", "--data", data), 0);
  assert.notEqual(await codeOf("2", "spam", "--reason", "Not A Code", "--data", data), 0);
  assert.notEqual(await codeOf("2", "spam", "--data", data, "--url", "http://127.0.0.1:1"), 0);
});
