// SPDX-License-Identifier: Apache-2.0
// A case file: records that belong together, in plain words, with the receipt of each. Whoever has it checks
// it offline: that the records are those of the log, and that every word of it is what the site sealed when
// it was made (packages/verify/src/case-file.ts).
//
//   1 gather the records and their receipts -> 2 write the content, and the page without it
//   -> 3 seal a record of kind `export` with the digests of both
//   -> 4 add its receipt, with the part that holds the digests
import { createHash } from "node:crypto";
import { encodeReceipt, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, OpenedPart, Receipt } from "@docket/protocol";
import { caseFileFormat, encodeCaseContent, encodeCaseFile } from "@docket/verify";
import type { CaseContent, CaseDecision } from "@docket/verify";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { casePage, withCaseFile } from "./case-page.ts";
import type { TimelineEntry, TimelineFigures } from "./contract.ts";
import { caseEntry, caseOf, decisionEntry, timelineKinds, timelineOf } from "./timeline.ts";
import type { TimelineSource } from "./timeline.ts";

/** Most records of a case file. */
export const caseRecordsMax = 300;
/** Longest reason, in characters. */
export const caseReasonLengthMax = 1000;

/** What a case file is wished of: an actor, or records. */
export type CaseWish = {
  /** An account's id, or a pseudonym. */
  readonly actor?: string | undefined;
  /** Indexes of records. */
  readonly records?: readonly number[] | undefined;
  /** Why; it is sealed and stands in the file. */
  readonly reason: string;
  /** Whether texts are included, as far as they are there. Each is sealed as an opening. */
  readonly withEvidence?: boolean | undefined;
};

/** A case file, as JSON on one line and as a page. */
export type CaseFileMade = {
  /** The record that says that it was made. */
  readonly index: number;
  /** How many records it has. */
  readonly records: number;
  readonly json: string;
  readonly html: string;
};

/** What making one leans on. */
export type CasePorts = {
  readonly origin: string;
  readonly siteKey: Uint8Array;
  /** Ms since 1970. */
  readonly clock: () => number;
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  readonly receipt: (index: number) => Promise<Receipt>;
  /** Seals that evidence is opened, and gives the receipt with it. Rejects with `not_found` if it is gone. */
  readonly opening: (index: number, by: string, reason: string) => Promise<Receipt>;
  /** A part of the site's own, with what proves it. */
  readonly openedSitePart: (index: number, name: "change") => Promise<OpenedPart | undefined>;
  /** A decision in plain words. */
  readonly explained: (index: number) => Promise<string | undefined>;
};

type Chosen = {
  entries: readonly TimelineEntry[];
  figures: TimelineFigures | null;
  /** Whether there are older records that it leaves out. */
  more: boolean;
};

/**
 * Makes a case file, and seals that.
 *
 * @throws {DocketError} `not_found`, `usage`
 */
export async function makeCaseFile(
  ports: TimelineSource & CasePorts,
  author: { by: string; role: string },
  wish: CaseWish,
): Promise<CaseFileMade> {
  const { entries, figures, more } = await choose(ports, wish);
  const decisions: CaseDecision[] = [];
  const receipts: string[] = [];
  for (const { index, kind } of entries) {
    if (kind === "decision") {
      const words = await ports.explained(index);
      if (words !== undefined) decisions.push({ index, words });
    }
    receipts.push(encodeReceipt(await receiptOf(ports, author, wish, index, kind)).trimEnd());
  }
  const content: CaseContent = {
    origin: ports.origin,
    made: new Date(ports.clock()).toISOString(),
    by: author.by,
    role: author.role,
    reason: wish.reason,
    actor: wish.actor ?? null,
    figures: figures === null ? null : figureTexts(figures),
    more,
    entries: entries.map(({ index, at, kind, says, outcome }) => ({
      index,
      at,
      kind,
      says,
      ...(outcome === undefined ? {} : { outcome }),
    })),
    decisions,
    receipts,
  };
  const page = casePage(content);
  const digests = { v: 1, why: wish.reason, content: sha256(encodeCaseContent(content)), page: sha256(page) };
  const of = wish.records?.length === 1 ? wish.records[0] : undefined;
  const { index } = await ports.seal(
    { kind: "export", ...author, what: "case", ...(of === undefined ? {} : { of }) },
    [{ name: "change", subject: "site", key: ports.siteKey, plaintext: JSON.stringify(digests) }],
  );
  // The receipt comes once the record is published; its parts can be read then, too.
  const receipt = await ports.receipt(index);
  const opened = await ports.openedSitePart(index, "change");
  if (opened === undefined) throw new DocketError("internal", `record ${index} lacks the part just sealed`);
  const made = encodeReceipt({ ...receipt, opening: [opened] }).trimEnd();
  const json = encodeCaseFile({ format: caseFileFormat, content, export: made });
  return { index, records: entries.length, json, html: withCaseFile(page, json) };
}

async function choose(source: TimelineSource & CasePorts, wish: CaseWish): Promise<Chosen> {
  const { actor, records } = wish;
  if ((actor === undefined) === (records === undefined)) {
    throw new DocketError("usage", "a case file is of an actor, or of records");
  }
  if (actor !== undefined) {
    const { entries, figures, next } = await timelineOf(source, actor, { limit: caseRecordsMax });
    if (entries.length === 0) throw new DocketError("not_found", `the log has no record of ${actor}`);
    return { entries: entries.toReversed(), figures, more: next !== null };
  }
  return chooseRecords(source, [...new Set(records)]);
}

// The records that are named, and what came after them.
async function chooseRecords(source: TimelineSource & CasePorts, named: readonly number[]): Promise<Chosen> {
  if (named.length === 0 || named.length > caseRecordsMax) {
    throw new DocketError("usage", `a case file has 1 to ${caseRecordsMax} records, not ${named.length}`);
  }
  const rows = await source.decisions({ indexes: named, limit: named.length });
  const entries = new Map(rows.map((row) => [row.index, decisionEntry(row)]));
  for (const index of named) {
    if (!entries.has(index)) entries.set(index, recordEntry(parseLeaf((await source.receipt(index)).leaf)));
  }
  for (const of of named) {
    const left = caseRecordsMax - entries.size;
    const leaves = await source.caseRecords({ kinds: timelineKinds, of, limit: left + 1 });
    for (const record of leaves.map(caseOf)) entries.set(record.index, caseEntry(record));
    if (entries.size > caseRecordsMax) break;
  }
  const ordered = [...entries.values()].sort((a, b) => a.index - b.index);
  return {
    entries: ordered.slice(0, caseRecordsMax),
    figures: null,
    more: ordered.length > caseRecordsMax,
  };
}

function recordEntry(record: DocketRecord): TimelineEntry {
  return { index: record.index, at: record.time, kind: record.kind, says: `a record of kind ${record.kind}` };
}

async function receiptOf(
  ports: CasePorts,
  author: { by: string },
  { withEvidence, reason }: CaseWish,
  index: number,
  kind: string,
): Promise<Receipt> {
  if (withEvidence !== true || kind !== "decision") return ports.receipt(index);
  try {
    return await ports.opening(index, author.by, reason);
  } catch (error) {
    // Its evidence is gone; its receipt still verifies.
    if (error instanceof DocketError && error.code === "evidence_gone") return ports.receipt(index);
    throw error;
  }
}

function figureTexts(figures: TimelineFigures): [string, string][] {
  const { decisions, restricted, outcomes, rules, campaigns, linked, disputes, reports } = figures;
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ");
  const rows: [string, string][] = [
    ["decisions", `${decisions}, from ${figures.from ?? "-"} to ${figures.to ?? "-"}`],
    ["outcomes", counts(outcomes)],
    ["refused because of a restriction", String(restricted)],
    [
      "rules that fired",
      rules
        .slice(0, rulesNamedMax)
        .map(({ rule, count }) => `${rule} ${count}`)
        .join(", "),
    ],
    [
      "campaigns of several accounts",
      campaigns.map(({ campaign, own, actors }) => `${campaign}: ${own}, of ${actors} accounts`).join("; "),
    ],
    ["linked actors", linked.join(", ")],
    ["disputes", counts(disputes)],
    ["reports by others", String(reports)],
  ];
  return rows.filter(([, value]) => value !== "");
}

const rulesNamedMax = 20;

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64url");
}
