// SPDX-License-Identifier: Apache-2.0
// What the log claims to be: its checkpoint, and the key that the claim is checked with.
import { parseLeaf, ProtocolError } from "@docket/protocol";
import {
  decodeEntryBundle,
  entriesPath,
  fromUtf8,
  noteBytesMax,
  parseVerifierKey,
  tileWidth,
  TlogError,
} from "@docket/tlog";
import type { Checkpoint, Verifier } from "@docket/tlog";
import { VerifyError } from "./error.ts";
import { addFault, faultAt, readFile } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { openOwnCheckpoint, readOwnCheckpoint } from "./signer.ts";
import type { LogSource } from "./source.ts";

/** Longest entry bundle, in bytes. */
export const bundleBytesMax: number = tileWidth * (2 + 65_535);

/** What the log claims. Without a `checkpoint` nothing is published yet. */
export type Head = {
  checkpoint: Checkpoint | undefined;
  origin: string | undefined;
  size: number;
  /** The key that signatures are checked with; `undefined` where no key is known. */
  key: Verifier | undefined;
  proven: boolean;
};

/**
 * Reads the checkpoint, under the trusted key or, without one, under the key that record 0 names.
 *
 * @returns `undefined` where there is no size to check anything against; why is among the faults
 */
export async function readHead(
  source: LogSource,
  trusted: Verifier | undefined,
  findings: Findings,
): Promise<Head | undefined> {
  const bytes = await readFile(source, "checkpoint", noteBytesMax, "checkpoint", findings);
  if (bytes === "too long") return undefined;
  if (bytes === undefined) {
    // A crash before the first publication: all there is lies in the writer's journal.
    const unpublished = source.writerState !== undefined;
    if (!unpublished) addFault(findings, faultAt("checkpoint", "checkpoint", "it is missing"));
    return unpublished
      ? { checkpoint: undefined, origin: trusted?.name, size: 0, key: trusted, proven: trusted !== undefined }
      : undefined;
  }
  try {
    const claimed = readOwnCheckpoint(bytes);
    const key = trusted ?? (await keyOfRecord0(source, claimed));
    const checkpoint = key === undefined ? claimed : openOwnCheckpoint(bytes, key);
    const { origin, size } = checkpoint;
    return { checkpoint, origin, size, key, proven: trusted !== undefined };
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    addFault(findings, faultAt("checkpoint", "checkpoint", error.message));
    return undefined;
  }
}

// The log's own word, good for consistency alone; a record 0 that cannot be read is found when records are
// checked.
async function keyOfRecord0(source: LogSource, { origin, size }: Checkpoint): Promise<Verifier | undefined> {
  if (size === 0) return undefined;
  const width = Math.min(size, tileWidth);
  try {
    const bytes = await source.read(entriesPath(0, width), bundleBytesMax);
    if (bytes === undefined) return undefined;
    const record = parseLeaf(fromUtf8(decodeEntryBundle(bytes, width)[0] as Uint8Array));
    const key = record.kind === "created" ? parseVerifierKey(record.key) : undefined;
    return key?.name === origin ? key : undefined;
  } catch (error) {
    if (error instanceof TlogError || error instanceof ProtocolError) return undefined;
    if (error instanceof VerifyError && error.code !== "source") return undefined;
    throw error;
  }
}
