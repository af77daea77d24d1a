// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { normaliseText } from "../text/normalise.ts";
import { findLinks, linkLengthMax, linksMax, pieceLengthMax } from "./links.ts";

/** A text and the URLs in it. */
const cases: readonly (readonly [text: string, ...urls: string[]])[] = [
  // With a scheme.
  ["see http://example.com", "http://example.com"],
  ["HTTPS://Example.COM/Path?Q=1#F", "https://example.com/Path?Q=1#F"],
  ["ftp://example.com/x", "ftp://example.com/x"],
  ["http://example.com:8080/x", "http://example.com:8080/x"],
  ["http://user:secret@example.com/x", "http://example.com/x"],
  ["http://good.com@evil.com/", "http://evil.com/"],
  ["http://localhost:3000/x", "http://localhost:3000/x"],
  ["http://host.invalid/x", "http://host.invalid/x"],
  ["http://bücher.example/ö", "http://xn--bcher-kva.example/ö"],
  ["http://xn--bcher-kva.example", "http://xn--bcher-kva.example"],
  ["http://192.0.2.7/x", "http://192.0.2.7/x"],
  ["http://2130706433/x", "http://127.0.0.1/x"],
  ["http://[2001:DB8::1]:80/x", "http://[2001:db8::1]:80/x"],
  ["http://a.com http://a.com", "http://a.com", "http://a.com"],
  // What is around a link.
  ["(see http://example.com/x).", "http://example.com/x"],
  ["http://example.com/a_(b)", "http://example.com/a_(b)"],
  ['<a href="http://example.com/x">here</a>', "http://example.com/x"],
  ["http://example.com/x, http://example.org/y!", "http://example.com/x", "http://example.org/y"],
  ["http://example.com/x...", "http://example.com/x"],
  ["“http://example.com/x”", "http://example.com/x"],
  ["►►example.com◄◄", "http://example.com"],
  ["lookhttp://example.com/xhttp://example.org", "http://example.com/x", "http://example.org"],
  ["看http://example.com看", "http://example.com"],
  ["www.example.com您好。", "http://www.example.com"],
  // Bare names.
  ["example.com", "http://example.com"],
  ["example.com/x and www.example.org", "http://example.com/x", "http://www.example.org"],
  ["example.com:8080/x", "http://example.com:8080/x"],
  ["Visit Example.COM.", "http://example.com"],
  ["foo.blogspot.com.br", "http://foo.blogspot.com.br"],
  ["youtu.be/abc bit.ly/x t.co/1", "http://youtu.be/abc", "http://bit.ly/x", "http://t.co/1"],
  [
    "psnfree4.me un-lock.me unlockediphone.me",
    "http://psnfree4.me",
    "http://un-lock.me",
    "http://unlockediphone.me",
  ],
  ["пример.рф", "http://xn--e1afmkfd.xn--p1ai"],
  ["//example.com/x", "http://example.com/x"],
  ["this.is/x www.this.is", "http://this.is/x", "http://www.this.is"],
  // What hides a link from others.
  ["http://example.com/?a=1&amp;b=2", "http://example.com/?a=1&b=2"],
  ["http&#58;//example&#x2e;com/x", "http://example.com/x"],
  ["exam\u200bple.c\ufeffom/x", "http://example.com/x"],
  ["ｈｔｔｐ：／／ｅｘａｍｐｌｅ．ｃｏｍ／ｘ", "http://example.com/x"],
  ["example.ｃｏｍ", "http://example.com"],
  ["http://example。com/x", "http://example.com/x"],
  ["bit.ly\\x http:\\\\example.com\\y", "http://bit.ly/x", "http://example.com/y"],
  // No links.
  [""],
  ["e.g. i.e. etc. a.k.a. U.S.A. Ph.D."],
  ["3.14 1.000.000 v1.2.3 10:30 192.0.2.7"],
  ["hi.there end.Next lol.ok ok.lol this.is"],
  ["deal.so yes.you that.it come.to you.me see.in well.no"],
  ["good.The hello.Com night.Info"],
  ["wait...what ..com .com com. ..."],
  ["me@example.com mailto:me@example.com me.too@example.co.uk"],
  ["file.txt node.js README.markdown a.exe"],
  ["javascript:alert(1) data:text/html,x tel:123"],
  ["and/or a//b // http:// http://. www. www.nothing"],
  ["example.notasuffix x.y.z"],
  ["see.a.full.length.movie"],
];

for (const [text, ...urls] of cases) {
  test(`finds ${urls.length} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(
      findLinks(text).links.map(({ url }) => url),
      urls,
    );
  });
}

test("a name that contains a link leaves the rest of the text", () => {
  assert.equal(findLinks("buy at example.com now").rest, "buy at   now");
  assert.equal(findLinks("www.example.com您好 &amp; ok").rest, " 您好 & ok");
  assert.equal(findLinks("no links. here").rest, "no links. here");
});

test("a text without link and escape: the rest is the same text when normalised", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (before, after) => {
      // With an escape in it, the text is made readable whatever else it holds.
      const text = `${before}\u200b ${after}`.replaceAll("&", "+");
      const { links, rest } = findLinks(text);
      const readable = findLinks(`${text} &amp;`);
      fc.pre(links.length === 0 && readable.links.length === 0);
      assert.equal(normaliseText(`${rest} &`), normaliseText(readable.rest));
    }),
  );
  // Taking away what is invisible joins these halves to a letter.
  assert.equal(findLinks("\ud835\u200b\udcd0").rest, "\u{1d4d0}");
});

test("no more links than the limit, and none longer than the limit", () => {
  const { links } = findLinks("http://example.com ".repeat(linksMax + 5));
  assert.equal(links.length, linksMax);
  const [long] = findLinks(`http://example.com/${"a".repeat(linkLengthMax * 2)}`).links;
  assert.ok(long !== undefined && long.url.length <= linkLengthMax);
});

test("a link after more text without white space than a piece holds is found", () => {
  const [link] = findLinks(`${"字".repeat(pieceLengthMax * 3)}http://example.com/x`).links;
  assert.equal(link?.url, "http://example.com/x");
});

const tokens = fc.constantFrom(
  ..."http:// www. example .com . / \\ @ : 8080 &amp; &#46; ( ) [::1] - xn-- ? # ! mailto: // is ' \"".split(
    " ",
  ),
  ...Array.from(" 中é。\u200bｗ\ud800►"),
);

test("any text: links have a scheme and a lower-case ASCII host, and stay in their limits", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(tokens, { maxLength: 40 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (text) => {
      const { links, rest } = findLinks(text);
      assert.ok(links.length <= linksMax && rest.length <= text.length + links.length);
      for (const { url, domain } of links) {
        assert.match(url, /^(?:https?|ftp):\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?(?:[/?#]|$)/);
        assert.ok(url.length <= linkLengthMax);
        if (domain !== undefined) assert.match(domain, /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("naughty strings don't throw", (t) => {
  const path = sharedPath("vectors/naughty-strings/blns.json");
  if (path === undefined) return t.skip(skipReason("vectors/naughty-strings"));
  for (const text of JSON.parse(readFileSync(path, "utf8")) as string[]) findLinks(text);
});

test("texts that make a backtracking search slow end", () => {
  for (const part of [
    "x.qq/(",
    "http://x/(a[b{c",
    "!a.b-",
    "//a:",
    "ftp://é",
    "http://a:99999",
    " a.b",
    "@",
  ]) {
    findLinks(part.repeat(100_000 / part.length));
  }
});
