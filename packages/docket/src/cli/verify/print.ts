// SPDX-License-Identifier: Apache-2.0
// A report as a checklist: a line for each check, what could not be checked, and the verdict.
import { describeFault } from "@docket/verify";
import type { CaseReport, Check, LogReport, ReceiptReport } from "@docket/verify";
import { printable } from "../../printable.ts";
import { anchorLines, intervalLine } from "./print-anchors.ts";
import type { AskedRecord } from "./print-anchors.ts";

/** Most notes and further faults that are printed; the report as JSON has all. */
const linesMax = 10;

/** Most rollbacks and forks of which both checkpoints are printed. */
const conflictsPrintedMax = 3;

const titles: Readonly<Record<string, string>> = {
  keptCheckpoints: "kept checkpoints",
  recentCheckpoints: "last day",
  cosignatures: "cosignatures",
  seen: "seen elsewhere",
  notAfter: "not after",
  notBefore: "not before",
  signature: "signature",
  identity: "site and key",
  state: "state file",
};

const words: Readonly<Record<"receipt" | "case", string>> = { receipt: "receipt", case: "case file" };

/** The report as text, its last line the verdict. `asked` is a record whose interval is told. */
export function reportText(report: LogReport | ReceiptReport | CaseReport, asked?: AskedRecord): string {
  const lines = report.checks.map(checkLine);
  if (report.kind === "log") lines.push(...logLines(report));
  else if (report.kind === "receipt") {
    lines.push(...report.opened.map((part) => `  ${part.name}: ${printable(part.plaintext)}`));
    if (report.interval !== null && report.record !== null) {
      lines.push(intervalLine({ index: report.record.index, interval: report.interval }));
    }
  }
  if (asked !== undefined) lines.push(intervalLine(asked));
  for (const limit of report.limits) lines.push(`cannot be seen here: ${limit}`);
  lines.push(verdictLine(report));
  return lines.map((line) => `${line}\n`).join("");
}

function checkLine({ name, ok, detail }: Check): string {
  const result = ok === null ? "not checked" : ok ? "ok" : "FAILED";
  return `${result.padEnd(12)} ${(titles[name] ?? name).padEnd(17)} ${printable(detail)}`;
}

function logLines(report: LogReport): string[] {
  const kinds = Object.entries(report.records.byKind).map(([kind, count]) => `${count} ${kind}`);
  const { firstTime, lastTime } = report.records;
  const lines = kinds.length === 0 ? [] : [`records: ${kinds.join(", ")}; from ${firstTime} to ${lastTime}`];
  lines.push(...silenceLines(report), ...anchorLines(report));
  lines.push(...shortened(report.notes).map((note) => `note: ${printable(note)}`));
  if (report.first !== null) lines.push(`first fault: ${printable(describeFault(report.first))}`);
  for (const { kind, place, seen, own } of report.conflicts.slice(0, conflictsPrintedMax)) {
    lines.push(
      `${kind}: ${printable(place)} holds this checkpoint, signed by the log's key:`,
      ...quoted(seen),
    );
    lines.push(
      ...(own === null ? ["nothing is published here"] : ["the checkpoint here is:", ...quoted(own)]),
    );
  }
  if (report.faultCount > 1) lines.push(`and ${report.faultCount - 1} more faults; --json lists them`);
  return lines;
}

function silenceLines({ silences, silenceCount }: LogReport): string[] {
  const lines = silences.slice(0, linesMax).map(({ index, from, until, everySeconds }) => {
    const promised = `although a record was promised every ${everySeconds} s`;
    return `silent: from ${from} to ${until} (record ${index}), ${promised}, and nothing says why`;
  });
  if (silenceCount > lines.length) lines.push(`and ${silenceCount - lines.length} more silences`);
  return lines;
}

function quoted(note: string): string[] {
  return note
    .trimEnd()
    .split("\n")
    .map((line) => `  | ${printable(line)}`);
}

function verdictLine(report: LogReport | ReceiptReport | CaseReport): string {
  const origin = printable(report.origin ?? "an unknown origin");
  const what = report.kind === "log" ? `log ${origin}` : `${words[report.kind]} of ${origin}`;
  switch (report.verdict) {
    case "verified":
      return `verified: ${what}, under ${report.signer?.vkey ?? ""}${uncheckedOf(report)}`;
    case "incomplete":
      return `nothing wrong, but not verified: ${what}: ${missingOf(report)}`;
    case "unproven":
      return `internally consistent, signer unproven: ${what}; give the key that you trust with --key`;
    case "failed":
      return `FAILED: ${what} is not what was sealed, or not under this key`;
  }
}

function missingOf(report: LogReport | ReceiptReport | CaseReport): string {
  const isMissing = (name: string): boolean =>
    report.checks.some((check) => check.name === name && check.ok === null);
  // Only a policy of witnesses makes a receipt incomplete.
  const asksForQuorum = report.kind !== "log" || report.required.includes("cosignatures");
  const reasons = [
    ...(report.kind === "case" ? ["the witnesses' quorum that the policy asks for is not met"] : []),
    ...(isMissing("records") ? ["signatures and tiles were checked, records were not"] : []),
    ...(isMissing("cosignatures") && asksForQuorum
      ? ["the witnesses' quorum that the policy asks for is not met"]
      : []),
  ];
  return reasons.join("; ");
}

function uncheckedOf(report: LogReport | ReceiptReport | CaseReport): string {
  if (report.kind !== "log") return "";
  const unchecked = report.checks
    .filter((check) => check.ok === null)
    .map((check) => titles[check.name] ?? check.name);
  return unchecked.length === 0 ? "" : ` (not checked: ${unchecked.join(", ")})`;
}

function shortened(lines: readonly string[]): string[] {
  return lines.length <= linesMax
    ? [...lines]
    : [...lines.slice(0, linesMax), `and ${lines.length - linesMax} more`];
}
