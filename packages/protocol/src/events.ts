// SPDX-License-Identifier: Apache-2.0
// Readers of events, and the schemas of events, decisions and receipts.
export * from "./decision.ts";
export * from "./event.ts";
export * from "./event-encoding.ts";
