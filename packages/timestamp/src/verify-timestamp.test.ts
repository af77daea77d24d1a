// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeDer } from "./der-write.ts";
import { tags } from "./der.ts";
import { TimestampError, type TimestampFault } from "./error.ts";
import { parseTimestampResponse } from "./response.ts";
import { at } from "./testing/at.ts";
import { testCrypto } from "./testing/crypto.ts";
import { readTimestampCases, type TimestampCase } from "./testing/vectors.ts";
import { verifyTimestamp, type TimestampVerdict } from "./verify-timestamp.ts";

const cases = readTimestampCases();
const hand = caseOf("by hand: P-256");
const fullChain = caseOf("openssl: RSA, with its chain");

/** Each code, so that the compiler asks for new ones. */
const faults: Readonly<Record<TimestampFault, true>> = {
  malformed: true,
  rejected: true,
  version: true,
  content: true,
  imprint: true,
  nonce: true,
  policy: true,
  signers: true,
  signer: true,
  attributes: true,
  binding: true,
  algorithm: true,
  signature: true,
  usage: true,
  chain: true,
  validity: true,
  authority: true,
  critical: true,
  time: true,
};

test("the vectors have a case for each fault", () => {
  const seen = new Set(cases.map(({ result }) => result));
  assert.deepEqual([...seen].filter((result) => result !== "accept").sort(), Object.keys(faults).sort());
});

test("a good token tells its time, how far off it may be, and who signed", () => {
  const verdict = verifyTimestamp(hand.expectation);
  assert.ok(verdict.ok);
  const { signerSha256, rootSha256, ...rest } = verdict;
  assert.deepEqual(rest, {
    ok: true,
    genTimeMs: Date.UTC(2026, 5, 1, 12),
    accuracyMs: 1500,
    earliestMs: Date.UTC(2026, 5, 1, 11, 59, 58, 500),
    latestMs: Date.UTC(2026, 5, 1, 12, 0, 1, 500),
    serial: "1f2e3d",
    policy: "1.2.3.4.1",
    signer: "CN=ec, O=Docket vectors",
  });
  assert.match(signerSha256, /^[0-9a-f]{64}$/);
  const root = at(hand.expectation.roots, 0);
  assert.equal(rootSha256, Buffer.from(testCrypto.digest("SHA-256", root)).toString("hex"));
});

test("what is finer than a millisecond is rounded away from the time, on both sides", () => {
  const noon = Date.UTC(2026, 5, 1, 12);
  // …123456789 s ± 1.5 s
  const nanos = verifyTimestamp(caseOf("by hand: time with nanoseconds").expectation);
  assert.ok(nanos.ok);
  assert.deepEqual(
    [nanos.genTimeMs - noon, nanos.accuracyMs, nanos.earliestMs - noon, nanos.latestMs - noon],
    [123, 1500, 123 - 1500, 124 + 1500],
  );
  // ± 1.5001 s
  const openssl = verifyTimestamp(fullChain.expectation);
  assert.ok(openssl.ok);
  assert.deepEqual(
    [openssl.accuracyMs, openssl.genTimeMs - openssl.earliestMs, openssl.latestMs - openssl.genTimeMs],
    [1501, 1501, 1501],
  );
  const none = verifyTimestamp(caseOf("by hand: no accuracy").expectation);
  assert.ok(none.ok);
  assert.deepEqual([none.accuracyMs, none.earliestMs, none.latestMs], [null, noon, noon]);
});

test("a caller's mistake is a RangeError, not a verdict", () => {
  const { expectation } = hand;
  assert.throws(() => verifyTimestamp({ ...expectation, digest: new Uint8Array(31) }), RangeError);
  assert.throws(() => verifyTimestamp({ ...expectation, nonce: new Uint8Array() }), RangeError);
  assert.throws(() => verifyTimestamp({ ...expectation, policy: "ours" }), RangeError);
  assert.throws(() => verifyTimestamp({ ...expectation, roots: [new Uint8Array(9)] }), RangeError);
  assert.throws(() => verifyTimestamp({ ...expectation, certificates: [new Uint8Array(9)] }), RangeError);
});

test("a changed bit of a good answer is refused, or changes nothing of what it says", () => {
  for (const { expectation } of [hand, fullChain]) {
    const good = verifyTimestamp(expectation);
    assert.ok(good.ok);
    let accepted = 0;
    for (let i = 0; i < expectation.response.length; i++) {
      // A different bit at each place: all of them would take a minute.
      const verdict = verifyTimestamp({ ...expectation, response: flip(expectation.response, i, i % 8) });
      if (verdict.ok) {
        assert.deepEqual(verdict, good, `byte ${i}`);
        accepted += 1;
      }
    }
    // The status (granted with modifications) and what is not signed and not used.
    assert.ok(accepted <= 8, `${accepted} changes were accepted`);
  }
});

test("changes of any kind are refused, or change nothing", () => {
  const { expectation } = hand;
  const good = verifyTimestamp(expectation);
  const { response } = expectation;
  const change = fc.tuple(
    fc.nat({ max: response.length - 1 }),
    fc.nat({ max: 4 }),
    fc.uint8Array({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = [...response];
      for (const [start, taken, put] of changes) bytes.splice(start, taken, ...put);
      const verdict = verifyTimestamp({ ...expectation, response: Uint8Array.from(bytes) });
      if (verdict.ok) assert.deepEqual(verdict, good);
    }),
    { numRuns: 1_500 },
  );
});

test("no bytes make it throw", () => {
  const { expectation } = hand;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      // Behind a status of “granted”, so that they are looked at as a token.
      const token = encodeDer(tags.sequence, bytes);
      const granted = encodeDer(tags.sequence, encodeDer(tags.sequence, Uint8Array.of(2, 1, 0)), token);
      for (const response of [bytes, granted]) {
        const verdict: TimestampVerdict = verifyTimestamp({ ...expectation, response });
        assert.ok(!verdict.ok);
        try {
          parseTimestampResponse(response);
        } catch (error) {
          assert.ok(error instanceof TimestampError);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

test("the search for a path ends, however many certificates look as if they led on", () => {
  const { expectation } = caseOf("path: issued by an impostor of the root's name");
  let verifications = 0;
  const crypto = {
    ...testCrypto,
    verify: (...args: Parameters<typeof testCrypto.verify>) => {
      verifications += 1;
      return testCrypto.verify(...args);
    },
  };
  const roots = Array.from({ length: 200 }, () => at(expectation.roots, 0));
  const verdict = verifyTimestamp({ ...expectation, roots, crypto });
  assert.ok(!verdict.ok && verdict.code === "chain");
  assert.ok(verifications <= 50, `${verifications} signatures were verified`);
});

function caseOf(name: string): TimestampCase {
  const found = cases.find((each) => each.name === name);
  assert.ok(found !== undefined, name);
  return found;
}

function flip(bytes: Uint8Array, place: number, bit: number): Uint8Array {
  return bytes.with(place, at(bytes, place) ^ (1 << bit));
}
