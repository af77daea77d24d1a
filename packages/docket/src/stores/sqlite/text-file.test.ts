// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openTextFile } from "./text-file.ts";

const text = (record: number, actor: string): { record: number; actor: string; sealed: Uint8Array } => ({
  record,
  actor,
  sealed: Buffer.from(`sealed terms of record ${record}`),
});

test("bundles and their texts stay, and go when they are dropped", (t) => {
  const path = newPath(t);
  const store = openTextFile(path, "v1");
  store.add(0, 200, [text(3, "a_one"), text(7, "a_two")]);
  store.add(1, 5, [text(256, "a_one")]);
  assert.deepEqual([store.widthOf(0), store.widthOf(1), store.widthOf(2)], [200, 5, 0]);
  store.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const again = openTextFile(path, "v1");
  assert.deepEqual(
    again.read(0).map(({ record, actor }) => [record, actor]),
    [
      [3, "a_one"],
      [7, "a_two"],
    ],
  );
  again.drop(0);
  assert.deepEqual([again.widthOf(0), again.read(0), again.read(1).length], [0, [], 1]);
  again.close();
});

test("of an actor who is forgotten no byte is left in any file", (t) => {
  const path = newPath(t);
  const store = openTextFile(path, "v1");
  store.add(0, 256, [text(3, "a_one"), text(7, "a_two")]);
  store.forget("a_one");
  for (const file of [path, `${path}-wal`]) {
    const bytes = readFileSync(file);
    assert.ok(!bytes.includes("a_one") && !bytes.includes("record 3"), file);
  }
  assert.equal(store.read(0).length, 1);
  store.close();
});

test("a file of other terms, or a damaged one, is begun anew", (t) => {
  const path = newPath(t);
  const first = openTextFile(path, "v1");
  first.add(0, 256, [text(3, "a_one")]);
  first.close();
  const other = openTextFile(path, "v2");
  assert.equal(other.widthOf(0), 0);
  other.add(0, 256, [text(3, "a_one")]);
  other.close();
  writeFileSync(
    path,
    "this is no database, and longer than the header of one would have to be, by far: ".repeat(9),
  );
  const mended = openTextFile(path, "v2");
  assert.equal(mended.widthOf(0), 0);
  mended.close();
});

function newPath(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-texts-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, "search.sqlite");
}
