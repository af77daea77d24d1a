// SPDX-License-Identifier: Apache-2.0
// `docket decisions`: finds decisions, at a server, or in a data directory while none runs.
import { parseTime } from "@docket/protocol";
import type { LabelValue, Outcome } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { printable } from "../../printable.ts";
import { searchedMax } from "../../search/contract.ts";
import type { SearchWish } from "../../search/contract.ts";
import { decisionView } from "../../search/decision-view.ts";
import type { DecisionsView, DecisionView } from "../../search/decision-view.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What decisions are searched for, as options say it. */
type Asked = {
  actor?: string | undefined;
  outcome?: Outcome[] | undefined;
  rule?: string | undefined;
  type?: string | undefined;
  op?: string | undefined;
  list?: string | undefined;
  campaign?: string | undefined;
  language?: string | undefined;
  release?: string | undefined;
  label?: LabelValue | undefined;
  text?: string | undefined;
  domain?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  before?: number | undefined;
  after?: number | undefined;
  limit: number;
};
/** What `docket decisions` is told. */
export type DecisionsOptions = Asked & {
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Runs `docket decisions`. @throws {DocketError} `usage`, `not_found`; what a server answers */
export async function runDecisions(options: DecisionsOptions, terminal: Terminal): Promise<number> {
  const { data, url, apiKey, json, ...asked } = options;
  if (asked.limit < 1 || asked.limit > searchedMax) {
    throw new DocketError("usage", `--limit is a whole number from 1 to ${searchedMax}`);
  }
  const found =
    url === undefined
      ? await findHere(asked, data, terminal)
      : await askServer<DecisionsView>({ url, apiKey }, `v1/decisions?${queryOf(asked)}`);
  await write(terminal, json === true ? linesOf(found) : textOf(found));
  return exitFine;
}

function queryOf({ outcome, ...rest }: Asked): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...rest, outcome: outcome?.join(",") })) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.toString();
}

// Whoever asks a directory waits until all texts were looked at.
async function findHere(asked: Asked, data: string, terminal: Terminal): Promise<DecisionsView> {
  const { outcome, from, to, ...rest } = asked;
  const times = { fromMs: timeOf("--from", from), toMs: timeOf("--to", to) };
  const wish: SearchWish = { ...rest, outcomes: outcome, ...times };
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const decisions: DecisionView[] = [];
    let page = await opened.search.find(wish);
    decisions.push(...page.decisions.map(decisionView));
    while (page.isPartial && page.older !== null && asked.after === undefined) {
      page = await opened.search.find({ ...wish, before: page.older, limit: asked.limit - decisions.length });
      decisions.push(...page.decisions.map(decisionView));
    }
    const { text, domain } = asked;
    const isAboutTexts = text !== undefined || domain !== undefined;
    const count = decisions.length || undefined;
    if (isAboutTexts) {
      const query = JSON.stringify({ text, domain });
      await opened.readings.note(operator, { what: "texts", query, count });
    } else if (count !== undefined) {
      await opened.readings.note(operator, { what: "decisions", count });
    }
    const { older, newer, actor, isPartial } = page;
    return { decisions, older, newer, actor: actor ?? null, partial: isPartial };
  } finally {
    await opened.close();
  }
}

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw new DocketError("usage", `${name} ${text} is no time; give one as 2026-11-22T23:11:05Z`);
}

function linesOf({ decisions }: DecisionsView): string {
  return decisions.map((decision) => `${JSON.stringify(decision)}\n`).join("");
}

function textOf({ decisions, older, partial }: DecisionsView): string {
  const more = older === null ? "" : `There ${partial ? "may be" : "are"} more: --before ${older} goes on.\n`;
  if (decisions.length === 0) return `No such decision was found.\n${more}`;
  const rows = decisions.map(({ index, at, outcome, type, actor, rules, label }) => [
    String(index),
    at,
    outcome,
    printable(type),
    actor,
    rules.join(" "),
    label ?? "",
  ]);
  return `${alignColumns(rows, new Set([0]))}${more}`;
}
