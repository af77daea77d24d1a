// SPDX-License-Identifier: Apache-2.0
// A log that a server publishes: checkpoint, hash tiles and, for an auditor, entries. What comes is bounded
// in bytes and in time, and nothing that the server says of itself is believed.
import { VerifyError } from "@docket/verify";
import type { LogSource } from "@docket/verify";

/** How long one request may take, in milliseconds. */
export const requestMsMax = 30_000;

/** Fetches, as the platform's `fetch` does. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/**
 * The log at a URL: `/checkpoint` and `/tile/…` below it.
 *
 * @param apiKey key of an auditor, without which a server may refuse to show entries
 */
export function urlSource(base: URL, apiKey: string | undefined, fetcher: Fetch = fetch): LogSource {
  const root = new URL(base.href.endsWith("/") ? base.href : `${base.href}/`);
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return {
    hasParts: false,
    async read(path, bytesMax) {
      // A server gives the newest checkpoint that its witnesses cosigned at a prefix of its own.
      const url = new URL(path === "checkpoint.cosigned" ? "cosigned/checkpoint" : path, root);
      try {
        const response = await fetcher(url, {
          headers,
          redirect: "error",
          signal: AbortSignal.timeout(requestMsMax),
        });
        return await bodyOf(response, url, bytesMax);
      } catch (error) {
        if (error instanceof VerifyError) throw error;
        const cause = (error as Error).cause instanceof Error ? (error as Error).cause : error;
        throw new VerifyError("source", `cannot fetch ${url.href}: ${(cause as Error).message}`, {
          cause: error,
        });
      }
    },
  };
}

async function bodyOf(response: Response, url: URL, bytesMax: number): Promise<Uint8Array | undefined> {
  const { status } = response;
  if (status === 200) return readStream(response, url, bytesMax);
  await response.body?.cancel();
  if (status === 404 || status === 410) return undefined;
  if (status === 401 || status === 403) {
    const path = url.pathname;
    throw new VerifyError(
      "refused",
      `the server does not show ${path} (${status}); an auditor's API key may help`,
    );
  }
  throw new VerifyError("source", `${url.href} answered ${status}`);
}

async function readStream(response: Response, url: URL, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw new VerifyError("size", `${url.href} is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
