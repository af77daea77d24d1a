// SPDX-License-Identifier: Apache-2.0
// Records that a site's views keep by their kind, for who reads a data directory while a server writes it.
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** What views have taken in: records below `size`, and the leaves of those that were asked for. */
export type KeptRecords = { size: number; leaves: string[] };

/** How long a writer is waited for, in ms. */
const busyMs = 5000;

/**
 * Reads the leaves of the records of these kinds, in the order of the log, without disturbing the writer.
 *
 * @returns nothing of size 0 if there are no views, or they are of another version
 */
export function readKeptRecords(viewsPath: string, kinds: readonly string[]): KeptRecords {
  const query = "SELECT leaf FROM kept WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY record";
  return readViews(viewsPath, query, JSON.stringify(kinds));
}

/**
 * Reads the leaves of the labels in force, in the order of their decisions, likewise.
 *
 * @returns nothing of size 0 if there are no views, or they are of another version
 */
export function readKeptLabels(viewsPath: string): KeptRecords {
  return readViews(viewsPath, "SELECT leaf FROM labels ORDER BY decision");
}

function readViews(viewsPath: string, query: string, ...values: string[]): KeptRecords {
  if (!existsSync(viewsPath)) return { size: 0, leaves: [] };
  const views = new DatabaseSync(viewsPath, { readOnly: true });
  try {
    views.exec(`PRAGMA busy_timeout = ${busyMs}; BEGIN`);
    const { size } = views.prepare("SELECT size FROM position").get() as { size: number };
    const rows = views.prepare(query).all(...values) as { leaf: string }[];
    return { size, leaves: rows.map(({ leaf }) => leaf) };
  } catch {
    // What views hold can be read from the log; that takes longer.
    return { size: 0, leaves: [] };
  } finally {
    views.close();
  }
}
