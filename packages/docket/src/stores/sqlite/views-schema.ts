// SPDX-License-Identifier: Apache-2.0
// The tables of a site's views. All of it can be deleted and made again from the log.
import type { DatabaseSync } from "node:sqlite";
import { outcomes } from "@docket/protocol";

/**
 * What the views hold; raised when they take in what they did not before. Views of another version are made
 * again from the log.
 */
export const viewsVersion: number = 4;

/** Records of one row of `spans`: a power of two. */
export const spanRecords: number = 256;

/**
 * The tables. What many decisions have alike (their type, rules, language, release) stands once in `shapes`,
 * and `shape_rules` finds the shapes of a rule. `spans` says between which times blocks of records were
 * decided: a time is found by blocks, without an index of times. `tallies` counts decisions by ten minutes.
 * `case_of` and `case_subjects` find the records of what comes after a decision by the record and the person
 * that they name.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS position (id INTEGER PRIMARY KEY CHECK (id = 0),
    size INTEGER NOT NULL, release TEXT);
  INSERT OR IGNORE INTO position VALUES (0, 0, NULL);
  CREATE TABLE IF NOT EXISTS repeats (event BLOB PRIMARY KEY, body BLOB NOT NULL,
    record INTEGER NOT NULL, sealed INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS standings (actor TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS spans (first INTEGER PRIMARY KEY, earliest INTEGER NOT NULL,
    latest INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS kept (record INTEGER PRIMARY KEY, kind TEXT NOT NULL, leaf TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS labels (decision INTEGER PRIMARY KEY, leaf TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS acts (record INTEGER PRIMARY KEY, kind TEXT NOT NULL, by TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS case_of (named INTEGER, record INTEGER, PRIMARY KEY (named, record))
    WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS case_subjects (subject TEXT, record INTEGER, PRIMARY KEY (subject, record))
    WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS shapes (id INTEGER PRIMARY KEY, shape TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS shape_rules (rule TEXT, shape INTEGER, PRIMARY KEY (rule, shape)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS decisions (record INTEGER PRIMARY KEY, actor TEXT NOT NULL,
    decided INTEGER NOT NULL, sealed INTEGER NOT NULL, outcome INTEGER NOT NULL, shape INTEGER NOT NULL,
    content TEXT, fingerprint TEXT, campaign TEXT, more TEXT);
  CREATE TABLE IF NOT EXISTS tallies (span INTEGER, outcome INTEGER, shape INTEGER, count INTEGER NOT NULL,
    PRIMARY KEY (span, outcome, shape)) WITHOUT ROWID`;

const toldFrom = outcomes.indexOf("hold");
/** Decisions that their actor is told of: held or refused, or with a restriction. */
export const telling: string = `(outcome >= ${toldFrom} OR instr(more, '"restrictions":') > 0)`;

/** What finds rows otherwise than by their key. A rebuild makes these last: sorted, which is far faster. */
const indexes = `
  CREATE INDEX IF NOT EXISTS spans_latest ON spans (latest);
  CREATE INDEX IF NOT EXISTS kept_kind ON kept (kind);
  CREATE INDEX IF NOT EXISTS labels_label ON labels (json_extract(leaf, '$.label'));
  CREATE INDEX IF NOT EXISTS acts_kind ON acts (kind);
  CREATE INDEX IF NOT EXISTS acts_by ON acts (by);
  CREATE INDEX IF NOT EXISTS acts_by_kind ON acts (by, kind);
  CREATE INDEX IF NOT EXISTS decisions_actor ON decisions (actor);
  CREATE INDEX IF NOT EXISTS decisions_content ON decisions (content) WHERE content IS NOT NULL;
  CREATE INDEX IF NOT EXISTS decisions_fingerprint ON decisions (fingerprint)
    WHERE fingerprint IS NOT NULL;
  CREATE INDEX IF NOT EXISTS decisions_campaign ON decisions (campaign) WHERE campaign IS NOT NULL;
  CREATE INDEX IF NOT EXISTS decisions_outcome ON decisions (outcome) WHERE outcome > 0;
  CREATE INDEX IF NOT EXISTS decisions_shape ON decisions (shape);
  CREATE INDEX IF NOT EXISTS decisions_telling ON decisions (record) WHERE ${telling}`;

/** The names of all tables. */
export const viewTables: readonly string[] = Array.from(
  tables.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g),
  ([, name]) => name as string,
);

/** Makes the tables that are not there; those of another version go first. */
export function createViews(views: DatabaseSync, withIndexes = true): void {
  const { user_version: found } = views.prepare("PRAGMA user_version").get() as { user_version: number };
  // They hold nothing that the log doesn't: a start takes in all of it.
  if (found !== viewsVersion) {
    for (const table of viewTables) views.exec(`DROP TABLE IF EXISTS ${table}`);
  }
  views.exec(`${tables}; PRAGMA user_version = ${viewsVersion}`);
  if (withIndexes) createViewIndexes(views);
}

/** Makes the indexes that are not there. */
export function createViewIndexes(views: DatabaseSync): void {
  views.exec(indexes);
}
