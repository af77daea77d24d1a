// SPDX-License-Identifier: Apache-2.0
// The files of a list, and what its versions are the hashes of. All are UTF-8 lines in ascending order of
// code points; docs/formats/lists.md has the grammar and an example of each.
//
//   a base        all entries. Its SHA-256 is a version that nothing went before.
//   a change      what is taken out (-) and put in (+), and the version before. Its SHA-256 is the one after.
//   a snapshot    all entries of some version, for quick loading; it can be made again, and proves nothing.
import { createHash, hash } from "node:crypto";
import { compareText } from "@docket/policy";
import type { ListEntry, ListKind } from "@docket/policy";
import { formatTime, parseTime } from "@docket/protocol";

/** A change of a list. Without entries, `base` names the base whose entries it has from then on. */
export type Delta = {
  readonly kind: ListKind;
  /** The version before. */
  readonly previous: string;
  /** Where a file of the policy directory gave rise to it: the base that the file's entries make. */
  readonly file?: string;
  readonly base?: string;
  readonly remove: readonly string[];
  readonly add: readonly ListEntry[];
};

/** All entries of some version. */
export type Snapshot = {
  readonly kind: ListKind;
  readonly version: string;
  /** The last base that came from a file. */
  readonly file?: string;
  readonly entries: Iterable<ListEntry>;
};

const baseFormat = "docket-list/v1";
const changeFormat = "docket-list-change/v1";
const snapshotFormat = "docket-list-snapshot/v1";
/** Lines that are put together before they are encoded. */
const linesPerPiece = 16_384;

/** Encodes a base. */
export function encodeBase(kind: ListKind, entries: Iterable<ListEntry>): Buffer {
  return Buffer.concat([Buffer.from(`${baseFormat} ${kind}\n`), ...encodeEntries(entries)]);
}

/** Encodes a change; `remove` and `add` in ascending order, no value in both, none twice. */
export function encodeDelta({ kind, previous, file, base, remove, add }: Delta): Buffer {
  const head = [`${changeFormat} ${kind}`, `previous ${previous}`];
  if (file !== undefined) head.push(`file ${file}`);
  if (base !== undefined) head.push(`base ${base}`);
  const lines = [
    ...head,
    ...remove.toSorted(compareText).map((value) => `-${value}`),
    ...add
      .toSorted((one, other) => compareText(one.value, other.value))
      .map((entry) => `+${entryLine(entry)}`),
  ];
  return Buffer.from(`${lines.join("\n")}\n`);
}

/** Encodes a snapshot, with the hash of all its other lines. */
export function encodeSnapshot({ kind, version, file, entries }: Snapshot): Buffer {
  const head = Buffer.from(`${snapshotFormat} ${kind}\nversion ${version}\nfile ${file ?? "-"}\n`);
  const pieces = [...encodeEntries(entries)];
  const sum = createHash("sha256").update(head);
  for (const piece of pieces) sum.update(piece);
  return Buffer.concat([head, Buffer.from(`sha256 ${sum.digest("base64url")}\n`), ...pieces]);
}

/** The version that a base or a change makes: SHA-256 of its bytes, in base64url. */
export function versionOf(bytes: Uint8Array): string {
  return hash("sha256", bytes, "base64url");
}

/** The version of a list of this kind that has no entries and came from nothing. */
export function emptyVersion(kind: ListKind): string {
  return versionOf(encodeBase(kind, []));
}

/** The entries of a base; `undefined` if it isn't one of this kind. */
export function decodeBase(bytes: Uint8Array, kind: ListKind): Iterable<ListEntry> | undefined {
  const lines = new Lines(bytes);
  return lines.next() === `${baseFormat} ${kind}` ? decodeEntries(lines) : undefined;
}

/** A change; `undefined` if it isn't one of this kind. */
export function decodeDelta(bytes: Uint8Array, kind: ListKind): Delta | undefined {
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  if (lines.shift() !== `${changeFormat} ${kind}` || lines.pop() !== "") return undefined;
  const previous = takeField(lines, "previous");
  if (previous === undefined) return undefined;
  const file = takeField(lines, "file");
  const base = takeField(lines, "base");
  return {
    kind,
    previous,
    ...(file === undefined ? {} : { file }),
    ...(base === undefined ? {} : { base }),
    remove: lines.filter((line) => line.startsWith("-")).map((line) => line.slice(1)),
    add: lines.filter((line) => line.startsWith("+")).map((line) => readEntry(line.slice(1))),
  };
}

/** A snapshot of this version; `undefined` if it is none, or a byte of it was changed. */
export function decodeSnapshot(bytes: Uint8Array, kind: ListKind, version: string): Snapshot | undefined {
  const lines = new Lines(bytes);
  if (lines.next() !== `${snapshotFormat} ${kind}` || lines.next() !== `version ${version}`) return undefined;
  const file = lines.next()?.replace(/^file /, "");
  const head = bytes.subarray(0, lines.at);
  const sum = lines.next();
  const own = createHash("sha256").update(head).update(bytes.subarray(lines.at)).digest("base64url");
  if (file === undefined || sum !== `sha256 ${own}`) return undefined;
  const named = /^[A-Za-z0-9_-]{43}$/.test(file) ? { file } : {};
  return { kind, version, ...named, entries: decodeEntries(lines) };
}

function takeField(lines: string[], name: string): string | undefined {
  const found = new RegExp(`^${name} ([A-Za-z0-9_-]{43})$`).exec(lines[0] ?? "")?.[1];
  if (found !== undefined) lines.shift();
  return found;
}

/** An entry and its end in ms since 1970, as one line of a base. */
function entryLine({ value, untilMs }: ListEntry): string {
  return untilMs === undefined ? value : `${value}\t${formatTime(untilMs)}`;
}

function readEntry(line: string): ListEntry {
  const tab = line.indexOf("\t");
  const untilMs = tab < 0 ? undefined : parseTime(line.slice(tab + 1));
  return untilMs === undefined ? { value: line } : { value: line.slice(0, tab), untilMs };
}

function* encodeEntries(entries: Iterable<ListEntry>): Generator<Buffer> {
  let lines: string[] = [];
  for (const entry of entries) {
    lines.push(`${entryLine(entry)}\n`);
    if (lines.length < linesPerPiece) continue;
    yield Buffer.from(lines.join(""));
    lines = [];
  }
  yield Buffer.from(lines.join(""));
}

function* decodeEntries(lines: Lines): Generator<ListEntry> {
  for (let line = lines.next(); line !== undefined; line = lines.next()) yield readEntry(line);
}

/** Reads bytes line by line, without holding them a second time as text. */
class Lines {
  /** Where the next line starts. */
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  next(): string | undefined {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) return undefined;
    const line = this.#bytes.toString("utf8", this.at, end);
    this.at = end + 1;
    return line;
  }
}
