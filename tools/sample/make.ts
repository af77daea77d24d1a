// SPDX-License-Identifier: Apache-2.0
// Makes examples/comments.ndjson: the comments on one video of the YouTube Spam Collection (CC BY 4.0),
// authors pseudonymised, and a synthetic spammer among them. Labels are not read. The same input gives the
// same bytes.
//
//   node --conditions=@docket/source tools/sample/make.ts [--check]
import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Event } from "../../packages/protocol/src/index.ts";
import { sharedPath, skipReason } from "../shared-data.ts";
import { spammerEvents } from "./spammer.ts";

const source = "comments-youtube/data.jsonl";
const group = "Psy";
/** When the spammer comes: on the busiest day. */
const spammerStartMs = Date.parse("2014-11-07T12:00:00Z");
const pseudonymLength = 12;
const output = fileURLToPath(new URL("../../examples/comments.ndjson", import.meta.url));

/** The sample, as NDJSON sorted by time. */
export function makeSample(rows: string): string {
  const events = rows
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row)
    // Dates are missing for one class alone, so that undated rows would give the labels away.
    .filter((row) => row.group === group && row.ts !== null)
    .map(eventOf);
  const all = [...events, ...spammerEvents(spammerStartMs, group)];
  all.sort((a, b) => Date.parse(a.time ?? "") - Date.parse(b.time ?? "") || (a.id < b.id ? -1 : 1));
  return all.map((event) => `${JSON.stringify(event)}\n`).join("");
}

type Row = { id: string; group: string; ts: string | null; author: string; text: string };

function eventOf({ id, ts, author, text }: Row): Event {
  return {
    id,
    type: "comment",
    time: `${ts}Z`,
    actor: { id: `u_${hash("sha256", `docket sample\n${author}`, "hex").slice(0, pseudonymLength)}` },
    content: { text, group },
  };
}

if (import.meta.main) process.exitCode = run(process.argv.slice(2));

function run(words: readonly string[]): number {
  const path = sharedPath(`data/${source}`);
  if (path === undefined) {
    process.stderr.write(`${skipReason(`data/${source}`)}\n`);
    return 2;
  }
  const sample = makeSample(readFileSync(path, "utf8"));
  if (!words.includes("--check")) {
    writeFileSync(output, sample);
    return 0;
  }
  if (readFileSync(output, "utf8") === sample) return 0;
  process.stderr.write(`${output} is not what this program makes; run it without --check\n`);
  return 1;
}
