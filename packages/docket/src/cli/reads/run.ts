// SPDX-License-Identifier: Apache-2.0
// `docket reads`: who read what, from a server, or from a data directory while none runs.
import { DocketError } from "../../error.ts";
import { readingsListedMax } from "../../readings/contract.ts";
import type { ReadingPage, ReadingQuery, ReadingView } from "../../readings/contract.ts";
import { printable } from "../../printable.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket reads` is told. */
export type ReadsOptions = {
  by?: string | undefined;
  subject?: string | undefined;
  of?: number | undefined;
  limit: number;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Runs `docket reads`. @throws {DocketError} `usage`; what a server answers */
export async function runReads(options: ReadsOptions, terminal: Terminal): Promise<number> {
  const { by, subject, of, limit, json } = options;
  if (limit < 1 || limit > readingsListedMax) {
    throw new DocketError("usage", `--limit is a whole number from 1 to ${readingsListedMax}`);
  }
  const { reads, next } = await read({ by, subject, of, limit }, options, terminal);
  const more = next === null ? "" : "There are more: --limit, or --by, --subject and --of.\n";
  const text =
    json === true ? reads.map((each) => `${JSON.stringify(each)}\n`).join("") : `${listText(reads)}${more}`;
  await write(terminal, text);
  return exitFine;
}

async function read(
  query: ReadingQuery,
  { data, url, apiKey }: ReadsOptions,
  terminal: Terminal,
): Promise<ReadingPage> {
  if (url !== undefined) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const parameters = new URLSearchParams(
      given.map(([name, value]): [string, string] => [name, String(value)]),
    );
    return askServer<ReadingPage>({ url, apiKey }, `v1/reads?${parameters.toString()}`);
  }
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const page = await opened.readings.list(query);
    await opened.readings.note(operator, { what: "reads" });
    return page;
  } finally {
    await opened.close();
  }
}

function listText(reads: readonly ReadingView[]): string {
  if (reads.length === 0) return "Nobody has read anything that leaves a record.\n";
  return alignColumns(
    reads.map(({ index, at, by, role, what, of, subject, count, reason, query }) => [
      String(index),
      at,
      `${by} (${role})`,
      what,
      count === 1 ? "" : `${count} times`,
      of === null ? (subject ?? "") : `record ${of}`,
      reason === null ? "" : JSON.stringify(printable(reason)),
      query === null ? "" : `searched: ${JSON.stringify(printable(query))}`,
    ]),
    new Set([0]),
  );
}
