// SPDX-License-Identifier: Apache-2.0
// One witness is asked to cosign one checkpoint (C2SP tlog-witness, add-checkpoint).
//
//     POST URL/add-checkpoint    old size, consistency proof from there, the checkpoint
//     200   cosignature lines
//     409   the size that it holds: what we took it to hold was a guess, so it is asked once more
//     else  refused
//
// Nothing that a witness answers is believed but a signature that verifies. What it says of sizes decides
// what it is sent, and what the operator is told; nothing else.
import { formatAddCheckpoint, openCosignatures, parseTreeSize, TlogError } from "@docket/tlog";
import type { Hash, VerifiedSignature } from "@docket/tlog";
import type { Post } from "./requests.ts";
import type { WitnessEndpoint } from "./witness-policy.ts";

/** What a witness made of a checkpoint. */
export type WitnessAnswer =
  /** It cosigned; lines of its known keys, verified, at least one. */
  | { kind: "cosigned"; lines: VerifiedSignature[] }
  /** It says that it has cosigned a larger tree of this log than the log has: a rollback, or a lie. */
  | { kind: "ahead"; size: number }
  /** It says that our tree is not what it saw, grown (422): a fork, or a lie. */
  | { kind: "conflict"; size: number }
  /** It doesn't cosign this log, or this key (403, 404), or answers with another status. */
  | { kind: "refused"; status: number }
  /** It answered what the protocol doesn't know, or a signature that does not verify. */
  | { kind: "invalid"; why: string }
  /** It didn't answer in time, or at all. */
  | { kind: "unreachable"; why: string }
  /** It was not asked: the log's own tiles gave no proof. */
  | { kind: "unproved"; why: string };

/** A checkpoint to be cosigned: the signed note, and its size. */
export type AskedCheckpoint = { note: Uint8Array; size: number };

/** What asking takes. */
export type AskPorts = {
  post: Post;
  /** The proof that the tree of `first` records is the beginning of that of `second`. */
  consistency: (first: number, second: number) => Promise<Hash[]>;
};

/**
 * Asks a witness. Never rejects but for a bug.
 *
 * @param hint the size that it is thought to hold
 * @param signal ends the asking: both requests together
 */
export async function askWitness(
  ports: AskPorts,
  witness: WitnessEndpoint,
  checkpoint: AskedCheckpoint,
  hint: number,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  // A hint above our size would make a request that any witness refuses; asked from 0 it tells its size.
  const first = await ask(ports, witness, checkpoint, hint <= checkpoint.size ? hint : 0, signal);
  if (first.kind !== "size") return first;
  if (first.size > checkpoint.size) return { kind: "ahead", size: first.size };
  const second = await ask(ports, witness, checkpoint, first.size, signal);
  if (second.kind !== "size") return second;
  // Another one may have sent it a checkpoint meanwhile; that it always answers so is as likely.
  if (second.size > checkpoint.size) return { kind: "ahead", size: second.size };
  return { kind: "invalid", why: `it holds ${first.size} records, then ${second.size}` };
}

async function ask(
  { post, consistency }: AskPorts,
  witness: WitnessEndpoint,
  checkpoint: AskedCheckpoint,
  oldSize: number,
  signal: AbortSignal,
): Promise<WitnessAnswer | { kind: "size"; size: number }> {
  let proof: Hash[];
  try {
    proof = await consistency(oldSize, checkpoint.size);
  } catch (error) {
    return { kind: "unproved", why: whyOf(error) };
  }
  const body = formatAddCheckpoint({ oldSize, proof, checkpoint: checkpoint.note });
  let answer: Awaited<ReturnType<Post>>;
  try {
    answer = await post(`${witness.url.replace(/\/$/, "")}/add-checkpoint`, body, signal);
  } catch (error) {
    return { kind: "unreachable", why: whyOf(error) };
  }
  try {
    // Lines of keys that the policy doesn't name are dropped: a witness may have more than we were told of.
    if (answer.status === 200) {
      return {
        kind: "cosigned",
        lines: openCosignatures(checkpoint.note, answer.body, witness.verifiers),
      };
    }
    if (answer.status === 409) return { kind: "size", size: parseTreeSize(answer.body) };
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return { kind: "invalid", why: error.message };
  }
  if (answer.status === 422) return { kind: "conflict", size: oldSize };
  return { kind: "refused", status: answer.status };
}

function whyOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError" || name === "AbortError") return "it did not answer in time";
  const inner = cause as NodeJS.ErrnoException | undefined;
  return inner?.code ?? inner?.message ?? message;
}
