// SPDX-License-Identifier: Apache-2.0
// A simulated process on a simulated disk, and what the outside world learned from it: every answer, every
// signature. After each start the log is held against that.
import { createHash } from "node:crypto";
import { posix } from "node:path";
import {
  appendLeafHash,
  decodeEntryBundle,
  emptyFrontier,
  entriesPath,
  frontierRoot,
  leafHash,
  openCheckpoint,
  parseProof,
  tileWidth,
  verifyInclusion,
} from "@docket/tlog";
import { CrashError, MemoryDisk } from "../../../packages/docket/src/testing/memory-disk.ts";
import { verifyImage } from "../check-image.ts";
import { imageOf } from "../image.ts";
import * as log from "../writer.ts";
import type { LogKind, Wish, Writer } from "../writer.ts";
import type { Action } from "./script.ts";

/** What must never happen, each by its name in the table. */
export const wrongKinds = ["lost", "altered", "twice", "contradicted", "refused", "unverified"] as const;
/** What must never happen. */
export type WrongKind = (typeof wrongKinds)[number];

/** A promise that was broken. */
export class BrokenPromise extends Error {
  readonly kind: WrongKind;

  constructor(kind: WrongKind, message: string) {
    super(`${kind}: ${message}`);
    this.kind = kind;
  }
}

/** The world of one cycle. */
export type World = {
  kind: LogKind;
  disk: MemoryDisk;
  writer: Writer | undefined;
  nowMs: number;
  /** Leaves that were answered, by their index. */
  answered: Map<number, string>;
  /** Hex of every root that was ever signed, by its size. */
  signed: Map<number, string>;
  /** Wishes that were refused, or of which nobody knows: the client asks again. */
  pending: { wish: Wish; unknown: boolean }[];
  nextId: number;
};

/** A machine that is on, with an empty log that has long been there. */
export function newWorld(kind: LogKind, disk: MemoryDisk = new MemoryDisk()): World {
  log.createLog(disk, kind, false);
  disk.settle();
  return {
    kind,
    disk,
    writer: undefined,
    nowMs: log.firstTimeMs,
    answered: new Map(),
    signed: new Map(),
    pending: [],
    nextId: 0,
  };
}

/**
 * Runs actions until the last, or until the process is down.
 *
 * @returns how many were done, whole or with a fault that the process outlived
 */
export function runActions(world: World, actions: readonly Action[]): number {
  for (const [done, action] of actions.entries()) {
    try {
      world.writer ??= open(world);
      run(world, world.writer, action);
    } catch (error) {
      if (error instanceof BrokenPromise) throw error;
      if (world.disk.down || error instanceof CrashError) return done;
      if (world.writer === undefined || log.meaningOf(error) === "ended") return done;
    }
  }
  return actions.length;
}

/** The process starts again, after a kill or after the power was lost. */
export function restart(world: World, power: "kept" | "lost", random: () => number): void {
  world.writer = undefined;
  world.disk.restart(power, random);
}

/** Starts on a sound disk, and holds what is there against what is known. */
export function recoverAndCheck(world: World): void {
  try {
    world.writer = open(world);
    world.writer.publish();
  } catch (error) {
    if (error instanceof BrokenPromise) throw error;
    throw new BrokenPromise("refused", `the log does not open: ${(error as Error).stack}`);
  }
  const leaves = leavesOnDisk(world, world.writer.size());
  checkAnswers(world, leaves);
  checkRoots(world, leaves);
  settlePending(world, leaves);
}

/** `docket verify` on the disk as it is: it may find nothing wrong. */
export async function verifies(world: World, when: string): Promise<void> {
  const report = await verifyImage(imageOf(world.disk, log.dataDirectory), {
    kind: world.kind,
    keys: [log.verifier],
  });
  if (report.verdict === "verified") return;
  const faults = JSON.stringify(report.faults.slice(0, 3));
  throw new BrokenPromise("unverified", `docket verify ${when}: ${report.verdict} ${faults}`);
}

/** Everything that was ever asked for is in the log now, once. */
export function checkComplete(world: World): void {
  const leaves = leavesOnDisk(world, world.writer?.size() ?? 0);
  const ids = leaves.map(log.idOfLeaf);
  for (let id = 0; id < world.nextId; id++) {
    if (!ids.includes(id)) throw new BrokenPromise("lost", `wish ${id} was repeated until it was answered`);
  }
}

function open(world: World): Writer {
  return log.openWriter({
    disk: world.disk,
    kind: world.kind,
    mlDsa: false,
    now: () => (world.nowMs += 7000),
    onSigned: ({ size, root }) => {
      const before = world.signed.get(size);
      if (before !== undefined && before !== hex(root)) {
        throw new BrokenPromise("contradicted", `two roots were signed at size ${size}`);
      }
      world.signed.set(size, hex(root));
    },
  });
}

function run(world: World, writer: Writer, action: Action): void {
  switch (action.kind) {
    case "commit":
      commit(world, writer, action);
      break;
    case "publish":
      writer.publish();
      observe(world);
      break;
    case "sync":
      writer.sync();
      observe(world);
      break;
    case "reopen":
      world.writer = undefined;
      world.writer = open(world);
      break;
  }
}

function commit(world: World, writer: Writer, { count, parts }: { count: number; parts: boolean }): void {
  const again = world.pending.splice(0);
  const fresh = Array.from({ length: count }, (): Wish => ({ id: world.nextId++, parts }));
  const wishes = [...again.map(({ wish }) => wish), ...fresh];
  const first = writer.size();
  try {
    for (const { index, leaf, proof } of writer.commit(wishes)) {
      if (world.answered.has(index)) throw new BrokenPromise("twice", `two answers have index ${index}`);
      world.answered.set(index, leaf);
      if (index === first && proof !== undefined) checkProof(leaf, index, proof);
    }
  } catch (error) {
    // A batch that the log calls void may be repeated at once; of any other nobody knows until it is back.
    const unknown = log.meaningOf(error) !== "void";
    world.pending = wishes.map((wish) => ({ wish, unknown }));
    throw error;
  }
}

function checkProof(leaf: string, index: number, text: string): void {
  const proof = parseProof(text);
  const { size, root } = openCheckpoint(proof.checkpoint, [log.verifier], log.origin).checkpoint;
  if (!verifyInclusion(proof.hashes, index, size, leafHash(Buffer.from(leaf)), root))
    throw new BrokenPromise("contradicted", `the answer's proof of record ${index} does not hold`);
}

/** A client fetches the checkpoint. What it sees must be one that was signed. */
function observe(world: World): void {
  const bytes = world.disk.readFile(log.paths.checkpoint);
  if (bytes === undefined) return;
  const { size, root } = openCheckpoint(bytes, [log.verifier], log.origin).checkpoint;
  if (world.signed.get(size) !== hex(root))
    throw new BrokenPromise("contradicted", `the published root at size ${size} is not the signed one`);
}

function leavesOnDisk({ disk }: World, size: number): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let first = 0; first < size; first += tileWidth) {
    const width = Math.min(tileWidth, size - first);
    const path = posix.join(log.paths.site, entriesPath(first / tileWidth, width));
    const bytes = disk.readFile(path);
    if (bytes === undefined) throw new BrokenPromise("lost", `${path} is missing`);
    leaves.push(...decodeEntryBundle(bytes, width));
  }
  return leaves;
}

function checkAnswers(world: World, leaves: readonly Uint8Array[]): void {
  for (const [index, leaf] of world.answered) {
    const found = leaves[index];
    if (found === undefined)
      throw new BrokenPromise("lost", `record ${index} was answered; the log holds ${leaves.length}`);
    if (Buffer.from(found).toString() !== leaf)
      throw new BrokenPromise("altered", `record ${index} is not the one that was answered`);
  }
  const ids = new Set<number>();
  for (const [index, leaf] of leaves.entries()) {
    const id = log.idOfLeaf(leaf);
    if (ids.has(id)) throw new BrokenPromise("twice", `wish ${id} is in the log again at ${index}`);
    ids.add(id);
    // What recovery found beyond the answers counts from now on.
    if (!world.answered.has(index)) world.answered.set(index, Buffer.from(leaf).toString());
  }
}

function checkRoots(world: World, leaves: readonly Uint8Array[]): void {
  const frontier = emptyFrontier();
  const sizes = [...world.signed.keys()].sort((a, b) => a - b);
  const beyond = sizes.find((size) => size > leaves.length);
  if (beyond !== undefined)
    throw new BrokenPromise(
      "contradicted",
      `a root over ${beyond} records was signed; the log holds ${leaves.length}`,
    );
  for (const [index, leaf] of leaves.entries()) {
    appendLeafHash(frontier, leafHash(leaf));
    const signed = world.signed.get(index + 1);
    if (signed !== undefined && signed !== hex(frontierRoot(frontier)))
      throw new BrokenPromise("contradicted", `the root signed at size ${index + 1} is not that of the log`);
  }
}

/** Wishes of which nobody knew are found, or asked again; those that were void may not be there. */
function settlePending(world: World, leaves: readonly Uint8Array[]): void {
  const ids = new Set(leaves.map(log.idOfLeaf));
  const pending = world.pending.splice(0);
  for (const { wish, unknown } of pending) {
    if (ids.has(wish.id) && !unknown)
      throw new BrokenPromise("twice", `wish ${wish.id} was called void, and is in the log`);
    if (!ids.has(wish.id)) world.pending.push({ wish, unknown: false });
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** A name for a world's content, to see that a seed replays. */
export function digestOf(world: World): string {
  const digest = createHash("sha256");
  for (const [index, leaf] of [...world.answered].sort(([a], [b]) => a - b))
    digest.update(`${index} ${leaf}\n`);
  return digest.digest("hex").slice(0, 16);
}
