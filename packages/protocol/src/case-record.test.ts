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
import { encodeBody, encodeLeaf, parseLeaf } from "./record.ts";
import type { BodyWithoutParts, RecordHeader } from "./record.ts";
import { formatTime, timeMsMax } from "./time.ts";

const digest = "A".repeat(43);
const header: RecordHeader = { v: 1, index: 7, prev: digest, time: formatTime(0), uncertaintyMs: null };
const time = fc.integer({ min: 0, max: timeMsMax }).map(formatTime);
const count = fc.nat();
const role = fc.stringMatching(/^[a-z]{1,32}$/);
const by = fc.oneof(
  fc.constantFrom("operator", "docket", "token"),
  fc.stringMatching(/^k_[A-Za-z0-9_-]{16}$/),
);
const code = fc.stringMatching(/^[a-z][a-zA-Z0-9-]{0,20}$/);
const actor = fc.stringMatching(/^a_[A-Za-z0-9_-]{22}$/);
const subject = fc.stringMatching(/^[as]_[A-Za-z0-9_-]{22}$/);
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
const flag = fc.constant(true as const);

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

const unknownKey = fc.constant<unknown>(undefined);

type Kind = keyof typeof caseKeys;

for (const kind of Object.keys(caseKeys) as Kind[]) {
  const keys = caseKeys[kind].filter((key) => key !== "kind" && key !== "parts");
  const optional: readonly string[] = caseOptionalKeys[kind] ?? [];
  const values = Object.fromEntries(keys.map((key) => [key, own[kind]?.[key] ?? shared[key] ?? unknownKey]));
  const bodies = fc.record(values, {
    requiredKeys: keys.filter((key) => !optional.includes(key)),
  });
  const hasParts = caseKeys[kind].includes("parts");
  const write = (fields: object): string =>
    encodeLeaf(
      header,
      encodeBody({ kind, ...fields } as unknown as BodyWithoutParts),
      hasParts ? digest : undefined,
    );

  test(`${kind}: what is written is read back, with its keys in order`, () => {
    assert.ok(
      keys.every((key) => values[key] !== unknownKey),
      `no values for a key of ${kind}`,
    );
    fc.assert(
      fc.property(bodies, (fields) => {
        const leaf = write(fields);
        const { v, index, prev, time: sealed, uncertaintyMs, ...read } = parseLeaf(leaf);
        assert.deepEqual({ v, index, prev, time: sealed, uncertaintyMs }, header);
        assert.deepEqual(read, { kind, ...fields, ...(hasParts && { parts: digest }) });
      }),
      { numRuns: 50 },
    );
  });

  test(`${kind}: without a key that it needs, or with a value of another kind, it is refused`, () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (fields, place) => {
        const present = Object.keys(fields);
        const key = present[place % present.length] ?? "";
        const wrong = { ...fields, [key]: { not: "that" } };
        assert.throws(() => parseLeaf(write(wrong)), { code: "record_invalid" });
        const { [key]: _, ...without } = fields;
        if (!optional.includes(key)) assert.throws(() => parseLeaf(write(without)));
      }),
      { numRuns: 50 },
    );
  });
}

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
