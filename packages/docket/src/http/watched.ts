// SPDX-License-Identifier: Apache-2.0
// How a site fares, as alerts look at it: figures that all parts of the site have in memory.
import type { Watched } from "../alerts/contract.ts";
import type { ServerOptions } from "./server.ts";

/** What is looked at. */
export type WatchedParts = Pick<
  ServerOptions,
  | "anchors"
  | "authenticator"
  | "brakes"
  | "clockDesk"
  | "copies"
  | "delivery"
  | "disputes"
  | "gaps"
  | "publication"
  | "reviews"
  | "site"
>;

/** How a site fares now. Never waits, and asks nobody. */
export function watchedOf(parts: WatchedParts): Watched {
  const { anchors, authenticator, brakes, clockDesk, copies, delivery, disputes, gaps, reviews } = parts;
  const gap = gaps?.figures();
  const witnesses = parts.publication?.witnesses?.status();
  const copied = copies?.status();
  const webhooks = delivery?.webhooks?.figures();
  return {
    sealing: { fault: parts.site.status().fault, gap: gap?.open ?? false, waiting: gap?.waiting ?? 0 },
    clock: clockDesk?.status(),
    witnesses: witnesses && { alarms: witnesses.alarms, each: witnesses.witnesses },
    replicas: copied?.replicas ?? [],
    keysStaleMs: authenticator.staleMs,
    brakes: brakes?.figures().waiting ?? 0,
    unconfirmedVerdicts: delivery?.changes.figures().overdue ?? 0,
    webhooks: { troubled: webhooks?.troubled ?? 0, dead: webhooks?.dead ?? 0 },
    overdueDisputes: disputes?.figures().overdue ?? 0,
    queueCases: Object.values(reviews?.figures() ?? {}).reduce((sum, cases) => sum + cases, 0),
    anchors: anchors?.figures() ?? [],
    drillFailed: copied?.drill.last?.result === "failed",
  };
}
