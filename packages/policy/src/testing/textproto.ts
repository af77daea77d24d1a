// SPDX-License-Identifier: Apache-2.0
// A small reader of protobuf's text format: enough for the conformance cases of CEL.

/** A message: every field's values in order, scalars as text. */
export type Message = { readonly [field: string]: readonly (Message | string)[] };

/** Reads a message. */
export function readTextproto(text: string): Message {
  const reader = { words: wordsOf(text), at: 0 };
  return readFields(reader, undefined);
}

/** The first value of a field, if it is a message. */
export function child(message: Message | undefined, field: string): Message | undefined {
  const value = message?.[field]?.[0];
  return typeof value === "object" ? value : undefined;
}

/** The first value of a field, if it is a scalar. */
export function scalar(message: Message | undefined, field: string): string | undefined {
  const value = message?.[field]?.[0];
  return typeof value === "string" ? value : undefined;
}

const wordPattern =
  /#[^\n]*|\s+|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[{}<>:,;]|\[[^\]]*\]|[^\s{}<>:,;"']+/g;

function wordsOf(text: string): string[] {
  return [...text.matchAll(wordPattern)].map(([word]) => word).filter((word) => !/^(?:#|\s)/.test(word));
}

function readFields(reader: { words: string[]; at: number }, close: string | undefined): Message {
  const message: Record<string, (Message | string)[]> = {};
  while (reader.words[reader.at] !== close) {
    const name = reader.words[reader.at++];
    if (name === undefined) throw new Error("the text ends inside a message");
    if (name === "," || name === ";") continue;
    if (reader.words[reader.at] === ":") reader.at += 1;
    const values = (message[name] ??= []);
    const word = reader.words[reader.at] ?? "";
    if (word === "{" || word === "<") {
      reader.at += 1;
      values.push(readFields(reader, word === "{" ? "}" : ">"));
    } else {
      values.push(readScalar(reader));
    }
  }
  reader.at += 1;
  return message;
}

function readScalar(reader: { words: string[]; at: number }): string {
  const word = reader.words[reader.at++] ?? "";
  if (!/^["']/.test(word)) return word;
  let text = unescape(word);
  while (/^["']/.test(reader.words[reader.at] ?? "")) text += unescape(reader.words[reader.at++] ?? "");
  return text;
}

const letters: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

/** A literal's value: its escapes give bytes, and all bytes together are UTF-8. */
function unescape(literal: string): string {
  const bytes: number[] = [];
  const pattern =
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([^]))|([^\\]+)/g;
  for (const [, byte, short, long, octal, letter, plain] of literal.slice(1, -1).matchAll(pattern)) {
    const code = short ?? long;
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (code !== undefined) bytes.push(...utf8(String.fromCodePoint(Number.parseInt(code, 16))));
    else bytes.push(...utf8(letter === undefined ? (plain ?? "") : (letters[letter] ?? letter)));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
