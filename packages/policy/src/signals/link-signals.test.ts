// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { linksMax } from "./links.ts";
import { computeLinkSignals, type LinkSignals } from "./link-signals.ts";
import { linkTricks } from "./link-tricks.ts";
import { messengers } from "./invites.ts";

function signalsOf(text: string, html?: string): LinkSignals {
  return computeLinkSignals(text, html).values;
}

/** A text, the URLs in it, and the tricks that hide them. */
const written: readonly (readonly [text: string, urls: readonly string[], tricks: readonly string[]])[] = [
  // Defanged.
  ["hxxp://bad-site.com/phish", ["http://bad-site.com/phish"], ["defanged"]],
  ["hXXps[:]//evil[.]example[.]com/x", ["https://evil.example.com/x"], ["defanged"]],
  ["see example[.]com/login", ["http://example.com/login"], ["defanged"]],
  ["lol[.]it", ["http://lol.it"], ["defanged"]],
  ["example (dot) com", ["http://example.com"], ["defanged"]],
  ["go to example dot com today", ["http://example.com"], ["defanged"]],
  ["Contact us at secure-login dot net for support", ["http://secure-login.net"], ["defanged"]],
  ["my shop dot co dot uk", ["http://shop.co.uk"], ["defanged"]],
  ["mosmobi точка ru/apple", ["http://mosmobi.ru/apple"], ["defanged"]],
  ["example•com/x", ["http://example.com/x"], ["defanged"]],
  ["http;//example.com http//example.org", ["http://example.com", "http://example.org"], ["defanged"]],
  // Set apart.
  ["h t t p s : / / evil-site.com/page", ["https://evil-site.com/page"], ["spaced"]],
  ["example . com", ["http://example.com"], ["spaced"]],
  ["check mysite .com", ["http://mysite.com"], ["spaced"]],
  ["www . example . com", ["http://www.example.com"], ["spaced"]],
  ["me . blogspot . com", ["http://me.blogspot.com"], ["spaced"]],
  ["buy v i a g r a . c o m now", ["http://viagra.com"], ["spaced"]],
  ["youtube. com/watch?v=1", ["http://youtube.com/watch?v=1"], ["spaced"]],
  ["http//tms. example.com/x", ["http://tms.example.com/x"], ["defanged", "spaced"]],
  ["http://img. sms. ac/W", ["http://img.sms.ac/W"], ["spaced"]],
  ["see http://example.com. It is/was", ["http://example.com"], []],
  // In other characters.
  ["exam&#8203;ple&#46;com", ["http://example.com"], ["escaped", "invisible"]],
  ["exam\u00adple.com/a\u200bb", ["http://example.com/ab"], ["invisible"]],
  ["ⓔⓧⓐⓜⓟⓛⓔ.com ｂ２.com", ["http://example.com", "http://b2.com"], ["styled"]],
  ["𝓮𝔁𝓪𝓶𝓹𝓵𝓮.𝓬𝓸𝓶", ["http://example.com"], ["styled"]],
  ["http://раypal.com/x", ["http://xn--ypal-43d9g.com/x"], ["homoglyph"]],
  ["bіt.lу/x", ["http://bit.ly/x"], ["homoglyph", "shortener"]],
  ["xn--80ak6aa92e.com", ["http://xn--80ak6aa92e.com"], ["punycode", "homoglyph"]],
  ["bücher.de пример.com", ["http://xn--bcher-kva.de", "http://xn--e1afmkfd.com"], []],
  ["http://%65xample.com/x%41", ["http://example.com/x%41"], ["percent"]],
  ["http://example.com./x", ["http://example.com/x"], ["trailingDot"]],
  ["http://example.com.", ["http://example.com"], []],
  // Who the host is.
  ["http://paypal.com@evil.example/a", ["http://evil.example/a"], ["userInfo"]],
  ["http://user@@@phishing.com/a", ["http://phishing.com/a"], ["userInfo"]],
  ["http://203.0.113.42/x", ["http://203.0.113.42/x"], ["address"]],
  ["http://0x7f.1 http://017700000001", ["http://127.0.0.1", "http://127.0.0.1"], ["address", "oddAddress"]],
  [
    "http://[::FFFF:1.2.3.4]/ http://[1:0:0::2]",
    ["http://1.2.3.4/", "http://[1::2]"],
    ["address", "oddAddress"],
  ],
  [
    "203.0.113.4:8080/x 203.0.113.4/login",
    ["http://203.0.113.4:8080/x", "http://203.0.113.4/login"],
    ["address"],
  ],
  // Where it leads on.
  ["https://bit.ly/3abc", ["https://bit.ly/3abc"], ["shortener"]],
  [
    "https://www.google.com/url?q=https%3A%2F%2Fevil.example%2Fx&sa=D",
    ["https://www.google.com/url?q=https%3A%2F%2Fevil.example%2Fx&sa=D", "https://evil.example/x"],
    ["redirect"],
  ],
  [
    "http://a.com/?u=http://b.com/?v=http://c.com/",
    ["http://a.com/?u=http://b.com/?v=http://c.com/", "http://b.com/?v=http://c.com/", "http://c.com/"],
    ["nested"],
  ],
  // Markup.
  ["[text](http://x.com/a) [url=http://y.com/b]t[/url]", ["http://x.com/a", "http://y.com/b"], []],
  ["[paypal.com](http://evil.com/x)", ["http://paypal.com", "http://evil.com/x"], ["mismatch"]],
  ['<a href=http://x.com/a title="b">see</a>', ["http://x.com/a"], []],
  ['<a href="http://x.com/">http://y.com/</a>', ["http://x.com/", "http://y.com/"], ["mismatch"]],
  ['<a href="http://x.com/">www.x.com</a>', ["http://x.com/", "http://www.x.com"], []],
  // None.
  ["the dot com boom, dot com bubble, polka dot dress, learn dot net", [], []],
  ["It ended. com você. Enjoy . R u there. at the end. it may. N64 .It seems", [], []],
  ["the best .com names, ASP .NET, end . Next", [], []],
  ["com·put·er col·lecció 3•4", [], []],
  ["$19.95/mo 4.49/month 1.2.3.4 10.0.0.0/8 v1.2.3", [], []],
  ["a (a) b [x] {y} wait [...] what", [], []],
  ["email me at home dot", [], []],
];

for (const [text, urls, tricks] of written) {
  test(`links and tricks of ${JSON.stringify(text)}`, () => {
    const { links, linkTricks } = signalsOf(text);
    assert.deepEqual({ links, linkTricks }, { links: urls, linkTricks: tricks });
  });
}

/** What known redirectors hide: the URL and the target's domain. */
for (const [url, domain] of [
  ["https://l.facebook.com/l.php?u=http%3A%2F%2Fevil.com%2F&h=1", "evil.com"],
  ["https://nam01.safelinks.protection.outlook.com/?url=http%3A%2F%2Fwww.evil.com%2F&data=1", "evil.com"],
  ["https://urldefense.com/v3/__https://evil.com/a__;!!x", "evil.com"],
  ["https://urldefense.proofpoint.com/v2/url?u=http-3A__evil.com_a&d=1", "evil.com"],
  ["https://web.archive.org/web/2013/http://evil.com/x", "evil.com"],
  ["http://google.de/amp/s/evil.com/x", "evil.com"],
  ["https://evil--x-com.translate.goog/x", "evil-x.com"],
  ["https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9ldmlsLmNvbS8&ntb=1", "evil.com"],
  ["https://vk.com/away.php?to=http%3A%2F%2Fevil.com", "evil.com"],
  ["https://t.umblr.com/redirect?z=http%253A%252F%252Fevil.com%252F", "evil.com"],
  ["https://duckduckgo.com/l/?uddg=https%3A%2F%2Fevil.com%2F", "evil.com"],
] as const) {
  test(`the target of ${url}`, () => {
    const { domains, linkTricks } = signalsOf(url);
    assert.equal(domains[1], domain);
    assert.deepEqual(linkTricks, ["redirect"]);
  });
}

test("what a host in other letters looks like", () => {
  assert.deepEqual(signalsOf("http://раypal.com http://bücher.de http://пример.рф").lookalikes, [
    "paypal.com",
    "bucher.de",
  ]);
});

test("shorteners and domains are distinct", () => {
  const { shorteners, domains, linkCount } = signalsOf("https://bit.ly/1 http://www.bit.ly/2 tinyurl.com/3");
  assert.deepEqual(shorteners, ["bit.ly", "tinyurl.com"]);
  assert.deepEqual(domains, ["bit.ly", "tinyurl.com"]);
  assert.equal(linkCount, 3);
});

test("HTML beside the text", () => {
  const html =
    '<!-- http://no.example --><p>Shown.example.com <a href="http://evil.example/x">www.paypal.com</a> ' +
    "<a href='javascript:alert(1)'>x</a><img src=//img.example.org/a.gif><base href=/x>" +
    '<a href="mailto:sales@example.net?subject=x">m</a><script>var x = "http://no.example";</script>' +
    '<meta http-equiv=refresh content="0; url=http://next.example.com/"><form action=http://f.example.com>';
  const found = signalsOf("", html);
  assert.deepEqual(found.links, [
    "http://evil.example/x",
    "http://img.example.org/a.gif",
    "http://next.example.com/",
    "http://f.example.com",
    "http://Shown.example.com".toLowerCase(),
    "http://www.paypal.com",
  ]);
  assert.deepEqual(found.linkTricks, ["mismatch", "script"]);
  assert.deepEqual(found.emailHosts, ["example.net"]);
  const both = signalsOf("see http://evil.example/x", html);
  assert.equal(both.links.filter((url) => url === "http://evil.example/x").length, 1);
});

for (const [text, hosts, handles] of [
  ["mail John@Example.COM, jane (at) gmail (dot) com", ["example.com", "gmail.com"], []],
  ["write to john dot doe at gmail dot com", ["gmail.com"], []],
  ["name @ example . com", ["example.com"], []],
  ["name[at]mail[dot]example[dot]co[dot]uk", ["mail.example.co.uk"], []],
  ["@Name and (@other.one), пишите@third", [], ["name", "other.one", "third"]],
  ["look at example dot com", [], []],
  ["a@b x@localhost 5 @ 3 @5 user@@name", [], []],
  ["http://user@example.com mail@пример.рф", ["xn--e1afmkfd.xn--p1ai"], []],
] as const) {
  test(`addresses and handles in ${JSON.stringify(text)}`, () => {
    const found = signalsOf(text);
    assert.deepEqual([found.emailHosts, found.handles], [hosts, handles]);
  });
}

for (const [text, ...phones] of [
  ["call me at +44 7911 123456 or 0800 123 4567", "+447911123456", "08001234567"],
  ["text 07911123456 now, fax: (732) 751-1457", "07911123456", "7327511457"],
  ["0044 20 7499 2264", "+442074992264"],
  ["+44 (0)20 7499 2264", "+4402074992264"],
  ["8 (912) 345-67-89 и +7 912 345 67 89", "89123456789", "+79123456789"],
  ["O7911 I23456", "07911123456"],
  ["0.7.9.1.1.1.2.3.4.5.6", "07911123456"],
  ["0 8 0 0 5 5 1 2 3 4", "0800551234"],
  ["０７９１１１２３４５６", "07911123456"],
  ["☎️0️⃣7️⃣9️⃣1️⃣1️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣", "07911123456"],
  ["٠٧٩١١١٢٣٤٥٦", "07911123456"],
  ["call 67441233", "67441233"],
  ["Телефон: 345-67-89", "3456789"],
  ["02126762020 02126694444 05339500808", "02126762020", "02126694444", "05339500808"],
  // None.
  ["price 1,000,000 and 1.000.000 and +80.000.000, id 1234567890"],
  ["12.10.2013 10:30, 2013-10-12, 04/23/00 7265, 2010-2013"],
  ["192.168.100.200 4111 1111 1111 1111 ISBN 978-3-16-148410-0"],
  ["10 20 30 40 50 60 70, 0 1 2 3 4 5 6 7 8 9, 000 000 0000"],
  ["76 1240 1372 1111 0010 4277 2001"],
  ["score 3-2 100-200-3000 #1234567 ¥12345678 1234567 views"],
  ["http://example.com/07911123456 a07911123456 07911123456b"],
] as const) {
  test(`numbers in ${JSON.stringify(text)}`, () => assert.deepEqual(signalsOf(text).phones, phones));
}

for (const [text, ...invites] of [
  ["https://t.me/joinchat/AbC t.me/Name?start=1", "telegram:joinchat/AbC", "telegram:Name"],
  [
    "https://wa.me/447911123456 https://chat.whatsapp.com/AbCdEfGhIj",
    "whatsapp:+447911123456",
    "whatsapp:AbCdEfGhIj",
  ],
  ["https://api.whatsapp.com/send?phone=447911123456&text=x", "whatsapp:+447911123456"],
  ["discord.gg/AbC https://discord.com/invite/xyz", "discord:AbC", "discord:xyz"],
  ["https://signal.group/#CjQKIH_x https://line.me/ti/p/~name", "signal:CjQKIH_x", "line:~name"],
  ["instagram.com/Some.Name https://www.snapchat.com/add/name1", "instagram:some.name", "snapchat:name1"],
  ["telegram: @Spammer or WhatsApp me on +44 7911 123456", "telegram:spammer", "whatsapp:+447911123456"],
  ["пишите в телеграм @spam_bot", "telegram:spam_bot"],
  ["tg 👉 @name_x", "telegram:name_x"],
  [
    "snap: girl99, Kik: some.name, my insta is name_1",
    "snapchat:girl99",
    "kik:some.name",
    "instagram:name_1",
  ],
  ["LINE ID: abc123 加微信：wx_abc1", "line:abc123", "wechat:wx_abc1"],
  ["skype:some.name?call tg://resolve?domain=x", "skype:some.name", "telegram:resolve?domain=x"],
  // None.
  ["https://www.instagram.com/p/AbC/ https://discord.com/channels/1 https://t.me/"],
  ["the bottom line is: will it, in line: up, oh snap: what, signal is lost, telegram is down"],
  ["I like Instagram. @home now"],
] as const) {
  test(`invitations in ${JSON.stringify(text)}`, () => {
    const found = signalsOf(text);
    assert.deepEqual(found.invites, invites);
    assert.deepEqual(found.messengers, [...new Set(invites.map((invite) => invite.split(":")[0]))]);
  });
}

const words =
  "http:// hxxps[:]// www. example .com . dot com [.] (at) @ name / \\ : 8080 &amp; &#46; %41 xn-- ? u= # " +
  "! ( ) [ ] 0 791 + - telegram t.me wa.me/ < > <a href= </a> \" ' ![]( [url= ]";
const pieces = fc.constantFrom(...words.split(" "), ...Array.from(" \n中é。•\u200bｗ\ud800а₽"));
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(" ")),
);

test("any text and HTML: lists are bounded and distinct, and of known values where they are closed", () => {
  fc.assert(
    fc.property(anyText, fc.option(anyText, { nil: undefined }), (text, html) => {
      const found = signalsOf(text, html);
      assert.deepEqual(signalsOf(text, html), found);
      assert.equal(found.links.length, found.linkCount);
      for (const [name, list] of Object.entries(found)) {
        if (typeof list === "number") continue;
        assert.ok(list.length <= linksMax, name);
        if (name !== "links") assert.equal(new Set(list).size, list.length, name);
      }
      assert.ok(found.linkTricks.every((trick) => linkTricks.includes(trick)));
      assert.ok(found.messengers.every((messenger) => messengers.some((each) => each === messenger)));
      for (const host of found.emailHosts) assert.match(host, /^[a-z0-9._-]+$/);
      for (const phone of found.phones) assert.match(phone, /^\+?[0-9]{7,15}$/);
      for (const domain of found.lookalikes) assert.match(domain, /^[a-z0-9._-]+$/);
    }),
    { numRuns: 1_500 },
  );
});

test("the reference lists every trick and every messenger", () => {
  const page = readFileSync(new URL("../../../../docs/reference/signals.md", import.meta.url), "utf8");
  const [section = ""] = /^### Tricks of links\n(?:.*\n)*?(?=Brackets)/m.exec(page) ?? [];
  const rows = [...section.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].map(([, names]) => names ?? "");
  const named = (text: string): string[] => Array.from(text.matchAll(/`(\w+)`/g), ([, name]) => name ?? "");
  assert.deepEqual(named(rows.join()), [...linkTricks]);
  const [, list = ""] = /The messengers are ([^.]+)\./.exec(page) ?? [];
  assert.deepEqual(named(list), [...messengers]);
});

test("naughty strings don't throw, and no telephone number is among them", (t) => {
  const path = sharedPath("vectors/naughty-strings/blns.json");
  if (path === undefined) return t.skip(skipReason("vectors/naughty-strings"));
  for (const text of JSON.parse(readFileSync(path, "utf8")) as string[]) {
    assert.deepEqual(signalsOf(text, text).phones, [], text);
  }
});

test("mails that were made to hide links: they are found", (t) => {
  const folder = sharedPath("vectors/mime-rspamd/url_obfuscated_spaced.eml");
  if (folder === undefined) return t.skip(skipReason("vectors/mime-rspamd"));
  for (const [name, domain] of [
    ["bracket_dots", "example.com"],
    ["hxxp", "malicious-site.com"],
    ["spaced", "evil-site.com"],
    ["word_dot", "secure-login.net"],
  ]) {
    const mail: string = readFileSync(folder.replace("spaced", name ?? ""), "utf8");
    const body: string = mail.slice(mail.search(/\r?\n\r?\n/));
    assert.deepEqual(signalsOf(body).domains, [domain], name);
  }
});

test("texts that make a backtracking search slow end", () => {
  const plain = ". dot .com a.b 0_ 1_1_ http:// @ %41 [ [.] (at) <a= <!-- &# xn--a • 中. [url= [a]( www._";
  const parts = [...plain.split(" "), "?u=http://", "telegram @a ", '<a href="', "e x a . ", "a . com "];
  for (const part of parts) {
    const text = part.replaceAll("_", " ").repeat(60_000 / part.length);
    signalsOf(text, text);
  }
});
