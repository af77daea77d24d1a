// SPDX-License-Identifier: Apache-2.0
// One bundle: up to 256 entries with their tile of hashes and their parts. Entries and tile say the same
// thing twice; where they differ, the tile above, or the signed root, tells which of them was changed.
import { parseLeaf, ProtocolError } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import {
  appendLeafHash,
  asHash,
  bundleName,
  cloneFrontier,
  emptyFrontier,
  entriesPath,
  frontierRoot,
  fromUtf8,
  hashBytes,
  hashesEqual,
  leafHash,
  tilePath,
  tileWidth,
  TlogError,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { noteAnchor } from "./anchors/walk-anchors.ts";
import { noteAbsent } from "./dropped.ts";
import type { AbsentPart } from "./dropped.ts";
import { VerifyError } from "./error.ts";
import { addFault, faultAt, readFile } from "./findings.ts";
import { checkSealedParts, encodeRecordParts, partsFileBytesMax, readRecordParts } from "./parts.ts";
import { followChain } from "./records.ts";
import { followKeys } from "./schedule.ts";
import type { RecordCopy, TailRecord } from "./source.ts";
import { entryOffset, readEntries, readTile, requiredWidth } from "./tile-files.ts";
import { appendToTree, wantKept } from "./walk.ts";
import type { Walk } from "./walk.ts";

/**
 * Checks bundle `index` up to the checkpoint's size and appends its records to the tree.
 *
 * @returns false where neither entries nor hashes can be read, so that the walk cannot go on
 */
export async function checkBundle(walk: Walk, index: number): Promise<boolean> {
  const width = requiredWidth(0, index, walk.head.size);
  const entries = await openEntries(walk, index, width);
  const tile = await readTile(walk, 0, index, width, true);
  const hashes = tile === undefined ? undefined : hashesOf(tile);
  const computed = entries?.map(leafHash);
  if (computed === undefined && hashes === undefined) return false;
  const trusted = await settle(walk, index, computed, hashes, entries);
  const records = trusted.map((hash, place): DocketRecord | undefined => {
    // An entry that is known to be another than the tree's was named already; the rest of it says nothing.
    const entry =
      computed !== undefined && hashesEqual(computed[place] as Hash, hash) ? entries?.[place] : undefined;
    return checkEntry(walk, index, place, entry, hash, entries);
  });
  if (walk.source.hasParts && walk.mode === "records") await checkParts(walk, index, records);
  return true;
}

/** Checks what the writer holds of records that no checkpoint covers yet, and appends them to the tree. */
export async function checkTail(walk: Walk): Promise<void> {
  const { writer, listing, head, findings } = walk;
  for (const { index, place, offset, leaf, manifest, parts } of writer?.tail ?? []) {
    const hash = leafHash(leaf);
    const { record, reason } = followEntry(walk, index, leaf, hash);
    const sealed = record === undefined ? undefined : checkSealedParts(record, manifest, parts);
    const wrong = reason ?? sealed;
    if (wrong !== undefined) addFault(findings, faultAt("journal", place, wrong, { index, offset }));
    appendToTree(walk, hash);
  }
  for (const bundle of listing?.parts ?? []) {
    // Bundles that begin below the checkpoint's size were checked on the way, with what follows it.
    if (bundle * tileWidth < head.size) continue;
    if (bundle * tileWidth <= walk.frontier.size) await checkParts(walk, bundle, []);
    else {
      // A crash may leave the file of the next record empty, and no other.
      const reason = `the log has only ${walk.frontier.size} records`;
      findings.beyond.push(faultAt("files", `parts/${bundleName(bundle)}`, reason));
    }
  }
}

async function openEntries(walk: Walk, index: number, width: number): Promise<Uint8Array[] | undefined> {
  if (walk.mode === "tiles") return undefined;
  try {
    return await readEntries(walk, index, width, true);
  } catch (error) {
    if (!(error instanceof VerifyError) || error.code !== "refused") throw error;
    walk.mode = "tiles";
    for (const check of ["records", "parts", "anchors"] as const)
      walk.findings.unchecked.set(check, error.message);
    return undefined;
  }
}

// Opaque entries are bytes: whatever is in the tree is right. But a log of records is not to be passed off as
// an opaque one, of which neither chain nor parts are checked.
function followEntry(
  walk: Walk,
  index: number,
  entry: Uint8Array | undefined,
  hash: Hash,
): ReturnType<typeof followChain> {
  if (walk.mode === "opaque") {
    const isOfRecords = index === 0 && entry !== undefined && beginsRecords(entry, walk.head.origin);
    const reason = isOfRecords ? "it begins a log of records: this is no log of opaque entries" : undefined;
    return { record: undefined, reason };
  }
  const { record, reason } = followChain(walk.chain, index, entry, hash);
  if (record === undefined || reason !== undefined) return { record, reason };
  if (record.kind === "key-change") wantKept(walk, index + 1);
  noteAnchor(walk, record);
  if (record.kind === "created" && record.succeeds !== undefined) {
    const { origin, checkpoint } = record.succeeds;
    const [, size] = checkpoint.split("\n");
    walk.findings.notes.push(`it goes on from the log ${origin}, which ended with at least ${size} records`);
  }
  return { record, reason: followKeys(walk.schedule, record) };
}

function beginsRecords(entry: Uint8Array, origin: string | undefined): boolean {
  try {
    const record = parseLeaf(fromUtf8(entry));
    return record.kind === "created" && record.origin === origin;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof TlogError) return false;
    throw error;
  }
}

function checkEntry(
  walk: Walk,
  bundle: number,
  place: number,
  entry: Uint8Array | undefined,
  hash: Hash,
  entries: readonly Uint8Array[] | undefined,
): DocketRecord | undefined {
  const { findings, head } = walk;
  const index = bundle * tileWidth + place;
  const { record, reason } = followEntry(walk, index, entry, hash);
  if (reason !== undefined) {
    const path = entriesPath(bundle, requiredWidth(0, bundle, head.size));
    addFault(
      findings,
      faultAt("records", path, reason, { index, offset: entryOffset(entries ?? [], place) }),
    );
  }
  const copy = walk.copies.get(index);
  if (copy !== undefined && !hashesEqual(copy.hash, hash)) {
    const { offset } = copy;
    addFault(
      findings,
      faultAt("journal", copy.place, `its record ${index} is not the one in the tree`, { index, offset }),
    );
  }
  appendToTree(walk, hash);
  return record;
}

/**
 * Which hashes the tree is recomputed from: the entries' unless the tree above agrees with the tile alone.
 */
async function settle(
  walk: Walk,
  index: number,
  computed: Hash[] | undefined,
  tile: Hash[] | undefined,
  entries: readonly Uint8Array[] | undefined,
): Promise<Hash[]> {
  if (computed === undefined) return tile ?? [];
  const place = tile?.findIndex((hash, at) => !hashesEqual(hash, computed[at] as Hash)) ?? -1;
  if (tile === undefined || place < 0) return settleCopies(walk, index, computed, entries);
  const expected = await rootAbove(walk, index);
  const agrees = (hashes: readonly Hash[]): boolean =>
    expected !== undefined && hashesEqual(expected, rootOf(walk, index, hashes));
  const tileIsWrong = agrees(computed);
  const record = index * tileWidth + place;
  const width = computed.length;
  const [check, path, offset, reason] = tileIsWrong
    ? ([
        "tree",
        tilePath({ level: 0, index, width }),
        place * hashBytes,
        `hash ${place} is not that of record ${record}`,
      ] as const)
    : ([
        "records",
        entriesPath(index, width),
        entryOffset(entries ?? [], place),
        `record ${record} is not the one in the tree, ${tilePath({ level: 0, index, width })}`,
      ] as const);
  addFault(walk.findings, faultAt(check, path, reason, { index: record, offset }));
  return !tileIsWrong && agrees(tile) ? tile : computed;
}

// Entries and tile agree, and the journal has other records: whoever changed a record changes its hash too.
// If the tree above agrees with the journal's, those are the ones that were signed.
async function settleCopies(
  walk: Walk,
  index: number,
  computed: Hash[],
  entries: readonly Uint8Array[] | undefined,
): Promise<Hash[]> {
  const first = index * tileWidth;
  const copied = computed.map((hash, place) => (walk.copies.get(first + place)?.hash ?? hash) as Hash);
  const place = copied.findIndex((hash, at) => !hashesEqual(hash, computed[at] as Hash));
  if (place < 0) return computed;
  const expected = await rootAbove(walk, index);
  if (expected === undefined || !hashesEqual(expected, rootOf(walk, index, copied))) return computed;
  const reason = `record ${first + place} is not the one in the tree; the journal has that one`;
  const at = { index: first + place, offset: entryOffset(entries ?? [], place) };
  addFault(walk.findings, faultAt("records", entriesPath(index, computed.length), reason, at));
  return copied;
}

/**
 * What the bundle's hashes must give: the hash in the tile above or, for the last bundle, the signed root.
 */
async function rootAbove(walk: Walk, index: number): Promise<Hash | undefined> {
  const { head, source, findings } = walk;
  if (requiredWidth(0, index, head.size) < tileWidth) return head.checkpoint?.root;
  const parent = Math.floor(index / tileWidth);
  const width = requiredWidth(1, parent, head.size);
  const path = tilePath({ level: 1, index: parent, width });
  const bytes = await readFile(source, path, tileWidth * hashBytes, "tree", findings);
  if (!(bytes instanceof Uint8Array) || bytes.length !== width * hashBytes) return undefined;
  return hashesOf(bytes)[index % tileWidth];
}

function rootOf(walk: Walk, index: number, hashes: readonly Hash[]): Hash {
  const isLast = requiredWidth(0, index, walk.head.size) < tileWidth;
  const frontier = isLast ? cloneFrontier(walk.frontier) : emptyFrontier();
  for (const hash of hashes) appendLeafHash(frontier, hash);
  return frontierRoot(frontier);
}

/**
 * Checks a parts file: the bundle's records up to the checkpoint, and after them the beginning of the
 * writer's tail.
 */
async function checkParts(
  walk: Walk,
  bundle: number,
  records: readonly (DocketRecord | undefined)[],
): Promise<void> {
  const { findings, source } = walk;
  const path = `parts/${bundleName(bundle)}`;
  const bytes = await readFile(source, path, partsFileBytesMax, "parts", findings);
  if (bytes === "too long") return;
  if (bytes === undefined) {
    if (records.length > 0)
      addFault(findings, faultAt("parts", path, "it is missing", { index: bundle * tileWidth }));
    return;
  }
  let offset = 0;
  for (const [place, record] of records.entries()) {
    const index = bundle * tileWidth + place;
    const read = readRecordParts(bytes, offset);
    if (read === "short" && isRewritten(walk, bytes, offset, index)) {
      findings.notes.push(
        `${path} ends at record ${index}; the journal has the rest, and recovery writes it again`,
      );
      return;
    }
    if (typeof read === "string") {
      const reason =
        read === "short" ? `it ends within record ${index}` : `the lengths in record ${index} do not fit`;
      addFault(findings, faultAt("parts", path, reason, { index, offset }));
      return;
    }
    const absent: AbsentPart[] = [];
    const reason =
      record === undefined ? undefined : checkSealedParts(record, read.manifest, read.parts, absent);
    if (reason !== undefined) addFault(findings, faultAt("parts", path, reason, { index, offset }));
    noteAbsent(walk.chain.drops, index, absent);
    offset = read.end;
  }
  const end = (bundle + 1) * tileWidth;
  const tail = (walk.writer?.tail ?? []).filter(({ index }) => index >= bundle * tileWidth && index < end);
  const rest = explainedBytes(bytes, offset, tail);
  if (rest === bytes.length) return;
  findings.beyond.push(
    faultAt("parts", path, `${bytes.length - rest} bytes that no record explains`, { offset: rest }),
  );
}

/**
 * Whether a parts file ends early because recovery, which cuts it to the materialised size before it writes
 * the rest again, was itself cut short. All of the rest must then be in the journal.
 */
function isRewritten(walk: Walk, bytes: Uint8Array, offset: number, index: number): boolean {
  const last = Math.min(walk.head.size, (Math.floor(index / tileWidth) + 1) * tileWidth);
  const sealed: NonNullable<RecordCopy["sealed"]>[] = [];
  for (let at = index; at < last; at++) {
    const copy = walk.copies.get(at)?.sealed;
    if (copy === undefined) return false;
    sealed.push(copy);
  }
  return explainedBytes(bytes, offset, sealed) === bytes.length;
}

/** How far the bytes from `offset` on are the beginning of the parts of `tail`. */
function explainedBytes(
  bytes: Uint8Array,
  offset: number,
  tail: readonly Pick<TailRecord, "manifest" | "parts">[],
): number {
  let at = offset;
  for (const { manifest, parts } of tail) {
    const expected = encodeRecordParts(manifest, parts);
    const found = bytes.subarray(at, at + expected.length);
    if (!hashesEqual(found, expected.subarray(0, found.length))) return at;
    at += found.length;
  }
  return at;
}

function hashesOf(bytes: Uint8Array): Hash[] {
  return Array.from({ length: bytes.length / hashBytes }, (_, i) =>
    asHash(bytes.subarray(i * hashBytes, (i + 1) * hashBytes)),
  );
}
