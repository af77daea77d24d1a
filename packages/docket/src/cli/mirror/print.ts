// SPDX-License-Identifier: Apache-2.0
// What a run of the mirror came to, for people.
import type { MirrorReport } from "../../follow/mirror.ts";
import { printable } from "../../printable.ts";

/** Most missing ranges that are printed; the report as JSON has all. */
const rangesMax = 5;

/** The report as text, its last line what it came to. */
export function mirrorText(report: MirrorReport, directory: string): string {
  const lines = [
    ...report.repaired.map((path) => `repaired ${path}: what lay there was damaged`),
    ...report.missing
      .slice(0, rangesMax)
      .map(({ first, last }) => `not mirrored: entries ${first} to ${last}`),
  ];
  const more = report.missing.length - rangesMax;
  if (more > 0) lines.push(`not mirrored: ${more} more ranges; --json lists them`);
  if (report.size !== null && report.entries === null)
    lines.push("not mirrored: entries; --entries copies them too");
  if (report.finding !== null && "evidence" in report.finding) {
    lines.push(...report.finding.evidence.map((path) => `evidence: ${path}`));
  }
  lines.push(
    ...report.reasons.map((reason) => `${titles[report.outcome]}: ${reason}`),
    summary(report, directory),
  );
  return lines.map((line) => `${printable(line)}\n`).join("");
}

const titles = { complete: "note", incomplete: "incomplete", wrong: "WRONG" } as const;

function summary(report: MirrorReport, directory: string): string {
  const { origin, size, root, from, tiles, bundles, checkpoints } = report;
  if (size === null) return `nothing of ${origin} is mirrored yet`;
  const grown = from === null ? "" : from === size ? ", as before" : `, ${from} before`;
  const kept = checkpoints === 0 ? "" : `, ${checkpoints} kept checkpoints`;
  const fetched = `fetched ${tiles} tiles and ${bundles} bundles of entries${kept}`;
  return `${directory} has ${size} entries of ${origin}${grown}, root ${root}; ${fetched}`;
}
