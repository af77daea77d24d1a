// SPDX-License-Identifier: Apache-2.0
// trees.json, inclusion.json, consistency.json and subtrees.json: roots and proofs.
import { at, base64, flip, seedOf, sha256, type Case, type VectorFile } from "./kit.ts";
import { consistency, inclusion, inclusionLength, leaf, root, rootOfInclusion } from "./twin.ts";

const specifications = [
  "https://www.rfc-editor.org/rfc/rfc6962#section-2.1",
  "https://www.rfc-editor.org/rfc/rfc9162#section-2.1",
];
const subtreeSpecifications = [
  "https://www.ietf.org/archive/id/draft-ietf-plants-merkle-tree-certs-02.html#name-subtrees",
];

/** Entry i is the text `entry <i>`. */
const leaves = Array.from({ length: 1_100 }, (_, i) => leaf(`entry ${i}`));
const stranger = seedOf("a hash that is in no tree");

/** The vectors of roots. */
export function treeVectors(): VectorFile {
  const sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 100, 255, 256, 257, 511, 512, 513, 1_000];
  const entries: [string, string][] = [
    ["empty", ""],
    ["null", "00"],
    ["leaf-prefix", "0000"],
    ["node-prefix", "01"],
    ["a-node-s-input", `01${"00".repeat(64)}`],
    ["text", Buffer.from("entry 0").toString("hex")],
    ["one-block", "61".repeat(55)],
    ["two-blocks", "61".repeat(64)],
    ["hash-sized", "ab".repeat(32)],
  ];
  return {
    name: "trees",
    title: "Hashes of entries, and roots of trees whose entry i is the text `entry <i>` (in ASCII)",
    specifications,
    cases: [
      ...entries.map(([what, entry]): Case => ({
        name: `leaf/${what}`,
        result: "accept",
        kind: "leaf",
        entry,
        hash: base64(leaf(Buffer.from(entry, "hex"))),
      })),
      ...sizes.map((size): Case => ({
        name: `root/${size}`,
        result: "accept",
        kind: "root",
        size,
        root: base64(root(leaves.slice(0, size))),
      })),
    ],
  };
}

/** The vectors of inclusion proofs. */
export function inclusionVectors(): VectorFile {
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
    [0, 3],
    [1, 3],
    [2, 3],
    [0, 4],
    [3, 4],
    [4, 5],
    [0, 5],
    [5, 7],
    [6, 7],
    [0, 8],
    [7, 8],
    [8, 9],
    [0, 9],
    [12, 13],
    [99, 100],
    [0, 255],
    [254, 255],
    [255, 256],
    [128, 256],
    [256, 257],
    [0, 257],
    [700, 1_000],
    [999, 1_000],
    [1_024, 1_025],
  ] as const;
  return {
    name: "inclusion",
    title: "Inclusion proofs: whether the leaf hash is at that index of the tree with that size and root",
    specifications,
    cases: [
      ...pairs.map(([index, size]) => includes(`good/${index}-of-${size}`, "accept", proofOf(index, size))),
      {
        ...includes("good/node-as-leaf-of-a-smaller-tree", "accept", nodeAsLeaf()),
        comment: "hashes alone cannot tell: size and leaf hash must come from a checkpoint and an entry",
      },
      ...largeInclusions(),
      ...badInclusions(),
    ],
  };
}

type Inclusion = { index: string; size: string; leaf: Uint8Array; root: Uint8Array; proof: Uint8Array[] };

function proofOf(index: number, size: number): Inclusion {
  const tree = leaves.slice(0, size);
  return {
    index: String(index),
    size: String(size),
    leaf: at(leaves, index),
    root: root(tree),
    proof: inclusion(index, tree),
  };
}

/** Trees of which nobody has the leaves: any hashes are a proof of whatever root they lead to. */
function largeInclusions(): Case[] {
  const pairs: [bigint, bigint][] = [
    [2n ** 31n, 2n ** 31n + 1n],
    [2n ** 32n - 1n, 2n ** 32n],
    [2n ** 32n + 5n, 2n ** 33n - 1n],
    [1_234_567_890_123n, 2n ** 45n + 3n],
    [0n, 2n ** 53n - 1n],
    [2n ** 53n - 2n, 2n ** 53n - 1n],
  ];
  return pairs.flatMap(([index, size]) => {
    const proof = Array.from({ length: inclusionLength(index, size) }, (_, i) => seedOf(`hash ${i}`));
    const value: Inclusion = {
      index: String(index),
      size: String(size),
      leaf: seedOf("a leaf"),
      root: rootOfInclusion(index, size, seedOf("a leaf"), proof),
      proof,
    };
    const short = String(BigInt.asUintN(32, index));
    const cases = [includes(`large/${index}-of-${size}`, "accept", value)];
    if (short !== value.index) {
      cases.push(includes(`large/${index}-of-${size}-in-32-bits`, "refuse", { ...value, index: short }));
    }
    return cases;
  });
}

function badInclusions(): Case[] {
  const good = proofOf(5, 7);
  const [first, second, third] = good.proof as [Uint8Array, Uint8Array, Uint8Array];
  const one = proofOf(0, 1);
  const edge = proofOf(6, 7);
  const changes: [string, Partial<Inclusion>, Inclusion?][] = [
    ["another-root", { root: stranger }],
    ["another-leaf", { leaf: stranger }],
    ["root-bit-flipped", { root: flip(good.root, 31) }],
    ["leaf-bit-flipped", { leaf: flip(good.leaf, 0, 0x80) }],
    ["index-of-the-sibling", { index: "4" }],
    ["index-one-more", { index: "6" }],
    ["index-zero", { index: "0" }],
    ["index-is-the-size", { index: "7" }],
    ["index-past-the-size", { index: "8" }],
    ["index-negative", { index: "-1" }],
    ["size-one-more", { size: "8", index: "7" }],
    ["size-smaller", { size: "6" }],
    ["size-zero", { size: "0", index: "0" }],
    ["size-negative", { size: "-7" }],
    ["hash-missing-at-the-start", { proof: [second, third] }],
    ["hash-missing-at-the-end", { proof: [first, second] }],
    ["no-hashes", { proof: [] }],
    ["hash-added-at-the-start", { proof: [stranger, first, second, third] }],
    ["hash-added-at-the-end", { proof: [first, second, third, stranger] }],
    ["root-added-at-the-end", { proof: [first, second, third, good.root] }],
    ["leaf-added-at-the-start", { proof: [good.leaf, first, second, third] }],
    ["hashes-backwards", { proof: [third, second, first] }],
    ["hashes-swapped", { proof: [second, first, third] }],
    ["hash-twice", { proof: [first, first, third] }],
    ["hash-bit-flipped", { proof: [first, flip(second, 16), third] }],
    ["hash-of-31-bytes", { proof: [first, second, third.subarray(1)] }],
    ["hash-of-33-bytes", { proof: [first, second, Uint8Array.of(...third, 0)] }],
    ["hash-of-no-bytes", { proof: [first, second, new Uint8Array()] }],
    ["leaf-of-31-bytes", { leaf: good.leaf.subarray(1) }],
    ["root-of-31-bytes", { root: good.root.subarray(1) }],
    ["proof-of-another-index", { proof: proofOf(2, 7).proof }],
    ["proof-of-another-size", { proof: proofOf(5, 8).proof }],
    ["root-of-another-size", { root: proofOf(5, 6).root }],
    ["entry-itself-as-leaf", { leaf: sha256("entry 5") }],
    ["single-leaf-and-a-hash", { proof: [stranger] }, one],
    ["single-leaf-another-root", { root: stranger }, one],
    ["single-leaf-of-31-bytes", { leaf: one.leaf.subarray(1), root: one.root.subarray(1) }, one],
    ["single-leaf-index-one", { index: "1" }, one],
    ["right-edge-with-its-left-neighbour-twice", { proof: [...edge.proof, ...edge.proof] }, edge],
    ["right-edge-one-hash", { proof: edge.proof.slice(1) }, edge],
    ["right-edge-as-if-the-tree-were-full", { size: "8", index: "6" }, edge],
    ["sixty-four-hashes", { proof: Array.from({ length: 64 }, () => stranger) }],
    ["empty-tree", { index: "0", size: "0", leaf: sha256(""), root: sha256(""), proof: [] }, one],
  ];
  return changes.map(([what, change, from = good]) =>
    includes(`bad/${what}`, "refuse", { ...from, ...change }),
  );
}

/** The tree of 7 leaves seen as one of 4, whose third "leaf" is the node over leaves 4 and 5. */
function nodeAsLeaf(): Inclusion {
  const { root: same, proof } = proofOf(5, 7);
  return { index: "2", size: "4", leaf: root(leaves.slice(4, 6)), root: same, proof: proof.slice(1) };
}

function includes(name: string, result: Case["result"], value: Inclusion): Case {
  return {
    name,
    result,
    ...(result === "refuse" && { reason: "proof" }),
    index: value.index,
    size: value.size,
    leaf: base64(value.leaf),
    root: base64(value.root),
    proof: value.proof.map(base64),
  };
}

/** The vectors of consistency proofs. */
export function consistencyVectors(): VectorFile {
  const pairs = [
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 3],
    [3, 3],
    [1, 4],
    [2, 4],
    [3, 4],
    [2, 5],
    [3, 5],
    [4, 5],
    [3, 7],
    [4, 7],
    [6, 7],
    [1, 8],
    [4, 8],
    [6, 8],
    [7, 8],
    [8, 8],
    [8, 9],
    [7, 13],
    [12, 13],
    [64, 100],
    [99, 100],
    [128, 255],
    [255, 256],
    [255, 257],
    [256, 257],
    [200, 1_000],
    [512, 1_000],
    [999, 1_000],
  ] as const;
  return {
    name: "consistency",
    title: "Consistency proofs: whether the first tree is the beginning of the second",
    specifications,
    cases: [
      ...pairs.map(([first, second]) => extends_(`good/${first}-${second}`, "accept", stepOf(first, second))),
      ...emptyTrees(),
      ...badConsistencies(),
    ],
  };
}

type Step = {
  first: string;
  second: string;
  firstRoot: Uint8Array;
  secondRoot: Uint8Array;
  proof: Uint8Array[];
};

function stepOf(first: number, second: number): Step {
  const tree = leaves.slice(0, second);
  return {
    first: String(first),
    second: String(second),
    firstRoot: root(leaves.slice(0, first)),
    secondRoot: root(tree),
    proof: consistency(0, first, tree),
  };
}

function emptyTrees(): Case[] {
  const both = { first: "0", second: "0", firstRoot: sha256(""), secondRoot: sha256(""), proof: [] };
  const one = { ...both, second: "5", secondRoot: root(leaves.slice(0, 5)) };
  return [
    extends_("empty/both", "accept", both),
    {
      ...extends_("empty/first", "refuse", one),
      choice: "every tree begins with the empty one, but there is no proof of it: the caller has to know",
    },
    extends_("empty/first-with-proof", "refuse", { ...one, proof: stepOf(3, 5).proof }),
    extends_("empty/second", "refuse", {
      ...one,
      first: "5",
      second: "0",
      firstRoot: one.secondRoot,
      secondRoot: one.firstRoot,
    }),
    extends_("empty/both-with-proof", "refuse", { ...both, proof: [stranger] }),
    extends_("empty/both-of-another-root", "refuse", { ...both, secondRoot: stranger }),
  ];
}

function badConsistencies(): Case[] {
  const good = stepOf(6, 13);
  const { proof } = good;
  const power = stepOf(4, 13);
  const same = stepOf(7, 7);
  const fork = root([...leaves.slice(0, 5), stranger]);
  const changes: [string, Partial<Step>, Step?][] = [
    ["another-first-root", { firstRoot: stranger }],
    ["another-second-root", { secondRoot: stranger }],
    ["fork-with-another-last-entry", { firstRoot: fork }],
    ["roots-swapped", { firstRoot: good.secondRoot, secondRoot: good.firstRoot }],
    ["sizes-swapped", { first: "13", second: "6" }],
    ["first-one-more", { first: "7" }],
    ["first-one-less", { first: "5" }],
    ["second-smaller", { second: "8" }],
    ["first-zero", { first: "0" }],
    ["first-negative", { first: "-6" }],
    ["second-negative", { second: "-13" }],
    ["first-is-second", { first: "13" }],
    ["no-hashes", { proof: [] }],
    ["hash-missing-at-the-start", { proof: proof.slice(1) }],
    ["hash-missing-at-the-end", { proof: proof.slice(0, -1) }],
    ["hash-added-at-the-start", { proof: [stranger, ...proof] }],
    ["hash-added-at-the-end", { proof: [...proof, stranger] }],
    ["first-root-added-at-the-start", { proof: [good.firstRoot, ...proof] }],
    ["hashes-backwards", { proof: proof.toReversed() }],
    ["hashes-swapped", { proof: [at(proof, 1), at(proof, 0), ...proof.slice(2)] }],
    ["hash-bit-flipped-at-the-start", { proof: proof.with(0, flip(at(proof, 0), 1)) }],
    ["hash-bit-flipped-at-the-end", { proof: [...proof.slice(0, -1), flip(at(proof, -1), 1)] }],
    ["hash-of-31-bytes", { proof: proof.with(0, at(proof, 0).subarray(1)) }],
    ["root-of-31-bytes", { firstRoot: good.firstRoot.subarray(1) }],
    ["proof-of-another-first", { proof: stepOf(5, 13).proof }],
    ["proof-of-another-second", { proof: stepOf(6, 14).proof }],
    ["inclusion-proof-instead", { proof: inclusion(6, leaves.slice(0, 13)) }],
    ["power-of-two-with-its-root", { proof: [power.firstRoot, ...power.proof] }, power],
    ["power-of-two-another-root", { firstRoot: stranger }, power],
    ["power-of-two-no-hashes", { proof: [] }, power],
    ["same-size-another-root", { secondRoot: stranger }, same],
    ["same-size-with-a-hash", { proof: [stranger] }, same],
    ["same-size-with-its-root", { proof: [same.firstRoot] }, same],
    ["same-size-both-roots-of-31-bytes-and-different", { firstRoot: stranger.subarray(1) }, same],
    ["second-root-as-first", { firstRoot: good.secondRoot }],
    ["shrunk-to-one", { first: "13", second: "1", firstRoot: good.secondRoot, secondRoot: at(leaves, 0) }],
    ["sixty-four-hashes", { proof: Array.from({ length: 64 }, () => stranger) }],
  ];
  return changes.map(([what, change, from = good]) =>
    extends_(`bad/${what}`, "refuse", { ...from, ...change }),
  );
}

function extends_(name: string, result: Case["result"], value: Step): Case {
  return {
    name,
    result,
    ...(result === "refuse" && { reason: "proof" }),
    first: value.first,
    second: value.second,
    firstRoot: base64(value.firstRoot),
    secondRoot: base64(value.secondRoot),
    proof: value.proof.map(base64),
  };
}

/** The vectors of subtrees. */
export function subtreeVectors(): VectorFile {
  const ranges = [
    [0, 1, 1],
    [0, 1, 8],
    [3, 4, 8],
    [6, 7, 7],
    [0, 2, 7],
    [2, 4, 7],
    [4, 6, 7],
    [4, 7, 7],
    [0, 3, 7],
    [0, 5, 7],
    [0, 7, 7],
    [0, 6, 13],
    [8, 11, 13],
    [8, 13, 13],
    [12, 13, 13],
    [8, 12, 13],
    [256, 512, 1_000],
    [512, 900, 1_000],
    [768, 1_000, 1_000],
    [0, 300, 1_000],
  ] as const;
  return {
    name: "subtrees",
    title: "Subtrees [start, end): their roots, their consistency with a tree, inclusion in them",
    specifications: [...subtreeSpecifications, ...specifications],
    cases: [
      ...ranges.map(([start, end, size]) =>
        part(`good/${start}-${end}-of-${size}`, "accept", partOf(start, end, size)),
      ),
      ...badParts(),
      ...insideParts(),
    ],
  };
}

type Part = {
  start: string;
  end: string;
  size: string;
  subtreeRoot: Uint8Array;
  root: Uint8Array;
  proof: Uint8Array[];
};

function partOf(start: number, end: number, size: number): Part {
  const tree = leaves.slice(0, size);
  return {
    start: String(start),
    end: String(end),
    size: String(size),
    subtreeRoot: root(tree.slice(start, end)),
    root: root(tree),
    proof: consistency(start, end, tree),
  };
}

function badParts(): Case[] {
  const good = partOf(8, 11, 13);
  const { proof } = good;
  const unaligned = { ...partOf(4, 8, 13), start: "2", end: "6", subtreeRoot: root(leaves.slice(2, 6)) };
  const changes: [string, Partial<Part>, Part?][] = [
    ["another-subtree-root", { subtreeRoot: stranger }],
    ["another-root", { root: stranger }],
    ["another-end", { end: "12" }],
    ["another-start", { start: "0", end: "3" }],
    ["another-size", { size: "11" }],
    ["end-past-the-size", { end: "16", size: "13" }],
    ["start-after-end", { start: "11", end: "8" }],
    ["negative-start", { start: "-8" }],
    ["no-hashes", { proof: [] }],
    ["hash-missing", { proof: proof.slice(1) }],
    ["hash-added", { proof: [...proof, stranger] }],
    ["hashes-backwards", { proof: proof.toReversed() }],
    ["hash-bit-flipped", { proof: proof.with(0, flip(at(proof, 0), 3)) }],
    ["hash-of-31-bytes", { proof: proof.with(0, at(proof, 0).subarray(1)) }],
    ["not-aligned-to-its-width", {}, unaligned],
    ["start-moved-within-a-subtree-of-five", { start: "2" }, partOf(0, 5, 13)],
    ["start-moved-within-a-subtree-of-six", { start: "2" }, partOf(0, 6, 13)],
    ["start-moved-within-a-subtree-of-three", { start: "9" }, partOf(8, 11, 13)],
    ["whole-tree-with-a-hash", { proof: [stranger] }, partOf(0, 13, 13)],
    ["whole-tree-another-root", { subtreeRoot: stranger }, partOf(0, 13, 13)],
    ["subtree-of-a-fork", { subtreeRoot: root([stranger, ...leaves.slice(9, 11)]) }],
  ];
  const empty = { ...good, start: "8", end: "8", subtreeRoot: sha256(""), proof: [] };
  return [
    ...changes.map(([what, change, from = good]) => part(`bad/${what}`, "refuse", { ...from, ...change })),
    { ...part("empty/good", "accept", empty), choice: "a reader may refuse subtrees of no entries" },
    part("empty/another-root", "refuse", { ...empty, subtreeRoot: stranger }),
    part("empty/with-a-hash", "refuse", { ...empty, proof: [stranger] }),
  ];
}

function insideParts(): Case[] {
  const inside = (
    name: string,
    result: Case["result"],
    index: number,
    start: number,
    end: number,
    change: object = {},
  ): Case => ({
    name: `inside/${name}`,
    result,
    ...(result === "refuse" && { reason: "proof" }),
    kind: "inclusion",
    index: String(index),
    start: String(start),
    end: String(end),
    leaf: base64(at(leaves, index)),
    subtreeRoot: base64(root(leaves.slice(start, end))),
    proof: inclusion(Math.max(0, Math.min(index, end - 1) - start), leaves.slice(start, end)).map(base64),
    ...change,
  });
  return [
    inside("first", "accept", 8, 8, 11),
    inside("last", "accept", 10, 8, 11),
    inside("alone", "accept", 5, 5, 6),
    inside("whole", "accept", 3, 0, 7),
    inside("in-a-tile", "accept", 300, 256, 512),
    inside("before-the-start", "refuse", 7, 8, 11),
    inside("at-the-end", "refuse", 11, 8, 11),
    inside("counted-from-the-start", "refuse", 10, 8, 11, { index: "2" }),
    inside("not-aligned", "refuse", 3, 2, 6),
    inside("another-leaf", "refuse", 9, 8, 11, { leaf: base64(stranger) }),
    inside("another-root", "refuse", 9, 8, 11, { subtreeRoot: base64(stranger) }),
    inside("no-hashes", "refuse", 9, 8, 11, { proof: [] }),
  ];
}

function part(name: string, result: Case["result"], value: Part): Case {
  return {
    name,
    result,
    ...(result === "refuse" && { reason: "proof" }),
    kind: "consistency",
    start: value.start,
    end: value.end,
    size: value.size,
    subtreeRoot: base64(value.subtreeRoot),
    root: base64(value.root),
    proof: value.proof.map(base64),
  };
}
