// SPDX-License-Identifier: Apache-2.0
// Every token of the vectors, made anew over the checkpoint of a small log and sealed in it: the log is valid
// otherwise, and verification names each that is forged, with its record and the fault.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AnchorBody } from "@docket/protocol";
import { verifyTimestamp } from "@docket/timestamp";
import type { TimestampVerdict } from "@docket/timestamp";
import { encodeBase64, encodeBase64Url, parseCheckpoint, parseNote, parseVerifierKey } from "@docket/tlog";
import { stampedDigest, verifyLog } from "@docket/verify";
import type { TrustedRoot } from "@docket/verify";
import { nodeTimestampCrypto as crypto } from "../../../packages/docket/src/anchors/node-crypto.ts";
import { stampBytesMax } from "../../../packages/docket/src/anchors/outside-clock.ts";
import { directorySource } from "../../../packages/docket/src/cli/verify/directory.ts";
import { createSmallLog, verifierKey } from "../../../packages/docket/src/cli/verify/testing/small-log.ts";
import { makeCases } from "./cases.ts";
import { makeCertificates } from "./certificates.ts";
import type { Made } from "./certificates.ts";
import { usual } from "./token.ts";

const sealedFirst = 10;

void test("each forged token in an otherwise valid log is named, with its fault", async (t) => {
  if (spawnSync("openssl", ["version"]).error !== undefined) {
    t.skip("openssl is not installed");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "docket-in-log-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = createSmallLog(join(folder, "data"));
  log.seal([sealedFirst]);
  const checkpoint = parseCheckpoint(parseNote(new Uint8Array(readFileSync(log.paths.checkpoint))).text);
  const digest = stampedDigest(checkpoint);
  // The makers stamp what stands there: here, this log's checkpoint.
  usual.digest.set(digest);
  const { made, folder: keys, dispose } = makeCertificates();
  t.after(dispose);
  const find = (name: string): Made => {
    const found = made.get(name);
    assert.ok(found !== undefined, name);
    return found;
  };
  const roots: TrustedRoot[] = [];
  const stamps: { name: string; verdict: TimestampVerdict; body: AnchorBody }[] = [];
  for (const [place, each] of makeCases(find, keys).entries()) {
    const { response } = each;
    // What can't be sealed, and what nobody trusts a root for, which is not judged.
    if (response.length === 0 || response.length > stampBytesMax || each.roots?.length === 0) continue;
    // Each under a name of its own, so that each is judged under the roots that it is meant for.
    const name = `c${place}`;
    const own = (each.roots ?? ["root"]).map((root) => find(root).der);
    roots.push(...own.map((certificate) => ({ certificate, name })));
    const verdict = verifyTimestamp({ response, digest, roots: own, crypto });
    const said = verdict.ok
      ? { stampedAt: new Date(verdict.genTimeMs).toISOString(), accuracyMs: verdict.accuracyMs }
      : { stampedAt: "2026-06-01T12:00:00.000Z", accuracyMs: null };
    const tree = { size: checkpoint.size, root: encodeBase64Url(checkpoint.root) };
    const token = { source: "rfc3161", name, stamp: encodeBase64(response), request: "" } as const;
    stamps.push({
      name: each.name,
      verdict,
      body: { kind: "anchor", by: "docket", ...tree, ...token, ...said },
    });
  }
  log.sealBodies(stamps.map(({ body }) => body));
  log.sync();
  log.close();
  const report = await verifyLog(await directorySource(log.data), {
    keys: [parseVerifierKey(verifierKey)],
    anchors: { roots, roughtimeKeys: [], crypto },
  });
  const forged = stamps.filter(({ verdict }) => !verdict.ok);
  assert.ok(forged.length > 60, `${forged.length} forged tokens`);
  assert.equal(report.faultCount, forged.length);
  const held = new Set(report.anchors.held.map(({ index }) => index));
  const failed = report.checks.filter(({ ok }) => ok === false).map(({ name }) => name);
  assert.deepEqual(failed, ["anchors"]);
  const faults = new Map(report.faults.map((fault) => [fault.index, fault]));
  for (const [place, { name, verdict }] of stamps.entries()) {
    const index = sealedFirst + place;
    assert.equal(held.has(index), verdict.ok, name);
    // A report lists the first faults and counts the others.
    const fault = faults.get(index);
    if (fault === undefined || verdict.ok) continue;
    assert.equal(fault.check, "anchors", name);
    assert.ok(fault.reason.endsWith(`(${verdict.code})`), `${name}: ${fault.reason}`);
  }
});
