// SPDX-License-Identifier: Apache-2.0
// Tests of records by their kinds, from tables of keys and of values that they may have.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeBody, encodeLeaf, parseLeaf } from "../record.ts";
import type { BodyWithoutParts, RecordHeader } from "../record.ts";
import { formatTime, timeMsMax } from "../time.ts";

/** Values of keys. */
export type Values = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** 32 bytes in base64url. */
export const digest: string = "A".repeat(43);
const header: RecordHeader = { v: 1, index: 7, prev: digest, time: formatTime(0), uncertaintyMs: null };
const unknownKey = fc.constant<unknown>(undefined);

/** Values of keys that mean the same in all kinds. */
export const common = {
  time: fc.integer({ min: 0, max: timeMsMax }).map(formatTime),
  count: fc.nat(),
  role: fc.stringMatching(/^[a-z]{1,32}$/),
  by: fc.oneof(fc.constantFrom("operator", "docket", "token"), fc.stringMatching(/^[kp]_[A-Za-z0-9_-]{16}$/)),
  code: fc.stringMatching(/^[a-z][a-zA-Z0-9-]{0,20}$/),
  actor: fc.stringMatching(/^a_[A-Za-z0-9_-]{22}$/),
  subject: fc.stringMatching(/^[as]_[A-Za-z0-9_-]{22}$/),
  flag: fc.constant(true as const),
} as const;

/**
 * Tests each kind: what is written is read back, and what lacks a key or has another value is refused.
 *
 * @param shared values of keys in all kinds, `own` of those that mean something else in a kind
 */
export function testKinds<Kind extends string>(
  keysOf: Readonly<Record<Kind, readonly string[]>>,
  optionalKeysOf: { readonly [Each in Kind]?: readonly string[] },
  shared: Values,
  own: { readonly [Each in Kind]?: Values },
): void {
  for (const kind of Object.keys(keysOf) as Kind[]) {
    const keys = keysOf[kind].filter((key) => key !== "kind" && key !== "parts");
    const optional: readonly string[] = optionalKeysOf[kind] ?? [];
    const values = Object.fromEntries(
      keys.map((key) => [key, own[kind]?.[key] ?? shared[key] ?? unknownKey]),
    );
    const bodies = fc.record(values, { requiredKeys: keys.filter((key) => !optional.includes(key)) });
    testKind(kind, { keys, optional, values, bodies, hasParts: keysOf[kind].includes("parts") });
  }
}

type KindTest = {
  keys: readonly string[];
  optional: readonly string[];
  values: Values;
  bodies: fc.Arbitrary<object>;
  hasParts: boolean;
};

function testKind(kind: string, { keys, optional, values, bodies, hasParts }: KindTest): void {
  const write = (fields: object): string => {
    const body = encodeBody({ kind, ...fields } as unknown as BodyWithoutParts);
    return encodeLeaf(header, body, hasParts ? digest : undefined);
  };

  test(`${kind}: what is written is read back, with its keys in order`, () => {
    assert.ok(
      keys.every((key) => values[key] !== unknownKey),
      `no values for a key of ${kind}`,
    );
    fc.assert(
      fc.property(bodies, (fields) => {
        const { v, index, prev, time, uncertaintyMs, ...read } = parseLeaf(write(fields));
        assert.deepEqual({ v, index, prev, time, uncertaintyMs }, header);
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
        const { [key]: _, ...without } = fields as Record<string, unknown>;
        if (!optional.includes(key)) assert.throws(() => parseLeaf(write(without)));
      }),
      { numRuns: 50 },
    );
  });
}
