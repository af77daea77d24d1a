// SPDX-License-Identifier: Apache-2.0
// `docket receipt` and `docket show`: one record, from a directory's published files or from a server.
import { writeFileSync } from "node:fs";
import { encodeReceipt, errorTable, parseReceipt } from "@docket/protocol";
import type { DocketRecord, ErrorCode, Facts, Receipt } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { exitFine } from "./failure.ts";
import { openPublished } from "./published.ts";
import { recordText } from "./record-text.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** How long a server may take to answer, in ms. */
const answerMsMax = 30_000;

/** Where a record is read from: a server if a URL is given, else a data directory. */
export type Where = { data: string; url?: string | undefined; apiKey?: string | undefined };

/** Fetches the receipt of a record. */
export async function runReceipt(
  options: Where & { index: number; output?: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const { index, output } = options;
  const receipt =
    options.url === undefined
      ? await openPublished(options.data).receipt(index)
      : ((await ask(options.url, `v1/receipts/${index}`, options.apiKey)) as Receipt);
  const text = encodeReceipt(receipt);
  // What a server sent is checked in form only; whether it is true says `docket verify`.
  parseReceipt(text);
  if (output === undefined) await write(terminal, text);
  else writeOutput(output, text);
  return exitFine;
}

/** Prints a record. */
export async function runShow(
  options: Where & { index: number; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const shown =
    options.url === undefined ? await fromDirectory(options.data, options.index) : await fromServer(options);
  const { record, facts, note } = shown;
  if (options.json) await write(terminal, `${JSON.stringify({ record, facts: facts ?? null })}\n`);
  else await write(terminal, recordText(record, facts, note));
  return exitFine;
}

type Shown = { record: DocketRecord; facts: Facts | undefined; note: string | undefined };

async function fromDirectory(data: string, index: number): Promise<Shown> {
  const log = openPublished(data);
  const { record, facts } = await log.record(index);
  const note = log.readable
    ? undefined
    : "the site's keys are not here, so only what anyone may see is shown";
  return { record, facts, note };
}

async function fromServer({ url, apiKey, index }: Where & { index: number }): Promise<Shown> {
  const answer = (await ask(url as string, `v1/decisions/${index}`, apiKey)) as {
    record: DocketRecord;
    facts?: Facts | null;
  };
  const facts = answer.facts ?? undefined;
  const note =
    facts === undefined && answer.record.kind === "decision"
      ? "the API key's role may not read facts"
      : undefined;
  return { record: answer.record, facts, note };
}

async function ask(base: string, path: string, apiKey: string | undefined): Promise<unknown> {
  if (!URL.canParse(base) || !/^https?:/.test(base)) {
    throw new DocketError("usage", `${base} is no URL; write http://HOST:PORT`);
  }
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(answerMsMax) });
    body = await response.json();
  } catch (error) {
    const cause = (error as Error).cause;
    const why = cause instanceof Error ? cause.message : (error as Error).message;
    throw new DocketError("usage", `cannot read ${url.href}: ${why}`, { cause: error });
  }
  if (response.ok) return body;
  const { code, message } = (body as { error?: { code?: string; message?: string } }).error ?? {};
  if (code === undefined || !Object.hasOwn(errorTable, code)) {
    throw new DocketError(
      "usage",
      `${url.href} answered ${response.status}, and not as a server of docket does`,
    );
  }
  throw new DocketError(code as ErrorCode, `${url.href}: ${message}`);
}

function writeOutput(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new DocketError("usage", `cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
}
