// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { asHash, decodeBase64, hashBytes, verifyInclusion } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { pathOf } from "./merkle-path.ts";

type InclusionCase = {
  name: string;
  index: string;
  size: string;
  leaf: string;
  root: string;
  proof: string[];
};

const vectors = new URL("../../tlog/vectors/inclusion.json", import.meta.url);

void test("the path arrives where the proof is good, and nowhere else", () => {
  const { cases } = JSON.parse(readFileSync(vectors, "utf8")) as { cases: InclusionCase[] };
  let good = 0;
  for (const { name, leaf, root, proof, ...given } of cases) {
    const [index, size] = [Number(given.index), Number(given.size)];
    const hashes = [leaf, root, ...proof].map((text) => decodeBase64(text));
    const isInTree = Number.isSafeInteger(index) && index >= 0 && size > 0;
    if (!isInTree || hashes.some((hash) => hash.length !== hashBytes)) continue;
    const [leafHash, rootHash, ...siblings] = hashes.map((hash) => asHash(hash)) as [Hash, Hash, ...Hash[]];
    const path = pathOf(leafHash, index, siblings, { size, root: rootHash });
    const holds = verifyInclusion(siblings, index, size, leafHash, rootHash);
    assert.equal(path?.arrives ?? false, holds, name);
    if (!holds) continue;
    good += 1;
    assert.equal(path?.steps.length, siblings.length);
  }
  assert.ok(good > 10, `${good} good proofs`);
});
