// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  consistencyFromNodes,
  consistencyNodes,
  emptyRoot,
  hashBytes,
  leafHash,
  tilePath,
  tileWidth,
  verifyConsistency,
} from "@docket/tlog";
import { FollowError } from "./error.ts";
import { judge, tilesOfServer } from "./judge.ts";
import { fetchOf, fileOf, publish, rootOf, serverOf, testEntries } from "./testing/log-files.ts";
import type { PublishedFiles } from "./testing/log-files.ts";
import { edgeTiles, openTree, proveGrowth } from "./tree.ts";
import type { ReadTile, TreeHead } from "./tree.ts";

function headOf(entries: readonly Uint8Array[]): TreeHead {
  return { size: entries.length, root: rootOf(entries) };
}

function reading(files: PublishedFiles): ReadTile {
  return tilesOfServer(serverOf(fetchOf(() => files)));
}

const long = testEntries(66_000);
const longFiles = publish(long);
const longHead = headOf(long);

describe("a tree read through its tiles", () => {
  test("gives every node's hash, at sizes around the widths of tiles", async () => {
    for (const size of [1, 2, 255, 256, 257, 511, 512, 700]) {
      const entries = long.slice(0, size);
      const tree = await openTree(headOf(entries), reading(publish(entries)));
      const leaves = entries.map((_, index) => ({ level: 0, index }));
      assert.deepEqual(await tree.hashes(leaves), entries.map(leafHash));
    }
  });

  test("reads only what leads to the nodes that were asked for", async () => {
    const asked: string[] = [];
    const server = serverOf(fetchOf(() => longFiles, asked));
    const tree = await openTree(longHead, tilesOfServer(server));
    assert.deepEqual(asked.sort(), ["tile/0/257.p/208", "tile/1/001.p/1", "tile/2/000.p/1"]);
    await tree.hashes([
      { level: 0, index: 5 },
      { level: 0, index: 6 },
    ]);
    assert.deepEqual(asked.slice(3), ["tile/1/000", "tile/0/000"]);
  });

  test("is empty where nothing was logged, and under no other root", async () => {
    const tree = await openTree({ size: 0, root: emptyRoot }, reading(new Map()));
    assert.deepEqual(await tree.hashes([]), []);
    const other = { size: 0, root: leafHash(new Uint8Array()) };
    await assert.rejects(openTree(other, reading(new Map())), { code: "wrong" });
  });

  test("knows its tiles' widths", async () => {
    const tree = await openTree(headOf(long.slice(0, 300)), reading(publish(long.slice(0, 300))));
    await assert.rejects(async () => tree.tile({ level: 0, index: 1, width: 43 }), RangeError);
    await assert.rejects(async () => tree.tile({ level: 0, index: 2, width: 1 }), RangeError);
    assert.deepEqual(edgeTiles(256), [{ level: 1, index: 0, width: 1 }]);
  });

  test("takes a partial tile that is gone from the full one", async () => {
    const files = publish(long.slice(0, 300));
    const grown = publish(long.slice(0, 512));
    files.delete("tile/0/001.p/44");
    files.set("tile/0/001", fileOf(grown, "tile/0/001"));
    const tree = await openTree(headOf(long.slice(0, 300)), reading(files));
    assert.deepEqual(await tree.hashes([{ level: 0, index: 299 }]), long.slice(299, 300).map(leafHash));
  });

  test("believes no byte that does not lead to the root", async () => {
    const files = new Map(longFiles);
    const head = longHead;
    const nodes = [{ level: 0, index: 3 }];
    for (const path of ["tile/0/000", "tile/1/000", "tile/0/257.p/208", "tile/1/001.p/1", "tile/2/000.p/1"]) {
      const original = fileOf(files, path);
      for (const at of [0, Math.floor(original.length / 2), original.length - 1]) {
        const changed = Uint8Array.from(original);
        changed.set([original.readUInt8(at) ^ 1], at);
        files.set(path, changed);
        await assert.rejects(
          openTree(head, reading(files)).then((tree) => tree.hashes(nodes)),
          (error) => error instanceof FollowError && error.code === "wrong",
          `${path} at ${at}`,
        );
      }
      for (const bytes of [original.subarray(1), original.subarray(hashBytes), new Uint8Array(9000)]) {
        files.set(path, bytes);
        await assert.rejects(
          openTree(head, reading(files)).then((tree) => tree.hashes(nodes)),
          { code: "wrong" },
        );
      }
      files.delete(path);
      await assert.rejects(
        openTree(head, reading(files)).then((tree) => tree.hashes(nodes)),
        { code: "missing" },
      );
      files.set(path, original);
    }
  });

  test("checks again what a careless reader gives it", async () => {
    const careless: ReadTile = async (tile) =>
      longFiles.get(tilePath(tile))?.toReversed() ?? new Uint8Array();
    await assert.rejects(openTree(longHead, careless), { code: "wrong" });
    const lower: ReadTile = async (tile, isGenuine) => {
      const bytes = fileOf(longFiles, tilePath(tile));
      return isGenuine(bytes) && tile.width === tileWidth ? bytes.toReversed() : bytes;
    };
    const tree = await openTree(longHead, lower);
    await assert.rejects(tree.hashes([{ level: 0, index: 0 }]), { code: "wrong" });
  });
});

describe("growth", () => {
  test("is proven from any size to any other, by the proof that the tree gives", async () => {
    const sizes = [0, 1, 2, 3, 7, 8, 15, 255, 256, 257, 500, 511, 512, 513, 700];
    for (const second of sizes) {
      const entries = long.slice(0, second);
      const tree = await openTree(headOf(entries), reading(publish(entries)));
      for (const first of sizes.filter((size) => size <= second)) {
        const earlier = headOf(long.slice(0, first));
        const { consistent, proof, rootThen } = await proveGrowth(tree, earlier);
        assert.equal(consistent, true, `${first} to ${second}`);
        assert.deepEqual(rootThen, earlier.root);
        if (first === 0 || first === second) continue;
        assert.ok(verifyConsistency(proof, first, second, earlier.root, tree.head.root));
        const nodes = await tree.hashes(consistencyNodes(first, second));
        assert.deepEqual(proof, consistencyFromNodes(first, second, nodes));
      }
    }
  });

  test("across a level-2 tile reads a handful of tiles", async () => {
    const asked: string[] = [];
    const server = serverOf(fetchOf(() => longFiles, asked));
    const earlier = headOf(long.slice(0, 65_000));
    assert.equal((await judge(earlier, longHead, tilesOfServer(server))).kind, "grown");
    assert.ok(asked.length <= 6, asked.join(" "));
  });

  test("is denied to another history, and both roots are named", async () => {
    const forked = testEntries(600, 1, 299);
    const earlier = headOf(forked.slice(0, 300));
    const judged = await judge(earlier, headOf(long.slice(0, 600)), reading(publish(long.slice(0, 600))));
    assert.equal(judged.kind, "fork");
    assert.ok(judged.kind === "fork" && judged.proof !== undefined);
    const { proof } = judged;
    const then = rootOf(long.slice(0, 300));
    assert.ok(verifyConsistency(proof, 300, 600, then, rootOf(long.slice(0, 600))));
    assert.ok(!verifyConsistency(proof, 300, 600, earlier.root, rootOf(long.slice(0, 600))));
  });

  test("is unproven where the tiles are withheld or lie, and unknown where nobody answers", async () => {
    const earlier = headOf(long.slice(0, 300));
    const head = headOf(long.slice(0, 600));
    const withheld = publish(long.slice(0, 600));
    withheld.delete("tile/0/001");
    assert.equal((await judge(earlier, head, reading(withheld))).kind, "unproven");
    const lying = publish(testEntries(600, 1, 299));
    assert.equal((await judge(earlier, head, reading(lying))).kind, "unproven");
    const down = tilesOfServer(serverOf(async () => new Response(null, { status: 502 })));
    await assert.rejects(judge(earlier, head, down), { code: "unreachable" });
  });
});

describe("a smaller tree", () => {
  const kept = headOf(long.slice(0, 600));
  test("that begins the kept one is a rollback, seen to be older", async () => {
    const judged = await judge(kept, headOf(long.slice(0, 300)), reading(publish(long.slice(0, 600))));
    assert.deepEqual(judged.kind === "rollback" && judged.older, true);
  });
  test("that does not is a fork", async () => {
    const judged = await judge(kept, headOf(testEntries(300, 1)), reading(publish(long.slice(0, 600))));
    assert.equal(judged.kind, "fork");
  });
  test("is a rollback of which no more is known where the kept tree's tiles are gone", async () => {
    const judged = await judge(kept, headOf(long.slice(0, 300)), reading(publish(long.slice(0, 300))));
    assert.ok(judged.kind === "rollback" && judged.older === undefined);
  });
});
