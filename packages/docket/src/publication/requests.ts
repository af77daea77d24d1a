// SPDX-License-Identifier: Apache-2.0
// The requests that the log makes of its witnesses. Answers are small.
import { witnessBodyBytesMax } from "@docket/tlog";

/** An answer, its body whole. */
export type HttpAnswer = { status: number; body: Uint8Array };

/**
 * Sends a body to a URL. Rejects when `signal` is aborted, when nothing answers, and when the answer is
 * longer than what a witness may send, or a redirect.
 */
export type Post = (url: string, body: Uint8Array, signal: AbortSignal) => Promise<HttpAnswer>;

/** Fetches a URL. Rejects as {@link Post} does. */
export type Get = (url: string, signal: AbortSignal) => Promise<HttpAnswer>;

/** {@link Post} over HTTP. */
export const post: Post = (url, body, signal) => {
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return ask(url, { method: "POST", headers, body, signal });
};

/** {@link Get} over HTTP. */
export const get: Get = (url, signal) => ask(url, { signal });

async function ask(url: string, init: RequestInit): Promise<HttpAnswer> {
  // A redirect would send the log's requests where its operator never said.
  const response = await fetch(url, { ...init, redirect: "error" });
  return { status: response.status, body: await bounded(response) };
}

async function bounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the body, and with it the connection.
    if (length > witnessBodyBytesMax) throw new Error(`an answer of over ${witnessBodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
