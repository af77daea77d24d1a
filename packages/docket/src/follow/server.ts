// SPDX-License-Identifier: Apache-2.0
// The server that publishes a log, as whoever doubts it asks: every answer bounded in bytes and in time,
// asked again where it failed, and nothing followed to another origin.
import { FollowError } from "./error.ts";

/** How long one request may take, its body included, in ms. */
export const requestMsMax = 30_000;
/** How often a file is asked for before its server counts as unreachable. */
export const attemptsMax = 4;
/** How long to wait before the second attempt, in ms; twice as long before each further one. */
export const firstDelayMs = 500;
/** The longest wait before another attempt, in ms, whatever `Retry-After` says. */
export const delayMsMax = 10_000;
/** How many redirects are followed, all within the origin. */
const redirectsMax = 3;

/** Fetches, as the platform's `fetch` does. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;
/** Waits that many ms, or until the signal is aborted: then it throws the signal's reason. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** The files below a log's URL. */
export interface LogServer {
  /** The log's URL; it ends in a slash. */
  readonly base: URL;
  /**
   * A whole file, as its content encoding (gzip and the like) unpacks; `undefined` where there is none.
   *
   * @param path of C2SP tlog-tiles, without a leading slash
   * @throws {FollowError} `unreachable`, `refused`; `wrong` for a file of more than `bytesMax` bytes
   * @throws the reason of the server's signal once that is aborted
   */
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
}

/** What {@link logServer} needs. */
export type LogServerOptions = {
  base: URL;
  fetch: Fetch;
  wait: Wait;
  /** Ends every request and every wait. */
  signal: AbortSignal;
  /** Sent to the log's own origin only. */
  apiKey?: string | undefined;
  userAgent: string;
  /** Another bound than {@link requestMsMax}. */
  requestMs?: number;
};

/** The server of the log at a URL. */
export function logServer(options: LogServerOptions): LogServer {
  const { base, wait, signal } = options;
  const root = new URL(base.href.endsWith("/") ? base.href : `${base.href}/`);
  return {
    base: root,
    async read(path, bytesMax) {
      const url = new URL(path, root);
      for (let attempt = 1; ; attempt++) {
        const answer = await ask(options, url, bytesMax);
        if (answer.kind === "bytes") return answer.bytes;
        if (answer.kind === "absent") return undefined;
        if (attempt === attemptsMax)
          throw new FollowError("unreachable", answer.reason, { cause: answer.cause });
        const delay = Math.max(firstDelayMs * 2 ** (attempt - 1), answer.retryAfterMs ?? 0);
        await wait(Math.min(delay, delayMsMax), signal);
      }
    },
  };
}

/** A failed answer is worth asking again. */
type Answer =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "absent" }
  | { kind: "failed"; reason: string; retryAfterMs?: number | undefined; cause?: unknown };

async function ask(options: LogServerOptions, url: URL, bytesMax: number): Promise<Answer> {
  const { signal } = options;
  try {
    const response = await fetchWithinOrigin(options, url);
    return await answerOf(response, url, bytesMax);
  } catch (error) {
    if (error instanceof FollowError) throw error;
    signal.throwIfAborted();
    const { cause } = error as Error;
    const { message } = cause instanceof Error && cause.message !== "" ? cause : (error as Error);
    return { kind: "failed", reason: `cannot fetch ${url.href}: ${message}`, cause: error };
  }
}

async function fetchWithinOrigin(options: LogServerOptions, url: URL): Promise<Response> {
  const { fetch, signal, apiKey, userAgent } = options;
  const headers = {
    "user-agent": userAgent,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  // One time for all redirects and the body: a server that trickles cannot hold a follower.
  const within = AbortSignal.any([signal, AbortSignal.timeout(options.requestMs ?? requestMsMax)]);
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(at, { headers, redirect: "manual", signal: within });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    if (redirects === redirectsMax) {
      throw new FollowError("unreachable", `${url.href} redirects more than ${redirectsMax} times`);
    }
    const next = URL.canParse(location, at.href) ? new URL(location, at.href) : undefined;
    if (next?.origin !== url.origin) {
      const where = next?.origin ?? JSON.stringify(location);
      throw new FollowError(
        "unreachable",
        `${url.href} redirects to another origin, ${where}; it was not followed`,
      );
    }
    at = next;
  }
}

async function answerOf(response: Response, url: URL, bytesMax: number): Promise<Answer> {
  const { status } = response;
  if (status === 200) return { kind: "bytes", bytes: await bodyOf(response, url, bytesMax) };
  await response.body?.cancel();
  if (status === 404 || status === 410) return { kind: "absent" };
  if (status === 401 || status === 403) {
    throw new FollowError("refused", `the server does not show ${url.pathname} (${status})`);
  }
  const reason = `${url.href} answered ${status}`;
  const isPassing = status >= 500 || status === 429 || status === 408;
  if (!isPassing) throw new FollowError("unreachable", reason);
  return { kind: "failed", reason, retryAfterMs: secondsOf(response.headers.get("retry-after")) };
}

function secondsOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
}

// What is counted is what the body unpacks to, so that a small answer cannot become a large one.
async function bodyOf(response: Response, url: URL, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw new FollowError("wrong", `${url.href} is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
