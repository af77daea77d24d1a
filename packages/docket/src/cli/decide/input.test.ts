// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { DocketError } from "../../error.ts";
import { lineBytesMax, openInput, readItem } from "./input.ts";
import type { Input } from "./input.ts";

const text = '{"a":1}\r\n\n  {"b":2}\n{"c":3}';

function fileWith(t: TestContext, bytes: Uint8Array | string): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-input-test-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "events");
  writeFileSync(path, bytes);
  return path;
}

async function linesOf(input: Input): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of input.lines) {
    lines.push(`${line.number} ${"bytes" in line ? Buffer.from(line.bytes).toString("utf8") : "too long"}`);
  }
  return lines;
}

const expected = ['1 {"a":1}', '3   {"b":2}', '4 {"c":3}'];

describe("a file of lines", () => {
  test("is read plain and gzip, from a path and from standard input, byte by byte too", async (t) => {
    const packed = gzipSync(text);
    const nowhere = new PassThrough();
    assert.deepEqual(await linesOf(openInput(fileWith(t, text), nowhere)), expected);
    assert.deepEqual(await linesOf(openInput(fileWith(t, packed), nowhere)), expected);
    for (const bytes of [Buffer.from(text), packed]) {
      const slowly = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
      assert.deepEqual(await linesOf(openInput("-", slowly)), expected);
    }
    assert.deepEqual(await linesOf(openInput(fileWith(t, ""), nowhere)), []);
    assert.deepEqual(await linesOf(openInput(fileWith(t, "x"), nowhere)), ["1 x"]);
  });

  test("whose gzip data is cut or damaged is refused, not taken as shorter", async (t) => {
    const packed = gzipSync("line\n".repeat(1000));
    for (const bytes of [packed.subarray(0, -4), packed.subarray(0, 20), packed.with(12, 0xff)]) {
      await assert.rejects(
        linesOf(openInput(fileWith(t, bytes), new PassThrough())),
        (error) => error instanceof DocketError && error.code === "usage" && /to its end/.test(error.message),
      );
    }
  });

  test("that is not there, or is a directory, is refused at once", () => {
    assert.throws(() => openInput("/nowhere/at/all", new PassThrough()), /ENOENT/);
    assert.throws(() => openInput(tmpdir(), new PassThrough()), /is a directory/);
  });

  test("that waits for more ends when it is closed", async () => {
    const waiting = new PassThrough();
    waiting.write("first\n");
    const input = openInput("-", waiting);
    assert.equal((await input.lines.next()).value?.number, 1);
    const next = input.lines.next().catch(() => ({ done: true }));
    input.close();
    assert.equal((await next).done, true);
  });
});

describe("the event of a line", () => {
  const form = { kind: "docket" } as const;
  const errorOf = (line: string): string | undefined => {
    const item = readItem({ number: 1, bytes: Buffer.from(line) }, form);
    return "error" in item ? item.error.code : undefined;
  };

  test("is read as strictly as over HTTP", () => {
    assert.equal(errorOf('{"id":"1","type":"comment","actor":{"id":"a"}}'), undefined);
    assert.equal(errorOf('{"id":"1","type":"comment","actor":{"id":"a"},"dryRun":false}'), undefined);
    assert.equal(errorOf('{"id":"1","type":"comment","actor":{"id":"a"},"dryRun":true}'), "schema_mismatch");
    assert.equal(errorOf('{"id":"1","type":"comment","actor":{"id":"a"},"karma":1}'), "unknown_field");
    assert.equal(errorOf('{"id":"1","id":"2","type":"comment","actor":{"id":"a"}}'), "json_duplicate_key");
    assert.equal(errorOf("nonsense"), "json_syntax");
    assert.equal(errorOf(`"${"x".repeat(300_000)}"`), "body_too_large");
  });

  test("that is longer than any line may be has its length in the error", () => {
    const item = readItem({ number: 9, tooLong: lineBytesMax + 1 }, form);
    assert.ok("error" in item && item.error.message.includes(String(lineBytesMax + 1)));
  });
});
