// SPDX-License-Identifier: Apache-2.0
// Links that only lead on: the target of a redirector stands in the link itself. Shorteners hide it.
import { shortenerHosts } from "./shorteners.ts";

/** A URL within a URL. */
export type Target = {
  /** As it stands there, decoded once; it has a scheme. */
  url: string;
  /** Whether the outer URL is that of a known redirector. */
  known: boolean;
};

/** Most targets that are read from one URL. */
export const targetsMax = 4;

/**
 * The URLs that stand in the path, query or fragment of a link.
 *
 * @param ascii the host in lower-case ASCII
 * @param follows what follows the host: port, path, query, fragment
 */
export function findTargets(ascii: string, follows: string): Target[] {
  if (follows.length < targetLengthMin && !ascii.endsWith(".translate.goog")) return [];
  const known = isRedirector(ascii, follows);
  const targets: Target[] = [];
  const hidden = known ? hiddenTarget(ascii, follows) : undefined;
  if (hidden !== undefined) targets.push({ url: hidden, known });
  if (!inner.test(follows)) return targets;
  for (const match of follows.matchAll(everyInner)) {
    if (targets.length >= targetsMax) break;
    const url = unwrap(match[0]);
    if (url !== undefined && !targets.some((target) => target.url === url)) targets.push({ url, known });
  }
  return targets;
}

/** The shortener that a host is, or `undefined`. */
export function shortenerOf(ascii: string): string | undefined {
  const name = ascii.startsWith("www.") ? ascii.slice(4) : ascii;
  return shortenerHosts.has(name) ? name : undefined;
}

/** "/?//a.b": what is shorter holds no target. */
const targetLengthMin = 6;

/** A scheme after a delimiter, plain, encoded once or twice, or with the dashes of URL Defense. */
const inner = /https?(?::|%3a|%253a|-3a)/i;
const everyInner = /(?<=[^0-9A-Za-z])https?(?::|%3a|%253a|-3a)(?:\/|%2f|%252f|_){1,2}[^\s&;"'<>|]+/gi;

/** Undoes what encodes a URL that stands in another one. */
function unwrap(written: string): string | undefined {
  let url = written;
  if (/^https?-3a/i.test(url)) url = url.replaceAll(/-([0-9A-Fa-f]{2})/g, "%$1").replaceAll("_", "/");
  for (let round = 0; round < 2 && /^https?(?:%|:%|:\/?%2f)/i.test(url); round++) url = decode(url);
  const [, scheme, rest] = /^(https?):\/{1,2}([^/].*)$/i.exec(url.trim()) ?? [];
  return scheme === undefined || rest === undefined ? undefined : `${scheme.toLowerCase()}://${rest}`;
}

/** Percent-decodes what is ASCII, and leaves what isn't well-formed. */
function decode(text: string): string {
  return text.replaceAll(/%([0-7][0-9A-Fa-f])/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Hosts whose links lead elsewhere, with how their path begins; a trailing `.` stands for any suffix. */
const redirectors: ReadonlyMap<string, RegExp> = new Map([
  ["google.", /^\/(?:url|imgres|amp\/|aclk|pagead\/)/],
  ["googleadservices.com", /^\//],
  ["googleweblight.com", /^\//],
  ["doubleclick.net", /^\//],
  ["facebook.com", /^\/(?:l\.php|flx\/warn|sharer)/],
  ["instagram.com", /^\/?\?|^\/linkshim/],
  ["messenger.com", /^\/l\.php/],
  ["youtube.com", /^\/(?:redirect|attribution_link)/],
  ["umblr.com", /^\/redirect/],
  ["tumblr.com", /^\/(?:redirect|share)/],
  ["vk.com", /^\/away/],
  ["ok.ru", /^\/dk/],
  ["linkedin.com", /^\/(?:redir|safety\/go|authwall)/],
  ["steamcommunity.com", /^\/linkfilter/],
  ["slack-redir.net", /^\/link/],
  ["href.li", /^\/\?/],
  ["anonym.to", /^\/\?/],
  ["anonymz.com", /^\/\?/],
  ["nullrefer.com", /^\/\?/],
  ["dereferer.org", /^\/\?/],
  ["hidereferrer.com", /^\/\?/],
  ["reddit.com", /^\/t3_|[?&]url=/],
  ["disq.us", /^\/url/],
  ["exit.sc", /^\//],
  ["bing.com", /^\/(?:ck\/a|aclick)/],
  ["duckduckgo.com", /^\/l\//],
  ["yandex.", /^\/(?:clck|redir|safety)/],
  ["yahoo.com", /\/R[UO]=|\/\*http/],
  ["mail.ru", /^\/(?:redir|clck)/],
  ["outlook.com", /[?&]url=/],
  ["urldefense.com", /^\/v/],
  ["urldefense.us", /^\/v/],
  ["proofpoint.com", /^\/v/],
  ["symantec.com", /[?&]u=/],
  ["barracudanetworks.com", /^\/url/],
  ["translate.google.com", /^\//],
  ["translate.goog", /^\//],
  ["translatetheweb.com", /^\//],
  ["web.archive.org", /^\/(?:web|save)\//],
  ["zhihu.com", /^\/\?target=/],
  ["csdn.net", /^\/\?target=/],
  ["jianshu.com", /^\/go-wild/],
  ["weibo.cn", /^\/sinaurl/],
  ["qq.com", /[?&](?:url|pfurl)=/],
  ["viglink.com", /^\//],
  ["skimresources.com", /^\//],
  ["redirectingat.com", /^\//],
  ["linksynergy.com", /^\//],
  ["awin1.com", /^\//],
  ["shareasale.com", /^\//],
  ["anrdoezrs.net", /^\//],
  ["dpbolvw.net", /^\//],
  ["tkqlhce.com", /^\//],
  ["jdoqocy.com", /^\//],
  ["kqzyfj.com", /^\//],
  ["prf.hn", /^\//],
  ["rover.ebay.com", /^\//],
  ["t.me", /^\/iv\?/],
  ["twitter.com", /^\/i\/redirect/],
  ["medium.com", /^\/r\//],
  ["digg.com", /^\/(?:submit|submission)/],
]);

function isRedirector(ascii: string, follows: string): boolean {
  const slash = follows.search(/[/?#]/);
  if (slash < 0) return false;
  const path = follows.slice(slash);
  for (let name = ascii, dots = 0; dots < 4 && name.includes("."); dots++) {
    if (redirectors.get(name)?.test(path) === true) return true;
    const brand = `${name.slice(0, name.indexOf("."))}.`;
    if (name.length - brand.length <= 6 && redirectors.get(brand)?.test(path) === true) return true;
    name = name.slice(name.indexOf(".") + 1);
  }
  return false;
}

/** Targets that stand in a form of their own. */
function hiddenTarget(ascii: string, follows: string): string | undefined {
  if (ascii.endsWith(".translate.goog")) {
    // "a-b--c-d.translate.goog": a dash is a dot, two are one.
    const name = ascii.slice(0, -".translate.goog".length);
    return `https://${name.replaceAll("--", " ").replaceAll("-", ".").replaceAll(" ", "-")}/`;
  }
  if (ascii.endsWith("bing.com")) {
    const coded = /[?&]u=a1([0-9A-Za-z_-]{8,2048})/.exec(follows)?.[1];
    return coded === undefined ? undefined : asUrl(decodeBase64(coded));
  }
  const amp = /^\/amp\/s?\/?([^/?#]+\.[a-z]{2,}[^?#]*)/i.exec(follows)?.[1];
  if (amp !== undefined && /(?:^|\.)google\./.test(ascii)) return asUrl(`https://${amp}`);
  const bare =
    /[?&](?:q|u|url|to|target|z|adurl|lite_url)=(?!https?)([0-9a-z-]+(?:\.[0-9a-z-]+)+[^&\s]*)/i.exec(
      follows,
    )?.[1];
  return bare === undefined ? undefined : asUrl(`http://${decode(bare)}`);
}

function asUrl(text: string): string | undefined {
  return /^https?:\/\/[0-9A-Za-z[][^\s]*$/.test(text) ? text : undefined;
}

/** ASCII of base64url; other bytes are dropped. */
function decodeBase64(coded: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let text = "";
  let bits = 0;
  let held = 0;
  for (const character of coded) {
    held = ((held << 6) | Math.max(0, alphabet.indexOf(character))) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const byte = (held >> bits) & 0xff;
    if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
  }
  return text;
}
