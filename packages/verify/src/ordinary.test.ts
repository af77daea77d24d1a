// SPDX-License-Identifier: Apache-2.0
// The quick readers against the protocol's own: they may leave a text to them, but never read one otherwise.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeBody,
  encodeLeaf,
  encodeManifest,
  parseLeaf,
  parseManifest,
  partNames,
} from "@docket/protocol";
import type { ManifestPart } from "@docket/protocol";
import { encodeBase64Url } from "@docket/tlog";
import * as fc from "fast-check";
import { isBase64UrlOf } from "./digest-text.ts";
import { readLeaf, readManifest } from "./ordinary.ts";

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeBase64Url);
const random16 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeBase64Url);
const author = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => `k_${encodeBase64Url(bytes)}`);
const outcome = fc.constantFrom("allow", "flag", "challenge", "delay", "hold", "reject");
const leaf = fc
  .record({
    index: fc.oneof(fc.nat(), fc.maxSafeNat()),
    prev: digest,
    time: fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }),
    uncertaintyMs: fc.option(fc.nat()),
    by: fc.oneof(author, fc.constant("operator")),
    actor: random16.map((text) => `a_${text}`),
    outcome,
    rules: fc.array(
      fc.oneof(fc.constantFrom("link-burst", "x", "a.b"), fc.string({ minLength: 1, maxLength: 9 })),
    ),
    suspends: fc.boolean(),
    release: digest,
    parts: digest,
  })
  .map(({ index, prev, time, uncertaintyMs, parts, suspends, ...rest }) => {
    const restrictions = suspends
      ? [{ id: `r_${"A".repeat(16)}`, kind: "suspend" as const, until: "2026-11-23T00:00:00.000Z" }]
      : [];
    const body = encodeBody({ kind: "decision", ...rest, restrictions });
    return encodeLeaf({ v: 1, index, prev, time: time.toISOString(), uncertaintyMs }, body, parts);
  });
const part: fc.Arbitrary<ManifestPart> = fc.record({
  name: fc.constantFrom(...partNames),
  subject: fc.oneof(
    fc.constant("site"),
    random16.map((text) => `a_${text}`),
  ),
  size: fc.integer({ min: 0, max: 5000 }),
  hash: digest,
  commitment: digest,
});
const manifest = fc.array(part, { maxLength: 5 }).map(encodeManifest);

function resultOf<T>(read: (text: string) => T, text: string): T | string {
  try {
    return read(text);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The text, and the text with a character changed, gone or twice. */
function changed(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(
    texts,
    fc.nat(),
    fc.constantFrom("0", "9", "A", "b", '"', " ", "\\", "-", "é", "}"),
    fc.nat(3),
  );
  return change.map(([text, place, character, how]) => {
    const at = place % text.length;
    return (
      [
        text,
        text.slice(0, at) + character + text.slice(at + 1),
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + character + text.slice(at),
      ][how] ?? text
    );
  });
}

void test("leaves are read as the protocol reads them, whatever was done to them", () => {
  fc.assert(
    fc.property(changed(leaf), (text) =>
      assert.deepEqual(resultOf(readLeaf, text), resultOf(parseLeaf, text)),
    ),
    { numRuns: 2000 },
  );
  for (const [day, isReal] of [
    ["2026-02-29", false],
    ["2028-02-29", true],
    ["2026-13-01", false],
    ["1969-12-31", false],
  ] as const) {
    const [text] = fc.sample(leaf, { numRuns: 1, seed: 1 });
    const moved = (text ?? "").replace(/"time":"\d{4}-\d\d-\d\d/, `"time":"${day}`);
    assert.equal(typeof resultOf(readLeaf, moved) === "object", isReal, day);
  }
});

void test("manifests are read as the protocol reads them, whatever was done to them", () => {
  fc.assert(
    fc.property(changed(manifest), (text) =>
      assert.deepEqual(resultOf(readManifest, text), resultOf(parseManifest, text)),
    ),
    { numRuns: 2000 },
  );
});

void test("base64url is compared as it is encoded", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(bytes, changed(bytes.map(encodeBase64Url).map((text) => `${text}A`)), (value, other) => {
      assert.equal(isBase64UrlOf(encodeBase64Url(value), value), true);
      assert.equal(isBase64UrlOf(other, value), other === encodeBase64Url(value));
    }),
  );
  for (const change of ["B", "_", "é"]) {
    const text = encodeBase64Url(new Uint8Array(32).fill(7));
    assert.equal(isBase64UrlOf(text.slice(0, -1) + change, new Uint8Array(32).fill(7)), false);
  }
});
