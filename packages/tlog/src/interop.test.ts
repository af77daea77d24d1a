// SPDX-License-Identifier: Apache-2.0
// What this package writes is read by another's code: golang.org/x/mod, sumdb/note and sumdb/tlog.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { goReader, goSkipReason } from "../../../tools/interop/go-reader.ts";
import { encodeBase64 } from "./base64.ts";
import { generateSignerKey } from "./key.ts";
import { parseSignerKey } from "./note.ts";
import { formatProof } from "./proof.ts";
import { at } from "./testing/at.ts";
import { writeTestLog, type TestLog } from "./testing/log.ts";
import { testHash } from "./testing/naive.ts";
import { inclusionFromNodes, inclusionNodes } from "./tree.ts";

const reader = goReader();
const origin = "docket-0123456789abcdef/main";
const keys = generateSignerKey(origin, testHash(1));
const cosigner = generateSignerKey("witness.example", testHash(2), "ed25519-cosignature");
const signers = [parseSignerKey(keys.signerKey), parseSignerKey(cosigner.signerKey, () => 1_732_313_465)];

// The last has a tile of level 2.
for (const size of [1, 255, 256, 257, 700, 65_700]) {
  void test(`Go reads a log of ${size} entries, and its proofs`, async (t) => {
    if (reader === undefined) return t.skip(goSkipReason);
    const log = writeTestLog(size, origin, signers);
    const folder = writeFiles(log);
    try {
      const expected = `go: ${size} entries, root ${encodeBase64(log.root)}, ok`;
      assert.equal(await reader.check(folder, keys.verifierKey), expected);
      for (const index of new Set([0, size >> 1, size - 1])) {
        const hashes = inclusionFromNodes(index, size, inclusionNodes(index, size).map(log.hashOf));
        const checkpoint = readFileSync(join(folder, "checkpoint"));
        writeFileSync(join(folder, "proof"), formatProof({ index, hashes, checkpoint }));
        writeFileSync(join(folder, "leaf"), at(log.entries, index));
        const line = await reader.checkProof(join(folder, "proof"), join(folder, "leaf"), keys.verifierKey);
        assert.equal(line, `go: entry ${index} of ${size}, root ${encodeBase64(log.root)}, ok`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

void test("Go refuses a log of ours in which one bit is flipped", async (t) => {
  if (reader === undefined) return t.skip(goSkipReason);
  const log = writeTestLog(300, origin, signers);
  for (const name of ["checkpoint", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000"]) {
    const folder = writeFiles(log);
    try {
      const bytes = readFileSync(join(folder, name));
      writeFileSync(join(folder, name), bytes.with(20, at(bytes, 20) ^ 1));
      await assert.rejects(reader.check(folder, keys.verifierKey), { code: 1 }, name);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});

function writeFiles(log: TestLog): string {
  const folder = mkdtempSync(join(tmpdir(), "docket-tlog-"));
  for (const [path, bytes] of log.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}
