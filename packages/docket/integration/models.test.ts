// SPDX-License-Identifier: Apache-2.0
// A model that a policy reads: decided with, replayed from facts and evidence, backtested against another,
// learned anew from labels, and proposed once it has shown that it does no worse.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createInstallation, readInstallation } from "../src/installation.ts";
import { openInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { directoryOf, docket } from "../src/cli/testing/run-docket.ts";
import { labelledLines, textOf } from "../src/cli/model/testing/labelled-texts.ts";

const policy = (from: string, outcome = "hold"): string => `policy: comments
on: [comment]
models: { spam: { kind: comment, ${from} } }
rules:
  - id: likely-spam
    when: models.spam.score >= 500000
    then: { outcome: ${outcome} }
    reason: { en: It reads like spam. }
tests:
  - given: { models: { spam: 500000 } }
    expect: { outcome: ${outcome} }
  - given: { content: { text: win cash } }
    expect: { outcome: allow }
`;

/** A data directory whose policy has a model in a file, and a model that says the opposite. */
async function world(
  t: TestContext,
): Promise<{ data: string; policies: string; model: string; opposite: string }> {
  const directory = directoryOf(t);
  const installation = createInstallation(disk, join(directory, "data"));
  const policies = installation.policyDirectory;
  for (const name of readdirSync(policies)) rmSync(join(policies, name), { recursive: true });
  mkdirSync(join(policies, "models"));
  const model = join(policies, "models", "own.model");
  const opposite = join(directory, "opposite.model");
  const turned = labelledLines(200)
    .replaceAll('"spam"', '"x"')
    .replaceAll('"ham"', '"spam"')
    .replaceAll('"x"', '"ham"');
  for (const [input, out] of [
    [labelledLines(200), model],
    [turned, opposite],
  ] as const) {
    const ran = await docket(input, "model", "train", "--kind", "comment", "--in", "-", "--out", out);
    assert.equal(ran.code, 0, ran.err);
  }
  writeFileSync(join(policies, "comments.yaml"), policy("file: models/own.model"));
  return { data: installation.data, policies, model, opposite };
}

async function decide(data: string, count: number): Promise<string[]> {
  const opened = await openInstallation(readInstallation(data));
  const outcomes: string[] = [];
  for (let number = 0; number < count; number++) {
    const event = {
      id: `e${number}`,
      type: "comment",
      actor: { id: `u${number}` },
      content: { text: textOf(number % 2 === 0, number + 300) },
    };
    const how = { dryRun: false, by: "operator", source: "http", receivedMs: Date.now() } as const;
    outcomes.push((await opened.site.decide({ event, ...how })).outcome);
  }
  await opened.close();
  return outcomes;
}

test("what a model said is recorded, replays, and a byte of it that was changed shows", async (t) => {
  const { data } = await world(t);
  const outcomes = await decide(data, 12);
  assert.deepEqual(
    outcomes,
    Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? "hold" : "allow")),
  );
  const shown = await docket("", "show", "4", "--data", data, "--json");
  const { facts } = JSON.parse(shown.out) as { facts: { values: Record<string, number> } };
  assert.ok(Number.isInteger(facts.values["models.spam.score"]));
  assert.ok((facts.values["models.spam.known"] ?? 0) > 500);
  const replayed = await docket("", "replay", "--data", data, "--evidence");
  assert.equal(replayed.code, 0, replayed.out + replayed.err);
  assert.match(replayed.out, /evidence +12 decisions computed again/);
  assert.match((await docket("", "verify", data)).out, /with 1 models by their hashes/);

  const kept = join(readInstallation(data).paths.site, "models");
  const [name = ""] = readdirSync(kept);
  const bytes = readFileSync(join(kept, name));
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
  writeFileSync(join(kept, name), changed);
  const verified = await docket("", "verify", data);
  assert.match(verified.out, /models\/[\w-]{43}\.model: it has another hash than its name says/);
  for (const words of [[], ["--evidence"]]) {
    const wrong = await docket("", "replay", "--data", data, ...words);
    assert.equal(wrong.code, 1);
    assert.match(wrong.out, /its model spam, models\/[\w-]{43}\.model, is not what its manifest names/);
  }
  rmSync(join(kept, name));
  assert.match(
    (await docket("", "verify", data)).out,
    /it is missing, and the release [\w-]{43} names it as/,
  );
  const without = await docket("", "replay", "--data", data, "--evidence");
  assert.match(without.out, /not checked: the evidence of 12 decisions: their models are not here/);
});

test("a candidate with another model is scored again from the evidence", async (t) => {
  const { data, policies, opposite } = await world(t);
  await decide(data, 12);
  const candidate = join(directoryOf(t), "candidate");
  cpSync(policies, candidate, { recursive: true });
  const same = await docket("", "backtest", candidate, "--data", data, "--json");
  const report = (out: string): { changed: { decisions: number }; coverage: Record<string, number> } =>
    JSON.parse(out) as never;
  assert.equal(same.code, 0, same.err);
  assert.equal(report(same.out).changed.decisions, 0);
  assert.equal(report(same.out).coverage["facts"], 12, "the same model said it already");
  cpSync(opposite, join(candidate, "models", "own.model"));
  const other = await docket("", "backtest", candidate, "--data", data, "--json");
  assert.equal(report(other.out).changed.decisions, 12, other.out.slice(0, 300) + other.err);
  assert.equal(report(other.out).coverage["evidence"], 12);
});

test("a missing or wrong file of a model is a mistake with its line", async (t) => {
  const { policies, model } = await world(t);
  assert.equal((await docket("", "policy", "test", policies)).code, 0);
  writeFileSync(join(policies, "comments.yaml"), policy("file: models/others.model"));
  const missing = await docket("", "policy", "check", policies);
  assert.equal(missing.code, 1);
  assert.match(
    missing.out,
    /comments\.yaml:3:1: the file of the model spam, models\/others\.model, is not there/,
  );
  writeFileSync(
    join(policies, "comments.yaml"),
    policy("file: models/own.model").replace("kind: comment", "kind: message"),
  );
  assert.match(
    (await docket("", "policy", "check", policies)).out,
    /is of kind comment, and is declared as message/,
  );
  writeFileSync(model, "no model");
  assert.match((await docket("", "policy", "check", policies)).out, /can't be read: it is no model/);
});

test("labels teach a new version, and only one that does no worse is proposed", async (t) => {
  const { data, policies, opposite, model } = await world(t);
  const base = join(directoryOf(t), "base.model");
  cpSync(model, base);
  // From the general model one goes on by publishing; a file is changed in its place.
  const refused = await docket("", "model", "publish", "spam", opposite, "--data", data);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /the policy has the model spam from models\/own\.model/);
  writeFileSync(join(policies, "comments.yaml"), policy("use: general"));
  await decide(data, 40);
  const opened = await openInstallation(readInstallation(data));
  const author = { by: "operator", role: "operator" } as const;
  for (let index = 2; index < opened.site.status().size; index++) {
    const { record } = await opened.site.recorded(index);
    if (record.kind !== "decision") continue;
    const label = record.outcome === "reject" ? "unsure" : index % 2 === 0 ? "spam" : "notSpam";
    await opened.labels.label(author, { index, label });
  }
  await opened.close();
  const next = join(directoryOf(t), "next.model");
  const trained = await docket("", "model", "train", "--kind", "comment", "--data", data, "--out", next);
  assert.equal(trained.code, 0, trained.err);
  assert.match(trained.err, /labelled texts are held out, for `docket model publish`/);
  const few = await docket("", "model", "publish", "spam", next, "--data", data);
  assert.equal(few.code, 1);
  assert.match(few.err, /was not proposed: there are \d+ spam and \d+ ham to compare on/);
  const held = labelledLines(100, 4_000);
  const place = ["--data", data, "--in", "-"];
  const worse = await docket(held, "model", "publish", "spam", opposite, ...place);
  assert.equal(worse.code, 1, worse.out);
  assert.match(worse.err, /it ranks 100\.000% of pairs wrongly/);
  const forced = await docket(held, "model", "publish", "spam", opposite, ...place, "--force", "--json");
  const { proposal, check } = JSON.parse(forced.out) as { proposal: { index: number }; check: object };
  assert.deepEqual(Object.keys(check), ["spam", "ham", "before", "after", "forced"]);
  const shown = await docket("", "policy", "show", String(proposal.index), "--data", data, "--json");
  const { change } = JSON.parse(shown.out) as { change: { model: { name: string; check: object } } };
  assert.deepEqual(change.model.check, check, "it is sealed with the proposal");
  const good = await docket(held, "model", "publish", "spam", base, ...place);
  assert.equal(good.code, 0, good.err);
  assert.match(good.out, /On 50 spam and 50 ham that neither learned from/);
});
