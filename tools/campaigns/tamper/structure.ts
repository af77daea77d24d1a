// SPDX-License-Identifier: Apache-2.0
// What somebody does who knows the formats, but has not the log's key: records, hashes, parts, checkpoints
// and journal changed so that each file is well-formed in itself.
import {
  decodeEntryBundle,
  encodeEntryBundle,
  entriesPath,
  generateSignerKey,
  hashBytes,
  leafHash,
  parseCheckpoint,
  parseNote,
  parseSignerKey,
  signCheckpoint,
  tilePath,
  tileWidth,
} from "@docket/tlog";
import type { Checkpoint } from "@docket/tlog";
import { recordOffsets } from "../../../packages/docket/src/log/parts-bundle.ts";
import { at } from "../../../packages/docket/src/testing/at.ts";
import * as log from "../writer.ts";
import { makeBase } from "./bases.ts";
import type { Base } from "./bases.ts";
import { bytesOf, contentOf, edited, editedFile, pick, placesOf } from "./mutation.ts";
import type { Mutation, MutationKind } from "./mutation.ts";
import type { Random } from "../seeded-random.ts";

type Make = MutationKind["make"];

/** All of them. */
export const structureKinds: readonly MutationKind[] = [
  { name: "two records swapped", weight: 5, make: ofBundle(swapTwo, false) },
  { name: "two records swapped, their hashes too", weight: 4, make: ofBundle(swapTwo, true) },
  { name: "a record changed", weight: 5, make: ofBundle(changeOne, false) },
  { name: "a record changed, its hash too", weight: 5, make: ofBundle(changeOne, true) },
  { name: "a record left out of its bundle", weight: 3, make: ofBundle(leaveOut, false) },
  { name: "a record standing twice in its bundle", weight: 3, make: ofBundle(standTwice, false) },
  { name: "a file replaced by that of a fork", weight: 8, make: fileOfFork },
  { name: "two hashes swapped in a tile", weight: 4, make: swapHashes },
  { name: "two records' parts swapped", weight: 3, make: swapParts },
  { name: "an older checkpoint put back", weight: 4, make: olderCheckpoint },
  { name: "a checkpoint signed by another key", weight: 4, make: otherKey },
  { name: "a checkpoint's lines changed", weight: 6, make: otherLines },
  { name: "a kept checkpoint removed", weight: 3, make: removeKept },
  { name: "a kept checkpoint under another size", weight: 3, make: renameKept },
  { name: "the state set back", weight: 3, make: stateSetBack },
  { name: "a journal segment removed or renumbered", weight: 4, make: otherSegment },
  { name: "a batch of the journal left out", weight: 4, make: leaveOutBatch },
];

type Entries = Uint8Array[];
type Edit = (entries: Entries, random: Random) => { entries: Entries; from: number; to: number } | undefined;

/** Changes the bundle that a reader of the checkpoint reads, and with `hashes` the tile beside it. */
function ofBundle(edit: Edit, hashes: boolean): Make {
  return (base, random) => {
    if (base.size === 0) return undefined;
    const index = random.below(Math.ceil(base.size / tileWidth));
    const width = Math.min(tileWidth, base.size - index * tileWidth);
    const place = entriesPath(index, width);
    const before = decodeEntryBundle(contentOf(base, place) as Buffer, width);
    const after = edit(before, random);
    if (after === undefined) return undefined;
    const changes = new Map<string, Uint8Array>([[place, encodeEntryBundle(after.entries)]]);
    const tile = tilePath({ level: 0, index, width });
    if (hashes) changes.set(tile, Buffer.concat(after.entries.map((entry) => leafHash(entry))));
    const first = index * tileWidth;
    const files = hashes ? `${place} and its tile` : place;
    const what = `${files}: records ${first + after.from} to ${first + after.to}`;
    const mutation = edited(base, what, changes);
    if (mutation === undefined) return undefined;
    // Where records and hashes were changed alike, what they contradict is a signed root.
    const signed = hashes ? placesOf(base).filter((each) => /^(checkpoint|recent\/)/.test(each)) : [];
    const places = new Set([...mutation.places, ...signed]);
    return { ...mutation, places, records: [first + after.from, first + after.to + 1] };
  };
}

function swapTwo(entries: Entries, random: Random): ReturnType<Edit> {
  const [one, other] = [random.below(entries.length), random.below(entries.length)].sort((a, b) => a - b);
  if (one === undefined || other === undefined || one === other) return undefined;
  const swapped = entries.with(one, at(entries, other)).with(other, at(entries, one));
  return { entries: swapped, from: one, to: other };
}

function changeOne(entries: Entries, random: Random): ReturnType<Edit> {
  const place = random.below(entries.length);
  const text = Buffer.from(at(entries, place)).toString("utf8");
  const changes: [RegExp, string][] = [
    [/"outcome":"reject","rules":\["link-burst"\]/, '"outcome":"allow","rules":[]'],
    [/"outcome":"allow","rules":\[\]/, '"outcome":"reject","rules":["link-burst"]'],
    [/"role":"ingest"/, '"role":"admin"'],
    [/T23:(\d\d):/, "T22:$1:"],
    [/^entry (\d+) 0/, "entry $1 1"],
  ];
  const matching = changes.filter(([from]) => from.test(text));
  const change = pick(random, matching);
  if (change === undefined) return undefined;
  return { entries: entries.with(place, Buffer.from(text.replace(...change))), from: place, to: place };
}

function leaveOut(entries: Entries, random: Random): ReturnType<Edit> {
  if (entries.length === 1) return undefined;
  const at = random.below(entries.length);
  return { entries: entries.toSpliced(at, 1), from: 0, to: entries.length - 1 };
}

function standTwice(entries: Entries, random: Random): ReturnType<Edit> {
  const place = random.below(entries.length);
  const twice = entries.toSpliced(place, 0, at(entries, place));
  // In its own bundle's length, so that only the records tell.
  const kept = twice.slice(0, entries.length);
  return { entries: kept, from: Math.min(place + 1, entries.length - 1), to: entries.length };
}

function fileOfFork(base: Base, random: Random): Mutation | undefined {
  const fork = forkOf(base, random);
  const places = placesOf(base).filter((place) => {
    const other = contentOf(fork, place);
    return other !== undefined && !other.equals(contentOf(base, place) as Buffer);
  });
  const place = pick(random, places);
  if (place === undefined) return undefined;
  const mutation = editedFile(base, place, "that of a fork", contentOf(fork, place));
  // A checkpoint that the key signed over another root, and records, contradict each other.
  const suspects = place === "checkpoint" ? anyRecordPlaces(base) : [];
  return mutation && { ...mutation, places: new Set([...mutation.places, ...suspects]) };
}

// Which of two signed statements is the forged one, nobody can say: the records are as good a suspect.
function anyRecordPlaces(base: Base): string[] {
  return placesOf(base).filter((place) => place.startsWith("tile/") || place.startsWith("checkpoints/"));
}

function forkOf(base: Base, random: Random): Base {
  const at = base.shape.kind === "opaque" ? 0 : 1;
  // Few different ones, so that they are made once.
  const places = [at, Math.floor(base.total / 2), base.total - 1].filter((place) => place >= at);
  return makeBase(base.shape, undefined, { kind: "other record", at: pick(random, places) ?? at });
}

function swapHashes(base: Base, random: Random): Mutation | undefined {
  const tiles = placesOf(base).filter((place) => /^tile\/\d/.test(place));
  const place = pick(random, tiles);
  const bytes = place === undefined ? undefined : contentOf(base, place);
  if (place === undefined || bytes === undefined || bytes.length < 2 * hashBytes) return undefined;
  const count = bytes.length / hashBytes;
  const [one, other] = [random.below(count), random.below(count)];
  const hash = (at: number): Buffer => bytes.subarray(at * hashBytes, (at + 1) * hashBytes);
  const changed = Buffer.from(bytes);
  hash(other).copy(changed, one * hashBytes);
  hash(one).copy(changed, other * hashBytes);
  return editedFile(base, place, `hashes ${one} and ${other} swapped`, changed);
}

function swapParts(base: Base, random: Random): Mutation | undefined {
  const place = pick(
    random,
    placesOf(base).filter((each) => each.startsWith("parts/")),
  );
  const bytes = place === undefined ? undefined : contentOf(base, place);
  if (place === undefined || bytes === undefined) return undefined;
  const offsets = recordOffsets(bytes, Math.min(tileWidth, base.size)) ?? [];
  const pieces = offsets.slice(1).map((end, at) => bytes.subarray(offsets[at], end));
  const [one, other] = [random.below(pieces.length + 1), random.below(pieces.length + 1)];
  const [first, second] = [pieces[one], pieces[other]];
  if (first === undefined || second === undefined || first.equals(second)) return undefined;
  const swapped = pieces.with(one, second).with(other, first);
  const changed = Buffer.concat([...swapped, bytes.subarray(offsets.at(-1))]);
  const mutation = editedFile(base, place, `parts of records ${one} and ${other} swapped`, changed);
  return mutation && { ...mutation, records: [Math.min(one, other), Math.max(one, other) + 1] };
}

function olderCheckpoint(base: Base, random: Random): Mutation | undefined {
  const older = [...base.published].filter(([size]) => size < base.size);
  const [size, note] = pick(random, older) ?? [];
  if (note === undefined) return undefined;
  const mutation = editedFile(base, "checkpoint", `that of size ${size}`, note);
  // Beside an older checkpoint all that is newer has too much in it.
  const newer = placesOf(base).filter((place) => /^(tile|parts|checkpoints|recent)\//.test(place));
  return mutation && { ...mutation, places: new Set(["checkpoint", ...newer]), ...answersOf(base) };
}

const stranger = parseSignerKey(generateSignerKey(log.origin, new Uint8Array(32).fill(9)).signerKey);

function otherKey(base: Base, random: Random): Mutation | undefined {
  const place = pick(random, checkpointPlaces(base));
  if (place === undefined) return undefined;
  const checkpoint = parseCheckpoint(parseNote(contentOf(base, place) as Buffer).text);
  const changed: Checkpoint =
    random.below(2) === 0
      ? checkpoint
      : { ...checkpoint, root: bytesOf(random, hashBytes) as Uint8Array as Checkpoint["root"] };
  return editedFile(base, place, "signed by a stranger", signCheckpoint(changed, [stranger]));
}

/** Lines of a note: what an attacker, or a bad copier, does to them. */
const lineEdits: readonly [string, (lines: string[], random: Random) => string[]][] = [
  ["the first signature line left out", (lines) => lines.toSpliced(lines.indexOf("") + 1, 1)],
  ["the last signature line left out", (lines) => lines.toSpliced(lines.length - 2, 1)],
  ["a signature line twice", (lines) => lines.toSpliced(-1, 0, lines.at(-2) ?? "")],
  [
    "signature lines in another order",
    (lines) => [...lines.slice(0, 4), ...lines.slice(4, -1).toReversed(), ""],
  ],
  ["an extension line", (lines) => lines.toSpliced(3, 0, "extension")],
  ["an empty line", (lines) => lines.toSpliced(3, 0, "")],
  ["another origin", (lines) => lines.with(0, "docket-fedcba9876543210/main")],
  ["one record more", (lines) => lines.with(1, String(Number(lines[1]) + 1))],
  ["one record less", (lines) => lines.with(1, String(Number(lines[1]) - 1))],
  ["a size with a leading zero", (lines) => lines.with(1, `0${lines[1]}`)],
  ["carriage returns", (lines) => lines.map((line) => (line === "" ? line : `${line}\r`))],
  ["no newline at the end", (lines) => lines.slice(0, -1)],
  ["a line of an unknown key named as the log", (lines) => lines.toSpliced(-1, 0, strangersLine(lines))],
];

function strangersLine(lines: readonly string[]): string {
  const text = `${lines.slice(0, 3).join("\n")}\n`;
  const note = signCheckpoint(parseCheckpoint(text), [stranger]);
  return Buffer.from(note).toString("utf8").split("\n")[4] ?? "";
}

function otherLines(base: Base, random: Random): Mutation | undefined {
  const place = pick(random, checkpointPlaces(base));
  const [what, edit] = pick(random, lineEdits) ?? [];
  if (place === undefined || what === undefined || edit === undefined) return undefined;
  const lines = (contentOf(base, place) as Buffer).toString("utf8").split("\n");
  return editedFile(base, place, what, Buffer.from(edit(lines, random).join("\n")));
}

function checkpointPlaces(base: Base): string[] {
  return placesOf(base).filter((place) => place === "checkpoint" || place.startsWith("checkpoints/"));
}

function removeKept(base: Base, random: Random): Mutation | undefined {
  const place = pick(
    random,
    placesOf(base).filter((each) => each.startsWith("checkpoints/")),
  );
  return place === undefined ? undefined : editedFile(base, place, "removed", undefined);
}

function renameKept(base: Base, random: Random): Mutation | undefined {
  const place = pick(
    random,
    placesOf(base).filter((each) => each.startsWith("checkpoints/")),
  );
  if (place === undefined) return undefined;
  const other = `checkpoints/${1 + random.below(base.size + 2)}`;
  const changes = new Map([
    [place, undefined],
    [other, contentOf(base, place)],
  ]);
  return place === other ? undefined : edited(base, `${place} as ${other}`, changes);
}

function stateSetBack(base: Base, random: Random): Mutation | undefined {
  if (base.shape.copy) return undefined;
  const earlier = makeBase(base.shape, random.below(base.shape.steps.length));
  const mutation = editedFile(
    base,
    "materialised.json",
    "an older one",
    contentOf(earlier, "materialised.json"),
  );
  // The journal lacks what an older state says that it has to have: which of them is wrong, nobody can say.
  return mutation && { ...mutation, places: new Set(["materialised.json", "journal"]) };
}

function segmentsOf(base: Base): string[] {
  return placesOf(base).filter((place) => place.startsWith("journal/"));
}

function otherSegment(base: Base, random: Random): Mutation | undefined {
  const place = pick(random, segmentsOf(base));
  if (place === undefined) return undefined;
  const number = Number(/\d+/.exec(place)?.[0]) + 1 + random.below(3);
  const other = `journal/${String(number).padStart(8, "0")}.journal`;
  const changes = new Map<string, Uint8Array | undefined>([[place, undefined]]);
  if (random.below(2) === 0) changes.set(other, contentOf(base, place));
  const mutation = edited(base, [...changes.keys()].join(" as "), changes);
  return (
    mutation && {
      ...mutation,
      places: new Set([...mutation.places, ...segmentsOf(base)]),
      ...answersOf(base),
    }
  );
}

const batchMagic = Buffer.from("DKTB", "latin1");

function leaveOutBatch(base: Base, random: Random): Mutation | undefined {
  const place = pick(random, segmentsOf(base));
  const bytes = place === undefined ? undefined : contentOf(base, place);
  if (place === undefined || bytes === undefined) return undefined;
  const starts: number[] = [];
  for (let at = bytes.indexOf(batchMagic); at >= 0; at = bytes.indexOf(batchMagic, at + 1)) starts.push(at);
  const which = random.below(Math.max(1, starts.length));
  const from = starts[which];
  if (from === undefined) return undefined;
  const until = starts[which + 1] ?? from + 128 + bytes.readUInt32BE(from + 4) + 4;
  const changed = Buffer.concat([bytes.subarray(0, from), bytes.subarray(until)]);
  return editedFile(base, place, `batch ${which} left out`, changed);
}

/** What a client of the log still has: the signed root in its newest answer, over all that was answered. */
export function answersOf(base: Base): Pick<Mutation, "seen"> {
  const note = base.answers.get(base.total) ?? base.published.get(base.size);
  return note === undefined ? {} : { seen: [{ place: "an answer", note }] };
}
