// SPDX-License-Identifier: Apache-2.0
// `docket transparency`, `docket weekly` and `docket statements`: what they do.
import { writeFileSync } from "node:fs";
import { extname } from "node:path";
import { statementsWish } from "../../approvals/bulk-reads.ts";
import type { Outcome, RequestDetail } from "../../approvals/contract.ts";
import { DocketError } from "../../error.ts";
import type { SiteTransparency, TransparencyReport, WeeklyReport } from "../../transparency/contract.ts";
import { figuresCsv, figuresOf } from "../../transparency/figures.ts";
import { figureText, reportPage } from "../../transparency/report-page.ts";
import { categories, contentTypes, memberStates } from "../../transparency/statement-schema.ts";
import type { Statement } from "../../transparency/statement-schema.ts";
import { requestLines, statementsCsv } from "../../transparency/statements.ts";
import type { StatementOptions } from "../../transparency/statements.ts";
import { weeklyPage, weeklyRows } from "../../transparency/weekly-page.ts";
import { alignColumns } from "../columns.ts";
import { operator } from "../dispute/desk.ts";
import { periodOf } from "../dispute/run.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer, askServerForText } from "../policy/server.ts";
import { requestWaitsText } from "../request/run.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

type Where = {
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
  output?: string | undefined;
};
/** What `docket transparency` is told. */
export type ReportOptions = Where & { from?: string | undefined; to?: string | undefined };
/** What `docket weekly` is told. */
export type WeeklyOptions = Where & { to?: string | undefined };
/** What `docket statements` is told. */
export type StatementsOptions = Where & {
  from: string;
  to: string;
  output: string;
  terms?: string | undefined;
  category: string;
  contentType: string;
  territory?: string | undefined;
  /** Where it takes a second person: why, and the request that was approved. */
  why?: string | undefined;
  request?: number | undefined;
};

/** The report goes back so many days if nothing is said. */
const reportDays = 183;
/** Most statements of a file that is one request. */
const oneRequestMax = 100;

/**
 * Runs `docket transparency`.
 *
 * @throws {DocketError} `usage` for a file of another form
 */
export async function runTransparency(options: ReportOptions, terminal: Terminal): Promise<number> {
  const { fromMs, toMs } = periodOf(options, terminal.clock(), reportDays);
  const form = formOf(options, ["html", "csv", "json"]);
  const query = `from=${timeText(fromMs)}&to=${timeText(toMs)}`;
  const report = await ask<TransparencyReport>(options, `v1/transparency?${query}`, terminal, (desk) => {
    return desk.report(fromMs, toMs);
  });
  const texts = {
    html: () => reportPage(report),
    csv: () => figuresCsv(report),
    json: () => `${JSON.stringify(report)}\n`,
    text: () => reportText(report),
  };
  await put(options, texts[form](), terminal);
  return exitFine;
}

/** Runs `docket weekly`. @throws {DocketError} `usage` for a file of another form */
export async function runWeekly(options: WeeklyOptions, terminal: Terminal): Promise<number> {
  const { toMs } = periodOf({ to: options.to }, terminal.clock());
  const form = formOf(options, ["html", "json"]);
  const path = `v1/weekly?to=${timeText(toMs)}&format=json`;
  const week = await ask<WeeklyReport>(options, path, terminal, (desk) => desk.weekly(toMs));
  const rows = [["", "this week", "before"], ...weeklyRows(week.now, week.before)];
  const texts = {
    html: () => weeklyPage(week),
    json: () => `${JSON.stringify(week)}\n`,
    text: () => `${week.from} to ${week.to}\n${alignColumns(rows, new Set())}`,
  };
  await put(options, texts[form](), terminal);
  return exitFine;
}

/** Runs `docket statements`. @throws {DocketError} `usage` for what the database doesn't know */
export async function runStatements(options: StatementsOptions, terminal: Terminal): Promise<number> {
  const period = periodOf(options, terminal.clock());
  const form = formOf(options, ["ndjson", "json", "csv"]);
  const { url, output } = options;
  const wish = statementOptions(options);
  const taken = await (url === undefined
    ? statementsHere(options, period, wish, terminal)
    : statementsThere({ ...options, url }, period, wish));
  if ("waits" in taken) {
    const { waits } = taken;
    await write(
      terminal,
      options.json === true ? `${JSON.stringify({ request: waits })}\n` : requestWaitsText(waits),
    );
    return exitFine;
  }
  const statements = taken.done;
  if (form === "json" && statements.length > oneRequestMax) {
    const many = `${statements.length} statements are more than the ${oneRequestMax} of one request`;
    throw new DocketError("usage", `${many}; write FILE.ndjson, a request a line`);
  }
  const text = form === "csv" ? statementsCsv(statements) : [...requestLines(statements)].join("");
  keep(output, text);
  const count = { statements: statements.length, file: output };
  const said =
    options.json === true ? `${JSON.stringify(count)}\n` : `${statements.length} statements in ${output}.\n`;
  await write(terminal, said);
  return exitFine;
}

type Period = { fromMs: number; toMs: number };

async function statementsHere(
  { data, why = "", request }: StatementsOptions,
  period: Period,
  wish: StatementOptions,
  terminal: Terminal,
): Promise<Outcome<Statement[]>> {
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const author = { by: "operator", role: "operator" } as const;
    return await opened.requests.through(author, statementsWish(period, wish, why), request, async () => {
      const made = await opened.transparency.statements(operator, period, wish);
      for (const left of made.leftOut) {
        terminal.stderr.write(`left out record ${left.index}: ${left.why}\n`);
      }
      return made.statements;
    });
  } finally {
    await opened.close();
  }
}

async function statementsThere(
  { url, apiKey, why, request }: StatementsOptions & { url: string },
  period: Period,
  { termsUrl, category, contentType, territories }: StatementOptions,
): Promise<Outcome<Statement[]>> {
  const [from, to] = [period.fromMs, period.toMs].map((ms) => new Date(ms).toISOString());
  const body = { from, to, category, contentType, territories, termsUrl, why, request };
  const answer = await askServerForText({ url, apiKey }, "v1/statements", body);
  const lines = answer.split("\n").filter((line) => line !== "");
  const [first] = lines.map((line) => JSON.parse(line) as { request?: RequestDetail });
  if (first?.request !== undefined) return { waits: first.request };
  const done = lines.flatMap((line) => (JSON.parse(line) as { statements: Statement[] }).statements);
  return { done, taken: undefined };
}

async function ask<Answer>(
  { data, url, apiKey }: Where,
  path: string,
  terminal: Terminal,
  act: (desk: SiteTransparency) => Promise<Answer>,
): Promise<Answer> {
  if (url !== undefined) return askServer<Answer>({ url, apiKey }, path);
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    return await act(opened.transparency);
  } finally {
    await opened.close();
  }
}

function statementOptions({ terms, category, contentType, territory }: StatementsOptions): StatementOptions {
  const territories = territory === undefined ? memberStates : territory.split(",");
  return {
    termsUrl: terms,
    category: known(`STATEMENT_CATEGORY_${category}`, categories, "--category"),
    contentType: known(`CONTENT_TYPE_${contentType}`, contentTypes, "--content-type"),
    territories: territories.map((state) => known(state, [...memberStates, "IS", "LI", "NO"], "--territory")),
  };
}

function known(value: string, values: readonly string[], option: string): string {
  if (values.includes(value)) return value;
  throw new DocketError("usage", `${option}: ${value} is none of ${values.join(", ")}`);
}

function formOf<Form extends string>(
  { output, json }: Where,
  forms: readonly Form[],
): Form | "json" | "text" {
  if (output === undefined) return json === true ? "json" : "text";
  const form = forms.find((each) => extname(output) === `.${each}`);
  if (form !== undefined) return form;
  const names = forms.map((each) => `FILE.${each}`).join(", ");
  throw new DocketError("usage", `${output} says no form; name it ${names}`);
}

async function put({ output }: Where, text: string, terminal: Terminal): Promise<void> {
  if (output === undefined) return write(terminal, text);
  keep(output, text);
  await write(terminal, `Written to ${output}.\n`);
}

function keep(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new DocketError("usage", `cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function reportText(report: TransparencyReport): string {
  const sections = Map.groupBy(figuresOf(report), ({ section }) => section);
  const parts = [...sections].map(([section, figures]) => {
    const rows = figures.map((each) => [`  ${each.name}`, figureText(each)]);
    return `\n${section}\n${alignColumns(rows, new Set())}`;
  });
  const notes = [...report.notes, ...report.reviews.notes].map((note) => `note: ${note}\n`);
  return `${report.origin}, ${report.from} to ${report.to}\n${parts.join("")}${notes.join("")}`;
}

function timeText(ms: number): string {
  return encodeURIComponent(new Date(ms).toISOString());
}
