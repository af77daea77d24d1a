// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeBody, parseLeaf } from "@docket/protocol";
import { emptyFrontier, generateSignerKey, openCheckpoint, parseVerifierKey } from "@docket/tlog";
import { disk } from "../stores/files/node-disk.ts";
import { Log } from "./log.ts";
import { writeState } from "./materialised.ts";
import { logPaths } from "./paths.ts";
import type { Sealed } from "./sequencer.ts";

const origin = "docket-0123456789abcdef/main";
const { signerKey, verifierKey } = generateSignerKey(origin, new Uint8Array(32).fill(7));
const diskModule = new URL("../stores/files/node-disk.ts", import.meta.url).href;

test("what is appended is published, and there again after a restart", async (t) => {
  const { paths, open } = newLog(t);
  const first = await open();
  const sealed = await Promise.all(Array.from({ length: 600 }, () => appendStop(first)));
  assert.deepEqual(
    sealed.map((record) => record.index),
    Array.from({ length: 600 }, (_, index) => index),
  );
  await first.published(600);
  const { checkpoint } = openCheckpoint(
    readFileSync(paths.checkpoint),
    [parseVerifierKey(verifierKey)],
    origin,
  );
  assert.equal(checkpoint.size, 600);
  await first.close();

  const second = await open();
  assert.equal(second.opening.size, 600);
  assert.equal(second.opening.recovered, 0);
  const next = parseLeaf((await appendStop(second)).leaf);
  assert.equal(next.index, 600);
  await second.close();
});

test("a log that was not closed is recovered from its journal", async (t) => {
  const { data, open } = newLog(t);
  const first = await open();
  await Promise.all(Array.from({ length: 300 }, () => appendStop(first)));
  // The copy is what a kill at this moment would leave: its materialised state is still at 0.
  const copy = `${data}-copy`;
  cpSync(data, copy, { recursive: true });
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  await first.close();
  const second = await Log.open({
    paths: logPaths(copy, "main"),
    origin,
    signerKeys: { roots: [signerKey], published: [] },
    diskModule,
  });
  assert.equal(second.opening.recovered, 300);
  await second.published(300);
  assert.equal((await appendStop(second)).index, 300);
  await second.close();
});

type NewLog = { data: string; paths: ReturnType<typeof logPaths>; open: () => Promise<Log> };

function newLog(t: TestContext): NewLog {
  const data = mkdtempSync(join(tmpdir(), "docket-log-"));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const paths = logPaths(data, "main");
  disk.makeDirectory(paths.journal);
  writeState(disk, paths, emptyFrontier());
  return {
    data,
    paths,
    open: () => Log.open({ paths, origin, signerKeys: { roots: [signerKey], published: [] }, diskModule }),
  };
}

function appendStop(log: Log): Promise<Sealed> {
  const part = { name: "facts" as const, subject: "site", key: randomBytes(32), plaintext: "{}" };
  return log.append({ body: encodeBody({ kind: "opening", by: "operator", of: 0 }), parts: [part] });
}
