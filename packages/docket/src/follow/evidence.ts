// SPDX-License-Identifier: Apache-2.0
// Evidence of what a log did wrong, kept as files that say it to everyone: both checkpoints, byte for byte as
// the log signed them and, where there is one, the proof that the second tree does not begin with the first.
import { hash as digest } from "node:crypto";
import { join } from "node:path";
import { formatAddCheckpoint } from "@docket/tlog";
import type { LogDisk } from "../log/disk.ts";
import type { Violation } from "./judge.ts";

/** What evidence asks of a disk. */
export type EvidenceDisk = Pick<LogDisk, "readFile" | "replaceFile" | "makeDirectory" | "list">;

/** How many files of evidence are kept: a log that lies without end must not fill the disk. */
export const evidenceFilesMax = 300;

/**
 * Keeps a violation's checkpoints in a directory, `KIND-HASH.kept` and `KIND-HASH.served`, durably. Where the
 * tiles proved a fork, `proofs/KIND-HASH.add-checkpoint` is the served checkpoint with its proof in the form
 * of a request to a witness (C2SP tlog-witness): a witness that knows the kept one refuses it.
 *
 * @returns the files' paths; none if there is too much evidence already
 */
export function keepEvidence(
  disk: EvidenceDisk,
  directory: string,
  kind: string,
  violation: Violation,
): string[] {
  const { kept, served, proof } = violation;
  const both = digest("sha256", Buffer.concat([kept.bytes, served.bytes]), "hex").slice(0, 16);
  const name = `${kind}-${both}`;
  const files: [string, Uint8Array][] = [
    [join(directory, `${name}.kept`), kept.bytes],
    [join(directory, `${name}.served`), served.bytes],
  ];
  if (proof !== undefined) {
    const request = formatAddCheckpoint({ oldSize: kept.head.size, proof, checkpoint: served.bytes });
    files.push([join(directory, "proofs", `${name}.add-checkpoint`), request]);
  }
  disk.makeDirectory(directory);
  const there = disk.list(directory);
  if (!there.includes(`${name}.served`) && there.length + files.length > evidenceFilesMax) return [];
  if (proof !== undefined) disk.makeDirectory(join(directory, "proofs"));
  // The same violation, seen again after a crash in between, writes the same files again.
  for (const [path, bytes] of files) {
    if (disk.readFile(path) === undefined) disk.replaceFile(path, bytes, true);
  }
  return files.map(([path]) => path);
}
