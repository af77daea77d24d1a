// SPDX-License-Identifier: Apache-2.0
// A replay's report as text: a line for each check, what was found, what was not checked, and the verdict.
import type { ReplayFinding } from "@docket/verify/replay";
import type { ReplayReport } from "./report.ts";
import { printable } from "../../printable.ts";

/** Most findings that are printed; the report as JSON has more. */
const findingsPrintedMax = 20;
/** Longest value that is printed, in characters. */
const valueLengthMax = 300;

/** The report as text, its last line the verdict. */
export function replayText(report: ReplayReport): string {
  const { records, decisions, replayed, releases, state, evidence, findings, findingCount } = report;
  const lines = [
    checkLine(
      "decisions",
      replayed === decisions,
      `${replayed} of ${decisions} made again from facts, in ${records} records`,
    ),
    checkLine(
      "releases",
      releases.every(({ fault }) => fault === null),
      `${releases.length}, each byte by the hashes that records name`,
    ),
  ];
  if (state !== null) {
    const ofKind = (kind: ReplayFinding["kind"]): boolean => findings.some((each) => each.kind === kind);
    const { counters, limits, standings } = state;
    lines.push(
      checkLine("counters", !ofKind("counter"), `${counters.checked} values recounted from record 0`),
      checkLine("limits", !ofKind("limit"), `${limits.checked} waits measured again from record 0`),
      checkLine("standing", !ofKind("standing"), `${standings} followed from record 0`),
    );
  }
  if (evidence !== null) {
    const differs = findings.some(({ kind }) => kind === "evidence");
    const said = `${evidence.opened} decisions computed again from the event; ${evidence.erased} erased`;
    lines.push(checkLine("evidence", !differs, said));
  }
  for (const finding of findings.slice(0, findingsPrintedMax)) lines.push(...findingLines(finding));
  if (findingCount > findingsPrintedMax) {
    lines.push(
      `and ${findingCount - findingsPrintedMax} more findings; --json lists the first ${findings.length}`,
    );
  }
  lines.push(...report.unchecked.map((what) => `not checked: ${what}`));
  lines.push(verdictLine(report));
  return lines.map((line) => `${line}\n`).join("");
}

function checkLine(name: string, ok: boolean, detail: string): string {
  return `${(ok ? "ok" : "DIFFERENT").padEnd(12)} ${name.padEnd(12)} ${detail}`;
}

function findingLines({ index, kind, what, recorded, replayed, clause }: ReplayFinding): string[] {
  const lines = [`record ${index}: ${kind}: ${printable(what)}`];
  if (recorded !== null || replayed !== null) {
    lines.push(`  recorded  ${value(recorded)}`, `  came out  ${value(replayed)}`);
  }
  if (clause !== undefined) {
    const said = (letter: string): string => results[letter] ?? "nothing";
    const text = clause.clause === null ? "no such clause" : printable(clause.clause);
    lines.push(
      `  rule ${printable(clause.rule)}, clause ${text}: ` +
        `recorded ${said(clause.recorded)}, came out ${said(clause.replayed)}`,
    );
  }
  return lines;
}

const results: Readonly<Record<string, string>> = { t: "true", f: "false", m: "missing" };

function value(json: unknown): string {
  const text = printable(JSON.stringify(json));
  return text.length <= valueLengthMax ? text : `${text.slice(0, valueLengthMax)}…`;
}

function verdictLine({ verdict, findingCount, origin, replayed }: ReplayReport): string {
  if (verdict === "same")
    return `same: all ${replayed} decisions of ${printable(origin)} came out as recorded`;
  const findings = findingCount === 1 ? "1 finding" : `${findingCount} findings`;
  return `DIFFERENT: ${printable(origin)} does not replay as recorded: ${findings}`;
}
