// SPDX-License-Identifier: Apache-2.0
// The signals of links and addresses: where a text leads its readers.
import { findAddresses } from "./addresses.ts";
import { findMarkup, type Markup } from "./markup.ts";
import { findInvites, inviteOfLink, type Invite } from "./invites.ts";
import { findLinks, linksMax, type Link } from "./links.ts";
import { linkTricks, type LinkTrick } from "./link-tricks.ts";
import { readLookalike } from "./lookalikes.ts";
import { findPhones } from "./phones.ts";
import { shortenerOf } from "./redirects.ts";

/** The values of the signals; the lists hold at most 64 distinct values each, `links` repeats too. */
export type LinkSignals = {
  links: readonly string[];
  domains: readonly string[];
  linkCount: number;
  linkTricks: readonly LinkTrick[];
  shorteners: readonly string[];
  lookalikes: readonly string[];
  emailHosts: readonly string[];
  phones: readonly string[];
  handles: readonly string[];
  invites: readonly string[];
  messengers: readonly string[];
};

/**
 * Computes them. Linear in the length of text and HTML; never throws.
 *
 * @param text title and text
 * @param html the same content as HTML, if there is: its links count where the text doesn't have them
 * @returns also the text without its links, as `findLinks` gives it
 */
export function computeLinkSignals(
  text: string,
  html: string | undefined,
): { values: LinkSignals; rest: string } {
  const found = findLinks(text);
  const markup = findMarkup(text, html);
  const links = markup.urls.length === 0 ? found.links : withMarkup(found.links, markup);
  const addresses = findAddresses(found.revealed);
  const phones = findPhones(found.revealed);
  const invites = findInvites(found.revealed, phones);
  for (const { host, follows } of links) {
    const invite = inviteOfLink(host, follows);
    if (invite !== undefined) invites.push(invite);
  }
  const emailHosts = [...addresses.emailHosts, ...markup.emailHosts];
  const values: LinkSignals = {
    links: links.map(({ url }) => url),
    domains: distinct(links, ({ domain }) => domain),
    linkCount: links.length,
    linkTricks: links.length === 0 && markup.tricks.size === 0 ? [] : namesOf(links, markup.tricks),
    shorteners: distinct(links, ({ host }) => shortenerOf(host)),
    lookalikes: distinct(links, ({ domain }) => looksLike(domain)),
    emailHosts: distinct(emailHosts, (host) => host),
    phones: phones.map(({ number }) => number),
    handles: addresses.handles,
    invites: distinct(invites, nameOf),
    messengers: distinct(invites, ({ messenger }) => messenger),
  };
  return { values, rest: found.rest };
}

function withMarkup(links: readonly Link[], { urls }: Markup): readonly Link[] {
  const known = new Set(links.map(({ url }) => url));
  return [...links, ...urls.filter(({ url }) => !known.has(url))].slice(0, linksMax);
}

function distinct<Item>(items: readonly Item[], valueOf: (item: Item) => string | undefined): string[] {
  if (items.length === 0) return [];
  const values = new Set<string>();
  for (const item of items) {
    const value = valueOf(item);
    if (value !== undefined && values.size < linksMax) values.add(value);
  }
  return [...values];
}

function namesOf(links: readonly Link[], others: ReadonlySet<LinkTrick>): LinkTrick[] {
  const used = new Set([...links.flatMap(({ tricks }) => tricks), ...others]);
  return used.size === 0 ? [] : linkTricks.filter((trick) => used.has(trick));
}

/** The registrable domain in ASCII that one in other letters looks like. */
function looksLike(domain: string | undefined): string | undefined {
  if (domain === undefined || !domain.includes("xn--")) return undefined;
  return readLookalike(domain)?.looksLike;
}

function nameOf({ messenger, target }: Invite): string {
  return target === "" ? messenger : `${messenger}:${target}`;
}
