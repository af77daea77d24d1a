// SPDX-License-Identifier: Apache-2.0
// Puts a notice together from the log: the measure, its reasons and facts as the record discloses them, the
// app's names, and how to object.
import { formatTime } from "@docket/protocol";
import type { Disclosed, Event, Receipt } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import { contentName, eventOf, latestEventOf } from "./app-names.ts";
import type { LogView, Texts } from "./contract.ts";
import { noticeLanguageOf } from "./notice.ts";
import type { Notice, NoticeReason, NoticeType, Objection } from "./notice.ts";
import type { NoticeSeed } from "./notice-seeds.ts";
import { restrictionsOf } from "./restrictions.ts";
import type { CaseRecord } from "./told-records.ts";

/** What notices are put together with. */
export type NoticeBuilderPorts = {
  readonly view: LogView;
  /**
   * The token by which its actor may object to a record, and until when; `undefined` where nobody may.
   *
   * @param toldMs when the actor was told, if that was later than the record; in ms since 1970
   */
  readonly tokenFor: (
    record: number,
    toldMs?: number,
  ) => Promise<{ readonly token: string; readonly expires: string } | undefined>;
  /** Where the server is reached from outside, such as `https://docket.example.org`, if that is known. */
  readonly publicUrl?: string | undefined;
  /** A record's receipt, with its opening as long as evidence is there. */
  readonly receiptOf: (record: number) => Promise<Receipt>;
  /** The words of a reason's code, where they are known. */
  readonly reasonTexts: (code: string) => Texts | undefined;
};

/** How much of a content is quoted, in characters. */
const excerptLength = 120;
/** Measures that can be objected to. */
const disputable: ReadonlySet<NoticeType> = new Set(["refusal", "hold", "removal", "restriction"]);

/**
 * Puts a notice together.
 *
 * @param withReceipt adds the receipt with its opening
 */
export async function buildNotice(
  ports: NoticeBuilderPorts,
  seed: NoticeSeed,
  withReceipt: boolean,
): Promise<Notice> {
  const { view } = ports;
  const { record, place, type, actor, about, quiet } = seed;
  const own = await view.record(record);
  const notice: Notice = {
    id: `n_${record}${place === 0 ? "" : `_${place}`}`,
    record,
    place,
    type,
    at: own.time,
    actor,
    ...emptyNotice,
    quiet: quiet ?? null,
  };
  if (about !== undefined && "row" in about) await tellDecision(ports, notice, about.row);
  else if (about !== undefined) await tellRecord(ports, notice, about.record);
  else if (seed.repeats !== undefined) await tellRepeats(ports, notice, seed.repeats);
  else if (seed.result !== undefined) await tellResult(ports, notice, seed.result);
  const of = about?.index ?? (seed.repeats === undefined ? undefined : seed.repeats.to);
  if (about !== undefined && disputable.has(type)) {
    notice.objections = await objectionsTo(ports, about.index, quiet && Date.parse(own.time));
  }
  if (withReceipt && of !== undefined) notice.receipt = await ports.receiptOf(of);
  return notice;
}

const emptyNotice: Omit<Notice, "id" | "record" | "place" | "type" | "at" | "actor"> = {
  account: null,
  language: "en",
  automated: true,
  outcome: null,
  content: null,
  excerpt: null,
  reasons: [],
  facts: {},
  restrictions: [],
  ended: [],
  holdUntil: null,
  otherwise: null,
  objections: [],
  repeats: null,
  ruling: null,
  message: null,
  report: null,
  quiet: null,
};

async function tellDecision({ view }: NoticeBuilderPorts, notice: Notice, row: DecisionRow): Promise<void> {
  const [record, event, disclosed] = await Promise.all([
    view.record(row.index),
    eventOf(view, row.index),
    disclosedOf(view, row.index),
  ]);
  notice.at = record.time;
  takeEvent(notice, event);
  notice.outcome = row.outcome;
  takeContent(notice, row.index, event);
  takeDisclosed(notice, disclosed);
  if (record.kind === "decision") notice.restrictions = record.restrictions;
  if (row.outcome !== "hold") return;
  notice.holdUntil = row.holdUntilMs === undefined ? null : formatTime(row.holdUntilMs);
  notice.otherwise = row.otherwise ?? null;
}

async function tellRecord(ports: NoticeBuilderPorts, notice: Notice, record: CaseRecord): Promise<void> {
  const { view } = ports;
  notice.at = record.time;
  notice.automated = record.by === "docket";
  if (record.kind === "verdict") {
    const event = await eventOf(view, record.of);
    takeEvent(notice, event);
    takeContent(notice, record.of, event);
  } else {
    takeEvent(notice, (await latestEventOf(view, notice.actor, record.index))?.event);
  }
  if (record.kind === "verdict" || record.kind === "measure") {
    notice.restrictions = record.restrictions;
    takeDisclosed(notice, await disclosedOf(view, record.index));
    const text = ports.reasonTexts(record.reason);
    if (notice.reasons.length === 0 && text !== undefined) notice.reasons = [{ code: record.reason, text }];
  }
  if (record.kind === "verdict" || record.kind === "measure" || record.kind === "lapse") {
    notice.ended = await endedRestrictions(view, notice.actor, record.index, record.ended);
  }
  if (record.kind === "ruling") {
    notice.ruling = { dispute: record.of, ruling: record.ruling };
    takeDisclosed(notice, await disclosedOf(view, record.index));
  }
  if (record.kind === "message") notice.message = (await textOf(view, record.index)) ?? null;
}

async function tellRepeats(
  ports: NoticeBuilderPorts,
  notice: Notice,
  repeats: NonNullable<NoticeSeed["repeats"]>,
): Promise<void> {
  const { view } = ports;
  takeEvent(notice, await eventOf(view, repeats.to));
  notice.outcome = "reject";
  notice.repeats = repeats;
  const reasons = new Map<string, NoticeReason>();
  for (const index of repeats.records) {
    const disclosed = await disclosedOf(view, index);
    for (const reason of reasonsOf(disclosed)) reasons.set(reason.code, reason);
    notice.objections.push(...(await objectionsTo(ports, index, Date.parse(notice.at))));
  }
  notice.reasons = [...reasons.values()];
}

async function tellResult(
  { view }: NoticeBuilderPorts,
  notice: Notice,
  { report, of, category, finding }: NonNullable<NoticeSeed["result"]>,
): Promise<void> {
  const plaintext = await view.openedPart(report, "content");
  const said = plaintext === undefined ? {} : (JSON.parse(plaintext) as Record<string, unknown>);
  notice.account = typeof said["account"] === "string" ? said["account"] : null;
  notice.language = noticeLanguageOf(said["language"]);
  notice.automated = false;
  notice.content = contentName(of, await eventOf(view, of));
  notice.report = { of, category, finding };
}

async function objectionsTo(
  { tokenFor, publicUrl }: NoticeBuilderPorts,
  record: number,
  toldMs: number | undefined,
): Promise<Objection[]> {
  const given = await tokenFor(record, toldMs);
  if (given === undefined) return [];
  const { token, expires: until } = given;
  // After the #, the token is sent to no server with the address, and stands in nobody's log.
  const link = publicUrl === undefined ? {} : { link: `${publicUrl}/dispute#${token}` };
  return [{ record, until, token, ...link }];
}

function takeEvent(notice: Notice, event: Event | undefined): void {
  const { attributes = {} } = event?.actor ?? {};
  notice.account = event?.actor.id ?? null;
  notice.language = noticeLanguageOf(attributes["language"], attributes["locale"], event?.content?.language);
}

function takeContent(notice: Notice, decision: number, event: Event | undefined): void {
  notice.content = contentName(decision, event);
  const text = event?.content?.title ?? event?.content?.text;
  if (text === undefined) return;
  const letters = Array.from(text.trim().replaceAll(/\s+/g, " "));
  const shown = letters.slice(0, excerptLength).join("");
  notice.excerpt = letters.length > excerptLength ? `${shown}…` : shown;
}

type Said = Partial<Disclosed> & { told?: Texts; text?: Texts | string };

async function disclosedOf(view: LogView, index: number): Promise<Said | undefined> {
  const plaintext = await view.openedPart(index, "disclosed");
  return plaintext === undefined ? undefined : (JSON.parse(plaintext) as Said);
}

function takeDisclosed(notice: Notice, said: Said | undefined): void {
  notice.reasons = reasonsOf(said);
  notice.facts = said?.facts ?? {};
}

function reasonsOf(said: Said | undefined): NoticeReason[] {
  if (said?.reasons !== undefined) return said.reasons.map(({ rule, text }) => ({ code: rule, text }));
  const told = said?.told ?? said?.text;
  if (told === undefined) return [];
  return [{ code: "told", text: typeof told === "string" ? { en: told } : told }];
}

async function endedRestrictions(
  view: LogView,
  actor: string,
  before: number,
  ended: readonly string[],
): Promise<Notice["ended"]> {
  if (ended.length === 0) return [];
  const { byId } = await restrictionsOf(view, actor, before, ended);
  return ended.map((id) => byId.get(id) ?? { id });
}

async function textOf(view: LogView, index: number): Promise<string | undefined> {
  const plaintext = await view.openedPart(index, "content");
  const text = plaintext === undefined ? undefined : (JSON.parse(plaintext) as { text?: unknown }).text;
  return typeof text === "string" ? text : undefined;
}
