// SPDX-License-Identifier: Apache-2.0
// Domains that people of every kind link to, so that two messages which share one have nothing in common by
// that. What is common on one site only shows by itself after a day: see domain-table.ts.
import { shortenerHosts } from "../signals/shorteners.ts";

/** The version of the list: the month in which it was last changed. */
export const commonDomainsVersion = "2026-11";

const commonDomains: ReadonlySet<string> = new Set(
  (
    "youtube.com youtu.be google.com facebook.com fb.com instagram.com twitter.com x.com tiktok.com " +
    "reddit.com redd.it wikipedia.org wikimedia.org wiktionary.org github.com gitlab.com github.io " +
    "linkedin.com pinterest.com tumblr.com medium.com substack.com blogspot.com blogger.com " +
    "wordpress.com wordpress.org livejournal.com myspace.com flickr.com imgur.com giphy.com tenor.com " +
    "vimeo.com dailymotion.com twitch.tv soundcloud.com spotify.com bandcamp.com netflix.com imdb.com " +
    "amazon.com amazon.de amazon.co.uk amazon.fr amazon.it amazon.es ebay.com ebay.de ebay.co.uk " +
    "aliexpress.com etsy.com paypal.com apple.com microsoft.com live.com bing.com yahoo.com " +
    "duckduckgo.com msn.com office.com adobe.com mozilla.org cloudflare.com stackoverflow.com " +
    "stackexchange.com quora.com npmjs.com pypi.org archive.org change.org kickstarter.com " +
    "patreon.com gofundme.com ko-fi.com discord.com discord.gg telegram.org t.me telegram.me " +
    "whatsapp.com wa.me signal.org slack.com zoom.us skype.com snapchat.com viber.com line.me vk.com " +
    "ok.ru yandex.ru mail.ru rutube.ru dzen.ru weibo.com bilibili.com baidu.com qq.com zhihu.com " +
    "douyin.com naver.com daum.net kakao.com rakuten.co.jp yahoo.co.jp nicovideo.jp pixiv.net " +
    "mercadolibre.com uol.com.br globo.com web.de gmx.net t-online.de spiegel.de zeit.de faz.net " +
    "heise.de bbc.co.uk bbc.com theguardian.com nytimes.com washingtonpost.com cnn.com reuters.com " +
    "lemonde.fr elpais.com corriere.it forbes.com bloomberg.com dropbox.com mega.nz wetransfer.com " +
    "mediafire.com steampowered.com steamcommunity.com roblox.com itch.io linktr.ee bsky.app " +
    "mastodon.social threads.net fandom.com wikia.com goodreads.com tripadvisor.com booking.com " +
    "airbnb.com wix.com weebly.com squarespace.com shopify.com europa.eu gmail.com hotmail.com outlook.com"
  ).split(" "),
);

/** Whether a registrable domain is common everywhere: by itself it leads to no campaign. */
export function isCommonDomain(domain: string): boolean {
  return commonDomains.has(domain) || shortenerHosts.has(domain);
}
