// SPDX-License-Identifier: Apache-2.0
// What crosses a boundary: events, decisions, records, receipts and errors, with the one encoder of each.
export * from "./decision.ts";
export * from "./error.ts";
export * from "./event.ts";
export * from "./facts.ts";
export * from "./json.ts";
export * from "./parts.ts";
export * from "./receipt.ts";
export * from "./record.ts";
export * from "./shape.ts";
export * from "./time.ts";
