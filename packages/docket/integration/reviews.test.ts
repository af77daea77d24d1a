// SPDX-License-Identifier: Apache-2.0
// `docket queue`, `review`, `reviews stats`, `revert`, `sweep` and `batches` on a data directory.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openInstallation } from "../src/main.ts";
import type { Batch, BatchPreview } from "../src/reviews/batch-contract.ts";
import type { QueuePage, ReviewDone } from "../src/reviews/contract.ts";
import type { ReviewStatistics } from "../src/reviews/statistics.ts";
import { docket, installationWith } from "../src/cli/testing/run-docket.ts";

const policy = `policy: comments
on: [comment]
rules:
  - id: links
    when: signals.linkCount >= 1
    then: { outcome: hold, holdFor: 10d, otherwise: reject }
    reason: { en: "No links." }
  - { id: caps, when: signals.capitals > 900, then: { outcome: flag } }
`;

/** A directory with two flags and three holds, and their indexes. */
async function directory(t: TestContext): Promise<{ data: string; flags: number[]; holds: number[] }> {
  const installation = installationWith(t, policy);
  const opened = await openInstallation(installation);
  const nothing = { sampleOfAllowedPerMillion: 0, sampleOfRefusedPerMillion: 0 };
  const few = { secondReviewPerMille: 0, qualitySamplePerMille: 0 };
  await opened.settings.change({ by: "operator", role: "operator" }, { ...nothing, ...few });
  const decide = async (id: string, text: string): Promise<number> => {
    const event = { id, type: "comment", actor: { id: `u-${id}` }, content: { text } };
    const how = { dryRun: false, by: "operator", source: "http", receivedMs: Date.now() } as const;
    return (await opened.site.decide({ event, ...how })).index ?? -1;
  };
  const flags = [await decide("a", "BUY THIS NOW"), await decide("b", "BUY THAT NOW")];
  const holds: number[] = [];
  for (const id of ["c", "d", "e"]) holds.push(await decide(id, "see https://example.com/a"));
  await opened.close();
  return { data: installation.data, flags, holds };
}

test("the queue is listed, shown and worked through; what is wrong says what to do", async (t) => {
  const { data, flags, holds } = await directory(t);
  const [flag, other] = flags as [number, number];
  const listed = await docket("", "queue", "--data", data);
  assert.match(listed.out, /Open: 2 flag, 3 hold\./);
  assert.equal(listed.out.split("\n")[0]?.trim().startsWith(String(holds[0])), true);
  const json = JSON.parse(
    (await docket("", "queue", "--task", "flag", "--json", "--data", data)).out,
  ) as QueuePage;
  assert.deepEqual(
    json.cases.map(({ of }) => of).toSorted((a, b) => a - b),
    flags,
  );
  const shown = await docket("", "queue", String(flag), "--data", data);
  for (const words of [/Asked: flag\./, /comments\/caps/, /BUY THIS NOW/, /In force: flag\./]) {
    assert.match(shown.out, words);
  }
  const hidden = await docket("", "queue", String(flag), "--no-content", "--data", data);
  assert.doesNotMatch(hidden.out, /BUY THIS NOW/);
  const words = ["review", String(flag), "spam", "--reason", "spam", "--data", data];
  const done = JSON.parse((await docket("", ...words, "--json")).out) as ReviewDone;
  assert.deepEqual([done.of, done.task, done.verdict?.outcome], [flag, "flag", "reject"]);
  const again = await docket("", ...words);
  assert.match(again.err, /case_closed/);
  assert.equal(again.code, 1);
  for (const [wrong, said] of [
    [["review", String(other), "spam", "--data", data], /--reason/],
    [["review", "--reason", "spam", "--data", data], /name a case/],
    [["review", "1", "--bulk", "spam", "--reason", "spam", "--data", data], /--cases/],
    [
      ["review", "--bulk", "spam", "--cases", "1,x", "--reason", "spam", "--data", data],
      /indexes with commas/,
    ],
    [["queue", "--claim", "--data", data], /docket queue 17 --claim/],
    [["queue", "--limit", "0", "--data", data], /whole number/],
    [["reviews", "stats", "--from", "yesterday", "--data", data], /no time/],
    [["revert", "caps", "--data", data], /--reason/],
    [["revert", "caps", "--batch", "3", "--reason", "mistaken", "--data", data], /names no rule besides/],
    [["batches", "--approve", "--data", data], /name the batch/],
  ] as const) {
    const { err, code } = await docket("", ...wrong);
    assert.match(err, said, wrong.join(" "));
    assert.equal(code, 2, wrong.join(" "));
  }
  const kept = await docket("", "review", String(other), "notSpam", "--reason", "mistaken", "--data", data);
  assert.match(kept.out, /^Reviewed as record \d+: flag, notSpam\.\nLabelled as record \d+\.\n$/);
  const stats = await docket(
    "",
    "reviews",
    "stats",
    "--from",
    "2020-01-01T00:00:00Z",
    "--to",
    "2100-01-01T00:00:00Z",
    "--json",
    "--data",
    data,
  );
  const figures = JSON.parse(stats.out) as ReviewStatistics;
  assert.deepEqual([figures.reviews, figures.byTask.flag], [2, { spam: 1, notSpam: 1, unsure: 0 }]);
});

test("many are decided, reverted and listed; over the cap a second person is needed", async (t) => {
  const { data, holds } = await directory(t);
  const at = ["--data", data];
  const bulk = ["review", "--bulk", "notSpam", "--task", "hold", "--reason", "mistaken", ...at];
  const preview = JSON.parse((await docket("", ...bulk, "--json")).out) as BatchPreview;
  assert.deepEqual([preview.count, preview.verdicts], [3, { release: 3 }]);
  assert.match((await docket("", ...bulk)).out, /bulk open cases, task hold: 3 of 5 decisions would change/);
  await docket("", "settings", "bulkCap=2", ...at);
  assert.match((await docket("", ...bulk)).out, /A second person must approve it/);
  const pending = await docket("", ...bulk, "--apply");
  const [, index = ""] = /Batch (\d+) .* is pending/.exec(pending.out) ?? [];
  assert.match(pending.out, /docket batches \d+ --approve/);
  assert.match((await docket("", "batches", index, "--approve", ...at)).err, /another_person/);
  assert.match((await docket("", "batches", index, "--stop", ...at)).out, /is stopped: 0 of 3 made/);
  await docket("", "settings", "bulkCap=10", ...at);
  const revert = ["revert", "links", "--reason", "policy-changed", ...at];
  const reverted = await docket("", ...revert, "--apply");
  assert.match(reverted.out, /\(revert, policy-changed\) is done: 3 of 3 made\.\nTo take it back: /);
  assert.equal((await docket("", ...revert, "--apply")).code, 1);
  const lines = (await docket("", "batches", "--json", ...at)).out.trim().split("\n");
  const batches = lines.map((line) => JSON.parse(line) as Batch);
  assert.deepEqual(
    batches.map(({ batch, status, made }) => [batch, status, made]),
    [
      ["revert", "done", 3],
      ["bulk", "stopped", 0],
    ],
  );
  assert.match((await docket("", "batches", ...at)).out, /revert .* done .* 3 of 3/);
  const swept = await docket("", "sweep", "links", "--reason", "spam", ...at);
  assert.match(swept.out, /sweep rule comments\/links: 0 of 0 decisions/);
  assert.equal(holds.length, 3);
});
