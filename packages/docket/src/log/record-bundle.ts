// SPDX-License-Identifier: Apache-2.0
// One bundle of records as replay and backtests read it: leaves and sealed parts, with what is wrong with
// them.
import { parseLeaf, parseManifest, ProtocolError } from "@docket/protocol";
import type { DocketRecord, PartName } from "@docket/protocol";
import { bundleName, decodeEntryBundle, entriesPath, fromUtf8, tileWidth, TlogError } from "@docket/tlog";
import { checkSealedParts } from "@docket/verify";
import { decodeRecordParts, recordOffsets } from "./parts-bundle.ts";

/** Longest entry bundle and longest parts file that are read, in bytes. */
const entriesBytesMax: number = tileWidth * 65_537;
const partsBytesMax = 536_870_912;

/** The subject of parts that are no person's. */
const siteSubject = "site";

/** A record with its sealed parts; `fault` says what is wrong with it, and then there may be neither. */
export type ReadRecord = {
  index: number;
  leaf: string;
  record: DocketRecord | undefined;
  parts: readonly { name: PartName; bytes: Uint8Array }[];
  fault: string | undefined;
};

/** Reads a file of the log; `undefined` if there is none. */
export type ReadLogFile = (path: string, bytesMax: number) => Uint8Array | undefined;

/** Reads the leaves of a bundle alone; `undefined` if it is missing or malformed. */
export function readLeaves(
  read: ReadLogFile,
  bundle: number,
  width: number,
): readonly Uint8Array[] | undefined {
  // The full bundle takes the partial one's place while a server writes.
  const entries =
    read(entriesPath(bundle, width), entriesBytesMax) ??
    read(entriesPath(bundle, tileWidth), entriesBytesMax);
  return entries === undefined ? undefined : leavesOf(entries, width);
}

/**
 * Reads the records of a bundle.
 *
 * @param width how many of its records the checkpoint covers
 */
export function readBundle(read: ReadLogFile, bundle: number, width: number): ReadRecord[] {
  const leaves = readLeaves(read, bundle, width);
  const parts = read(`parts/${bundleName(bundle)}`, partsBytesMax);
  const sealed = parts === undefined ? undefined : Buffer.from(parts.buffer, parts.byteOffset, parts.length);
  const offsets = sealed === undefined ? undefined : recordOffsets(sealed, width);
  return Array.from({ length: width }, (_, place): ReadRecord => {
    const index = bundle * tileWidth + place;
    const broken = (fault: string, leaf = ""): ReadRecord => ({
      index,
      leaf,
      record: undefined,
      parts: [],
      fault,
    });
    const entry = leaves?.[place];
    if (entry === undefined) return broken(`${entriesPath(bundle, width)} is missing or malformed`);
    let leaf: string;
    let record: DocketRecord;
    try {
      leaf = fromUtf8(entry);
      record = parseLeaf(leaf);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof TlogError)) throw error;
      return broken(error.message);
    }
    if (record.index !== index) return broken(`it says that it is record ${record.index}`, leaf);
    if (sealed === undefined || offsets === undefined) {
      return broken(`parts/${bundleName(bundle)} is missing or cut short`, leaf);
    }
    const own = decodeRecordParts(sealed.subarray(offsets[place], offsets[place + 1]));
    if (own === "malformed") return broken(`parts/${bundleName(bundle)} is malformed`, leaf);
    // Parts may have been dropped; whether a record says why is for `docket verify`.
    const fault =
      checkSealedParts(record, own?.manifest, own?.parts ?? [], []) ?? wrongSubject(record, own?.manifest);
    return { index, leaf, record, parts: own?.parts ?? [], fault };
  });
}

// Whose key a part is sealed with stands in the manifest: of a decision the site's, or its actor's.
function wrongSubject(record: DocketRecord, manifest: Uint8Array | undefined): string | undefined {
  if (record.kind !== "decision" || manifest === undefined) return undefined;
  for (const { name, subject } of parseManifest(fromUtf8(manifest)).parts) {
    const expected = name === "facts" ? siteSubject : record.actor;
    if (subject !== expected) return `its part ${name} is ${subject}'s, and not ${expected}'s`;
  }
  return undefined;
}

function leavesOf(bytes: Uint8Array, width: number): Uint8Array[] | undefined {
  let end = 0;
  for (let place = 0; place < width && end + 2 <= bytes.length; place++) {
    end += 2 + (bytes[end] as number) * 256 + (bytes[end + 1] as number);
  }
  try {
    return decodeEntryBundle(bytes.subarray(0, end), width);
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}
