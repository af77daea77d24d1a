// SPDX-License-Identifier: Apache-2.0
// A short form of `npm run campaign:near-duplicates`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../shared-data.ts";
import { distinctTexts, overlap, wordsOf } from "./distinct.ts";
import { falseJoins, findCampaigns, recallOf } from "./measure.ts";

const names = ["data/sms-uci/data.jsonl", "data/comments-youtube/data.jsonl"];

test("planted copies are found among texts that are left alone", (t) => {
  const missing = names.find((name) => sharedPath(name) === undefined);
  if (missing !== undefined) {
    t.skip(skipReason(missing));
    return;
  }
  const texts = names.flatMap((name) =>
    readFileSync(sharedPath(name) as string, "utf8")
      .trim()
      .split("\n")
      .map((row) => (JSON.parse(row) as { text: string }).text),
  );
  const distinct = distinctTexts(texts.slice(0, 4_000));
  const recall = recallOf(distinct, 60);
  const sum = (key: "copies" | "found"): number => recall.reduce((all, each) => all + each[key], 0);
  assert.ok(sum("found") / sum("copies") >= 0.95, `${sum("found")} of ${sum("copies")}`);
  const { texts: long, joined } = falseJoins(distinct);
  assert.ok(joined.length / long < 0.002, joined.map(({ text, to }) => `${text} ~ ${to}`).join("\n"));
});

test("copies by several accounts are one campaign", () => {
  const at = (place: number): { author: string; atMs: number } => ({
    author: `a${place % 3}`,
    atMs: 1_700_000_000_000 + place * 60_000,
  });
  const copies = ["Anna", "Peter", "Olga", "Ben"].map((name, place) => ({
    text: `Dear ${name}, you have been chosen among many for our new offer of easy work from home`,
    ...at(place),
  }));
  const others = [{ text: "What a lovely song, my grandmother sang it every evening for us", ...at(7) }];
  const [campaign, ...rest] = findCampaigns([...copies, ...others]);
  assert.equal(campaign?.comments.length, 4);
  assert.equal(campaign.actors, 3);
  assert.equal(rest.length, 1);
});

test("distinct texts share less than half of the words of the shorter one", () => {
  const texts = ["one two three four", "one two five six", "one seven eight nine", "five six ten"];
  assert.deepEqual(distinctTexts(texts), ["one two three four", "one seven eight nine", "five six ten"]);
  assert.equal(overlap(wordsOf("a b c d"), wordsOf("a x")), 0.5);
});
