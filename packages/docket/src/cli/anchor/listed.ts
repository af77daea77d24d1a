// SPDX-License-Identifier: Apache-2.0
// The anchors of a data directory, read from published files without its lock: also while a server writes.
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { anchorOfLeaf } from "../../anchors/anchor-record.ts";
import type { AnchorListed } from "../../anchors/contract.ts";
import type { Installation } from "../../installation.ts";
import { LogReader } from "../../log/reader.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { readKeptRecords } from "../../stores/sqlite/kept-records.ts";

/** Leaves of the log's anchors, in its order. What the views don't have yet is read from the log. */
export async function anchorLeaves({ paths }: Installation): Promise<string[]> {
  const checkpoint = disk.readFile(paths.checkpoint);
  const size = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
  const kept = readKeptRecords(join(paths.site, "views.sqlite"), ["anchor"]);
  const leaves = [...kept.leaves];
  const reader = new LogReader(paths);
  for (let index = kept.size; index < size; index++) {
    const { leaf } = await reader.record(index, size);
    if (parseLeaf(leaf).kind === "anchor") leaves.push(leaf);
  }
  return leaves;
}

/** The same, as they are listed. */
export async function anchorsOf(installation: Installation): Promise<AnchorListed[]> {
  return (await anchorLeaves(installation)).map(anchorOfLeaf);
}
