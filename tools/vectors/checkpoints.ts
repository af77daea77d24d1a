// SPDX-License-Identifier: Apache-2.0
// checkpoints.json: texts of checkpoints, and signed ones opened for a log.
import {
  base64,
  checkpointText,
  concat,
  input,
  loosen,
  makeKey,
  noteOf,
  seedOf,
  sha256,
  signLine,
  types,
  unhex,
  type Bytes,
  type Case,
  type Key,
  type VectorFile,
} from "./kit.ts";

const origin = "example.com/log";
const log = makeKey(origin, types.ed25519);
const other = makeKey("example.com/other", types.ed25519);
const keys: Record<string, Key> = { log, other };
const root = seedOf("a root");
const root64 = base64(root);
const emptyRoot = sha256("");

/** The vectors of checkpoints. */
export function checkpointVectors(): VectorFile {
  return {
    name: "checkpoints",
    title: "Checkpoints: text to origin, size, root and extension lines; and signed ones, opened for a log",
    specifications: ["https://c2sp.org/tlog-checkpoint"],
    keys,
    cases: [...goodTexts(), ...badSizes(), ...badRoots(), ...badLines(), ...signedOnes()],
  };
}

function goodTexts(): Case[] {
  type Good = [string, { origin?: string; size?: string; root?: Uint8Array; extensions?: string[] }, object?];
  const cases: Good[] = [
    ["empty-tree", { size: "0", root: emptyRoot }],
    ["one-entry", { size: "1" }],
    ["many-entries", { size: "31700353" }],
    ["beyond-32-bits", { size: "4294967296" }],
    ["largest-safe-integer", { size: "9007199254740991" }],
    ["one-extension", { extensions: ["Timestamp: 1689177396617352539"] }],
    ["three-extensions", { extensions: ["a", "b c", "d"] }],
    ["extension-that-looks-like-a-root", { extensions: [root64] }],
    ["extension-of-a-space", { extensions: [" "] }],
    [
      "origin-with-spaces",
      { origin: "go.sum database tree" },
      { comment: "only a recommendation forbids it" },
    ],
    ["origin-with-plus", { origin: "a+b" }, { comment: "only a recommendation forbids it" }],
    ["origin-outside-ascii", { origin: "bücher.example/日誌" }],
    ["origin-of-a-digit", { origin: "5" }],
    [
      "empty-tree-with-a-root-of-something",
      { size: "0" },
      {
        comment: "well-formed; whoever compares it with the empty tree finds it wrong",
      },
    ],
    ["entries-with-the-root-of-none", { size: "5", root: emptyRoot }, { comment: "well-formed" }],
  ];
  return cases.map(([name, given, extra = {}]) => {
    const value = { origin, size: "5", root, extensions: [], ...given };
    const text = checkpointText(value.origin, BigInt(value.size), value.root, value.extensions);
    return {
      name,
      result: "accept" as const,
      kind: "text",
      text,
      value: { ...value, root: base64(value.root) },
      ...extra,
    };
  });
}

function badSizes(): Case[] {
  const sizes: [string, string][] = [
    ["leading-zero", "05"],
    ["two-zeros", "00"],
    ["plus", "+5"],
    ["minus", "-5"],
    ["minus-zero", "-0"],
    ["space-before", " 5"],
    ["space-after", "5 "],
    ["tab-after", "5\t"],
    ["carriage-return-after", "5\r"],
    ["fraction", "5.0"],
    ["exponent", "5e1"],
    ["hex", "0x5"],
    ["underscore", "1_000"],
    ["comma", "1,000"],
    ["arabic-digits", "\u{665}"],
    ["fullwidth-digits", "\u{ff15}"],
    ["superscript", "\u{b2}"],
    ["infinity", "Infinity"],
    ["not-a-number", "NaN"],
    ["word", "five"],
    ["beyond-64-bits", "18446744073709551616"],
    ["of-400-digits", "9".repeat(400)],
  ];
  const choice = "a reader may count further than 2^53 - 1";
  return [
    ...sizes.map(([what, size]) => refused(`size/${what}`, `${origin}\n${size}\n${root64}\n`)),
    { ...refused("size/beyond-53-bits", `${origin}\n9007199254740992\n${root64}\n`), choice },
    { ...refused("size/largest-of-63-bits", `${origin}\n9223372036854775807\n${root64}\n`), choice },
  ];
}

function badRoots(): Case[] {
  const roots: [string, string][] = [
    ["of-31-bytes", base64(root.subarray(1))],
    ["of-33-bytes", base64(concat(root, Uint8Array.of(0)))],
    ["of-64-bytes", base64(concat(root, root))],
    ["of-no-bytes", "="],
    ["without-padding", root64.slice(0, -1)],
    ["with-padding-too-much", `${root64}=`],
    ["with-unused-bits", loosen(root64)],
    [
      "base64url",
      base64(unhex("fb".repeat(32)))
        .replaceAll("+", "-")
        .replaceAll("/", "_"),
    ],
    ["hex", Buffer.from(root).toString("hex")],
    ["space-before", ` ${root64}`],
    ["space-after", `${root64} `],
    ["carriage-return-after", `${root64}\r`],
    ["two-roots", `${root64} ${root64}`],
  ];
  return roots.map(([what, text]) => refused(`root/${what}`, `${origin}\n5\n${text}\n`));
}

function badLines(): Case[] {
  const texts: [string, string][] = [
    ["empty", ""],
    ["newline", "\n"],
    ["three-newlines", "\n\n\n"],
    ["origin-alone", `${origin}\n`],
    ["no-root", `${origin}\n5\n`],
    ["no-size", `${origin}\n${root64}\n`],
    ["no-origin", `5\n${root64}\n`],
    ["empty-origin", `\n5\n${root64}\n`],
    ["empty-size", `${origin}\n\n${root64}\n`],
    ["empty-root", `${origin}\n5\n\n`],
    ["root-before-size", `${origin}\n${root64}\n5\n`],
    ["no-newline-at-the-end", `${origin}\n5\n${root64}`],
    ["empty-extension", `${origin}\n5\n${root64}\n\n`],
    ["empty-extension-between", `${origin}\n5\n${root64}\na\n\nb\n`],
    ["extension-without-newline", `${origin}\n5\n${root64}\na`],
    ["blank-line-at-the-start", `\n${origin}\n5\n${root64}\n`],
    ["carriage-returns", `${origin}\r\n5\r\n${root64}\r\n`],
    ["on-one-line", `${origin} 5 ${root64}\n`],
    ["carriage-return-in-the-origin", `a\rb\n5\n${root64}\n`],
    ["tab-in-the-origin", `a\tb\n5\n${root64}\n`],
    ["null-in-an-extension", `${origin}\n5\n${root64}\na\0b\n`],
  ];
  return texts.map(([what, text]) => refused(`line/${what}`, text));
}

function signedOnes(): Case[] {
  const text = checkpointText(origin, 5, root);
  const note = noteOf(text, signLine(log, text));
  const extended = checkpointText(origin, 5, root, ["extension"]);
  const foreign = checkpointText("example.com/other", 5, root);
  const signed = (name: string, note: Bytes, extra: object = {}): Case => ({
    name: `signed/${name}`,
    result: "accept",
    kind: "signed",
    ...input("note", note),
    verifiers: ["log"],
    origin,
    value: { origin, size: "5", root: root64, extensions: [] },
    ...extra,
  });
  const bad = (name: string, note: Bytes, reason: string, extra: object = {}): Case => ({
    name: `signed/${name}`,
    result: "refuse",
    reason,
    kind: "signed",
    ...input("note", note),
    verifiers: ["log"],
    origin,
    ...extra,
  });
  return [
    signed("good", note),
    signed("by-another-key-too", noteOf(text, signLine(other, text), signLine(log, text))),
    signed("with-extension", noteOf(extended, signLine(log, extended)), {
      value: { origin, size: "5", root: root64, extensions: ["extension"] },
    }),
    signed("by-a-key-of-another-name", noteOf(text, signLine(other, text)), {
      verifiers: ["other"],
      comment: "the origin need not be the key's name; only that is asked for which the caller names",
    }),
    bad("of-another-log", noteOf(foreign, signLine(log, foreign)), "origin"),
    bad("of-the-origin-in-another-case", noteOf(text, signLine(log, text)), "origin", {
      origin: "Example.com/log",
    }),
    bad("of-the-origin-with-a-slash", noteOf(text, signLine(log, text)), "origin", {
      origin: `${origin}/`,
    }),
    bad("of-no-known-key", noteOf(text, signLine(other, text)), "unverified"),
    bad("size-changed", note.replace("\n5\n", "\n6\n"), "signature"),
    bad("origin-changed", note.replace(/^example\.com/, "example.org"), "signature"),
    bad("extension-added", note.replace(`${root64}\n`, `${root64}\nextension\n`), "signature"),
    bad("extension-removed", noteOf(text, signLine(log, extended)), "signature"),
    bad("unsigned", text, "note"),
    bad("no-checkpoint", noteOf("hello\n", signLine(log, "hello\n")), "checkpoint"),
    bad(
      "leading-zero",
      noteOf(`${origin}\n05\n${root64}\n`, signLine(log, `${origin}\n05\n${root64}\n`)),
      "checkpoint",
    ),
    bad("blank-line-in-the-text", noteOf(`${text}\n`, signLine(log, `${text}\n`)), "checkpoint", {
      comment: "a good note, whose text ends in an empty line",
    }),
  ];
}

function refused(name: string, text: string): Case {
  return { name, result: "refuse", reason: "checkpoint", kind: "text", text };
}
