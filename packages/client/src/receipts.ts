// SPDX-License-Identifier: Apache-2.0
/**
 * Checks receipts without asking anybody. The log's verifier keys come from whoever runs the site, once: they
 * are what `docket key` prints, and what stands in `log.vkey`.
 */
import { parseVerifierKey } from "@docket/tlog";
import { verifyReceipt } from "@docket/verify";
import type { ReceiptReport } from "@docket/verify";

/**
 * Checks a receipt. Whatever is wrong with it stands in the report; `verdict` is `verified` where all holds.
 *
 * @param receipt its exact text
 * @param keys the log's verifier keys, C2SP vkeys
 * @throws an error if a key is none
 */
export function checkReceipt(receipt: string, keys: readonly string[]): ReceiptReport {
  return verifyReceipt(receipt, { keys: keys.map((key) => parseVerifierKey(key)) });
}

export type { ReceiptReport } from "@docket/verify";
