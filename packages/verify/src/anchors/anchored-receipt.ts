// SPDX-License-Identifier: Apache-2.0
// A receipt with the outside time-stamps around its record, so that its holder can show between what the
// record was sealed without the log:
//
//     over    a stamp of the very checkpoint that the record is proved to: the record was there by then
// under the receipt, to the same checkpoint, of a record before it that holds a stamp: it came after that
//
// JSON on one line, canonical as a receipt is.
import { anchorSources, encodeReceipt, parseReceipt, ProtocolError, receiptBytesMax } from "@docket/protocol";
import type { AnchorBody, DocketRecord, Receipt } from "@docket/protocol";
import { encodeBase64Url, hashesEqual, parseProof, TlogError } from "@docket/tlog";
import type { Checkpoint } from "@docket/tlog";
import { verifyReceipt } from "../receipt.ts";
import { verdictOf } from "../report.ts";
import type { Check, ReceiptReport } from "../report.ts";
import { requiredOf } from "../quorum.ts";
import { readOwnCheckpoint } from "../signer.ts";
import { asTrust } from "../trust.ts";
import type { Trust, TrustGiven } from "../trust.ts";
import { intervalsOf } from "./interval.ts";
import type { CheckedAnchor } from "./interval.ts";
import { judgeStamp } from "./judge.ts";
import type { Stamp, StampJudgement } from "./judge.ts";

/** What `format` of such a file says. */
export const anchoredReceiptFormat = "docket-anchored-receipt/v1";
/** Longest file, in characters: two receipts and a stamp. */
export const anchoredReceiptLengthMax: number = 2 * receiptBytesMax + 131_072;

/** A stamp, and the index of the record of the log that holds it. */
export type StampOver = Pick<
  AnchorBody,
  "source" | "name" | "stampedAt" | "accuracyMs" | "stamp" | "request"
> & { index: number };

/** A receipt, and what is stamped around its record. Either side is null where there is nothing. */
export type AnchoredReceipt = {
  format: typeof anchoredReceiptFormat;
  receipt: Receipt;
  over: StampOver | null;
  under: Receipt | null;
};

/** The one encoding: JSON on one line, ended by a line feed. */
export function encodeAnchoredReceipt({ format, receipt, over, under }: AnchoredReceipt): string {
  const stamp = over && {
    index: over.index,
    source: over.source,
    name: over.name,
    stampedAt: over.stampedAt,
    accuracyMs: over.accuracyMs,
    stamp: over.stamp,
    request: over.request,
  };
  const values = {
    format: JSON.stringify(format),
    receipt: lineOf(receipt),
    over: JSON.stringify(stamp),
    under: lineOf(under),
  };
  return `{${Object.entries(values)
    .map(([key, value]) => `"${key}":${value}`)
    .join(",")}}\n`;
}

/** Whether a text is to be read as one. */
export function looksLikeAnchoredReceipt(text: string): boolean {
  return text.startsWith(`{"format":"${anchoredReceiptFormat}"`);
}

/**
 * Checks a receipt with the stamps around its record. Never throws for what is in it. Without outside clocks
 * among what is trusted, or where one of the stamps is of another, its side is not checked.
 */
export function verifyAnchoredReceipt(text: string, given?: TrustGiven): ReceiptReport {
  const trust = asTrust(given);
  const parsed = parse(text);
  if (typeof parsed === "string") {
    const report = verifyReceipt("", trust);
    return { ...report, checks: report.checks.map((check) => ({ ...check, ...wrongFormat(check, parsed) })) };
  }
  const report = verifyReceipt(encodeReceipt(parsed.receipt), trust);
  const { record } = report;
  const checkpoint = checkpointOf(parsed.receipt);
  if (record === null || checkpoint === undefined) return report;
  const over = checkOver(parsed.over, checkpoint, trust);
  const under = checkUnder(parsed.under, record, checkpoint, trust);
  const held = [over.anchor, under.anchor].filter((anchor) => anchor !== undefined);
  const checks = [...report.checks, over.check, under.check];
  const order =
    under.anchor === undefined
      ? []
      : [
          `whether record ${record.index} was made after record ${under.anchor.index}: the tree has them ` +
            "in that order, and the log's records, each of which names the one before it, show it",
        ];
  return {
    ...report,
    checks,
    verdict: verdictOf(checks, report.signer, requiredOf(trust)),
    limits: [...report.limits, ...order],
    interval: intervalsOf(held).of(record.index),
  };
}

type Side = { readonly check: Check; readonly anchor?: CheckedAnchor };

function checkOver(over: StampOver | null, checkpoint: Checkpoint, trust: Trust): Side {
  const name = "notAfter";
  if (over === null) return { check: { name, ok: null, detail: "no stamp of the checkpoint is with it" } };
  const { origin, size, root } = checkpoint;
  if (over.index < size) {
    return {
      check: { name, ok: false, detail: `record ${over.index} can't hold a stamp of ${size} records` },
    };
  }
  const stamp: Stamp = { ...over, size, root: encodeBase64Url(root) };
  const judgement = judgeStamp(stamp, origin, trust.anchors);
  const said = `${over.name} stamped its checkpoint of ${size} records`;
  return sideOf(name, said, judgement, { index: over.index, size, source: over.source, name: over.name });
}

function checkUnder(under: Receipt | null, record: DocketRecord, checkpoint: Checkpoint, trust: Trust): Side {
  const name = "notBefore";
  const wrong = (detail: string): Side => ({ check: { name, ok: false, detail } });
  if (under === null) return { check: { name, ok: null, detail: "no stamped record before it is with it" } };
  const report = verifyReceipt(encodeReceipt(under), trust);
  const failed = report.checks.find(({ ok }) => ok === false);
  if (failed !== undefined) return wrong(`the receipt of the record before it: ${failed.detail}`);
  const anchor = report.record;
  const other = checkpointOf(under);
  if (anchor?.kind !== "anchor") return wrong("the record before it is no anchor");
  if (other?.size !== checkpoint.size || !hashesEqual(other.root, checkpoint.root)) {
    return wrong("the record before it is proved to another checkpoint");
  }
  if (anchor.index >= record.index)
    return wrong(`record ${anchor.index} is not before record ${record.index}`);
  const judgement = judgeStamp(anchor, checkpoint.origin, trust.anchors);
  return sideOf(name, `record ${anchor.index} before it holds a stamp of ${anchor.name}`, judgement, {
    index: anchor.index,
    // What it covers lies below; only that it was made before the record counts here.
    size: 0,
    source: anchor.source,
    name: anchor.name,
  });
}

function sideOf(
  name: string,
  said: string,
  judgement: StampJudgement,
  anchor: Pick<CheckedAnchor, "index" | "size" | "source" | "name">,
): Side {
  if (judgement.ok === null) return { check: { name, ok: null, detail: `${said}: ${judgement.why}` } };
  if (!judgement.ok) return { check: { name, ok: false, detail: `the stamp is none: ${judgement.why}` } };
  const { earliestMs, latestMs } = judgement;
  return { check: { name, ok: true, detail: said }, anchor: { ...anchor, earliestMs, latestMs } };
}

function checkpointOf(receipt: Receipt): Checkpoint | undefined {
  try {
    return readOwnCheckpoint(parseProof(receipt.proof).checkpoint);
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

function parse(text: string): AnchoredReceipt | string {
  if (text.length > anchoredReceiptLengthMax)
    return `it is longer than ${anchoredReceiptLengthMax} characters`;
  try {
    const value = JSON.parse(text) as AnchoredReceipt;
    const { receipt, over, under } = value;
    const read: AnchoredReceipt = {
      format: anchoredReceiptFormat,
      receipt: parseReceipt(encodeReceipt(receipt)),
      over: over === null ? null : checkedStamp(over),
      under: under === null ? null : parseReceipt(encodeReceipt(under)),
    };
    return encodeAnchoredReceipt(read) === text ? read : "it is not canonical JSON on one line";
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    return "it is no anchored receipt";
  }
}

/** What stands in a stamp that this package reads; whatever else there is makes it other than canonical. */
function checkedStamp(over: StampOver): StampOver {
  const texts = [over.name, over.stampedAt, over.stamp, over.request];
  const accuracyFits = over.accuracyMs === null || Number.isSafeInteger(over.accuracyMs);
  const isStamp =
    texts.every((each) => typeof each === "string") &&
    anchorSources.includes(over.source) &&
    Number.isSafeInteger(over.index) &&
    accuracyFits;
  if (!isStamp) throw new TypeError("the stamp is malformed");
  return over;
}

function wrongFormat({ name, detail }: Check, why: string): Pick<Check, "detail"> {
  return { detail: name === "format" ? why : detail };
}

function lineOf(receipt: Receipt | null): string {
  return receipt === null ? "null" : encodeReceipt(receipt).trimEnd();
}
