// SPDX-License-Identifier: Apache-2.0
// One decision made again: from its record, its facts, and the release that is kept under the hash that the
// record names. What the facts say of the log before them is taken as they say it: `docket replay` follows
// that from record 0.
import { replayDecision } from "@docket/verify/replay";
import type { ReplayFinding } from "@docket/verify/replay";
import { DocketError } from "../error.ts";
import type { ExplainedRecord, ReleaseShelf } from "./explain-record.ts";

/** What came out of one decision that was made again. */
export type RecordReplay = {
  format: "docket-record-replay/v1";
  verdict: "same" | "different";
  index: number;
  /** Hash of the release that it was made under. */
  release: string;
  /** What was compared: one sentence each. */
  checked: string[];
  /** What did not come out as it was recorded, the first {@link findingsMax}. */
  findings: ReplayFinding[];
  findingCount: number;
  /** What was not checked, and how it can be: one sentence each. */
  unchecked: string[];
};

/** Most findings that are spelled out. */
export const findingsMax = 100;

/**
 * Makes a decision again, and compares everything that was recorded of it.
 *
 * A release that is not kept, or of which a byte was changed, is a finding and no error.
 */
export async function replayRecord(
  { record, facts }: Pick<ExplainedRecord, "record" | "facts">,
  shelf: ReleaseShelf,
): Promise<RecordReplay> {
  const { index, release: id } = record;
  const findings = await findingsOf({ record, facts }, shelf);
  const isDecided = findings.every(({ kind }) => kind !== "release");
  return {
    format: "docket-record-replay/v1",
    verdict: findings.length === 0 ? "same" : "different",
    index,
    release: id,
    checked: isDecided ? checkedOf(facts) : [],
    findings: findings.slice(0, findingsMax),
    findingCount: findings.length,
    unchecked: [
      `what it read of the records before it: docket replay --from ${index} --to ${index + 1}`,
      "signals, list hits and counters' keys, which come of the text: docket replay --evidence",
      "whether the record is what was sealed: its receipt shows that",
    ],
  };
}

async function findingsOf(
  { record, facts }: Pick<ExplainedRecord, "record" | "facts">,
  shelf: ReleaseShelf,
): Promise<ReplayFinding[]> {
  try {
    return replayDecision(await shelf(record.release), record, facts);
  } catch (error) {
    if (!(error instanceof DocketError)) throw error;
    const { index, release } = record;
    return [{ kind: "release", index, what: error.message, recorded: release, replayed: null }];
  }
}

function checkedOf({ fired }: ExplainedRecord["facts"]): string[] {
  return [
    "the policies in force then, byte by byte, by the hash that the record names",
    `${fired.length} rules that fired and those that did not, each by the results of its clauses`,
    `what followed: outcome, points, strikes, restrictions, reasons`,
  ];
}
