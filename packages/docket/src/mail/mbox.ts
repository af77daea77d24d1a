// SPDX-License-Identifier: Apache-2.0
// Streams of bytes that hold mail: one mail, or an mbox of many.
import { mailBytesMax } from "./limits.ts";

/** A mail of a stream, counted from 1. */
export type NumberedMail = { number: number; bytes: Uint8Array };

/** What a stream holds, by its first bytes: an mbox, one mail, or lines of something else. */
export type StreamKind = "mbox" | "mail" | "lines";

/** How many bytes are looked at, if the first line is so long. */
const sniffedBytes = 512;

/**
 * Whether these first bytes of a stream tell what it holds. NDJSON is told at once: who sends a line
 * waits.
 */
export function canSniff(head: Uint8Array): boolean {
  if (head.length === 0) return false;
  const isLetter = /[A-Za-z]/.test(String.fromCharCode(head[0] as number));
  return !isLetter || head.length >= sniffedBytes || head.includes(lineFeed);
}

/** Tells what a stream holds; `{` begins NDJSON, and a header's field a mail. */
export function sniffStream(head: Uint8Array): StreamKind {
  const text = Buffer.from(head.subarray(0, sniffedBytes)).toString("latin1");
  if (/^From \S/.test(text)) return "mbox";
  return /^[A-Za-z][A-Za-z0-9-]{1,60}:[ \t\r\n]/.test(text) ? "mail" : "lines";
}

/** The whole stream as one mail; of what is longer than a mail is read, the beginning. */
export async function* readOneMail(source: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedMail> {
  const mail = new Gatherer();
  for await (const chunk of source) mail.add(chunk);
  yield { number: 1, bytes: mail.take() };
}

/**
 * Splits an mbox (RFC 4155): a mail begins with a line `From ` after an empty line. Lines that were
 * quoted with a `>` for it are restored, as mboxrd has it.
 */
export async function* splitMbox(source: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedMail> {
  const mail = new Gatherer();
  let number = 0;
  let afterEmpty = true;
  for await (const line of wholeLines(source)) {
    if (afterEmpty && startsWith(line, "From ")) {
      if (number > 0) yield { number, bytes: mail.take() };
      number += 1;
    }
    afterEmpty =
      line.length <= 2 && (line[0] === lineFeed || (line[0] === carriageReturn && line[1] === lineFeed));
    mail.add(
      line[0] === greater && quoted.test(Buffer.from(line.subarray(0, 64)).toString("latin1"))
        ? line.subarray(1)
        : line,
    );
  }
  if (number > 0) yield { number, bytes: mail.take() };
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const greater = 0x3e;
const quoted = /^>+From /;

/** Lines with their ends; one that is too long comes in pieces, which no mail's first line is. */
async function* wholeLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      rest.push(chunk.subarray(start, end + 1));
      yield rest.length === 1 ? (rest[0] as Uint8Array) : Buffer.concat(rest);
      rest = [];
      length = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    rest.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length < pieceBytesMax) continue;
    yield Buffer.concat(rest);
    rest = [];
    length = 0;
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

const pieceBytesMax = 1_048_576;

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[index] !== text.charCodeAt(index)) return false;
  return true;
}

/**
 * Gathers bytes up to what is read of a mail, and one more, by which the reader tells that it is longer.
 */
class Gatherer {
  #pieces: Uint8Array[] = [];
  #length = 0;

  add(bytes: Uint8Array): void {
    const room = mailBytesMax + 1 - this.#length;
    if (room <= 0) return;
    const piece = bytes.subarray(0, room);
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  take(): Uint8Array {
    const mail = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return mail;
  }
}
