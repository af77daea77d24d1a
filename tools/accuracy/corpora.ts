// SPDX-License-Identifier: Apache-2.0
// The labelled corpora, read into one shape, and the splits that say what trains and what tests.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Scored } from "@docket/policy/metrics";
import { sharedPath, skipReason } from "../shared-data.ts";

/** What kind of model reads a corpus. */
export type Kind = "comment" | "message" | "email";

/** A labelled text. Nothing here but `title`, `text` and `raw` may reach a model. */
export interface Item {
  readonly id: string;
  readonly spam: boolean;
  readonly title?: string;
  readonly text: string;
  /** The whole message as it came, one character a byte. */
  readonly raw?: string;
  /** Copies of one text have one key: they are drawn together. */
  readonly copy: string;
  readonly ts?: string;
  readonly group?: string;
}

/** A corpus in one of its forms. */
export interface Corpus {
  readonly name: CorpusName;
  readonly kind: Kind;
  readonly items: readonly Item[];
}

/** The forms of corpora that rows name. `spamassassin-raw` has whole messages, the others rendered text. */
export const corpusNames = [
  "sms-uci",
  "sms-turkish",
  "youtube",
  "telegram",
  "spamassassin-raw",
  "spamassassin-text",
  "enron",
] as const;
export type CorpusName = (typeof corpusNames)[number];

interface Source {
  readonly path: string;
  readonly kind: Kind;
  readonly splits: string;
  /** The file of the labels, where the texts lie apart from them. */
  readonly labels?: string;
}

const sources: Readonly<Record<CorpusName, Source>> = {
  "sms-uci": { path: "sms-uci/data.jsonl", kind: "message", splits: "sms-uci" },
  "sms-turkish": { path: "sms-turkish/data.jsonl", kind: "message", splits: "sms-turkish" },
  youtube: { path: "comments-youtube/data.jsonl", kind: "comment", splits: "comments-youtube" },
  telegram: { path: "chat-telegram/data.jsonl", kind: "message", splits: "chat-telegram" },
  "spamassassin-raw": {
    path: "email-spamassassin/data.jsonl.gz",
    kind: "email",
    splits: "email-spamassassin",
  },
  "spamassassin-text": {
    path: "email-spamassassin/text.jsonl.gz",
    kind: "email",
    splits: "email-spamassassin",
    labels: "email-spamassassin/data.jsonl.gz",
  },
  enron: { path: "email-enron123/data.jsonl.gz", kind: "email", splits: "email-enron123" },
};

/** Where a corpus lies, or why it can't be read. */
export function missingCorpus(name: CorpusName): string | undefined {
  const { path } = sources[name];
  return sharedPath(`data/${path}`) === undefined ? skipReason(`data/${path}`) : undefined;
}

/**
 * Reads a corpus.
 *
 * @throws {Error} it is absent
 */
export function readCorpus(name: CorpusName): Corpus {
  const { path, kind, labels } = sources[name];
  const labelled = new Map(
    labels === undefined ? [] : readRows(labels).map((row) => [row.id, { label: row.label, ts: row.ts }]),
  );
  const items = readRows(path).map((row): Item => itemOf({ ...row, ...labelled.get(row.id) }));
  return { name, kind, items };
}

interface Row {
  readonly id: string;
  readonly label?: string;
  readonly text?: string;
  readonly subject?: string;
  readonly raw_latin1?: string;
  readonly ts?: string | null;
  readonly group?: string;
}

function readRows(path: string): Row[] {
  const file = sharedPath(`data/${path}`);
  if (file === undefined) throw new Error(skipReason(`data/${path}`));
  const bytes = readFileSync(file);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

function itemOf(row: Row): Item {
  if (row.label !== "spam" && row.label !== "ham") throw new Error(`${row.id} has no label`);
  const { raw_latin1: raw, subject, ts, group } = row;
  const text = row.text ?? "";
  return {
    id: row.id,
    spam: row.label === "spam",
    text,
    copy: copyKey(raw === undefined ? `${subject ?? ""} ${text}` : bodyOf(raw)),
    ...(subject === undefined ? {} : { title: subject }),
    ...(raw === undefined ? {} : { raw }),
    ...(typeof ts === "string" ? { ts } : {}),
    ...(group === undefined ? {} : { group }),
  };
}

// As the splits' README has it: case, punctuation and spacing tell no copies apart.
function copyKey(text: string): string {
  const key = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_]+/gu, " ")
    .trim();
  return createHash("sha256")
    .update(key === "" ? text : key)
    .digest("base64url")
    .slice(0, 16);
}

function bodyOf(raw: string): string {
  const end = /\r?\n\r?\n/.exec(raw);
  return end === null ? raw : raw.slice(end.index + end[0].length);
}

/** How a corpus is split. */
export type SplitName = "5fold" | "chrono" | "lovo";

/** What trains and what tests, once. */
export interface Fold {
  readonly name: string;
  readonly train: readonly Item[];
  readonly test: readonly Item[];
}

/**
 * The folds of a split. Each text of a k-fold split is in one test part.
 *
 * @param rehearse never look at a test part that counts: of a chronological split only the training part is
 * taken
 *   and its newest quarter tests, of folds the first is left out
 */
export function foldsOf(corpus: Corpus, split: SplitName, rehearse: boolean): Fold[] {
  const places = readSplit(corpus.name, split);
  if (split === "chrono") return [chronoFold(corpus, places, rehearse)];
  const items = corpus.items.filter(({ id }) => !rehearse || places.get(id) !== "0");
  const names = [...new Set(items.map(({ id }) => placeOf(places, id)))].sort();
  return names.map((name) => ({
    name,
    train: items.filter(({ id }) => places.get(id) !== name),
    test: items.filter(({ id }) => places.get(id) === name),
  }));
}

function chronoFold(corpus: Corpus, places: ReadonlyMap<string, string>, rehearse: boolean): Fold {
  const train = corpus.items.filter(({ id }) => placeOf(places, id) === "train");
  if (!rehearse) {
    return { name: "chrono", train, test: corpus.items.filter(({ id }) => places.get(id) === "test") };
  }
  // The newest quarter of each group and class, since of Enron's the classes have times of their own.
  const parts = Map.groupBy(train, ({ group, spam }) => (corpus.name === "enron" ? `${group} ${spam}` : ""));
  const newest = new Set<Item>();
  for (const part of parts.values()) {
    const inOrder = [...part].sort((left, right) => ((left.ts ?? "") < (right.ts ?? "") ? -1 : 1));
    for (const item of inOrder.slice(Math.floor(inOrder.length * 0.75))) newest.add(item);
  }
  return {
    name: "rehearsal",
    train: train.filter((item) => !newest.has(item)),
    test: train.filter((item) => newest.has(item)),
  };
}

function readSplit(name: CorpusName, split: SplitName): Map<string, string> {
  const path = `data/splits/${sources[name].splits}.${split}.tsv`;
  const file = sharedPath(path);
  if (file === undefined) throw new Error(skipReason(path));
  const lines = readFileSync(file, "utf8").split("\n");
  return new Map(lines.filter((line) => line !== "").map((line) => line.split("\t") as [string, string]));
}

function placeOf(places: ReadonlyMap<string, string>, id: string): string {
  const place = places.get(id);
  if (place === undefined) throw new Error(`${id} is in no part of the split`);
  return place;
}

/** A text with a score, as the tables need it. */
export interface ScoredItem extends Scored {
  readonly item: Item;
}
