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
import { openKnownCheckpoint, openOwnCheckpoint, readOwnCheckpoint } from "./signer.ts";
import type { OwnCheckpoint } from "./signer.ts";
import type { LogSource } from "./source.ts";
import type { Trust } from "./trust.ts";

/** Longest entry bundle, in bytes. */
export const bundleBytesMax: number = tileWidth * (2 + 65_535);

/** What the log claims. Without a `checkpoint` nothing is published yet. */
export type Head = {
  checkpoint: Checkpoint | undefined;
  origin: string | undefined;
  size: number;
  /** The checkpoint as its file has it, and whose signatures on it hold; absent where no key is known. */
  note: Uint8Array | undefined;
  opened: OwnCheckpoint | undefined;
  /** What signatures are checked under: what was given or, without keys, the one that record 0 names. */
  trust: Trust;
  /** Whether the keys were given. */
  proven: boolean;
};

/**
 * Opens one of the log's checkpoints under the head's keys; without any it is only read.
 *
 * @throws TlogError as {@link openOwnCheckpoint}
 */
export function openUnder(head: Pick<Head, "trust" | "proven">, bytes: Uint8Array): Checkpoint {
  return openedUnder(head, bytes)?.checkpoint ?? readOwnCheckpoint(bytes);
}

/** The same, with whose signatures hold; `undefined` where no key is known. */
export function openedUnder(
  { trust, proven }: Pick<Head, "trust" | "proven">,
  bytes: Uint8Array,
): OwnCheckpoint | undefined {
  if (trust.keys.length === 0) return undefined;
  return proven ? openOwnCheckpoint(bytes, trust) : openKnownCheckpoint(bytes, trust);
}

/**
 * Reads the checkpoint, under the trusted keys or, without any, under the key that record 0 names.
 *
 * @returns `undefined` where there is no size to check anything against; why is among the faults
 */
export async function readHead(
  source: LogSource,
  given: Trust,
  findings: Findings,
): Promise<Head | undefined> {
  const proven = given.keys.length > 0;
  const bytes = await readFile(source, "checkpoint", noteBytesMax, "checkpoint", findings);
  if (bytes === "too long") return undefined;
  if (bytes === undefined) {
    // A crash before the first publication: all there is lies in the writer's journal.
    const unpublished = source.writerState !== undefined;
    if (!unpublished) addFault(findings, faultAt("checkpoint", "checkpoint", "it is missing"));
    const absent = { checkpoint: undefined, note: undefined, opened: undefined };
    return unpublished
      ? { ...absent, origin: given.keys[0]?.name, size: 0, trust: given, proven }
      : undefined;
  }
  try {
    const claimed = readOwnCheckpoint(bytes);
    const named = proven ? undefined : await keyOfRecord0(source, claimed);
    const trust = named === undefined ? given : { ...given, keys: [named] };
    const opened = openedUnder({ trust, proven }, bytes);
    const checkpoint = opened?.checkpoint ?? claimed;
    const { origin, size } = checkpoint;
    return { checkpoint, origin, size, note: bytes, opened, trust, proven };
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
