// SPDX-License-Identifier: Apache-2.0
// Every error leaves the server in one shape, with a code of the protocol's table. What is not expected
// becomes `internal` with a request id: its words stay in the log, for they may say what is nobody's
// business.
import { errorTable, ProtocolError } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import { DocketError } from "../error.ts";
import { discardMs } from "./limits.ts";

/** `Retry-After` of a 503 that names no time of its own, in seconds. */
const retryAfterSecondsDefault = 1;

/** The one shape of an error in an answer. */
export type ErrorBody = {
  code: ErrorCode;
  message: string;
  /** JSON Pointer to the value at fault. */
  pointer?: string;
  /** Offset of the fault in the body, in bytes. */
  offset?: number;
  remedy: string;
  /** Of an `internal` error: by which the operator finds it in the log. */
  requestId?: string;
};

/** An error as it is answered. */
export type ErrorAnswer = { status: number; headers: Record<string, string>; error: ErrorBody };

/** A path that is not there, or there but not for this caller's method. */
export function notFound(what: string): DocketError {
  return new DocketError("not_found", `there is no ${what} here`);
}

/** How an error is answered. */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  const { code, message, pointer, offset, retryAfterSeconds } = known(error);
  const { status, summary, remedy } = errorTable[code];
  const headers: Record<string, string> = {};
  if (code === "unauthenticated") headers["www-authenticate"] = 'Bearer realm="docket"';
  if (status === 503 || code === "too_many_requests" || retryAfterSeconds !== undefined)
    headers["retry-after"] = String(retryAfterSeconds ?? retryAfterSecondsDefault);
  if (status === 500) return { status, headers, error: { code, message: summary, remedy, requestId } };
  return {
    status,
    headers,
    error: {
      code,
      message,
      ...(pointer === undefined ? {} : { pointer }),
      ...(offset === undefined ? {} : { offset }),
      remedy,
    },
  };
}

/** Answers a request with an error, and logs what only the operator may see. */
export async function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const answer = errorAnswer(error, request.id);
  if (answer.status === 500) logUnexpected(request.log, error, request.id);
  // Closing while the client still sends would reset the connection, and with it the answer.
  if (answer.error.code === "body_too_large") await discardBody(request);
  if (reply.sent || reply.raw.headersSent) return;
  await reply
    .code(answer.status)
    .headers({ ...answer.headers, "content-type": "application/json; charset=utf-8" })
    .send(`${JSON.stringify({ error: answer.error })}\n`);
}

/**
 * Logs an unexpected error without its message, which may quote what somebody wrote: its kind and where it
 * arose.
 */
export function logUnexpected(log: FastifyBaseLogger, error: unknown, requestId: string): void {
  const { name, code, stack } = (error instanceof Error ? error : new Error()) as NodeJS.ErrnoException;
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  log.error({ requestId, error: { name, code, at: frames.map((line) => line.trim()) } }, "unexpected error");
}

type Known = {
  code: ErrorCode;
  message: string;
  pointer?: string | undefined;
  offset?: number | undefined;
  retryAfterSeconds?: number | undefined;
};

function known(error: unknown): Known {
  if (error instanceof ProtocolError || error instanceof DocketError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return { code: "body_too_large", message: "the body is longer than this endpoint takes" };
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return { code: "unsupported_media_type", message: "this endpoint does not read the body's media type" };
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
    case "ECONNRESET":
      return { code: "json_syntax", message: "the body ended before its Content-Length" };
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return {
        code: "not_found",
        message: "the path is not percent-encoded UTF-8, or a part of it is too long",
      };
    default:
      return { code: "internal", message: errorTable.internal.summary };
  }
}

function discardBody({ raw }: FastifyRequest): Promise<void> {
  if (raw.readableEnded || raw.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(finish, discardMs);
    function finish(): void {
      clearTimeout(timer);
      raw.off("end", finish).off("close", finish);
      resolve();
    }
    raw.on("end", finish).on("close", finish);
    raw.resume();
  });
}
