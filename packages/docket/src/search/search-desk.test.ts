// SPDX-License-Identifier: Apache-2.0
// Pages of a search, whatever of it the views and the texts know, against a filter over all decisions.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelValue, Outcome } from "@docket/protocol";
import * as fc from "fast-check";
import { plainRow } from "../testing/plain-row.ts";
import type { DecisionSearch, FoundDecision } from "../views/decision-search.ts";
import type { SearchPage, SearchWish, TextIndex } from "./contract.ts";
import { SearchDesk } from "./search-desk.ts";
import { TextMemory } from "./text-memory.ts";
import { searchTexts } from "./text-search.ts";

const size = 1500;
const outcomes: readonly Outcome[] = ["allow", "allow", "allow", "flag", "reject"];
const rows: readonly FoundDecision[] = Array.from({ length: size }, (_, index) => ({
  ...plainRow,
  index,
  actor: `a_${String(index % 40).padStart(22, "0")}`,
  decidedMs: index,
  sealedMs: index,
  outcome: outcomes[(index * 7) % outcomes.length] ?? "allow",
  label: undefined as LabelValue | undefined,
}));
const wordsOf = (index: number): string[] => [
  "hello",
  ...(index % 3 === 0 ? ["spam"] : []),
  ...(index % 401 === 0 ? ["rare"] : []),
];

const wishArbitrary = fc.record(
  {
    text: fc.constantFrom("hello", "spam", "spam hello", "rare", "ra*", "never"),
    outcomes: fc.constantFrom<Outcome[]>(["reject"], ["flag", "reject"], []),
    actor: fc.constantFrom("seven", "a_0000000000000000000003"),
    fromMs: fc.nat(size),
    toMs: fc.nat(size),
    limit: fc.integer({ min: 1, max: 200 }),
  },
  { requiredKeys: ["limit"] },
);

test("pages have all that is wanted, once and in order, both ways, however often texts pause", async () => {
  await fc.assert(
    fc.asyncProperty(wishArbitrary, fc.boolean(), async (wish, isHurried) => {
      const desk = deskOf(isHurried);
      const wanted = naively(wish);
      const back: number[] = [];
      let page = await desk.find(wish);
      for (let turns = 0; ; turns++) {
        back.push(...indexes(page));
        if (page.older === null) break;
        assert.ok(turns < size, "it comes to an end");
        page = await desk.find({ ...wish, before: page.older });
      }
      assert.deepEqual(back, wanted);
      const forth: number[] = [];
      for (let after = -1; after < size - 1;) {
        page = await desk.find({ ...wish, after });
        forth.unshift(...indexes(page));
        assert.ok(page.newer > after, "it goes on");
        after = page.newer;
      }
      assert.deepEqual(forth, wanted);
    }),
    { numRuns: 60 },
  );
});

test("an account that nobody knows is not found, and a pseudonym is asked for as it is", async () => {
  const desk = deskOf(false);
  await assert.rejects(desk.find({ actor: "nobody", limit: 1 }), { code: "not_found" });
  const page = await desk.find({ actor: "seven", limit: 1 });
  assert.equal(page.actor, rows[7]?.actor);
});

function indexes({ decisions }: SearchPage): number[] {
  return decisions.map(({ index }) => index);
}

function deskOf(isHurried: boolean): SearchDesk {
  const memory = new TextMemory();
  let ticks = 0;
  const texts: TextIndex = {
    find: async (question) =>
      searchTexts(
        {
          memory,
          textsOf: (bundle, width) =>
            Array.from({ length: width }, (_, place) => ({
              place,
              actor: "a_x",
              terms: wordsOf(bundle * 256 + place),
            })),
          // Each look at the clock is a millisecond: a hurried search comes to one bundle at a time.
          nowMs: () => ticks++,
          budgetMs: isHurried ? 0 : 1000,
          heldMax: 600,
        },
        question,
      ),
    forget: async () => undefined,
    forgetBundle: async () => undefined,
    close: async () => undefined,
  };
  let nowMs = 0;
  return new SearchDesk({
    search: async (query) => found(query),
    recordsOf: async () => ({ from: 0, to: Number.MAX_SAFE_INTEGER }),
    texts,
    actorNamed: async (account) => (account === "seven" ? rows[7]?.actor : undefined),
    indexed: async () => undefined,
    published: async () => size,
    nowMs: () => (nowMs += isHurried ? 500 : 1),
  });
}

function isWanted(row: FoundDecision, query: Omit<DecisionSearch, "limit">): boolean {
  const { actor, outcomes: asked, fromMs = 0, toMs = Infinity } = query;
  return (
    (actor === undefined || row.actor === actor) &&
    (asked === undefined || asked.includes(row.outcome)) &&
    row.decidedMs >= fromMs &&
    row.decidedMs < toMs
  );
}

function found(query: DecisionSearch): FoundDecision[] {
  const { among, before = Infinity, after = -1, limit } = query;
  const all = rows.filter(
    (row) =>
      isWanted(row, query) &&
      (among === undefined || among.includes(row.index)) &&
      row.index < before &&
      row.index > after,
  );
  const isForward = query.after !== undefined && query.before === undefined;
  return isForward ? all.slice(0, limit).reverse() : all.reverse().slice(0, limit);
}

function naively({ text, ...wish }: SearchWish): number[] {
  const actor = wish.actor === "seven" ? rows[7]?.actor : wish.actor;
  const words = text?.split(" ") ?? [];
  return rows
    .filter((row) => isWanted(row, { ...wish, actor }))
    .filter(({ index }) =>
      words.every((word) =>
        word.endsWith("*")
          ? wordsOf(index).some((each) => each.startsWith(word.slice(0, -1)))
          : wordsOf(index).includes(word),
      ),
    )
    .map(({ index }) => index)
    .reverse();
}
