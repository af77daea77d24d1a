// SPDX-License-Identifier: Apache-2.0
// What features a link has. Links are found by their scheme or by "www.", which is enough for features: other
// spellings are words and characters like any text.
import { lowerAscii } from "./characters.ts";
import type { FeatureSet } from "./feature-set.ts";

/** The most links of a text whose parts are features. */
const linksMax = 40;
/** The most code units of a link that are read. */
const linkUnitsMax = 200;
const hostLabelsMax = 8;
const pathWordsMax = 12;
const pathWordUnitsMax = 20;

const linkStart = /https?:\/\/|www\./gi;
const linkEnd = /[\s"'<>()]/g;

/** Adds the parts of the links in a text, and returns how many there are, up to {@link linksMax}. */
export function addLinks(text: string, set: FeatureSet): number {
  let count = 0;
  linkStart.lastIndex = 0;
  for (let found = linkStart.exec(text); found !== null && count < linksMax; found = linkStart.exec(text)) {
    linkEnd.lastIndex = linkStart.lastIndex;
    const end = linkEnd.exec(text)?.index ?? text.length;
    if (end > linkStart.lastIndex) {
      addLink(text.slice(found.index, Math.min(end, found.index + linkUnitsMax)), set);
      count += 1;
    }
    linkStart.lastIndex = end;
  }
  return count;
}

/** Adds the parts of one link: its host and the domains above it, words of its path, what is odd about it. */
export function addLink(link: string, set: FeatureSet): void {
  const bare = lowerAscii(link.slice(0, linkUnitsMax)).replace(/^https?:\/\//, "");
  const slash = bare.search(/[/?#]/);
  const authority = slash < 0 ? bare : bare.slice(0, slash);
  const path = slash < 0 ? "" : bare.slice(slash);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  let domain = host;
  for (let label = 0; label < hostLabelsMax; label++) {
    set.addToken("link to", domain);
    const dot = domain.indexOf(".");
    if (dot < 0) break;
    domain = domain.slice(dot + 1);
  }
  if (/^[\d.]+(?::\d*)?$/.test(host)) set.addToken("link to", "an address of numbers");
  if (host.includes(":")) set.addToken("link to", "a port");
  if (authority.includes("@")) set.addToken("link with", "a user's name");
  if (link.includes("%")) set.addToken("link with", "escapes");
  if (path.includes("?")) set.addToken("link with", "a query");
  const words = path.split(/[^a-z0-9]+/, pathWordsMax);
  for (const word of words) {
    if (word !== "") set.addToken("link path", word.slice(0, pathWordUnitsMax).replaceAll(/\d/g, "0"));
  }
  set.addToken("link depth", String(Math.min(8, path.split("/").length)));
}
