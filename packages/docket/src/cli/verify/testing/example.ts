// SPDX-License-Identifier: Apache-2.0
// The log of the worked examples in docs/formats: two records, written by the product's own code with counted
// bytes for random ones. Its key is published with the examples; use it for nothing else.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBody, encodeReceipt } from "@docket/protocol";
import { emptyFrontier, generateSignerKey, parseSignerKey } from "@docket/tlog";
import { partDictionary } from "../../../evidence/part-dictionary.ts";
import { openPart } from "../../../evidence/seal.ts";
import { decodeBatch, segmentHeaderBytes } from "../../../log/frame.ts";
import { segmentName } from "../../../log/paths.ts";
import { Journal, journalLimits } from "../../../log/journal.ts";
import { encodeRecordParts } from "../../../log/parts-bundle.ts";
import { chainStart, Sequencer } from "../../../log/sequencer.ts";
import type { Commit } from "../../../log/sequencer.ts";
import { disk } from "../../../stores/files/node-disk.ts";

const origin = "docket-0123456789abcdef/main";
const salt = 0x01020304;
const firstTimeMs = Date.UTC(2026, 10, 22, 23, 11, 5, 123);
const pseudonym = "a_oKGio6SlpqeoqaqrrK2urw";
const actorKey = counted(32, 0x40);
const plaintext = '{"v":1,"reasons":[{"rule":"link-burst","text":{"en":"Too many links."}}],"facts":{}}';

/** The blocks of the four pages, by page, in their order. */
export function examples(directory: string): Record<"record" | "parts" | "receipt" | "journal", string[]> {
  const { signerKey, verifierKey } = generateSignerKey(origin, counted(32, 0));
  const { first, second, segment } = writeLog(directory, signerKey, verifierKey);
  const [zero, one] = [first.sealed[0], second.sealed[0]];
  const offset = segment.indexOf("DKTB", segmentHeaderBytes + 1);
  const batch = decodeBatch(segment, offset, salt);
  const record = batch.kind === "batch" ? batch.batch.records[0] : undefined;
  const part = record?.parts[0];
  if (zero === undefined || one === undefined || record === undefined || part === undefined)
    throw new Error("no records");
  const opened = openPart(part.bytes, part.name, actorKey, origin);
  if (opened === undefined || one.manifest === undefined) throw new Error("the example's part does not open");
  const secret = opened.secret.toString("base64url");
  const receipt = encodeReceipt({
    format: "docket-receipt/v1",
    leaf: one.leaf,
    proof: one.proof,
    manifest: one.manifest,
    opening: [{ name: part.name, secret, plaintext }],
  });
  const stored = encodeRecordParts(record.manifest, record.parts);
  const dictionaryHash = hash("sha256", partDictionary, "base64url");
  const firstBatch = segment.subarray(segmentHeaderBytes, offset);
  return {
    record: [
      lines([zero.leaf]),
      lines([one.leaf]),
      lines([
        `prev of record 0   ${Buffer.from(chainStart(origin)).toString("base64url")}`,
        `prev of record 1   ${hash("sha256", `\0${zero.leaf}`, "base64url")}`,
      ]),
    ],
    parts: [
      lines([plaintext]),
      lines([
        `actor's key        ${actorKey.toString("hex")}`,
        `part id            ${hex(part.bytes, 0, 16)}`,
        `nonce              ${hex(part.bytes, 16, 28)}`,
        `ciphertext         ${hex(part.bytes, 28, 60)}`,
        `                   ${hex(part.bytes, 60, part.bytes.length - 16)}`,
        `tag                ${hex(part.bytes, part.bytes.length - 16)}`,
        `dictionary         ${partDictionary.length} bytes, SHA-256 ${dictionaryHash}`,
        `opening secret     ${secret}`,
      ]),
      lines([one.manifest]),
      lines([
        `record 0   ${encodeRecordParts(undefined, []).toString("hex")}`,
        `record 1   ${hex(stored, 0, 8)} manifest`,
        `           ${hex(stored, 8 + one.manifest.length, 13 + one.manifest.length)} part`,
      ]),
    ],
    receipt: [lines([verifierKey]), receipt],
    journal: [dump(segment.subarray(0, segmentHeaderBytes)), dump(firstBatch)],
  };
}

function writeLog(
  directory: string,
  signerKey: string,
  vkey: string,
): { first: Commit; second: Commit; segment: Buffer } {
  const journal = new Journal(
    disk,
    directory,
    hash("sha256", origin, "buffer"),
    1,
    0,
    [],
    journalLimits,
    () => salt,
  );
  let taken = 0;
  let nowMs = firstTimeMs - 1_500;
  const ports = {
    clock: () => ({ nowMs: (nowMs += 1_500), uncertaintyMs: null }),
    random: (length: number): Buffer => counted(length, (taken += length) - length),
    signers: [parseSignerKey(signerKey)],
    origin,
  };
  const signed = { size: 0, root: new Uint8Array(32), signature: new Uint8Array(64) };
  const head = { frontier: emptyFrontier(), previous: chainStart(origin), timeMs: 0, signed };
  const sequencer = new Sequencer(journal, head, ports);
  const request = { id: 0, generation: 0, actors: [] };
  const created = encodeBody({ kind: "created", by: "operator", origin, key: vkey });
  const first = sequencer.commit([{ ...request, body: created, parts: [] }]);
  const decision = encodeBody({
    kind: "decision",
    by: "k_AAECAwQFBgcICQoL",
    actor: pseudonym,
    outcome: "reject",
    rules: ["link-burst"],
    restrictions: [{ id: "r_DA0ODxAREhMUFRYX", kind: "suspend", until: "2026-11-23T23:11:06.623Z" }],
    release: hash("sha256", "a release's manifest", "base64url"),
  });
  const part = { name: "disclosed" as const, subject: pseudonym, key: actorKey, plaintext };
  const second = sequencer.commit([{ ...request, body: decision, parts: [part] }]);
  sequencer.close();
  return { first, second, segment: readFileSync(join(directory, segmentName(1))) };
}

function counted(length: number, first: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (first + i) % 256));
}

function hex(bytes: Uint8Array, start: number, end?: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString("hex");
}

/** Lines of 32 bytes: the first byte's number, then hex. */
function dump(bytes: Buffer): string {
  const count = Math.ceil(bytes.length / 32);
  return lines(
    Array.from(
      { length: count },
      (_, i) => `${String(i * 32).padStart(4, "0")}  ${hex(bytes, i * 32, i * 32 + 32)}`,
    ),
  );
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
