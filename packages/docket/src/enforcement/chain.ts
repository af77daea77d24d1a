// SPDX-License-Identifier: Apache-2.0
// What became of a decision: its outcome in force, and everyone who acted on it.
import { parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { CaseQuery, DecisionRow } from "../views/decision-row.ts";
import type { ChainAuthor, OutcomeInForce } from "./contract.ts";
import { outcomeAfter } from "./verdict-effect.ts";

/** Most records of one chain that are looked at. */
const chainRecordsMax = 1_000;
/** Most steps from a record to what came of it. */
const chainStepsMax = 8;
/** Whoever wrote one of these had a part in what was decided. */
const actingKinds = ["verdict", "measure", "review", "ruling", "label", "batch", "batch-step"];

/** What chains are read with. */
export type ChainPorts = {
  readonly caseRecords: (query: CaseQuery) => Promise<string[]>;
  readonly row: (index: number) => Promise<DecisionRow | undefined>;
  readonly record: (index: number) => Promise<DocketRecord>;
};

/**
 * The outcome in force for the content of a decision.
 *
 * @throws {DocketError} `not_found` if the record is no decision
 */
export async function outcomeInForce(of: number, nowMs: number, ports: ChainPorts): Promise<OutcomeInForce> {
  const row = await ports.row(of);
  if (row === undefined) throw new DocketError("not_found", `record ${of} is no decision`);
  const { actor, outcome: decided, holdUntilMs, otherwise } = row;
  let outcome = decided;
  let last: OutcomeInForce["verdict"];
  for (const leaf of await ports.caseRecords({ kinds: ["verdict"], of, limit: chainRecordsMax })) {
    const record = parseLeaf(leaf);
    if (record.kind !== "verdict" || record.of !== of) continue;
    const { index, verdict, cause, by, time: at } = record;
    const after = outcomeAfter(outcome, verdict);
    if (after !== outcome || verdict === "release" || verdict === "restore" || verdict === "remove") {
      last = { index, verdict, cause, by, at };
    }
    outcome = after;
  }
  // Its end was known from the beginning: whoever asks just before the verdict is sealed gets the same.
  const isOver = outcome === "hold" && holdUntilMs !== undefined && holdUntilMs <= nowMs;
  if (isOver && otherwise !== undefined) outcome = otherwise;
  return { of, actor, decided, outcome, ...(last === undefined ? {} : { verdict: last }) };
}

/** Everyone who acted on a record's chain, in the order of the log. */
export async function chainAuthors(index: number, ports: ChainPorts): Promise<ChainAuthor[]> {
  const found = new Map<number, DocketRecord>();
  let open = [index];
  for (let step = 0; step < chainStepsMax && open.length > 0; step++) {
    const next: number[] = [];
    for (const at of open) {
      if (found.has(at) || found.size >= chainRecordsMax) continue;
      const record = await ports.record(at);
      found.set(at, record);
      next.push(...namedBy(record));
      const leaves = await ports.caseRecords({ kinds: actingKinds, of: at, limit: chainRecordsMax });
      // Of a batch, or of a decision that many measures name, the other cases are none of this one's.
      if (record.kind !== "batch") next.push(...leaves.map((leaf) => parseLeaf(leaf).index));
    }
    open = next;
  }
  return [...found.values()]
    .filter(({ kind }) => actingKinds.includes(kind))
    .sort((a, b) => a.index - b.index)
    .map(({ by, kind, index: at, ...record }) => ({
      by,
      kind,
      index: at,
      role: "role" in record ? record.role : "operator",
    }));
}

// What a record came of: upwards only one step is taken to each, so that a dispute finds its decision.
function namedBy(record: DocketRecord): number[] {
  if (record.kind === "verdict") return record.for === undefined ? [record.of] : [record.of, record.for];
  if (record.kind === "measure") {
    return record.for === undefined ? record.of : [...record.of, record.for];
  }
  const isOfOne =
    record.kind === "dispute" ||
    record.kind === "review" ||
    record.kind === "ruling" ||
    record.kind === "label" ||
    record.kind === "report";
  return isOfOne ? [record.of] : [];
}
