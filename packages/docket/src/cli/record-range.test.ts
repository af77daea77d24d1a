// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, encodeLeaf, formatTime } from "@docket/protocol";
import { encodeEntryBundle, entriesPath, tileWidth, utf8 } from "@docket/tlog";
import { InvalidArgumentError } from "commander";
import type { DocketError } from "../error.ts";
import type { ReadLogFile } from "../log/record-bundle.ts";
import { parseBound, recordRange } from "./record-range.ts";

const startMs = Date.parse("2026-11-20T00:00:00Z");
const hourMs = 3_600_000;

// One record an hour, but for two in each third hour.
const sealedMs = (index: number): number => startMs + Math.floor((index * 3) / 4) * hourMs;

function logOf(size: number, broken: readonly number[] = []): ReadLogFile {
  const files = new Map<string, Uint8Array>();
  for (let from = 0; from < size; from += tileWidth) {
    const width = Math.min(tileWidth, size - from);
    const leaves = Array.from({ length: width }, (_, place) => {
      const time = formatTime(sealedMs(from + place));
      const header = { v: 1 as const, index: from + place, prev: "A".repeat(43), time, uncertaintyMs: null };
      const leaf = encodeLeaf(header, encodeBody({ kind: "stop", by: "operator" }));
      return utf8(broken.includes(from + place) ? leaf.replace("operator", "?\n") : leaf);
    });
    files.set(entriesPath(from / tileWidth, width), encodeEntryBundle(leaves));
  }
  return (path) => files.get(path);
}

void test("bounds are numbers of records, days and times", () => {
  assert.equal(parseBound("0"), 0);
  assert.equal(parseBound("20000"), 20_000);
  assert.deepEqual(parseBound("2026-11-20"), { sealedMs: startMs });
  assert.deepEqual(parseBound("2026-11-20T01:00:00+01:00"), { sealedMs: startMs });
  for (const text of ["", "-1", "1.5", "2026-02-30", "2026-11-20T10:00", "yesterday", "99999999999999999"]) {
    assert.throws(() => parseBound(text), InvalidArgumentError, text);
  }
});

void test("a time is the first record that was sealed then or later", () => {
  const size = 700;
  const read = logOf(size);
  const times = Array.from({ length: size }, (_, index) => sealedMs(index));
  for (const ms of [
    0,
    startMs,
    startMs + 1,
    startMs + 100 * hourMs,
    startMs + 3.5 * hourMs,
    times[699] ?? 0,
  ]) {
    const from = times.findIndex((each) => each >= ms);
    assert.deepEqual(recordRange({ from: { sealedMs: ms } }, size, read), { from, to: size });
    if (from > 0) assert.deepEqual(recordRange({ to: { sealedMs: ms } }, size, read), { from: 0, to: from });
  }
  const day = recordRange({ from: parseBound("2026-11-21"), to: parseBound("2026-11-22") }, size, read);
  assert.equal(day.to - day.from, 32);
});

void test("numbers read no records, and go no further than the log", () => {
  const read: ReadLogFile = () => assert.fail("nothing is read");
  assert.deepEqual(recordRange({}, 0, read), { from: 0, to: 0 });
  assert.deepEqual(recordRange({ from: 3, to: 99 }, 7, read), { from: 3, to: 7 });
});

void test("no record, and one that cannot be read", () => {
  const usage = (error: unknown): boolean => (error as DocketError).code === "usage";
  assert.throws(() => recordRange({ from: 7 }, 7, logOf(7)), usage);
  assert.throws(() => recordRange({ from: { sealedMs: startMs + 99 * hourMs } }, 7, logOf(7)), usage);
  const damaged = (error: unknown): boolean => (error as DocketError).code === "directory_damaged";
  assert.throws(() => recordRange({ from: { sealedMs: startMs } }, 7, logOf(7, [3])), damaged);
  assert.throws(() => recordRange({ from: { sealedMs: startMs } }, 7, () => undefined), damaged);
});
