// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeManifest } from "@docket/protocol";
import type { DocketRecord, ManifestPart, PartName } from "@docket/protocol";
import { encodeBase64Url, sha256, utf8 } from "@docket/tlog";
import { addDrops, noDrops, noteAbsent, noteDropping, plainDrops, settleDrops } from "./dropped.ts";
import { newFindings } from "./findings.ts";
import { checkSealedParts } from "./parts.ts";
import type { NamedPart } from "./parts.ts";

const [anna, bert] = [`a_${"A".repeat(22)}`, `a_${"B".repeat(22)}`] as [string, string];

test("what is gone must be explained by retention of its name, or the erasure of its actor", () => {
  const drops = noDrops();
  noteAbsent(drops, 5, [{ name: "content", subject: anna }]);
  noteAbsent(drops, 600, [{ name: "content", subject: anna }]);
  noteAbsent(drops, 7, [{ name: "disclosed", subject: bert }]);
  const unexplained = newFindings();
  settleDrops(drops, unexplained);
  assert.equal(unexplained.count, 2);
  assert.deepEqual(unexplained.faults[0], {
    check: "parts",
    place: "parts/000",
    index: 5,
    offset: null,
    reason: "the part content is not there, and no record of retention or erasure says why",
  });
  noteDropping(drops, { kind: "retention", part: "content", before: 512, count: 1 } as DocketRecord);
  const half = newFindings();
  settleDrops(drops, half);
  assert.deepEqual(
    half.faults.map(({ index, place }) => [index, place]),
    [
      [600, "parts/002"],
      [7, "parts/000"],
    ],
    "retention reaches some of them",
  );
  noteDropping(drops, { kind: "retention", part: "content", before: 768, count: 1 } as DocketRecord);
  noteDropping(drops, { kind: "erasure", step: "ordered", actor: bert } as DocketRecord);
  const none = newFindings();
  assert.deepEqual(settleDrops(drops, none), { byRetention: 2, ofErased: 1 });
  assert.equal(none.count, 0);
});

test("what threads note apart comes to the same", () => {
  const whole = noDrops();
  const [even, odd] = [noDrops(), noDrops()];
  for (const [place, index] of [3, 300, 9, 500].entries()) {
    const absent = [{ name: "content" as const, subject: place % 2 === 0 ? anna : bert }];
    noteAbsent(whole, index, absent);
    noteAbsent(place % 2 === 0 ? even : odd, index, absent);
  }
  const joined = noDrops();
  for (const part of [even, odd])
    addDrops(joined, plainDrops(part) as NonNullable<ReturnType<typeof plainDrops>>);
  assert.deepEqual(plainDrops(joined), plainDrops(whole));
  assert.equal(plainDrops(noDrops()), undefined);
});

test("parts that are there must be those of the manifest, in its order, wherever others are gone", () => {
  const names: PartName[] = ["facts", "content", "disclosed"];
  const all = names.map((name): NamedPart => ({ name, bytes: sealed(name) }));
  const lines = all.map(({ name, bytes }): ManifestPart => ({
    name,
    subject: name === "facts" ? "site" : anna,
    size: bytes.length,
    hash: encodeBase64Url(sha256(bytes)),
    commitment: encodeBase64Url(sha256(utf8(name))),
  }));
  const manifest = utf8(encodeManifest(lines));
  const record = { kind: "decision", parts: encodeBase64Url(sha256(manifest)) } as DocketRecord;
  for (let mask = 0; mask < 8; mask++) {
    const kept = all.filter((_, place) => (mask & (1 << place)) !== 0);
    const absent: { name: PartName; subject: string }[] = [];
    const found = checkSealedParts(record, manifest, kept, absent);
    assert.equal(found, undefined);
    const gone = names.filter((name) => !kept.some((part) => part.name === name));
    assert.deepEqual(
      absent.map(({ name }) => name),
      gone,
    );
    assert.equal(checkSealedParts(record, manifest, kept) === undefined, gone.length === 0);
  }
  const swapped = [all[1], all[0]] as NamedPart[];
  assert.match(checkSealedParts(record, manifest, swapped, []) ?? "", /stands where the manifest lists none/);
  const changed = [{ name: "facts" as const, bytes: sealed("FACTS") }];
  assert.match(checkSealedParts(record, manifest, changed, []) ?? "", /another hash/);
});

/** As long as a sealed part is at least. */
function sealed(text: string): Uint8Array {
  return utf8(`sealed ${text}`.padEnd(120, "."));
}
