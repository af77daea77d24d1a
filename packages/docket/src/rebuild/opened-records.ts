// SPDX-License-Identifier: Apache-2.0
// Records with their facts opened, as threads hand them over: only what the views are made of, as text.
import { hash } from "node:crypto";
import type { ActFacts, DecisionBody, Facts, RecordHeader } from "@docket/protocol";
import { bundleName, decodeEntryBundle, entriesPath, fromUtf8, tileWidth } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { openPart } from "../evidence/seal.ts";
import type { TakenFacts } from "../intake/rebuild.ts";
import { decodeRecordParts, recordOffsets } from "../log/parts-bundle.ts";
import type { RecordParts } from "../log/parts-bundle.ts";
import { encodeDecision } from "../stores/sqlite/decision-table.ts";
import type { EncodedDecision } from "../stores/sqlite/decision-table.ts";
import { decisionRow } from "../views/decision-row.ts";

/** What a thread is started with. */
export type OpenerStart = { readonly site: string; readonly origin: string; readonly siteKey: Uint8Array };
/** Bundles to open; `size` is how many records are published. */
export type OpenQuestion = { readonly first: number; readonly count: number; readonly size: number };

/** A decision, without its leaf. */
export type OpenedDecision = {
  readonly record: Pick<RecordHeader, "index" | "time"> &
    Pick<DecisionBody, "kind" | "actor" | "outcome" | "restrictions">;
  readonly facts: TakenFacts;
  readonly row: EncodedDecision;
};
/** Another record, or a decision whose facts are gone. */
export type OpenedLeaf = { readonly leaf: string; readonly facts?: ActFacts };
/** What is known of a record. */
export type OpenedRecord = OpenedDecision | OpenedLeaf;

/** Reads a file below the site's directory. */
export type ReadSiteFile = (path: string) => Buffer | undefined;

/**
 * Opens the records of some bundles, as the JSON of a list of {@link OpenedRecord}.
 *
 * @throws {DocketError} `directory_damaged`
 */
export function openRecords(start: OpenerStart, read: ReadSiteFile, question: OpenQuestion): string {
  const opened: OpenedRecord[] = [];
  for (let bundle = question.first; bundle < question.first + question.count; bundle++) {
    const width = Math.min(tileWidth, question.size - bundle * tileWidth);
    if (width <= 0) break;
    openBundle(start, read, bundle, width, opened);
  }
  return JSON.stringify(opened);
}

function openBundle(
  start: OpenerStart,
  read: ReadSiteFile,
  bundle: number,
  width: number,
  into: OpenedRecord[],
): void {
  const entries = read(entriesPath(bundle, width)) ?? read(entriesPath(bundle, tileWidth));
  const parts = read(`parts/${bundleName(bundle)}`);
  const offsets = parts && recordOffsets(parts, width);
  if (entries === undefined || parts === undefined || offsets === undefined) {
    throw new DocketError("directory_damaged", `bundle ${bundle} is missing or cut short`);
  }
  const leaves = decodeEntryBundle(firstEntries(entries, width), width);
  for (const [place, bytes] of leaves.entries()) {
    const index = bundle * tileWidth + place;
    const own = decodeRecordParts(parts.subarray(offsets[place], offsets[place + 1]));
    if (own === "malformed")
      throw new DocketError("directory_damaged", `the parts of record ${index} are malformed`);
    into.push(openRecord(start, index, fromUtf8(bytes), own));
  }
}

function openRecord(start: OpenerStart, index: number, leaf: string, parts: RecordParts): OpenedRecord {
  // What it says is held against the tree by docket verify; here, that it is the record of this place.
  const record = JSON.parse(leaf) as RecordHeader & DecisionBody;
  const { kind } = record;
  if (record.index !== index)
    throw new DocketError("directory_damaged", `record ${index} is not in its place`);
  const isAct = (kind as string) === "verdict" || (kind as string) === "measure";
  if (kind !== "decision" && !isAct) return { leaf };
  const text = factsText(start, record, parts);
  if (text === undefined) return { leaf };
  if (isAct) return { leaf, facts: JSON.parse(text) as ActFacts };
  const facts = JSON.parse(text) as Facts;
  const { time, actor, outcome, restrictions } = record;
  const { event, decidedAt, strikes, subjects } = facts;
  return {
    record: { index, time, kind, actor, outcome, restrictions },
    facts: {
      event: { id: event.id, body: event.body },
      decidedAt,
      strikes,
      ...(subjects === undefined ? {} : { subjects }),
    },
    row: encodeDecision(decisionRow(record, facts)),
  };
}

// A sealed part says nothing of the record that it belongs to: the manifest does, and the leaf of it.
function factsText(
  { siteKey, origin }: OpenerStart,
  { index, parts: named }: RecordHeader & DecisionBody,
  parts: RecordParts,
): string | undefined {
  if (parts === undefined || hash("sha256", parts.manifest, "base64url") !== named) {
    throw new DocketError("directory_damaged", `record ${index} and its parts do not belong together`);
  }
  const sealed = parts.parts.find((part) => part.name === "facts");
  if (sealed === undefined) return undefined;
  if (hashInManifest(parts.manifest) !== hash("sha256", sealed.bytes, "base64url")) {
    throw new DocketError(
      "directory_damaged",
      `the facts of record ${index} are not what its manifest names`,
    );
  }
  return openPart(sealed.bytes, "facts", siteKey, origin)?.plaintext.toString("utf8");
}

// The manifest is, by its hash, the one that was sealed, and so it is canonical: reading all of it would take
// as long as opening the part.
function hashInManifest(manifest: Buffer): string {
  const begin = manifest.indexOf('"hash":"', manifest.indexOf('"name":"facts"')) + hashKeyLength;
  return manifest.toString("latin1", begin, begin + hashLength);
}

const hashKeyLength = '"hash":"'.length;
/** Characters of a SHA-256 in base64url. */
const hashLength = 43;

function firstEntries(bytes: Buffer, count: number): Buffer {
  let end = 0;
  for (let at = 0; at < count && end + 2 <= bytes.length; at++) end += 2 + bytes.readUInt16BE(end);
  return bytes.subarray(0, end);
}
