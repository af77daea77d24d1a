// SPDX-License-Identifier: Apache-2.0
// Acts in a replay: what they change is what later decisions read, and they take away only what there is.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandingRead } from "@docket/policy";
import { formatTime } from "@docket/protocol";
import type { ActFacts, Facts, MeasureBody, RecordedRestriction, RecordHeader } from "@docket/protocol";
import type { DecisionRecord } from "./decision.ts";
import type { ReplayRelease } from "./release.ts";
import { StandingReplay } from "./standing.ts";

const t0 = Date.UTC(2026, 0, 1);
const hour = 3_600_000;
const actor = `a_${"a".repeat(22)}`;
const network = `s_${"n".repeat(22)}`;
const release = { policies: { policies: [] } } as unknown as ReplayRelease;
const until = formatTime(t0 + hour);
const suspension: RecordedRestriction = { id: `r_${"1".repeat(16)}`, kind: "suspend", until };

test("a measure is read by the decisions after it, until it is ended", () => {
  const replay = new StandingReplay();
  const suspended: StandingRead = {
    strikes: 0,
    restrictions: [{ id: suspension.id, kind: "suspend", until }],
  };
  assert.deepEqual(replay.act(measure(actor, "actor", [suspension], []), none(), true), []);
  assert.deepEqual(decide(replay, suspended), []);
  assert.equal(decide(replay, { strikes: 0, restrictions: [] })[0]?.what, "facts.standing");
  assert.deepEqual(replay.act(measure(actor, "actor", [], [suspension.id]), none(), true), []);
  assert.deepEqual(decide(replay, { strikes: 0, restrictions: [] }), []);
  const again = replay.act(measure(actor, "actor", [], [suspension.id]), none(), true);
  assert.deepEqual(
    again.map(({ what }) => what),
    ["ended"],
  );
});

test("what an event came with counts if its facts name it, and says what it is", () => {
  const replay = new StandingReplay();
  replay.act(measure(network, "network", [suspension], []), none(), true);
  const suspended: StandingRead = {
    strikes: 0,
    restrictions: [{ id: suspension.id, kind: "suspend", until, on: "network" }],
  };
  assert.deepEqual(decide(replay, suspended, [network]), []);
  assert.deepEqual(decide(replay, { strikes: 0, restrictions: [] }), []);
  assert.equal(decide(replay, suspended)[0]?.what, "facts.standing");
});

test("of equal strikes one is void for each that is named; one that was not is a difference", () => {
  const replay = new StandingReplay();
  const strike = { policy: "p", rule: "r", count: 1, at: formatTime(t0) };
  const given = { ...none(), strikes: [strike, strike] };
  replay.act(measure(actor, "actor", [], []), given, true);
  assert.deepEqual(decide(replay, { strikes: 2, restrictions: [] }), []);
  const voided = { ...none(), voided: [strike] };
  assert.deepEqual(replay.act(measure(actor, "actor", [], []), voided, true), []);
  assert.deepEqual(decide(replay, { strikes: 1, restrictions: [] }), []);
  assert.deepEqual(replay.act(measure(actor, "actor", [], []), voided, true), []);
  const found = replay.act(measure(actor, "actor", [], []), voided, true);
  assert.deepEqual(
    found.map(({ what }) => what),
    ["facts.voided"],
  );
});

function none(): ActFacts {
  return { v: 1, at: formatTime(t0), strikes: [], voided: [] };
}

function measure(
  subject: string,
  subjectKind: MeasureBody["subjectKind"],
  restrictions: RecordedRestriction[],
  ended: string[],
): RecordHeader & MeasureBody {
  return {
    ...header,
    kind: "measure",
    by: "operator",
    role: "operator",
    subject,
    subjectKind,
    cause: "manual",
    of: [],
    restrictions,
    ended,
    reason: "spam",
    parts: "A".repeat(43),
  };
}

function decide(
  replay: StandingReplay,
  standing: StandingRead,
  subjects?: string[],
): ReturnType<StandingReplay["follow"]> {
  const record = {
    ...header,
    kind: "decision",
    actor,
    outcome: "reject",
    restrictions: [],
  } as unknown as DecisionRecord;
  const facts = { event: { type: "comment" }, standing, strikes: [], subjects } as unknown as Facts;
  return replay.follow(record, release, facts, t0 + 1000, true);
}

const header: RecordHeader = { v: 1, index: 1, prev: "", time: formatTime(t0), uncertaintyMs: null };
