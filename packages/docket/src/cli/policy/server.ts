// SPDX-License-Identifier: Apache-2.0
// A server's `/v1/policy`, as the commands ask it.
import { errorTable } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import { DocketError } from "../../error.ts";

/** How long a server may take, in ms: a proposal is previewed on a week's events before it answers. */
const answerMsMax = 180_000;

/** A server, and the key that it is asked with. */
export type PolicyServer = {
  url: string;
  apiKey?: string | undefined;
  /** Why something is read: sealed with the reading. */
  reason?: string | undefined;
};

/**
 * Asks a server for something below `/v1/policy`, or has it do something if there is a body.
 *
 * @returns the parsed answer
 * @throws {DocketError} with the code that it answered; `usage` if it cannot be reached, or is none
 */
export function askPolicy<T>(server: PolicyServer, path: string, body?: object): Promise<T> {
  return askServer(server, `v1/policy${path}`, body);
}

/**
 * Asks a server for something, or has it do something if there is a body.
 *
 * @param path without a slash before it
 * @returns the parsed answer
 * @throws {DocketError} with the code that it answered; `usage` if it cannot be reached, or is none
 */
export async function askServer<T>(server: PolicyServer, path: string, body?: object): Promise<T> {
  const sent = body === undefined ? undefined : { type: "application/json", bytes: JSON.stringify(body) };
  return JSON.parse((await ask(server, path, sent)).toString("utf8")) as T;
}

/** The same of an answer that is no JSON. @throws {DocketError} as {@link askServer} */
export async function askServerForText(server: PolicyServer, path: string, body: object): Promise<string> {
  const sent = { type: "application/json", bytes: JSON.stringify(body) };
  return (await ask(server, path, sent)).toString("utf8");
}

/** Sends bytes to a server. @returns the parsed answer @throws {DocketError} as {@link askServer} */
export async function sendBytes<T>(server: PolicyServer, path: string, bytes: Uint8Array): Promise<T> {
  const answer = await ask(server, path, { type: "application/octet-stream", bytes });
  return JSON.parse(answer.toString("utf8")) as T;
}

/** Has a server remove something. @returns the parsed answer @throws {DocketError} as {@link askServer} */
export async function removeAt<T>(server: PolicyServer, path: string): Promise<T> {
  return JSON.parse((await ask(server, path, undefined, "DELETE")).toString("utf8")) as T;
}

/** Fetches bytes from a server. @throws {DocketError} as {@link askServer} */
export function fetchBytes(server: PolicyServer, path: string): Promise<Uint8Array> {
  return ask(server, path);
}

async function ask(
  server: PolicyServer,
  path: string,
  sent?: { readonly type: string; readonly bytes: string | Uint8Array },
  method: "GET" | "POST" | "DELETE" = sent === undefined ? "GET" : "POST",
): Promise<Buffer> {
  const { url: base, apiKey, reason } = server;
  if (!URL.canParse(base) || !/^https?:/.test(base)) {
    throw new DocketError("usage", `${base} is no URL; write http://HOST:PORT`);
  }
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  let response: Response;
  let answer: Buffer;
  try {
    response = await fetch(url, {
      method,
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(sent === undefined ? {} : { "content-type": sent.type }),
        // Headers are bytes, and these are UTF-8.
        ...(reason === undefined ? {} : { "docket-reason": Buffer.from(reason).toString("latin1") }),
      },
      ...(sent === undefined ? {} : { body: sent.bytes }),
      redirect: "error",
      signal: AbortSignal.timeout(answerMsMax),
    });
    answer = Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const cause = (error as Error).cause;
    const why = cause instanceof Error ? cause.message : (error as Error).message;
    throw new DocketError("usage", `cannot reach ${url.href}: ${why}`, { cause: error });
  }
  if (response.ok) return answer;
  const { code, message } = errorIn(answer.toString("utf8"));
  if (code === undefined || !Object.hasOwn(errorTable, code)) {
    throw new DocketError(
      "usage",
      `${url.href} answered ${response.status}, and not as a server of docket does`,
    );
  }
  throw new DocketError(code as ErrorCode, `${message}`);
}

function errorIn(body: string): { code?: string; message?: string } {
  try {
    return (JSON.parse(body) as { error?: { code?: string; message?: string } }).error ?? {};
  } catch {
    return {};
  }
}
