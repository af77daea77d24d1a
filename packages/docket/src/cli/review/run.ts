// SPDX-License-Identifier: Apache-2.0
// `docket queue`, `docket review` and `docket reviews stats`.
import { explanationText } from "@docket/policy";
import type { ReviewFinding, ReviewTask, Verdict } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { printable } from "../../printable.ts";
import type { QueueItem, ReviewDone, ReviewWish } from "../../reviews/contract.ts";
import { queueListedDefault, queueListedMax } from "../../reviews/review-desk.ts";
import { runBatch } from "../batch/run.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { openQueue } from "./desk.ts";
import type { ExplainedPage, QueueDesk, Where } from "./desk.ts";
import { statisticsText } from "./statistics-text.ts";

/** What `docket queue` is told. */
export type QueueOptions = Where & {
  index?: number | undefined;
  task?: ReviewTask | undefined;
  unclaimed?: true | undefined;
  limit?: number | undefined;
  claim?: true | undefined;
  content: boolean;
  json?: true | undefined;
};
/** What `docket review` is told. */
export type ReviewOptions = Where & {
  index?: number | undefined;
  finding?: ReviewFinding | undefined;
  reason?: string | undefined;
  note?: string | undefined;
  task?: ReviewTask | undefined;
  verdict?: Verdict | undefined;
  bulk?: ReviewFinding | undefined;
  rule?: string | undefined;
  campaign?: string | undefined;
  cases?: string | undefined;
  apply?: true | undefined;
  json?: true | undefined;
};
/** What `docket reviews stats` is told. */
export type StatisticsOptions = Where & {
  from?: string | undefined;
  to?: string | undefined;
  json?: true | undefined;
};

/**
 * Runs `docket queue`.
 *
 * @throws {DocketError} `usage`; `not_found` if there is no such decision; what a server answers
 */
export async function runQueue(options: QueueOptions, terminal: Terminal): Promise<number> {
  const { index, json } = options;
  if (options.claim === true && (index === undefined || options.url === undefined)) {
    throw new DocketError(
      "usage",
      "a claim is on one case, and on a server: docket queue 17 --claim --url URL",
    );
  }
  return withQueue(options, terminal, async (desk) => {
    if (index !== undefined) {
      if (options.claim === true) await desk.claim(index);
      const page = await desk.page(index, options.content);
      await write(terminal, json === true ? `${JSON.stringify(page)}\n` : pageText(page));
      return;
    }
    const limit = options.limit ?? queueListedDefault;
    if (!Number.isInteger(limit) || limit < 1 || limit > queueListedMax) {
      throw new DocketError("usage", `--limit is a whole number from 1 to ${queueListedMax}`);
    }
    const { task, unclaimed = false } = options;
    const listed = await desk.queue({ task, unclaimed, limit });
    if (json === true) return write(terminal, `${JSON.stringify(listed)}\n`);
    const counts = Object.entries(listed.open).map(([name, count]) => `${count} ${name}`);
    const cases = counts.length === 0 ? "No case waits" : `Open: ${counts.join(", ")}`;
    const { open = 0, overdue = 0 } = listed.disputes ?? {};
    const late = overdue === 0 ? "" : `, ${overdue} of them late`;
    const disputes = open === 0 ? "" : ` ${open} disputes wait${late}: docket disputes.`;
    const more = listed.more.length === 0 ? "" : ` More of ${listed.more.join(", ")} come as these are done.`;
    await write(terminal, `${queueText(listed.cases)}${cases}.${disputes}${more}\n`);
  });
}

/**
 * Runs `docket review`.
 *
 * @throws {DocketError} `usage`; `case_closed`, `case_claimed`, `another_person`; what a server answers
 */
export async function runReview(options: ReviewOptions, terminal: Terminal): Promise<number> {
  const { index, finding, reason, note, task, verdict, bulk, json } = options;
  if (reason === undefined) throw new DocketError("usage", "say why, with --reason spam or another code");
  if (bulk !== undefined) {
    if (index !== undefined) throw new DocketError("usage", "with --bulk name cases by --cases, not one");
    const { rule, campaign, cases, apply, data, url, apiKey } = options;
    const indexes = cases === undefined ? undefined : readIndexes(cases);
    const wish = { batch: "bulk", finding: bulk, task, rule, campaign, indexes, reason, note } as const;
    return runBatch(wish, { data, url, apiKey, apply, json }, terminal);
  }
  if (index === undefined || finding === undefined) {
    throw new DocketError("usage", "name a case and what was found: docket review 17 spam --reason spam");
  }
  const wish: ReviewWish = { of: index, finding, reason, task, note, verdict };
  const present = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  return withQueue(options, terminal, async (desk) => {
    const done = await desk.review(present as ReviewWish);
    await write(terminal, json === true ? `${JSON.stringify(done)}\n` : doneText(done));
  });
}

/** Runs `docket reviews stats`. @throws {DocketError} `usage` for what is no time */
export async function runStatistics(options: StatisticsOptions, terminal: Terminal): Promise<number> {
  for (const time of [options.from, options.to]) {
    if (time !== undefined && Number.isNaN(Date.parse(time))) {
      throw new DocketError("usage", `${time} is no time as 2026-11-23T12:00:00Z`);
    }
  }
  return withQueue(options, terminal, async (desk) => {
    const found = await desk.statistics(options.from, options.to);
    await write(terminal, options.json === true ? `${JSON.stringify(found)}\n` : statisticsText(found));
  });
}

async function withQueue(
  where: Where,
  terminal: Terminal,
  work: (desk: QueueDesk) => Promise<void>,
): Promise<number> {
  const desk = await openQueue(where, terminal);
  try {
    await work(desk);
    return exitFine;
  } finally {
    await desk.close();
  }
}

/** @throws {DocketError} `usage` */
function readIndexes(text: string): number[] {
  return text.split(",").map((each) => {
    if (/^\d{1,15}$/.test(each.trim())) return Number(each);
    throw new DocketError("usage", `--cases are indexes with commas between, not ${text}`);
  });
}

function queueText(cases: readonly QueueItem[]): string {
  return alignColumns(
    cases.map(({ of, tasks, outcome, sealedAt, holdUntil, fired, reports, claim }) => [
      String(of),
      tasks.map(({ task, blind }) => (blind ? `${task} (blind)` : task)).join(", "),
      outcome,
      sealedAt,
      holdUntil === null ? "" : `until ${holdUntil}`,
      fired.join(" "),
      reports === null ? "" : `${reports.reports} reports`,
      claim === null ? "" : `claimed by ${claim.by}`,
    ]),
    new Set([0]),
  );
}

function pageText(page: ExplainedPage): string {
  const { tasks, blind, explanation, event, evidence, inForce, standing, chain, label, reports, said } = page;
  const asked = tasks.map((each) => each.task).join(", ");
  const lines = [asked === "" ? "Nothing is asked of you here." : `Asked: ${asked}.`];
  if (blind) lines.push("Another has looked at it before; what they found is not shown.");
  if (explanation !== null) lines.push("", explanationText(explanation).trimEnd());
  if (evidence === "gone") lines.push("", "What was posted is gone.");
  if (event !== null) lines.push("", "Posted:", ...JSON.stringify(event, null, 2).split("\n").map(printable));
  if (inForce !== null) lines.push("", `In force: ${inForce.outcome}.`);
  if (standing !== null) {
    const kinds = standing.restrictions.map(({ kind }) => kind).join(", ");
    lines.push(`Actor ${standing.actor}: ${standing.strikes.length} strikes; ${kinds || "no restrictions"}.`);
  }
  if (label !== null) lines.push(`Label: ${label.label}, by ${label.by}.`);
  if (reports !== null) lines.push(`Reports: ${reports.reports}, ${reports.trusted} of trusted reporters.`);
  for (const { index, category, text } of said) {
    if (text !== null) lines.push(`  report ${index} (${category}): ${printable(text)}`);
  }
  for (const { index, at, kind, by, ...body } of chain) {
    const said = [body["finding"], body["verdict"], body["category"], body["ruling"], body["reason"]];
    lines.push(`  ${index}  ${at}  ${kind}  ${said.filter(Boolean).join(" ")}  by ${by}`);
  }
  return `${lines.join("\n")}\n`;
}

function doneText({ index, task, finding, blind, label, verdict, measure }: ReviewDone): string {
  const lines = [`Reviewed as record ${index}: ${task}, ${finding}${blind ? ", blind" : ""}.`];
  if (label !== null) lines.push(`Labelled as record ${label}.`);
  if (measure !== null) lines.push(`The step of the ladder was taken, as record ${measure}.`);
  if (verdict !== null) {
    const { outcome, strikes, voided, ended, restrictions } = verdict;
    lines.push(
      `Verdict ${verdict.verdict}, as record ${verdict.index}: ${outcome} is in force; ` +
        `strikes given ${strikes.length}, void ${voided.length}; ` +
        `restrictions begun ${restrictions.length}, ended ${ended.length}.`,
    );
  }
  return `${lines.join("\n")}\n`;
}
