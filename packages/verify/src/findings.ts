// SPDX-License-Identifier: Apache-2.0
// Gathers what is wrong while a log is checked.
import { VerifyError } from "./error.ts";
import { faultsKeptMax } from "./report.ts";
import type { Fault, LogCheckName } from "./report.ts";
import type { LogSource } from "./source.ts";

/** What was found so far. */
export type Findings = {
  /** The first {@link faultsKeptMax} faults, in the order in which they were found. */
  faults: Fault[];
  count: number;
  failed: Set<LogCheckName>;
  /** Faults above the checkpoint: none if the log only grew while it was checked. */
  beyond: Fault[];
  notes: string[];
  /** Why a check was not made, or not to its end. */
  unchecked: Map<LogCheckName, string>;
};

/** Nothing found yet. */
export function newFindings(): Findings {
  return { faults: [], count: 0, failed: new Set(), beyond: [], notes: [], unchecked: new Map() };
}

/** Adds a fault. */
export function addFault(findings: Findings, fault: Fault): void {
  findings.count += 1;
  findings.failed.add(fault.check);
  if (findings.faults.length < faultsKeptMax) findings.faults.push(fault);
}

/** A fault in a file. */
export function faultAt(
  check: LogCheckName,
  place: string,
  reason: string,
  at: { index?: number; offset?: number } = {},
): Fault {
  return { check, place, index: at.index ?? null, offset: at.offset ?? null, reason };
}

/** Reads a file; one that is too long is a fault, and as good as none. */
export async function readFile(
  source: LogSource,
  path: string,
  bytesMax: number,
  check: LogCheckName,
  findings: Findings,
): Promise<Uint8Array | undefined | "too long"> {
  try {
    return await source.read(path, bytesMax);
  } catch (error) {
    if (!(error instanceof VerifyError) || error.code !== "size") throw error;
    addFault(findings, faultAt(check, path, `it is longer than ${bytesMax} bytes, the most that it can be`));
    return "too long";
  }
}
