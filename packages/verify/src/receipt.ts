// SPDX-License-Identifier: Apache-2.0
// A receipt, checked offline: nothing but the text and, if the reader has it, the log's verifier key.
import {
  commitmentMessage,
  leafBytesMax,
  openingSecretBytes,
  parseLeaf,
  parseManifest,
  parseReceipt,
  ProtocolError,
} from "@docket/protocol";
import type { DocketRecord, Manifest, OpenedPart, Receipt } from "@docket/protocol";
import {
  decodeBase64Url,
  encodeBase64Url,
  hmacSha256,
  leafHash,
  parseProof,
  sha256,
  TlogError,
  utf8,
  verifyInclusion,
} from "@docket/tlog";
import type { Checkpoint, InclusionProof } from "@docket/tlog";
import { limitOfOneView, limitOfSeen, verdictOf } from "./report.ts";
import type { Check, ReceiptReport, SignerReport } from "./report.ts";
import { quorumCheck, requiredOf } from "./quorum.ts";
import { chainStart, keyText, openOwnCheckpoint, readOwnCheckpoint } from "./signer.ts";
import type { OwnCheckpoint } from "./signer.ts";
import { asTrust } from "./trust.ts";
import type { Trust, TrustGiven } from "./trust.ts";

/** The checks of a receipt, in the order in which they are made and reported. */
export const receiptCheckNames = [
  "format",
  "record",
  "proof",
  "signature",
  "cosignatures",
  "inclusion",
  "index",
  "manifest",
  "opening",
] as const;
/** One check of a receipt. */
export type ReceiptCheckName = (typeof receiptCheckNames)[number];

/**
 * Checks a receipt. Never throws for what is in it: whatever is wrong stands in the report.
 *
 * @param text the receipt file, whole
 * @param given what the reader knows from elsewhere. Without keys the verdict is at best `unproven`; with a
 *   policy whose quorum did not cosign, `incomplete`
 */
export function verifyReceipt(text: string, given?: TrustGiven): ReceiptReport {
  const trust = asTrust(given);
  const checklist = newChecklist();
  const found: Found = { parts: [] };
  checklist.run("format", () => {
    found.receipt = parseReceipt(text);
    return "canonical, on one line";
  });
  if (found.receipt !== undefined) checkReceipt(found.receipt, trust, found, checklist);
  const checks = receiptCheckNames.map(
    (name): Check =>
      checklist.checks.get(name) ?? { name, ok: null, detail: "what it needs could not be read" },
  );
  const signer = signerOf(trust, found.opened);
  return {
    kind: "receipt",
    verdict: verdictOf(checks, signer, requiredOf(trust)),
    checks,
    limits: limitsOf(found, checks),
    signer,
    origin: found.checkpoint?.origin ?? null,
    size: found.checkpoint?.size ?? null,
    record: found.record ?? null,
    cosignatures: found.opened?.cosignatures ?? [],
    interval: null,
    opened: found.parts,
  };
}

type Found = {
  receipt?: Receipt;
  record?: DocketRecord;
  proof?: InclusionProof;
  checkpoint?: Checkpoint;
  manifest?: Manifest;
  /** The checkpoint with its signatures checked. */
  opened?: OwnCheckpoint;
  parts: { name: string; plaintext: string }[];
};
type Checklist = {
  checks: Map<ReceiptCheckName, Check>;
  /**
   * Runs a check that gives its detail, or throws a {@link Failure}, or what a parser throws at hostile
   * bytes.
   */
  run(name: ReceiptCheckName, check: () => string): void;
  skip(name: ReceiptCheckName, why: string): void;
};

/** Ends a check: found wrong. */
class Failure extends Error {}

function newChecklist(): Checklist {
  const checks = new Map<ReceiptCheckName, Check>();
  return {
    checks,
    run(name, check) {
      try {
        checks.set(name, { name, ok: true, detail: check() });
      } catch (error) {
        if (!(error instanceof Failure || error instanceof ProtocolError || error instanceof TlogError))
          throw error;
        checks.set(name, { name, ok: false, detail: error.message });
      }
    },
    skip(name, why) {
      checks.set(name, { name, ok: null, detail: why });
    },
  };
}

function checkReceipt(receipt: Receipt, trust: Trust, found: Found, checklist: Checklist): void {
  checklist.run("record", () => {
    if (utf8(receipt.leaf).length > leafBytesMax) throw new Failure(`the leaf is over ${leafBytesMax} bytes`);
    const record = (found.record = parseLeaf(receipt.leaf));
    return `record ${record.index}, ${record.kind}, sealed at ${record.time}`;
  });
  checklist.run("proof", () => {
    const proof = (found.proof = parseProof(receipt.proof));
    if (proof.extra !== undefined) throw new Failure("the proof has extra data, which nobody signed");
    const { origin, size } = (found.checkpoint = readOwnCheckpoint(proof.checkpoint));
    return `to the checkpoint of ${origin} over ${size} records`;
  });
  const { record, proof, checkpoint } = found;
  if (proof !== undefined) checkSignatures(proof, trust, found, checklist);
  if (proof !== undefined && checkpoint !== undefined) {
    checklist.run("inclusion", () => {
      const leaf = leafHash(utf8(receipt.leaf));
      if (!verifyInclusion(proof.hashes, proof.index, checkpoint.size, leaf, checkpoint.root)) {
        throw new Failure(
          `the proof does not lead from the record to the root over ${checkpoint.size} records`,
        );
      }
      return `the record is number ${proof.index} of ${checkpoint.size}`;
    });
    if (record !== undefined) checklist.run("index", () => checkIndex(record, proof, checkpoint));
  }
  if (record !== undefined) checkManifest(receipt, record, found, checklist);
  checkOpening(receipt, found, checklist);
}

function checkSignatures(proof: InclusionProof, trust: Trust, found: Found, checklist: Checklist): void {
  if (trust.keys.length === 0) {
    checklist.skip("signature", "no key was given, so nobody knows who signed");
    checklist.skip("cosignatures", "no key was given");
    return;
  }
  checklist.run("signature", () => {
    const { signers } = (found.opened = openOwnCheckpoint(proof.checkpoint, trust));
    return `by ${signers.map(keyText).join(" and ")}`;
  });
  if (found.opened !== undefined) checklist.checks.set("cosignatures", quorumCheck(trust, found.opened));
}

function checkIndex(record: DocketRecord, proof: InclusionProof, checkpoint: Checkpoint): string {
  if (record.index !== proof.index)
    throw new Failure(`the record says ${record.index}, the proof ${proof.index}`);
  if ((record.kind === "created") !== (record.index === 0))
    throw new Failure("record 0, and no other, is the log's first");
  if (record.kind !== "created") return "record and proof name the same index";
  if (record.prev !== encodeBase64Url(chainStart(checkpoint.origin)))
    throw new Failure("record 0 begins another log");
  if (record.origin !== checkpoint.origin) throw new Failure(`record 0 is of the log ${record.origin}`);
  // The key that it names may have been followed by another since; the tree says that it is record 0.
  return "record 0, the log's beginning";
}

function checkManifest(receipt: Receipt, record: DocketRecord, found: Found, checklist: Checklist): void {
  const named = "parts" in record ? record.parts : undefined;
  checklist.run("manifest", () => {
    if (named === undefined) {
      if (receipt.manifest !== undefined)
        throw new Failure("there is a manifest, but the record names no parts");
      return "the record has no parts";
    }
    if (receipt.manifest === undefined) throw new Failure("the record names parts, but there is no manifest");
    if (encodeBase64Url(sha256(utf8(receipt.manifest))) !== named) {
      throw new Failure("the manifest has another hash than the record names");
    }
    const { parts } = (found.manifest = parseManifest(receipt.manifest));
    return `it lists ${parts.map((part) => part.name).join(", ") || "no parts"}`;
  });
}

function checkOpening(receipt: Receipt, found: Found, checklist: Checklist): void {
  const { opening } = receipt;
  if (opening === undefined) {
    checklist.skip("opening", "the receipt shows no part");
    return;
  }
  const { manifest } = found;
  if (manifest === undefined && receipt.manifest !== undefined) return;
  checklist.run("opening", () => {
    const opened: Found["parts"] = [];
    let last = -1;
    for (const part of opening) {
      const place = manifest?.parts.findIndex((line) => line.name === part.name) ?? -1;
      if (place < 0) throw new Failure(`the manifest lists no part ${part.name}`);
      if (place <= last) throw new Failure("the opened parts are not in the manifest's order, each once");
      last = place;
      if (commitmentOf(part) !== manifest?.parts[place]?.commitment) {
        throw new Failure(`${part.name} is not what the record was sealed with`);
      }
      opened.push({ name: part.name, plaintext: part.plaintext });
    }
    found.parts = opened;
    return `${opening.map((part) => part.name).join(", ")}: exactly what was sealed`;
  });
}

function commitmentOf(part: OpenedPart): string {
  const secret = decodeBase64Url(part.secret);
  // HMAC pads a short key with zeros, so that keys of different lengths could be one key.
  if (secret.length !== openingSecretBytes) throw new Failure(`a secret has ${openingSecretBytes} bytes`);
  return encodeBase64Url(hmacSha256(secret, commitmentMessage(part.name, utf8(part.plaintext))));
}

function signerOf(trust: Trust, opened: OwnCheckpoint | undefined): SignerReport | null {
  const vkeys = (opened?.signers ?? trust.keys).map(({ vkey }) => vkey);
  const [vkey] = vkeys;
  return vkey === undefined ? null : { vkey, vkeys, proven: true };
}

function limitsOf({ record, checkpoint }: Found, checks: readonly Check[]): string[] {
  const isCosigned = checks.some(({ name, ok }) => name === "cosignatures" && ok === true);
  const limits = [isCosigned && checkpoint !== undefined ? limitOfSeen(checkpoint.size) : limitOfOneView];
  if (record === undefined) return limits;
  limits.push(
    record.uncertaintyMs === null
      ? "how exact the record's time is: the log does not say"
      : `the record's time beyond ± ${record.uncertaintyMs} ms`,
  );
  return limits;
}
