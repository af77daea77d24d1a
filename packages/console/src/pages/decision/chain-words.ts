// SPDX-License-Identifier: Apache-2.0
// What came after a decision, a sentence for each record; the decision itself goes without saying.
import type { ChainEntry } from "./answers.ts";

/** What a record says. */
export function chainWords(entry: ChainEntry): string {
  const said = (name: string): string => textOf(entry[name]);
  switch (entry.kind) {
    case "verdict":
      return `Verdict: ${said("verdict")}, after ${said("cause")} (${said("reason")})${measures(entry)}`;
    case "measure":
      return `Measure, ${said("cause")} (${said("reason")})${measures(entry)}`;
    case "report":
      return `Reported as ${said("category")}${entry["trusted"] === true ? " by a trusted flagger" : ""}`;
    case "review":
      return `Reviewed (${said("task")}): ${said("finding")} (${said("reason")})`;
    case "dispute":
      return `The affected user objects${entry["via"] === "app" ? ", by the app" : ""}`;
    case "message":
      return entry["from"] === "site" ? "The site wrote to the user" : "The user wrote";
    case "ruling":
      return `The dispute ended: ${said("ruling")} (${said("reason")})`;
    case "applied":
      return "The app did what was ordered";
    case "quiet":
      return `The user is not told before ${said("until")} (${said("ground")})`;
    default:
      return entry.kind;
  }
}

/** Where a record of the chain is shown at length, below /console. */
export function chainLink(entry: ChainEntry): string {
  if (entry.kind === "dispute") return `/disputes/${entry.index}`;
  if (entry.kind === "message" || entry.kind === "ruling") return `/disputes/${textOf(entry["of"])}`;
  return `/log/${entry.index}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function measures(entry: ChainEntry): string {
  const imposed = (entry["restrictions"] ?? []) as readonly { kind: string; until?: string }[];
  const ended = (entry["ended"] ?? []) as readonly string[];
  const names = imposed.map(({ kind, until }) => (until === undefined ? kind : `${kind} until ${until}`));
  const said = [
    ...(names.length === 0 ? [] : [`imposed ${names.join(", ")}`]),
    ...(ended.length === 0
      ? []
      : [ended.length === 1 ? "a restriction ended" : `${ended.length} restrictions ended`]),
  ];
  return said.length === 0 ? "" : `; ${said.join("; ")}`;
}
