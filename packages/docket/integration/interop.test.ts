// SPDX-License-Identifier: Apache-2.0
// What docket writes, read by another's code: Go's sumdb/note and sumdb/tlog.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseReceipt } from "@docket/protocol";
import { goReader, goSkipReason } from "../../../tools/interop/go-reader.ts";
import { createInstallation } from "../src/installation.ts";
import { openOpaqueInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { docket } from "./testing/docket.ts";

test("Go opens the log and the proof of a receipt", async (t) => {
  const go = goReader();
  if (go === undefined) {
    t.skip(goSkipReason);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "docket-interop-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const data = join(directory, "data");
  const events = Array.from({ length: 700 }, (_, place) =>
    JSON.stringify({
      id: `e${place}`,
      type: "comment",
      actor: { id: `u${place}` },
      content: { text: `text ${place}` },
    }),
  );
  const decided = await docket(["decide", "--data", data, "-"], { input: `${events.join("\n")}\n` });
  assert.equal(decided.code, 0, decided.stderr);

  const vkey = ed25519Key(data);
  assert.match(await go.check(join(data, "sites/main"), vkey), /^go: 70\d entries, root .*, ok/);
  for (const index of ["0", "255", "256", "702"]) {
    const path = join(directory, `receipt-${index}.json`);
    const fetched = await docket(["receipt", index, "--data", data, "-o", path]);
    assert.equal(fetched.code, 0, fetched.stderr);
    const receipt = parseReceipt(readFileSync(path, "utf8"));
    writeFileSync(join(directory, "leaf"), receipt.leaf);
    writeFileSync(join(directory, "proof"), receipt.proof);
    assert.match(await go.checkProof(join(directory, "proof"), join(directory, "leaf"), vkey), /ok/);
  }
});

test("Go opens an opaque log, with entries of no bytes and of as many as fit", async (t) => {
  const go = goReader();
  if (go === undefined) {
    t.skip(goSkipReason);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "docket-interop-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const installation = createInstallation(disk, join(directory, "data"), undefined, { opaque: true });
  const opened = await openOpaqueInstallation(installation);
  const sizes = [0, 65_535, ...Array.from({ length: 698 }, (_, place) => place)];
  await Promise.all(sizes.map((size) => opened.log.append(Buffer.alloc(size, size))));
  await opened.close();
  const vkey = ed25519Key(installation.data);
  assert.match(await go.check(installation.paths.site, vkey), /^go: 700 entries, root .*, ok/);
});

/** Go's readers know no other kind of key. It comes first. */
function ed25519Key(data: string): string {
  return readFileSync(join(data, "log.vkey"), "utf8").split("\n", 1).join();
}
