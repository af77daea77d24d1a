// SPDX-License-Identifier: Apache-2.0
// `docket records`: the log's records as a list, from a server, or from a data directory while none runs.
import { parseTime } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { recordsListedMax } from "../../records/contract.ts";
import type { ListedRecord, RecordsPage } from "../../records/contract.ts";
import { printable } from "../../printable.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket records` is told. */
export type RecordsOptions = {
  kind?: string | undefined;
  by?: string | undefined;
  of?: number | undefined;
  subject?: string | undefined;
  until?: string | undefined;
  before?: number | undefined;
  limit: number;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Runs `docket records`. @throws {DocketError} `usage`; what a server answers */
export async function runRecords(options: RecordsOptions, terminal: Terminal): Promise<number> {
  if (options.limit < 1 || options.limit > recordsListedMax) {
    throw new DocketError("usage", `--limit is a whole number from 1 to ${recordsListedMax}`);
  }
  const { records, next } = await read(options, terminal);
  const more = next === null ? "" : `There are more: --before ${next} goes on.\n`;
  const text =
    options.json === true
      ? records.map((each) => `${JSON.stringify(each)}\n`).join("")
      : `${listText(records)}${more}`;
  await write(terminal, text);
  return exitFine;
}

async function read(options: RecordsOptions, terminal: Terminal): Promise<RecordsPage> {
  const { kind, by, of, subject, until, before, limit, data, url, apiKey } = options;
  if (url !== undefined) {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries({ kind, by, of, subject, until, before, limit })) {
      if (value !== undefined) given.set(name, String(value));
    }
    return askServer<RecordsPage>({ url, apiKey }, `v1/records?${given.toString()}`);
  }
  const untilMs = until === undefined ? undefined : parseTime(until);
  if (until !== undefined && untilMs === undefined) {
    throw new DocketError("usage", "--until is a time, RFC 3339: 2026-11-23T12:00:00Z");
  }
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const page = await opened.records.list({
      kinds: kind?.split(","),
      by,
      of,
      subject,
      untilMs,
      before,
      limit,
    });
    await opened.readings.note(operator, { what: "entries", count: page.records.length });
    return page;
  } finally {
    await opened.close();
  }
}

function listText(records: readonly ListedRecord[]): string {
  if (records.length === 0) return "There is no such record.\n";
  return alignColumns(
    records.map(({ record: { index, time, kind, by }, says }) => [
      String(index),
      time,
      kind,
      by,
      printable(says),
    ]),
    new Set([0]),
  );
}
