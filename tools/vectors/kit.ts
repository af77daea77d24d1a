// SPDX-License-Identifier: Apache-2.0
// What the vectors are made with: a second writer of the formats, which shares no code with packages/tlog, so
// that a mistake there does not become an expectation here. Everything is made from fixed seeds; Ed25519 is
// deterministic, and ML-DSA-44 is asked to be.
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { ml_dsa44 as mlDsa44 } from "@noble/post-quantum/ml-dsa.js";

/** Bytes, or a text that stands for its UTF-8 form. */
export type Bytes = Uint8Array | string;

/** A key as it stands in a file's table: what a case calls it is the table's index. */
export type Key = {
  name: string;
  type: number;
  keyId: Uint8Array;
  seed: Uint8Array;
  publicKey: Uint8Array;
  vkey: string;
  skey: string;
  /** The bare signature over a message: Ed25519, or ML-DSA-44 with an empty context. */
  sign: (message: Bytes) => Uint8Array;
};

/** One case of a file, in the order in which its members are written. */
export type Case = { name: string; result: "accept" | "refuse"; [member: string]: unknown };

/** A file of vectors. */
export type VectorFile = {
  name: string;
  title: string;
  specifications: string[];
  keys?: Record<string, Key>;
  shared?: Record<string, unknown>;
  cases: Case[];
};

/** The signature types of C2SP signed-note that are used here. */
export const types = { ed25519: 0x01, ecdsa: 0x02, cosignature: 0x04, rfc6962: 0x05, mlDsa44: 0x06 } as const;

/** The time of every cosignature that has no reason for another: 2026-01-01T00:00:00Z, in seconds. */
export const someTime = 1_767_225_600;

/** Bytes of these parts, one after the other. */
export function concat(...parts: Bytes[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))));
}

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: Bytes[]): Uint8Array {
  return Uint8Array.from(
    createHash("sha256")
      .update(concat(...parts))
      .digest(),
  );
}

/** Base64, padded. */
export function base64(bytes: Bytes): string {
  return Buffer.from(bytes).toString("base64");
}

/** Hex, in lower case. */
export function hex(bytes: Bytes): string {
  return Buffer.from(bytes).toString("hex");
}

/** Bytes of hex. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** An integer of eight bytes, big-endian. */
export function uint64(value: number | bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return Uint8Array.from(bytes);
}

/** 32 bytes for a purpose: the seed of a key, or a hash of no meaning. */
export function seedOf(purpose: string): Uint8Array {
  return sha256(`docket tlog vectors: ${purpose}`);
}

/** The key id of a name and a typed public key, as signed-note recommends it. */
export function keyIdOf(name: Bytes, type: number, publicKey: Bytes): Uint8Array {
  return sha256(name, Uint8Array.of(0x0a, type), publicKey).subarray(0, 4);
}

/** `name+keyid+base64(type || key)`, whether or not it is a key. */
export function keyText(name: string, keyId: Bytes, type: number, key: Bytes): string {
  return `${name}+${hex(keyId)}+${base64(concat(Uint8Array.of(type), key))}`;
}

/** A key that is made from its name: Ed25519 for types 0x01 and 0x04, ML-DSA-44 for 0x06. */
export function makeKey(name: string, type: number, seed: Uint8Array = seedOf(`${name} ${type}`)): Key {
  const { publicKey, sign } = type === types.mlDsa44 ? mlDsaPair(seed) : ed25519Pair(seed);
  const keyId = keyIdOf(name, type, publicKey);
  return {
    name,
    type,
    keyId,
    seed,
    publicKey,
    vkey: keyText(name, keyId, type, publicKey),
    skey: `PRIVATE+KEY+${keyText(name, keyId, type, seed)}`,
    sign,
  };
}

/** A signature line. */
export function lineOf(key: { name: string; keyId: Uint8Array }, signature: Bytes): string {
  return `\u{2014} ${key.name} ${base64(concat(key.keyId, signature))}\n`;
}

/** The line of an Ed25519 key (0x01) under a text. */
export function signLine(key: Key, text: string): string {
  return lineOf(key, key.sign(text));
}

/** What a type 0x04 cosignature signs. */
export function cosignatureMessage(text: string, time: number | bigint): string {
  return `cosignature/v1\ntime ${time}\n${text}`;
}

/** The line of a type 0x04 key under a text. */
export function cosignLine(key: Key, text: string, time: number | bigint = someTime): string {
  return lineOf(key, concat(uint64(time), key.sign(cosignatureMessage(text, time))));
}

/** The entries from `start` up to, not including, `end` of a log. */
export type Range = { origin: string; start: number | bigint; end: number | bigint; root: Uint8Array };

/** What a type 0x06 cosignature signs. */
export function subtreeMessage(cosigner: string, range: Range, time: number | bigint): Uint8Array {
  return concat(
    "subtree/v1\n\0",
    Uint8Array.of(Buffer.byteLength(cosigner)),
    cosigner,
    uint64(time),
    Uint8Array.of(Buffer.byteLength(range.origin)),
    range.origin,
    uint64(range.start),
    uint64(range.end),
    range.root,
  );
}

/** The line of a type 0x06 key for a subtree; of a checkpoint's tree, if that starts at 0. */
export function subtreeLine(key: Key, range: Range, time: number | bigint = someTime): string {
  return lineOf(key, concat(uint64(time), key.sign(subtreeMessage(key.name, range, time))));
}

/** A checkpoint's text. */
export function checkpointText(
  origin: string,
  size: number | bigint,
  root: Bytes,
  extensions: string[] = [],
): string {
  return [origin, String(size), base64(root), ...extensions].map((line) => `${line}\n`).join("");
}

/** Text and lines as a note. */
export function noteOf(text: string, ...lines: string[]): string {
  return `${text}\n${lines.join("")}`;
}

/** The same base64 with one of the unused bits before its padding set: another spelling of the same bytes. */
export function loosen(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const place = text.indexOf("=") - 1;
  const value = alphabet.indexOf(text.charAt(place));
  if (place < 0) throw new RangeError("base64 without padding has no unused bits");
  return text.slice(0, place) + alphabet.charAt(value + 1) + text.slice(place + 1);
}

/** The element at an index that is known to be there. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list.at(index);
  if (element === undefined) throw new RangeError(`nothing at ${index} of ${list.length}`);
  return element;
}

/** Why some readers accept base64 that is refused here. */
export const lenientBase64 =
  "RFC 4648 section 3 leaves unused bits and line breaks to decoders; here a value has one spelling";

/** The bytes with some bits of one byte turned. */
export function flip(bytes: Uint8Array, place: number, mask = 0x01): Uint8Array {
  return bytes.with(place, (bytes[place] ?? 0) ^ mask);
}

/** A text member if the input is text that JSON can carry, else a base64 member. */
export function input(member: string, bytes: Bytes): Record<string, string> {
  return typeof bytes === "string" ? { [member]: bytes } : { [`${member}Base64`]: base64(bytes) };
}

/** The file's JSON: a case a line, ASCII alone. */
export function formatFile({ name, title, specifications, keys, shared, cases }: VectorFile): string {
  const head = {
    format: "docket-tlog-vectors/v1",
    file: name,
    title,
    specifications,
    count: cases.length,
    ...shared,
    ...(keys && { keys: Object.fromEntries(Object.entries(keys).map(([id, key]) => [id, describe(key)])) }),
  };
  const members = Object.entries(head).map(([member, value]) => `"${member}": ${JSON.stringify(value)},\n`);
  const lines = cases.map((item) => JSON.stringify(item)).join(",\n");
  return ascii(`{\n${members.join("")}"cases": [\n${lines}\n]\n}\n`);
}

function describe(key: Key): Record<string, unknown> {
  return { vkey: key.vkey, skey: key.skey };
}

function ascii(text: string): string {
  return text.replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

type Pair = { publicKey: Uint8Array; sign: (message: Bytes) => Uint8Array };

function ed25519Pair(seed: Uint8Array): Pair {
  const der = concat(unhex("302e020100300506032b657004220420"), seed);
  const key = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: Uint8Array.from(spki.subarray(spki.length - 32)),
    sign: (message) => Uint8Array.from(sign(null, Buffer.from(message as Uint8Array), key)),
  };
}

function mlDsaPair(seed: Uint8Array): Pair {
  const { publicKey, secretKey } = mlDsa44.keygen(seed);
  const sign = (message: Bytes): Uint8Array =>
    Uint8Array.from(mlDsa44.sign(concat(message), secretKey, { extraEntropy: false }));
  return { publicKey: Uint8Array.from(publicKey), sign };
}
