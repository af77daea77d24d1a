// SPDX-License-Identifier: Apache-2.0
// The tricks by which links are hidden from those who look for them, or made to look like another link.

/** Every trick, in the order in which a signal names them. */
export const linkTricks = [
  /** `hxxp://`, `example[.]com`, `example (dot) com`, `example dot com`: readers know what is meant. */
  "defanged",
  /** `example . com`, `h t t p : / /`, `e x a m p l e . c o m`. */
  "spaced",
  /** An HTML escape in scheme or host. */
  "escaped",
  /** An invisible character in scheme or host. */
  "invisible",
  /** Full-width, mathematical or circled letters in scheme or host. */
  "styled",
  /** `%65xample.com`. */
  "percent",
  /** A host written in punycode, `xn--…`. */
  "punycode",
  /** A host with letters that look like other letters: `раypal.com` with a Cyrillic а. */
  "homoglyph",
  /** `http://paypal.com@evil.example`: what stands before the `@` leads nowhere. */
  "userInfo",
  /** A host that is an IP address. */
  "address",
  /** An IP address in a notation that hides it: decimal, octal, hexadecimal, or of fewer parts. */
  "oddAddress",
  /** `example.com.`: the same host, but another string. */
  "trailingDot",
  /** A known redirector: its target is counted as a link too. */
  "redirect",
  /** Another URL in path or query, counted as a link too. */
  "nested",
  /** A shortener of URLs. */
  "shortener",
  /** HTML: what a link shows is another domain than the one it leads to. */
  "mismatch",
  /** HTML: `javascript:` or `data:` instead of a link. */
  "script",
] as const;

/** One of {@link linkTricks}. */
export type LinkTrick = (typeof linkTricks)[number];
