// SPDX-License-Identifier: Apache-2.0
// What somebody dropped on the page, judged: a receipt, one with outside time-stamps, a case file, or a bare
// tlog-proof. Everything is decided here and by what it calls; the page only shows it.
import { parseReceipt, ProtocolError } from "@docket/protocol";
import type { Receipt } from "@docket/protocol";
import { utf8 } from "@docket/tlog";
import {
  looksLikeAnchoredReceipt,
  looksLikeCaseFile,
  pathIn,
  verifyAnchoredReceipt,
  verifyCaseFile,
  verifyReceipt,
} from "@docket/verify";
import type { CaseReport, MerklePath, ReceiptReport, Trust } from "@docket/verify";
import { looksLikeProof, verifyBareProof } from "./bare-proof.ts";
import type { ProofReport } from "./bare-proof.ts";

/** What was found. `path` is the way from the record to the root, where the file has one. */
export type Judgement = {
  report: ReceiptReport | CaseReport | ProofReport;
  path: MerklePath | undefined;
  /** That the line feed which ends a receipt was missing from what was pasted, and was put back. */
  completed: boolean;
};

/** What is to be judged. A `file` is taken as it is; `entry` is what a bare proof is said to be of. */
export type Given = { text: string; from: "file" | "paste"; entry?: string };

/** Judges a text. Never throws for what is in it. */
export function judge(given: Given, trust: Trust): Judgement {
  const { entry = "" } = given;
  const text = given.from === "paste" ? completedText(given.text) : given.text;
  const completed = text !== given.text;
  if (looksLikeProof(text)) {
    const report = verifyBareProof(text, entry, trust);
    return { report, path: pathIn(text, utf8(entry)), completed };
  }
  if (looksLikeCaseFile(text)) return { report: verifyCaseFile(text, trust), path: undefined, completed };
  if (looksLikeAnchoredReceipt(text)) {
    return { report: verifyAnchoredReceipt(text, trust), path: undefined, completed };
  }
  const report = verifyReceipt(text, trust);
  const receipt = receiptIn(text);
  const path = receipt === undefined ? undefined : pathIn(receipt.proof, utf8(receipt.leaf));
  return { report, path, completed };
}

// What was copied from a window has lost the line feed at its end. Nothing else is forgiven.
function completedText(text: string): string {
  const isLine = text.startsWith('{"format":"docket-') || looksLikeProof(text);
  return isLine && !text.endsWith("\n") ? `${text}\n` : text;
}

function receiptIn(text: string): Receipt | undefined {
  try {
    return parseReceipt(text);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
