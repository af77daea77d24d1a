// SPDX-License-Identifier: Apache-2.0
// Which names without scheme are links, and which are two sentences without a space between them.
import type { Host } from "./host.ts";

/**
 * Whether a name that stands in a text without a scheme counts as a link.
 *
 * Writers leave out spaces ("lol.it is", "see you.so"), and about every short word is a suffix by now. So the
 * name must end in a suffix of the Public Suffix List, and besides:
 * 1. open with `www.`, or go on with a port or a path; or
 * 2. end in a suffix that is no word: one of several labels (`co.uk`), one that is not ASCII, a country code
 *    that sentences don't open with, or one of {@link plainSuffixes}; or
 * 3. be a name that nobody writes by accident: one of {@link knownHosts}, someone's name at a host of many
 *    (`me.github.io`), or one with a digit or hyphen among letters, or longer than {@link wordLengthMax}.
 * A capital at the start of the last label alone ("end.Net") is the start of a sentence, unless 1 holds. A
 * name of one letter or digit ("e.g.com") needs 1 or 3.
 *
 * Chosen on the comments of two public corpora; `docs/reference/signals.md` says how well it does.
 *
 * @param written the host as written, for its capitals
 * @param host the same host, read
 * @param follows what follows the host: port and path, or nothing
 * @param deliberate whether a dot of it was written so that it takes somebody who knows to read it
 */
export function isBareLink(
  written: string,
  host: Host,
  follows: string,
  deliberate: boolean = false,
): boolean {
  const { ascii, domain, listed, suffix } = host;
  if (!listed || domain === undefined) return false;
  if (deliberate) return domain.length - suffix.length > 2;
  if (follows !== "" || (/^www[0-9]?\./.test(ascii) && domain !== ascii)) return true;
  if (knownHosts.has(domain)) return true;
  if (isSentenceStart(written)) return false;
  const label = domain.slice(0, domain.length - suffix.length - 1);
  const name = ascii.slice(0, ascii.length - suffix.length - 1);
  if (host.shared || isContrived(label) || isLong(name)) return true;
  return label.length > 1 && isPlainSuffix(suffix);
}

/** Whether the last label alone opens with a capital: "end.Next". */
function isSentenceStart(written: string): boolean {
  const last = written.slice(written.lastIndexOf(".") + 1);
  return /^[A-Z][a-z]+$/.test(last) && !/^[A-Z]/.test(written);
}

function isContrived(label: string): boolean {
  return /[a-z]-?[0-9]|[0-9]-?[a-z]|[a-z]-[a-z]/.test(label);
}

/** Longer than a word, and no row of words and dots: "see.a.full.length.movie" has labels of a word each. */
function isLong(name: string): boolean {
  return name.length > wordLengthMax && !/(?:^|\.).{1,3}(?:\.|$)/.test(name) && !/\..*\./.test(name);
}

/** Whether a suffix of the Public Suffix List is no word that a sentence may open with. */
export function isPlainSuffix(suffix: string): boolean {
  if (suffix.includes(".") || suffix.startsWith("xn--")) return true;
  return suffix.length === 2 ? !wordCountries.has(suffix) : plainSuffixes.has(suffix);
}

/** A longer name is several words, as in `unlockediphone.me`. */
const wordLengthMax = 11;

/** Suffixes that are no word, or a word that no sentence opens with. */
const plainSuffixes: ReadonlySet<string> = new Set(
  (
    "com net org info biz edu gov mil int mobi asia coop aero xxx porn adult sex xyz icu cyou sbs cfd rest " +
    "online site website webcam club shop store app dev tech cloud blog wiki digital agency media email " +
    "network casino poker bet vip guru ninja host hosting press bio lat quest wang bond ltd llc inc gmbh srl"
  ).split(" "),
);

/** Country codes that are words, or abbreviations used as such, in a language that much is written in. */
const wordCountries: ReadonlySet<string> = new Set(
  (
    "ad al am ao as at ba be bi bs by ca cd ci cv dj dm do eh es eu ga gg gl hm id ie il im in is it je la " +
    "li lu ma me mo mr ms mt mu my na ne ni no nu om pa pm ps re sa se si sl so st su sz td tl to va vc ve " +
    "vi ye yt"
  ).split(" "),
);

/** Registrable domains that people post without a path, under a suffix that is a word. */
const knownHosts: ReadonlySet<string> = new Set(
  (
    "amzn.to bit.do discord.gg fb.me goo.gl lnkd.in rb.gy redd.it t.co t.me telegram.me tr.im x.com " +
    "youtu.be"
  ).split(" "),
);
