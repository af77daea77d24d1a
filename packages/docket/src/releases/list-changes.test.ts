// SPDX-License-Identifier: Apache-2.0
// Changes of lists on the way of changes: who may approve them, when they are put in force, and what confirms
// one for which the glass was broken. What becomes of the list is tested beside the lists.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DutyLevel, ListProposal } from "@docket/protocol";
import { formatTime } from "@docket/protocol";
import type { Author } from "./duties.ts";
import { ada, ana, ben, bob, ChangeLog, hourMs, minuteMs, operator } from "./testing/change-log.ts";
import { policyFile } from "./testing/policies.ts";

const digest = (letter: string): string => letter.repeat(42) + "A";
const list: ListProposal = {
  list: "bad",
  listKind: "domain",
  version: digest("B"),
  previous: digest("C"),
  added: 1,
  removed: 0,
};

type World = { log: ChangeLog; enacted: number[]; propose: (author: Author, more?: boolean) => number };

async function worldAt(level: DutyLevel): Promise<World> {
  const log = new ChangeLog([
    policyFile("comments", [{ id: "links", when: "signals.linkCount >= 3", outcome: "reject" }]),
  ]);
  const enacted: number[] = [];
  log.listProposals = {
    look: async () => ({ why: "spam", stale: false }),
    enact: async (of, glass) => {
      enacted.push(of);
      const until = glass === undefined ? {} : { until: formatTime(glass.untilMs) };
      return log.append(
        { kind: "list", by: glass?.by ?? ana.by, ...list, of, ...until },
        { v: 1, why: "spam" },
      );
    },
  };
  if (level !== "solo") {
    const { index } = await log.changes.propose({ author: ben, wish: { level } });
    await log.changes.approve({ author: bob, of: index });
  }
  const propose = ({ by }: Author, restrictsMore = true): number => {
    const base = log.current.id;
    const body = { kind: "proposal" as const, by, candidate: digest("D"), ...list, base, restrictsMore };
    return log.append({ ...body, standby: false }, { v: 1, why: "spam" });
  };
  return { log, enacted, propose };
}

test("at pair another person's approval puts it in force, and nobody's own", async () => {
  const { log, enacted, propose } = await worldAt("pair");
  const of = propose(ana);
  await assert.rejects(log.changes.approve({ author: ana, of }), { code: "approval_needed" });
  const [view] = (await log.changes.stands()).proposals;
  assert.deepEqual([view?.state, view?.list?.why, view?.comesAt], ["open", "spam", null]);
  const after = await log.changes.approve({ author: ben, of });
  assert.deepEqual(enacted, [of]);
  assert.deepEqual(after.proposals, []);
  const published = await log.changes.publish({ author: bob, of });
  assert.deepEqual([enacted.length, published.index], [1, log.state().proposals.get(of)?.ended?.index]);
  await assert.rejects(log.changes.cancel({ author: ana, of }), { code: "change_conflict" });
});

test("at strict it takes another role, and two where it may restrict more", async () => {
  const { log, enacted, propose } = await worldAt("strict");
  const more = propose(ana);
  await assert.rejects(log.changes.approve({ author: ben, of: more }), /another role/);
  await log.changes.approve({ author: ada, of: more });
  assert.deepEqual(enacted, []);
  assert.equal((await log.changes.stands()).proposals[0]?.state, "open");
  await log.changes.approve({ author: operator, of: more });
  assert.deepEqual(enacted, [more]);
  const milder = propose(ana, false);
  await log.changes.approve({ author: bob, of: milder });
  assert.deepEqual(enacted, [more, milder]);
});

test("a key that is younger than the proposal doesn't count", async () => {
  const { log, enacted, propose } = await worldAt("pair");
  const of = propose(ana);
  const late: Author = { by: `k_${"z".repeat(16)}`, role: "admin" };
  log.append({ kind: "access", by: "operator", change: "created", key: late.by, role: late.role });
  await assert.rejects(log.changes.approve({ author: late, of }), /made after the proposal/);
  assert.deepEqual(enacted, []);
});

test("a stale one is not approved, and a cancelled one neither", async () => {
  const { log, enacted, propose } = await worldAt("pair");
  const [stale, cancelled] = [propose(ana), propose(ana)];
  log.listProposals = { ...log.listProposals, look: async (of) => ({ why: null, stale: of === stale }) };
  assert.deepEqual(
    (await log.changes.stands()).proposals.map(({ state }) => state),
    ["stale", "open"],
  );
  await assert.rejects(log.changes.approve({ author: bob, of: stale }), { code: "change_conflict" });
  await log.changes.cancel({ author: ana, of: cancelled });
  await assert.rejects(log.changes.approve({ author: bob, of: cancelled }), { code: "change_conflict" });
  assert.deepEqual(enacted, []);
});

test("other releases don't make it stale, and it makes none so", async () => {
  const { log, propose } = await worldAt("pair");
  const files = [
    policyFile("comments", [{ id: "links", when: "signals.linkCount >= 2", outcome: "reject" }]),
  ];
  const of = propose(ana);
  const { index } = await log.changes.propose({ author: ana, wish: { files } });
  await log.changes.approve({ author: bob, of: index });
  await log.changes.publish({ author: bob, of: index });
  assert.equal((await log.changes.stands()).proposals[0]?.state, "open");
  await log.restart();
  assert.equal(log.changes.view().proposals[0]?.index, of);
});

test("what waits when fewer are asked for is in force at once, at solo without ten minutes", async () => {
  const { log, enacted, propose } = await worldAt("pair");
  const [first, second] = [propose(ana), propose(ada)];
  const { index } = await log.changes.propose({ author: ana, wish: { level: "strict" } });
  await log.changes.approve({ author: ada, of: index });
  await log.changes.approve({ author: bob, of: first });
  assert.deepEqual(enacted, []);
  const { index: solo } = await log.changes.propose({ author: ana, wish: { level: "solo" } });
  await log.changes.approve({ author: ada, of: solo });
  assert.deepEqual(enacted, [first]);
  await log.changes.approve({ author: ada, of: second });
  assert.deepEqual(enacted, [first, second]);
  assert.equal(log.state().proposals.get(second)?.approvals[0]?.alone, true);
});

test("a change for which the glass was broken is confirmed as duties ask", async () => {
  for (const level of ["solo", "pair", "strict"] as const) {
    const { log, propose } = await worldAt(level);
    const proposal = propose(ana);
    const { index, until } = await log.changes.breakGlass({
      author: ada,
      wish: { of: proposal },
      forMs: hourMs,
    });
    assert.equal(until, formatTime(log.nowMs + hourMs));
    assert.equal((await log.changes.stands()).listGlasses[0]?.index, index);
    await assert.rejects(log.changes.approve({ author: ada, of: index }), { code: "approval_needed" });
    await log.pass(10 * minuteMs);
    if (level === "solo") await log.changes.approve({ author: ada, of: index });
    else {
      await assert.rejects(log.changes.approve({ author: ada, of: index }), { code: "approval_needed" });
      await log.changes.approve({ author: level === "pair" ? bob : ana, of: index });
    }
    if (level === "strict") {
      assert.equal(log.changes.view().listGlasses.length, 1);
      await log.changes.approve({ author: operator, of: index });
    }
    assert.deepEqual(log.changes.view().listGlasses, [], level);
    assert.equal(log.state().listGlasses.get(index)?.ended?.how, "confirmed");
    await assert.rejects(log.changes.approve({ author: bob, of: index }), { code: "change_conflict" });
  }
});
