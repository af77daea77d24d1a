// SPDX-License-Identifier: Apache-2.0
// `docket findings`: what many decisions show together.
import { parseTime } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { findingKinds } from "../../patterns/contract.ts";
import type { Finding, FindingKind, Findings } from "../../patterns/contract.ts";
import { printable } from "../../printable.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket findings` is told. */
export type FindingsOptions = {
  kind?: FindingKind[] | undefined;
  from?: string | undefined;
  to?: string | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

const dayMs = 86_400_000;
/** How long a time is searched if nothing is said, in days. */
const searchedDays = 7;
/** Most records of a finding that are printed; as JSON it has all that it cites. */
const recordsPrintedMax = 12;

/**
 * Runs `docket findings`.
 *
 * @throws {DocketError} `usage` for what is no time
 */
export async function runFindings(options: FindingsOptions, terminal: Terminal): Promise<number> {
  const found = await search(options, terminal);
  await write(terminal, options.json === true ? `${JSON.stringify(found)}\n` : findingsText(found));
  return exitFine;
}

async function search(options: FindingsOptions, terminal: Terminal): Promise<Findings> {
  const { kind = [...findingKinds], url, apiKey, data } = options;
  const [from, to] = [timeOf("--from", options.from), timeOf("--to", options.to)];
  if (url !== undefined) {
    const query = new URLSearchParams({
      kind: kind.join(","),
      ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
      ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
    });
    return askServer<Findings>({ url, apiKey }, `v1/findings?${query.toString()}`);
  }
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const { patterns } = opened;
    const toMs = to ?? (await patterns.latestMs()) + 1;
    const fromMs = from ?? toMs - searchedDays * dayMs;
    const found = await patterns.findings({ kinds: kind, fromMs, toMs });
    await opened.readings.note(operator, { what: "findings" });
    return found;
  } finally {
    await opened.close();
  }
}

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw new DocketError("usage", `${name} ${text} is no time; give one as 2026-11-22T23:11:05Z`);
}

function findingsText({ from, to, findings, limits }: Findings): string {
  const lines = [`${findings.length} findings of decisions from ${from} to ${to}`];
  let kind: FindingKind | undefined;
  for (const finding of findings) {
    if (finding.kind !== kind) lines.push("", finding.kind);
    kind = finding.kind;
    lines.push(`  ${printable(finding.subject)}`, `    ${printable(finding.says)}`);
    lines.push(`    ${finding.from} to ${finding.to}; ${recordsText(finding)}`);
  }
  if (limits.length > 0) lines.push("");
  for (const limit of limits) lines.push(`not judged: ${limit}`);
  return lines.map((line) => `${line}\n`).join("");
}

function recordsText({ records, recordCount }: Finding): string {
  const shown = records.slice(0, recordsPrintedMax).join(", ");
  const more = recordCount - Math.min(records.length, recordsPrintedMax);
  return `records ${shown}${more > 0 ? ` and ${more} more` : ""}`;
}
