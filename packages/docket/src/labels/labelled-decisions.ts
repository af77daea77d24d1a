// SPDX-License-Identifier: Apache-2.0
// The labels in force of a data directory, and the decisions that they are of: read from published files,
// without the directory's lock, so also while a server writes.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseLeaf } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { unwrapKey } from "../evidence/keys.ts";
import { openPart } from "../evidence/seal.ts";
import { readKeys } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { journalledActors } from "../log/journalled-actors.ts";
import { LogReader } from "../log/reader.ts";
import { disk } from "../stores/files/node-disk.ts";
import { openWrappedKeys } from "../stores/sqlite/actor-keys.ts";
import { labelOfLeaf } from "./label-desk.ts";
import type { LabelInForce } from "./label-desk.ts";

/** A labelled decision. */
export type LabelledDecision = {
  label: LabelInForce;
  /** The pseudonym of the account. */
  actor: string;
  /** What was decided on; absent where its evidence is gone. */
  event: Event | undefined;
};

/** How long a writer of the views is waited for, in ms. */
const busyMs = 5_000;

/**
 * The labels in force, in the order of their decisions. What the views don't have yet is read from the log;
 * all of it where there are no views.
 */
export async function labelsInForce(installation: Installation): Promise<LabelInForce[]> {
  const { paths } = installation;
  const checkpoint = disk.readFile(paths.checkpoint);
  const size = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
  const kept = readKeptLabels(join(paths.site, "views.sqlite"));
  const byDecision = new Map(kept.leaves.map((leaf) => [labelOfLeaf(leaf).of, labelOfLeaf(leaf)]));
  const reader = new LogReader(paths);
  for (let index = kept.size; index < size; index++) {
    const { leaf } = await reader.record(index, size);
    if (parseLeaf(leaf).kind !== "label") continue;
    const label = labelOfLeaf(leaf);
    byDecision.set(label.of, label);
  }
  return [...byDecision.values()].sort((a, b) => a.of - b.of);
}

/**
 * The decisions that labels in force are of, with their events as far as their evidence is there, in the
 * order of the log.
 *
 * @param onProgress told how many of all were read
 * @throws {DocketError} if the directory's keys are not here
 */
export async function* labelledDecisions(
  installation: Installation,
  onProgress?: (done: number, total: number) => void,
): AsyncGenerator<LabelledDecision> {
  const { paths, origin } = installation;
  const keys = readKeys(installation);
  const labels = await labelsInForce(installation);
  const checkpoint = disk.readFile(paths.checkpoint);
  const size = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
  const reader = new LogReader(paths);
  const wrappedOf = openWrappedKeys(
    join(paths.site, "identity.sqlite"),
    journalledActors(disk, paths, origin),
  );
  for (const [done, label] of labels.entries()) {
    onProgress?.(done, labels.length);
    const { leaf, parts } = await reader.record(label.of, size);
    const record = parseLeaf(leaf);
    if (record.kind !== "decision") continue;
    const wrapped = wrappedOf(record.actor);
    const key = wrapped && unwrapKey(keys.keyEncryption, record.actor, wrapped);
    const sealed = parts?.parts.find(({ name }) => name === "content");
    const opened = key && sealed && openPart(sealed.bytes, "content", key, origin);
    const content = opened && (JSON.parse(opened.plaintext.toString("utf8")) as { event: Event });
    yield { label, actor: record.actor, event: content?.event };
  }
}

// What views hold can be read from the log; that takes longer. Views of another version have no such table.
function readKeptLabels(viewsPath: string): { size: number; leaves: string[] } {
  if (!existsSync(viewsPath)) return { size: 0, leaves: [] };
  const views = new DatabaseSync(viewsPath, { readOnly: true });
  try {
    views.exec(`PRAGMA busy_timeout = ${busyMs}; BEGIN`);
    const { size } = views.prepare("SELECT size FROM position").get() as { size: number };
    const rows = views.prepare("SELECT leaf FROM labels ORDER BY decision").all() as { leaf: string }[];
    return { size, leaves: rows.map(({ leaf }) => leaf) };
  } catch {
    return { size: 0, leaves: [] };
  } finally {
    views.close();
  }
}
