// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { outcomes } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import type { StandingNow } from "../enforcement/contract.ts";
import { plainRow } from "../testing/plain-row.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { actorsOf } from "./actors.ts";
import type { ActorsSource } from "./actors.ts";
import type { ListedActor } from "./contract.ts";

type Log = readonly { readonly actor: string; readonly what: Outcome | "measure" | "onDomain" }[];

function sourceOf(log: Log): ActorsSource {
  const rows = log.map((each, index): DecisionRow | undefined => {
    const outcome = outcomes.find((name) => name === each.what);
    return outcome && { ...plainRow, index, actor: each.actor, decidedMs: index, sealedMs: index, outcome };
  });
  return {
    decisions: async ({ outcomes: wanted, before = Infinity, limit }) =>
      rows
        .flatMap((row) => (row && row.index < before && wanted?.includes(row.outcome) === true ? [row] : []))
        .toReversed()
        .slice(0, limit),
    keptPage: async ({ from, limit }) =>
      log
        .flatMap(({ actor, what }, index) =>
          index > from || (what !== "measure" && what !== "onDomain") ? [] : [measure(index, actor, what)],
        )
        .toReversed()
        .slice(0, limit),
  };
}

function measure(index: number, actor: string, what: "measure" | "onDomain"): string {
  return JSON.stringify({
    v: 1,
    index,
    prev: "A".repeat(43),
    time: "2026-11-23T12:00:00.000Z",
    uncertaintyMs: null,
    kind: "measure",
    by: "operator",
    role: "operator",
    subject: what === "measure" ? actor : `s_${"x".repeat(22)}`,
    subjectKind: what === "measure" ? "actor" : "domain",
    cause: "manual",
    of: [],
    restrictions: [],
    ended: ["r_0123456789abcdef"],
    reason: "abuse",
    parts: "A".repeat(43),
  });
}

function standingOf(actor: string): StandingNow {
  const restriction = { id: "r_0123456789abcdef", kind: "ban" as const };
  const restrictions = actor.endsWith("1") ? [restriction] : [];
  return { actor, at: "", strikes: [], restrictions, links: [] };
}

async function allPages(log: Log, restricted: boolean, limit: number): Promise<ListedActor[]> {
  const source = sourceOf(log);
  const all: ListedActor[] = [];
  let before: number | undefined;
  for (let page = 0; page <= log.length + 1; page++) {
    const { actors, next } = await actorsOf(source, standingOf, { before, restricted, limit });
    assert.ok(actors.length <= limit);
    all.push(...actors);
    if (next === null) return all;
    before = next;
  }
  throw new Error("pages never end");
}

const someLog = fc.array(
  fc.record({
    actor: fc.nat({ max: 9 }).map((number) => `a_${"0".repeat(21)}${number}`),
    what: fc.constantFrom(...outcomes, "measure" as const, "onDomain" as const),
  }),
  { maxLength: 40 },
);

void test("pages name every actor, by its newest record first, and nobody else", async () => {
  await fc.assert(
    fc.asyncProperty(
      someLog,
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      async (log, restricted, limit) => {
        const newest = new Map<string, number>();
        for (const [index, { actor, what }] of log.entries()) {
          const isNamed = what !== "allow" && what !== "onDomain";
          const isWanted = !restricted || standingOf(actor).restrictions.length > 0;
          if (isNamed && isWanted) newest.set(actor, index);
        }
        const found = new Map<string, number>();
        for (const { actor, last } of await allPages(log, restricted, limit)) {
          if (!found.has(actor)) found.set(actor, last.index);
        }
        assert.deepEqual(
          [...found],
          [...newest].sort(([, a], [, b]) => b - a),
        );
      },
    ),
  );
});

void test("a page counts what it came upon, and a long log is read in bounded looks", async () => {
  const same = { actor: `a_${"0".repeat(22)}`, what: "reject" } as const;
  const log = Array.from({ length: 5000 }, () => same);
  const first = await actorsOf(sourceOf(log), standingOf, { restricted: false, limit: 5 });
  assert.equal(first.actors.length, 1);
  const [found] = first.actors;
  assert.equal(found?.last.index, 4999);
  assert.ok(found.records > 1 && found.records <= 2000, `${found.records} records`);
  assert.ok(first.next !== null && first.next > 0);
});
