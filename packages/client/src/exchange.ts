// SPDX-License-Identifier: Apache-2.0
// One question to the server and its answer, asked again while there is time where that can help. Every
// question that is asked again means the same: an event's id, or an idempotent method, sees to it.
import { DocketApiError, DocketUnreachableError } from "./errors.ts";

/** First pause before a question is asked again, in ms; each further one is twice as long. */
export const retryFirstMs = 50;
/** Longest pause, in ms. */
export const retryLongestMs = 2000;

/** What a client leans on besides the server; everything has a default of the platform. */
export type ExchangePorts = {
  readonly fetch: typeof fetch;
  /** Ms since 1970. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
};

/** A question. */
export type Question = {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the server's address, as in `v1/decisions`. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long all tries may take together, in ms. */
  readonly timeoutMs: number;
  /** Most tries besides the first. */
  readonly retries: number;
};

/** Where the server is, and who asks it. */
export type Server = { readonly url: string; readonly apiKey: string };

/**
 * Asks, and asks again while there is time where the server was busy or nobody answered.
 *
 * @returns the answer's text, of status 2xx
 * @throws {DocketApiError} for what the server refuses; {@link DocketUnreachableError} where nobody answered
 */
export async function exchange(server: Server, question: Question, ports: ExchangePorts): Promise<string> {
  const endMs = ports.clock() + question.timeoutMs;
  for (let tries = 0; ; tries++) {
    const leftMs = endMs - ports.clock();
    try {
      return await once(server, question, leftMs, ports);
    } catch (error) {
      const pauseMs = pauseAfter(error, tries, ports.random());
      if (pauseMs === undefined || tries >= question.retries) throw error;
      if (ports.clock() + pauseMs >= endMs) throw error;
      await ports.wait(pauseMs);
    }
  }
}

/** Whether an error may pass by itself: nobody answered, or the server was busy. */
export function isOutage(error: unknown): boolean {
  if (error instanceof DocketUnreachableError) return true;
  return error instanceof DocketApiError && (error.status === 429 || error.status >= 500);
}

async function once(
  { url, apiKey }: Server,
  { method, path, body, contentType, headers }: Question,
  leftMs: number,
  { fetch: ask }: ExchangePorts,
): Promise<string> {
  if (leftMs <= 0) throw new DocketUnreachableError("there was no time left to ask");
  let status: number;
  let text: string;
  let retryAfter: string | null;
  try {
    const response = await ask(new URL(path, url.endsWith("/") ? url : `${url}/`), {
      method,
      // The answer must come from whom was asked.
      redirect: "error",
      signal: AbortSignal.timeout(leftMs),
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    ({ status } = response);
    retryAfter = response.headers.get("retry-after");
    text = await response.text();
  } catch (error) {
    const { name, message } = error as Error;
    const why = name === "TimeoutError" ? `nobody answered within ${Math.round(leftMs)} ms` : message;
    throw new DocketUnreachableError(`${method} /${path}: ${why}`, error);
  }
  if (status >= 200 && status < 300) return text;
  throw errorOf(status, text, retryAfter);
}

function errorOf(status: number, text: string, retryAfter: string | null): Error {
  const seconds = Number(retryAfter ?? "");
  const retryAfterMs = retryAfter !== null && seconds >= 0 ? seconds * 1000 : undefined;
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code === "string") {
      return new DocketApiError(status, error.code, `${error.code}: ${String(error.message)}`, retryAfterMs);
    }
  } catch {
    // A proxy's page, perhaps.
  }
  return new DocketApiError(status, "unknown", `the server answered ${status}`, retryAfterMs);
}

// Full jitter: those who failed together don't come back together.
function pauseAfter(error: unknown, tries: number, random: number): number | undefined {
  if (!isOutage(error)) return undefined;
  const most = Math.min(retryLongestMs, retryFirstMs * 2 ** tries);
  const asked = error instanceof DocketApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(asked, Math.ceil(most * random));
}
