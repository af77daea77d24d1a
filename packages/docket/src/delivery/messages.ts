// SPDX-License-Identifier: Apache-2.0
// What webhooks deliver: changes and notices, merged in the order of the log. A message is made from the log
// whenever it is sent, so nothing of it has to be kept.
import { hash } from "node:crypto";
import { changesOf, orderingKinds } from "./changes.ts";
import type { LogView } from "./contract.ts";
import type { NoticeFeed } from "./notice-feed.ts";
import { noticeText } from "./notice-text.ts";
import type { Notice } from "./notice.ts";
import { toldRecord } from "./notice-seeds.ts";
import { toldAfter } from "./told-records.ts";
import { wholeRecord } from "./webhooks/contract.ts";
import type { Message, MessageFamily, MessagePage, MessageSource, Position } from "./webhooks/contract.ts";

/**
 * A body with a receipt goes out up to this many bytes; beyond them the receipt is left out and fetched. The
 * specification asks for small bodies.
 */
export const bodyBytesMax = 20_000;
/** Within a record changes come first; a notice's place is counted from here. */
const noticesFrom = 1_000_000;
const tagLength = 8;

/** What messages are made of. */
export type MessagePorts = { readonly view: LogView; readonly notices: NoticeFeed; readonly origin: string };

/** The messages of a site. */
export function messageSource({ view, notices, origin }: MessagePorts): MessageSource {
  const tag = hash("sha256", origin, "hex").slice(0, tagLength);
  const named = (message: Omit<Message, "id">): Message => ({
    id: `msg_${tag}_${message.record}_${message.place}`,
    ...message,
  });
  return {
    async after(after: Position, limit: number, families: readonly MessageFamily[]): Promise<MessagePage> {
      const pages = await Promise.all([
        families.includes("change") ? changesAfter(view, after, limit) : undefined,
        families.includes("notice") ? noticesAfter(notices, after, limit) : undefined,
      ]);
      const read = pages.filter((page) => page !== undefined);
      const upTo = read.map((page) => page.upTo).sort(compare)[0] ?? after;
      const messages = read
        .flatMap((page) => page.messages)
        .filter((message) => compare(message, upTo) <= 0)
        .sort(compare);
      return { messages: messages.map(named), upTo };
    },
    body: ({ record, place, type }: Message) =>
      type.startsWith("change.") ? changeBody(view, record, place) : noticeBody(notices, record, place),
  };
}

type Unnamed = { messages: Omit<Message, "id">[]; upTo: Position };

async function changesAfter(view: LogView, after: Position, limit: number): Promise<Unnamed> {
  // A place within a record is a notice's: that record's changes are done.
  const { told, upTo } = await toldAfter(view, orderingKinds, after.record, limit);
  const changes = (await Promise.all(told.map((each) => changesOf(view, each)))).flat();
  const messages = changes.map(({ record, place, type, subject }) => ({
    record,
    place,
    type: `change.${type}`,
    about: subject.subject,
  }));
  return { messages, upTo: { record: upTo, place: wholeRecord } };
}

async function noticesAfter(notices: NoticeFeed, after: Position, limit: number): Promise<Unnamed> {
  const { record, place } = after;
  const from = { record, place: place === wholeRecord ? place : Math.max(-1, place - noticesFrom) };
  const { seeds, upTo } = await notices.seedsAfter(from, limit);
  const messages = seeds.map((seed) => ({
    record: seed.record,
    place: noticesFrom + seed.place,
    type: `notice.${seed.type}`,
    about: seed.actor,
  }));
  const end = upTo.place === wholeRecord ? wholeRecord : noticesFrom + upTo.place;
  return { messages, upTo: { record: upTo.record, place: end } };
}

function compare(a: Position, b: Position): number {
  return a.record - b.record || a.place - b.place;
}

async function changeBody(view: LogView, record: number, place: number): Promise<string | undefined> {
  const told = await toldRecord(view, record);
  const change = told && (await changesOf(view, told))[place];
  return change && JSON.stringify({ type: `change.${change.type}`, timestamp: change.at, data: change });
}

async function noticeBody(notices: NoticeFeed, record: number, place: number): Promise<string | undefined> {
  const position = { record, place: place - noticesFrom };
  const notice = await notices.one(position, true);
  if (notice === undefined) return undefined;
  const whole = bodyOf(notice);
  if (Buffer.byteLength(whole) <= bodyBytesMax) return whole;
  const { receipt: _, ...rest } = notice;
  return bodyOf(rest);
}

function bodyOf(notice: Notice): string {
  const data = { ...notice, text: noticeText(notice) };
  return JSON.stringify({ type: `notice.${notice.type}`, timestamp: notice.at, data });
}
