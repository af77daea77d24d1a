// SPDX-License-Identifier: Apache-2.0
// The bytes of a file of events, and the events in its lines.
import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { errorTable, parseTime, ProtocolError } from "@docket/protocol";
import { eventBytesMax, parseDecisionRequest } from "@docket/protocol/events";
import type { ErrorCode, Event } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { readLines } from "../../http/lines.ts";
import type { Line } from "../../http/lines.ts";
import { canSniff, readOneMail, sniffStream, splitMbox } from "../../mail/mbox.ts";
import type { StreamKind } from "../../mail/mbox.ts";
import type { Form } from "./forms.ts";
import { openMails, eventOfMail, eventOfMailRow } from "./mails.ts";
import { mapRow } from "./mapping.ts";
import type { MappedEvent } from "./mapping.ts";

/** Longest line that is read, in bytes. A row of another form may be longer than the event made of it. */
export const lineBytesMax = 4_194_304;
const gzipMagic = [0x1f, 0x8b] as const;

/** Why a line was not decided. */
export type LineError = {
  code: ErrorCode;
  message: string;
  pointer?: string;
  offset?: number;
  remedy: string;
};
/** What a line holds. `timeMs` is the event's own time. */
export type FileItem =
  | { line: number; event: Event; timeMs: number | undefined; idDerived: boolean }
  | { line: number; error: LineError };

/** A file that is being read. */
export type Input = {
  /** Its lines; of mail, each mail as if it were a line. */
  lines: AsyncGenerator<Line>;
  /** Whether it is mail, which is known once the first line was read. */
  isMail?(): boolean;
  /** What share of the file has been read, if its size is known. */
  share(): number | undefined;
  /** Stops reading, also while it waits for more. */
  close(): void;
};

/**
 * Opens a file of lines, plain or gzip, which is told by its first two bytes. `-` is standard input.
 *
 * @param longest the longest line that is read, in bytes
 * @throws {DocketError} `usage` if there is no such file; the lines throw it where the gzip data is damaged
 */
export function openInput(file: string, stdin: Readable, longest: number = lineBytesMax): Input {
  return openBytes(file, stdin, (bytes) => readLines(bytes, longest));
}

function openBytes(
  file: string,
  stdin: Readable,
  split: (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<Line>,
): Input {
  if (file === "-") {
    const lines = split(unpacked(stdin, file));
    return { lines, share: () => undefined, close: () => stdin.destroy() };
  }
  let size: number;
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw new DocketError("usage", `${file} is a directory; name a file`);
    size = stats.size;
  } catch (error) {
    if (error instanceof DocketError) throw error;
    throw new DocketError("usage", `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
  const stream = createReadStream(file);
  return {
    lines: split(unpacked(stream, file)),
    share: () => (size === 0 ? undefined : Math.min(1, stream.bytesRead / size)),
    close: () => stream.destroy(),
  };
}

/**
 * Opens a file of lines or of mail (a mail, an mbox), or a directory of mails, and tells them apart by their
 * first bytes.
 *
 * @throws {DocketError} `usage` if there is no such file
 */
export function openAnyInput(file: string, stdin: Readable): Input {
  if (file !== "-" && statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    return openMails(file);
  }
  let kind: StreamKind = "lines";
  const input = openBytes(file, stdin, async function* (bytes) {
    const { head, whole } = await withFirst(bytes, canSniff);
    kind = sniffStream(head);
    if (kind === "mbox") yield* splitMbox(whole);
    else if (kind === "mail") yield* readOneMail(whole);
    else yield* readLines(whole, lineBytesMax);
  });
  return { ...input, isMail: () => kind !== "lines" };
}

/** Reads the event of a line. */
export function readItem(line: Line, form: Form): FileItem {
  try {
    if ("tooLong" in line) {
      const message = `the line has ${line.tooLong} bytes, the limit is ${lineBytesMax}; shorten its text`;
      throw new ProtocolError("body_too_large", message, { limit: lineBytesMax });
    }
    const { event, idDerived } = readEvent(line, form);
    const timeMs = event.time === undefined ? undefined : parseTime(event.time);
    return { line: line.number, event, timeMs, idDerived };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { line: line.number, error: lineError(error) };
  }
}

function readEvent(line: { number: number; bytes: Uint8Array }, form: Form): MappedEvent {
  switch (form.kind) {
    case "docket":
      return parseEvent(line.bytes);
    case "mapped":
      return mapRow(form.mapping, line);
    case "mail":
      return { event: eventOfMail(line.bytes, {}, form.actorFrom), idDerived: false };
    case "mail-rows":
      return { event: eventOfMailRow(line.bytes, form.actorFrom), idDerived: false };
  }
}

/** An error as it stands in the answer to a line. */
export function lineError(error: ProtocolError | DocketError): LineError {
  const { code, message } = error;
  const { pointer, offset } = error instanceof ProtocolError ? error : {};
  return {
    code,
    message,
    ...(pointer === undefined ? {} : { pointer }),
    ...(offset === undefined ? {} : { offset }),
    remedy: errorTable[code].remedy,
  };
}

function parseEvent(bytes: Uint8Array): { event: Event; idDerived: boolean } {
  if (bytes.length > eventBytesMax) {
    const message = `the event has ${bytes.length} bytes, the limit is ${eventBytesMax}; shorten its text`;
    throw new ProtocolError("body_too_large", message, { limit: eventBytesMax });
  }
  const { event, dryRun } = parseDecisionRequest(bytes);
  if (dryRun) {
    const message =
      "/dryRun is for single events over HTTP; a file's events are decided and sealed, so leave it out";
    throw new ProtocolError("schema_mismatch", message, { pointer: "/dryRun" });
  }
  return { event, idDerived: false };
}

async function* unpacked(source: Readable, name: string): AsyncGenerator<Uint8Array> {
  try {
    const { head, whole } = await withFirst(source, (head) => head.length >= gzipMagic.length);
    if (head[0] === gzipMagic[0] && head[1] === gzipMagic[1]) yield* gunzipped(whole);
    else yield* whole;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^(Z_|E[A-Z]+$|ERR_)/.test(code)) throw error;
    const what = name === "-" ? "standard input" : name;
    throw new DocketError("usage", `${what} cannot be read to its end: ${message} (${code})`, {
      cause: error,
    });
  } finally {
    source.destroy();
  }
}

/** The first bytes of a stream, as many as are enough if it has them, and the stream from its beginning. */
async function withFirst(
  source: AsyncIterable<Uint8Array>,
  enough: (head: Buffer) => boolean,
): Promise<{ head: Buffer; whole: AsyncGenerator<Uint8Array> }> {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  for (let ended = false; !enough(head) && !ended;) {
    const next = await chunks.next();
    if (next.done === true) ended = true;
    else head = Buffer.concat([head, next.value]);
  }
  return { head, whole: withHead(head, chunks) };
}

async function* withHead(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

async function* gunzipped(packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const from = Readable.from(packed);
  from.on("error", (error) => gunzip.destroy(error));
  from.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } finally {
    from.destroy();
    gunzip.destroy();
  }
}
