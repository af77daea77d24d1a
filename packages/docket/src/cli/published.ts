// SPDX-License-Identifier: Apache-2.0
// A log as its published files show it: read without the directory's lock, so also while a server writes it.
import type { DocketRecord, Facts, Receipt } from "@docket/protocol";
import { parseLeaf, receiptFormat } from "@docket/protocol";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import { factsOf } from "../intake/rebuild.ts";
import { readInstallation, readKeys } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { LogReader } from "../log/reader.ts";
import type { StoredRecord } from "../log/reader.ts";
import { disk } from "../stores/files/node-disk.ts";

/** A published record. */
export type PublishedRecord = { record: DocketRecord; stored: StoredRecord; facts: Facts | undefined };

/** A published log. */
export type PublishedLog = {
  /** Records that the checkpoint covered when the log was opened. */
  size: number;
  /** Whether facts can be read: the site's keys are there. */
  readable: boolean;
  /** @throws {DocketError} `not_found` beyond the published size */
  record(index: number): Promise<PublishedRecord>;
  /** @throws {DocketError} `not_found` beyond the published size */
  receipt(index: number): Promise<Receipt>;
};

/**
 * Opens the published files of a data directory.
 *
 * @throws {DocketError} `usage` if it is none
 */
export function openPublished(data: string): PublishedLog {
  const installation = readInstallation(data);
  const { paths, origin } = installation;
  const checkpoint = disk.readFile(paths.checkpoint);
  const size = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
  const reader = new LogReader(paths);
  const keys = keysIfThere(installation);
  const stored = (index: number): Promise<StoredRecord> => {
    if (index < size) return reader.record(index, size);
    throw new DocketError("not_found", `there is no published record ${index}; the log holds ${size}`);
  };
  return {
    size,
    readable: keys !== undefined,
    async record(index) {
      const found = await stored(index);
      const record = parseLeaf(found.leaf);
      const open = keys !== undefined && record.kind === "decision";
      return {
        record,
        stored: found,
        facts: open ? factsOf(found, { siteKey: keys.site, origin }) : undefined,
      };
    },
    async receipt(index) {
      const { leaf, parts } = await stored(index);
      const proof = await reader.proof(index);
      const manifest = parts === undefined ? {} : { manifest: parts.manifest.toString("utf8") };
      return { format: receiptFormat, leaf, proof, ...manifest };
    },
  };
}

// Who reads a log need not have its keys: then records show what anyone may see.
function keysIfThere(installation: Installation): SiteKeys | undefined {
  try {
    return readKeys(installation);
  } catch (error) {
    if (error instanceof DocketError) return undefined;
    throw error;
  }
}
