// SPDX-License-Identifier: Apache-2.0
// notes.json: signed notes, opened with some verifiers.
import {
  concat,
  flip,
  input,
  keyIdOf,
  keyText,
  lenientBase64,
  lineOf,
  loosen,
  makeKey,
  noteOf,
  signLine,
  types,
  unhex,
  type Bytes,
  type Case,
  type Key,
  type VectorFile,
} from "./kit.ts";

const ann = makeKey("ann.example", types.ed25519);
const ben = makeKey("ben.example/key", types.ed25519);
/** A second key of the same name. */
const annToo = makeKey("ann.example", types.ed25519, makeKey("ann again", types.ed25519).seed);
const keys: Record<string, Key> = { ann, ben, annToo };

const text = "the text\n";
const good = noteOf(text, signLine(ann, text));

/** The vectors of signed notes. */
export function noteVectors(): VectorFile {
  return {
    name: "notes",
    title: "Signed notes: what they say, and who of the given verifiers signed them",
    specifications: ["https://c2sp.org/signed-note", "https://www.rfc-editor.org/rfc/rfc8032"],
    keys,
    cases: [
      ...goodTexts(),
      ...goodLines(),
      ...badTexts(),
      ...badSplits(),
      ...badLines(),
      ...badSignatures(),
      ...limits(),
    ],
  };
}

function goodTexts(): Case[] {
  const texts: [string, string, string?][] = [
    ["one-line", text],
    ["newline-alone", "\n", "the note begins with two newlines, and the last blank line splits it"],
    ["blank-line-inside", "one\n\ntwo\n"],
    ["blank-line-at-the-start", "\none\n"],
    ["blank-line-at-the-end", "one\n\n", "three newlines in a row: the last blank line splits"],
    ["spaces", "  two  spaces  \n"],
    ["outside-ascii", "Ognuno sta solo sul cuor della terra — è subito sera. 日本\n"],
    ["beyond-the-basic-plane", "\u{1f332}\u{10ffff}\n"],
    ["byte-order-mark", "\u{feff}marked\n", "the mark is a character of the text"],
    ["delete-and-c1-controls", "\u{7f}\u{80}\u{9f}\n", "only those below U+0020 are forbidden"],
    ["next-line-and-line-separator", "a\u{85}b\u{2028}c\n", "these end no line"],
    ["not-normalised", "e\u{301} \u{e9}\n"],
    ["noncharacters", "\u{fffe}\u{ffff}\u{fdd0}\n"],
    ["looks-like-a-signature", signLine(ben, "x\n")],
    ["looks-like-a-note", noteOf("inner\n", signLine(ben, "inner\n")), "a note inside a note"],
  ];
  return texts.map(([what, text, comment]) => ({
    name: `text/${what}`,
    result: "accept",
    note: noteOf(text, signLine(ann, text)),
    verifiers: ["ann"],
    text,
    verified: ["ann"],
    unverified: [],
    ...(comment !== undefined && { comment }),
  }));
}

function goodLines(): Case[] {
  const line = signLine(ann, text);
  const other = signLine(ben, text);
  const stranger = (name: string, signature: Bytes): string =>
    lineOf({ name, keyId: unhex("01020304") }, signature);
  const cases: [string, string[], string[], string[], string[], string?][] = [
    ["two-keys", [line, other], ["ann", "ben"], ["ann", "ben"], []],
    ["two-keys-in-another-order", [other, line], ["ann", "ben"], ["ben", "ann"], []],
    ["one-of-two-keys-known", [line, other], ["ben"], ["ben"], ["ann.example"]],
    ["unknown-first", [stranger("who.example", "?"), line], ["ann"], ["ann"], ["who.example"]],
    ["verifier-that-did-not-sign", [line], ["ann", "ben"], ["ann"], []],
    ["same-name-other-id", [line, stranger("ann.example", "?")], ["ann"], ["ann"], ["ann.example"]],
    [
      "same-id-other-name",
      [line, lineOf({ name: "who.example", keyId: ann.keyId }, "?")],
      ["ann"],
      ["ann"],
      ["who.example"],
    ],
    ["two-keys-of-one-name", [line, signLine(annToo, text)], ["ann", "annToo"], ["ann", "annToo"], []],
    [
      "unknown-of-one-byte",
      [stranger("who.example", Uint8Array.of(0)), line],
      ["ann"],
      ["ann"],
      ["who.example"],
    ],
    [
      "unknown-of-5000-bytes",
      [stranger("who.example", new Uint8Array(5_000)), line],
      ["ann"],
      ["ann"],
      ["who.example"],
    ],
    ["unknown-with-odd-name", [stranger("\u{1f332}/~%?", "?"), line], ["ann"], ["ann"], ["\u{1f332}/~%?"]],
    [
      "unknown-twice-with-other-bytes",
      [stranger("who.example", "1"), stranger("who.example", "2"), line],
      ["ann"],
      ["ann"],
      ["who.example", "who.example"],
    ],
    ["verifier-given-twice", [line], ["ann", "ann"], ["ann"], []],
  ];
  return cases.map(([what, lines, verifiers, verified, unverified]) => ({
    name: `lines/${what}`,
    result: "accept",
    note: noteOf(text, ...lines),
    verifiers,
    text,
    verified,
    unverified,
  }));
}

function badTexts(): Case[] {
  const controls: [string, string][] = [
    ["null", "a\0b\n"],
    ["tab", "a\tb\n"],
    ["carriage-return", "a\r\n"],
    ["vertical-tab", "a\vb\n"],
    ["escape", "\u{1b}[31m\n"],
    ["unit-separator", "a\u{1f}b\n"],
  ];
  const bytes: [string, Uint8Array][] = [
    ["lone-continuation-byte", unhex("80")],
    ["cut-short", unhex("c3")],
    ["overlong-slash", unhex("c0af")],
    ["overlong-newline", unhex("c08a")],
    ["surrogate", unhex("eda080")],
    ["beyond-unicode", unhex("f4908080")],
    ["latin-1", unhex("e9")],
  ];
  return [
    ...controls.map(([what, text]) => refused(`text/${what}`, noteOf(text, signLine(ann, text)), "note")),
    ...bytes.map(([what, bad]) => {
      const text = concat("a", bad, "\n");
      return refused(`text/utf-8-${what}`, concat(text, "\n", lineOf(ann, ann.sign(text))), "note");
    }),
  ];
}

function badSplits(): Case[] {
  const line = signLine(ann, text);
  const notes: [string, string][] = [
    ["empty", ""],
    ["newline", "\n"],
    ["two-newlines", "\n\n"],
    ["no-signature", `${text}\n`],
    ["no-signature-and-no-blank-line", text],
    ["no-blank-line", text + line],
    ["no-text", `\n${line}`],
    ["signature-alone", line],
    ["no-newline-at-the-end", good.slice(0, -1)],
    ["newline-at-the-end", `${good}\n`],
    ["two-newlines-at-the-end", `${good}\n\n`],
    ["text-after-signature", `${good}more\n`],
    ["text-between-signatures", `${good}more\n${signLine(ben, text)}`],
    ["blank-line-between-signatures", `${good}\n${signLine(ben, text)}`],
    ["space-on-the-blank-line", `${text} \n${line}`],
    ["carriage-returns", good.replaceAll("\n", "\r\n")],
    ["carriage-returns-alone", good.replaceAll("\n", "\r")],
  ];
  return notes.map(([what, note]) =>
    what === "blank-line-between-signatures"
      ? refused(`split/${what}`, note, "unverified", {
          comment:
            "the last blank line splits: ann's line is text, and ben, who is not known, signed another",
        })
      : refused(`split/${what}`, note, "note"),
  );
}

function badLines(): Case[] {
  const line = signLine(ann, text);
  const unknown = lineOf({ name: "who.example", keyId: unhex("01020304") }, "?");
  const replaced: [string, string][] = [
    ["hyphen", line.replace("\u{2014}", "-")],
    ["two-hyphens", line.replace("\u{2014}", "--")],
    ["en-dash", line.replace("\u{2014}", "\u{2013}")],
    ["horizontal-bar", line.replace("\u{2014}", "\u{2015}")],
    ["no-dash", line.slice(2)],
    ["no-space-after-dash", line.replace("\u{2014} ", "\u{2014}")],
    ["two-spaces-after-dash", line.replace("\u{2014} ", "\u{2014}  ")],
    ["no-break-space-after-dash", line.replace("\u{2014} ", "\u{2014}\u{a0}")],
    ["space-before-dash", ` ${line}`],
    ["two-spaces-before-signature", line.replace("example ", "example  ")],
    ["space-at-the-end", line.replace("\n", " \n")],
    ["no-name", line.replace("ann.example ", "")],
    ["empty-name", line.replace("ann.example", "")],
    ["no-signature", "\u{2014} ann.example\n"],
    ["empty-signature", "\u{2014} ann.example \n"],
    ["fourth-field", line.replace("\n", " x\n")],
    ["comment", line.replace("\n", " # x\n")],
    ["base64-without-padding", line.replaceAll("=", "")],
    ["base64-with-unused-bits", loosen(line)],
    ["base64url", "\u{2014} ann.example ____-w==\n"],
    ["base64-with-equals-inside", "\u{2014} ann.example AAAA=AAA\n"],
    ["key-id-alone", lineOf(ann, "")],
    ["three-bytes", "\u{2014} ann.example AAAA\n"],
  ];
  const names: [string, string][] = [
    ["plus", "a+b"],
    ["no-break-space", "a\u{a0}b"],
    ["ideographic-space", "a\u{3000}b"],
    ["next-line", "a\u{85}b"],
    ["line-separator", "a\u{2028}b"],
  ];
  return [
    ...replaced.map(([what, bad]) => {
      const extra = what === "base64-with-unused-bits" ? { choice: lenientBase64 } : {};
      return refused(`line/${what}`, noteOf(text, bad), "note", extra);
    }),
    ...names.map(([what, name]) =>
      refused(
        `line/unknown-name-with-${what}`,
        noteOf(text, line, lineOf({ name, keyId: unhex("01020304") }, "?")),
        "note",
        {
          comment: "also where the line is of an unknown key",
        },
      ),
    ),
    refused("line/unknown-with-unused-bits", noteOf(text, line, "\u{2014} who.example AAAAAAB=\n"), "note", {
      choice: "a reader may skip what it does not know before it decodes it",
    }),
    refused("line/unknown-twice", noteOf(text, line, unknown, unknown), "note", {
      choice: "a reader may skip what it does not know",
    }),
    refused("line/tab-instead-of-spaces", noteOf(text, line.replaceAll(" ", "\t")), "note"),
  ];
}

function badSignatures(): Case[] {
  const other = signLine(ben, text);
  const line = (signature: Uint8Array): string => lineOf(ann, signature);
  const signature = ann.sign(text);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`);
  const malleable = concat(signature.subarray(0, 32), littleEndian(s + order));
  const spoilt: [string, string, object?][] = [
    ["of-another-text", noteOf("another text\n", line(signature))],
    ["of-the-text-without-newline", noteOf(text, line(ann.sign(text.slice(0, -1))))],
    ["of-the-text-with-blank-line", noteOf(text, line(ann.sign(`${text}\n`)))],
    ["by-another-key", noteOf(text, line(ben.sign(text)))],
    ["first-bit-flipped", noteOf(text, line(flip(signature, 0)))],
    ["last-bit-flipped", noteOf(text, line(flip(signature, 63, 0x80)))],
    ["cut-short", noteOf(text, line(signature.subarray(0, 63)))],
    ["lengthened", noteOf(text, line(concat(signature, Uint8Array.of(0))))],
    ["zeros", noteOf(text, line(new Uint8Array(64)))],
    ["s-plus-group-order", noteOf(text, line(malleable)), { comment: "RFC 8032 section 5.1.7: S < L" }],
    [
      "bad-beside-a-good-one",
      noteOf(text, line(flip(signature, 9)), other),
      {
        verifiers: ["ann", "ben"],
        comment: "a line of a known key that does not verify spoils the note",
      },
    ],
    [
      "good-and-bad-of-one-key",
      noteOf(text, line(signature), line(flip(signature, 9))),
      {
        reason: "note",
        choice: "two lines of one known key; a reader may look at the first alone",
      },
    ],
    [
      "same-line-twice",
      noteOf(text, line(signature), line(signature)),
      {
        reason: "note",
        choice: "a reader may drop the second",
      },
    ],
    ["of-an-equal-id-and-name", noteOf(text, line(annToo.sign(text)))],
  ];
  const unverified: [string, string, string[]][] = [
    ["no-known-key", noteOf(text, other), ["ann"]],
    ["no-verifiers", good, []],
    ["known-name-unknown-id", noteOf(text, lineOf({ name: ann.name, keyId: ben.keyId }, signature)), ["ann"]],
    ["known-id-unknown-name", noteOf(text, lineOf({ name: ben.name, keyId: ann.keyId }, signature)), ["ann"]],
    [
      "name-in-another-case",
      noteOf(text, lineOf({ name: "Ann.example", keyId: ann.keyId }, signature)),
      ["ann"],
    ],
    [
      "key-id-backwards",
      noteOf(text, lineOf({ name: ann.name, keyId: ann.keyId.toReversed() }, signature)),
      ["ann"],
    ],
  ];
  return [
    ...spoilt.map(([what, note, extra]) => refused(`signature/${what}`, note, "signature", extra)),
    ...unverified.map(([what, note, verifiers]) =>
      refused(`signature/${what}`, note, "unverified", { verifiers }),
    ),
    ...oddPoints(),
  ];
}

/** Keys and signatures that libraries differ on (RFC 8032 leaves them open): all are refused here. */
function oddPoints(): Case[] {
  const choice = "RFC 8032 leaves it open; every reader of one log must answer alike";
  const identity = concat(Uint8Array.of(1), new Uint8Array(31));
  const points: [string, Uint8Array][] = [
    ["identity", identity],
    ["order-2", unhex(`ec${"ff".repeat(30)}7f`)],
    ["order-4", new Uint8Array(32)],
    ["order-8", unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")],
    ["identity-not-canonical", unhex(`ee${"ff".repeat(30)}7f`)],
  ];
  return points.map(([what, publicKey]) => {
    const keyId = keyIdOf("odd.example", types.ed25519, publicKey);
    // R = identity and S = 0 satisfy the equation wherever the hash is a multiple of the key's order.
    const line = lineOf({ name: "odd.example", keyId }, concat(identity, new Uint8Array(32)));
    return refused(`signature/key-of-small-order-${what}`, noteOf(text, line), "signature", {
      verifiers: [],
      vkeys: [keyText("odd.example", keyId, types.ed25519, publicKey)],
      choice,
    });
  });
}

function limits(): Case[] {
  const strangers = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => lineOf({ name: `n${i}`, keyId: unhex("01020304") }, "?"));
  const line = signLine(ann, text);
  const lines = (count: number): Case => ({
    name: `limit/${count}-signatures`,
    result: "accept",
    note: noteOf(text, ...strangers(count - 1), line),
    verifiers: ["ann"],
    text,
    verified: ["ann"],
    unverified: Array.from({ length: count - 1 }, (_, i) => `n${i}`),
  });
  return [
    { ...lines(16), comment: "the least that a reader must accept" },
    { ...lines(100), choice: "a reader may stop at 16 lines or more" },
    refused("limit/101-signatures", noteOf(text, ...strangers(100), line), "note", {
      choice: "a reader may accept more",
    }),
  ];
}

function refused(name: string, note: Bytes, reason: string, extra: object = {}): Case {
  return { name, result: "refuse", reason, ...input("note", note), verifiers: ["ann"], ...extra };
}

function littleEndian(value: bigint): Uint8Array {
  return unhex(value.toString(16).padStart(64, "0")).reverse();
}
