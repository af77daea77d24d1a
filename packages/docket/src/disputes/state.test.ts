// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, encodeLeaf, formatTime, parseLeaf, rulings } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import * as fc from "fast-check";
import {
  disputeAbuseReason,
  disputesOf,
  emptyDisputeState,
  isOpen,
  openDisputesOf,
  takeRecord,
} from "./state.ts";
import type { DisputeState } from "./state.ts";

const actors = [`a_${"a".repeat(22)}`, `a_${"b".repeat(22)}`] as const;
const digest = "A".repeat(43);
const reviewer = { by: "k_reviewerxxxxxxxx", role: "reviewer" } as const;
const withoutParts = new Set(["token-revoked", "settings", "lapse"]);

/** Records in the order of a log, an hour apart. */
function records(bodies: readonly BodyWithoutParts[]): DocketRecord[] {
  return bodies.map((body, index) => {
    const time = formatTime(Date.UTC(2026, 10, 1) + index * 3_600_000);
    const header = { v: 1, index, prev: digest, time, uncertaintyMs: null } as const;
    return parseLeaf(encodeLeaf(header, encodeBody(body), withoutParts.has(body.kind) ? undefined : digest));
  });
}

function stateOf(bodies: readonly BodyWithoutParts[]): DisputeState {
  const state = emptyDisputeState();
  for (const record of records(bodies)) takeRecord(state, record);
  return state;
}

const index = fc.nat(40);
const actor = fc.constantFrom(...actors);
const restriction = fc.constantFrom(
  { id: `r_${"1".repeat(16)}`, kind: "warn", until: "2027-01-01T00:00:00.000Z" } as const,
  { id: `r_${"2".repeat(16)}`, kind: "ban" } as const,
);
const body: fc.Arbitrary<BodyWithoutParts> = fc.oneof(
  fc.tuple(index, actor, fc.constantFrom("token" as const, "app" as const)).map(([of, whose, via]) => {
    return { kind: "dispute" as const, by: "token", of, actor: whose, via };
  }),
  fc.tuple(index, fc.constantFrom("complainant" as const, "site" as const)).map(([of, from]) => {
    return { kind: "message" as const, ...reviewer, of, from };
  }),
  fc.tuple(index, fc.constantFrom(...rulings)).map(([of, ruling]) => {
    return { kind: "ruling" as const, ...reviewer, of, ruling, reason: "mistaken" };
  }),
  index.map((of) => ({ kind: "token-revoked" as const, ...reviewer, of })),
  index.map((of) => {
    const until = "2026-12-01T00:00:00.000Z";
    return { kind: "quiet" as const, ...reviewer, of, until, ground: "court-order" };
  }),
  fc.tuple(index, actor, index).map(([of, whose, dispute]): BodyWithoutParts => {
    const what = { verdict: "restore", cause: "dispute", for: dispute, restrictions: [], ended: [] } as const;
    return {
      kind: "verdict",
      ...reviewer,
      of,
      actor: whose,
      ...what,
      reason: "mistaken",
    } as unknown as BodyWithoutParts;
  }),
  fc.tuple(actor, restriction, fc.constantFrom(disputeAbuseReason, "spam")).map(([subject, each, reason]) => {
    const what = { subjectKind: "actor", cause: "manual", of: [], restrictions: [each], ended: [] } as const;
    return { kind: "measure", ...reviewer, subject, ...what, reason } as unknown as BodyWithoutParts;
  }),
  fc.integer({ min: 1, max: 365 }).map((days) => {
    return { kind: "settings" as const, ...reviewer, values: { disputeAnswerDays: days } };
  }),
);

void test("what was taken in live is what comes out of the log again, at any point", () => {
  fc.assert(
    fc.property(fc.array(body, { maxLength: 40 }), (bodies) => {
      const live = emptyDisputeState();
      for (const [at, record] of records(bodies).entries()) {
        takeRecord(live, record);
        if (at % 7 === 0) assert.deepEqual(live, stateOf(bodies.slice(0, at + 1)));
      }
      assert.deepEqual(live, stateOf(bodies));
    }),
  );
});

void test("against a naive reading of the whole log", () => {
  fc.assert(
    fc.property(fc.array(body, { maxLength: 40 }), (bodies) => {
      const log = records(bodies);
      const state = stateOf(bodies);
      for (const record of log) {
        if (record.kind !== "dispute") continue;
        const dispute = state.disputes.get(record.index);
        assert.ok(dispute);
        const after = log.slice(record.index + 1);
        const ruling = after.find((each) => each.kind === "ruling" && each.of === record.index);
        assert.equal(dispute.ruling?.index, ruling?.index);
        const messages = after.filter((each) => each.kind === "message" && each.of === record.index);
        assert.deepEqual(
          dispute.messages.map((each) => each.index),
          messages.map((each) => each.index),
        );
        const asked = log.slice(0, record.index).filter((each) => each.kind === "settings");
        const days = asked.at(-1)?.values["disputeAnswerDays"] ?? 14;
        assert.equal(dispute.dueMs - dispute.openedMs, days * 86_400_000);
      }
      for (const whose of actors) {
        const open = log.filter((each) => each.kind === "dispute" && each.actor === whose);
        const count = open.filter(({ index: at }) => isOpen(state.disputes.get(at) as never)).length;
        assert.equal(openDisputesOf(state, whose).length, count);
      }
    }),
  );
});

void test("tokens, quiet, warnings and acts are found again", () => {
  const [whose] = actors;
  const acts = { restrictions: [], ended: [] };
  const state = stateOf([
    { kind: "dispute", by: "token", of: 3, actor: whose, via: "token" },
    { kind: "token-revoked", ...reviewer, of: 3 },
    { kind: "token-revoked", ...reviewer, of: 3 },
    { kind: "quiet", ...reviewer, of: 3, until: "2026-12-01T00:00:00.000Z", ground: "court-order" },
    { kind: "ruling", ...reviewer, of: 0, ruling: "overturned", reason: "mistaken" },
    {
      kind: "verdict",
      ...reviewer,
      of: 3,
      actor: whose,
      verdict: "restore",
      cause: "dispute",
      for: 0,
      ...acts,
      reason: "mistaken",
    } as unknown as BodyWithoutParts,
    { kind: "ruling", ...reviewer, of: 0, ruling: "upheld", reason: "spam" },
  ]);
  assert.equal(state.generations.get(3), 2);
  assert.equal(state.quietUntilMs.get(3), Date.UTC(2026, 11, 1));
  const [dispute] = disputesOf(state, 3);
  assert.equal(dispute?.ruling?.ruling, "overturned");
  assert.deepEqual(dispute?.acts, [5]);
  assert.equal(state.actsOfDisputes.get(5), 0);
});
