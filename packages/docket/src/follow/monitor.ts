// SPDX-License-Identifier: Apache-2.0
// Follows a log: one look at a time, each compared with the newest checkpoint that was kept.
import { encodeBase64, noteBytesMax, TlogError } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { FollowError } from "./error.ts";
import { keepEvidence } from "./evidence.ts";
import type { EvidenceDisk } from "./evidence.ts";
import { judge, tilesOfServer } from "./judge.ts";
import type { Judgement } from "./judge.ts";
import type { LogServer, Wait } from "./server.ts";
import { isFresher, openSignedHead } from "./signed-head.ts";
import type { FollowTrust, SignedHead } from "./signed-head.ts";

/** Longest time between two looks at a log that does not answer, in ms. */
export const pauseMsMax = 900_000;

/** The disk of a monitor. */
export type MonitorDisk = EvidenceDisk & {
  /** When a file was put in place, in ms since 1970. */
  modifiedMs(path: string): number | undefined;
};

/** What {@link observe} needs. */
export type ObserveOptions = {
  server: LogServer;
  trust: FollowTrust;
  disk: MonitorDisk;
  /**
   * The newest checkpoint, byte for byte as the log served it. When the file was put in place is when that
   * was first seen. Evidence lies beside it, in a directory of the same name and `.evidence`.
   */
  statePath: string;
  /** How long a log may show nothing new before it counts as stalled, in ms. */
  stallMs: number;
  /** Ms since 1970. */
  clock: () => number;
};

/** What one look found. */
export type Finding =
  | { kind: "first" | "unchanged"; size: number; root: string }
  | { kind: "grown"; from: number; size: number; root: string }
  | { kind: "recovered"; from: FindingKind[] }
  | { kind: "fork" | "rollback" | "unproven"; size: number; root: string; reason: string; evidence: string[] }
  | { kind: "signature" | "quorum" | "unreachable" | "failed"; reason: string }
  | { kind: "stalled"; size: number; since: string; reason: string };
/** The kinds of {@link Finding}. */
export type FindingKind = Finding["kind"];

/** Findings by which the log broke its promise. */
export const violations: ReadonlySet<FindingKind> = new Set<FindingKind>([
  "fork",
  "rollback",
  "unproven",
  "signature",
  "quorum",
]);
/** Findings by which nothing new could be seen of the log. */
export const absences: ReadonlySet<FindingKind> = new Set<FindingKind>(["unreachable", "stalled", "failed"]);

/**
 * Looks at the log once: fetches its checkpoint, compares it with the kept one, and keeps it if it is good.
 *
 * @returns the findings, at least one; what is worst stands first
 * @throws {DocketError} `usage` if the state file holds no checkpoint of this log under these keys
 */
export async function observe(options: ObserveOptions): Promise<Finding[]> {
  try {
    return await look(options);
  } catch (error) {
    // The monitor's own disk: a watcher goes on once there is room again.
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    return [{ kind: "failed", reason: `the monitor's own files: ${message}` }];
  }
}

/** What {@link follow} needs besides. */
export type FollowOptions = ObserveOptions & {
  /** Time from one look to the next, in ms. */
  intervalMs: number;
  wait: Wait;
  signal: AbortSignal;
  /** Told what is new: each finding when it is first made, and again after it had ended. */
  report: (findings: Finding[]) => Promise<void> | void;
};

/** Looks at the log again and again, until the signal is aborted. */
export async function follow(options: FollowOptions): Promise<void> {
  const { signal, wait, intervalMs, report } = options;
  let known = new Map<string, FindingKind>();
  for (let [round, absent] = [0, 0]; !signal.aborted; round++) {
    const findings = await observe(options).catch((error: unknown) => {
      // Whatever was under way when the end was asked for ended with it.
      if (signal.aborted) return [];
      throw error;
    });
    if (signal.aborted) return;
    const troubles = new Map(findings.filter(isTrouble).map((each) => [nameOf(each), each.kind]));
    const fresh = findings.filter((each) =>
      isTrouble(each) ? !known.has(nameOf(each)) : each.kind !== "unchanged",
    );
    const ended = [...known].filter(([name]) => !troubles.has(name)).map(([, kind]) => kind);
    if (troubles.size === 0 && ended.length > 0) fresh.push({ kind: "recovered", from: ended });
    const news = round === 0 ? findings : fresh;
    if (news.length > 0) await report(news);
    known = troubles;
    absent = findings.some(({ kind }) => kind === "unreachable" || kind === "failed") ? absent + 1 : 0;
    const pause = Math.min(intervalMs * 2 ** Math.min(absent, 10), Math.max(intervalMs, pauseMsMax));
    await wait(pause, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** Where a monitor with that state file keeps evidence. */
export function evidencePath(statePath: string): string {
  return `${statePath}.evidence`;
}

async function look(options: ObserveOptions): Promise<Finding[]> {
  const kept = readKept(options);
  let bytes: Uint8Array | undefined;
  try {
    bytes = await options.server.read("checkpoint", noteBytesMax);
  } catch (error) {
    return [absenceOf(error)];
  }
  if (bytes === undefined) return [{ kind: "unreachable", reason: "the server has no checkpoint there" }];
  let served: SignedHead;
  try {
    served = openSignedHead(bytes, options.trust);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    const { origin } = options.trust;
    return [{ kind: "signature", reason: `what is served is no checkpoint of ${origin}: ${error.message}` }];
  }
  const found = kept === undefined ? keepFirst(options, served) : await compare(options, kept, served);
  return [...found, ...quorumFindings(options, served)].sort((a, b) => rank(a) - rank(b));
}

type Kept = SignedHead & { sinceMs: number };

function readKept({ disk, statePath, trust, clock }: ObserveOptions): Kept | undefined {
  const bytes = disk.readFile(statePath);
  if (bytes === undefined) return undefined;
  try {
    return { ...openSignedHead(bytes, trust), sinceMs: disk.modifiedMs(statePath) ?? clock() };
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new DocketError(
      "usage",
      `the state ${statePath} holds no checkpoint of ${trust.origin} under these keys: ${error.message}; ` +
        "give the keys that the log had before too, or name another file with --state",
      { cause: error },
    );
  }
}

// A crash before the file is in place: the next look finds the same again. After it: the look's findings are
// not told, but growth that was proven is no loss.
function keep({ disk, statePath }: ObserveOptions, { bytes }: SignedHead): void {
  disk.replaceFile(statePath, bytes, true);
}

function keepFirst(options: ObserveOptions, served: SignedHead): Finding[] {
  keep(options, served);
  return [{ kind: "first", ...headText(served) }];
}

async function compare(options: ObserveOptions, kept: Kept, served: SignedHead): Promise<Finding[]> {
  let judgement: Judgement;
  try {
    judgement = await judge(kept.head, served.head, tilesOfServer(options.server));
  } catch (error) {
    return [absenceOf(error)];
  }
  switch (judgement.kind) {
    case "grown":
      keep(options, served);
      return [{ kind: "grown", from: kept.head.size, ...headText(served) }];
    case "same":
      if (isFresher(served, kept)) {
        keep(options, served);
        return [{ kind: "unchanged", ...headText(served) }];
      }
      return [stallOf(options, kept) ?? { kind: "unchanged", ...headText(kept) }];
    case "fork":
    case "rollback":
    case "unproven": {
      const { kind, reason } = judgement;
      const proof = kind === "fork" ? judgement.proof : undefined;
      const evidence = keepEvidence(options.disk, evidencePath(options.statePath), kind, {
        kept,
        served,
        proof,
      });
      return [{ kind, reason, evidence, ...headText(served) }];
    }
  }
}

function stallOf({ clock, stallMs }: ObserveOptions, { sinceMs, head }: Kept): Finding | undefined {
  if (clock() - sinceMs < stallMs) return undefined;
  const since = new Date(sinceMs).toISOString();
  const reason = `it has shown nothing newer than ${head.size} entries since ${since}`;
  return { kind: "stalled", size: head.size, since, reason };
}

function quorumFindings({ trust }: ObserveOptions, { quorum, witnesses, head }: SignedHead): Finding[] {
  if (trust.policy === undefined || quorum !== false) return [];
  const who = witnesses.length === 0 ? "none" : witnesses.join(", ");
  const lacks = `the checkpoint of ${head.size} entries lacks the policy's quorum`;
  const reason = `${lacks}; witnesses that cosigned it: ${who}`;
  return [{ kind: "quorum", reason }];
}

function absenceOf(error: unknown): Finding {
  if (!(error instanceof FollowError)) throw error;
  // What is longer than any checkpoint is an answer, and none of the log's.
  return { kind: error.code === "wrong" ? "signature" : "unreachable", reason: error.message };
}

function headText({ head }: SignedHead): { size: number; root: string } {
  return { size: head.size, root: encodeBase64(head.root) };
}

function rank({ kind }: Finding): number {
  return violations.has(kind) ? 0 : absences.has(kind) ? 1 : 2;
}

function isTrouble({ kind }: Finding): boolean {
  return violations.has(kind) || absences.has(kind);
}

// The reason of what does not concern the log's content may change with each look; that is no news.
function nameOf(finding: Finding): string {
  return "evidence" in finding ? `${finding.kind} ${finding.size} ${finding.root}` : finding.kind;
}
