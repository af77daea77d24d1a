// SPDX-License-Identifier: Apache-2.0
// `docket show`: one record, from a directory's published files or from a server.
import { errorTable, parseLeaf } from "@docket/protocol";
import type { ErrorCode, Facts } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { exitFine } from "./failure.ts";
import { readInstallation } from "../installation.ts";
import { noteRead } from "./note-read.ts";
import { openPublished } from "./published.ts";
import { recordText } from "./record-text.ts";
import type { ShownRecord } from "./record-text.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** How long a server may take to answer, in ms. */
const answerMsMax = 30_000;

/** Where a record is read from: a server if a URL is given, else a data directory. */
export type Where = { data: string; url?: string | undefined; apiKey?: string | undefined };

/** Prints a record. */
export async function runShow(
  options: Where & { index: number; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const shown =
    options.url === undefined
      ? await fromDirectory(options.data, options.index, terminal.clock())
      : await fromServer(options);
  const { record, facts } = shown;
  if (options.json) await write(terminal, `${JSON.stringify({ record, facts: facts ?? null })}\n`);
  else await write(terminal, recordText(shown));
  return exitFine;
}

/**
 * Asks a server of docket.
 *
 * @param body what is posted as JSON; without one it is a GET
 * @throws {DocketError} with the code that it answered; `usage` if it cannot be reached, or is none
 */
export async function ask(
  base: string,
  path: string,
  apiKey: string | undefined,
  body?: object,
): Promise<string> {
  if (!URL.canParse(base) || !/^https?:/.test(base)) {
    throw new DocketError("usage", `${base} is no URL; write http://HOST:PORT`);
  }
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  const headers = {
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const posted = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const signal = AbortSignal.timeout(answerMsMax);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { headers, ...posted, redirect: "error", signal });
    text = await response.text();
  } catch (error) {
    const cause = (error as Error).cause;
    const why = cause instanceof Error ? cause.message : (error as Error).message;
    throw new DocketError("usage", `cannot read ${url.href}: ${why}`, { cause: error });
  }
  if (response.ok) return text;
  const { code, message } = errorIn(text);
  if (code === undefined || !Object.hasOwn(errorTable, code)) {
    throw new DocketError(
      "usage",
      `${url.href} answered ${response.status}, and not as a server of docket does`,
    );
  }
  throw new DocketError(code as ErrorCode, `${url.href}: ${message}`);
}

async function fromDirectory(data: string, index: number, nowMs: number): Promise<ShownRecord> {
  const log = await openPublished(data);
  const { record, facts } = await log.record(index);
  if (facts !== undefined) noteRead(readInstallation(data), { what: "facts", of: index }, nowMs);
  const note = log.readable
    ? undefined
    : "the site's keys are not here, so only what anyone may see is shown";
  const counterNames =
    record.kind === "decision" ? log.counterNames(record.release) : new Map<string, string>();
  return { record, facts, note, counterNames };
}

async function fromServer({ url, apiKey, index }: Where & { index: number }): Promise<ShownRecord> {
  const answer = JSON.parse(await ask(url as string, `v1/decisions/${index}`, apiKey)) as {
    record: unknown;
    facts?: Facts | null;
  };
  // The leaf's own reader checks that it is a record at all.
  const record = parseLeaf(JSON.stringify(answer.record));
  const facts = answer.facts ?? undefined;
  const hidden = facts === undefined && record.kind === "decision";
  const note = hidden ? "the role of this API key may not read facts" : undefined;
  return { record, facts, note, counterNames: new Map() };
}

function errorIn(body: string): { code?: string; message?: string } {
  try {
    return (JSON.parse(body) as { error?: { code?: string; message?: string } }).error ?? {};
  } catch {
    return {};
  }
}
