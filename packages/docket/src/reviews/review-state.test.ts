// SPDX-License-Identifier: Apache-2.0
// Which cases are open: case by case, and the same whether a queue lived on or was found again.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type {
  BodyWithoutParts,
  DocketRecord,
  ReviewFinding,
  ReviewTask,
  VerdictBody,
} from "@docket/protocol";
import * as fc from "fast-check";
import type { DecisionRow } from "../views/decision-row.ts";
import { openTasks, openTasksFor } from "./case.ts";
import { likeDecisions, overturns } from "./like-cases.ts";
import { loadReviews } from "./load-state.ts";
import { ReviewState } from "./review-state.ts";
import type { InitialShares } from "./review-state.ts";
import { openSampler } from "./sampling.ts";
import { actorNamed, MemoryViews } from "./testing/memory-views.ts";

const sampler = openSampler((purpose) => createHmac("sha256", "key").update(purpose).digest());
const nothingDrawn: InitialShares = { allowed: 0, refused: 0, second: 0, quality: 0 };
const people = ["k_aaaaaaaaaaaaaaaa", "k_bbbbbbbbbbbbbbbb", "k_cccccccccccccccc"] as const;

/** A log and the state that lives beside it. */
class Life {
  readonly views = new MemoryViews();
  state: ReviewState;
  readonly #initial: InitialShares;

  constructor(initial: Partial<InitialShares> = {}) {
    this.#initial = { ...nothingDrawn, ...initial };
    this.state = new ReviewState(sampler, this.#initial);
  }

  decide(facts: Partial<DecisionRow>): number {
    const row = this.views.decide(facts);
    this.state.takeDecision(row);
    return row.index;
  }

  async seal(body: BodyWithoutParts, hasParts: boolean = true): Promise<DocketRecord> {
    const record = this.views.seal(body, hasParts);
    this.state.takeRecord(record);
    if (overturns(record)) {
      const like = await likeDecisions(this.views, record.of, record.index);
      for (const { index } of like) this.state.takeLike(index, record.index);
    }
    return record;
  }

  review(of: number, by: number, finding: ReviewFinding, task: ReviewTask = "flag"): Promise<DocketRecord> {
    const who = { by: people[by] as string, role: "reviewer" } as const;
    return this.seal({ kind: "review", ...who, of, task, finding, reason: "seen" }, false);
  }

  verdict(
    of: number,
    verdict: VerdictBody["verdict"],
    how: Partial<Pick<VerdictBody, "cause" | "by" | "role" | "proposed">> = {},
  ): Promise<DocketRecord> {
    return this.seal({
      kind: "verdict",
      by: people[0],
      role: "reviewer",
      of,
      actor: actorNamed("a"),
      verdict,
      cause: "manual",
      restrictions: [],
      ended: [],
      reason: "spam",
      ...how,
    });
  }

  report(of: number): Promise<DocketRecord> {
    const body = { kind: "report", by: people[0], of, reporter: actorNamed("r"), category: "spam" } as const;
    return this.seal(body, false);
  }

  /** The state that is found in the views. */
  async found(): Promise<ReviewState> {
    const state = new ReviewState(sampler, this.#initial);
    await loadReviews(state, this.views, { sampledFrom: 0, size: this.views.size });
    return state;
  }

  tasks(of: number, by?: number): string[] {
    const each = this.state.case(of);
    if (each === undefined) return [];
    const open = by === undefined ? openTasks(each) : openTasksFor(each, people[by] ?? "");
    return open.map(({ task, blind }) => (blind ? `${task} blind` : task));
  }
}

function openOf(state: ReviewState): string[] {
  const tasks = [...state.open()].map((each) => `${each.of}: ${JSON.stringify(openTasks(each))}`);
  return tasks.sort();
}

test("flagged and held content is open until a reviewer can tell, or two cannot", async () => {
  const life = new Life();
  const [flag, hold] = [life.decide({ outcome: "flag" }), life.decide({ outcome: "hold" })];
  assert.equal(life.decide({ outcome: "allow" }), 2);
  assert.deepEqual([life.tasks(flag), life.tasks(hold), life.tasks(2)], [["flag"], ["hold"], []]);
  await life.review(flag, 0, "spam");
  assert.deepEqual(life.tasks(flag), []);
  await life.review(hold, 0, "unsure", "hold");
  assert.deepEqual([life.tasks(hold), life.tasks(hold, 0), life.tasks(hold, 1)], [["hold"], [], ["hold"]]);
  await life.review(hold, 1, "unsure", "hold");
  assert.deepEqual(life.tasks(hold), []);
});

test("a verdict by others closes what was asked, but a sample stays open", async () => {
  const life = new Life({ allowed: 1_000_000 });
  const [hold, sample] = [life.decide({ outcome: "hold" }), life.decide({})];
  await life.verdict(hold, "release", { cause: "hold", by: "docket", role: "docket" });
  await life.verdict(sample, "remove", { cause: "sweep" });
  assert.deepEqual([life.tasks(hold), life.tasks(sample)], [[], ["sample"]]);
  assert.deepEqual(openOf(await life.found()), openOf(life.state));
});

test("what a restriction refused is no case of its rules, and refused ones are drawn otherwise", () => {
  const life = new Life({ refused: 1_000_000 });
  assert.deepEqual(life.tasks(life.decide({ outcome: "reject" })), ["sample"]);
  assert.deepEqual(life.tasks(life.decide({ outcome: "reject", refusedBy: "r_x" })), []);
  assert.deepEqual(life.tasks(life.decide({ outcome: "delay" })), []);
});

test("reports open a case, and once somebody looked because of them, further ones don't", async () => {
  const life = new Life();
  const of = life.decide({});
  await life.report(of);
  assert.deepEqual(life.tasks(of), ["report"]);
  await life.review(of, 0, "notSpam", "report");
  await life.report(of);
  assert.deepEqual(life.tasks(of), []);
  // Whoever looked because of a flag has not seen the reports that came later.
  const flag = life.decide({ outcome: "flag" });
  await life.review(flag, 0, "notSpam");
  await life.report(flag);
  assert.deepEqual(life.tasks(flag), ["report"]);
  const removed = life.decide({ outcome: "flag" });
  await life.review(removed, 0, "spam");
  await life.report(removed);
  assert.deepEqual(life.tasks(removed), []);
  assert.deepEqual(openOf(await life.found()), openOf(life.state));
});

test("a second looks blind, another than the first; if they differ a third decides", async () => {
  const life = new Life({ second: 1000, quality: 1000 });
  const of = life.decide({ outcome: "flag" });
  await life.review(of, 0, "spam");
  assert.deepEqual([life.tasks(of, 0), life.tasks(of, 1)], [[], ["flag blind"]]);
  await life.review(of, 1, "notSpam");
  assert.deepEqual([life.tasks(of, 0), life.tasks(of, 1), life.tasks(of, 2)], [[], [], ["quality"]]);
  await life.review(of, 2, "spam", "quality");
  assert.deepEqual(life.tasks(of), []);
  const agreed = life.decide({ outcome: "flag" });
  await life.review(agreed, 0, "spam");
  await life.review(agreed, 1, "spam");
  assert.deepEqual(life.tasks(agreed), []);
});

test("a reviewer's decision that is drawn is looked at again by another, once", async () => {
  const life = new Life({ quality: 1000 });
  const of = life.decide({ outcome: "flag" });
  await life.review(of, 0, "spam");
  assert.deepEqual([life.tasks(of, 0), life.tasks(of, 1)], [[], ["quality"]]);
  await life.review(of, 1, "notSpam", "quality");
  assert.deepEqual(life.tasks(of), []);
});

test("a step of a ladder is a question of its own, until its decision is undone", async () => {
  const life = new Life();
  const step = { outcome: "reject", proposed: ["comments/ladder-6"] } as const;
  const [taken, undone, both] = [
    life.decide(step),
    life.decide(step),
    life.decide({ ...step, outcome: "flag" }),
  ];
  assert.deepEqual(life.tasks(taken), ["ladder"]);
  await life.review(taken, 0, "spam", "ladder");
  assert.deepEqual(life.tasks(taken), []);
  await life.verdict(undone, "restore");
  assert.deepEqual(life.tasks(undone), []);
  await life.review(both, 0, "spam", "flag");
  assert.deepEqual(life.tasks(both), ["ladder"]);
  // A verdict that gives strikes may reach a step too.
  const flag = life.decide({ outcome: "flag" });
  await life.review(flag, 0, "spam");
  await life.verdict(flag, "remove", { cause: "review", proposed: true });
  assert.deepEqual(life.tasks(flag), ["ladder"]);
  const who = { by: people[0], role: "reviewer", reason: "spam" } as const;
  const on = { subject: actorNamed("a"), subjectKind: "actor", cause: "ladder" } as const;
  await life.seal({ kind: "measure", ...who, ...on, of: [flag], restrictions: [], ended: [] });
  assert.deepEqual(life.tasks(flag), []);
  assert.deepEqual(openOf(await life.found()), openOf(life.state));
});

test("what leaned on the same as an overturned decision is queued, and only that", async () => {
  const life = new Life();
  const alike = { outcome: "reject", fingerprint: "f", fired: ["comments/links"] } as const;
  const [like, wrong] = [life.decide(alike), life.decide(alike)];
  const otherRule = life.decide({ ...alike, fired: ["comments/other"] });
  const allowed = life.decide({ ...alike, outcome: "allow" });
  await life.verdict(wrong, "restore", { cause: "dispute" });
  const after = life.decide(alike);
  const open = [like, wrong, otherRule, allowed, after].map((of) => life.tasks(of));
  assert.deepEqual(open, [["quality"], [], [], [], []]);
  assert.deepEqual(openOf(await life.found()), openOf(life.state));
});

test("the newest cases of each task are kept, and it is said that there are more", () => {
  const life = new Life();
  const state = new ReviewState(sampler, nothingDrawn, { casesPerTaskMax: 4, settledMax: 2 });
  for (let each = 0; each < 10; each++) state.takeDecision(life.views.decide({ outcome: "flag" }));
  const held = life.views.decide({ outcome: "hold" });
  state.takeDecision(held);
  assert.deepEqual(
    [...state.open()].map(({ of }) => of),
    [6, 7, 8, 9, 10],
  );
  assert.deepEqual(state.leftOut(), [{ task: "flag", cases: 6 }]);
  assert.equal(state.hasRoomAgain, false);
  const who = { by: people[0], role: "reviewer", task: "flag", finding: "spam", reason: "seen" } as const;
  for (const each of [6, 7, 8]) {
    state.takeRecord(life.views.seal({ kind: "review", ...who, of: each }, false));
  }
  assert.equal(state.hasRoomAgain, true);
  // Of closed ones the newest are remembered.
  assert.deepEqual([state.case(6), state.case(8)?.of], [undefined, 8]);
});

const outcome = fc.constantFrom("allow", "flag", "hold", "reject" as const);
const of = fc.nat(25);
const step = fc.oneof(
  fc.record({
    do: fc.constant("decide" as const),
    outcome,
    step: fc.boolean(),
    text: fc.constantFrom("f", "g", undefined),
  }),
  fc.record({
    do: fc.constant("review" as const),
    of,
    by: fc.nat(2),
    finding: fc.constantFrom("spam", "notSpam", "unsure" as const),
    task: fc.constantFrom("flag", "report", "ladder", "quality" as const),
  }),
  fc.record({
    do: fc.constant("verdict" as const),
    of,
    verdict: fc.constantFrom("remove", "restore", "release" as const),
    cause: fc.constantFrom("review", "hold", "dispute", "manual" as const),
  }),
  fc.record({ do: fc.constant("report" as const), of }),
  fc.record({ do: fc.constant("settings" as const), share: fc.constantFrom(0, 500, 1000) }),
  fc.record({ do: fc.constant("restart" as const) }),
);

test("a queue that lived on and one that was found again are the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const life = new Life({ allowed: 300_000, refused: 300_000, second: 300, quality: 500 });
      const decisions: number[] = [];
      const at = (place: number): number | undefined => decisions[place % Math.max(1, decisions.length)];
      for (const each of steps) {
        if (each.do === "restart") life.state = await life.found();
        else if (each.do === "decide") {
          const proposed = each.step && each.outcome !== "allow" ? { proposed: ["p/ladder-3"] } : {};
          const more = { fingerprint: each.text, fired: ["p/rule"] };
          decisions.push(life.decide({ outcome: each.outcome, ...more, ...proposed }));
        } else if (each.do === "settings") {
          const values = { sampleOfAllowedPerMillion: each.share * 1000, secondReviewPerMille: each.share };
          const who = { by: "operator", role: "operator" } as const;
          await life.seal({ kind: "settings", ...who, values }, false);
        } else {
          const index = at(each.of);
          if (index === undefined) continue;
          if (each.do === "report") await life.report(index);
          else if (each.do === "verdict") await life.verdict(index, each.verdict, { cause: each.cause });
          else await life.review(index, each.by, each.finding, each.task);
        }
      }
      assert.deepEqual(openOf(life.state), openOf(await life.found()));
    }),
    { numRuns: 300 },
  );
});
