// SPDX-License-Identifier: Apache-2.0
// Subtree cosignatures (C2SP tlog-witness, sign-subtree): the witness vouches for a part of a tree that it
// has cosigned as a whole. Nothing is kept: what is signed follows from what was kept before.
//
// That the checkpoint is one of the witness's own is seen in either of two ways: it bears a cosignature of
// the witness that verifies, or it is the latest one.
import {
  formatSignature,
  hashesEqual,
  openNote,
  parseCheckpoint,
  parseNote,
  TlogError,
  utf8,
  verifySubtreeConsistency,
} from "@docket/tlog";
import type { Checkpoint, SignSubtree, Verifier } from "@docket/tlog";
import type { Answer } from "./answer.ts";
import type { Cosigner } from "./cosigner.ts";

/**
 * Answers a request about a log that is known.
 *
 * @param latest reads the log's latest cosigned checkpoint
 */
export async function checkSubtree(
  request: SignSubtree,
  cosigner: Cosigner,
  latest: () => Promise<Uint8Array | undefined>,
): Promise<Answer> {
  const { start, end, root, proof, text } = request;
  const checkpoint = parseCheckpoint(text);
  if (end > checkpoint.size) {
    const why = `the subtree ends at ${end}, and the checkpoint's tree at ${checkpoint.size}`;
    return { kind: "malformed", why };
  }
  const own = ownLine(request, cosigner.verifiers);
  if (own === "forged") {
    return { kind: "forbidden", why: "a cosignature in this witness's name does not verify" };
  }
  if (own === "none") {
    const kept = await latest();
    if (kept === undefined) {
      return { kind: "forbidden", why: "this witness has cosigned no checkpoint of this log" };
    }
    if (!isSameTree(checkpoint, parseCheckpoint(parseNote(kept).text))) {
      return { kind: "other-checkpoint", checkpoint: kept };
    }
  }
  if (!verifySubtreeConsistency(proof, start, end, checkpoint.size, root, checkpoint.root)) {
    return { kind: "inconsistent", why: "the proof does not show that the subtree is part of the tree" };
  }
  return { kind: "signed", lines: cosigner.cosignSubtree(checkpoint.origin, start, end, root) };
}

function ownLine(
  { text, signatures }: SignSubtree,
  own: readonly Verifier[],
): "verified" | "forged" | "none" {
  if (signatures.length === 0) return "none";
  try {
    openNote(utf8(`${text}\n${signatures.map(formatSignature).join("")}`), own);
    return "verified";
  } catch (error) {
    return error instanceof TlogError && error.code === "unverified" ? "none" : "forged";
  }
}

function isSameTree(a: Checkpoint, b: Checkpoint): boolean {
  return a.origin === b.origin && a.size === b.size && hashesEqual(a.root, b.root);
}
