// SPDX-License-Identifier: Apache-2.0
// The published files of a log that never ran: its tiles and its checkpoint at any size.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  formatCheckpoint,
  generateSignerKey,
  leafHash,
  nodeHash,
  parseSignerKey,
  rootFromNodes,
  rootNodes,
  signNote,
  tileNodes,
  tilePath,
  tilesOfSize,
  utf8,
} from "@docket/tlog";
import type { Hash, KeyAlgorithm, Signer, TreeNode } from "@docket/tlog";
import { logPaths } from "../log/paths.ts";
import type { LogPaths } from "../log/paths.ts";

/** A signer whose key follows from its name and algorithm. Cosignatures bear the second 1,800,000,000. */
export function namedSigner(name: string, algorithm: KeyAlgorithm = "ed25519"): Signer {
  const seed = createHash("sha256").update(`${algorithm} of ${name}`).digest();
  return parseSignerKey(generateSignerKey(name, seed, algorithm).signerKey, () => 1_800_000_000);
}

/** A tree of leaves that follow from their index; from `fork` on, they are others than in any other tree. */
export class NumberedTree {
  readonly #fork: number;
  readonly #nodes = new Map<string, Hash>();

  constructor(fork = Infinity) {
    this.#fork = fork;
  }

  /** The leaf of an index. */
  leaf(index: number): string {
    return index < this.#fork ? `leaf ${index}` : `leaf ${index}, other than from ${this.#fork}`;
  }

  /** The root of the first `size` leaves. */
  root(size: number): Hash {
    return rootFromNodes(
      size,
      rootNodes(size).map((node) => this.hash(node)),
    );
  }

  /** The hash of a complete subtree. */
  hash({ level, index }: TreeNode): Hash {
    const key = `${level}/${index}`;
    let hash = this.#nodes.get(key);
    if (hash === undefined) {
      const below = level - 1;
      hash =
        level === 0
          ? leafHash(utf8(this.leaf(index)))
          : nodeHash(
              this.hash({ level: below, index: 2 * index }),
              this.hash({ level: below, index: 2 * index + 1 }),
            );
      this.#nodes.set(key, hash);
    }
    return hash;
  }
}

/** Writes what a log publishes. */
export class PublishedTree {
  readonly paths: LogPaths;
  readonly signer: Signer;
  readonly tree: NumberedTree;
  /** Records that the published checkpoint covers. */
  size = 0;

  /** @param origin the log's origin, and the name of its key */
  constructor(data: string, origin: string, tree: NumberedTree = new NumberedTree()) {
    this.paths = logPaths(data, "main");
    this.signer = namedSigner(origin);
    this.tree = tree;
    mkdirSync(this.paths.keptCheckpoints, { recursive: true });
  }

  /** The signed checkpoint of a size. */
  checkpoint(size: number, signers: readonly Signer[] = [this.signer]): Uint8Array {
    const { name: origin } = this.signer;
    return signNote(formatCheckpoint({ origin, size, root: this.tree.root(size), extensions: [] }), signers);
  }

  /** Publishes the log at a size: each tile that it has, and the checkpoint. */
  publish(size: number): void {
    for (const tile of tilesOfSize(size)) {
      const path = join(this.paths.site, tilePath(tile));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, Buffer.concat(tileNodes(tile).map((node) => this.tree.hash(node))));
    }
    writeFileSync(this.paths.checkpoint, this.checkpoint(size));
    this.size = size;
  }
}
