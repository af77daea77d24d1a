// SPDX-License-Identifier: Apache-2.0

/**
 * Whether a value is 32 bytes in canonical base64url without padding, as records and manifests write hashes:
 * the last of the 43 characters has two unused bits, which are zero (RFC 4648 section 3.5).
 */
export function isDigest(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(value);
}
