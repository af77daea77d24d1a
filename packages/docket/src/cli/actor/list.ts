// SPDX-License-Identifier: Apache-2.0
// `docket actors`: actors of whom something was not allowed, the newest first.
import type { ActorsPage, ActorsQuery, ListedActor } from "../../patterns/contract.ts";
import { printable } from "../../printable.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket actors` is told. */
export type ActorsOptions = {
  restricted?: true | undefined;
  before?: number | undefined;
  limit: number;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Runs `docket actors`. */
export async function runActors(options: ActorsOptions, terminal: Terminal): Promise<number> {
  const page = await read(options, terminal);
  await write(terminal, options.json === true ? `${JSON.stringify(page)}\n` : actorsText(page));
  return exitFine;
}

async function read(options: ActorsOptions, terminal: Terminal): Promise<ActorsPage> {
  const { before, limit, url, apiKey, data } = options;
  const query: ActorsQuery = { before, limit, restricted: options.restricted === true };
  if (url !== undefined) {
    const asked = new URLSearchParams({
      limit: String(limit),
      restricted: String(query.restricted),
      ...(before === undefined ? {} : { before: String(before) }),
    });
    return askServer<ActorsPage>({ url, apiKey }, `v1/actors?${asked.toString()}`);
  }
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const page = await opened.patterns.actors(query);
    const count = page.actors.length;
    if (count > 0) await opened.readings.note(operator, { what: "restricted", count });
    return page;
  } finally {
    await opened.close();
  }
}

function actorsText({ actors, next }: ActorsPage): string {
  const rows = actors.map((each) => [each.actor, standingOf(each), each.last.at, printable(each.last.says)]);
  const more = next === null ? "" : `There is more: --before ${next}\n`;
  const none = actors.length === 0 && next === null ? "Nothing was refused or held so far.\n" : "";
  return `${alignColumns(rows)}${none}${more}`;
}

function standingOf({ strikes, restrictions }: ListedActor): string {
  const given = strikes === 0 ? [] : [`${strikes} strike${strikes === 1 ? "" : "s"}`];
  return [...restrictions.map(({ kind }) => kind), ...given].join(", ") || "-";
}
