// SPDX-License-Identifier: Apache-2.0
// A digest of all that views hold, whatever the order in which it was written: two views of the same records
// have the same one.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { viewsVersion } from "./views-schema.ts";

/** What views hold: SHA-256 over all rows, base64url, and how many rows there are. */
export type ViewsDigest = { size: number; digest: string; rows: number };

/** How many rows are hashed at once. */
const rowsAtOnce = 512;

// Each table in an order of its own content. Rows of `decisions` stand with their shape's text, since numbers
// of shapes follow the order of writing; repeats that are expired may have been removed or not.
const tables: readonly (readonly [name: string, query: string])[] = [
  ["position", "SELECT json_array(size, release) AS row FROM position"],
  [
    "repeats",
    `SELECT json_array(hex(event), hex(body), record, sealed) AS row FROM repeats
     WHERE sealed >= (SELECT max(sealed) FROM repeats) - :window ORDER BY event`,
  ],
  ["standings", "SELECT json_array(actor, state) AS row FROM standings ORDER BY actor"],
  ["spans", "SELECT json_array(first, earliest, latest) AS row FROM spans ORDER BY first"],
  ["kept", "SELECT json_array(record, kind, leaf) AS row FROM kept ORDER BY record"],
  ["labels", "SELECT json_array(decision, leaf) AS row FROM labels ORDER BY decision"],
  ["acts", "SELECT json_array(record, kind, by) AS row FROM acts ORDER BY record"],
  ["case_of", "SELECT json_array(named, record) AS row FROM case_of ORDER BY named, record"],
  ["case_subjects", "SELECT json_array(subject, record) AS row FROM case_subjects ORDER BY subject, record"],
  [
    "decisions",
    `SELECT json_array(record, actor, decided, sealed, outcome, shapes.shape, content, fingerprint, campaign,
       more) AS row FROM decisions JOIN shapes ON shapes.id = decisions.shape ORDER BY record`,
  ],
  [
    "shape_rules",
    `SELECT json_array(rule, shapes.shape) AS row FROM shape_rules
     JOIN shapes ON shapes.id = shape_rules.shape ORDER BY rule, shapes.shape`,
  ],
  [
    "tallies",
    `SELECT json_array(span, outcome, shapes.shape, count) AS row FROM tallies
     JOIN shapes ON shapes.id = tallies.shape ORDER BY span, outcome, shapes.shape`,
  ],
];

/**
 * The digest of views that nobody writes.
 *
 * @returns `undefined` if there are none, or they are of another version
 */
export function digestViews(path: string, repeatWindowMs: number): ViewsDigest | undefined {
  if (!existsSync(path)) return undefined;
  const views = new DatabaseSync(path, { readOnly: true });
  try {
    return isThisVersion(views) ? digestDatabase(views, repeatWindowMs) : undefined;
  } finally {
    views.close();
  }
}

/** How many records views have taken in; 0 if there are none, or they are of another version. */
export function viewsSize(path: string): number {
  if (!existsSync(path)) return 0;
  const views = new DatabaseSync(path, { readOnly: true });
  try {
    return isThisVersion(views) ? sizeOf(views) : 0;
  } finally {
    views.close();
  }
}

/** The digest of views that are open. */
export function digestDatabase(views: DatabaseSync, repeatWindowMs: number): ViewsDigest {
  const hash = createHash("sha256");
  let rows = 0;
  for (const [name, query] of tables) {
    hash.update(`${name}\n`);
    const statement = views.prepare(query);
    const found = query.includes(":window")
      ? statement.iterate({ window: repeatWindowMs })
      : statement.iterate();
    let pending: string[] = [];
    for (const { row } of found as Iterable<{ row: string }>) {
      pending.push(row);
      rows += 1;
      if (pending.length < rowsAtOnce) continue;
      hash.update(`${pending.join("\n")}\n`);
      pending = [];
    }
    if (pending.length > 0) hash.update(`${pending.join("\n")}\n`);
  }
  return { size: sizeOf(views), digest: hash.digest("base64url"), rows };
}

function isThisVersion(views: DatabaseSync): boolean {
  const { user_version: found } = views.prepare("PRAGMA user_version").get() as { user_version: number };
  return found === viewsVersion;
}

function sizeOf(views: DatabaseSync): number {
  const { size } = views.prepare("SELECT size FROM position").get() as { size: number };
  return size;
}
