// SPDX-License-Identifier: Apache-2.0
// One request to an endpoint. What it answers is of no interest but for its status: the body isn't read.
import type { Post } from "./contract.ts";

/** Fetches as `fetch` does. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

/** Sends requests with `fetch`. Follows no redirect: whoever moved an endpoint is to say so. */
export function postWith(fetch: Fetch, clock: () => number): Post {
  return async ({ url, headers, body, timeoutMs }) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "docket", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    // The connection is given up rather than read to its end: it may be endless.
    await response.body?.cancel().catch(() => undefined);
    const { status } = response;
    return { status, retryAfterMs: retryAfterOf(response.headers.get("retry-after"), clock()) };
  };
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterOf(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,8}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
