// SPDX-License-Identifier: Apache-2.0
// What a replay reports: what was checked, what could not be, and what was found. Plain JSON.
import type { ReplayFinding, StateSummary } from "@docket/verify/replay";
import type { EvidenceTally } from "./evidence.ts";

/** Most findings that a report spells out. */
export const findingsMax = 1000;

/** The report of a replay. */
export type ReplayReport = {
  format: "docket-replay/v1";
  verdict: "same" | "different";
  origin: string;
  /** The version of Node that ran it. */
  node: string;
  /** The records that were asked about: from `from` to before `to`, of `size` that the checkpoint covers. */
  from: number;
  to: number;
  size: number;
  records: number;
  decisions: number;
  /** Decisions that were made again from their facts. */
  replayed: number;
  /** Releases that they were made under; `fault` where a release or one of its lists is not what it was. */
  releases: { id: string; first: number; fault: string | null }[];
  /** What decisions read of the log before them; `null` where that was not asked for. */
  state: StateSummary | null;
  /** What was made again from evidence; `null` where that was not asked for. */
  evidence: EvidenceTally | null;
  /** The first {@link findingsMax}, in the order of the log; `findingCount` is how many there are. */
  findings: ReplayFinding[];
  findingCount: number;
  /** What was not checked, and why. */
  unchecked: string[];
};
