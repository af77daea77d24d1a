// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { DisputeTokens, isDisputeToken } from "./token.ts";

const key = createSecretKey(Buffer.alloc(32, 7));
const origin = "docket-0011223344556677/main";
const tokens = new DisputeTokens(key, origin);
const claims = fc
  .tuple(fc.nat(2 ** 40), fc.nat(2 ** 44), fc.nat(2 ** 32 - 1))
  .map(([index, untilMs, generation]) => ({ index, untilMs, generation }));

void test("a token says what it was made with, and is the same each time", () => {
  fc.assert(
    fc.property(claims, (given) => {
      const token = tokens.issue(given);
      assert.ok(isDisputeToken(token));
      assert.deepEqual(tokens.read(token), given);
      assert.equal(tokens.issue(given), token);
    }),
  );
});

void test("no character of a token can be changed, added or left out", () => {
  const token = tokens.issue({ index: 17, untilMs: Date.UTC(2027, 0, 1), generation: 0 });
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let at = 0; at < token.length; at++) {
    for (const other of alphabet
      .slice(at % 7, (at % 7) + 9)
      .split("")
      .concat("=", "+", " ", "é")) {
      if (other === token[at]) continue;
      assert.equal(
        tokens.read(token.slice(0, at) + other + token.slice(at + 1)),
        undefined,
        `${at} ${other}`,
      );
    }
    assert.equal(tokens.read(token.slice(0, at) + token.slice(at + 1)), undefined);
    assert.equal(tokens.read(`${token.slice(0, at)}A${token.slice(at)}`), undefined);
  }
  assert.equal(tokens.read(`${token}\n`), undefined);
});

void test("a token of another site, another key or another purpose is none", () => {
  const given = { index: 3, untilMs: 5, generation: 1 };
  for (const other of [
    new DisputeTokens(key, "docket-0011223344556677/other"),
    new DisputeTokens(createSecretKey(Buffer.alloc(32, 8)), origin),
  ]) {
    assert.equal(tokens.read(other.issue(given)), undefined);
  }
});

void test("whatever else is read is no token, and no text makes the reader throw", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(tokens.read(text), undefined)));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 48, maxLength: 48 }), (bytes) => {
      assert.equal(tokens.read(`dt1.${Buffer.from(bytes).toString("base64url")}`), undefined);
    }),
  );
  const token = tokens.issue({ index: 17, untilMs: 1, generation: 0 });
  fc.assert(
    fc.property(fc.nat(token.length), fc.nat(token.length), fc.string(), (from, to, text) => {
      const changed = token.slice(0, from) + text + token.slice(to);
      if (changed !== token) assert.equal(tokens.read(changed), undefined);
    }),
  );
});

void test("what doesn't fit into a token is a mistake of the caller", () => {
  for (const index of [-1, 1.5, 2 ** 48, Number.NaN]) {
    assert.throws(() => tokens.issue({ index, untilMs: 0, generation: 0 }), RangeError);
  }
});
