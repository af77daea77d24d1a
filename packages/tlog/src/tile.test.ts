// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { utf8 } from "./base64.ts";
import { TlogError } from "./error.ts";
import { asHash, hashBytes, leafHash } from "./hash.ts";
import { at } from "./testing/at.ts";
import { writeTestLog } from "./testing/log.ts";
import { naiveRoot } from "./testing/naive.ts";
import {
  bundleName,
  decodeEntryBundle,
  encodeEntryBundle,
  entriesPath,
  entryBytesMax,
  newTiles,
  nodeFromTile,
  parseTilePath,
  tileNodes,
  tileOfNode,
  tilePath,
  tilesOfSize,
  tileWidth,
  type Tile,
} from "./tile.ts";
import { rootFromNodes, rootNodes } from "./tree.ts";

void test("paths are those of tlog-tiles", () => {
  assert.equal(tilePath({ level: 0, index: 1234067, width: 256 }), "tile/0/x001/x234/067");
  assert.equal(tilePath({ level: 3, index: 0, width: 12 }), "tile/3/000.p/12");
  assert.equal(entriesPath(1067, 1), "tile/entries/x001/067.p/1");
  assert.equal(bundleName(999), "999");
  assert.equal(bundleName(1000), "x001/000");
  assert.equal(bundleName(Number.MAX_SAFE_INTEGER), "x009/x007/x199/x254/x740/991");
  for (const wrong of [-1, 1.5, 2 ** 53]) assert.throws(() => bundleName(wrong), RangeError);
  for (const width of [0, 257, 1.5]) assert.throws(() => entriesPath(0, width), RangeError);
  assert.throws(() => tilePath({ level: 64, index: 0, width: 1 }), RangeError);
});

void test("a path that is read is written the same, and no other path is read", () => {
  const index = fc.oneof(fc.nat(2000), fc.maxSafeNat());
  const width = fc.integer({ min: 1, max: 256 });
  fc.assert(
    fc.property(fc.nat(63), index, width, (level, index, width) => {
      const tile = { level, index, width };
      assert.deepEqual(parseTilePath(tilePath(tile)), { kind: "hash", tile });
      assert.deepEqual(parseTilePath(entriesPath(index, width)), { kind: "entries", index, width });
    }),
  );
  const wrong = [
    "",
    "tile/0/000/",
    "/tile/0/000",
    "tile/64/000",
    "tile/00/000",
    "tile/-1/000",
    "tile/0/00",
    "tile/0/0000",
    "tile/0/x000/001",
    "tile/0/001/002",
    "tile/0/x001",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/000.p/",
    "tile/0/000.p",
    "tile/entries/x000/000",
    "tile/data/000",
    "tile/0/000\n",
    "tile/0/٠٠٠",
    "tile/0/x009/x007/x199/x254/x740/992",
    "tile/0/x001/x000/x000/x000/x000/x000/000",
    "tile/0/X001/000",
  ];
  for (const path of wrong) assert.equal(parseTilePath(path), undefined, path);
});

void test("a tree has the tiles that the specification counts", () => {
  const tiles = [...tilesOfSize(70_000)];
  assert.equal(tiles.filter(({ level }) => level === 0).length, 274);
  assert.deepEqual(tiles.slice(-4), [
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 0, width: 256 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ]);
  assert.deepEqual([...tilesOfSize(0)], []);
  assert.deepEqual([...tilesOfSize(256)].map(tilePath), ["tile/0/000", "tile/1/000.p/1"]);
});

void test("new tiles are those of the larger tree that the smaller does not have", () => {
  const size = fc.nat(70_000);
  fc.assert(
    fc.property(size, size, (a, b) => {
      const [before, after] = a < b ? [a, b] : [b, a];
      const had = new Set([...tilesOfSize(before)].map(tilePath));
      const expected = [...tilesOfSize(after)].filter((tile) => !had.has(tilePath(tile)));
      assert.deepEqual(newTiles(before, after), expected);
    }),
    { numRuns: 50 },
  );
  assert.throws(() => newTiles(2, 1), RangeError);
  assert.throws(() => [...tilesOfSize(-1)], RangeError);
});

void test("every node of a tree is read from its tile, and tiles extend their narrower versions", () => {
  const narrow = writeTestLog(600, "example.com/log", []);
  const wide = writeTestLog(1000, "example.com/log", []);
  const leaves = wide.entries.map(leafHash);
  for (let level = 0; 2 ** level <= 1000; level++) {
    const span = 2 ** level;
    for (let index = 0; (index + 1) * span <= 1000; index += level < 3 ? 7 : 1) {
      const expected = naiveRoot(leaves.slice(index * span, (index + 1) * span));
      assert.deepEqual(wide.hashOf({ level, index }), expected);
    }
  }
  for (const tile of tilesOfSize(600)) {
    const same = [...tilesOfSize(1000)].find(
      ({ level, index }) => level === tile.level && index === tile.index,
    );
    const [before, after] = [narrow.files.get(tilePath(tile)), wide.files.get(tilePath(same as Tile))];
    assert.deepEqual(after?.subarray(0, before?.length), before);
  }
  assert.deepEqual(rootFromNodes(1000, rootNodes(1000).map(wide.hashOf)), naiveRoot(leaves));
  assert.deepEqual(at(tileNodes({ level: 1, index: 1, width: 2 }), 1), { level: 8, index: 257 });
});

void test("every tile of every tree up to 530 leaves begins that of the next tree, byte for byte", () => {
  let before = new Map<string, Uint8Array>();
  for (let size = 1; size <= 530; size++) {
    const after = new Map<string, Uint8Array>();
    for (const [path, bytes] of writeTestLog(size, "example.com/log", []).files) {
      const name = path.replace(/\.p\/\d+$/, "");
      after.set(name, bytes);
      assert.ok(
        (before.get(name) ?? bytes.subarray(0, 0)).every((byte, i) => byte === bytes[i]),
        path,
      );
      before.delete(name);
    }
    assert.equal(before.size, 0, `a tree of ${size} leaves lost a tile`);
    before = after;
  }
});

void test("the tile of a node is as wide as the tree has it, up to 2^53 leaves", () => {
  assert.deepEqual(tileOfNode({ level: 0, index: 299 }, 300), { level: 0, index: 1, width: 44 });
  assert.deepEqual(tileOfNode({ level: 7, index: 1 }, 300), { level: 0, index: 0, width: 256 });
  assert.deepEqual(tileOfNode({ level: 8, index: 0 }, 300), { level: 1, index: 0, width: 1 });
  assert.deepEqual(tileOfNode({ level: 52, index: 0 }, Number.MAX_SAFE_INTEGER), {
    level: 6,
    index: 0,
    width: 31,
  });
  for (const node of [
    { level: 0, index: 300 },
    { level: 8, index: 1 },
    { level: -1, index: 0 },
    { level: 0, index: 0.5 },
  ]) {
    assert.throws(() => tileOfNode(node, 300), RangeError);
  }
});

void test("tile data of another length is refused, a node of another tile is a caller's mistake", () => {
  const tile = { level: 0, index: 1, width: 4 };
  const data = new Uint8Array(4 * hashBytes);
  assert.throws(() => nodeFromTile(tile, data.subarray(1), { level: 0, index: 256 }), { code: "tile" });
  assert.deepEqual(nodeFromTile(tile, data, { level: 0, index: 259 }), asHash(new Uint8Array(32)));
  for (const node of [
    { level: 0, index: 260 },
    { level: 0, index: 255 },
    { level: 3, index: 32 },
    { level: 8, index: 1 },
  ]) {
    assert.throws(() => nodeFromTile(tile, data, node), RangeError);
  }
});

void test("entry bundles come back, and are refused when cut, lengthened or miscounted", () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(entries, fc.nat(), (entries, place) => {
      const bytes = encodeEntryBundle(entries);
      assert.deepEqual(decodeEntryBundle(bytes, entries.length), entries);
      const cut = bytes.subarray(0, place % bytes.length);
      assert.throws(() => decodeEntryBundle(cut, entries.length), { code: "bundle" });
      assert.throws(() => decodeEntryBundle(Uint8Array.of(...bytes, 0), entries.length), { code: "bundle" });
      assert.throws(() => decodeEntryBundle(bytes, entries.length + 1), { code: "bundle" });
      if (entries.length > 1) {
        assert.throws(() => decodeEntryBundle(bytes, entries.length - 1), { code: "bundle" });
      }
    }),
  );
  const longest = new Uint8Array(entryBytesMax).fill(7);
  assert.deepEqual(decodeEntryBundle(encodeEntryBundle([longest]), 1), [longest]);
  assert.throws(() => encodeEntryBundle([new Uint8Array(entryBytesMax + 1)]), { code: "bundle" });
  assert.throws(() => encodeEntryBundle([]), RangeError);
  assert.throws(() => encodeEntryBundle(Array.from({ length: tileWidth + 1 }, () => utf8("x"))), RangeError);
  assert.throws(() => decodeEntryBundle(utf8("x"), 0), RangeError);
});

void test("hostile bundles get a TlogError and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 256 }), (bytes, count) => {
      try {
        assert.equal(decodeEntryBundle(bytes, count).length, count);
      } catch (error) {
        assert.ok(error instanceof TlogError && error.code === "bundle");
      }
    }),
  );
});
