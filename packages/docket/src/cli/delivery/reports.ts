// SPDX-License-Identifier: Apache-2.0
// `docket reports`: what users reported, or a report on behalf of one.
import { DocketError } from "../../error.ts";
import type {
  ReportedContent,
  ReportFlood,
  ReportPage,
  ReportReceived,
  ReportWish,
} from "../../reports/contract.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket reports` is told. */
export type ReportsOptions = {
  open?: true | undefined;
  floods?: true | undefined;
  content?: string | undefined;
  index?: number | undefined;
  reporter?: string | undefined;
  category: string;
  text?: string | undefined;
  trusted?: true | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

const listedAtOnce = 500;

/** Runs `docket reports`. @throws {DocketError} `usage` for a report of nobody; what the site says */
export async function runReports(options: ReportsOptions, terminal: Terminal): Promise<number> {
  const desk = await openDesk(options, terminal);
  try {
    if (options.content !== undefined || options.index !== undefined) {
      await write(terminal, await report(desk, options));
    } else if (options.floods === true) {
      const floods = await desk.floods();
      await write(terminal, options.json ? lines(floods) : floodRows(floods));
    } else {
      for (let after: number | null = -1; after !== null;) {
        const page: ReportPage = await desk.list(after, options.open === true);
        await write(terminal, options.json ? lines(page.contents) : contentRows(page.contents));
        after = page.next;
      }
    }
    return exitFine;
  } finally {
    await desk.close();
  }
}

type Desk = {
  report(wish: ReportWish): Promise<ReportReceived>;
  list(after: number, open: boolean): Promise<ReportPage>;
  floods(): Promise<ReportFlood[]>;
  close(): Promise<void>;
};

async function openDesk({ data, url, apiKey }: ReportsOptions, terminal: Terminal): Promise<Desk> {
  if (url !== undefined) {
    const server = { url, apiKey };
    return {
      report: (wish) => askServer(server, "v1/reports", wish),
      list: (after, open) =>
        askServer(server, `v1/reports?after=${after}&limit=${listedAtOnce}&open=${open}`),
      floods: async () => (await askServer<{ floods: ReportFlood[] }>(server, "v1/reports/floods")).floods,
      close: () => Promise.resolve(),
    };
  }
  const opened = await openDirectory(data, terminal);
  const { reports, readings } = opened;
  return {
    report: (wish) => reports.report("operator", wish),
    list: async (after, open) => {
      await readings.note(operator, { what: "reports" });
      return reports.list(after, listedAtOnce, open);
    },
    floods: async () => {
      await readings.note(operator, { what: "reports" });
      return reports.floods();
    },
    close: () => opened.close(),
  };
}

async function report(desk: Desk, options: ReportsOptions): Promise<string> {
  const { content, index, reporter, category, text, trusted, json } = options;
  if (reporter === undefined) throw new DocketError("usage", "say whose report it is, with --reporter");
  const received = await desk.report({
    reporter,
    category,
    ...(content === undefined ? {} : { content }),
    ...(index === undefined ? {} : { index }),
    ...(text === undefined ? {} : { text }),
    ...(trusted === undefined ? {} : { trusted }),
  });
  if (json) return `${JSON.stringify(received)}\n`;
  const what = received.repeat ? "Reported before, as" : "Reported, as";
  return `${what} record ${received.index}.\n`;
}

function lines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

function contentRows(contents: readonly ReportedContent[]): string {
  const rows = contents.map(({ of, reports, trusted, weightPerMille, categories, lastAt, found }) => [
    String(of),
    `${reports} open`,
    `weight ${weightPerMille}`,
    trusted === 0 ? "" : `${trusted} trusted`,
    Object.entries(categories)
      .map(([category, count]) => `${category} ${count}`)
      .join(", "),
    lastAt,
    found === null ? "" : `found ${found.finding} (record ${found.record})`,
  ]);
  return alignColumns(rows, new Set([0]));
}

function floodRows(floods: readonly ReportFlood[]): string {
  const rows = floods.map(({ actor, fromAt, toAt, reports, reporters, precisionPerMille }) => [
    actor,
    fromAt,
    toAt,
    `${reports} reports`,
    `${reporters} reporters`,
    `worth ${precisionPerMille}`,
  ]);
  return alignColumns(rows, new Set());
}
