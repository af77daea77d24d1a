// SPDX-License-Identifier: Apache-2.0
// All files of packages/tlog/vectors.
import { checkpointVectors } from "./checkpoints.ts";
import { cosignatureVectors } from "./cosignatures.ts";
import { keyVectors } from "./keys.ts";
import { formatFile, type VectorFile } from "./kit.ts";
import { noteVectors } from "./notes.ts";
import { policyVectors } from "./policies.ts";
import { proofVectors } from "./proofs.ts";
import { bundleVectors, tileVectors } from "./tiles.ts";
import { witnessVectors } from "./witness.ts";
import { consistencyVectors, inclusionVectors, subtreeVectors, treeVectors } from "./trees.ts";

/** The text of each file, by its name. */
export function makeVectors(): Map<string, string> {
  const files: VectorFile[] = [
    keyVectors(),
    noteVectors(),
    checkpointVectors(),
    cosignatureVectors(),
    treeVectors(),
    inclusionVectors(),
    consistencyVectors(),
    subtreeVectors(),
    tileVectors(),
    bundleVectors(),
    proofVectors(),
    policyVectors(),
    witnessVectors(),
  ];
  return new Map(files.map((file) => [`${file.name}.json`, formatFile(file)]));
}
