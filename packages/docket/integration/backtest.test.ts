// SPDX-License-Identifier: Apache-2.0
// The short form of the backtest campaign (`npm run campaign:backtest` is the long one): a backtest says what
// would really have come out.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  backtestErased,
  backtestPolicies,
  compareCold,
  compareKnown,
  compareWarm,
  decideBefore,
  eventsOf,
} from "../../../tools/campaigns/backtest/equality.ts";
import type { EqualityWorld } from "../../../tools/campaigns/backtest/equality.ts";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";

const streamName = "data/comments-youtube-stream/data.jsonl.gz";
const eventsCount = 4000;

test("a backtest gives what really running the candidate gives, cold and warm", async (t) => {
  const stream = sharedPath(streamName);
  if (stream === undefined) {
    t.skip(skipReason(streamName));
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "docket-backtest-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const lines = gunzipSync(readFileSync(stream)).toString("utf8").split("\n");
  const world: EqualityWorld = {
    directory,
    events: eventsOf(lines.slice(0, eventsCount)),
    ...backtestPolicies,
    say: (text) => t.diagnostic(text),
  };
  const recorded = await decideBefore(world);
  const rows = [
    await compareCold(world, recorded),
    await compareKnown(world, recorded),
    await compareWarm(world, recorded),
  ];
  for (const { check, wrong, changed } of rows) {
    assert.deepEqual(wrong, [], check);
    assert.ok(changed > 0, `${check}: nothing changed, so nothing was compared`);
  }
  const [cold] = rows;
  assert.ok(cold !== undefined && cold.report.brakes.length > 0, "the candidate draws a brake");

  // Erased evidence is counted where it is needed, and changes nothing where facts do.
  const { gone, expected, known, before } = await backtestErased(world, recorded);
  assert.ok(expected > 0);
  assert.equal(gone, expected);
  const { speed: _speed, ...after } = known;
  const { speed: _, ...rest } = before;
  assert.deepEqual(after, rest);
});
