// SPDX-License-Identifier: Apache-2.0
// The short form of the backtest campaign (`npm run campaign:backtest` is the long one): a backtest says what
// would really have come out.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
import type { BacktestReport } from "../src/backtest/report.ts";
import { docket } from "./testing/docket.ts";

const streamName = "data/comments-youtube-stream/data.jsonl.gz";
const labelledName = "data/comments-youtube/data.jsonl";
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

test("a labelled sample is counted as the decisions themselves say", async (t) => {
  const labelled = sharedPath(labelledName);
  if (labelled === undefined) {
    t.skip(skipReason(labelledName));
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "docket-sample-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const data = join(directory, "data");
  const lines = readFileSync(labelled, "utf8").split("\n").slice(0, 300);
  const labels = new Map(
    lines.map((line) => {
      const { id, label } = JSON.parse(line) as { id: string; label: string };
      return [id, label === "spam" ? "spam" : "notSpam"];
    }),
  );
  writeFileSync(join(directory, "events.ndjson"), lines.join("\n"));
  const sample = [...labels].map(([eventId, label]) => JSON.stringify({ eventId, label }));
  writeFileSync(join(directory, "labels.ndjson"), [...sample, '{"index":999999,"label":"spam"}'].join("\n"));
  const decided = await docket(["decide", "--data", data, join(directory, "events.ndjson")]);
  assert.equal(decided.code, 0, decided.stderr);
  const words = ["backtest", join(data, "policy"), "--data", data, "--fail-if-changed", "--json"];
  const run = await docket([...words, "--sample", join(directory, "labels.ndjson")]);
  assert.equal(run.code, 0, run.stderr);
  const { sample: found } = JSON.parse(run.stdout) as BacktestReport;
  const hit = decided.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; outcome: string })
    .filter(({ outcome }) => outcome !== "allow");
  const spam = hit.filter(({ id }) => labels.get(id) === "spam").length;
  const all = [...labels.values()].filter((label) => label === "spam").length;
  assert.ok(spam > 0);
  const { before, after } = found?.whole ?? assert.fail("there is no sample in the report");
  assert.deepEqual([before.precision.count, before.precision.of], [spam, hit.length]);
  assert.deepEqual([before.recall.count, before.recall.of], [spam, all]);
  assert.deepEqual(after, before);
  assert.equal(found?.unmatched, 1);
});
