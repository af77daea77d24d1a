// SPDX-License-Identifier: Apache-2.0
// A site on which nothing is wrong.
import type { Thresholds, Watched } from "../contract.ts";

/** How a site fares that is well. */
export const allWell: Watched = {
  sealing: { fault: undefined, gap: false, waiting: 0 },
  clock: { state: "checked", stopped: false, offsetMs: 3 },
  witnesses: { alarms: [], each: [{ name: "north", state: "cosigned" }] },
  replicas: [{ name: "shelf", lagMs: 0, fault: null }],
  keysStaleMs: 0,
  brakes: 0,
  unconfirmedVerdicts: 0,
  webhooks: { troubled: 0, dead: 0 },
  overdueDisputes: 0,
  queueCases: 0,
  anchors: [],
  drillFailed: false,
};

/** The settings' defaults. */
export const thresholds: Thresholds = {
  alertQueueCases: 1000,
  alertOverdueDisputes: 1,
  alertUnconfirmedVerdicts: 1,
  alertDeadMessages: 1,
  alertAnchorHours: 24,
};
