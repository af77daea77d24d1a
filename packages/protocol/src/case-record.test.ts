// SPDX-License-Identifier: Apache-2.0
// Records of what comes after a decision: what is written is read back, and nothing else is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  batchKinds,
  caseKeys,
  caseOptionalKeys,
  linkRelations,
  measureCauses,
  reviewFindings,
  reviewTasks,
  rulings,
  subjectKinds,
  verdictCauses,
  verdicts,
} from "./case-record.ts";
import { encodeActFacts, readActFacts } from "./facts.ts";
import { common, testKinds } from "./testing/record-kinds.ts";
import { formatTime } from "./time.ts";

const { actor, by, code, count, flag, role, subject, time } = common;
const restrictionId = fc.stringMatching(/^r_[A-Za-z0-9_-]{16}$/);
const restrictions = fc.array(
  fc.oneof(
    restrictionId.map((id) => ({ id, kind: "ban" as const })),
    fc.tuple(restrictionId, time).map(([id, until]) => ({ id, kind: "suspend" as const, until })),
    fc
      .tuple(restrictionId, time)
      .map(([id, until]) => ({ id, kind: "limit" as const, ability: "links", until })),
  ),
  { maxLength: 3 },
);
const ended = fc.array(restrictionId, { maxLength: 3 });
const records = fc.array(count, { maxLength: 3 });

/** Values of each key, where they are the same in all kinds. */
const shared: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  by,
  role,
  of: count,
  for: count,
  actor,
  subject,
  restrictions,
  ended,
  reason: code,
  reporter: actor,
  category: code,
  ground: code,
  until: time,
  what: code,
  count,
  made: count,
  pending: fc.boolean(),
  trusted: flag,
  blind: flag,
  proposed: flag,
  repeats: fc.integer({ min: 1, max: 1000 }),
  verdict: fc.constantFrom(...verdicts),
  subjectKind: fc.constantFrom(...subjectKinds),
  relation: fc.constantFrom(...linkRelations),
  actors: fc.array(actor, { minLength: 2, maxLength: 4 }),
  task: fc.constantFrom(...reviewTasks),
  finding: fc.constantFrom(...reviewFindings),
  via: fc.constantFrom("token", "app"),
  from: fc.constantFrom("complainant", "site"),
  ruling: fc.constantFrom(...rulings),
  batch: fc.constantFrom(...batchKinds),
  step: fc.constantFrom("approved", "stopped", "done"),
  id: fc.stringMatching(/^w_[A-Za-z0-9_-]{16}$/),
  values: fc
    .uniqueArray(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/), { minLength: 1, maxLength: 4 })
    .map((names) => Object.fromEntries(names.sort().map((name, place) => [name, place]))),
};
/** Values of keys that mean something else in a kind. */
const own: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  verdict: { cause: fc.constantFrom(...verdictCauses) },
  measure: { cause: fc.constantFrom(...measureCauses), of: records },
  lapse: { by: fc.constant("docket"), ended: fc.array(restrictionId, { minLength: 1, maxLength: 3 }) },
  link: { change: fc.constantFrom("linked", "unlinked"), of: records },
  applied: { of: fc.array(count, { minLength: 1, maxLength: 3 }) },
  webhook: { change: fc.constantFrom("added", "changed", "removed") },
  digest: { by: fc.constant("docket") },
};

testKinds(caseKeys, caseOptionalKeys, shared, own);

test("what an act changes is written in one way and read back; anything else is refused", () => {
  const plain = { noNullPrototype: true } as const;
  const strike = fc.record({ policy: code, rule: code, count: fc.nat(), at: time }, plain);
  const facts = fc.record(
    {
      v: fc.constant(1 as const),
      at: time,
      judged: fc.constantFrom("right" as const, "wrong" as const),
      strikes: fc.array(strike, { maxLength: 3 }),
      voided: fc.array(strike, { maxLength: 3 }),
      proposed: fc.array(code, { minLength: 1, maxLength: 2 }),
      taken: fc.array(code, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ["v", "at", "strikes", "voided"], ...plain },
  );
  fc.assert(
    fc.property(facts, (given) => {
      const written = encodeActFacts(given);
      assert.deepEqual(readActFacts(written), given);
      assert.equal(readActFacts(`${written} `), undefined);
    }),
  );
  const fine = { v: 1, at: formatTime(0), strikes: [], voided: [] };
  const strikes = [{ policy: "p", rule: "r", count: 1, at: "soon" }];
  for (const wrong of [
    "",
    "null",
    "{}",
    JSON.stringify({ ...fine, v: 2 }),
    JSON.stringify({ ...fine, at: "2026" }),
    JSON.stringify({ ...fine, strikes }),
    JSON.stringify({ v: 1, at: formatTime(0), judged: "maybe", strikes: [], voided: [] }),
    JSON.stringify({ ...fine, proposed: [""] }),
    JSON.stringify({ ...fine, more: true }),
  ]) {
    assert.equal(readActFacts(wrong), undefined, wrong);
  }
});
