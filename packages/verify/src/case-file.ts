// SPDX-License-Identifier: Apache-2.0
// A case file, checked offline: records with their receipts, and what is said of them, as JSON on one line or
// inside a page. The record of kind `export` says, in a part that the file opens, the digests of the content
// and of the page: so every word of it is what the site sealed when it was made (docs/formats/case-file.md).
import { ProtocolError } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { encodeBase64Url, sha256, TlogError, utf8 } from "@docket/tlog";
import { verifyReceipt } from "./receipt.ts";
import { limitOfOneView } from "./report.ts";
import type { Check, ReceiptReport, SignerReport, Verdict } from "./report.ts";
import type { TrustGiven } from "./trust.ts";

/** The format that every case file names. */
export const caseFileFormat = "docket-case/v1";
/** Longest case file, in bytes. */
export const caseFileBytesMax = 67_108_864;
/** Most records of one case file. */
export const caseFileRecordsMax = 1000;

/** What a case file says of one record, in the order of the log. */
export type CaseEntry = { index: number; at: string; kind: string; says: string; outcome?: string };
/** A decision in plain words. */
export type CaseDecision = { index: number; words: string };
/** What a case file says. */
export type CaseContent = {
  origin: string;
  /** When, by whom and why it was made. */
  made: string;
  by: string;
  role: string;
  reason: string;
  /** The actor that it is of, by pseudonym; `null` if it is of records that were named. */
  actor: string | null;
  /** What the actor's decisions came to: name and value. */
  figures: [string, string][] | null;
  /** Whether there are more records, which it leaves out. */
  more: boolean;
  entries: CaseEntry[];
  decisions: CaseDecision[];
  /** The receipt of each entry, in the same order, without the newline at its end. */
  receipts: string[];
};
/** A case file. `export` is the receipt of the record that says that it was made, with its part `change`. */
export type CaseFile = { format: typeof caseFileFormat; content: CaseContent; export: string };

/** The checks of a case file, in the order in which they are made and reported. */
export const caseCheckNames = ["format", "page", "export", "content", "receipts", "entries"] as const;
/** One check of a case file. */
export type CaseCheckName = (typeof caseCheckNames)[number];

/** What was found of a case file. */
export type CaseReport = {
  kind: "case";
  verdict: Verdict;
  checks: Check[];
  limits: string[];
  signer: SignerReport | null;
  origin: string | null;
  /** Number of records in the tree that the newest proof is to. */
  size: number | null;
  /** The records of the case, those whose receipts hold. */
  records: DocketRecord[];
};

/** The one encoding of a content. */
export function encodeCaseContent(content: CaseContent): string {
  const { origin, made, by, role, reason, actor, figures, more, entries, decisions, receipts } = content;
  return JSON.stringify({
    origin,
    made,
    by,
    role,
    reason,
    actor,
    figures,
    more,
    entries: entries.map(({ index, at, kind, says, outcome }) => ({
      index,
      at,
      kind,
      says,
      ...(outcome === undefined ? {} : { outcome }),
    })),
    decisions: decisions.map(({ index, words }) => ({ index, words })),
    receipts,
  });
}

/** The one encoding of a case file: JSON on one line, with a newline at its end. */
export function encodeCaseFile({ format, content, export: made }: CaseFile): string {
  const [named, sealed] = [JSON.stringify(format), JSON.stringify(made)];
  return `{"format":${named},"content":${encodeCaseContent(content)},"export":${sealed}}\n`;
}

const slotBegin = '<script type="application/json" id="docket-case">';
const slotEnd = "</script>";
/** Where a page holds the case file. */
export const caseSlot: string = slotBegin + slotEnd;

/** Puts a case file into a page's empty {@link caseSlot}. */
export function embedCaseFile(page: string, text: string): string {
  const place = page.indexOf(caseSlot);
  if (place < 0) throw new Error("the page has a place for the case file");
  const at = place + slotBegin.length;
  return page.slice(0, at) + escapedJson(text.trimEnd()) + page.slice(at);
}

/** Whether a text begins as a case file does, or as a page. */
export function looksLikeCaseFile(text: string): boolean {
  return text.startsWith(`{"format":"docket-case/`) || /^\s*<!doctype html/i.test(text);
}

/**
 * Checks a case file. Never throws for what is in it: whatever is wrong stands in the report.
 *
 * @param text JSON or HTML, whole
 * @param given what the reader knows from elsewhere
 */
export function verifyCaseFile(text: string, given?: TrustGiven): CaseReport {
  const checks = new Map<CaseCheckName, Check>();
  const found: Found = { receipts: [], sealed: undefined, file: undefined, page: undefined };
  const run = (name: CaseCheckName, check: () => string | undefined): void => {
    try {
      const detail = check();
      if (detail !== undefined) checks.set(name, { name, ok: true, detail });
    } catch (error) {
      if (!(error instanceof Failure || error instanceof ProtocolError || error instanceof TlogError))
        throw error;
      checks.set(name, { name, ok: false, detail: error.message });
    }
  };
  run("format", () => readCaseFile(text, found));
  const { file } = found;
  if (file !== undefined) {
    run("export", () => checkExport(file, found, given));
    run("page", () => checkPage(found));
    run("content", () => checkContent(file, found));
    run("receipts", () => checkReceipts(file, found, given));
    run("entries", () => checkEntries(file, found));
  }
  const all = caseCheckNames.map(
    (name): Check =>
      checks.get(name) ?? { name, ok: null, detail: notChecked(name, file !== undefined, found.page) },
  );
  return reportOf(all, found);
}

type Found = {
  file: CaseFile | undefined;
  /** The page with an empty slot, if it is one. */
  page: string | undefined;
  sealed: { report: ReceiptReport; digests: Digests | undefined } | undefined;
  receipts: ReceiptReport[];
};
type Digests = { content: string; page: string };

class Failure extends Error {}

function notChecked(name: CaseCheckName, isRead: boolean, page: string | undefined): string {
  return name === "page" && isRead && page === undefined
    ? "it is no page"
    : "what it needs could not be read";
}

function reportOf(checks: Check[], { file, sealed, receipts }: Found): CaseReport {
  const reports = [...(sealed === undefined ? [] : [sealed.report]), ...receipts];
  const verdicts = new Set(reports.map(({ verdict }) => verdict));
  const failed = checks.some(({ ok }) => ok === false) || reports.length === 0;
  const weaker = (["unproven", "incomplete"] as const).find((verdict) => verdicts.has(verdict));
  return {
    kind: "case",
    verdict: failed ? "failed" : (weaker ?? "verified"),
    checks,
    limits: [
      limitOfOneView,
      "what the log says in records that the case file leaves out" +
        (file?.content.more === true ? "; it says itself that there are more" : ""),
    ],
    signer: sealed?.report.signer ?? null,
    origin: file?.content.origin ?? null,
    size: reports.reduce<number | null>((most, { size }) => Math.max(most ?? 0, size ?? 0), null),
    records: receipts.flatMap(({ record }) => (record === null ? [] : [record])),
  };
}

function readCaseFile(text: string, found: Found): string {
  if (text.length > caseFileBytesMax) throw new Failure(`it is longer than ${caseFileBytesMax} bytes`);
  const embedded = looksLikeCaseFile(text) && !text.startsWith("{") ? embeddedIn(text) : undefined;
  const file = parseCaseFile(embedded?.data ?? text, embedded !== undefined);
  if (embedded !== undefined && escapedJson(encodeCaseFile(file).trimEnd()) !== embedded.data) {
    throw new Failure("the data in the page is not written as a case file is");
  }
  found.file = file;
  found.page = embedded?.page;
  const { entries } = file.content;
  const what = embedded === undefined ? "canonical, on one line" : "a page with its data";
  return `${what}; ${entries.length} records`;
}

function embeddedIn(text: string): { data: string; page: string } {
  const at = text.indexOf(slotBegin);
  const end = at < 0 ? -1 : text.indexOf(slotEnd, at);
  if (end < 0) throw new Failure("the page holds no case file");
  const begin = at + slotBegin.length;
  if (text.includes(slotBegin, begin)) throw new Failure("the page holds more than one case file");
  return { data: text.slice(begin, end), page: text.slice(0, begin) + text.slice(end) };
}

function parseCaseFile(text: string, isEmbedded: boolean): CaseFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("it is not JSON");
  }
  if (!isRecord(value) || keysOf(value) !== "format,content,export")
    throw new Failure("it is not a case file");
  if (value["format"] !== caseFileFormat) throw new Failure(`its format is not ${caseFileFormat}`);
  if (!isContent(value["content"])) throw new Failure("its content is malformed");
  if (typeof value["export"] !== "string") throw new Failure("its export is not a receipt");
  const file = value as CaseFile;
  if (!isEmbedded && encodeCaseFile(file) !== text) throw new Failure("it is not canonical JSON on one line");
  return file;
}

const contentKeys = "origin,made,by,role,reason,actor,figures,more,entries,decisions,receipts";

function isContent(value: unknown): value is CaseContent {
  if (!isRecord(value) || keysOf(value) !== contentKeys) return false;
  const { entries, decisions, receipts, figures, actor, more } = value;
  return (
    ["origin", "made", "by", "role", "reason"].every((key) => typeof value[key] === "string") &&
    (actor === null || typeof actor === "string") &&
    (figures === null || isList(figures, isFigure)) &&
    typeof more === "boolean" &&
    isList(entries, isEntry) &&
    isList(decisions, isDecision) &&
    isList(receipts, (receipt) => typeof receipt === "string") &&
    (receipts as unknown[]).length <= caseFileRecordsMax
  );
}

function isFigure(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === "string");
}

function isEntry(value: unknown): boolean {
  return (
    isRecord(value) &&
    /^index,at,kind,says(,outcome)?$/.test(keysOf(value)) &&
    Number.isSafeInteger(value["index"]) &&
    Object.entries(value).every(([key, each]) => key === "index" || typeof each === "string")
  );
}

function isDecision(value: unknown): boolean {
  return (
    isRecord(value) &&
    keysOf(value) === "index,words" &&
    Number.isSafeInteger(value["index"]) &&
    typeof value["words"] === "string"
  );
}

// The record that says that the case file was made, and the digests that its opened part holds.
function checkExport({ export: text }: CaseFile, found: Found, given: TrustGiven | undefined): string {
  const report = verifyReceipt(`${text}\n`, given);
  found.sealed = { report, digests: undefined };
  const wrong = report.checks.find(({ ok }) => ok === false);
  if (wrong !== undefined) throw new Failure(`the record of its making: ${wrong.name}: ${wrong.detail}`);
  const { record } = report;
  if (record?.kind !== "export" || record.what !== "case") {
    throw new Failure("the record of its making is not of a case file");
  }
  const opened = report.opened.find(({ name }) => name === "change");
  const digests = opened === undefined ? undefined : digestsOf(opened.plaintext);
  if (digests === undefined) throw new Failure("the record of its making shows no digests");
  found.sealed = { report, digests };
  return `its making is record ${record.index}, sealed at ${record.time}`;
}

function digestsOf(text: string): Digests | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { content, page } = value;
  return typeof content === "string" && typeof page === "string" ? { content, page } : undefined;
}

function checkPage({ page, sealed }: Found): string | undefined {
  if (page === undefined || sealed?.digests === undefined) return undefined;
  if (digest(page) !== sealed.digests.page) throw new Failure("the page is not the one that was sealed");
  return "every word is what was sealed";
}

function checkContent({ content }: CaseFile, { sealed }: Found): string | undefined {
  if (sealed?.digests === undefined) return undefined;
  if (digest(encodeCaseContent(content)) !== sealed.digests.content) {
    throw new Failure("what it says is not what was sealed when it was made");
  }
  return "every word is what was sealed when it was made";
}

function checkReceipts({ content }: CaseFile, found: Found, given: TrustGiven | undefined): string {
  for (const text of content.receipts) {
    const report = verifyReceipt(`${text}\n`, given);
    const wrong = report.checks.find(({ ok }) => ok === false);
    if (wrong !== undefined) {
      const which = report.record === null ? "one" : `the one of record ${report.record.index}`;
      throw new Failure(`${which}: ${wrong.name}: ${wrong.detail}`);
    }
    if (report.origin !== content.origin) throw new Failure(`one is of the log ${report.origin ?? "?"}`);
    found.receipts.push(report);
  }
  if (found.sealed !== undefined && found.sealed.report.origin !== content.origin) {
    throw new Failure(`the record of its making is of the log ${found.sealed.report.origin ?? "?"}`);
  }
  return `${content.receipts.length} records are in the log, as they are here`;
}

// What it says of a record's kind, outcome and place is what the record says.
function checkEntries({ content }: CaseFile, { receipts }: Found): string | undefined {
  const { entries, decisions, actor } = content;
  if (receipts.length !== content.receipts.length) return undefined;
  if (entries.length !== receipts.length) throw new Failure("not every entry has its receipt");
  for (const [place, { index, kind, outcome, at }] of entries.entries()) {
    const record = receipts[place]?.record;
    if (record === null || record === undefined) throw new Failure(`entry ${place} has no record`);
    const before = entries[place - 1]?.index ?? -1;
    if (record.index !== index || index <= before)
      throw new Failure(`entry ${place} is not of record ${index}`);
    if (record.kind !== kind) throw new Failure(`record ${index} is of kind ${record.kind}, not ${kind}`);
    const said = record.kind === "decision" ? record.outcome : undefined;
    if (said !== outcome)
      throw new Failure(`record ${index} says ${said ?? "no outcome"}, not ${outcome ?? "none"}`);
    if (record.kind !== "decision" && at !== record.time)
      throw new Failure(`record ${index} is of another time`);
    if (record.kind === "decision" && actor !== null && record.actor !== actor) {
      throw new Failure(`record ${index} is of another account`);
    }
  }
  const known = new Set(entries.map(({ index }) => index));
  const stray = decisions.find(({ index }) => !known.has(index));
  if (stray !== undefined) throw new Failure(`record ${stray.index} is explained, but not here`);
  return "kinds, outcomes and order are those of the records";
}

// JSON inside a page: nothing in it may end the element that holds it or begin another, and no character that
// turns the direction of text stands there as itself.
function escapedJson(text: string): string {
  return text.replace(/[<>&\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, place) => `\\u${character.charCodeAt(place).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

function digest(text: string): string {
  return encodeBase64Url(sha256(utf8(text)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown, test: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(test);
}

function keysOf(value: object): string {
  return Object.keys(value).join();
}
