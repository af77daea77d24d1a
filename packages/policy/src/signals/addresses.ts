// SPDX-License-Identifier: Apache-2.0
// E-mail addresses and handles: what an at sign stands in.
import { readHost } from "./host.ts";

/** What {@link findAddresses} finds. */
export type Addresses = {
  /** The hosts of e-mail addresses, lower-case ASCII, distinct, in order. */
  emailHosts: readonly string[];
  /** Handles without their `@`, lower case, distinct, in order. */
  handles: readonly string[];
};

/** Most e-mail hosts, and most handles, that are kept of one text. */
export const addressesMax = 64;
/** Most at signs that are looked at; each has a bounded surrounding, so that time is linear. */
const signsMax = 10_000;

/**
 * Finds e-mail addresses (`name@host`, the host with a suffix of the Public Suffix List) and handles
 * (`@name` that follows on nothing that could be the name of an address).
 *
 * @param text without links, and with what hides addresses undone: `revealed` of `findLinks`
 */
export function findAddresses(text: string): Addresses {
  const emailHosts = new Set<string>();
  const handles = new Set<string>();
  let at = text.indexOf("@");
  for (let seen = 0; at >= 0 && seen < signsMax; seen++, at = text.indexOf("@", at + 1)) {
    if (at > 0 && localPart.test(text[at - 1] ?? "")) {
      const host = readMailHost(text.slice(at + 1, at + 1 + mailHostLengthMax));
      if (host !== undefined) {
        if (emailHosts.size < addressesMax) emailHosts.add(host);
        continue;
      }
    }
    const name = handleAt(text, at);
    if (name !== undefined && handles.size < addressesMax) handles.add(name);
  }
  return { emailHosts: [...emailHosts], handles: [...handles] };
}

/** The handle whose `@` stands at a place, in lower case, or `undefined` if there is none. */
export function handleAt(text: string, at: number): string | undefined {
  if (at > 0 && /[0-9A-Za-z_@/.]/.test(text[at - 1] ?? "")) return undefined;
  handle.lastIndex = at + 1;
  const name = handle.exec(text)?.[0].toLowerCase();
  return name === undefined || styleRules.has(name) ? undefined : name;
}

/** At-rules of style sheets, which stand in pages that are given as text. */
const styleRules: ReadonlySet<string> = new Set(
  "charset font import keyframes layer media namespace page supports".split(" "),
);
/** What of the text after an at sign is looked at, in UTF-16 code units. */
const mailHostLengthMax = 254;

/** What the name of an address may end with. */
const localPart = /[0-9A-Za-z_+\-\u00aa-\uffff]/;
const mailHost = new RegExp(
  String.raw`^(?:[0-9A-Za-z\u00aa-\uffff][0-9A-Za-z\u00aa-\uffff-]{0,62}\.){1,8}[A-Za-z\u00aa-\uffff][0-9` +
    String.raw`A-Za-z\u00aa-\uffff-]{1,62}`,
  "",
);
const handle = /[A-Za-z][0-9A-Za-z_]{1,31}(?:\.[0-9A-Za-z_]{2,31})?/y;

function readMailHost(after: string): string | undefined {
  const written = mailHost.exec(after)?.[0];
  if (written === undefined) return undefined;
  // "name@example.com看": a name and then text without a space.
  const own = /^(.*\.[0-9A-Za-z-]{2,})[^\0-\x7f][^.]*$/.exec(written)?.[1] ?? written;
  const host = readHost(own);
  if (host === undefined || host.domain === undefined || !host.listed) return undefined;
  return host.ascii;
}
