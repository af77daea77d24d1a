// SPDX-License-Identifier: Apache-2.0
// What every answer tells a browser: nothing of it runs, nothing is framed, nothing is kept, and nobody
// learns where it was.
import { hash } from "node:crypto";

/** A page that shows nothing but text; what may be added to it stands in {@link pagePolicy}. */
const nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The headers of every answer. `secure` is whether it goes over TLS. */
export function securityHeaders(secure: boolean): Readonly<Record<string, string>> {
  return {
    "content-security-policy": nothing,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    // Not for subdomains, of which this server knows nothing.
    ...(secure ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}

/** The policy of a page: the styles that stand in it by their hashes, and no script whatever stands there. */
export function pagePolicy(html: string): string {
  const styles = Array.from(html.matchAll(/<style>([^<]*)<\/style>/g), ([, style = ""]) => sourceOf(style));
  return styles.length === 0 ? nothing : `${nothing}; style-src ${[...new Set(styles)].join(" ")}`;
}

/** What a policy names a style by that stands in the page itself (CSP 3, section 2.3.1). */
export function sourceOf(style: string): string {
  return `'sha256-${hash("sha256", style, "base64")}'`;
}
