// SPDX-License-Identifier: Apache-2.0
// A server's `/v1/policy`, as the commands ask it.
import { errorTable } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import { DocketError } from "../../error.ts";

/** How long a server may take, in ms: a proposal is previewed on a week's events before it answers. */
const answerMsMax = 180_000;

/** A server, and the key that it is asked with. */
export type PolicyServer = { url: string; apiKey?: string | undefined };

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
  const { url: base, apiKey } = server;
  if (!URL.canParse(base) || !/^https?:/.test(base)) {
    throw new DocketError("usage", `${base} is no URL; write http://HOST:PORT`);
  }
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(answerMsMax),
    });
    text = await response.text();
  } catch (error) {
    const cause = (error as Error).cause;
    const why = cause instanceof Error ? cause.message : (error as Error).message;
    throw new DocketError("usage", `cannot reach ${url.href}: ${why}`, { cause: error });
  }
  if (response.ok) return JSON.parse(text) as T;
  const { code, message } = errorIn(text);
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
