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
import type { Form } from "./forms.ts";
import { mapRow } from "./mapping.ts";

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
  lines: AsyncGenerator<Line>;
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
  if (file === "-") {
    const lines = readLines(unpacked(stdin, file), longest);
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
    lines: readLines(unpacked(stream, file), longest),
    share: () => (size === 0 ? undefined : Math.min(1, stream.bytesRead / size)),
    close: () => stream.destroy(),
  };
}

/** Reads the event of a line. */
export function readItem(line: Line, form: Form): FileItem {
  try {
    if ("tooLong" in line) {
      const message = `the line has ${line.tooLong} bytes, the limit is ${lineBytesMax}; shorten its text`;
      throw new ProtocolError("body_too_large", message, { limit: lineBytesMax });
    }
    const { event, idDerived } = form.kind === "docket" ? parseEvent(line.bytes) : mapRow(form.mapping, line);
    const timeMs = event.time === undefined ? undefined : parseTime(event.time);
    return { line: line.number, event, timeMs, idDerived };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { line: line.number, error: lineError(error) };
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
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    let head = Buffer.alloc(0);
    let ended = false;
    while (head.length < gzipMagic.length && !ended) {
      const next = await chunks.next();
      if (next.done === true) ended = true;
      else head = Buffer.concat([head, next.value]);
    }
    const whole = withHead(head, chunks);
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

async function* withHead(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Uint8Array> {
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
