// SPDX-License-Identifier: Apache-2.0
// Texts that try what folding does: pieces to make texts of, and long ones.

/** Pieces that mean something to one step or another. */
export const tricky: readonly string[] = [
  ...Array.from(
    "aeiouvgrcsfhl13045267@$!|€£ .-_*',/()" +
      "асеорхувкмнтйёбидяѕіїαονρκηνΝΣσίΑΒЖВ" +
      "אבסםاهيغตัวकीि中ガㅎ각漢ᴀᴇɪɐɹʇǝʎəøłßıİʒæﬁϳᎪꭺաօꓑꓳⲞⲟ" +
      "🔥🅵𝓯ⓕ⒜ｆｶﾞ" +
      "\u0301\u0323\u0336\u0308\u0345\u064b\u3099\u09c7\u09be" +
      "\u200b\u200c\u200d\u00ad\ufe0f\ufeff\u202e\u202c\u2066" +
      "\u2069\u0001\u007f\u2800\u3164\u1160\u115f\u180e",
  ),
  "  ",
  "\n",
  "\ud800",
  "\udc00",
  "🇫",
  "🇷",
  "🇪",
  "👍🏽",
  "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  "1️⃣",
  "f r e e",
  "v1agra",
  "раураӏ",
  "http://",
];

const megabyte = 2 ** 20;

function many(piece: string): string {
  return piece.repeat(Math.ceil(megabyte / piece.length)).slice(0, megabyte);
}

/** A megabyte each, without a line break. */
export const hostileTexts: readonly (readonly [name: string, text: string])[] = [
  ["letters", many("a")],
  ["letters apart", many("a ")],
  ["letters and digits apart", many("a 1 1 1 ")],
  ["letters between changing signs", many("a-b.c-d_")],
  ["leetspeak without a space", many("v1agra.")],
  ["leetspeak in one word", many("a1b3")],
  ["signs", many("@$!|")],
  ["Cyrillic among Latin", many("aа")],
  ["Cyrillic without a space", many("жы")],
  ["marks", `a${many("\u0301\u0323")}`],
  ["marks that don't compose", `a${many("\u0336")}`],
  ["joiners", many("\u200d")],
  ["overrides", many("\u202e")],
  ["overridden words", many("\u202eab\u202c")],
  ["regional indicators", many("🇫🇷🇪")],
  ["joined pictures", many("👩\u200d")],
  ["tags", `🏴${many("\u{e0067}")}`],
  ["letters upside down", many("ɐɹƃ ")],
  ["small capitals", many("ᴀʙᴄ")],
  ["half pairs", many("\ud83c")],
  ["wide space", many("a  \u3000")],
  ["control characters", many("a\u0000")],
];
