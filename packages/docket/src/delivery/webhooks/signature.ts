// SPDX-License-Identifier: Apache-2.0
// How a webhook proves where it comes from: Standard Webhooks 1.0.0 (symmetric scheme, `v1`).
//
//     webhook-id: msg_…            names the message; the same for each try
//     webhook-timestamp: 1763…     seconds since 1970 of this try
//     webhook-signature: v1,<base64 of HMAC-SHA256(secret, id.timestamp.body)>, one for each secret
import { createHmac } from "node:crypto";
import { DocketError } from "../../error.ts";
import type { RandomBytes } from "../../evidence/seal.ts";

/** What every secret begins with. */
export const secretPrefix = "whsec_";
/** Bytes of a secret that is made here; the specification asks for 24 to 64. */
export const secretBytes = 32;
const secretBytesMin = 24;
const secretBytesMax = 64;

/** Makes a secret. */
export function newSecret(random: RandomBytes): string {
  return `${secretPrefix}${random(secretBytes).toString("base64")}`;
}

/**
 * The headers of one try.
 *
 * @param id names the message; without full stops
 * @param secrets the newest first; a signature is made with each, so that receivers may change theirs at
 *   leisure
 * @throws {DocketError} `usage` for a text that is no secret, which is not repeated
 */
export function signedHeaders(
  id: string,
  sentMs: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(sentMs / 1000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`, "utf8");
    return `v1,${mac.digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret.slice(secretPrefix.length), "base64");
  const sound =
    secret.startsWith(secretPrefix) && key.length >= secretBytesMin && key.length <= secretBytesMax;
  if (sound) return key;
  throw new DocketError("usage", `a webhook's secret is ${secretPrefix} and 24 to 64 bytes in base64`);
}
