// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeBase64, fromUtf8 } from "./base64.ts";
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { TlogError } from "./error.ts";
import { leafHash, type Hash } from "./hash.ts";
import { generateSignerKey } from "./key.ts";
import { parseSignerKey, parseVerifierKey } from "./note.ts";
import { formatProof, parseProof, proofCharactersMax, proofHashesMax } from "./proof.ts";
import { at } from "./testing/at.ts";
import { writeTestLog } from "./testing/log.ts";
import { testHash } from "./testing/naive.ts";
import { inclusionFromNodes, inclusionNodes, verifyInclusion } from "./tree.ts";

const origin = "example.com/log";
const keys = generateSignerKey(origin, testHash(1));
const signer = parseSignerKey(keys.signerKey);
const checkpoint = signCheckpoint({ origin, size: 9, root: testHash(2), extensions: [] }, [signer]);
const note = fromUtf8(checkpoint);
const hash = encodeBase64(testHash(3));
const head = "c2sp.org/tlog-proof@v1\n";

void test("a proof that is written is read the same", () => {
  const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }) as fc.Arbitrary<Hash>, {
    maxLength: 63,
  });
  const extra = fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }), { nil: undefined });
  fc.assert(
    fc.property(fc.maxSafeNat(), hashes, extra, (index, hashes, extra) => {
      const proof =
        extra === undefined ? { index, hashes, checkpoint } : { index, hashes, checkpoint, extra };
      assert.deepEqual(parseProof(formatProof(proof)), proof);
    }),
  );
});

void test("a proof of each entry of a log verifies, and of no other", () => {
  const log = writeTestLog(11, origin, [signer]);
  const root = log.root;
  log.entries.forEach((entry, index) => {
    const hashes = inclusionFromNodes(index, 11, inclusionNodes(index, 11).map(log.hashOf));
    const text = formatProof({ index, hashes, checkpoint: log.files.get("checkpoint") ?? checkpoint });
    const proof = parseProof(text);
    const opened = openCheckpoint(proof.checkpoint, [parseVerifierKey(keys.verifierKey)], origin).checkpoint;
    assert.deepEqual(opened.root, root);
    assert.ok(verifyInclusion(proof.hashes, proof.index, opened.size, leafHash(entry), opened.root));
    const next = leafHash(at(log.entries, (index + 1) % 11));
    assert.equal(verifyInclusion(proof.hashes, proof.index, opened.size, next, opened.root), false);
  });
});

void test("a text that is read is the one that its proof is written as", () => {
  const pieces = fc.constantFrom("\n", "index ", "extra ", "0", "17", "AAAA", hash, `${hash}\n`, "\n\n", "=");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), fc.boolean(), (parts, indexed) => {
      const text = `${head}${indexed ? "index 3\n" : ""}${parts.join("")}\n${note}`;
      try {
        assert.equal(formatProof(parseProof(text)), text);
      } catch (error) {
        assert.ok(error instanceof TlogError && (error.code === "proof" || error.code === "note"));
      }
    }),
    { numRuns: 1000 },
  );
});

void test("malformed proofs are refused", () => {
  assert.equal(parseProof(`${head}index 0\n\n${note}`).hashes.length, 0);
  const wrong: string[] = [
    "",
    `${head}index 0\n`,
    `c2sp.org/tlog-proof@v2\nindex 0\n\n${note}`,
    `${head}\nindex 0\n\n${note}`,
    `${head}\n${note}`,
    `${head}index 00\n\n${note}`,
    `${head}index -1\n\n${note}`,
    `${head}index 9007199254740992\n\n${note}`,
    `${head}index 0 \n\n${note}`,
    `${head}extra AAA\nindex 0\n\n${note}`,
    `${head}extra \nindex 0\n\n${note}`,
    `${head}extra AB==\nindex 0\n\n${note}`,
    `${head}extra AAAA\nextra AAAA\nindex 0\n\n${note}`,
    `${head}index 0\nextra AAAA\n\n${note}`,
    `${head}index 0\n${hash.slice(4)}\n\n${note}`,
    `${head}index 0\n${hash} \n\n${note}`,
    `${head}index 0\r\n\n${note}`,
    `${head}index 0\n${`${hash}\n`.repeat(proofHashesMax + 1)}\n${note}`,
    `${head}index 0\n\n${note}\u{d800}`,
    `${head}index 18446744073709551616\n\n${note}`,
    `${head}index 9223372036854775808\n\n${note}`,
    `${head}index +1\n\n${note}`,
    `${head}index \u{661}\n\n${note}`,
    `${head}index 0\n${hash.replace("=", "")}\n\n${note}`,
    `${head}index 0\n\u{0}${hash}\n\n${note}`,
    `\u{feff}${head}index 0\n\n${note}`,
    `${head}extra ${"AAAA".repeat(proofCharactersMax / 4)}\nindex 0\n\n${note}`,
  ];
  for (const text of wrong) assert.throws(() => parseProof(text), { code: "proof" }, text.slice(0, 200));
  for (const checkpoint of ["", "x\n", `\n${note}`.slice(0, -1), `${note}\n`, `${note}x`, `${note}\0`]) {
    assert.throws(() => parseProof(`${head}index 0\n\n${checkpoint}`), { code: "note" });
  }
});

void test("what cannot be a proof is not written", () => {
  const proof = { index: 0, hashes: [], checkpoint };
  assert.throws(() => formatProof({ ...proof, index: -1 }), RangeError);
  assert.throws(() => formatProof({ ...proof, extra: new Uint8Array() }), RangeError);
  const many = Array.from({ length: proofHashesMax + 1 }, (_, i) => testHash(i));
  assert.throws(() => formatProof({ ...proof, hashes: many }), RangeError);
  assert.throws(() => formatProof({ ...proof, extra: new Uint8Array(proofCharactersMax) }), RangeError);
  assert.throws(() => formatProof({ ...proof, hashes: [new Uint8Array(3) as Hash] }), { code: "hash" });
  assert.throws(() => formatProof({ ...proof, checkpoint: new Uint8Array(3) }), { code: "note" });
});
