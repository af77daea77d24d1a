// SPDX-License-Identifier: Apache-2.0
// The logs that are tampered with: small ones of different shapes, written by the log's own code. Clock and
// randomness are counted, so that a twist (another record, another time) gives the log that whoever holds the
// key could have written instead.
import { posix } from "node:path";
import { openPart } from "../../../packages/docket/src/evidence/seal.ts";
import { decodeRecordParts, recordOffsets } from "../../../packages/docket/src/log/parts-bundle.ts";
import { MemoryDisk } from "../../../packages/docket/src/testing/memory-disk.ts";
import { encodeReceipt } from "@docket/protocol";
import { bundleName, parseProof, tileWidth } from "@docket/tlog";
import { imageOf } from "../image.ts";
import type { Image } from "../image.ts";
import * as log from "../writer.ts";
import type { Answered, LogKind, Wish } from "../writer.ts";

/** One thing that the writer did: records in one batch, with parts or without, or what came between. */
type Step = { records: number; parts: boolean } | "publish" | "sync" | "reopen";

/** How a log came about. */
export type Shape = {
  name: string;
  kind: LogKind;
  /** How often it is taken. */
  weight: number;
  steps: readonly Step[];
  /** Only what is published, as a mirror has it: no journal, no state. */
  copy: boolean;
};

/** What whoever holds the key did otherwise, from the record of that index on. */
export type Twist = { kind: "other record" | "other time" | "record left out" | "record put in"; at: number };

/** A log to tamper with. */
export type Base = {
  shape: Shape;
  image: Image;
  /** Where the log's files lie in the image, and how verification calls them: without this. */
  root: string;
  /** Number of records that the checkpoint covers, and of those that were answered. */
  size: number;
  total: number;
  leaves: readonly string[];
  /** Signed notes that others have, by size: what was published, and the checkpoints of answers. */
  published: ReadonlyMap<number, Buffer>;
  answers: ReadonlyMap<number, Buffer>;
  receipts: readonly string[];
};

/** All shapes. Sizes from 1 to 600; with a tail that only the journal has, and without. */
export const shapes: readonly Shape[] = [
  shape("one record", 6, plain(1), "publish", "sync"),
  shape("three records with parts", 14, plain(1), "publish", withParts(2), "publish", "sync"),
  shape("published, not synced", 12, plain(1), "publish", withParts(3), plain(2), "publish"),
  shape("a tail in the journal", 12, plain(1), withParts(4), "publish", "sync", withParts(2), plain(1)),
  shape("nothing published", 3, plain(1), withParts(2), plain(3)),
  shape(
    "several starts",
    14,
    ...steps(plain(1), "publish", withParts(3), "reopen", plain(4), "publish", "sync"),
    ...steps(withParts(2), "reopen", "publish", plain(6), "publish", "sync", withParts(1), "publish"),
  ),
  shape(
    "forty records",
    12,
    ...steps(plain(1), withParts(9), "publish", plain(10), "publish", withParts(5), "publish", "sync"),
    ...steps(plain(12), "publish", withParts(3), "publish", "sync"),
  ),
  shape("a full tile", 1, plain(1), withParts(5), "publish", plain(250), "publish", "sync"),
  shape(
    "a tile and one",
    2,
    ...steps(plain(1), "publish", plain(120), withParts(2), "publish", "sync", plain(133)),
    ...steps("publish", plain(1), "publish", "sync", plain(1), "publish"),
  ),
  shape(
    "six hundred",
    1,
    ...steps(plain(1), withParts(4), "publish", plain(250), "publish", plain(200), "publish", "sync"),
    ...steps(plain(130), "publish", withParts(10), "publish", "sync", plain(5), "publish", withParts(2)),
  ),
  copyOnly(shape("copy of three", 8, plain(1), "publish", withParts(2), "publish")),
  copyOnly(
    shape(
      "copy of thirty",
      14,
      ...steps(plain(1), "publish", withParts(9), "publish", plain(10), "publish", withParts(5)),
      ...steps("publish", plain(5), "publish", "sync"),
    ),
  ),
  copyOnly(
    shape("copy of three hundred", 1, plain(1), withParts(3), "publish", plain(296), "publish", "sync"),
  ),
  opaque(shape("opaque, five", 8, plain(2), "publish", withParts(3), "publish")),
  opaque(
    shape(
      "opaque, forty",
      8,
      ...steps(plain(9), "publish", withParts(10), "publish", "sync", plain(12), "publish", "reopen"),
      ...steps(plain(9), "publish"),
    ),
  ),
  opaque(shape("opaque, three hundred", 1, withParts(40), "publish", plain(260), "publish", "sync")),
];

/** Makes a log; the same one, from memory, when asked again. */
export function makeBase(made: Shape, count: number = made.steps.length, twist?: Twist): Base {
  const name = JSON.stringify([made.name, count, twist]);
  const known = bases.get(name);
  if (known !== undefined) return known;
  const base = build(made, count, twist);
  // Twisted ones come by the thousand, and each seldom again.
  if (twist === undefined) bases.set(name, base);
  return base;
}

const bases = new Map<string, Base>();
/** Time between two looks at the clock, in ms: a checkpoint in three is kept. */
const tickMs = 25_000;
const laterMs = 3000;

function plain(records: number): Step {
  return { records, parts: false };
}

function withParts(records: number): Step {
  return { records, parts: true };
}

function steps(...list: readonly Step[]): readonly Step[] {
  return list;
}

function shape(name: string, weight: number, ...list: readonly Step[]): Shape {
  return { name, kind: "records", weight, steps: list, copy: false };
}

function copyOnly(made: Shape): Shape {
  return { ...made, copy: true };
}

function opaque(made: Shape): Shape {
  return { ...made, kind: "opaque" };
}

function build(made: Shape, count: number, twist: Twist | undefined): Base {
  const disk = new MemoryDisk();
  const { kind } = made;
  log.createLog(disk, kind, true);
  const clock = { nowMs: log.firstTimeMs };
  const now = (): number => (clock.nowMs += tickMs);
  const open = (): log.Writer => log.openWriter({ disk, kind, mlDsa: true, now });
  let writer = open();
  const answered: Answered[] = [];
  const published = new Map<number, Buffer>();
  let nextId = 0;
  let late = false;
  for (const step of made.steps.slice(0, count)) {
    if (typeof step === "object") {
      const wishes = twisted(step, answered.length, () => nextId++, twist);
      const isLate = twist?.kind === "other time" && twist.at < answered.length + wishes.length;
      if (isLate && !late) clock.nowMs += laterMs;
      late ||= isLate;
      if (wishes.length > 0) answered.push(...writer.commit(wishes));
      continue;
    }
    if (step === "reopen") writer = open();
    else if (step === "publish") writer.publish();
    else writer.sync();
    const note = disk.readFile(log.paths.checkpoint);
    if (note !== undefined) published.set(sizeOfNote(note), note);
  }
  writer.close();
  const whole = imageOf(disk, log.dataDirectory);
  const notes = answered.flatMap(({ proof }) => (proof === undefined ? [] : [noteOf(proof)]));
  const size = Math.max(0, ...published.keys());
  return {
    shape: made,
    image: made.copy ? copyOf(whole) : whole,
    root: made.copy ? log.dataDirectory : log.paths.site,
    size,
    total: answered.length,
    leaves: answered.map(({ leaf }) => leaf),
    published,
    answers: new Map(notes.map((note) => [sizeOfNote(note), note])),
    receipts: receiptsOf(whole, answered, size),
  };
}

function twisted(
  { records, parts }: { records: number; parts: boolean },
  first: number,
  nextId: () => number,
  twist: Twist | undefined,
): Wish[] {
  const wishes = Array.from({ length: records }, (): Wish => ({ id: nextId(), parts }));
  const place = (twist?.at ?? -1) - first;
  const wish = wishes[place];
  if (twist === undefined || wish === undefined) return wishes;
  switch (twist.kind) {
    case "other record":
      return wishes.with(place, { ...wish, variant: 1 });
    case "record left out":
      return wishes.toSpliced(place, 1);
    case "record put in":
      return wishes.toSpliced(place, 0, { id: 9000, parts });
    case "other time":
      return wishes;
  }
}

/** What a mirror has: checkpoints, tiles, parts; no journal, no state, nothing of the installation. */
function copyOf({ files }: Image): Image {
  const prefix = `${log.paths.site}/`;
  const copied = [...files].flatMap(([path, bytes]): [string, Buffer][] => {
    const name = path.startsWith(prefix) ? path.slice(prefix.length) : "";
    return isMirrored(name) ? [[posix.join(log.dataDirectory, name), bytes]] : [];
  });
  return { files: new Map(copied), directories: new Set([log.dataDirectory]) };
}

function isMirrored(name: string): boolean {
  return name === "checkpoint" || /^(checkpoints|recent|tile|parts)\//.test(name);
}

function receiptsOf({ files }: Image, answered: readonly Answered[], size: number): string[] {
  return answered.flatMap(({ index, leaf, proof, manifest }) => {
    if (proof === undefined) return [];
    const opening = index < size && manifest !== undefined ? openingOf(files, index) : undefined;
    const receipt = {
      format: "docket-receipt/v1" as const,
      leaf,
      proof,
      ...(manifest === undefined ? {} : { manifest }),
      ...(opening === undefined ? {} : { opening }),
    };
    return [encodeReceipt(receipt)];
  });
}

type Opening = NonNullable<Parameters<typeof encodeReceipt>[0]["opening"]>;

function openingOf(files: Image["files"], index: number): Opening {
  const path = posix.join(log.paths.parts, bundleName(Math.floor(index / tileWidth)));
  const bytes = files.get(path) ?? Buffer.alloc(0);
  const place = index % tileWidth;
  const offsets = recordOffsets(bytes, place + 1);
  const record = decodeRecordParts(bytes.subarray(offsets?.[place], offsets?.[place + 1]));
  if (record === undefined || record === "malformed") return [];
  return record.parts.flatMap(({ name, bytes: sealed }) => {
    if (name !== "facts") return [];
    const opened = openPart(Buffer.from(sealed), name, log.partKey, log.origin);
    if (opened === undefined) return [];
    const secret = opened.secret.toString("base64url");
    return [{ name, secret, plaintext: opened.plaintext.toString("utf8") }];
  });
}

function noteOf(proof: string): Buffer {
  return Buffer.from(parseProof(proof).checkpoint);
}

/** The size that a checkpoint names. */
export function sizeOfNote(note: Uint8Array): number {
  return Number(Buffer.from(note).toString("utf8").split("\n")[1]);
}
