// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { PolicyError } from "../errors.ts";
import { evaluate, evaluateFromFacts, factsOf } from "../evaluate.ts";
import { runPolicyTests } from "../policy-tests.ts";
import { factsSource, prepareType } from "../prepared.ts";
import type { EvaluationInput, PolicyFile } from "../types.ts";
import { loadPolicies } from "./load.ts";

const policy = `policy: comments
on: [comment]
campaigns: { over: 24h }
counters:
  recent: { count: events, by: campaign.id, over: 10m }
limits:
  copies: { rate: 5/m, by: campaign.id }
rules:
  - id: campaign
    when: campaign.size >= 5 && campaign.actors >= 3
    then: { outcome: hold }
    reason: { en: Many accounts have written the same. }
  - { id: burst, when: counters.recent > 3 || limits.copies.exceeded, then: { outcome: flag } }
  - { id: alone, when: campaign.size == 0 && content.text.size() > 5, points: 1 }
  - { id: one, when: 'campaign.id == "c_known"', points: 1 }
tests:
  - name: many
    given: { content: { text: some text }, campaign: { size: 9, actors: 4 } }
    expect: { rules: [campaign] }
  - { name: none, given: { content: { text: some text } }, expect: { rules: [alone] } }
`;
const file = (text: string, path = "comments.yaml"): PolicyFile => ({ path, text });
const set = loadPolicies([file(policy)]);

function problems(...texts: string[]): string[] {
  try {
    loadPolicies(texts.map((text, at) => file(text, `${at}.yaml`)));
    return [];
  } catch (error) {
    assert.ok(error instanceof PolicyError);
    return (error.problems ?? []).map(({ code, message }) => `${code}: ${message}`);
  }
}

test("campaigns are counted by hidden counters, and by those that a policy declares", () => {
  const index = "campaigns-1 over 86400000 on comment";
  assert.deepEqual(set.campaigns?.index.id, index);
  assert.deepEqual(
    set.counters.map(({ id }) => id),
    [
      index,
      `count distinct actor.id by campaign.id over 86400000 on comment of ${index}`,
      `count events by campaign.id over 600000 on comment of ${index}`,
      `count events by campaign.id over 86400000 on comment of ${index}`,
    ],
  );
  assert.match(set.limits[0]?.id ?? "", / of campaigns-1 over 86400000 on comment$/);
  // An author's own counter of the same is the same.
  const own = policy.replace("over: 10m", "over: 24h");
  assert.equal(loadPolicies([file(own)]).counters.length, 3);
});

test("tests in a policy say how large a campaign is", () => {
  assert.deepEqual(
    runPolicyTests(set).flatMap(({ failures }) => failures),
    [],
  );
});

function inputWith(campaign: string | undefined, size: number, actors: number): EvaluationInput {
  const { campaigns } = set;
  assert.ok(campaigns !== undefined);
  const counters = new Map([
    [campaigns.size.id, size],
    [campaigns.actors.id, actors],
  ]);
  return {
    type: "comment",
    op: "create",
    decidedAt: 0,
    actor: { id: "somebody" },
    content: { text: "some text" },
    signals: {},
    campaign,
    counters: campaign === undefined ? new Map() : counters,
    standing: { strikes: 0, restricted: false },
  };
}

test("what is read of a campaign is recorded, and decides the same again", () => {
  const input = inputWith("c_known", 7, 5);
  const evaluation = evaluate(set, input);
  assert.deepEqual(
    evaluation.rules.map(({ rule }) => rule),
    ["campaign", "one"],
  );
  const facts = factsOf(set, input, evaluation.clauses);
  assert.equal(facts.values["campaign.id"], "c_known");
  assert.equal(facts.counters[set.campaigns?.size.id ?? ""], 7);
  const again = evaluateFromFacts(set, facts);
  assert.deepEqual(
    again.rules.map(({ rule }) => rule),
    ["campaign", "one"],
  );
});

test("without anything to tell a campaign by, its clauses are missing", () => {
  const evaluation = evaluate(set, inputWith(undefined, 7, 5));
  assert.deepEqual(evaluation.rules, []);
  assert.deepEqual(evaluation.missing.map(String).length, 4);
});

test("of prepared events, campaigns are read in their turn", () => {
  const preparation = prepareType(set, "comment");
  assert.ok(preparation !== undefined);
  const { campaign, counters, standing, ...event } = inputWith("c_known", 7, 5);
  const prepared = preparation.fromEvent({ ...event, counters: new Map(), standing });
  const evaluation = preparation.evaluate(prepared, { campaign, counters, standing }, 0);
  assert.deepEqual(
    evaluation.rules.map(({ rule }) => rule),
    ["campaign", "one"],
  );
  // Their clauses are run again, whatever facts say of them.
  assert.deepEqual([...(factsSource(set, set, "comment", () => true)?.places ?? [])], [5]);
});

test("all policies that declare campaigns have them in common", () => {
  const other =
    "policy: mail\non: [message, email]\ncampaigns: {}\n" +
    "rules:\n  - { id: m, when: campaign.size > 1, points: 1 }\n";
  const both = loadPolicies([file(policy), file(other, "mail.yaml")]);
  assert.equal(both.campaigns?.index.id, "campaigns-1 over 86400000 on comment, email, message");
  assert.deepEqual(both.policies[0]?.campaigns, both.policies[1]?.campaigns);
  const without = "policy: plain\non: [comment]\nrules:\n  - { id: p, when: signals.words > 1, points: 1 }\n";
  assert.equal(loadPolicies([file(without)]).campaigns, undefined);
});

test("mistakes", () => {
  const rule = "rules:\n  - { id: r, when: campaign.size > 1, points: 1 }\n";
  const head = "policy: p\non: [comment]\n";
  assert.match(problems(head + rule).join(), /^unknown-name: nothing is called "campaign/);
  assert.deepEqual(problems(`${head}campaigns: {}\n${rule}`), []);
  assert.match(problems(`${head}campaigns: { over: 5m }\n${rule}`).join(), /^bad-duration/);
  assert.match(problems(`${head}campaigns: { over: 601s }\n${rule}`).join(), /^bad-window/);
  assert.match(problems(`${head}campaigns: { of: 5m }\n${rule}`).join(), /^unknown-key/);
  assert.match(problems(`${head}campaigns: [24h]\n${rule}`).join(), /^wrong-kind/);
  const other =
    "policy: q\non: [message]\ncampaigns: { over: 12h }\n" +
    "rules:\n  - { id: s, when: campaign.size > 1, points: 1 }\n";
  assert.match(problems(`${head}campaigns: {}\n${rule}`, other).join(), /^conflict: .*24h|^conflict: .*1d/);
  const counting = (by: string): string =>
    `${head}counters: { c: { count: events, by: ${by}, over: 10m } }\n` +
    "rules:\n  - { id: r, when: counters.c > 1, points: 1 }\n";
  assert.match(problems(counting("campaign.id")).join(), /^unknown-name: campaigns are not declared/);
  assert.match(problems(`campaigns: {}\n${counting("campaign.size")}`).join(), /^unknown-name/);
  const given = "tests:\n  - { given: { campaign: { size: 1 } }, expect: { points: 1 } }\n";
  const plain = "rules:\n  - { id: r, when: signals.words > 1, points: 1 }\n";
  assert.match(problems(head + plain + given).join(), /^unknown-name: campaigns are not declared/);
});
