// SPDX-License-Identifier: Apache-2.0
// `docket changes`: from the server that runs, or from a data directory while none does.
import type { ChangePage, ContentState, OrderedChange, UnconfirmedPage } from "../../delivery/contract.ts";
import { alignColumns } from "../columns.ts";
import { restrictionText } from "../../records/case-words.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket changes` is told. */
export type ChangesOptions = {
  after: number;
  unconfirmed?: true | undefined;
  applied?: number[] | undefined;
  content?: string | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Records that are asked for at once. */
const pageRecords = 200;
const unconfirmedAtOnce = 1000;

/** Runs `docket changes`. @throws {DocketError} what the site or the server says */
export async function runChanges(options: ChangesOptions, terminal: Terminal): Promise<number> {
  const desk = await openDesk(options, terminal);
  try {
    if (options.content !== undefined) return await showContent(desk, options.content, options, terminal);
    if (options.applied !== undefined) {
      const { index } = await desk.confirm(options.applied);
      await write(
        terminal,
        options.json ? `${JSON.stringify({ index })}\n` : `Confirmed, as record ${index}.\n`,
      );
      return exitFine;
    }
    if (options.unconfirmed === true) return await showUnconfirmed(desk, options, terminal);
    for (let after = options.after, more = true; more;) {
      const page = await desk.changes(after);
      await write(terminal, options.json ? lines(page.changes) : changeRows(page.changes));
      ({ next: after, more } = page);
    }
    return exitFine;
  } finally {
    await desk.close();
  }
}

type Desk = {
  changes(after: number): Promise<ChangePage>;
  unconfirmed(after: number): Promise<UnconfirmedPage>;
  confirm(of: readonly number[]): Promise<{ index: number }>;
  content(id: string): Promise<ContentState>;
  close(): Promise<void>;
};

async function openDesk({ data, url, apiKey }: ChangesOptions, terminal: Terminal): Promise<Desk> {
  if (url !== undefined) {
    const server = { url, apiKey };
    return {
      changes: (after) => askServer(server, `v1/changes?after=${after}&limit=${pageRecords}`),
      unconfirmed: (after) =>
        askServer(server, `v1/changes/unconfirmed?after=${after}&limit=${unconfirmedAtOnce}`),
      confirm: (of) => askServer(server, "v1/applied", { of }),
      content: (id) => askServer(server, `v1/contents/${encodeURIComponent(id)}`),
      close: () => Promise.resolve(),
    };
  }
  const opened = await openDirectory(data, terminal);
  const { delivery } = opened;
  return {
    changes: (after) => delivery.changes.page(after, pageRecords),
    unconfirmed: (after) => delivery.changes.unconfirmed(after, unconfirmedAtOnce),
    confirm: (of) => delivery.changes.confirm("operator", of),
    content: (id) => delivery.content(id),
    close: () => opened.close(),
  };
}

async function showUnconfirmed(desk: Desk, { json }: ChangesOptions, terminal: Terminal): Promise<number> {
  const first = await desk.unconfirmed(-1);
  let page = first;
  for (;;) {
    const rows = page.orders.map(({ record, at }) => [String(record), "ordered", at]);
    await write(terminal, json ? lines(page.orders) : alignColumns(rows, new Set([0])));
    if (page.next === null) break;
    page = await desk.unconfirmed(page.next);
  }
  terminal.stderr.write(`${first.overdue} overdue, ${first.waiting} not confirmed in all\n`);
  return first.overdue === 0 ? exitFine : exitWrong;
}

async function showContent(
  desk: Desk,
  id: string,
  { json }: ChangesOptions,
  terminal: Terminal,
): Promise<number> {
  const state = await desk.content(id);
  if (json) {
    await write(terminal, `${JSON.stringify(state)}\n`);
    return exitFine;
  }
  const rows = state.chain.map(({ record, at, kind, op, outcome, verdict, cause, by, applied }) => [
    String(record),
    at,
    kind === "decision" ? `${op ?? ""} -> ${outcome ?? ""}` : `${verdict ?? ""} (${cause ?? ""})`,
    by,
    applied === null ? "" : `applied (record ${applied.record})`,
  ]);
  const { reports, weightPerMille } = state.reports;
  const said =
    reports === 0 ? "" : `${reports} reports that nobody has looked at, weight ${weightPerMille}\n`;
  await write(
    terminal,
    `In force: ${state.outcome}, by record ${state.by}\n${said}${alignColumns(rows, new Set([0]))}`,
  );
  return exitFine;
}

function lines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

function changeRows(changes: readonly OrderedChange[]): string {
  const rows = changes.map(({ record, type, cause, subject, content, restriction, applied }) => {
    const whom = subject.account ?? subject.value ?? subject.subject;
    const of = content === null ? "" : (content.id ?? `record ${content.decision}`);
    const what =
      restriction === null ? of : "kind" in restriction ? restrictionText(restriction) : restriction.id;
    return [String(record), type, cause, whom, what, applied === null ? "ordered" : "applied"];
  });
  return alignColumns(rows, new Set([0]));
}
