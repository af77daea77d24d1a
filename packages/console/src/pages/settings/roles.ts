// SPDX-License-Identifier: Apache-2.0
// The roles, weakest first, and what each is for.

/** Roles by name. */
export const roleOptions: readonly { readonly value: string; readonly title: string }[] = [
  { value: "ingest", title: "ingest: an app that asks" },
  { value: "analyst", title: "analyst: rules, tries, backtests" },
  { value: "reviewer", title: "reviewer: cases, disputes, measures" },
  { value: "auditor", title: "auditor: reads and verifies all" },
  { value: "admin", title: "admin: runs the site" },
];
