// SPDX-License-Identifier: Apache-2.0
// What verification found, in words.
import type { Check, LogReport } from "@docket/verify";
import type { VerifyProgress } from "./job.ts";

/** How a report is meant, its headline, and what to make of it. */
export type Verdict = {
  readonly kind: "good" | "bad" | "open";
  readonly title: string;
  readonly more: string;
};

/** What a report amounts to. @param fromServer the keys were the server's own word */
export function verdictOf(report: LogReport, fromServer: boolean): Verdict {
  const { verdict, first } = report;
  const records = numberText(report.records.published);
  if (verdict === "failed") {
    const where = first === null ? "" : ` First: ${placeText(first)}: ${first.reason}.`;
    return { kind: "bad", title: "The log is not what it should be.", more: `${faultsText(report)}${where}` };
  }
  if (verdict === "incomplete") {
    return {
      kind: "open",
      title: "Nothing is wrong, but not all could be checked.",
      more: "Records could not be read, so nobody knows what they say.",
    };
  }
  if (verdict === "unproven") {
    return {
      kind: "open",
      title: `${records} records are consistent; who signed them is unproven.`,
      more: "Put in the log's verifier keys, as you got them from whoever runs the log.",
    };
  }
  if (fromServer) {
    return {
      kind: "good",
      title: `All ${records} records hold, and are signed with the keys that this server shows.`,
      more: "This browser keeps keys and checkpoint: from now on a change of what is past shows here.",
    };
  }
  return {
    kind: "good",
    title: `All ${records} records hold: nothing was changed, taken away or put in.`,
    more: "They are what the log's keys signed.",
  };
}

/** How far a verification is. */
export function progressText(progress: VerifyProgress | undefined, tookMs: number): string {
  if (progress === undefined) return "Reading the checkpoint…";
  const { records, total, bytes } = progress;
  const seconds = Math.max(tookMs / 1000, 0.001);
  const rate = numberText(Math.round(records / seconds));
  const read = `${(bytes / 1_048_576).toFixed(1)} MiB`;
  return `${numberText(records)} of ${numberText(total)} records, ${rate} a second, ${read} read.`;
}

const names: Readonly<Record<string, string>> = {
  checkpoint: "Signed checkpoint",
  keptCheckpoints: "Kept checkpoints",
  recentCheckpoints: "Checkpoints of the last day",
  cosignatures: "Cosignatures of witnesses",
  seen: "Checkpoints from elsewhere",
  anchors: "Outside time-stamps",
  records: "Records and their chain",
  tree: "Hash tiles",
  root: "Root of the tree",
  parts: "Sealed parts",
  files: "Files",
  journal: "Journal",
  state: "The writer's state",
  identity: "Identity map",
  releases: "Releases",
};

/** The name of a check. */
export function checkName({ name }: Pick<Check, "name">): string {
  return names[name] ?? name;
}

/** Checks of a directory, which nobody can make over HTTP. */
export const localChecks: ReadonlySet<string> = new Set([
  "files",
  "journal",
  "state",
  "identity",
  "releases",
]);

/** A number as people read it. */
export function numberText(value: number): string {
  return value.toLocaleString("en");
}

/** A time that something took. */
export function tookText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function faultsText({ faultCount }: LogReport): string {
  return faultCount === 1 ? "One thing is wrong." : `${numberText(faultCount)} things are wrong.`;
}

function placeText({ place, index }: { place: string; index: number | null }): string {
  return index === null ? place : `record ${numberText(index)} (${place})`;
}
