// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { domainToASCII } from "node:url";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { readHost } from "./host.ts";

test("registrable domains are those of the Public Suffix List's own tests", (t) => {
  const name = "vectors/public-suffix-tests/tests.txt";
  const path = sharedPath(name);
  if (path === undefined) return t.skip(skipReason(name));
  let hosts = 0;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [host = "", domain = ""] = line.split(" ");
    if (line.startsWith("//") || line === "" || host === "null") continue;
    hosts += 1;
    // Ours by design: a private suffix is its own domain, since a link to it leads to its owner.
    const expected = host === "uk.com" ? "uk.com" : domainToASCII(domain);
    assert.equal(readHost(host)?.domain, domain === "null" && host !== "uk.com" ? undefined : expected, host);
  }
  assert.ok(hosts > 70);
});

for (const [host, ascii, domain] of [
  ["Example.COM", "example.com", "example.com"],
  ["example.com.", "example.com", "example.com"],
  ["foo.blogspot.com", "foo.blogspot.com", "foo.blogspot.com"],
  ["a.foo.github.io", "a.foo.github.io", "foo.github.io"],
  ["blogspot.com", "blogspot.com", "blogspot.com"],
  ["bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"],
  ["faß.de", "xn--fa-hia.de", "xn--fa-hia.de"],
  ["пример.рф", "xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"],
  ["例え.テスト", "xn--r8jz45g.xn--zckzah", "xn--r8jz45g.xn--zckzah"],
  ["a_b.example.com", "a_b.example.com", "example.com"],
  ["localhost", "localhost", undefined],
  ["co.uk", "co.uk", undefined],
  ["192.0.2.1", "192.0.2.1", "192.0.2.1"],
  ["2130706433", "127.0.0.1", "127.0.0.1"],
  ["0x7f.1", "127.0.0.1", "127.0.0.1"],
  ["0300.0250.257", "192.168.1.1", "192.168.1.1"],
  ["[2001:DB8::1]", "[2001:db8::1]", "[2001:db8::1]"],
] as const) {
  test(`reads the host ${host}`, () => {
    const found = readHost(host);
    assert.equal(found?.ascii, ascii);
    assert.equal(found?.domain, domain);
  });
}

for (const host of ["", ".", "a..b", ".com", "1.2.3.256", "1.2.3.4.5", "a.1", "a b.com", "a%.com", "[x]"]) {
  test(`refuses the host ${JSON.stringify(host)}`, () => assert.equal(readHost(host), undefined));
}

test("labels of lower-case letters become the punycode that the platform makes of them", () => {
  const letter = fc.constantFrom(...Array.from("abz09äöçñ中文日本語привет한국어ελληνικά"));
  fc.assert(
    fc.property(fc.string({ unit: letter, minLength: 1, maxLength: 15 }), (label) => {
      fc.pre(domainToASCII(`${label}.com`) !== "");
      assert.equal(readHost(`${label}.com`)?.ascii, domainToASCII(`${label}.com`));
    }),
  );
});

test("addresses in any notation are the platform's", () => {
  const part = fc.oneof(
    fc.nat(300).map(String),
    fc.nat(300).map((n) => `0x${n.toString(16)}`),
    fc.nat(300).map((n) => `0${n.toString(8)}`),
    fc.nat(2 ** 33).map(String),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const host = parts.join(".");
      const expected = URL.parse(`http://${host}/`)?.hostname;
      assert.equal(readHost(host)?.ascii, expected);
    }),
  );
});
