// SPDX-License-Identifier: Apache-2.0
// What the log claims to be: its checkpoint, and the keys that the claim is checked with.
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
import { noteQuorum } from "./quorum.ts";
import { bundleBytesMax } from "./range.ts";
import { isProven, keysAt, linkPeriods } from "./schedule.ts";
import { openKnownCheckpoint, openStrictly, readOwnCheckpoint } from "./signer.ts";
import type { OwnCheckpoint } from "./signer.ts";
import type { LogSource } from "./source.ts";
import type { Trust } from "./trust.ts";
import type { Walk } from "./walk.ts";

/** What the log claims. Without a `checkpoint` nothing is published yet. */
export type Head = {
  checkpoint: Checkpoint | undefined;
  /** The checkpoint as its file has it. */
  note: Uint8Array | undefined;
  /** Whose signatures on it hold, as far as known: at first under the keys given, at last under all. */
  opened: OwnCheckpoint | undefined;
  origin: string | undefined;
  size: number;
  trust: Trust;
  /** Whether a key that was given vouches for it, itself or through changes of keys. */
  proven: boolean;
};

/** The most kept checkpoints that are tried under the keys given, newest first. */
const keptTriedMax = 10_000;

/**
 * Reads the checkpoint, under the keys given or, without any, under the one that record 0 names.
 *
 * @returns `undefined` where there is no size to check anything against; why is among the faults
 */
export async function readHead(
  source: LogSource,
  trust: Trust,
  findings: Findings,
): Promise<Head | undefined> {
  const bytes = await readFile(source, "checkpoint", noteBytesMax, "checkpoint", findings);
  const absent = { checkpoint: undefined, note: undefined, opened: undefined };
  if (bytes === "too long") return undefined;
  if (bytes === undefined) {
    // A crash before the first publication: all there is lies in the writer's journal.
    const unpublished = source.writerState !== undefined;
    if (!unpublished) addFault(findings, faultAt("checkpoint", "checkpoint", "it is missing"));
    const proven = trust.keys.length > 0;
    return unpublished ? { ...absent, origin: trust.keys[0]?.name, size: 0, trust, proven } : undefined;
  }
  try {
    const checkpoint = readOwnCheckpoint(bytes);
    const opened = await openFirst(source, trust, bytes, checkpoint);
    const { origin, size } = checkpoint;
    return { checkpoint, note: bytes, opened, origin, size, trust, proven: false };
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    addFault(findings, faultAt("checkpoint", "checkpoint", error.message));
    return undefined;
  }
}

/** At the end, when the log's records have said which keys sign when: checks the checkpoint's signatures. */
export function settleHead(walk: Walk): void {
  const { head, findings, schedule } = walk;
  if (head.note === undefined) return;
  try {
    const { opened } = openAt(walk, head.note);
    head.opened = opened;
    if (opened === undefined) return;
    linkPeriods(schedule, opened);
    head.proven = isProven(schedule, opened);
    noteQuorum(walk.quorum, head.trust, opened);
    if (head.proven || head.trust.keys.length === 0) return;
    const reason =
      "no key that was given signed it, and no chain of signed key changes leads from them to its signers";
    addFault(findings, faultAt("checkpoint", "checkpoint", reason));
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    addFault(findings, faultAt("checkpoint", "checkpoint", error.message));
  }
}

/**
 * Opens one of the log's checkpoints under the keys in force at its size, as far as the walk knows them;
 * where it knows none, it is only read.
 *
 * @throws TlogError as {@link openOwnCheckpoint}
 */
export function openAt(
  { schedule, head, mode }: Pick<Walk, "schedule" | "head" | "mode">,
  bytes: Uint8Array,
): { checkpoint: Checkpoint; opened: OwnCheckpoint | undefined } {
  const checkpoint = readOwnCheckpoint(bytes);
  const keys = keysAt(schedule, checkpoint.size);
  if (keys.length === 0) return { checkpoint, opened: undefined };
  const trust: Trust = { ...head.trust, keys };
  // All keys are known where records can be read; where they cannot, there may be others than we were given.
  const isWhole = schedule.periods.length > 0 || mode === "opaque";
  const opened = isWhole ? openStrictly(bytes, trust) : openKnownCheckpoint(bytes, trust);
  return { checkpoint, opened };
}

// A log may have changed its keys since: then the checkpoint is judged at the end of the walk. That is worth
// the while only if the keys given have anything to do with this log.
async function openFirst(
  source: LogSource,
  given: Trust,
  bytes: Uint8Array,
  claimed: Checkpoint,
): Promise<OwnCheckpoint | undefined> {
  const first = await keyOfRecord0(source, claimed);
  const keys = given.keys.length > 0 ? given.keys : first === undefined ? [] : [first];
  if (keys.length === 0) return undefined;
  try {
    return openKnownCheckpoint(bytes, { ...given, keys });
  } catch (error) {
    if (!(error instanceof TlogError) || error.code !== "unverified") throw error;
    if (first !== undefined && keys.some(({ vkey }) => vkey === first.vkey)) return undefined;
    if (await isKnownToKept(source, { ...given, keys })) return undefined;
    throw error;
  }
}

async function isKnownToKept(source: LogSource, trust: Trust): Promise<boolean> {
  const names = (await source.list?.("checkpoints")) ?? [];
  const sizes = names.map(({ name }) => Number(name)).filter(Number.isSafeInteger);
  for (const size of sizes.sort((a, b) => b - a).slice(0, keptTriedMax)) {
    try {
      const bytes = await source.read(`checkpoints/${size}`, noteBytesMax);
      if (bytes !== undefined && openKnownCheckpoint(bytes, trust).checkpoint.size === size) return true;
    } catch (error) {
      if (error instanceof TlogError || (error instanceof VerifyError && error.code === "size")) continue;
      throw error;
    }
  }
  return false;
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
