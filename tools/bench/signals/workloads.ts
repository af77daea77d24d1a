// SPDX-License-Identifier: Apache-2.0
// What is looked at: short posts of a stream of comments, and mails with their headers.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Item, type Kind, readCorpus } from "../../accuracy/corpora.ts";
import { sharedPath } from "../../shared-data.ts";

/** Texts to look at, and what filters learned before. */
export interface Workload {
  readonly name: "posts" | "mails";
  readonly kind: Kind;
  readonly taught: readonly Item[];
  readonly texts: readonly Item[];
}

/** Mails that filters learn: enough for tables of the size that they have in use. */
const mailsTaught = 2_000;

/** Both workloads, of so many texts. */
export function readWorkloads(posts: number, mails: number): Workload[] {
  const mail = readCorpus("spamassassin-raw").items;
  const step = Math.max(1, Math.floor(mail.length / (mailsTaught + mails)));
  const spread = mail.filter((_, index) => index % step === 0);
  return [
    { name: "posts", kind: "comment", taught: readCorpus("youtube").items, texts: readStream(posts) },
    {
      name: "mails",
      kind: "email",
      taught: spread.slice(mails, mails + mailsTaught),
      texts: spread.slice(0, mails),
    },
  ];
}

function readStream(count: number): Item[] {
  const path = sharedPath("data/comments-youtube-stream/data.jsonl.gz");
  if (path === undefined) return [];
  const lines = gunzipSync(readFileSync(path)).toString("utf8").split("\n").slice(0, count);
  return lines
    .filter((line) => line !== "")
    .map((line): Item => {
      const { id, text } = JSON.parse(line) as { id: string; text: string };
      return { id, text, spam: false, copy: id };
    });
}
