// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { formatTime } from "@docket/protocol";
import type { FileItem } from "./input.ts";
import { fileOrder, TimeSorter } from "./order.ts";
import type { OrderedItem } from "./order.ts";

const startMs = 1_000_000;

type Line = { timeMs: number | undefined; bad: boolean };

function itemsOf(lines: readonly Line[]): FileItem[] {
  return lines.map(({ timeMs, bad }, place): FileItem => {
    const line = place + 1;
    if (bad) return { line, error: { code: "json_syntax", message: "bad", remedy: "mend it" } };
    const time = timeMs === undefined ? {} : { time: formatTime(timeMs) };
    const event = { id: `e${line}`, type: "comment", op: "create" as const, ...time, actor: { id: "a" } };
    return { line, event, timeMs, idDerived: false };
  });
}

function sorted(items: readonly FileItem[]): OrderedItem[] {
  const sorter = new TimeSorter(tmpdir());
  try {
    for (const item of items) sorter.add(item);
    return [...sorter.sorted(startMs)];
  } finally {
    sorter.close();
  }
}

/** The slow, obvious twin: a stable sort in memory. */
function sortedSlowly(items: readonly FileItem[]): OrderedItem[] {
  const times = items.map((item) => ("error" in item ? undefined : item.timeMs));
  const known = times.filter((time) => time !== undefined);
  const start = known.length === 0 ? startMs : Math.min(...known);
  const keyed = items.map((item, place) => ({
    item,
    key: times[place] ?? Math.max(-1, ...times.slice(0, place).filter((time) => time !== undefined)),
  }));
  return keyed
    .toSorted((a, b) => a.key - b.key)
    .map(({ item, key }): OrderedItem => {
      if ("error" in item) return { line: item.line, error: item.error };
      return { line: item.line, event: item.event, decidedAtMs: key === -1 ? start : key };
    });
}

const lines = fc.array(
  fc.record({ timeMs: fc.option(fc.nat({ max: 20 }), { nil: undefined }), bad: fc.boolean() }),
  { maxLength: 30 },
);

describe("by time", () => {
  test("it agrees with a stable sort in memory", () => {
    fc.assert(
      fc.property(lines, (file) => {
        const items = itemsOf(file);
        assert.deepEqual(sorted(items), sortedSlowly(items));
      }),
      { numRuns: 30 },
    );
  });

  test("it leaves no file behind, not even while it is open", () => {
    const directory = mkdtempSync(join(tmpdir(), "docket-order-test-"));
    try {
      const sorter = new TimeSorter(directory);
      for (const item of itemsOf([{ timeMs: 5, bad: false }])) sorter.add(item);
      if (process.platform !== "win32") assert.deepEqual(readdirSync(directory), []);
      sorter.close();
      assert.deepEqual(readdirSync(directory), []);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe("by file", () => {
  test("time is the latest seen so far, and begins with the first event's own", async () => {
    const times = async (...file: (number | undefined)[]): Promise<number[]> => {
      const items = itemsOf(file.map((timeMs) => ({ timeMs, bad: false })));
      const decided: number[] = [];
      for await (const item of fileOrder(toAsync(items), startMs)) {
        if ("event" in item) decided.push(item.decidedAtMs);
      }
      return decided;
    };
    assert.deepEqual(await times(5, 3, undefined, 9), [5, 5, 5, 9]);
    assert.deepEqual(await times(undefined, 5, startMs + 1), [startMs, startMs, startMs + 1]);
    assert.deepEqual(await times(), []);
  });
});

async function* toAsync<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
