// SPDX-License-Identifier: Apache-2.0
// An authority of RFC 3161 is asked over HTTP (section 3.4) to stamp a checkpoint.
import { formatTime } from "@docket/protocol";
import { encodeTimestampRequest, verifyTimestamp } from "@docket/timestamp";
import type { TimestampCrypto } from "@docket/timestamp";
import { encodeBase64 } from "@docket/tlog";
import { stampedDigest } from "@docket/verify";
import { stampBytesMax, StampFault, whyOf } from "./outside-clock.ts";
import type { OutsideClock } from "./outside-clock.ts";

/** Bytes of the nonce of a request: it tells the answer to this request from older ones. */
const nonceBytes = 16;

/** What it is asked with. */
export type AuthorityPorts = {
  readonly crypto: TimestampCrypto;
  readonly random: (length: number) => Uint8Array;
  /**
   * Sends a request. Rejects when `signal` is aborted, nothing answers, or the answer is a redirect or longer
   * than `bytesMax`.
   */
  readonly post: PostQuery;
};

/** Sends a `application/timestamp-query`. */
export type PostQuery = (
  url: string,
  body: Uint8Array,
  bytesMax: number,
  signal: AbortSignal,
) => Promise<{ status: number; body: Uint8Array }>;

/** What is known of an authority. */
export type AuthorityOptions = {
  readonly name: string;
  readonly url: string;
  /** Certificates that are trusted, DER. */
  readonly roots: readonly Uint8Array[];
  readonly policy: string | undefined;
};

/** An authority of RFC 3161. */
export function authority(options: AuthorityOptions, ports: AuthorityPorts): OutsideClock {
  const { name, url, roots, policy } = options;
  const { crypto, random, post } = ports;
  return {
    name,
    source: "rfc3161",
    async ask(checkpoint, signal) {
      const digest = stampedDigest(checkpoint);
      const nonce = random(nonceBytes);
      const under = policy === undefined ? {} : { policy };
      const request = encodeTimestampRequest({ digest, nonce, certificates: true, ...under });
      const { status, body } = await post(url, request, stampBytesMax, signal).catch((error: unknown) => {
        throw new StampFault(whyOf(error), { cause: error });
      });
      if (status !== 200) throw new StampFault(`it answered ${status}`);
      const verdict = verifyTimestamp({ response: body, digest, nonce, roots, crypto, ...under });
      if (!verdict.ok) throw new StampFault(`${verdict.why} (${verdict.code})`);
      const { genTimeMs, accuracyMs, earliestMs, latestMs } = verdict;
      const stampedAt = formatTime(genTimeMs);
      return { stampedAt, accuracyMs, stamp: encodeBase64(body), request: "", earliestMs, latestMs };
    },
  };
}

/** Sends a query over HTTP. */
export const postQuery: PostQuery = async (url, body, bytesMax, signal) => {
  const headers = { "content-type": "application/timestamp-query", accept: "application/timestamp-reply" };
  // A redirect would send the log's requests where its operator never said.
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "error" });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the body, and with it the connection.
    if (length > bytesMax) throw new Error(`it answered with over ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, body: new Uint8Array(Buffer.concat(chunks)) };
};
