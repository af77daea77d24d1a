// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { appendLeafHash, emptyFrontier, frontierRoot, leafHash } from "@docket/tlog";
import { visitLeaves, writeEntryFrame, entryFrameBytes } from "./frame.ts";
import { hashLeaves, RightEdge } from "./right-edge.ts";

test("batches of any sizes give the tree that one leaf at a time gives, and the same nodes", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), (batches) => {
      const frontier = emptyFrontier();
      const nodes = new Map<string, string>();
      const edge = new RightEdge(emptyFrontier());
      const rows = new Map<string, string>();
      for (const count of batches) {
        const payload = payloadOf(frontier.size, count);
        for (let i = 0; i < count; i++) {
          const hash = leafHash(Buffer.from(`entry ${frontier.size}`));
          appendLeafHash(frontier, hash, (node, each) =>
            nodes.set(`${node.level}/${node.index}`, Buffer.from(each).toString("hex")),
          );
        }
        const bounds: number[] = [];
        visitLeaves(payload, (start, end) => bounds.push(start, end));
        edge.append(hashLeaves(payload, bounds), (level, first, row) => {
          for (let at = 0; at < row.length; at += 32) {
            rows.set(`${level}/${first + at / 32}`, row.toString("hex", at, at + 32));
          }
        });
        assert.deepEqual(Buffer.from(edge.root()), Buffer.from(frontierRoot(frontier)));
        assert.deepEqual(edge.frontier().hashes.map(hex), frontier.hashes.map(hex));
        const again = new RightEdge(frontier);
        assert.equal(hex(again.root()), hex(edge.root()));
      }
      assert.equal(edge.size, frontier.size);
      assert.equal(rows.size, nodes.size);
      for (const [node, each] of nodes) assert.equal(rows.get(node), each, node);
    }),
    { numRuns: 60 },
  );
});

function payloadOf(first: number, count: number): Buffer {
  const entries = Array.from({ length: count }, (_, i) => Buffer.from(`entry ${first + i}`));
  const payload = Buffer.alloc(entries.reduce((sum, entry) => sum + entryFrameBytes(entry.length), 0));
  let at = 0;
  for (const entry of entries) at = writeEntryFrame(payload, at, entry);
  return payload;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
