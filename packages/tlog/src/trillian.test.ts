// SPDX-License-Identifier: Apache-2.0
// Trees that Trillian built, dumped in its storage's strata of eight levels, are the trees that we build.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { decodeBase64 } from "./base64.ts";
import { appendLeafHash, emptyFrontier } from "./frontier.ts";
import { asHash, hashBytes, type Hash } from "./hash.ts";
import { at } from "./testing/at.ts";
import { nodeFromTile, tileHeight, tileNodes, type Tile } from "./tile.ts";
import type { TreeNode } from "./tree.ts";

/** A stratum of the dump: our tile, with the nodes inside it that Trillian stores too. */
type Stratum = { tile: Tile; data: Uint8Array; inner: { node: TreeNode; hash: Hash }[] };

/** Trillian's identifiers of nodes have 64 bits: a stratum's prefix of 7 bytes is one of leaves. */
const identifierBytes = 8;

for (const size of [96, 1000, 1024]) {
  void test(`a Trillian tree of ${size} leaves has our tiles and our inner nodes`, (t) => {
    const path = sharedPath(`vectors/trillian-tree-dumps/dump_tree_output_${size}.txt.gz`);
    if (path === undefined) return t.skip(skipReason("vectors/trillian-tree-dumps"));
    const strata = gunzipSync(readFileSync(path))
      .toString("utf8")
      .split(/^(?=prefix: )/m)
      .filter((text) => text.startsWith("prefix: "))
      .map(readStratum);
    const known = new Map<string, Hash>();
    const frontier = emptyFrontier();
    const lowest = strata.filter(({ tile }) => tile.level === 0);
    for (const { tile, data } of lowest.toSorted((a, b) => a.tile.index - b.tile.index)) {
      for (const node of tileNodes(tile)) {
        appendLeafHash(frontier, nodeFromTile(tile, data, node), ({ level, index }, hash) =>
          known.set(`${level}/${index}`, hash),
        );
      }
    }
    assert.equal(frontier.size, size);
    let compared = 0;
    for (const { tile, data, inner } of strata) {
      for (const node of tileNodes(tile)) {
        assert.deepEqual(nodeFromTile(tile, data, node), known.get(`${node.level}/${node.index}`));
      }
      for (const { node, hash } of inner) {
        assert.deepEqual(nodeFromTile(tile, data, node), hash);
        assert.deepEqual(known.get(`${node.level}/${node.index}`), hash);
        compared += 1;
      }
    }
    t.diagnostic(`${strata.length} strata, ${compared} inner nodes compared`);
    assert.ok(compared >= 90);
  });
}

/** Reads one stratum in the text format of protocol buffers, as far as the dumps use it. */
function readStratum(text: string): Stratum {
  const prefix = unescape(/^prefix: "(.*)"$/m.exec(text)?.[1] ?? "");
  const level = identifierBytes - 1 - prefix.length;
  const index = at(prefix, prefix.length - 1);
  const pairs = (kind: string): { depth: number; path: number; hash: Hash }[] =>
    Array.from(
      text.matchAll(new RegExp(`^${kind}: \\{\\n {2}key: "(.*)"\\n {2}value: "(.*)"\\n\\}$`, "gm")),
      ([, key = "", value = ""]) => {
        const [depth, path] = decodeBase64(key);
        return { depth: depth ?? 0, path: path ?? 0, hash: asHash(unescape(value)) };
      },
    );
  const leaves = pairs("leaves").toSorted((a, b) => a.path - b.path);
  const data = new Uint8Array(leaves.length * hashBytes);
  leaves.forEach(({ path, hash, depth }, i) => {
    assert.deepEqual([path, depth], [i, tileHeight]);
    data.set(hash, i * hashBytes);
  });
  const inner = pairs("internal_nodes").map(({ depth, path, hash }) => {
    const height = tileHeight - depth;
    return {
      node: { level: level * tileHeight + height, index: index * 2 ** depth + (path >> height) },
      hash,
    };
  });
  return { tile: { level, index, width: leaves.length }, data, inner };
}

/** The bytes of a quoted string: UTF-8 as it stands, the rest escaped. */
function unescape(quoted: string): Uint8Array {
  const parts = quoted.match(/\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)|[^\\]+/gu) ?? [];
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (!part.startsWith("\\")) return [...Buffer.from(part)];
      if (part.startsWith("\\x")) return [Number.parseInt(part.slice(2), 16)];
      if (/^\\u/i.test(part))
        return [...Buffer.from(String.fromCodePoint(Number.parseInt(part.slice(2), 16)))];
      return [escapes[part.slice(1)] ?? part.charCodeAt(1)];
    }),
  );
}

const escapes: Record<string, number> = { n: 10, r: 13, t: 9 };
