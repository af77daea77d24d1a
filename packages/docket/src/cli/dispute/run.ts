// SPDX-License-Identifier: Apache-2.0
// `docket dispute` and `docket disputes`: what they do.
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { parseTime } from "@docket/protocol";
import type { DisputeFilter } from "../../disputes/contract.ts";
import type { Attachment, AttachmentType, DisputeText, Told } from "../../disputes/texts.ts";
import { DocketError } from "../../error.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { operator, withDisputes } from "./desk.ts";
import type { CommandDisputes, DisputeWhere } from "./desk.ts";
import { caseText, complainantText, disputeRows, statisticsText } from "./text.ts";

/** What `docket dispute` is told. */
export type DisputeOptions = DisputeWhere & {
  act: "open" | "message" | "withdraw" | "show" | "token" | "revoke" | "abuse";
  index: number | undefined;
  token?: string | undefined;
  account?: string | undefined;
  text?: string | undefined;
  language?: string | undefined;
  attach?: string[] | undefined;
  lang?: "en" | "de" | undefined;
  withoutContent?: true | undefined;
  step?: "warn" | "limit" | undefined;
  days?: number | undefined;
  told?: string[] | undefined;
  note?: string | undefined;
  json?: true | undefined;
};
/** What `docket disputes` is told. */
export type ListOptions = DisputeWhere & {
  state: DisputeFilter;
  from?: string | undefined;
  to?: string | undefined;
  json?: true | undefined;
};

/** Disputes that are asked for at once. */
const listedAtOnce = 1000;
const statisticsDays = 90;
const dayMs = 86_400_000;
const types: Readonly<Record<string, AttachmentType>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
  ".pdf": "application/pdf",
  ".txt": "text/plain",
};

/**
 * Runs `docket dispute`.
 *
 * @throws {DocketError} `usage` for what is missing; what disputes refuse
 */
export async function runDispute(options: DisputeOptions, terminal: Terminal): Promise<number> {
  if (options.act === "token") return printToken(options, terminal);
  const given =
    options.act === "open" || options.act === "message" ? await writtenOf(options, terminal) : undefined;
  const { answer, said } = await withDisputes(options, terminal, (disputes) => act(disputes, options, given));
  await write(terminal, options.json === true ? `${JSON.stringify(answer)}\n` : said);
  return exitFine;
}

/** Runs `docket disputes`. */
export async function runDisputes(options: ListOptions, terminal: Terminal): Promise<number> {
  await withDisputes(options, terminal, async (disputes) => {
    for (let after: number | null = 0; after !== null;) {
      const page: Awaited<ReturnType<CommandDisputes["list"]>> = await disputes.list(
        options.state,
        after,
        listedAtOnce,
      );
      const lines = page.disputes.map((each) => `${JSON.stringify(each)}\n`).join("");
      await write(terminal, options.json === true ? lines : disputeRows(page.disputes));
      after = page.next;
    }
  });
  return exitFine;
}

/** Runs `docket disputes statistics`. */
export async function runDisputeStatistics(options: ListOptions, terminal: Terminal): Promise<number> {
  const { fromMs, toMs } = periodOf(options, terminal.clock());
  const found = await withDisputes(options, terminal, (disputes) => disputes.statistics(fromMs, toMs));
  await write(terminal, options.json === true ? `${JSON.stringify(found)}\n` : statisticsText(found));
  return exitFine;
}

/**
 * A period that options name: times, or dates (UTC).
 *
 * @throws {DocketError} `usage`
 */
export function periodOf(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  nowMs: number,
  days: number = statisticsDays,
): { fromMs: number; toMs: number } {
  const toMs = to === undefined ? nowMs : msOf(to, "--to");
  const fromMs = from === undefined ? Math.max(0, toMs - days * dayMs) : msOf(from, "--from");
  if (fromMs >= toMs) throw new DocketError("usage", "--from is before --to");
  return { fromMs, toMs };
}

/**
 * Texts by language, from `LANGUAGE=TEXT` each.
 *
 * @throws {DocketError} `usage`
 */
export function toldOf(words: readonly string[]): Told {
  return Object.fromEntries(
    words.map((word) => {
      const [, tag, text] = /^([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)=(.*)$/s.exec(word) ?? [];
      if (tag !== undefined && text !== undefined) return [tag, text];
      throw new DocketError("usage", `--told is LANGUAGE=TEXT, such as "en=It was your own blog."`);
    }),
  );
}

type Acted = { answer: unknown; said: string };

async function act(
  disputes: CommandDisputes,
  options: DisputeOptions,
  given: DisputeText | undefined,
): Promise<Acted> {
  const { token, account, lang = "en" } = options;
  const who = { author: operator, accountId: account ?? "" };
  const text = given ?? { text: "" };
  switch (options.act) {
    case "open": {
      const opened =
        token === undefined
          ? await disputes.openForAccount(accountNeeded(who, options), indexOf(options), text)
          : await disputes.openByToken(token, text);
      const { dispute, of, deadline } = opened;
      return { answer: opened, said: `Dispute ${dispute} of record ${of}; an answer is due ${deadline}.\n` };
    }
    case "message": {
      if (token !== undefined) return sealed("Sent", await disputes.messageByToken(token, text));
      const index = indexOf(options);
      if (account !== undefined) return sealed("Sent", await disputes.messageForAccount(who, index, text));
      return sealed("Sent", await disputes.messageFromSite(operator, index, text));
    }
    case "withdraw":
      if (token !== undefined) return sealed("Withdrawn", await disputes.withdrawByToken(token));
      return sealed(
        "Withdrawn",
        await disputes.withdrawForAccount(accountNeeded(who, options), indexOf(options)),
      );
    case "show":
      return show(disputes, options, lang);
    case "revoke":
      return sealed("Revoked", await disputes.revokeTokens(operator, indexOf(options)));
    case "token":
      throw new Error("tokens are printed without any of this");
    case "abuse": {
      const { step = "warn", days = 30, note, told } = options;
      const wish = { step, days, note, ...(told === undefined ? {} : { told: toldOf(told) }) };
      return sealed(
        step === "warn" ? "Warned" : "Limited",
        await disputes.answerAbuse(operator, indexOf(options), wish),
      );
    }
  }
}

async function show(disputes: CommandDisputes, options: DisputeOptions, lang: "en" | "de"): Promise<Acted> {
  const { token, account } = options;
  if (token !== undefined || account !== undefined) {
    const view =
      token === undefined
        ? await disputes.viewForAccount(account ?? "", indexOf(options), lang)
        : await disputes.viewByToken(token, lang);
    return { answer: view, said: complainantText(view) };
  }
  const reader = options.withoutContent === true ? undefined : operator;
  const found = await disputes.look(indexOf(options), reader, lang);
  return { answer: found, said: caseText(found) };
}

function sealed(what: string, answer: { index: number }): Acted {
  return { answer, said: `${what}, as record ${answer.index}.\n` };
}

async function printToken({ data, index, json }: DisputeOptions, terminal: Terminal): Promise<number> {
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const given = await opened.disputes.tokenFor(index ?? -1);
    if (given === undefined) {
      throw new DocketError("not_disputable", `record ${index} restricts nobody who could object`);
    }
    await write(terminal, json === true ? `${JSON.stringify(given)}\n` : `${given.token}\n`);
  } finally {
    await opened.close();
  }
  return exitFine;
}

async function writtenOf(
  { text, language, attach = [] }: DisputeOptions,
  terminal: Terminal,
): Promise<DisputeText> {
  const attachments = attach.map(attachmentOf);
  return {
    text: text ?? (await readAll(terminal.stdin)),
    ...(language === undefined ? {} : { language }),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

function attachmentOf(path: string): Attachment {
  const type = types[extname(path).toLowerCase()];
  if (type === undefined) {
    throw new DocketError("usage", `${path} is no file of ${Object.keys(types).join(", ")}`);
  }
  try {
    return { name: basename(path), type, data: readFileSync(path).toString("base64") };
  } catch (error) {
    throw new DocketError("usage", `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function indexOf({ index }: DisputeOptions): number {
  if (index !== undefined) return index;
  throw new DocketError("usage", "name the record by its index, or give --token");
}

function accountNeeded<Who>(who: Who, { account }: DisputeOptions): Who {
  if (account !== undefined) return who;
  throw new DocketError("usage", "who objects? give --token, or --account with the app's id of the account");
}

function msOf(text: string, option: string): number {
  const ms = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (ms !== undefined) return ms;
  throw new DocketError("usage", `${option} is a date such as 2026-11-01, or an RFC 3339 time`);
}
