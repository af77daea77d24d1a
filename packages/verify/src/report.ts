// SPDX-License-Identifier: Apache-2.0
// What verification says, as plain data: which checks were made and how they ended, what could not be
// checked, and the first bad place.
import type { DocketRecord } from "@docket/protocol";
import type { Interval } from "./anchors/interval.ts";
import type { AnchorsReport } from "./anchors/walk-anchors.ts";
import type { Cosignature } from "./signer.ts";
import type { Silence } from "./silences.ts";

/**
 * How it ended: `verified` (under a key that the caller trusts, all is well), `incomplete` (nothing is wrong,
 * but records could not be read, so that nobody knows what they say), `unproven` (nothing is wrong, but no
 * trusted key says who signed), `failed`.
 */
export type Verdict = "verified" | "incomplete" | "unproven" | "failed";

/** One check. `ok` is null where it could not be made; `detail` says what was found, or why not. */
export type Check = { name: string; ok: boolean | null; detail: string };

/**
 * Under which keys signatures were checked; `proven` if the caller gave them, else they are the log's own
 * word. `vkeys` are all keys of the log that signed, `vkey` the first of them.
 */
export type SignerReport = { vkey: string; vkeys: string[]; proven: boolean };

/**
 * One thing that is wrong, and where: a file, a record's index, a byte's offset in the file, as far as known.
 */
export type Fault = {
  check: LogCheckName;
  place: string;
  index: number | null;
  offset: number | null;
  reason: string;
};

/** What is checked of a log, in the order in which it is reported. */
export const logCheckNames = [
  "checkpoint",
  "keptCheckpoints",
  "recentCheckpoints",
  "cosignatures",
  "seen",
  "anchors",
  "records",
  "tree",
  "root",
  "parts",
  "files",
  "journal",
  "state",
  "identity",
  "releases",
] as const;
/** What is checked of a log. */
export type LogCheckName = (typeof logCheckNames)[number];

/**
 * A checkpoint from elsewhere that the log's key signed, and that cannot be of the same log as the one here:
 * it covers more records than there are (`rollback`), or other ones (`fork`). Both are signed notes; `own` is
 * null where nothing is published here.
 */
export type Conflict = { kind: "rollback" | "fork"; place: string; seen: string; own: string | null };

/** What was found of a receipt. */
export type ReceiptReport = {
  kind: "receipt";
  verdict: Verdict;
  checks: Check[];
  /** What nobody can know from a receipt alone. */
  limits: string[];
  signer: SignerReport | null;
  origin: string | null;
  /** Number of records in the tree that the receipt's checkpoint covers. */
  size: number | null;
  record: DocketRecord | null;
  /** Witnesses of the policy given that cosigned the receipt's checkpoint, and when. */
  cosignatures: readonly Cosignature[];
  /** Between what it was sealed, by the outside time-stamps that came with it; null without any. */
  interval: Interval | null;
  /** The opened parts whose commitment holds. */
  opened: { name: string; plaintext: string }[];
};

/** What was found of a log. */
export type LogReport = {
  kind: "log";
  verdict: Verdict;
  origin: string | null;
  /** Number of records that the checkpoint covers. */
  size: number | null;
  /** The checkpoint's root, base64. */
  root: string | null;
  signer: SignerReport | null;
  /** Whether its entries are bytes and no records: then only the tree was checked. */
  opaque: boolean;
  /** The log's keys at the checkpoint and the ones that they followed, as its records name them. */
  keys: string[];
  retiredKeys: string[];
  checks: Check[];
  /** The first fault found, and the first {@link faultsKeptMax} of all. */
  first: Fault | null;
  faults: Fault[];
  faultCount: number;
  /** Records that were checked in an earlier run and not read again: they are in the tree that is here. */
  resumed: { size: number; checkedAt: string } | null;
  /** Checks without which it is not verified, besides those that are always needed. */
  required: readonly string[];
  /** Witnesses of the policy given that cosigned the newest checkpoint whose quorum is met, and when. */
  cosignatures: readonly Cosignature[];
  /** What outside clocks say of the time of its records. */
  anchors: AnchorsReport;
  /** Checkpoints of the log's own key that contradict what is here. */
  conflicts: readonly Conflict[];
  notes: string[];
  limits: string[];
  /**
   * Records checked: below the checkpoint's size, beyond it (in the journal only), by kind, and their times.
   */
  records: {
    published: number;
    beyond: number;
    byKind: Record<string, number>;
    firstTime: string | null;
    lastTime: string | null;
  };
  /** Each release that records name, with the index of the first that does. */
  releases: { release: string; index: number }[];
  /** Stretches in which nothing was sealed although it was promised: a warning, no fault. */
  silences: readonly Silence[];
  silenceCount: number;
};

/** How many faults a report lists; more are only counted. */
export const faultsKeptMax = 50;

/** What verification can never say without a checkpoint from elsewhere. */
export const limitOfOneView: string =
  "a rollback to an older state, or a fork shown to others: " +
  "that takes a checkpoint, receipt or cosignature kept elsewhere";

/**
 * What it cannot say although checkpoints from elsewhere were given, or a quorum of witnesses cosigned, the
 * largest of them of that size.
 */
export function limitOfSeen(size: number): string {
  return (
    `a rollback to an older state of at least ${size} records, or a fork after them: ` +
    "no larger checkpoint was given or has the quorum of a policy given"
  );
}

/** The checks of a log without which it is not verified, whatever else was. */
const indispensable: readonly string[] = ["checkpoint", "records", "tree", "root"];

/**
 * The verdict that checks and signer amount to.
 *
 * @param required further checks without which it is not verified
 */
export function verdictOf(
  checks: readonly Check[],
  signer: SignerReport | null,
  required: readonly string[] = [],
): Verdict {
  if (checks.some((check) => check.ok === false)) return "failed";
  if (signer?.proven !== true) return "unproven";
  const needed = [...indispensable, ...required];
  return checks.some((check) => check.ok === null && needed.includes(check.name)) ? "incomplete" : "verified";
}
