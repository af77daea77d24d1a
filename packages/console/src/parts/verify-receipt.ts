// SPDX-License-Identifier: Apache-2.0
// A receipt checked here, in the browser: nothing is asked of the server. Bring this only into pages that are
// loaded when somebody goes there: it needs the checks and the curves of packages/verify.
import { parseReceipt, ProtocolError } from "@docket/protocol";
import { parseVerifierKey, TlogError, utf8 } from "@docket/tlog";
import { pathIn, verifyReceipt } from "@docket/verify";
import type { MerklePath, ReceiptReport, Trust } from "@docket/verify";

/** What was found of a receipt, and its way to the root where it has one. */
export type CheckedReceipt = { readonly report: ReceiptReport; readonly path: MerklePath | undefined };

/**
 * Checks a receipt. Never throws for what is in it, or in the keys: one that is none is not trusted.
 *
 * @param keys verifier keys, a line each
 */
export function checkReceipt(text: string, keys: string): CheckedReceipt {
  const report = verifyReceipt(text, trustIn(keys));
  return { report, path: wayOf(text) };
}

function wayOf(text: string): MerklePath | undefined {
  try {
    const { proof, leaf } = parseReceipt(text);
    return pathIn(proof, utf8(leaf));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function trustIn(keys: string): Trust {
  const lines = keys.split("\n").map((line) => line.trim());
  const named = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return {
    keys: named.flatMap((line) => {
      try {
        return [parseVerifierKey(line)];
      } catch (error) {
        if (error instanceof TlogError) return [];
        throw error;
      }
    }),
  };
}
