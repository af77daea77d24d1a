// SPDX-License-Identifier: Apache-2.0
// Checks messages of webhooks (Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp`,
// `webhook-signature`), with the platform's Web Crypto: it works in every runtime that has fetch.

/** A message may be so old, or so far ahead, in seconds. */
export const webhookToleranceSeconds = 300;

/** What is wrong with a message. */
export type WebhookFault = "headers" | "time" | "signature";

/** A message that may be believed, or what is wrong with it. */
export type CheckedWebhook =
  | {
      readonly ok: true;
      readonly id: string;
      readonly type: string;
      readonly timestamp: string;
      readonly data: unknown;
    }
  | { readonly ok: false; readonly fault: WebhookFault; readonly why: string };

/** Gives the value of a header by its name in lower case. */
export type HeaderReader = (name: string) => string | null | undefined;

/**
 * Checks a message. The same message may come twice: `id` tells.
 *
 * @param body the exact bytes that came, before anything parsed them
 * @param secrets `whsec_…`; two while one is being replaced
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: Headers | HeaderReader | Readonly<Record<string, string | string[] | undefined>>,
  secrets: string | readonly string[],
  nowMs: number = Date.now(),
): Promise<CheckedWebhook> {
  const read = readerOf(headers);
  const [id, sent, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(read);
  if (!id || !sent || !signatures || !/^\d{1,12}$/.test(sent)) {
    return { ok: false, fault: "headers", why: "the headers of a webhook are missing or malformed" };
  }
  const text = typeof body === "string" ? body : new TextDecoder("utf-8", { fatal: true }).decode(body);
  const signed = new TextEncoder().encode(`${id}.${sent}.${text}`);
  const given = signatures.split(" ").filter((each) => each.startsWith("v1,"));
  const keys = typeof secrets === "string" ? [secrets] : secrets;
  let isOurs = false;
  for (const secret of keys) {
    const key = await importSecret(secret);
    for (const each of given) {
      const bytes = fromBase64(each.slice("v1,".length));
      // Compared by Web Crypto, in constant time.
      if (bytes !== undefined && (await crypto.subtle.verify("HMAC", key, bytes, signed))) isOurs = true;
    }
  }
  if (!isOurs)
    return { ok: false, fault: "signature", why: "no signature is of a secret that is known here" };
  if (Math.abs(nowMs / 1000 - Number(sent)) > webhookToleranceSeconds) {
    return {
      ok: false,
      fault: "time",
      why: `it was sent at ${sent}, too long ago or ahead; is the clock right?`,
    };
  }
  const { type, timestamp, data } = JSON.parse(text) as { type: string; timestamp: string; data: unknown };
  return { ok: true, id, type, timestamp, data };
}

async function importSecret(secret: string): ReturnType<typeof crypto.subtle.importKey> {
  const bytes = secret.startsWith("whsec_") ? fromBase64(secret.slice("whsec_".length)) : undefined;
  if (bytes === undefined) throw new TypeError("a webhook's secret is whsec_ and base64");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function readerOf(headers: Parameters<typeof verifyWebhook>[1]): HeaderReader {
  if (typeof headers === "function") return headers;
  if (headers instanceof Headers) return (name) => headers.get(name);
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? undefined : value;
  };
}
