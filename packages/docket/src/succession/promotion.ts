// SPDX-License-Identifier: Apache-2.0
// A promotion that was allowed and is not sealed yet. Its proofs are written down before the epoch is raised,
// so that a crash in between leaves no log that signs again without saying why:
//
//   DIR/sites/main/promotion.json   {"v":1,"proofs":[…]}
import { join } from "node:path";
import type { PromotionProof } from "@docket/protocol";
import { readHeldState } from "../log/held-state.ts";
import { sealAlone } from "./maintenance.ts";
import type { MaintainedLog, Signing } from "./maintenance.ts";

/** Writes down what showed that the log holds its newest state; the next opening seals it. */
export function writePromotion(log: MaintainedLog, proofs: readonly PromotionProof[]): void {
  log.disk.replaceFile(pathOf(log), Buffer.from(`${JSON.stringify({ v: 1, proofs })}\n`), true);
}

/** Forgets a promotion that was not allowed after all. */
export function forgetPromotion(log: MaintainedLog): void {
  log.disk.remove(pathOf(log));
  log.disk.syncDirectory(log.paths.site);
}

/** Seals what was written down, if anything. Empty logs and opaque ones hold no such record. */
export async function sealPromotion(log: MaintainedLog, signing: Signing): Promise<void> {
  const bytes = log.disk.readFile(pathOf(log));
  if (bytes === undefined) return;
  const { proofs } = JSON.parse(bytes.toString("utf8")) as { proofs: PromotionProof[] };
  const { epoch } = signing.primacy;
  if (!log.opaque && readHeldState(log.disk, log.paths, log.origin).size() > 0) {
    await sealAlone(log, signing, { kind: "promoted", by: "operator", epoch, proofs });
  }
  // A crash before this line seals it twice, under two epochs, which says nothing false.
  forgetPromotion(log);
}

function pathOf(log: MaintainedLog): string {
  return join(log.paths.site, "promotion.json");
}
