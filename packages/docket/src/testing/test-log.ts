// SPDX-License-Identifier: Apache-2.0
// A log without threads on any disk, for tests: recovery, sequencer and materialiser driven by hand.
import { randomBytes } from "node:crypto";
import { encodeBody } from "@docket/protocol";
import {
  emptyFrontier,
  generateSignerKey,
  parseSignerKey,
  parseVerifierKey,
  sha256,
  utf8,
} from "@docket/tlog";
import type { Signer, Verifier } from "@docket/tlog";
import type { ClockReading } from "../clock/shared-clock.ts";
import type { LogDisk } from "../log/disk.ts";
import { journalLimits } from "../log/journal.ts";
import type { JournalLimits } from "../log/journal.ts";
import { Materialiser } from "../log/materialiser.ts";
import { writeState } from "../log/materialised.ts";
import { logPaths } from "../log/paths.ts";
import type { LogPaths } from "../log/paths.ts";
import { recoverLog } from "../log/recovery.ts";
import type { RecoveredLog } from "../log/recovery.ts";
import { Sequencer } from "../log/sequencer.ts";
import type { AppendRequest } from "../log/sequencer.ts";

/** Origin and keys of all test logs. */
export const testOrigin = "docket-0123456789abcdef/main";
export const testSignerKey: string = generateSignerKey(testOrigin, new Uint8Array(32).fill(7)).signerKey;
export const testSigner: Signer = parseSignerKey(testSignerKey);
export const testVerifier: Verifier = parseVerifierKey(testSigner.vkey);
/** SHA-256 of the origin, as segments bear it. */
export const testOriginHash: Uint8Array = sha256(utf8(testOrigin));

/** A log that is open. */
export type TestLog = {
  paths: LogPaths;
  recovered: RecoveredLog;
  sequencer: Sequencer;
  materialiser: Materialiser;
};

/** Makes the directories and the state of an empty log. */
export function createTestLog(disk: LogDisk, data: string): LogPaths {
  const paths = logPaths(data, "main");
  for (const path of [paths.journal, paths.parts, paths.keptCheckpoints]) disk.makeDirectory(path);
  writeState(disk, paths, emptyFrontier());
  return paths;
}

/**
 * Opens a log as its threads do, and lets the materialiser take in the tail.
 *
 * @param now ms since 1970, or what the clock says besides
 * @param limits of the journal, where a test is about what happens at them
 */
export function openTestLog(
  disk: LogDisk,
  paths: LogPaths,
  now: () => number | ClockReading,
  limits: JournalLimits = { ...journalLimits, roomBytes: 4096 },
): TestLog {
  const recovered = recoverLog(disk, paths, testOrigin, [testSigner], { limits });
  const clock = (): ClockReading => {
    const reading = now();
    return typeof reading === "number" ? { nowMs: reading, uncertaintyMs: null } : reading;
  };
  const ports = { clock, random: randomBytes, signers: [testSigner], origin: testOrigin };
  const sequencer = new Sequencer(recovered.journal, recovered.head, ports);
  const materialiser = new Materialiser(disk, paths);
  if (recovered.tail.length > 0) {
    materialiser.ingest({ batches: recovered.tail, checkpoint: sequencer.checkpoint() });
  }
  return { paths, recovered, sequencer, materialiser };
}

/** A record to append: small and without parts, or with one part that holds `text`. */
export function testRequest(id: number, text?: string): AppendRequest {
  if (text === undefined) {
    return { id, generation: 0, body: encodeBody({ kind: "stop", by: "operator" }), parts: [], actors: [] };
  }
  const part = { name: "facts" as const, subject: "site", key: new Uint8Array(32), plaintext: text };
  const body = encodeBody({ kind: "opening", by: "operator", of: id });
  return { id, generation: 0, body, parts: [part], actors: [] };
}
