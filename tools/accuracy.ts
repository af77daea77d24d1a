// SPDX-License-Identifier: Apache-2.0
// How good the models are, on every corpus and split, beside other people's filters.
//
//   npm run accuracy -- [--only ROW,…] [--studies NAME,…|none] [--rehearse] [--rounds N] [--json FILE]
//                       [--write docs/accuracy.md] [--failures FOLDER] [--check-bars]
//
// Trains with the defaults of `docket model train` and nothing else. This is the only program that looks at
// labels of test parts; each run that does is counted in tools/accuracy/openings.json, which is committed.
// With --rehearse it makes do with training parts. Other filters run by tools/accuracy/peers.ts; their
// results are taken from there. --failures writes the worst mistakes, with their texts, to a folder outside
// the repository.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapRounds } from "@docket/policy/metrics";
import { type Corpus, type CorpusName, type Kind, missingCorpus, readCorpus } from "./accuracy/corpora.ts";
import { configurationHash, sourcesHash } from "./accuracy/docket.ts";
import { writeFailures } from "./accuracy/failures.ts";
import { type RowFigures, measureRow } from "./accuracy/measure-row.ts";
import { countOpening, readOpenings } from "./accuracy/openings.ts";
import { type Row, rows } from "./accuracy/rows.ts";
import { type Study, studies } from "./accuracy/studies/all.ts";
import { barsTable, cutsTable, rowsTable } from "./accuracy/tables.ts";
import { writeSection } from "./bench/log/markdown.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: rows.map(({ name }) => name).join() },
    studies: { type: "string", default: Object.keys(studies).join() },
    rehearse: { type: "boolean", default: false },
    rounds: { type: "string", default: String(bootstrapRounds) },
    json: { type: "string" },
    write: { type: "string" },
    failures: { type: "string" },
    "check-bars": { type: "boolean", default: false },
  },
});
const kinds: readonly Kind[] = ["comment", "message", "email"];
process.exitCode = await main();

async function main(): Promise<number> {
  const chosen = options.only
    .split(",")
    .filter((name) => name !== "none")
    .map(rowNamed);
  const wanted = options.studies
    .split(",")
    .filter((name) => name !== "none")
    .map(studyNamed);
  const possible = chosen.filter((row) => canRead(row));
  const configurations = Object.fromEntries(
    kinds.map((kind) => [kind, `${configurationHash(kind)} (sources ${sourcesHash(kind)})`]),
  );
  const at = new Date().toISOString();
  if (!options.rehearse) {
    countOpening({
      at,
      measured: [...possible.map(({ name }) => name), ...wanted.map(([name]) => name)],
      configurations,
    });
  }
  const corpora = new Map<CorpusName, Corpus>();
  const corpus = (name: CorpusName): Corpus => {
    const read = corpora.get(name) ?? readCorpus(name);
    corpora.set(name, read);
    return read;
  };
  const figures: RowFigures[] = [];
  const measure = { rehearse: options.rehearse, rounds: Number(options.rounds), progress };
  for (const row of possible) figures.push(await measureRow(corpus(row.corpus), row, measure));
  const sections: Record<string, { text: string; data: unknown }> = {};
  if (figures.length > 0) Object.assign(sections, mainSections(figures));
  const context = { rehearse: options.rehearse, corpus, figures, progress };
  for (const [name, study] of wanted) sections[name] = await study(context);
  publish(sections, at, configurations);
  if (options.failures !== undefined) writeFailures(figures, options.failures);
  const missed = figures.flatMap(({ bars }) => bars.filter(({ met }) => !met)).length;
  return options["check-bars"] && missed > 0 ? 1 : 0;
}

function rowNamed(name: string): Row {
  const row = rows.find((each) => each.name === name);
  if (row === undefined)
    throw new Error(`there is no row ${name}; rows are ${rows.map((each) => each.name).join(", ")}`);
  return row;
}

function studyNamed(name: string): [string, Study] {
  const study = studies[name];
  if (study === undefined) throw new Error(`there is no study ${name}`);
  return [name, study];
}

function canRead({ name, corpus }: Row): boolean {
  const reason = missingCorpus(corpus);
  if (reason !== undefined) progress(`skipped: ${name}: ${reason}`);
  return reason === undefined;
}

function mainSections(figures: readonly RowFigures[]): Record<string, { text: string; data: unknown }> {
  const data = figures.map(({ judged, ...rest }) => ({ ...rest, texts: judged.length }));
  return {
    bars: { text: barsTable(figures), data: data.map(({ row, bars }) => ({ row: row.name, bars })) },
    rows: { text: rowsTable(figures), data },
    cuts: {
      text: cutsTable(figures),
      data: data.map(({ row, atPolicyCut }) => ({ row: row.name, atPolicyCut })),
    },
  };
}

function publish(
  sections: Readonly<Record<string, { text: string; data: unknown }>>,
  at: string,
  configurations: Readonly<Record<string, string>>,
): void {
  const opened = options.rehearse
    ? "A rehearsal on training parts: these are no figures."
    : `Run ${readOpenings().length} of those that opened test labels.`;
  const hashes = kinds.map((kind) => `${kind} ${configurations[kind]}`).join(", ");
  const facts = `${opened} ${at.slice(0, 10)}, Node ${process.version}. Configurations: ${hashes}.`;
  for (const [name, { text }] of Object.entries(sections)) {
    const full = `${text}\n\n${facts}`;
    process.stdout.write(`\n## ${name}\n\n${full}\n`);
    if (options.write !== undefined && !options.rehearse)
      writeSection(options.write, `accuracy-${name}`, full);
  }
  if (options.json === undefined) return;
  const data = Object.fromEntries(Object.entries(sections).map(([name, section]) => [name, section.data]));
  const result = {
    format: "docket-accuracy/v1",
    at,
    rehearsal: options.rehearse,
    configurations,
    sections: data,
  };
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
}

function progress(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
