// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeBase64, utf8 } from "./base64.ts";
import {
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
} from "./checkpoint.ts";
import { TlogError } from "./error.ts";
import { emptyRoot, type Hash } from "./hash.ts";
import { generateSignerKey } from "./key.ts";
import { parseSignerKey, parseVerifierKey, signNote } from "./note.ts";
import { testHash } from "./testing/naive.ts";

const origin = "example.com/log";
const keys = generateSignerKey(origin, testHash(1));
const signer = parseSignerKey(keys.signerKey);
const verifier = parseVerifierKey(keys.verifierKey);
const root = encodeBase64(testHash(2));
/** The same hash, with an unused bit set in its last character. */
const otherSpelling = root.slice(0, 42) + String.fromCharCode(root.charCodeAt(42) + 1) + root.slice(43);

void test("a checkpoint that is written is read the same", () => {
  const line = fc.string({ unit: fc.constantFrom("a", " ", "/", "é", "—", "0"), minLength: 1 });
  const checkpoints = fc.record(
    {
      origin: line,
      size: fc.maxSafeNat(),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }) as fc.Arbitrary<Hash>,
      extensions: fc.array(line, { maxLength: 3 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(checkpoints, (checkpoint: Checkpoint) => {
      assert.deepEqual(parseCheckpoint(formatCheckpoint(checkpoint)), checkpoint);
    }),
  );
});

void test("a text that is read is the one that its checkpoint is written as", () => {
  const pieces = fc.constantFrom("\n", "0", "1", "9007199254740991", "+", "-", " ", "a", root, "=");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
      const text = parts.join("");
      try {
        assert.equal(formatCheckpoint(parseCheckpoint(text)), text);
      } catch (error) {
        assert.ok(error instanceof TlogError && error.code === "checkpoint");
      }
    }),
    { numRuns: 2000 },
  );
});

void test("malformed checkpoints are refused", () => {
  assert.equal(parseCheckpoint(`${origin}\n5\n${root}\n`).size, 5);
  const wrong = [
    "",
    `${origin}\n5\n${root}`,
    `${origin}\n5\n`,
    `\n5\n${root}\n`,
    `${origin}\n\n${root}\n`,
    `${origin}\n05\n${root}\n`,
    `${origin}\n+5\n${root}\n`,
    `${origin}\n-5\n${root}\n`,
    `${origin}\n 5\n${root}\n`,
    `${origin}\n5.0\n${root}\n`,
    `${origin}\n5e1\n${root}\n`,
    `${origin}\n٥\n${root}\n`,
    `${origin}\n9007199254740992\n${root}\n`,
    `${origin}\n18446744073709551616\n${root}\n`,
    `${origin}\n5\n${root.slice(0, -1)}\n`,
    `${origin}\n5\n${root} \n`,
    `${origin}\n5\n${encodeBase64(new Uint8Array(31))}\n`,
    `${origin}\n5\n${encodeBase64(new Uint8Array(33))}\n`,
    `${origin}\n5\n${root}\n\n`,
    `${origin}\n5\n${root}\n\nextension\n`,
    `${origin}\n9223372036854775807\n${root}\n`,
    `${origin}\n9223372036854775808\n${root}\n`,
    `${origin}\n00\n${root}\n`,
    `${origin}\n\n`,
    `${origin}\r\n5\r\n${root}\r\n`,
    `${origin}\0\n5\n${root}\n`,
    `${origin}\n5\n${root}\nexten\tsion\n`,
    `${origin}\u{d800}\n5\n${root}\n`,
    `${origin}\n5\n${root.replace("=", "")}\n`,
    `${origin}\n5\n${otherSpelling}\n`,
  ];
  for (const text of wrong) assert.throws(() => parseCheckpoint(text), { code: "checkpoint" }, text);
});

void test("what cannot be a checkpoint is not written", () => {
  const good: Checkpoint = { origin, size: 0, root: emptyRoot, extensions: [] };
  assert.throws(() => formatCheckpoint({ ...good, origin: "" }), { code: "checkpoint" });
  assert.throws(() => formatCheckpoint({ ...good, origin: "a\nb" }), { code: "checkpoint" });
  assert.throws(() => formatCheckpoint({ ...good, extensions: [""] }), { code: "checkpoint" });
  for (const line of ["a\0", "a\t", "a\r", "\u{d800}"]) {
    assert.throws(() => formatCheckpoint({ ...good, origin: line }), { code: "checkpoint" });
    assert.throws(() => formatCheckpoint({ ...good, extensions: [line] }), { code: "checkpoint" });
  }
  assert.throws(() => formatCheckpoint({ ...good, root: new Uint8Array(31) as Hash }), { code: "hash" });
  for (const size of [-1, 0.5, 2 ** 53]) assert.throws(() => formatCheckpoint({ ...good, size }), RangeError);
});

void test("a signed checkpoint opens for its key and its log only", () => {
  const checkpoint: Checkpoint = { origin, size: 5, root: testHash(2), extensions: [] };
  const note = signCheckpoint(checkpoint, [signer]);
  const opened = openCheckpoint(note, [verifier], origin);
  assert.deepEqual(opened.checkpoint, checkpoint);
  assert.deepEqual(
    opened.verified.map(({ name }) => name),
    [origin],
  );
  assert.throws(() => openCheckpoint(note, [verifier], "example.com/other"), { code: "origin" });
  assert.throws(() => openCheckpoint(note, [], origin), { code: "unverified" });
  assert.throws(() => openCheckpoint(signNote("no checkpoint\n", [signer]), [verifier]), {
    code: "checkpoint",
  });
  assert.throws(() => openCheckpoint(utf8("x"), [verifier]), { code: "note" });
});
