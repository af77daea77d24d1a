// SPDX-License-Identifier: Apache-2.0
// Tables for people, and the place where they stand in a page.
import { readFileSync, writeFileSync } from "node:fs";

/** A Markdown table; the first `texts` columns are words, the others numbers. */
export function table(rows: readonly (readonly string[])[], texts: number): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(4, ...rows.map((row) => (row[column] ?? "").length)));
  const pad = (cell: string, column: number): string =>
    column < texts ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const line = (cells: readonly string[]): string => `| ${cells.map(pad).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column < texts ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(" | ")} |`, ...body.map(line)].join("\n");
}

/** A number with three digits that count, which are more than a shared machine can promise. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 100) return grouped(Number(value.toPrecision(3)));
  return value.toPrecision(value >= 1 ? 3 : 2);
}

/** A whole number with its thousands apart. */
export function grouped(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Replaces what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` in a page.
 *
 * @throws {Error} if the page has no such place
 */
export function writeSection(page: string, name: string, text: string): void {
  const before = readFileSync(page, "utf8");
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = before.indexOf(begin);
  const to = before.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has no ${begin} … ${end}`);
  writeFileSync(page, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`);
}
