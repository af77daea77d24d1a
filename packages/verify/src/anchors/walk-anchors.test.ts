// SPDX-License-Identifier: Apache-2.0
// Anchors wherever they stand in a log, of a source that lists no files, without clocks that are trusted.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnchorBody, RecordBody } from "@docket/protocol";
import { encodeBase64Url } from "@docket/tlog";
import { verifyLog } from "../log.ts";
import type { LogSource } from "../source.ts";
import { chainedLeaves, ordinaryBodies, publish, rootOf, sourceOf, testKey } from "../testing/memory-log.ts";

const key = testKey(1);

function anchorOf(size: number, root: Uint8Array): AnchorBody {
  return {
    kind: "anchor",
    by: "docket",
    size,
    root: encodeBase64Url(root),
    source: "rfc3161",
    name: "one",
    stampedAt: "2026-11-23T00:00:00.000Z",
    accuracyMs: null,
    stamp: "AAAA",
    request: "",
  };
}

void test("in the first bundle, in one of a range, and in the last: root and place are checked", async () => {
  const bodies: RecordBody[] = ordinaryBodies(700, [key.verifier]);
  const other = new Uint8Array(32).fill(9);
  const placed: [index: number, size: number, isOf: "tree" | "other"][] = [
    [50, 50, "tree"],
    [60, 55, "other"],
    [300, 257, "tree"],
    [310, 300, "other"],
    [320, 321, "tree"],
    [650, 512, "tree"],
    [660, 0, "tree"],
  ];
  // A stamp changes the tree above it, so that they are put in one after the other.
  for (const [index, size, isOf] of placed) {
    const root = isOf === "other" ? other : rootOf(chainedLeaves(bodies), Math.min(size, index));
    bodies[index] = anchorOf(size, root);
  }
  const whole = sourceOf(publish(chainedLeaves(bodies), [key.signer]));
  const source: LogSource = { hasParts: false, read: (path, bytesMax) => whole.read(path, bytesMax) };
  const report = await verifyLog(source, { keys: [key.verifier] });
  assert.equal(report.verdict, "failed");
  assert.deepEqual(
    report.faults.map(({ check, index }) => [check, index]).sort((a, b) => Number(a[1]) - Number(b[1])),
    [
      ["anchors", 60],
      ["anchors", 310],
      ["anchors", 320],
      ["anchors", 660],
    ],
  );
  assert.deepEqual(report.anchors.unchecked, [{ why: "no roots given", records: 5 }]);
  assert.equal(report.anchors.held.length, 0);
});

void test("a log without any is verified, and says so", async () => {
  const files = publish(chainedLeaves(ordinaryBodies(300, [key.verifier])), [key.signer]);
  const report = await verifyLog(sourceOf(files), { keys: [key.verifier] });
  const check = report.checks.find(({ name }) => name === "anchors");
  assert.deepEqual([check?.ok, report.verdict], [true, "verified"]);
});
