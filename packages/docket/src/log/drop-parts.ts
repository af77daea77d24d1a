// SPDX-License-Identifier: Apache-2.0
// Takes sealed parts out of a parts file. The manifests stay, so that what the record committed to can still
// be shown, and a part that is gone is told from one that never was. Only files of 256 records that are
// synced: nothing writes those any more.
import { join } from "node:path";
import { parseManifest } from "@docket/protocol";
import type { PartName } from "@docket/protocol";
import { bundleName, tileWidth } from "@docket/tlog";
import { damaged } from "./materialised.ts";
import { decodeRecordParts, encodeRecordParts, recordOffsets } from "./parts-bundle.ts";
import type { SealedPart } from "./frame.ts";

/** Which parts go; asked of each that is there. */
export type PartGoes = (part: {
  readonly index: number;
  readonly name: PartName;
  /** `site`, or an actor's pseudonym. */
  readonly subject: string;
  /** All actors whose keys seal parts of the record. */
  readonly subjects: readonly string[];
}) => boolean;

/** Files as they are read and put in place, durably and at once. */
export type PartsFiles = {
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  readonly replace: (path: string, bytes: Uint8Array) => Promise<void>;
};

/** How many parts of a bundle would go. */
export async function countGoing(
  directory: string,
  bundle: number,
  goes: PartGoes,
  { read }: Pick<PartsFiles, "read">,
): Promise<number> {
  const { dropped } = without(bundle, await bytesOf(directory, bundle, read), goes);
  return dropped;
}

/**
 * Drops parts of a bundle.
 *
 * @param directory that of all parts files
 * @returns how many parts went
 * @throws {DocketError} `directory_damaged` if the file is missing or malformed
 */
export async function dropParts(
  directory: string,
  bundle: number,
  goes: PartGoes,
  { read, replace }: PartsFiles,
): Promise<number> {
  const { bytes, dropped } = without(bundle, await bytesOf(directory, bundle, read), goes);
  // A crash leaves the old file or the new one; dropping again drops the rest.
  if (dropped > 0) await replace(join(directory, bundleName(bundle)), bytes);
  return dropped;
}

async function bytesOf(directory: string, bundle: number, read: PartsFiles["read"]): Promise<Buffer> {
  const bytes = await read(join(directory, bundleName(bundle)));
  if (bytes === undefined) throw damaged(`parts/${bundleName(bundle)} is missing`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function without(bundle: number, bytes: Buffer, goes: PartGoes): { bytes: Buffer; dropped: number } {
  const offsets = recordOffsets(bytes, tileWidth);
  if (offsets?.at(-1) !== bytes.length) {
    throw damaged(`parts/${bundleName(bundle)} does not hold ${tileWidth} records, and nothing else`);
  }
  let dropped = 0;
  const records = offsets.slice(0, -1).map((offset, place) => {
    const own = bytes.subarray(offset, offsets[place + 1]);
    const record = decodeRecordParts(own);
    if (record === "malformed") throw damaged(`parts/${bundleName(bundle)} is malformed`);
    if (record === undefined || record.parts.length === 0) return own;
    const kept = keptOf(bundle * tileWidth + place, record.manifest, record.parts, goes);
    if (kept.length === record.parts.length) return own;
    dropped += record.parts.length - kept.length;
    return encodeRecordParts(record.manifest, kept);
  });
  return { bytes: dropped === 0 ? bytes : Buffer.concat(records), dropped };
}

function keptOf(index: number, manifest: Buffer, parts: readonly SealedPart[], goes: PartGoes): SealedPart[] {
  const lines = parseManifest(manifest.toString("utf8")).parts;
  const subjectOf = new Map(lines.map(({ name, subject }) => [name, subject]));
  const subjects = [...new Set(subjectOf.values())].filter((subject) => subject !== "site");
  return parts.filter(({ name }) => {
    return !goes({ index, name, subject: subjectOf.get(name) ?? "site", subjects });
  });
}
