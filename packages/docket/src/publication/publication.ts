// SPDX-License-Identifier: Apache-2.0
// What is done with a log's checkpoints beside writing the log: they are given out by size, witnesses are
// asked to cosign them, and receipts are proved to them.
import type { Verifier } from "@docket/tlog";
import type { LogPaths } from "../log/paths.ts";
import { bearsOthersLines, CheckpointStore } from "./checkpoint-store.ts";
import { TreeFiles } from "./tree-files.ts";
import type { WitnessesStatus } from "./witness-status.ts";

/** The checkpoints of a log, proofs to them, and the witnesses that are asked, if any are. */
export type Publication = {
  checkpoints: CheckpointStore;
  tree: TreeFiles;
  witnesses: { status(): WitnessesStatus } | undefined;
};

/** What a publication is opened with. */
export type PublicationOptions = {
  paths: LogPaths;
  origin: string;
  /** The log's keys. */
  verifiers: readonly Verifier[];
  /** Whether a note bears the cosignatures that count; if left out, a line of anyone but the log does. */
  isCosigned?: ((note: Uint8Array) => boolean) | undefined;
  /** Puts a file in place; when it resolves, it survives power loss. */
  put: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Ms since 1970. */
  clock: () => number;
};

/** Opens a log's checkpoints; whoever wants witnesses to be asked puts them in (witness-rounds.ts). */
export function openPublication(options: PublicationOptions): Publication {
  const { paths, origin, verifiers, put, clock } = options;
  const checkpoints = new CheckpointStore({
    paths,
    origin,
    verifiers,
    isCosigned: options.isCosigned ?? ((note) => bearsOthersLines(note, origin)),
    put,
    clock,
  });
  return { checkpoints, tree: new TreeFiles(paths.site), witnesses: undefined };
}
