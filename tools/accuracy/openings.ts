// SPDX-License-Identifier: Apache-2.0
// How often the labels of test parts were opened, and by which configuration: a file that is committed.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One run that looked at labels of test parts. */
export interface Opening {
  readonly at: string;
  /** The sections and rows that were measured. */
  readonly measured: readonly string[];
  /** The hash of each kind's configuration. */
  readonly configurations: Readonly<Record<string, string>>;
}

const openingsFile = fileURLToPath(new URL("openings.json", import.meta.url));

/** All openings so far. */
export function readOpenings(): Opening[] {
  return JSON.parse(readFileSync(openingsFile, "utf8")) as Opening[];
}

/** Writes down an opening before it happens: a run that fails has counted. */
export function countOpening(opening: Opening): void {
  const all = [...readOpenings(), opening];
  writeFileSync(openingsFile, `${JSON.stringify(all, undefined, 2)}\n`);
}
