// SPDX-License-Identifier: Apache-2.0
// Another's code judges our own vectors where it can: golang.org/x/mod, sumdb/note and sumdb/tlog. Where it
// decides otherwise, the reason stands here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { goReader, goSkipReason } from "../../../tools/interop/go-reader.ts";

const [otherTypes, lenient, base64, lines, points] = [
  "Go knows keys of type 0x01 alone",
  "Go's reader of keys lets control characters and upper-case hex be",
  "Go's base64 skips line breaks and unused bits",
  "Go looks at the first line of a key, and leaves others out",
  "Go has no objection to keys of small order",
];

/** The cases that Go decides otherwise, by file. */
const differences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  keys: {
    "ed25519-cosignature": otherTypes,
    "ml-dsa-44": otherTypes,
    "same-seed-as-cosignature-key": otherTypes,
    "name-with-oid": otherTypes,
    "name-of-255-bytes": otherTypes,
    "signer/ed25519-cosignature": otherTypes,
    "signer/ml-dsa-44": otherTypes,
    "signer/same-seed-as-cosignature-key": otherTypes,
    "name/null": lenient,
    "name/escape": lenient,
    "key-id/upper-case": lenient,
    "key/base64-with-line-break": base64,
    "key/newline-at-the-end": base64,
    "signer/newline-at-the-end": base64,
  },
  notes: {
    "line/base64-with-unused-bits": base64,
    "line/unknown-with-unused-bits": base64,
    "line/unknown-twice": lines,
    "signature/good-and-bad-of-one-key": lines,
    "signature/same-line-twice": lines,
    "signature/key-of-small-order-identity": points,
    "signature/key-of-small-order-identity-not-canonical": points,
  },
  trees: { "root/0": "Go has no root of the empty tree" },
  inclusion: {},
  consistency: { "empty/both": "Go asks for a tree that is not empty" },
};

for (const [name, known] of Object.entries(differences)) {
  void test(`Go judges our vectors of ${name} alike, but for ${Object.keys(known).length}`, async (t) => {
    const reader = goReader();
    if (reader === undefined) return t.skip(goSkipReason);
    const path = fileURLToPath(new URL(`../vectors/${name}.json`, import.meta.url));
    const verdicts = new Map(Object.entries(await reader.judgeVectors(path)));
    const { cases } = JSON.parse(readFileSync(path, "utf8")) as { cases: { name: string; result: string }[] };
    const otherwise = cases.filter(({ name, result }) => verdicts.get(name)?.startsWith(result) !== true);
    assert.deepEqual(otherwise.map(({ name }) => name).sort(), Object.keys(known).sort());
  });
}
