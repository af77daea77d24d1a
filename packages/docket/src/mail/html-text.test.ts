// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { htmlToText } from "./html-text.ts";

const cases: readonly (readonly [name: string, html: string, text: string])[] = [
  ["blocks become lines", "<p>One<br>two</p><div>three</div><p>four", "One\ntwo\n\nthree\n\nfour"],
  ["words that tags split are whole", "V<b></b>i<!-- x -->a<span\nx='>'>g</span>ra", "Viagra"],
  ["what is not shown is left out", "<style>p{}</style><title>t</title>a<script>1<2</script>b", "ab"],
  ["references", "&euro;5 &#8217;&#x41;&#146; &nbsp;&AMP; &nothing; &lt", "€5 ’A’ & &nothing; <"],
  [
    "a target behind its words",
    '<a href="https://evil.example/x">your bank</a>!',
    "your bank <https://evil.example/x> !",
  ],
  ["a target that is shown", '<a href="https://a.example/">https://a.example/</a>', "https://a.example/"],
  [
    "a target with references and line ends",
    "<a\nhref=http://a.example/?a&amp;b\n>x</a>",
    "x <http://a.example/?a&b>",
  ],
  ["a link that isn't closed", "<a href='//a.example'>x<a href='#top'>y</a>", "x <//a.example> y"],
  ["a picture is its text", '<img src="cid:1" alt="Buy now">', "Buy now"],
  ["no tag at all", "a < b, 3<4 <> &", "a < b, 3<4 <> &"],
  ["lines of preformatted text stay", "<pre>a\n b</pre> c\nd", "a\nb\n\nc d"],
  ["table cells are apart", "<table><tr><td>a</td><td>b</td></tr></table>", "a b"],
  ["what a tag without an end says is kept", 'a<img alt="b', "ab"],
];

for (const [name, html, text] of cases) {
  test(`HTML to text: ${name}`, () => assert.equal(htmlToText(html), text));
}

test("any text is converted, and never grows by more than references could shrink it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (html) => {
      const text = htmlToText(html);
      assert.ok(text.length <= html.length * 4);
    }),
  );
});

test("a page of unclosed links, quotes and spaces takes linear time", () => {
  const count = 20_000;
  for (const piece of ["<a href=x>", "<a href='", "<b> </b>", "<", "<!--", "<script>", "&#", "<td> "]) {
    assert.equal(typeof htmlToText(piece.repeat(count)), "string");
  }
});
