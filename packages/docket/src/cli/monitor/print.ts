// SPDX-License-Identifier: Apache-2.0
// What a monitor found, a line each.
import type { Finding } from "../../follow/monitor.ts";
import { printable } from "../../printable.ts";

/** A finding as a line of text, or of JSON with the same content. */
export function findingLine(finding: Finding, atMs: number, json: boolean): string {
  const at = new Date(atMs).toISOString();
  if (json) return `${JSON.stringify({ at, ...finding })}\n`;
  return `${at} ${printable(textOf(finding))}\n`;
}

function textOf(finding: Finding): string {
  switch (finding.kind) {
    case "first":
      return `first seen: ${treeText(finding)}`;
    case "unchanged":
      return `unchanged: ${treeText(finding)}`;
    case "grown":
      return `grown: from ${finding.from} to ${treeText(finding)}`;
    case "recovered":
      return `recovered: no longer ${finding.from.map((kind) => titles[kind].toLowerCase()).join(", ")}`;
    case "fork":
    case "rollback":
    case "unproven":
      return `${titles[finding.kind]}: ${finding.reason}${evidenceText(finding.evidence)}`;
    case "signature":
    case "quorum":
    case "unreachable":
    case "failed":
    case "stalled":
      return `${titles[finding.kind]}: ${finding.reason}`;
  }
}

const titles: Readonly<Record<Finding["kind"], string>> = {
  first: "first seen",
  unchanged: "unchanged",
  grown: "grown",
  recovered: "recovered",
  fork: "FORK",
  rollback: "ROLLBACK",
  unproven: "UNPROVEN",
  signature: "BAD SIGNATURE",
  quorum: "QUORUM MISSED",
  unreachable: "unreachable",
  failed: "FAILED",
  stalled: "stalled",
};

function treeText({ size, root }: { size: number; root: string }): string {
  return `${size} entries, root ${root}`;
}

function evidenceText(files: readonly string[]): string {
  return files.length === 0
    ? "; no evidence was kept, there is too much already"
    : `; evidence: ${files.join(" ")}`;
}
