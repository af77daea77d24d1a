// SPDX-License-Identifier: Apache-2.0
// Who shares what with whom, from rows of which it is known.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import { SqliteSiteIndex } from "../stores/sqlite/site-index.ts";
import { plainRow } from "../testing/plain-row.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { repeatWindowMs } from "../views/site-index.ts";
import { actorsDrawnMax, recordsAskedMax, sharedDrawnMax } from "./campaign-contract.ts";
import { CampaignDesk } from "./campaign-desk.ts";
import { sharingOf } from "./sharing.ts";

const startMs = Date.UTC(2026, 10, 23, 12);
const fields = new Map([
  ["c1", "actor.network"],
  ["c2", "actor.id"],
  ["c3", "campaign.id"],
]);

function row(index: number, actor: string, over: Partial<DecisionRow> = {}): DecisionRow {
  const at = startMs + index * 60_000;
  return { ...plainRow, index, actor, decidedMs: at, sealedMs: at, ...over };
}

const example: readonly DecisionRow[] = [
  row(0, "a_one", {
    campaign: "k1",
    fingerprint: "f1",
    marks: ["c1:net1", "c2:own1", "c3:k1h"],
    outcome: "reject",
  }),
  row(1, "a_two", {
    campaign: "k1",
    fingerprint: "f1",
    marks: ["c1:net1", "gone:x", "c3:k1h"],
    fired: ["p/copy"],
  }),
  row(2, "a_two", { campaign: "k1", fingerprint: "f2", marks: ["c1:net2"] }),
  row(3, "a_three", { campaign: "k1", marks: ["gone:x"] }),
  row(4, "a_alone", { campaign: "k2", fingerprint: "f9", marks: ["c1:net9"] }),
];

test("what more than one account has is drawn, with who has it how often", () => {
  const { actors, shared, edges, left, decisions } = sharingOf(example, fields);
  assert.deepEqual(
    shared.map(({ id, kind, field, actors: count }) => [id, kind, field, count]),
    [
      ["campaign:k1", "campaign", null, 3],
      ["text:f1", "text", null, 2],
      ["value:net1", "value", "actor.network", 2],
      ["value:x", "value", null, 2],
    ],
  );
  assert.deepEqual(
    actors.map(({ actor, decisions: count, outcomes }) => [actor, count, outcomes]),
    [
      ["a_two", 2, { allow: 2 }],
      ["a_one", 1, { reject: 1 }],
      ["a_three", 1, { allow: 1 }],
    ],
  );
  assert.deepEqual(edges.map(({ actor, shared: id, count }) => `${actor} ${id} ${count}`).sort(), [
    "a_one campaign:k1 1",
    "a_one text:f1 1",
    "a_one value:net1 1",
    "a_three campaign:k1 1",
    "a_three value:x 1",
    "a_two campaign:k1 2",
    "a_two text:f1 1",
    "a_two value:net1 1",
    "a_two value:x 1",
  ]);
  assert.deepEqual([left, decisions], [{ actors: 0, shared: 0 }, 5]);
});

test("an actor, and a campaign, that is asked about is there although it shares nothing", () => {
  const [alone] = example.slice(4);
  assert.ok(alone !== undefined);
  assert.deepEqual(
    sharingOf([alone], fields, { actor: "a_alone" }).actors.map(({ actor }) => actor),
    ["a_alone"],
  );
  const only = sharingOf([alone], fields, { campaign: "k2" });
  assert.deepEqual(
    [only.shared.map(({ id }) => id), only.edges],
    [["campaign:k2"], [{ actor: "a_alone", shared: "campaign:k2", count: 1 }]],
  );
});

test("a picture stays small, and its edges are between what is in it", () => {
  const rows = fc.array(
    fc.record({
      actor: fc.nat(90).map((each) => `a_${each}`),
      outcome: fc.constantFrom("allow" as const, "reject" as const),
      campaign: fc.option(
        fc.nat(40).map((each) => `k${each}`),
        { nil: undefined },
      ),
      fingerprint: fc.option(
        fc.nat(40).map((each) => `f${each}`),
        { nil: undefined },
      ),
      marks: fc.array(
        fc.nat(30).map((each) => `c1:n${each}`),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(rows, (some) => {
      const { actors, shared, edges } = sharingOf(some, fields);
      assert.ok(actors.length <= actorsDrawnMax && shared.length <= sharedDrawnMax);
      const names = new Set([...actors.map(({ actor }) => actor), ...shared.map(({ id }) => id)]);
      for (const edge of edges) assert.ok(names.has(edge.actor) && names.has(edge.shared) && edge.count > 0);
      for (const thing of shared) assert.ok(thing.actors > 1);
    }),
    { numRuns: 50 },
  );
});

test("campaigns are listed and looked at; a list is remembered for a while", async (t) => {
  const { desk, tick, asked } = world(t);
  const query = { fromMs: 0, toMs: startMs + 86_400_000, actorsMin: 2, decisionsMin: 1, limit: 10 };
  const page = await desk.list(query);
  assert.deepEqual(
    page.campaigns.map(({ campaign, decisions, actors, outcomes, first, last }) => [
      campaign,
      decisions,
      actors,
      outcomes,
      first,
      last,
    ]),
    [["k1", 4, 3, { allow: 3, reject: 1 }, 0, 3]],
  );
  assert.equal(page.more, false);
  await desk.list(query);
  assert.equal(asked.groups, 1);
  tick(10_001);
  await desk.list(query);
  assert.equal(asked.groups, 2);
  const [first] = (await desk.list({ ...query, actorsMin: 1, limit: 1 })).campaigns;
  assert.equal(first?.campaign, "k1");
  assert.equal((await desk.list({ ...query, actorsMin: 1, limit: 1 })).more, true);

  const found = await desk.campaign("k1");
  assert.deepEqual([found.decisions, found.actors, found.looked], [4, 3, 4]);
  assert.deepEqual(found.records, [3, 2, 1, 0]);
  assert.deepEqual(found.rules, [{ rule: "p/copy", count: 1 }]);
  assert.equal(found.bucketMs, 60_000);
  assert.deepEqual(
    found.series.map(({ from, outcomes }) => [from.slice(11, 16), outcomes]),
    [
      ["12:00", { reject: 1 }],
      ["12:01", { allow: 1 }],
      ["12:02", { allow: 1 }],
      ["12:03", { allow: 1 }],
    ],
  );
  assert.equal(found.sharing.shared[0]?.id, "campaign:k1");
  await assert.rejects(desk.campaign("none"), { code: "not_found" });
});

test("of an actor it is found with whom it shares what; of records what these share", async (t) => {
  const { desk } = world(t);
  const ofActor = await desk.sharing({ actor: "a_one" });
  assert.deepEqual(ofActor.actors.map(({ actor }) => actor).sort(), ["a_one", "a_three", "a_two"]);
  assert.equal(ofActor.actors[0]?.actor, "a_one");
  const ofRecords = await desk.sharing({ records: [0, 1, 4, 99] });
  assert.deepEqual([ofRecords.decisions, ofRecords.shared.length], [3, 3]);
  await assert.rejects(desk.sharing({ actor: "a_nobody" }), { code: "not_found" });
  const many = Array.from({ length: recordsAskedMax + 1 }, (_, at) => at);
  await assert.rejects(desk.sharing({ records: many }), { code: "usage" });
});

function world(t: TestContext): {
  desk: CampaignDesk;
  tick: (ms: number) => void;
  asked: { groups: number };
} {
  const directory = mkdtempSync(join(tmpdir(), "docket-campaigns-"));
  const [identity, views] = [join(directory, "identity.sqlite"), join(directory, "views.sqlite")];
  const index = new SqliteSiteIndex(identity, views, repeatWindowMs);
  t.after(() => {
    index.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const nothing = { actors: [], event: undefined, body: undefined, standing: undefined, release: undefined };
  index.apply(
    example.map((decision) => {
      const { index: at, decidedMs, sealedMs } = decision;
      return { index: at, decidedMs, sealedMs, ...nothing, decision };
    }),
  );
  const asked = { groups: 0 };
  let nowMs = startMs;
  const desk = new CampaignDesk({
    decisions: async (query) => index.reader.decisions(query),
    decisionGroups: async (query) => {
      asked.groups += 1;
      return index.reader.decisionGroups(query);
    },
    countedFields: () => fields,
    indexed: async () => undefined,
    latestMs: async () => index.latestDecidedMs(),
    clock: () => nowMs,
  });
  return { desk, tick: (ms) => (nowMs += ms), asked };
}
