// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  appendLeafHash,
  emptyFrontier,
  encodeBase64Url,
  encodeEntryBundle,
  entriesPath,
  frontierRoot,
  generateSignerKey,
  leafHash,
  parseSignerKey,
  signCheckpoint,
  tilePath,
  utf8,
} from "@docket/tlog";
import { encodeBody, encodeLeaf } from "@docket/protocol";
import type { RecordBody } from "@docket/protocol";
import { chainStart } from "@docket/verify";
import { GivenError, verifyServed } from "./job.ts";
import type { Fetch, VerifyJob } from "./job.ts";
import { forgetLog, keepLog, keptLog } from "./kept.ts";

const origin = "docket-0123456789abcdef/main";
const { signerKey, verifierKey } = generateSignerKey(origin, new Uint8Array(32).fill(7));
const other = generateSignerKey(origin, new Uint8Array(32).fill(8)).verifierKey;

/** A served log of a few records; `stops` of them after the first. */
function served(stops: number): { files: Map<string, Uint8Array>; asked: string[]; fetcher: Fetch } {
  const bodies: RecordBody[] = [{ kind: "created", by: "operator", origin, key: verifierKey }];
  for (let i = 0; i < stops; i++) bodies.push({ kind: "stop", by: "operator" });
  let prev = chainStart(origin);
  const frontier = emptyFrontier();
  const leaves = bodies.map((body, index) => {
    const time = new Date(Date.UTC(2026, 10, 23) + index * 1000).toISOString();
    const header = { v: 1, index, prev: encodeBase64Url(prev), time, uncertaintyMs: null } as const;
    const leaf = utf8(encodeLeaf(header, encodeBody(body)));
    prev = leafHash(leaf);
    appendLeafHash(frontier, prev);
    return leaf;
  });
  const size = leaves.length;
  const files = new Map<string, Uint8Array>([
    [
      "checkpoint",
      signCheckpoint({ origin, size, root: frontierRoot(frontier), extensions: [] }, [
        parseSignerKey(signerKey),
      ]),
    ],
    [entriesPath(0, size), encodeEntryBundle(leaves)],
    [
      tilePath({ level: 0, index: 0, width: size }),
      new Uint8Array(leaves.flatMap((leaf) => [...leafHash(leaf)])),
    ],
  ]);
  const asked: string[] = [];
  const fetcher: Fetch = async (url) => {
    asked.push(url);
    const bytes = files.get(url.slice("http://log.example/".length));
    return bytes === undefined ? new Response(null, { status: 404 }) : new Response(bytes as BodyInit);
  };
  return { files, asked, fetcher };
}

const job: VerifyJob = {
  base: "http://log.example",
  apiKey: undefined,
  keys: verifierKey,
  kept: "",
  last: undefined,
};

void test("a served log is verified to its last record, under the keys that were given", async () => {
  const { fetcher, asked } = served(9);
  const steps: number[] = [];
  const done = await verifyServed(job, fetcher, ({ records }) => steps.push(records));
  assert.equal(done.report.verdict, "verified", JSON.stringify(done.report.checks));
  assert.equal(done.report.size, 10);
  assert.deepEqual(steps, [10]);
  assert.equal(done.requests, asked.length);
  assert.match(done.checkpoint ?? "", /^docket-0123456789abcdef\/main\n10\n/);
  assert.equal((await verifyServed({ ...job, keys: "" }, fetcher)).report.verdict, "unproven");
  assert.equal((await verifyServed({ ...job, keys: other }, fetcher)).report.verdict, "failed");
});

void test("what this browser kept shows a log that went back, and one that is another", async () => {
  const longer = await verifyServed(job, served(9).fetcher);
  const back = await verifyServed({ ...job, last: longer.checkpoint }, served(4).fetcher);
  assert.equal(back.report.verdict, "failed");
  assert.deepEqual(
    back.report.conflicts.map(({ kind }) => kind),
    ["rollback"],
  );
  const grown = await verifyServed({ ...job, kept: longer.checkpoint ?? "" }, served(20).fetcher);
  assert.equal(grown.report.verdict, "verified");
});

void test("a changed entry is named with its index", async () => {
  const { files, fetcher } = served(9);
  const path = entriesPath(0, 10);
  const bytes = Uint8Array.from(files.get(path) ?? []);
  const at = new TextDecoder("latin1").decode(bytes).indexOf('"index":4,');
  bytes[at + 8] = 0x35;
  files.set(path, bytes);
  const { report } = await verifyServed(job, fetcher);
  assert.equal(report.verdict, "failed");
  assert.equal(report.first?.index, 4);
});

void test("what was given and is none is said; a server that fails, too", async () => {
  const { fetcher } = served(1);
  await assert.rejects(verifyServed({ ...job, keys: "nonsense" }, fetcher), GivenError);
  await assert.rejects(verifyServed({ ...job, kept: "nonsense" }, fetcher), GivenError);
  const failing: Fetch = async () => new Response(null, { status: 500 });
  await assert.rejects(verifyServed(job, failing), { code: "source" });
  const silent: Fetch = async () => Promise.reject(new TypeError("fetch failed"));
  await assert.rejects(verifyServed(job, silent), { code: "source" });
});

void test("what is kept of a log is read again, or is as if nothing were kept", () => {
  const values = new Map<string, string>();
  const storage = {
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => void values.set(name, value),
    removeItem: (name: string) => void values.delete(name),
  };
  assert.equal(keptLog(storage), undefined);
  const log = { origin, keys: verifierKey, checkpoint: "note", size: 7, at: "2026-11-23T00:00:00Z" };
  keepLog(storage, log);
  assert.deepEqual(keptLog(storage), log);
  for (const broken of ["{", "7", '{"origin":1}']) {
    values.set("docket-verified-log", broken);
    assert.equal(keptLog(storage), undefined);
  }
  forgetLog(storage);
  assert.equal(values.size, 0);
});
