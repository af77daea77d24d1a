// SPDX-License-Identifier: Apache-2.0
// The labels in force of a data directory, and the decisions that they are of: read from published files,
// without the directory's lock, so also while a server writes.
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { openPart } from "../../evidence/seal.ts";
import { readKeys } from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { journalledActors } from "../../log/journalled-actors.ts";
import { LogReader } from "../../log/reader.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { openActorKeys } from "../../stores/sqlite/actor-keys.ts";
import { readKeptLabels } from "../../stores/sqlite/kept-records.ts";
import { labelOfLeaf } from "../../labels/label-desk.ts";
import type { LabelInForce, LabelledDecision } from "../../labels/label-desk.ts";

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
  const keys = readKeys(await unlockInstallation(installation));
  const labels = await labelsInForce(installation);
  const checkpoint = disk.readFile(paths.checkpoint);
  const size = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
  const reader = new LogReader(paths);
  const keyOf = openActorKeys({
    identity: join(paths.site, "identity.sqlite"),
    journalled: journalledActors(disk, paths, origin),
    folder: keys.folder,
  });
  for (const [done, label] of labels.entries()) {
    onProgress?.(done, labels.length);
    const { leaf, parts } = await reader.record(label.of, size);
    const record = parseLeaf(leaf);
    if (record.kind !== "decision") continue;
    const key = keyOf(record.actor);
    const sealed = parts?.parts.find(({ name }) => name === "content");
    const opened = key && sealed && openPart(sealed.bytes, "content", key, origin);
    const content = opened && (JSON.parse(opened.plaintext.toString("utf8")) as { event: Event });
    yield { label, actor: record.actor, event: content?.event };
  }
}
