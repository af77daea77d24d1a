// SPDX-License-Identifier: Apache-2.0
// The benchmark's results as a table for people.
import type { DecideSample } from "./decide-sample.ts";
import type { Sample } from "./load.ts";
import type { Machine } from "./machine.ts";
import { median } from "./numbers.ts";

/** The measures of a round, by name. */
export const measures = [
  "sealed1",
  "unsealed1",
  "peer1",
  "sealed64",
  "unsealed64",
  "peer64",
  "batch",
] as const;
export type Measure = (typeof measures)[number];
/** One round: each measure once, and the disk's sync time at its beginning. */
export type Round = Record<Measure, Sample> & { syncMs: number };

/** All that a run of the benchmark found. */
export type Results = {
  format: "docket-bench/v1";
  at: string;
  version: string;
  machine: Machine;
  secondsPerMeasure: number;
  syncMs: number;
  medians: Record<Measure, Sample>;
  decide: DecideSample;
  rounds: Round[];
};

/** The medians over all rounds, each number by itself. */
export function mediansOf(rounds: readonly Round[]): Record<Measure, Sample> {
  const medianOf = (name: Measure): Sample => {
    const of = (key: keyof Sample): number => median(rounds.map((round) => round[name][key]));
    return { perSecond: of("perSecond"), p50Ms: of("p50Ms"), p99Ms: of("p99Ms"), cpuUs: of("cpuUs") };
  };
  return Object.fromEntries(measures.map((name) => [name, medianOf(name)])) as Record<Measure, Sample>;
}

/** The results as Markdown. */
export function markdownOf(results: Results): string {
  const { medians, syncMs, machine, decide, rounds, secondsPerMeasure } = results;
  const { sealed1, unsealed1, peer1, sealed64, unsealed64, peer64, batch } = medians;
  const row = (what: string, key: keyof Sample, cells: readonly Sample[], unit: string): string[] => {
    const [sealed, unsealed, peer] = cells.map((cell) => cell[key]) as [number, number, number];
    const shown = [sealed, unsealed, peer].map((value) => `${short(value)}${unit}`);
    return [what, ...shown, `${short(sealed / unsealed)}×`, `${short(sealed / peer)}×`];
  };
  const one = [sealed1, unsealed1, peer1];
  const many = [sealed64, unsealed64, peer64];
  const decided = decide.events / decide.seconds;
  const { journal = 0, ...kept } = decide.bytes;
  const total = Object.values(kept).reduce((sum, bytes) => sum + bytes, 0);
  return [
    table([
      ["", "sealed", "unsealed (`dryRun`)", "JSON lines", "sealed / unsealed", "sealed / JSON lines"],
      row("1 connection, median", "p50Ms", one, " ms"),
      row("1 connection, p99", "p99Ms", one, " ms"),
      row("64 connections, requests/s", "perSecond", many, ""),
      row("64 connections, median", "p50Ms", many, " ms"),
      row("64 connections, p99", "p99Ms", many, " ms"),
      row("64 connections, server CPU per request", "cpuUs", many, " µs"),
      ["one batch (NDJSON), events/s", short(batch.perSecond), "", "", "", ""],
      ["in process, as `decide` does, events/s", short(decided), "", "", "", ""],
    ]),
    "",
    `Disk: an append of 4 KiB with fdatasync took ${short(syncMs)} ms at the time. One sealed event took ` +
      `${short(sealed1.p50Ms / syncMs)} of these.`,
    "",
    `Storage: ${short(total / decide.events)} bytes a decision (${decide.events} of ${decide.source}): ` +
      Object.entries(kept)
        .sort(([, a], [, b]) => b - a)
        .map(([kind, bytes]) => `${kind} ${short(bytes / decide.events)}`)
        .join(", ") +
      `. Besides, the journal had ${short(journal / 2 ** 20)} MiB: ` +
      "a write-ahead log, whose segments go once they are materialised.",
    "",
    `Machine: ${machine.cpu}, ${machine.cores} cores shared by load and server, ${machine.memoryGiB} GiB, ` +
      `${machine.system}, Node ${machine.node}. Medians of ${rounds.length} rounds, ` +
      `${secondsPerMeasure} s a measure, interleaved. *JSON lines* is conventional logging: ` +
      "the same kind of server with the same reader, which appends a line a request with group commit and " +
      "fdatasync; no decision, no proof.",
  ].join("\n");
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}

// Three digits are more than a shared machine can promise.
function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(value >= 1 ? 3 : 2);
}
