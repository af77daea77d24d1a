// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "../../follow/monitor.ts";
import type { MirrorReport } from "../../follow/mirror.ts";
import { mirrorText } from "../mirror/print.ts";
import { findingLine } from "./print.ts";

const tree = { size: 5, root: "cm9vdA==" };

test("each finding is one line, whatever a server puts into it", () => {
  const findings: [Finding, string][] = [
    [{ kind: "first", ...tree }, "first seen: 5 entries, root cm9vdA=="],
    [{ kind: "unchanged", ...tree }, "unchanged: 5 entries, root cm9vdA=="],
    [{ kind: "grown", from: 2, ...tree }, "grown: from 2 to 5 entries, root cm9vdA=="],
    [{ kind: "recovered", from: ["fork", "unreachable"] }, "recovered: no longer fork, unreachable"],
    [{ kind: "fork", ...tree, reason: "two", evidence: ["a", "b"] }, "FORK: two; evidence: a b"],
    [
      { kind: "rollback", ...tree, reason: "less", evidence: [] },
      "ROLLBACK: less; no evidence was kept, there is too much already",
    ],
    [{ kind: "signature", reason: "a\n\u{1b}[2Jb\u{202e}" }, "BAD SIGNATURE: a\\n\\u001b[2Jb\\u{202e}"],
    [{ kind: "quorum", reason: "w1" }, "QUORUM MISSED: w1"],
    [{ kind: "unreachable", reason: "gone" }, "unreachable: gone"],
    [{ kind: "failed", reason: "full" }, "FAILED: full"],
    [{ kind: "stalled", size: 5, since: "then", reason: "still" }, "stalled: still"],
  ];
  for (const [finding, text] of findings) {
    assert.equal(findingLine(finding, 0, false), `1970-01-01T00:00:00.000Z ${text}\n`);
    const line = findingLine(finding, 0, true);
    assert.deepEqual(JSON.parse(line), { at: "1970-01-01T00:00:00.000Z", ...finding });
    assert.equal(line.indexOf("\n"), line.length - 1);
  }
});

test("a report says what the copy has, and what it lacks", () => {
  const report: MirrorReport = {
    outcome: "incomplete",
    origin: "log.example",
    ...tree,
    from: 2,
    tiles: 1,
    bundles: 0,
    checkpoints: 3,
    entries: null,
    missing: Array.from({ length: 7 }, (_, at) => ({ first: at * 512, last: at * 512 + 255 })),
    repaired: ["tile/0/000"],
    reasons: ["gone"],
    finding: { kind: "fork", ...tree, reason: "two", evidence: ["a"] },
  };
  assert.equal(
    mirrorText(report, "/copy"),
    [
      "repaired tile/0/000: what lay there was damaged",
      ...[0, 1, 2, 3, 4].map((at) => `not mirrored: entries ${at * 512} to ${at * 512 + 255}`),
      "not mirrored: 2 more ranges; --json lists them",
      "not mirrored: entries; --entries copies them too",
      "evidence: a",
      "incomplete: gone",
      "/copy has 5 entries of log.example, 2 before, root cm9vdA==; " +
        "fetched 1 tiles and 0 bundles of entries, 3 kept checkpoints",
      "",
    ].join("\n"),
  );
  const none = {
    ...report,
    outcome: "wrong",
    size: null,
    root: null,
    missing: [],
    repaired: [],
    finding: null,
  } as const;
  const nothing: MirrorReport = { ...none, missing: [], repaired: [], reasons: ["a lie"] };
  assert.equal(mirrorText(nothing, "/copy"), "WRONG: a lie\nnothing of log.example is mirrored yet\n");
});
