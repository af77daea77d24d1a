// SPDX-License-Identifier: Apache-2.0
// Mails as a file's events: a directory of them, or one in a row of JSON.
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseTime, formatTime, ProtocolError } from "@docket/protocol";
import { checkDecisionRequest } from "@docket/protocol/events";
import type { Event } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type { Line } from "../../http/lines.ts";
import { mailEvent, mailTime } from "../../mail/mail-event.ts";
import type { MailActor, MailEnvelope } from "../../mail/mail-event.ts";
import { mailBytesMax } from "../../mail/limits.ts";
import { readMail } from "../../mail/read-mail.ts";
import type { Input } from "./input.ts";

/** Most mails of a directory. */
const mailsMax = 1_000_000;

/**
 * Opens a directory of mails, a file each, in the order of their names; what begins with a dot is left out.
 *
 * @throws {DocketError} `usage` if it can't be read
 */
export function openMails(directory: string): Input {
  const files = listFiles(directory);
  let done = 0;
  let closed = false;
  const lines = (async function* (): AsyncGenerator<Line> {
    for (const file of files) {
      if (closed) return;
      const bytes = await readStart(file);
      done += 1;
      yield { number: done, bytes };
    }
  })();
  const share = (): number | undefined => (files.length === 0 ? undefined : done / files.length);
  return { lines, share, isMail: () => true, close: () => (closed = true) };
}

/** The event of a mail, at the time that it says it was taken in. */
export function eventOfMail(bytes: Uint8Array, envelope: MailEnvelope, actorFrom: MailActor): Event {
  const mail = readMail(bytes);
  const event = mailEvent(bytes, mail, { ...envelope, time: envelope.time ?? mailTime(mail) }, actorFrom);
  return checkDecisionRequest(event).event;
}

/**
 * The event of a row with a mail in `raw_latin1`, one character a byte; `id`, `actor` and `ts`, where it has
 * them, are the event's.
 *
 * @throws {ProtocolError} if it is no such row
 */
export function eventOfMailRow(line: Uint8Array, actorFrom: MailActor): Event {
  const row = parseRow(line);
  const { raw_latin1: raw, id, actor, ts } = row;
  if (typeof raw !== "string") {
    throw new ProtocolError("schema_mismatch", 'the row has no text "raw_latin1"', {
      pointer: "/raw_latin1",
    });
  }
  const time = typeof ts === "string" ? parseTime(ts) : undefined;
  const envelope = {
    id: typeof id === "string" ? id : undefined,
    actor: typeof actor === "string" ? actor : undefined,
    time: time === undefined ? undefined : formatTime(time),
  };
  return eventOfMail(Buffer.from(raw, "latin1"), envelope, actorFrom);
}

function parseRow(line: Uint8Array): Readonly<Record<string, unknown>> {
  let row: unknown;
  try {
    row = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch (error) {
    throw new ProtocolError("json_syntax", `the line is not JSON: ${(error as Error).message}`);
  }
  if (typeof row === "object" && row !== null) return row as Readonly<Record<string, unknown>>;
  throw new ProtocolError("schema_mismatch", "the line is not a JSON object", { pointer: "" });
}

function listFiles(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length <= mailsMax) return files;
  throw new DocketError("usage", `${directory} has ${files.length} files, the limit is ${mailsMax}`);
}

async function readStart(file: string): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of createReadStream(file, { end: mailBytesMax })) pieces.push(piece as Buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot read ${file}: ${code}`, { cause: error });
  }
  return Buffer.concat(pieces);
}
