// SPDX-License-Identifier: Apache-2.0
// Near-duplicates and campaigns on real texts: the campaigns of the stream of comments, how many planted
// copies are found, and how many texts join that have nothing to do with each other.
//
//   npm run campaign:near-duplicates -- [--list] [--actors N] [--copies N] [--texts N]
//
// `--list` prints the campaigns of at least N actors (default 3), to be read; the texts may not be
// republished.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { sharedPath, skipReason } from "../shared-data.ts";
import { distinctTexts } from "./near-duplicates/distinct.ts";
import { falseJoins, findCampaigns, recallOf, shares } from "./near-duplicates/measure.ts";
import type { Comment, FoundCampaign, Recall } from "./near-duplicates/measure.ts";
import { tricks } from "./near-duplicates/variants.ts";

/** Bars: of planted copies at least, of distinct texts less than. */
const recallMin = 0.95;
const falseMax = 0.001;
const shownTexts = 4;

const streamName = "data/comments-youtube-stream/data.jsonl.gz";
const others = ["sms-uci", "sms-turkish", "comments-youtube", "chat-telegram"].map(
  (name) => `data/${name}/data.jsonl`,
);

process.exitCode = main();

function main(): number {
  const { values } = parseArgs({
    options: {
      list: { type: "boolean", default: false },
      actors: { type: "string", default: "3" },
      copies: { type: "string", default: "2000" },
      texts: { type: "string" },
    },
  });
  const missing = [streamName, ...others].find((name) => sharedPath(name) === undefined);
  if (missing !== undefined) {
    console.log(`skipped: ${skipReason(missing)}`);
    return 1;
  }
  const stream = readStream();
  const campaigns = findCampaigns(stream);
  tellCampaigns(stream, campaigns, Number(values.actors), values.list);
  const texts = [...stream.map(({ text }) => text), ...others.flatMap(readTexts)];
  const distinct = distinctTexts(
    texts.slice(0, values.texts === undefined ? texts.length : Number(values.texts)),
  );
  const { texts: long, joined } = falseJoins(distinct);
  console.log(
    `distinct texts: ${distinct.length} of ${texts.length}, ${long} of them long enough; ` +
      `${joined.length} joined another (${percent(joined.length / long, 3)})`,
  );
  if (values.list) for (const { text, to } of joined) console.log(`  ${line(text)}\n    ${line(to)}`);
  const recall = recallOf(distinct, Number(values.copies));
  tellRecall(recall);
  const all = shareOf(recall);
  console.log(`recall ${percent(all, 2)}, false joins ${percent(joined.length / long, 3)}`);
  return all >= recallMin && joined.length / long < falseMax ? 0 : 1;
}

function readStream(): Comment[] {
  type Row = { ts: string; author: string; text: string };
  const rows = gunzipSync(readFileSync(pathOf(streamName)))
    .toString("utf8")
    .trim()
    .split("\n");
  return rows
    .map((row) => JSON.parse(row) as Row)
    .map(({ ts, author, text }) => ({ text, author, atMs: Date.parse(ts) }))
    .sort((a, b) => a.atMs - b.atMs);
}

function pathOf(name: string): string {
  const path = sharedPath(name);
  if (path === undefined) throw new Error(skipReason(name));
  return path;
}

/** Texts alone: which of them are spam isn't looked at. */
function readTexts(name: string): string[] {
  const rows = readFileSync(pathOf(name), "utf8").trim().split("\n");
  return rows.map((row) => (JSON.parse(row) as { text: string }).text);
}

function tellCampaigns(
  stream: readonly Comment[],
  campaigns: readonly FoundCampaign[],
  actorsMin: number,
  isListed: boolean,
): void {
  const large = campaigns.filter(({ comments }) => comments.length >= 3);
  const spread = large.filter(({ actors }) => actors >= actorsMin);
  const sum = (of: readonly FoundCampaign[]): number =>
    of.reduce((all, { comments }) => all + comments.length, 0);
  console.log(
    `comments: ${stream.length}; campaigns of 3 and more: ${large.length} with ${sum(large)} comments; ` +
      `of ${actorsMin} actors and more: ${spread.length} with ${sum(spread)}`,
  );
  if (!isListed) return;
  for (const { id, actors, comments } of spread) {
    console.log(`${id}: ${comments.length} comments, ${actors} actors`);
    const different = [...new Map(comments.map(({ text }) => [line(text).slice(0, 50), text])).values()];
    for (const text of different.slice(0, shownTexts)) console.log(`  ${line(text)}`);
  }
}

function tellRecall(recall: readonly Recall[]): void {
  console.log(`copies found${" ".repeat(4)}${shares.map((share) => `${share} %`.padStart(9)).join("")}`);
  for (const trick of tricks) {
    const row = recall.filter((each) => each.trick === trick);
    console.log(
      `  ${trick.padEnd(14)}${row.map((each) => percent(shareOf([each]), 1).padStart(9)).join("")}`,
    );
  }
}

function shareOf(recall: readonly Recall[]): number {
  const sum = (key: "copies" | "found"): number => recall.reduce((all, each) => all + each[key], 0);
  return sum("found") / sum("copies");
}

function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)} %`;
}

function line(text: string): string {
  return JSON.stringify(text.slice(0, 160));
}
