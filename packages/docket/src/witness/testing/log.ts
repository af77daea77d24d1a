// SPDX-License-Identifier: Apache-2.0
// A log whose checkpoints and proofs are asked of it at any size, and which can be made to lie.
import { createHash } from "node:crypto";
import {
  consistencyFromNodes,
  consistencyNodes,
  encodeBase64,
  formatCheckpoint,
  formatSignature,
  generateSignerKey,
  leafHash,
  nodeHash,
  parseSignerKey,
  rootFromNodes,
  rootNodes,
  signNote,
  utf8,
} from "@docket/tlog";
import type { Hash, KeyAlgorithm, Signer, TreeNode } from "@docket/tlog";

/** A key pair, with the signer. */
export type TestKey = { vkey: string; skey: string; signer: Signer };

/** A key whose seed follows from `seed`. Cosigners' keys, and the log's of type 0x06, sign at second 1000. */
export function testKey(name: string, seed: string, algorithm: KeyAlgorithm = "ed25519"): TestKey {
  const bytes = createHash("sha256").update(`${seed} ${name}`).digest();
  const { signerKey, verifierKey } = generateSignerKey(name, bytes, algorithm);
  return { vkey: verifierKey, skey: signerKey, signer: parseSignerKey(signerKey, () => 1000) };
}

/** A log of entries that follow from `seed`. Two seeds that agree up to `fork` share the entries below it. */
export class TestLog {
  readonly origin: string;
  readonly key: TestKey;
  readonly #fork: number;
  readonly #nodes = new Map<string, Hash>();

  /** @param fork from this index on, entries are others than in every log with another `fork` */
  constructor(origin: string, fork = Infinity) {
    this.origin = origin;
    // An origin may have spaces, a key's name may not.
    this.key = testKey(origin.replaceAll(" ", "-"), "log");
    this.#fork = fork;
  }

  /** The root at a size. */
  root(size: number): Hash {
    return rootFromNodes(
      size,
      rootNodes(size).map((node) => this.#hash(node)),
    );
  }

  /** The proof that the tree of `first` is the beginning of that of `second`; from 0 it is empty. */
  proof(first: number, second: number): Hash[] {
    if (first === 0) return [];
    return consistencyFromNodes(
      first,
      second,
      consistencyNodes(first, second).map((node) => this.#hash(node)),
    );
  }

  /** The root over the entries from `start` up to `end`: MTH of RFC 6962. */
  rangeRoot(start: number, end: number): Hash {
    if (end - start === 1) return this.#hash({ level: 0, index: start });
    const middle = start + splitPoint(end - start);
    return nodeHash(this.rangeRoot(start, middle), this.rangeRoot(middle, end));
  }

  /** The subtree consistency proof of draft-ietf-plants-merkle-tree-certs section 4.4. */
  subtreeProof(start: number, end: number, size: number): Hash[] {
    return this.#subtreeProof({ start, end }, { start: 0, end: size }, true);
  }

  /** A signed checkpoint, with what is given put over it. */
  checkpoint(
    size: number,
    over: { root?: Hash; extensions?: string[]; signers?: Signer[]; origin?: string } = {},
  ): string {
    const {
      root = this.root(size),
      extensions = [],
      signers = [this.key.signer],
      origin = this.origin,
    } = over;
    return text(signNote(formatCheckpoint({ origin, size, root, extensions }), signers));
  }

  /** The body of an honest request. */
  request(oldSize: number, size: number, note: string = this.checkpoint(size)): string {
    return request(oldSize, this.proof(oldSize, size), note);
  }

  #subtreeProof(part: Range, tree: Range, isKnown: boolean): Hash[] {
    if (part.start === tree.start && part.end === tree.end) {
      return isKnown ? [] : [this.rangeRoot(tree.start, tree.end)];
    }
    const middle = tree.start + splitPoint(tree.end - tree.start);
    const [left, right] = [
      { start: tree.start, end: middle },
      { start: middle, end: tree.end },
    ];
    if (part.end <= middle) {
      return [...this.#subtreeProof(part, left, isKnown), this.rangeRoot(right.start, right.end)];
    }
    const inRight = part.start >= middle ? part : { start: middle, end: part.end };
    const known = part.start >= middle && isKnown;
    return [...this.#subtreeProof(inRight, right, known), this.rangeRoot(left.start, left.end)];
  }

  #hash(node: TreeNode): Hash {
    const key = `${node.level}/${node.index}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const { level, index } = node;
    const hash =
      level === 0
        ? leafHash(utf8(`entry ${index}${index >= this.#fork ? ` of ${this.#fork}` : ""}`))
        : nodeHash(
            this.#hash({ level: level - 1, index: 2 * index }),
            this.#hash({ level: level - 1, index: 2 * index + 1 }),
          );
    this.#nodes.set(key, hash);
    return hash;
  }
}

/** The body of a request, written here by hand so that the product's own writer is not what is tested. */
export function request(oldSize: number | string, proof: readonly Uint8Array[], note: string): string {
  return `old ${oldSize}\n${proof.map((hash) => `${encodeBase64(hash)}\n`).join("")}\n${note}`;
}

/** A signature line in the name of a key, with bytes that are no signature. */
export function forgedLine({ signer: { name, keyId } }: TestKey, bytes: number): string {
  return formatSignature({ name, keyId, signature: new Uint8Array(bytes).fill(7) });
}

type Range = { start: number; end: number };

function splitPoint(count: number): number {
  let split = 1;
  while (2 * split < count) split *= 2;
  return split;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
