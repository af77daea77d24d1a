// SPDX-License-Identifier: Apache-2.0
// Certificates in a PEM file (RFC 7468). Whether they are certificates is said by who uses them.

/** Most certificates of a file. */
const certificatesMax = 1000;

/** The certificates of a PEM file, DER; other blocks and text between them are passed over. */
export function certificatesOf(pem: string): Uint8Array[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g);
  const found = Array.from(blocks, ([, base64 = ""]) => new Uint8Array(Buffer.from(base64, "base64")));
  return found.slice(0, certificatesMax);
}
