// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readLines } from "./lines.ts";

const limit = 8;

async function read(chunks: readonly Uint8Array[]): Promise<(string | number)[][]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const lines: (string | number)[][] = [];
  for await (const line of readLines(source(), limit)) {
    lines.push([line.number, "bytes" in line ? Buffer.from(line.bytes).toString("latin1") : line.tooLong]);
  }
  return lines;
}

/** The slow, obvious twin. */
function split(text: string): (string | number)[][] {
  return text.split("\n").flatMap((line, i) => {
    const content = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (content.length > limit) return [[i + 1, line.length > limit + 1 ? line.length : content.length]];
    return /^[ \t]*$/.test(content) ? [] : [[i + 1, content]];
  });
}

void test("lines end with LF, CRLF or the stream; blank ones count and are left out", async () => {
  assert.deepEqual(await read([Buffer.from("a\r\n\nb\n \t\nc")]), [
    [1, "a"],
    [3, "b"],
    [5, "c"],
  ]);
  assert.deepEqual(await read([]), []);
  assert.deepEqual(await read([Buffer.from("12345678\r\n123456789\n1")]), [
    [1, "12345678"],
    [2, 9],
    [3, "1"],
  ]);
});

void test("however the bytes are cut into chunks, the lines are those of the whole", async () => {
  const piece = fc.string({ unit: fc.constantFrom("a", "b", " ", "\t", "\r", "\n"), maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const lines = await read(pieces.map((text) => Buffer.from(text)));
      assert.deepEqual(lines, split(pieces.join("")));
    }),
  );
});
