// SPDX-License-Identifier: Apache-2.0
// Texts on which engines might differ: of many scripts, with every trick, broken, and random.
import type { ModelText } from "@docket/policy";

const words = [
  "free",
  "WINNER",
  "claim",
  "prize",
  "lunch",
  "tomorrow",
  "v1agra",
  "f r e e",
  "сlіck",
  "Бесплатно",
  "заработок",
  "kazandınız",
  "İSTANBUL",
  "ısı",
  "ücretsiz",
  "ﬁnance",
  "ｆｕｌｌ",
  "𝐛𝐨𝐥𝐝",
  "z̸̛a̴l̷g̶o̵",
  "h\u200bi\u200dd\u00adden",
  "\u202eesrever\u202c",
  "http://example.com/a?b=c",
  "hxxp://bad[.]example",
  "user@host.example",
  "192.0.2.7",
  "xn--80ak6aa92e.com",
  "t.me/joinchat/x",
  "+44 7911 123456",
  "@handle",
  "#tag",
  "£1,000",
  "100%",
  "🎉🎉",
  "👩‍👩‍👧‍👦",
  "👍🏽",
  "नमस्ते",
  "你好",
  "無料",
  "안녕",
  "مرحبا",
  "שלום",
  "ΑΒΓ",
  "Ǆ",
  "ß",
  "ẞ",
  "ﷺ",
  "\ud800",
  "\udc00",
  "\u0000",
  "\uffff",
  "\u{10ffff}",
  "<b>html</b>",
  "&amp;",
  "<a href='http://x.example'>",
  "\n",
  "\r\n",
  "\t",
  "  ",
  "A".repeat(40),
  "a\u0300\u0301\u0302",
] as const;
const headers =
  "From: A <a@b.example>\nSubject: =?utf-8?B?w6k=?=\nReceived: from x ([192.0.2.1])\nX-Mailer: y\n";
const parts = ["text/plain; utf-8; 8bit; 1k", "text/html; windows-1252; quoted-printable; 4k"];

/** So many texts, the same every time. */
export function caseTexts(count: number): ModelText[] {
  const random = seeded(2026);
  const pick = (): string => words[random() % words.length] ?? "";
  return Array.from({ length: count }, (_, index): ModelText => {
    const length = index < words.length ? 1 : 1 + (random() % 60);
    const text = index < words.length ? words[index] : sentence(length, pick, random);
    if (index % 7 === 3) return { title: pick(), text };
    if (index % 7 === 5) return { title: pick(), text, headers, parts };
    return { text };
  });
}

function sentence(length: number, pick: () => string, random: () => number): string {
  let text = "";
  for (let i = 0; i < length; i++) {
    text += random() % 9 === 0 ? String.fromCharCode(random() % 65_536) : pick();
    if (random() % 4 !== 0) text += " ";
  }
  return text;
}

// SplitMix32.
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
