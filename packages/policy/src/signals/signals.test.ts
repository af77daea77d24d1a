// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as fc from "fast-check";
import { foldText } from "../text/fold.ts";
import { confusablesVersion } from "../text/looks.ts";
import { normaliseText } from "../text/normalise.ts";
import {
  isDigit,
  isLetter,
  isLowercase,
  isMark,
  isUppercase,
  unicode,
  unicodeVersion,
} from "../text/unicode.ts";
import { findLinks, linksMax } from "./links.ts";
import { shingleKey, shinglesOf } from "../campaigns/shingles.ts";
import { computeSignals, signalDefinitions, signalsVersion, type SignalValue } from "./signals.ts";

const options = { fingerprint: (text: string): string => `keyed:${text}` };

function signal(text: string, name: string): SignalValue | undefined {
  return computeSignals({ text }, options)[name];
}

test("computes every signal of a comment", () => {
  const text = "Check OUT http://A.example.com/x &amp; www.example.com, sooooo gooood!!!! 10 €";
  assert.deepEqual(computeSignals({ title: "Hi", text }, options), {
    links: ["http://a.example.com/x", "http://www.example.com"],
    domains: ["example.com"],
    linkCount: 2,
    linkTricks: [],
    shorteners: [],
    lookalikes: [],
    emailHosts: [],
    phones: [],
    handles: [],
    invites: [],
    messengers: [],
    length: 80,
    letters: 54,
    words: 15,
    capitals: 111,
    repeated: 5,
    normalised: "hi check out http://a.example.com/x &amp; www.example.com, sooooo gooood!!!! 10 €",
    skeleton: "hi check out http://a.example.com/x &amp; www.example.com, sooooo gooood!!!! 10 €",
    hidden: 0,
    bidi: 0,
    mixedWords: 0,
    leet: 0,
    spaced: 0,
    zalgo: 0,
    styled: 0,
    emoji: 0,
    scripts: ["Latin"],
    fingerprint: "keyed:hi check out soo good",
  });
});

test("without title and text nothing is known; an empty text is known to be empty", () => {
  assert.deepEqual(computeSignals({ text: undefined }, options), {});
  const empty = computeSignals({ text: "" }, options);
  assert.equal(empty["length"], 0);
  assert.equal(empty["normalised"], "");
  assert.equal("fingerprint" in empty, false);
  assert.equal(computeSignals({ title: "only", text: undefined }, options)["length"], 4);
});

for (const [name, text, expected] of [
  ["length", "a😀é", 3],
  ["length", "\ud800a", 2],
  ["letters", "añ中1!", 3],
  ["words", "don't stop 24/7 naïve_word", 7],
  ["capitals", "ABcd", 500],
  ["capitals", "123 中文", 0],
  ["capitals", "АБВ", 1000],
  ["repeated", "aAaａ b", 4],
  ["repeated", "a a a", 1],
  ["repeated", "    ", 0],
  ["repeated", "wow!!!!! 😀😀", 5],
  ["repeated", "a\u200ba\u200ba", 3],
  ["linkCount", "a.com b.com", 0],
  ["linkCount", "aa.com bb.com", 2],
] as const) {
  test(`${name} of ${JSON.stringify(text)}`, () => assert.equal(signal(text, name), expected));
}

test("copies that differ in links, numbers, case, form and stretched letters share a fingerprint", () => {
  const original = signal("Free money at http://a.example.com/1 so cool", "fingerprint");
  for (const copy of [
    "FREE  money at http://b.example.org/2?x so cool!!!",
    "free money at www.example.net/3 so cool 123",
    "ｆｒｅｅ mo\u200bney at  bit.ly/x so coooool",
    "f-r-e-e m0ney аt bit.ly/x sо cооl",
    "𝓯𝓻𝓮𝓮 ⓜⓞⓝⓔⓨ ᴀᴛ http://a.example.com c̸o̸o̸l̸ so".replace("c̸o̸o̸l̸ so", "so c̸o̸o̸l̸"),
  ]) {
    assert.equal(signal(copy, "fingerprint"), original, copy);
  }
  assert.notEqual(signal("Free honey at http://a.example.com/1 so cool", "fingerprint"), original);
  assert.equal(signal("Tom &amp; Jerry &quot;1&quot;", "fingerprint"), "keyed:tom jerry");
});

test("a text without letters has no fingerprint", () => {
  for (const text of ["", "!!!", "123 😀", "http://example.com/x", "\u0301"]) {
    assert.equal(signal(text, "fingerprint"), undefined);
  }
});

/** What only a mail has, and what is identified only where it is asked for. */
const ofMail: ReadonlySet<string> = new Set(["mailTraits", "mailHops", "attachmentKinds", "language"]);

test("any text: every value is of its type, and sizes are bounded", () => {
  const types: Readonly<Record<string, (value: SignalValue) => boolean>> = {
    int: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
    bool: (value) => typeof value === "boolean",
    string: (value) => typeof value === "string",
    "list<string>": (value) => Array.isArray(value) && value.length <= linksMax,
  };
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(fc.option(text, { nil: undefined }), text, (title, text) => {
      const signals = computeSignals({ title, text }, options);
      for (const { name, type } of signalDefinitions) {
        const value = signals[name];
        if (value === undefined) assert.ok(name === "fingerprint" || ofMail.has(name), name);
        else assert.ok(types[type]?.(value), name);
      }
      const names = new Set(signalDefinitions.map(({ name }) => name));
      assert.ok(Object.keys(signals).every((name) => names.has(name)));
      assert.ok(Number(signals["capitals"]) <= 1_000);
      assert.ok(Number(signals["letters"]) <= Number(signals["length"]));
      assert.deepEqual(computeSignals({ title, text }, options), signals);
    }),
    { numRuns: 500 },
  );
});

/** What is counted, once more, from arrays and expressions. */
function countSlowly(text: string): Record<string, SignalValue | undefined> {
  const kindOf = (character: string): number => unicode().properties[character.codePointAt(0) ?? 0] ?? 0;
  const kinds = Array.from(text.toWellFormed(), kindOf);
  const wordy = kinds.map((kind) => (kind & (isLetter | isMark | isDigit) ? "w" : " ")).join("");
  const cased = kinds.filter((kind) => kind & isLetter && kind & (isUppercase | isLowercase));
  const upper = cased.filter((kind) => kind & isUppercase);
  const runs = Array.from(normaliseText(text).matchAll(/([^ ])\1*/gu), ([run]) => Array.from(run).length);
  const rest = foldText(findLinks(`${text} &amp;`).rest).skeleton;
  const kept = Array.from(rest, (c) => (kindOf(c) & (isLetter | isMark) ? c : " "));
  const letters = kept
    .join("")
    .replaceAll(/ +/g, " ")
    .replaceAll(/(.)\1{2,}/gsu, "$1$1")
    .trim();
  return {
    length: kinds.length,
    letters: kinds.filter((kind) => kind & isLetter).length,
    words: wordy.match(/w+/g)?.length ?? 0,
    capitals: cased.length === 0 ? 0 : Math.floor((upper.length * 1_000) / cased.length),
    repeated: Math.max(0, ...runs),
    fingerprint: Array.from(letters).some((c) => kindOf(c) & isLetter) ? `keyed:${letters}` : undefined,
  };
}

test("any text: the counts are those of a slow twin", () => {
  const parts = fc.constantFrom(
    ..."a A aa É e\u0301 中 ß \u01c5 9 ٣ . ! !! 😀 𝓯 \ud835 \udcd0 \ufeff \u200b &".split(" "),
    "example.com",
    "http://a.b/",
    " ",
    "\n",
    "\u3000",
    "\u00a0",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(parts).map((some) => some.join("")),
  );
  fc.assert(
    fc.property(text, (text) => {
      const signals = computeSignals({ text }, options);
      for (const [name, value] of Object.entries(countSlowly(text))) assert.equal(signals[name], value, name);
    }),
    { numRuns: 1_000 },
  );
});

test("the version names the installed versions of what the values depend on", () => {
  const require = createRequire(import.meta.url);
  const linkify = createRequire(require.resolve("linkify-it"));
  const versions = [
    installed(new URL(`file://${require.resolve("tldts/package.json")}`)),
    installed(new URL(`file://${require.resolve("linkify-it/package.json")}`)),
    // uc.micro holds linkify-it's tables of punctuation and white space.
    installed(new URL("../package.json", `file://${linkify.resolve("uc.micro")}`)),
  ];
  const [tldts = "", ...others] = versions;
  const lists = "psl-2026-11-15 shorteners-2026-11 common-domains-2026-11";
  const tables = `unicode-${unicodeVersion} confusables-${confusablesVersion}`;
  const expected = `signals-4 ${tables} ${tldts} ${lists} ${others.join(" ")}`;
  assert.equal(signalsVersion, expected);
});

function installed(manifest: URL): string {
  const { name, version } = JSON.parse(readFileSync(manifest, "utf8")) as { name: string; version: string };
  return `${name}-${version}`;
}

test("the reference lists exactly the signals, and its example is true", () => {
  const page = readFileSync(new URL("../../../../docs/reference/signals.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| `([^`]+)` \| (yes|no) \| .* \| `([^`]+)` \|$/gm)];
  assert.deepEqual(
    rows.map(([, name, type, personal]) => ({ name, type, personal: personal === "yes" })),
    signalDefinitions.map(({ name, type, personal }) => ({ name, type, personal })),
  );
  const [text, headers, parts] = [...page.matchAll(/```text\n(.*?)\n```/gs)].map(([, block]) => block);
  const input = { text, headers, parts: parts?.split("\n") };
  const signals = computeSignals(input, {
    fingerprint: (hashed) => `hash of ${hashed}`,
    language: () => "en",
  });
  for (const [, name = "", , , example = ""] of rows)
    assert.deepEqual(JSON.parse(example), signals[name], name);
});

test("the reference's examples of disguises are true", () => {
  const page = readFileSync(new URL("../../../../docs/reference/signals.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| `(".*")` \| (\d+) \| `(".*")` \|$/gm)];
  const tricks = "hidden bidi mixedWords leet spaced zalgo styled emoji".split(" ");
  assert.deepEqual([...new Set(rows.map(([, name]) => name))], tricks);
  for (const [, name = "", text = "", count, skeleton = ""] of rows) {
    const signals = computeSignals({ text: JSON.parse(text) as string }, options);
    assert.equal(signals[name], Number(count), text);
    assert.equal(signals["skeleton"], JSON.parse(skeleton));
  }
});

test("the language is asked of the text without links, and only where somebody wants it", () => {
  const asked: string[] = [];
  const language = (text: string): string | undefined => {
    asked.push(text);
    return text.includes("Guten") ? "de" : undefined;
  };
  const signals = computeSignals({ text: "Guten Tag http://a.example/x" }, { ...options, language });
  assert.equal(signals["language"], "de");
  assert.deepEqual(asked, ["Guten Tag  "]);
  assert.equal("language" in computeSignals({ text: "?" }, { ...options, language }), false);
  assert.equal("language" in computeSignals({ text: "Guten Tag" }, options), false);
});

test("what campaigns are found by is computed where it is wanted, and only there", () => {
  const text =
    "Dear all, please visit http://a.spam.example/x1 or http://www.youtube.com/watch for my new offers 7";
  const shingle = shingleKey(new Uint8Array(16));
  const campaigns = { shingleKey: shingle, domainKey: (domain: string) => `key of ${domain}` };
  const { shingles, domainKeys } = computeSignals({ text }, { ...options, campaigns });
  assert.deepEqual(domainKeys, ["key of spam.example"]);
  const other = "DEAR all please visit https://other.example for my new offers 12";
  const second = computeSignals({ text: other }, { ...options, campaigns });
  assert.equal(second["shingles"], shinglesOf("dear all please visit for my new offers", shingle));
  assert.equal(typeof shingles, "string");
  assert.equal(computeSignals({ text }, options)["shingles"], undefined);
  assert.deepEqual(
    Object.keys(computeSignals({ text: "short" }, { ...options, campaigns })).includes("shingles"),
    false,
  );
});
