// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeBody, encodeLeaf, receiptFormat } from "@docket/protocol";
import type { Receipt } from "@docket/protocol";
import {
  formatCheckpoint,
  formatProof,
  leafHash,
  nodeHash,
  parseCheckpoint,
  parseNote,
  parseProof,
  parseVerifierKey,
  signNote,
  utf8,
  verifyConsistency,
  verifyInclusion,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import { namedSigner, NumberedTree, PublishedTree } from "../testing/published-tree.ts";
import { openPublication } from "./publication.ts";
import type { Publication } from "./publication.ts";
import { parseChoice, proveRecord, refreshReceipt } from "./refresh.ts";
import type { CheckpointChoice } from "./refresh.ts";

const origin = "docket-0123456789abcdef/main";
const witness = namedSigner("witness.example/w", "ed25519-cosignature");
const numbered = new NumberedTree();

type SetUp = { tree: PublishedTree; publication: Publication; clock: { ms: number } };

function setUp(t: TestContext): SetUp {
  const data = mkdtempSync(join(tmpdir(), "docket-refresh-"));
  t.after(() => rmSync(data, { recursive: true }));
  const tree = new PublishedTree(data, origin, numbered);
  const clock = { ms: 1_800_000_000_000 };
  const publication = openPublication({
    paths: tree.paths,
    origin,
    verifiers: [parseVerifierKey(tree.signer.vkey)],
    put: replaceDurably,
    clock: () => clock.ms,
  });
  return { tree, publication, clock };
}

/** Keeps a checkpoint as the materialiser does. */
function keep(tree: PublishedTree, size: number, cosigned = false): void {
  const note = tree.checkpoint(size, cosigned ? [tree.signer, witness] : [tree.signer]);
  writeFileSync(join(tree.paths.keptCheckpoints, String(size)), note);
}

async function provedTo(
  { publication: { checkpoints, tree } }: SetUp,
  index: number,
  choice: CheckpointChoice,
): Promise<{ size: number; lines: number }> {
  const text = await proveRecord(checkpoints, tree, index, choice);
  const proof = parseProof(text);
  const { text: note, signatures } = parseNote(proof.checkpoint);
  const { size, root } = parseCheckpoint(note);
  const leaf = leafHash(utf8(numbered.leaf(index)));
  assert.ok(verifyInclusion(proof.hashes, index, size, leaf, root), `${index} in ${size}`);
  return { size, lines: signatures.length };
}

void test("a record is proved to a checkpoint of any kept size that covers it", async (t) => {
  const set = setUp(t);
  for (const size of [1, 255, 256, 257, 511, 513, 1000, 3000]) {
    keep(set.tree, size);
    set.tree.publish(size);
    for (const index of new Set([0, size - 1, Math.floor(size / 2)])) {
      assert.equal((await provedTo(set, index, size)).size, size);
    }
  }
  // Tiles of earlier sizes may be gone when wider ones are there.
  rmSync(join(set.tree.paths.site, "tile/0/001.p"), { recursive: true });
  rmSync(join(set.tree.paths.site, "tile/1/000.p/2"));
  for (const size of [257, 511, 513, 1000]) await provedTo(set, 256, size);
});

void test("consistency between any two sizes is proved from tiles", async (t) => {
  const { tree, publication } = setUp(t);
  tree.publish(1025);
  const sizes = [1, 2, 255, 256, 257, 512, 700, 1024, 1025];
  for (const first of sizes) {
    for (const second of sizes.filter((size) => size >= first)) {
      const proof = await publication.tree.consistency(first, second);
      assert.ok(verifyConsistency(proof, first, second, numbered.root(first), numbered.root(second)));
    }
    assert.deepEqual(await publication.tree.root(first), numbered.root(first));
  }
  assert.deepEqual(await publication.tree.consistency(0, 1025), []);
});

void test("cosigned is the earliest kept one that is; kept falls back to the newest", async (t) => {
  const set = setUp(t);
  const { checkpoints } = set.publication;
  set.tree.publish(100);
  await assert.rejects(provedTo(set, 5, "cosigned"), isMissing(/no cosigned checkpoint covers record 5 yet/));
  await assert.rejects(provedTo(set, 5, "kept"), isMissing(/no kept checkpoint covers record 5 yet/));
  keep(set.tree, 10);
  keep(set.tree, 20);
  assert.deepEqual(await provedTo(set, 5, "kept"), { size: 20, lines: 1 });
  await assert.rejects(provedTo(set, 20, "kept"), isMissing(/record 20/));
  await assert.rejects(provedTo(set, 5, "cosigned"), isMissing(/./));
  for (const size of [30, 40, 50]) {
    await checkpoints.keep(set.tree.checkpoint(size, [set.tree.signer, witness]), true);
  }
  assert.deepEqual(await provedTo(set, 5, "cosigned"), { size: 30, lines: 2 });
  assert.deepEqual(await provedTo(set, 29, "cosigned"), { size: 30, lines: 2 });
  assert.deepEqual(await provedTo(set, 30, "kept"), { size: 40, lines: 2 });
  assert.deepEqual(await provedTo(set, 49, "cosigned"), { size: 50, lines: 2 });
  await assert.rejects(provedTo(set, 50, "cosigned"), isMissing(/./));
  // One without a quorum does not become the newest, nor does an older one.
  await checkpoints.keep(set.tree.checkpoint(60, [set.tree.signer, witness]), false);
  await checkpoints.keep(set.tree.checkpoint(45, [set.tree.signer, witness]), true);
  assert.equal(parseCheckpoint(parseNote((await checkpoints.newestCosigned()) ?? utf8("")).text).size, 50);
  assert.deepEqual(
    readdirSync(set.tree.paths.keptCheckpoints).filter((name) => name.includes("tmp")),
    [],
  );
});

void test("a size that is not kept, or does not cover the record, is refused", async (t) => {
  const set = setUp(t);
  set.tree.publish(100);
  assert.equal((await provedTo(set, 99, 100)).size, 100);
  await assert.rejects(provedTo(set, 5, 50), isMissing(/no checkpoint of size 50 is kept/));
  await assert.rejects(provedTo(set, 50, 50), isMissing(/does not cover record 50/));
});

void test("the listing is made again when something was kept, but not for each who asks", async (t) => {
  const { tree, publication, clock } = setUp(t);
  const { checkpoints } = publication;
  keep(tree, 3);
  keep(tree, 20);
  keep(tree, 100);
  assert.deepEqual(await checkpoints.keptSizes(0, 10), [3, 20, 100]);
  assert.deepEqual(await checkpoints.keptSizes(3, 1), [20]);
  assert.deepEqual(await checkpoints.keptSizes(100, 10), []);
  keep(tree, 101);
  utimesSync(tree.paths.keptCheckpoints, 1, 1);
  clock.ms += 1_000_000;
  assert.deepEqual(await checkpoints.keptSizes(20, 10), [100, 101]);
});

void test("a receipt is refreshed only with a proof of the same record, and keeps its opening", () => {
  const log = namedSigner(origin);
  const time = "2026-11-23T12:00:00.000Z";
  const header = { v: 1 as const, index: 0, prev: "A".repeat(43), time, uncertaintyMs: null };
  const leaf = encodeLeaf(header, encodeBody({ kind: "stop", by: "operator" }));
  const [first, second] = [leafHash(utf8(leaf)), leafHash(utf8("another"))];
  const receipt = (
    hashes: Hash[],
    over: Partial<{ name: string; leaf: string; index: number }> = {},
  ): Receipt => {
    const { name = origin, index = 0 } = over;
    const size = hashes.length + 1;
    const root = size === 1 ? first : nodeHash(first, second);
    const text = formatCheckpoint({ origin: name, size, root, extensions: [] });
    const checkpoint = signNote(text, name === origin ? [log, witness] : [namedSigner(name)]);
    return {
      format: receiptFormat,
      leaf: over.leaf ?? leaf,
      proof: formatProof({ index, hashes, checkpoint }),
    };
  };
  const held = receipt([]);
  const fresh = receipt([second]);
  const opening = [{ name: "disclosed" as const, secret: "s", plaintext: "p" }];
  assert.deepEqual(refreshReceipt({ ...held, opening }, fresh), { ...fresh, opening });
  const refused: [Receipt, RegExp][] = [
    [receipt([second], { leaf: leaf.replace("stop", "stoq") }), /another record 0/],
    [{ ...fresh, manifest: "{}" }, /another record 0/],
    [{ ...fresh, proof: fresh.proof.replace("index", "inde") }, /gives no proof/],
    [{ ...fresh, proof: fresh.proof.replace("\n2\n", "\n02\n") }, /gives no proof/],
    [receipt([first]), /does not lead to its own root/],
    [receipt([second, second]), /does not lead to its own root/],
    [receipt([second], { index: 1 }), /does not lead to its own root/],
    [receipt([second], { name: "other.example/log" }), /is of the log docket-/],
  ];
  for (const [other, message] of refused) {
    assert.throws(
      () => refreshReceipt(held, other),
      (error) =>
        error instanceof DocketError && error.code === "receipt_invalid" && message.test(error.message),
      message.source,
    );
  }
});

void test("a choice is a size, cosigned or kept", () => {
  assert.deepEqual(["1", "9007199254740991", "cosigned", "kept"].map(parseChoice), [
    1,
    2 ** 53 - 1,
    "cosigned",
    "kept",
  ]);
  for (const text of ["", "0", "01", "-1", "1.5", "1e3", "newest", "Cosigned", "9007199254740992", " 1"]) {
    assert.equal(parseChoice(text), undefined, text);
  }
});

function isMissing(message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof DocketError && error.code === "not_found" && message.test(error.message);
}
