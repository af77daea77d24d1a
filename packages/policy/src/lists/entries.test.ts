// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { PolicyError } from "../errors.ts";
import type { ListKind } from "../types.ts";
import { parseAddress } from "./addresses.ts";
import { formatListLine, formatListProblem, readListFile, readListLine, readListValue } from "./entries.ts";
import { createList, createListView } from "./list.ts";
import { compareText } from "./order.ts";

function message(kind: ListKind, text: string): string {
  const read = readListValue(kind, text);
  assert.ok("message" in read, `${kind} ${text} is an entry`);
  return read.message;
}

test("a list file: comments, ends, and every mistake with its place and what was expected", () => {
  const text = [
    "\ufeff# known bad",
    "evil.example",
    "",
    "  bad.example until 2026-12-31T00:00:00Z  # a campaign",
    "http://evil.example/x",
    "com",
    "*.evil.example",
    "evil.example until 2026-13-01T00:00:00Z\r",
    "two words",
  ].join("\n");
  const { entries, problems } = readListFile("domain", text, "lists/bad.txt");
  assert.deepEqual(entries, [
    { value: "evil.example" },
    { value: "bad.example", untilMs: Date.UTC(2026, 11, 31) },
  ]);
  assert.deepEqual(problems.map(formatListProblem), [
    'lists/bad.txt:5:1: expected a host name alone, without scheme and path ("http://evil.example/x")',
    `lists/bad.txt:6:1: expected a domain: com is a suffix of many people's; ` +
      'write *.com if you mean all ("com")',
    'lists/bad.txt:7:1: expected no "*." here: a domain\'s subdomains are included ("*.evil.example")',
    'lists/bad.txt:8:20: expected a time such as 2026-12-31T00:00:00Z after until ("2026-13-01T00:00:00Z")',
    'lists/bad.txt:9:1: expected a host name such as example.com ("two words")',
  ]);
});

test("what is wrong with an entry of each kind", () => {
  assert.equal(
    message("network", "10.0.0.1/8"),
    'expected no bits beyond the prefix of 8: write 10.0.0.0/8, or the address alone ("10.0.0.1/8")',
  );
  assert.match(message("network", "10.0.0.0/33"), /^expected a prefix of 1 to 32 bits after the slash/);
  assert.match(message("network", "0.0.0.0/0"), /^expected a prefix of 1 to 32 bits/);
  assert.match(message("network", "::ffff:10.0.0.0/95"), /^expected a prefix of 97 to 128 bits/);
  assert.match(message("network", "010.0.0.1"), /^expected an IPv4 or IPv6 address, or a network such as/);
  assert.match(message("network", "1::2::3"), /^expected an IPv4 or IPv6 address/);
  assert.match(message("network", "10.0.0.1-10.0.0.9"), /^expected an IPv4 or IPv6 address/);
  assert.match(
    message("emailHost", "who@mail.example"),
    /^expected the host of an e-mail address, what stands after/,
  );
  assert.match(message("emailHost", "*.192.0.2.1"), /^expected a name after "\*\.", not an address/);
  assert.match(message("hash", "two words"), /^expected a hash: at most 128 printable ASCII/);
  assert.match(message("actor", "x".repeat(257)), /^expected an account id of at most 256 characters/);
  assert.match(message("term", "\u200b"), /^expected a word or phrase with a visible character/);
  assert.match(message("term", "x".repeat(257)), /^expected at most 256 characters once normalised, not 257/);
  assert.match(message("pattern", "a(b"), /^expected a regular expression in RE2's syntax: .*missing/);
  assert.match(message("pattern", "(?<!a)b"), /^expected no look-ahead or look-behind/);
  assert.match(message("pattern", "a*"), /^expected a pattern that asks for something/);
  assert.match(
    message("pattern", "(x{100}y){10}"),
    /^expected at most 500 instructions; this pattern unfolds to \d+/,
  );
  assert.match(message("pattern", "a\tb"), /^expected no control characters/);
  assert.match(message("pattern", "x".repeat(1_001)), /^expected at most 1000 characters, not 1001/);
  for (const kind of ["term", "pattern", "domain", "network", "emailHost", "hash", "actor"] as const) {
    assert.match(message(kind, "  "), /^expected an entry, not an empty text/);
  }
});

test("one form for what is the same", () => {
  const canonical = (kind: ListKind, text: string): unknown => {
    const read = readListValue(kind, text);
    return "value" in read ? read.value : read.message;
  };
  assert.equal(canonical("domain", " Bücher.EXAMPLE. "), "xn--bcher-kva.example");
  assert.equal(canonical("domain", "blogspot.com"), "blogspot.com");
  assert.equal(canonical("domain", "*.co.uk"), "*.co.uk");
  assert.equal(canonical("domain", "localhost"), "localhost");
  assert.equal(canonical("emailHost", "*.Temp.Example"), "*.temp.example");
  assert.equal(canonical("network", "10.0.0.1/32"), "10.0.0.1");
  assert.equal(canonical("network", "[2001:DB8:0:0:1:0:0:1]"), "2001:db8::1:0:0:1");
  assert.equal(canonical("network", "::ffff:0:0/97"), "0.0.0.0/1");
  assert.equal(canonical("network", "::/8"), "::/8");
  assert.equal(canonical("hash", "ABCDEF00".repeat(4)), "abcdef00".repeat(4));
  assert.equal(canonical("term", "  FREE\t Money* "), "free money*");
  assert.equal(canonical("term", "*"), "*");
  assert.equal(canonical("term", "**x"), "**x");
  assert.equal(canonical("term", "x\\ *"), "x\\");
  assert.equal(canonical("pattern", " a\\b "), "a\\b");
});

test("a canonical entry reads as itself, and its line reads back", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "Z", "*", "\\", "#", ".", " ", "é", "1"),
    minLength: 1,
    maxLength: 8,
  });
  const kinds = fc.constantFrom<ListKind>("term", "pattern", "domain", "emailHost", "hash");
  fc.assert(
    fc.property(kinds, text, fc.option(fc.nat(1e12), { nil: undefined }), (kind, written, untilMs) => {
      const read = readListValue(kind, written);
      if (!("value" in read)) return;
      assert.deepEqual(readListValue(kind, read.value), read);
      const entry = untilMs === undefined ? read : { ...read, untilMs };
      assert.deepEqual(readListLine(kind, formatListLine(kind, entry)), entry);
    }),
    { numRuns: 2_000, examples: [["term", "\\ *", undefined]] },
  );
});

test("the order of entries is the order of their bytes in UTF-8", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "z", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}"),
    maxLength: 4,
  });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const expected = Math.sign(Buffer.compare(Buffer.from(one), Buffer.from(other)));
      assert.equal(Math.sign(compareText(one, other)), expected);
    }),
  );
});

test("of a value that stands there several times, the latest end counts; a bad entry is named", () => {
  const twice = [
    { value: "a", untilMs: 5 },
    { value: "a", untilMs: 9 },
  ];
  assert.deepEqual([...createList("hash", twice).entries()], [{ value: "a", untilMs: 9 }]);
  assert.deepEqual([...createList("hash", [...twice, { value: "a" }]).entries()], [{ value: "a" }]);
  assert.throws(
    () => createListView("domain", [{ value: "a b" }]),
    (error: unknown) => {
      assert.ok(error instanceof PolicyError);
      assert.equal(error.code, "invalid-list");
      assert.equal(error.message, 'expected a host name such as example.com ("a b")');
      return true;
    },
  );
  assert.throws(() => createList("hash", [{ value: "b" }, { value: "a" }], { sorted: true }), RangeError);
});

test("IPv4 addresses are read as a naive twin reads them", () => {
  const text = fc.string({ unit: fc.constantFrom("0", "1", "2", "5", ".", "a"), maxLength: 16 });
  const near = fc.array(fc.constantFrom("0", "00", "1", "25", "255", "256", "1000", ""), {
    minLength: 3,
    maxLength: 5,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        near.map((parts) => parts.join(".")),
      ),
      (written) => {
        const parts = written.split(".");
        const valid =
          parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && +part < 256);
        assert.deepEqual(parseAddress(written), valid ? Uint8Array.from(parts, Number) : undefined);
      },
    ),
    { numRuns: 3_000 },
  );
});
