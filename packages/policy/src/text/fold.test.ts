// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { foldText } from "./fold.ts";
import type { Tricks } from "./fold.ts";
import { looks } from "./looks.ts";
import { normaliseText } from "./normalise.ts";
import { genuineScraps, genuineTexts } from "./testing/genuine.ts";
import { hostileTexts, tricky } from "./testing/hostile-texts.ts";

const none = { hidden: 0, bidi: 0, mixedWords: 0, leet: 0, spaced: 0, zalgo: 0, styled: 0 };

/** What was found, without emoji and scripts. */
function disguises({ tricks }: { tricks: Tricks }): Omit<Tricks, "emoji" | "scripts"> {
  const { emoji: _emoji, scripts: _scripts, ...rest } = tricks;
  return rest;
}

for (const [text, skeleton, tricks] of [
  // Look-alikes of other scripts: single letters, whole words, capitals.
  ["vіаgrа", "viagra", { mixedWords: 1 }],
  ["раураӏ", "paypal", { mixedWords: 1 }],
  ["buy ВТС now", "buy btc now", { mixedWords: 1 }],
  ["FRЕЕ МОNЕУ", "free money", { mixedWords: 2 }],
  ["ΡΑΥΡΑL ΝΙΚΕ", "paypal nike", { mixedWords: 2 }],
  ["νiagra ορen", "viagra open", { mixedWords: 2 }],
  ["Ƒяєє", "free", { mixedWords: 1 }],
  ["ꓑꓰꓠꓲꓢ ok", "penis ok", { mixedWords: 1 }],
  ["ᎪᏢᏢᏞᎬ store", "apple store", { mixedWords: 1 }],
  ["pհօne", "phone", { mixedWords: 1 }],
  // Latin letters in Cyrillic and Greek words.
  ["кpeдит", "кредит", { mixedWords: 1 }],
  ["Kупить дeшeвo", "купить дешево", { mixedWords: 2 }],
  ["καzίνo", "καζίνο", { mixedWords: 1 }],
  // Styles.
  ["𝓯𝓻𝓮𝓮 𝗺𝗼𝗻𝗲𝘆", "free money", { styled: 9 }],
  ["ＦＲＥＥ", "free", { styled: 4 }],
  ["ⓕⓡⓔⓔ 🅵🆁🅴🅴 🅕🅡🅔🅔 🄵🅁🄴🄴", "free free free free", { styled: 16 }],
  ["🇫\u200b🇷\u200b🇪\u200b🇪 🇬🇧", "free 🇬🇧", { styled: 4, hidden: 3 }],
  ["ᴠɪᴀɢʀᴀ ꜰʀᴇᴇ", "viagra free", { styled: 10 }],
  ["ᵛⁱᵃᵍʳᵃ", "viagra", { styled: 6 }],
  ["ɐɹƃɐᴉʌ ʎɯ ʇsǝʇ", "test my viagra", { styled: 9 }],
  ["f̶r̶e̶e̶", "free", { zalgo: 4 }],
  ["z̷̢̛̫a̴͎̎l̶̳̈́g̸̈́o̵͊", "zalgo", { zalgo: 5 }],
  ["vìágrà", "viagra", {}],
  // What is invisible.
  ["f\u200br\u200be\u200be", "free", { hidden: 3 }],
  ["v\u00adi\u00ada\u00adg\u00adr\u00ada", "viagra", { hidden: 5 }],
  ["via\u2060gra \u{e0066}\u{e0072}", "viagra", { hidden: 3 }],
  ["v\u0000iagra", "viagra", { hidden: 1 }],
  ["a\u3164\u2800b", "a b", { hidden: 2 }],
  ["👨\u200d\u2800b", "👨 b", { hidden: 1 }],
  ["\ud83c\u0001\uddf7 a", "\ufffd\ufffd a", { hidden: 0 }],
  ["\u202eeerf\u202c now", "free now", { bidi: 1, hidden: 1 }],
  ["that\u0092s", "that's", {}],
  // Leetspeak.
  ["v1agra c1alis", "viagra cialis", { leet: 2 }],
  ["fr€€ c@sh", "free cash", { leet: 2 }],
  ["m0ney p0rn l0ve", "money porn love", { leet: 3 }],
  ["C1ICK", "click", { leet: 1 }],
  ["p1ease b1ack spec1al", "please black special", { leet: 3 }],
  ["fr33 5h1t h4ck3r", "free shit hacker", { leet: 3 }],
  ["$h!t w!n", "shit win", { leet: 1 }],
  ["buck$ ca$h", "bucks cash", { leet: 2 }],
  ["w3stern d3al s3x", "western deal sex", { leet: 1 }],
  // Where there is much of it, short words and ends of words, too.
  ["H4ck3r w@nt3d: s3nd p0und$ 4nd 3mai1", "hacker wanted: send pounds and email", { leet: 4 }],
  ["һоt ѕսmmеr dеаlѕ: οп ѕаlе nоw", "hot summer deals: on sale now", { mixedWords: 5 }],
  ["ищеm оtветствehнoгo hа вpеmя", "ищем ответственного на время", { mixedWords: 4 }],
  // Letters apart.
  ["f r e e", "free", { spaced: 1 }],
  ["f r e e   m o n e y", "free money", { spaced: 2 }],
  ["f.r.e.e.", "free.", {}],
  ["v-i-a-g-r-a v_i_a_g_r_a v.i.a.g.r.a", "viagra viagra viagra", { spaced: 3 }],
  ["f * r * e * e", "free", { spaced: 1 }],
  ["v 1 a g r @", "viagra", { spaced: 1, leet: 1 }],
  ["к у п и т ь", "купить", { spaced: 1 }],
  ["🔥f🔥r🔥e🔥e", "🔥free", { spaced: 1 }],
  ["(f)(r)(e)(e)", "(free)", {}],
  // A letter between two runs belongs to the later one only if that is a word.
  ["a b c,e f g, x y z", "abc,efg, xyz", {}],
  ["i a m;a k k k k", "iam;akkkk", {}],
  ["f r e e v-i-a", "free via", { spaced: 1 }],
  // Several at once.
  ["ｖ\u200b1Ａgrа", "viagra", { hidden: 1, styled: 2, leet: 1, mixedWords: 1 }],
  ["с@ѕһ", "cash", { leet: 1, mixedWords: 1 }],
] as const) {
  test(`reads ${JSON.stringify(text)} as ${skeleton}`, () => {
    const folded = foldText(text);
    assert.equal(folded.skeleton, skeleton);
    assert.deepEqual(disguises(folded), { ...none, ...tricks });
  });
}

test("words of other scripts stay what they are", () => {
  for (const word of [
    "москва",
    "оса",
    "хорошо",
    "нет",
    "συν",
    "και",
    "ελλάδα",
    "բարեւ",
    "שלום",
    "مرحبا",
    "한국",
  ]) {
    const text = `${word} ${word === "και" ? "ελλάδα" : "жизнь"}`;
    assert.equal(foldText(text).skeleton, text);
  }
  assert.equal(foldText("Живу в Москве, USBкабель купил").skeleton, "живу в москве, usbкабель купил");
  assert.notEqual(foldText("кот").skeleton, foldText("код").skeleton);
});

test("pictures, flags and scripts are counted as they are seen", () => {
  const { emoji, scripts } = foldText("👨‍👩‍👧‍👦 ❤️ 🇩🇪🇫🇷 1️⃣ 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☕ ab где 漢").tricks;
  assert.equal(emoji, 8);
  assert.deepEqual(scripts, ["Cyrillic", "Latin", "Han"]);
  assert.deepEqual(foldText("123 !?").tricks.scripts, []);
});

for (const [language, text] of Object.entries(genuineTexts)) {
  test(`finds no trick in ${language}`, () => assert.deepEqual(disguises(foldText(text)), none));
}

test("finds no trick in what else people write", () => {
  for (const text of genuineScraps) assert.deepEqual(disguises(foldText(text)), none, text);
});

function checkFolded(text: string): void {
  const folded = foldText(text);
  assert.equal(folded.normalised, normaliseText(text));
  assert.equal(foldText(folded.skeleton).skeleton, folded.skeleton, JSON.stringify(text));
  assert.ok(folded.skeleton.isWellFormed());
  assert.doesNotMatch(folded.skeleton, /^ | $| {2}|[\t\n\r]/);
  assert.ok(folded.skeleton.length <= 3 * Math.max(folded.normalised.length, text.length));
  for (const value of Object.values(disguises(folded))) {
    assert.ok(Number.isSafeInteger(value) && value >= 0 && value <= text.length);
  }
}

test("any text: the skeleton of a skeleton is the same, and well-formed", () => {
  const text = fc.oneof(
    fc.array(fc.constantFrom(...tricky), { maxLength: 40 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(fc.property(text, checkFolded), { numRuns: 2_000 });
});

test("genuine texts with random changes: the same", () => {
  const texts = fc.constantFrom(...Object.values(genuineTexts), ...genuineScraps);
  const change = fc.tuple(fc.nat(200), fc.nat(4), fc.constantFrom(...tricky));
  const mutated = fc
    .tuple(texts, fc.array(change, { maxLength: 12 }))
    .map(([text, changes]) =>
      changes.reduce((all, [at, cut, put]) => all.slice(0, at) + put + all.slice(at + cut), text),
    );
  fc.assert(fc.property(mutated, checkFolded), { numRuns: 1_000 });
});

test("texts that once had another skeleton the second time: the same", () => {
  for (const text of [
    "ʇʎ👨🇩🇪🇫🇷ɹ 1",
    "ʇʎʎ ❤ 🇩🇪🇫🇷 1",
    "ʎɹʇလူတိုင်းသည် တူညီ ဖြင့်",
    "me@example.cйеom, @john_doe",
    "прa.a@aa і роўнымі",
    "u@tiesībās.aйд",
  ]) {
    checkFolded(text);
  }
});

test("ASCII: the quick way comes to the same as the one for any text", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom(...tricky.filter((each) => /^[\0-\x7f]*$/.test(each))));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const text = parts.join("");
      const other = foldText(`${text} —`);
      assert.equal(other.skeleton, `${foldText(text).skeleton} -`.trim());
      assert.deepEqual(other.tricks, foldText(text).tricks);
    }),
    { numRuns: 1_000 },
  );
});

test("a word in letters that look like its own has the skeleton of the word", () => {
  const { others, likeness, plain } = looks();
  const alike = new Map<string, string[]>();
  for (const [point, look] of [...others, ...plain]) {
    // Letters of alphabets, as they stand.
    if (!/^[a-z]$/.test(look) || (others.has(point) && likeness[point] !== 1)) continue;
    const letter = String.fromCodePoint(point);
    if (!/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]/u.test(letter)) continue;
    alike.set(look, [...(alike.get(look) ?? []), letter]);
  }
  const words = ["viagra", "casino", "free money", "paypal", "bitcoin", "click here", "password", "telegram"];
  const chosen = fc.tuple(
    fc.constantFrom(...words),
    fc.array(fc.nat(1_000), { minLength: 12, maxLength: 12 }),
  );
  fc.assert(
    fc.property(chosen, ([word, choices]) => {
      // One letter of a word in three stays, as in what spammers write.
      const letters = Array.from(word, (letter, at) => {
        const found = alike.get(letter);
        const choice = choices[at] ?? 0;
        return found === undefined || at % 3 === 0 ? letter : (found[choice % found.length] ?? letter);
      });
      const folded = foldText(letters.join(""));
      // Those that are nothing but letters upside down turn the word.
      if (folded.tricks.styled < 3) assert.equal(folded.skeleton, word, letters.join(""));
    }),
  );
});

test("Unicode's conformance test and naughty strings: the same", (t) => {
  const naughty = sharedPath("vectors/naughty-strings/blns.json");
  const conformance = sharedPath("vectors/unicode-tests/NormalizationTest-15.0.txt.gz");
  if (naughty === undefined || conformance === undefined) return t.skip(skipReason("vectors"));
  for (const text of JSON.parse(readFileSync(naughty, "utf8")) as string[]) checkFolded(text);
  const lines = gunzipSync(readFileSync(conformance)).toString("utf8").split("\n");
  for (const line of lines) {
    if (!/^[0-9A-F]/.test(line)) continue;
    const [source = ""] = line.split(";");
    const points = source.split(" ").map((point) => Number.parseInt(point, 16));
    checkFolded(`a ${String.fromCodePoint(...points)} b`);
  }
});

for (const [name, text] of hostileTexts) {
  test(`a megabyte of ${name} is folded`, () => {
    const { skeleton } = foldText(text);
    assert.ok(skeleton.length <= 3 * text.length);
  });
}
