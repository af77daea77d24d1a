// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { readHost } from "../signals/host.ts";
import { normaliseText } from "../text/normalise.ts";
import { isDigit, isLetter, isMark, unicode } from "../text/unicode.ts";
import type { ListKind } from "../types.ts";
import { parseAddress } from "./addresses.ts";
import { createList, createListView } from "./list.ts";
import type { List, ListChange } from "./list.ts";
import { readListFile } from "./entries.ts";
import type { ListEntry } from "./entries.ts";
import { compareText } from "./order.ts";
import { checkListPattern } from "./patterns.ts";

const now = Date.UTC(2026, 10, 23);

function view(kind: ListKind, ...values: string[]): ReturnType<typeof createListView> {
  return createListView(
    kind,
    values.map((value) => ({ value })),
  );
}

test("domains: subdomains, case, punycode, links and addresses; the most specific entry", () => {
  const list = view("domain", "Evil.example", "a.evil.example", "bücher.example", "*.zip", "192.0.2.7");
  const find = (value: string): string | undefined => list.find(value, now);
  assert.equal(find("evil.example"), "evil.example");
  assert.equal(find("x.y.EVIL.example."), "evil.example");
  assert.equal(find("x.a.evil.example"), "a.evil.example");
  assert.equal(find("notevil.example"), undefined);
  assert.equal(find("example"), undefined);
  assert.equal(find("https://user@www.Evil.example:8080/path?q#f"), "evil.example");
  assert.equal(find("www.BÜCHER.example/x"), "xn--bcher-kva.example");
  assert.equal(find("anything.zip"), "*.zip");
  assert.equal(find("http://0xc0.0.2.7/"), "192.0.2.7");
  assert.equal(find("1.192.0.2.7"), undefined);
  assert.deepEqual(list.hits("https://a.evil.example/", now), ["a.evil.example"]);
  assert.deepEqual(list.hits("", now), []);
});

test("networks: the longest prefix, IPv4, IPv6, and IPv4 in IPv6", () => {
  const list = view(
    "network",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.3",
    "2001:DB8:0::/32",
    "::ffff:192.0.2.0/120",
  );
  const find = (value: string): string | undefined => list.find(value, now);
  assert.equal(find("10.9.9.9"), "10.0.0.0/8");
  assert.equal(find("10.1.9.9"), "10.1.0.0/16");
  assert.equal(find("10.1.2.3"), "10.1.2.3");
  assert.equal(find("::ffff:10.1.2.3"), "10.1.2.3");
  assert.equal(find("11.0.0.0"), undefined);
  assert.equal(find("2001:db8:ffff::1"), "2001:db8::/32");
  assert.equal(find("2001:db9::"), undefined);
  assert.equal(find("192.0.2.255"), "192.0.2.0/24");
  assert.equal(find("192.0.3.0"), undefined);
  assert.equal(find("not an address"), undefined);
});

test("e-mail hosts: of an address or alone; below only with *.", () => {
  const list = view("emailHost", "mail.example", "*.temp.example", "a.temp.example");
  const find = (value: string): string | undefined => list.find(value, now);
  assert.equal(find("somebody@Mail.Example"), "mail.example");
  assert.equal(find("mail.example"), "mail.example");
  assert.equal(find("x@sub.mail.example"), undefined);
  assert.equal(find("x@temp.example"), "*.temp.example");
  assert.equal(find("x@b.c.temp.example"), "*.temp.example");
  assert.equal(find("x@a.temp.example"), "a.temp.example");
  assert.equal(find("x@xtemp.example"), undefined);
});

test("hashes and actors", () => {
  const digest = "0123456789ABCDEF0123456789abcdef";
  const hashes = view("hash", digest, "Zm9v-_x");
  assert.equal(hashes.find(digest.toUpperCase(), now), digest.toLowerCase());
  assert.equal(hashes.find("Zm9v-_x", now), "Zm9v-_x");
  assert.equal(hashes.find("zm9v-_x", now), undefined);
  const hashActor = (id: string): string => `h-${Array.from(id).toReversed().join("")}`;
  const actors = createListView("actor", [{ value: "u1" }, { value: "é2" }], { hashActor });
  assert.equal(actors.find("u1", now), "h-1u");
  assert.equal(actors.find("é2", now), "h-2é");
  assert.equal(actors.find("h-1u", now), undefined);
});

test("terms: whole words in normalised text, a star where it may go on, and scripts without spaces", () => {
  const list = view(
    "term",
    "Viagra",
    "buy now",
    "casino*",
    "*coin",
    "*porn*",
    "100%",
    "\\*",
    "優惠",
    "ﬁx",
    "$$$",
  );
  const hits = (text: string): readonly string[] => list.hits(text, now);
  assert.deepEqual(hits("VIAGRA!"), ["viagra"]);
  assert.deepEqual(hits("viagras"), []);
  assert.deepEqual(hits("aviagra via_gra"), []);
  assert.deepEqual(hits("x_viagra_x"), ["viagra"]);
  assert.deepEqual(hits("buy  \n now"), ["buy now"]);
  assert.deepEqual(hits("casinos and bitcoin, coins"), ["*coin", "casino*"]);
  assert.deepEqual(hits("superpornstar"), ["*porn*"]);
  assert.deepEqual(hits("get 100% off"), ["100%"]);
  assert.deepEqual(hits("1100% off"), []);
  assert.deepEqual(hits("a*b"), ["*"]);
  assert.deepEqual(hits("大優惠券"), ["優惠"]);
  assert.deepEqual(hits("一viagra一"), ["viagra"]);
  assert.deepEqual(hits("fix"), ["fix"]);
  assert.deepEqual(hits("ＶＩＡＧＲＡ\u{1F600}"), ["viagra"]);
  assert.deepEqual(hits("viagra\u0301"), []);
  assert.deepEqual(hits("a$$$b"), ["$$$"]);
});

test("patterns: RE2 on normalised text, case ignored", () => {
  const list = view(
    "pattern",
    "Beast\\W?mode",
    "casino\\d+",
    "^hello",
    "(red|green) pill",
    "sh?op\\.example",
  );
  const hits = (text: string): readonly string[] => list.hits(text, now);
  assert.deepEqual(hits("BEAST MODE"), ["Beast\\W?mode"]);
  assert.deepEqual(hits("casino"), []);
  assert.deepEqual(hits("Hello casino42"), ["^hello", "casino\\d+"]);
  assert.deepEqual(hits("oh hello"), []);
  assert.deepEqual(hits("a GREEN pill at sop.example"), ["(red|green) pill", "sh?op\\.example"]);
});

test("an entry is in force before its end only", () => {
  for (const [kind, entry, text] of [
    ["term", "spam", "some spam"],
    ["pattern", "sp[ae]m\\d", "spam1"],
    ["domain", "evil.example", "evil.example"],
    ["network", "10.0.0.0/8", "10.0.0.1"],
    ["emailHost", "*.evil.example", "a@b.evil.example"],
    ["hash", "abc", "abc"],
    ["actor", "u1", "u1"],
  ] as const) {
    const list = createListView(kind, [{ value: entry, untilMs: now }]);
    assert.equal(list.find(text, now - 1), entry, kind);
    assert.equal(list.find(text, now), undefined, kind);
    assert.deepEqual(list.hits(text, now), [], kind);
  }
  const domains = createListView("domain", [{ value: "b.example" }, { value: "a.b.example", untilMs: now }]);
  assert.equal(domains.find("a.b.example", now - 1), "a.b.example");
  assert.equal(domains.find("a.b.example", now), "b.example");
});

test("at most 64 hits, the first in the order of their text", () => {
  const words = Array.from({ length: 200 }, (_, index) => `word${index}`);
  const hits = createListView(
    "term",
    words.map((value) => ({ value })),
  ).hits(words.toReversed().join(" "), now);
  assert.deepEqual(hits, [...words].sort().slice(0, 64));
});

// Twins -----------------------------------------------------------------------------------------------------

const alphabets = {
  text: fc.string({
    unit: fc.constantFrom("a", "b", "A", " ", "é", "1", "界", "-", "*", "\u{1F600}"),
    maxLength: 30,
  }),
  term: fc.string({
    unit: fc.constantFrom("a", "b", " ", "1", "界", "-", "*", "\u{1F600}"),
    minLength: 1,
    maxLength: 5,
  }),
  host: fc
    .array(fc.constantFrom("a", "b", "ab", "com", "co", "uk"), { minLength: 1, maxLength: 5 })
    .map((l) => l.join(".")),
  address: fc.oneof(
    fc.tuple(fc.constantFrom(10, 11), fc.nat(3), fc.nat(1), fc.nat(255)).map((parts) => parts.join(".")),
    fc.tuple(fc.nat(3), fc.nat(3)).map(([one, other]) => `2001:db8:${one}::${other}`),
  ),
  hash: fc.string({ unit: fc.constantFrom("a", "F", "0"), minLength: 1, maxLength: 2 }),
};
const prefix = fc.option(fc.integer({ min: 1, max: 128 }), { nil: undefined });

/** Whole texts, whose literals need no run. */
const patternPieces = ["ab", "aba", "b a", "1"];

type Twin = {
  readonly value: fc.Arbitrary<string>;
  readonly asked: fc.Arbitrary<string>;
  /** Whether the entry has the value, and how specific it is. */
  readonly rank: (entry: string, asked: string) => number;
};

const twins: Readonly<Record<string, Twin>> = {
  domain: {
    value: alphabets.host,
    asked: alphabets.host,
    rank: (entry, asked) => {
      const own = entry.replace("*.", "");
      return asked === own || asked.endsWith(`.${own}`) ? own.length : -1;
    },
  },
  emailHost: {
    value: fc.tuple(fc.constantFrom("", "*."), alphabets.host).map((parts) => parts.join("")),
    asked: alphabets.host.map((host) => `who@${host}`),
    rank: (entry, asked) => {
      const host = asked.slice(4);
      if (entry === host) return 1_000;
      return entry.startsWith("*.") && `.${host}`.endsWith(entry.slice(1)) ? entry.length : -1;
    },
  },
  network: {
    value: fc.tuple(alphabets.address, prefix).map(([address, bits]) => {
      const bytes = parseAddress(address) as Uint8Array;
      if (bits === undefined || bits >= bytes.length * 8) return address;
      const value = BigInt(
        `0b${bitsOf(address)
          .slice(0, bits)
          .padEnd(bytes.length * 8, "0")}`,
      );
      if (bytes.length === 16) {
        return `${value
          .toString(16)
          .padStart(32, "0")
          .replaceAll(/.{4}(?=.)/g, "$&:")}/${bits}`;
      }
      return `${[24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".")}/${bits}`;
    }),
    asked: alphabets.address,
    rank: (entry, asked) => {
      const [address = "", bits] = entry.split("/");
      const own = bitsOf(address).slice(0, bits === undefined ? 128 : Number(bits));
      return bitsOf(asked).startsWith(own) && bitsOf(asked).length === bitsOf(address).length
        ? own.length
        : -1;
    },
  },
  hash: {
    value: alphabets.hash,
    asked: alphabets.hash,
    rank: (entry, asked) => (entry === asked ? 1 : -1),
  },
  pattern: {
    value: fc.constantFrom(
      ...patternPieces,
      "a+b",
      "(?:b|1)a",
      "\\bab\\b",
      "^a",
      "[a1]b?a",
      "b.b",
      "界\\d",
      "AB",
    ),
    asked: alphabets.text,
    rank: (entry, asked) => {
      return RE2JS.compile(entry, RE2JS.CASE_INSENSITIVE).test(normaliseText(asked)) ? 1 : -1;
    },
  },
  term: { value: alphabets.term, asked: alphabets.text, rank: termRank },
};

function bitsOf(address: string): string {
  return Array.from(parseAddress(address) as Uint8Array, (byte) => byte.toString(2).padStart(8, "0")).join(
    "",
  );
}

function termRank(entry: string, asked: string): number {
  const text = Array.from(normaliseText(asked));
  const open = { before: entry.length > 1 && entry.startsWith("*"), after: /[^\\]\*$/.test(entry) };
  const bare = entry.slice(open.before ? 1 : 0, open.after ? -1 : undefined);
  const escaped = bare.replace(open.before ? "" : /^\\(?=\*)/, "").replace(/\\\*$/, "*");
  const core = Array.from(entry === "*" ? "*" : escaped);
  const wordy = (character: string | undefined): boolean =>
    character !== undefined &&
    character !== "界" &&
    ((unicode().properties[character.codePointAt(0) ?? 0] ?? 0) & (isLetter | isMark | isDigit)) !== 0;
  for (let start = 0; start + core.length <= text.length; start++) {
    if (!core.every((character, index) => text[start + index] === character)) continue;
    if (!open.before && wordy(core[0]) && wordy(text[start - 1])) continue;
    if (!open.after && wordy(core.at(-1)) && wordy(text[start + core.length])) continue;
    return 1;
  }
  return -1;
}

const step = fc.record({
  add: fc.boolean(),
  which: fc.nat(30),
  untilMs: fc.option(fc.nat(3), { nil: undefined }),
});

for (const [kind, twin] of Object.entries(twins)) {
  test(`${kind}: the same as a naive twin, built at once or changed one by one`, () => {
    const values = fc.array(twin.value, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        values,
        fc.array(step, { maxLength: 12 }),
        fc.array(twin.asked, { maxLength: 12 }),
        (own, steps, all) => {
          const { entries } = readListFile(kind as ListKind, own.join("\n"), "list");
          const half = Math.floor(entries.length / 2);
          const kept = new Map(entries.slice(0, half).map((entry) => [entry.value, entry]));
          let list = createList(kind as ListKind, entries.slice(0, half));
          for (const { add, which, untilMs } of steps) {
            const value = entries[which % Math.max(1, entries.length)]?.value;
            if (value === undefined) continue;
            const entry: ListEntry = untilMs === undefined ? { value } : { value, untilMs };
            const change: ListChange = { add: add ? [entry] : [], remove: add ? [] : [value] };
            list = list.change(change);
            if (add) kept.set(value, entry);
            else kept.delete(value);
          }
          checkTwin(twin, kind as ListKind, list, [...kept.values()], all);
        },
      ),
      { numRuns: 150 },
    );
  });
}

function checkTwin(
  twin: Twin,
  kind: ListKind,
  list: List,
  kept: readonly ListEntry[],
  asked: readonly string[],
): void {
  const fresh = createList(kind, kept);
  const ordered = kept.toSorted((one, other) => compareText(one.value, other.value));
  assert.deepEqual([...list.entries()], ordered);
  assert.deepEqual([...fresh.entries()], ordered);
  assert.equal(list.size, kept.length);
  for (const value of asked) {
    for (const atMs of [0, 2]) {
      const found = ordered
        .filter(({ untilMs = Infinity }) => atMs < untilMs)
        .map((entry) => ({ value: entry.value, rank: twin.rank(entry.value, value) }))
        .filter(({ rank }) => rank >= 0);
      const best = found.toSorted((one, other) => other.rank - one.rank)[0]?.value;
      const expected =
        kind === "term" || kind === "pattern"
          ? found.map((entry) => entry.value)
          : best === undefined
            ? []
            : [best];
      assert.deepEqual(list.view.hits(value, atMs), expected, `${kind} ${value}`);
      assert.deepEqual(fresh.view.hits(value, atMs), expected);
      assert.equal(list.view.find(value, atMs), expected[0]);
    }
  }
}

test("entries after a value, from the middle of a large list", () => {
  const values = Array.from({ length: 2_000 }, (_, index) => `h${String(index).padStart(4, "0")}`);
  const list = createList(
    "hash",
    values.map((value) => ({ value })),
  ).change({ add: [{ value: "h0999x" }], remove: ["h1000"] });
  const after = (value: string): string[] => Array.from(list.entries(value), (entry) => entry.value);
  assert.deepEqual(after("h0998").slice(0, 3), ["h0999", "h0999x", "h1001"]);
  assert.equal(after("").length, 2_000);
  assert.deepEqual(after("h1998"), ["h1999"]);
  assert.deepEqual(after("z"), []);
});

test("a large list that is changed often is made anew, and stays the same", () => {
  let list = createList(
    "hash",
    Array.from({ length: 500 }, (_, index) => ({ value: `h${index}` })),
  );
  for (let index = 0; index < 1_500; index++) {
    list = list.change({ add: [{ value: `x${index}` }], remove: [`h${index}`, `x${index - 3}`] });
  }
  assert.equal(list.size, 3);
  assert.deepEqual(
    [...list.entries()].map(({ value }) => value),
    ["x1497", "x1498", "x1499"],
  );
  assert.equal(list.view.find("h0", now), undefined);
});

// Real lists ------------------------------------------------------------------------------------------------

test("real domains: each is found, from its links too, and others are not", (t) => {
  const folder = sharedPath("data/lists-domains");
  if (folder === undefined) return t.skip(skipReason("data/lists-domains"));
  for (const name of ["discord_phishing_domains", "disposable_email_domains", "referrer_spammers"]) {
    const text = readFileSync(`${folder}/${name}.txt`, "utf8");
    const kind = name.includes("email") ? "emailHost" : "domain";
    const { entries, problems } = readListFile(kind, text, name);
    // One of the lists has links of URL shorteners among its domains.
    for (const { message } of problems)
      assert.match(message, /^expected a host name alone|is a suffix of many people/);
    const list = createList(kind, entries);
    for (const { value } of entries) {
      const asked = kind === "domain" ? `https://xyz.${value}/x` : `who@${value}`;
      assert.equal(list.view.find(asked, now), value);
      assert.notEqual(list.view.find(`not-${value}`, now), value);
    }
    assert.equal(readHost("example.com")?.ascii, "example.com");
    assert.equal(list.view.find("example.com", now), undefined);
  }
});

test("real addresses: each is found, and their neighbours only if listed", (t) => {
  const path = sharedPath("data/lists-ip/ipsum.txt.gz");
  if (path === undefined) return t.skip(skipReason("data/lists-ip/ipsum.txt.gz"));
  const text = gunzipSync(readFileSync(path))
    .toString()
    .replaceAll(/\t\d+$/gm, "");
  const { entries, problems } = readListFile("network", text, "ipsum");
  assert.deepEqual(problems, []);
  const list = createList("network", entries);
  const listed = new Set(entries.map(({ value }) => value));
  assert.equal(list.size, listed.size);
  for (const { value } of entries.slice(0, 4_000)) {
    assert.equal(list.view.find(`::ffff:${value}`, now), value);
    const neighbour = value.replace(/\d+$/, (last) => String((Number(last) + 1) % 256));
    assert.equal(list.view.find(neighbour, now), listed.has(neighbour) ? neighbour : undefined);
  }
});

test("real terms: one pass finds what searching for each finds", (t) => {
  const path = sharedPath("data/lists-comment-terms/wordpress_comment_blocklist.txt");
  if (path === undefined) return t.skip(skipReason("data/lists-comment-terms"));
  // They are substrings: a star at both ends.
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const { entries, problems } = readListFile("term", lines.map((line) => `*${line}*`).join("\n"), "terms");
  assert.deepEqual(problems, []);
  const list = createList("term", entries);
  const cores = [...new Set(entries.map(({ value }) => value.slice(1, -1)))];
  const texts = Array.from({ length: 6 }, (_, index) => lines.slice(index * 7, index * 7 + 6).join(" and "));
  for (const text of texts) {
    const expected = cores.filter((core) => normaliseText(text).includes(core)).map((core) => `*${core}*`);
    assert.deepEqual(list.view.hits(text, now), expected.sort(compareText).slice(0, 64));
  }
});

test("real patterns: the same hits as running every pattern", (t) => {
  const folder = sharedPath("data/patterns-smokedetector");
  if (folder === undefined) return t.skip(skipReason("data/patterns-smokedetector"));
  const keywords = readFileSync(`${folder}/bad_keywords.txt`, "utf8").split("\n");
  const watched = readFileSync(`${folder}/watched_keywords.txt`, "utf8").split("\n");
  const sources = [...keywords, ...watched.map((line) => line.split("\t")[2] ?? "")].filter(
    (line) => line !== "" && !line.startsWith("#"),
  );
  const readable = [...new Set(sources.filter((source) => checkListPattern(source.trim()) === undefined))];
  assert.ok(readable.length > 0.95 * new Set(sources).size, `${readable.length} of ${new Set(sources).size}`);
  const list = createList(
    "pattern",
    readable.map((source) => ({ value: source.trim() })),
  );
  const compiled = readable.map((source) => RE2JS.compile(source.trim(), RE2JS.CASE_INSENSITIVE));
  const texts = readable.slice(0, 2_000).filter((_, index) => index % 100 === 0);
  for (const source of texts) {
    const text = normaliseText(`see ${source.replaceAll(/\\[Ww]|[?*+()]/g, " ").replaceAll("\\", "")} today`);
    const expected = readable.filter((_, index) => compiled[index]?.test(text)).map((each) => each.trim());
    assert.deepEqual(list.view.hits(text, now), expected.sort(compareText), text);
  }
});
