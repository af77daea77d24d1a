// SPDX-License-Identifier: Apache-2.0
// Proofs of a record to a checkpoint of choice, and the refreshing of receipts with them.
//
// The receipt in an answer is proved to a checkpoint of that batch, which the log's Ed25519 key alone has
// signed and nobody keeps. Refreshed, it is proved to one that is kept for good and that witnesses cosigned:
// it then says that others saw the log with this record in it, and when.
import { parseLeaf } from "@docket/protocol";
import type { Receipt } from "@docket/protocol";
import { leafHash, parseCheckpoint, parseNote, parseProof, utf8, verifyInclusion } from "@docket/tlog";
import type { Checkpoint, InclusionProof } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { TreeFiles } from "./tree-files.ts";

/**
 * To which checkpoint a record is proved: that of a size; the earliest `cosigned` one over it; or the best
 * one that is `kept`, a cosigned one if there is any.
 */
export type CheckpointChoice = number | "cosigned" | "kept";

/** Reads a choice as it is written in a query or an option; undefined for another text. */
export function parseChoice(text: string): CheckpointChoice | undefined {
  if (text === "cosigned" || text === "kept") return text;
  const size = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

/**
 * The proof (C2SP tlog-proof) of a record to a checkpoint of choice.
 *
 * @param index of a published record
 * @throws {DocketError} `not_found` if there is no such checkpoint, or it does not cover the record
 */
export async function proveRecord(
  checkpoints: CheckpointStore,
  tree: TreeFiles,
  index: number,
  choice: CheckpointChoice,
): Promise<string> {
  return tree.inclusion(index, await choose(checkpoints, index, choice));
}

/**
 * A receipt with the proof of another one of the same record. Its opening stays: secrets are only where they
 * were.
 *
 * @param fresh what the log gives now
 * @throws {DocketError} `receipt_invalid` if the other one is of another record, or its proof does not lead
 *   to its checkpoint's root. Signatures are not looked at: that is what `docket verify` is for
 */
export function refreshReceipt(held: Receipt, fresh: Receipt): Receipt {
  const { index } = parseLeaf(held.leaf);
  if (fresh.leaf !== held.leaf || fresh.manifest !== held.manifest) {
    throw new DocketError(
      "receipt_invalid",
      `the log gives another record ${index} now than the receipt has; keep the receipt, it may be ` +
        "evidence, and check both with `docket verify`",
    );
  }
  const before = readProof(held.proof, "the receipt has");
  const { proof, checkpoint } = readProof(fresh.proof, "the log gives");
  const { origin, size, root } = checkpoint;
  if (origin !== before.checkpoint.origin) {
    const other = before.checkpoint.origin;
    throw new DocketError("receipt_invalid", `the receipt is of the log ${other}, not of ${origin}`);
  }
  const leaf = leafHash(utf8(held.leaf));
  if (proof.index !== index || !verifyInclusion(proof.hashes, index, size, leaf, root)) {
    throw new DocketError(
      "receipt_invalid",
      `the log's proof of record ${index} does not lead to its own root`,
    );
  }
  return { ...held, proof: fresh.proof };
}

function readProof(text: string, whose: string): { proof: InclusionProof; checkpoint: Checkpoint } {
  try {
    const proof = parseProof(text);
    return { proof, checkpoint: parseCheckpoint(parseNote(proof.checkpoint).text) };
  } catch (error) {
    throw new DocketError("receipt_invalid", `${whose} no proof: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function choose(
  checkpoints: CheckpointStore,
  index: number,
  choice: CheckpointChoice,
): Promise<Uint8Array> {
  if (typeof choice === "number") {
    if (choice <= index) throw missing(`the checkpoint of size ${choice} does not cover record ${index}`);
    const note = await checkpoints.read(choice);
    if (note === undefined) throw missing(`no checkpoint of size ${choice} is kept`);
    return note;
  }
  const chosen = await (choice === "kept" ? checkpoints.bestFor(index) : checkpoints.cosignedFor(index));
  if (chosen !== undefined) return chosen.note;
  const what = choice === "kept" ? "kept" : "cosigned";
  throw missing(`no ${what} checkpoint covers record ${index} yet; ask again later`);
}

function missing(message: string): DocketError {
  return new DocketError("not_found", message);
}
