// SPDX-License-Identifier: Apache-2.0
// The campaigns' tables in docs/assurance.md: between `<!-- crash -->` and `<!-- /crash -->`, and the same
// for `tamper`.
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { CrashRow } from "./crash/row.ts";
import type { TamperResult } from "./tamper/campaign.ts";

/** What a run of the crash campaign gave. */
export type CrashResult = { seed: string; seconds: number; rows: readonly CrashRow[] };

/** Replaces the table of that name in a page. */
export function writeTable(page: string, name: "crash" | "tamper", table: string): void {
  const text = readFileSync(page, "utf8");
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has no ${begin} … ${end}`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${table}${text.slice(to)}`);
}

/** The crash campaign's table. */
export function crashTable({ seed, seconds, rows }: CrashResult): string {
  const head = [
    "who",
    "what fails",
    "cycles",
    "answers",
    "lost",
    "altered",
    "twice",
    "contradicted roots",
    "refused starts",
    "not verified",
  ];
  const lines = rows.map((row) => [
    row.mode,
    row.fault,
    row.cycles,
    row.answered,
    row.lost,
    row.altered,
    row.twice,
    row.contradicted,
    row.refused,
    row.unverified,
  ]);
  const cycles = rows.reduce((sum, row) => sum + row.cycles, 0);
  return `${markdown(head, lines, 2)}\n${ranOn(`${number(cycles)} cycles`, seed, seconds)}\n`;
}

/** The tamper campaign's table. */
export function tamperTable({ seed, seconds, rows, untouched, falseAlarms }: TamperResult): string {
  const head = [
    "what was changed",
    "how",
    "made",
    "found",
    "found with `--seen` only",
    "nothing changed by it",
    "missed",
    "misblamed",
  ];
  const cells = (row: (typeof rows)[number]): number[] => [
    row.made,
    row.detected,
    row.withSeen,
    row.identical,
    row.missed,
    row.misblamed,
  ];
  const lines = rows.map((row) => [row.family, row.kind, ...cells(row)]);
  const sum = rows.map(cells).reduce((a, b) => a.map((value, place) => value + (b[place] ?? 0)));
  // What only those find who have something from before, nobody else finds.
  const hidden = rows.reduce((all, row) => all + row.withSeen, 0);
  const without = ["**without `--seen`**", "all that is found with it only", hidden, 0, 0, 0, hidden, 0];
  const total = markdown(head, [...lines, ["**all**", "", ...sum], without], 2);
  const alarms =
    `Untouched logs and receipts verified between them: ${number(untouched)}; ` +
    `false alarms: ${number(falseAlarms)}.`;
  return `${total}\n${alarms} ${ranOn(`${number(sum[0] ?? 0)} changes`, seed, seconds)}\n`;
}

/** A Markdown table; the first `texts` columns are words, the others numbers. */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  texts: number,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const rule = line(head.map((_, place) => (place < texts ? "---" : "---:")));
  const body = rows.map((cells) =>
    line(cells.map((cell) => (typeof cell === "number" ? number(cell) : cell))),
  );
  return line(head) + rule + body.join("");
}

/** With which seed, how long and on what a table was made. */
export function ranOn(what: string, seed: string, seconds: number): string {
  const machine = `${availableParallelism()} cores, Node ${process.version}`;
  return `${what} with seed ${seed}, in ${number(seconds)} s on ${machine}.`;
}

/** A number with its thousands apart. */
export function number(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
