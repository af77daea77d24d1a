// SPDX-License-Identifier: Apache-2.0
// Whether a backtest says what would really have come out: a stream is decided under one release and a
// candidate is backtested on the log; then the candidate really decides the same stream, and every decision
// is compared.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DecisionBody, Facts } from "../../../packages/protocol/src/index.ts";
import { backtest } from "../../../packages/docket/src/backtest/backtest.ts";
import type { BacktestReport } from "../../../packages/docket/src/backtest/report.ts";
import { Tally } from "../../../packages/docket/src/backtest/tally.ts";
import type { Compared, Side } from "../../../packages/docket/src/backtest/tally.ts";
import { optionsOf } from "../../../packages/docket/src/cli/backtest/run.ts";
import { openPart } from "../../../packages/docket/src/evidence/seal.ts";
import { createInstallation, readInstallation, readKeys } from "../../../packages/docket/src/installation.ts";
import { readBundle } from "../../../packages/docket/src/log/record-bundle.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { docket } from "../replay/processes.ts";

/** The releases that are compared. */
export const backtestPolicies: Pick<EqualityWorld, "before" | "candidate" | "known"> = {
  before: fileURLToPath(new URL("before/", import.meta.url)),
  candidate: fileURLToPath(new URL("candidate/", import.meta.url)),
  known: fileURLToPath(new URL("known/", import.meta.url)),
};

/** Where it works, and by what. */
export type EqualityWorld = {
  readonly directory: string;
  /** Events in the order of their time, a line of JSON each, in Docket's form. */
  readonly events: readonly string[];
  readonly before: string;
  readonly candidate: string;
  /** A candidate that reads nothing but what recorded facts hold. */
  readonly known: string;
  readonly say: (text: string) => void;
};

/** A line of the campaign's table. */
export type EqualityRow = {
  readonly check: string;
  readonly decisions: number;
  readonly changed: number;
  /** What the backtest says otherwise than what really came out: the first of it. */
  readonly wrong: readonly string[];
  readonly report: BacktestReport;
};

/** What of a decision is compared. */
type Outcome = Pick<DecisionBody, "actor" | "outcome" | "restrictions"> & { facts: Facts; index: number };

const differencesMax = 10;

/** A stream of comments as events, in the order of their time. */
export function eventsOf(lines: readonly string[]): string[] {
  type Comment = { id: string; ts: string; author: string; group: string; has_link: boolean; text: string };
  return lines
    .map((line) => JSON.parse(line) as Comment)
    .sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0))
    .map(({ id, ts, author, group, has_link: hasLink, text }) =>
      JSON.stringify({
        id,
        type: "comment",
        time: ts,
        actor: { id: author, attributes: { hasLink } },
        content: { id, text, group },
      }),
    );
}

/** Decides the stream under the release before; returns the data directory. */
export async function decideBefore(world: EqualityWorld): Promise<string> {
  const data = fresh(world, "recorded");
  const half = Math.floor(world.events.length / 2);
  await decide(world, data, world.before, world.events.slice(0, half));
  await decide(world, data, world.before, world.events.slice(half));
  return data;
}

/** The backtest from the start, with empty memory. */
export async function compareCold(world: EqualityWorld, recorded: string): Promise<EqualityRow> {
  const real = fresh(world, "cold", recorded);
  await decide(world, real, world.candidate, world.events);
  return compare("cold, from the start", world, recorded, real, { skip: 0 });
}

/** The same of a candidate for which recorded facts do. */
export async function compareKnown(world: EqualityWorld, recorded: string): Promise<EqualityRow> {
  const real = fresh(world, "known", recorded);
  await decide(world, real, world.known, world.events);
  const known = { ...world, candidate: world.known };
  const row = await compare("from facts alone", known, recorded, real, { skip: 0 });
  const { facts } = row.report.coverage;
  const wrong = facts === row.decisions ? [] : [`only ${facts} of ${row.decisions} were made from facts`];
  return { ...row, wrong: [...row.wrong, ...wrong] };
}

/** The backtest from the middle, where the candidate really came into force in the middle. */
export async function compareWarm(world: EqualityWorld, recorded: string): Promise<EqualityRow> {
  const real = fresh(world, "warm", recorded);
  const half = Math.floor(world.events.length / 2);
  await decide(world, real, world.before, world.events.slice(0, half));
  await decide(world, real, world.candidate, world.events.slice(half));
  return compare("warm, from the middle", world, recorded, real, { skip: half });
}

/** Backtests after the evidence of every fifth account is gone: what came out, and what it should be. */
export async function backtestErased(
  world: EqualityWorld,
  recorded: string,
): Promise<{ gone: number; expected: number; known: BacktestReport; before: BacktestReport }> {
  const before = await backtest(optionsOf({ candidate: world.known, data: recorded }));
  const database = new DatabaseSync(join(recorded, "sites/main/identity.sqlite"));
  const actors = database.prepare("SELECT pseudonym FROM actors ORDER BY pseudonym").all();
  const erased = new Set<string>();
  for (const [place, { pseudonym }] of actors.entries()) {
    if (place % 5 !== 0 || typeof pseudonym !== "string") continue;
    erased.add(pseudonym);
    database.prepare("DELETE FROM actors WHERE pseudonym = ?").run(pseudonym);
  }
  database.close();
  // All that the journal holds is in the files: the process stopped in good order. It holds keys too.
  const journal = join(recorded, "sites/main/journal");
  for (const name of readdirSync(journal)) rmSync(join(journal, name));
  const expected = outcomesOf(recorded).filter(({ actor }) => erased.has(actor)).length;
  const { coverage } = await backtest(optionsOf({ candidate: world.candidate, data: recorded }));
  const known = await backtest(optionsOf({ candidate: world.known, data: recorded }));
  return { gone: coverage.gone, expected, known, before };
}

async function compare(
  check: string,
  { candidate, say }: EqualityWorld,
  recorded: string,
  real: string,
  { skip }: { skip: number },
): Promise<EqualityRow> {
  const [before, expected] = [outcomesOf(recorded), outcomesOf(real)];
  const from = skip === 0 ? 0 : (before[skip]?.index ?? 0);
  const got: Compared[] = [];
  const options = optionsOf({ candidate, data: recorded, from, ...(skip > 0 && { warm: true as const }) });
  const report = await backtest({ ...options, onCompared: (compared) => got.push(compared) });
  const wrong: string[] = [];
  const tally = new Tally(options.candidate.release.policies);
  const note = (text: string): unknown => wrong.length < differencesMax && wrong.push(text);
  if (got.length !== expected.length - skip)
    note(`${got.length} decisions, ${expected.length - skip} really`);
  for (const [place, compared] of got.entries()) {
    const was = before[skip + place];
    const is = expected[skip + place];
    if (was === undefined || is === undefined) break;
    if (was.facts.event.id !== is.facts.event.id) note(`event ${place} is another one`);
    const [said, really] = [plainSide(compared.after), plainSide(sideOf(is))];
    if (!isDeepStrictEqual(said, really)) {
      note(`record ${compared.index}: backtest ${JSON.stringify(said)}, really ${JSON.stringify(really)}`);
    }
    const { index, decidedAt, actor } = compared;
    tally.add({ index, decidedAt, actor, before: sideOf(was), after: sideOf(is) });
  }
  for (const [name, value] of Object.entries(tally.report())) {
    if (!isDeepStrictEqual(report[name as keyof BacktestReport], value)) note(`report.${name} differs`);
  }
  const { facts, evidence } = report.coverage;
  say(`${check}: ${report.decisions} decisions, ${facts} from facts, ${evidence} from evidence`);
  return { check, decisions: report.decisions, changed: report.changed.decisions, wrong, report };
}

function plainSide({ outcome, fired, strikes, restrictions }: Side): unknown {
  return {
    outcome,
    fired: fired.map(({ policy, rule, mode, outcome: own, exemption }) => [
      policy,
      rule,
      mode,
      own,
      exemption,
    ]),
    strikes,
    restrictions: restrictions.map((restriction) => ({ ...restriction, id: "" })),
  };
}

function sideOf({ outcome, restrictions, facts }: Outcome): Side {
  return { outcome, restrictions, fired: facts.fired, strikes: facts.strikes, shadowed: facts.shadowed };
}

/** The decisions of a log, in its order. */
function outcomesOf(data: string): Outcome[] {
  const { source } = optionsOf({ candidate: join(data, "policy"), data });
  const { paths, origin, keys, size } = source;
  const found: Outcome[] = [];
  for (let bundle = 0; bundle * 256 < size; bundle++) {
    const width = Math.min(256, size - bundle * 256);
    const read = (path: string): Uint8Array | undefined => disk.readFile(join(paths.site, path));
    for (const { record, parts, index } of readBundle(read, bundle, width)) {
      if (record?.kind !== "decision") continue;
      const sealed = parts.find(({ name }) => name === "facts");
      const opened = sealed && openPart(sealed.bytes, "facts", keys.site, origin);
      if (opened === undefined) throw new Error(`the facts of record ${index} can't be opened`);
      const facts = JSON.parse(opened.plaintext.toString("utf8")) as Facts;
      const { actor, outcome, restrictions } = record;
      found.push({ actor, outcome, restrictions, facts, index });
    }
  }
  return found;
}

async function decide(
  { directory, say }: EqualityWorld,
  data: string,
  policy: string,
  events: readonly string[],
): Promise<void> {
  const file = join(directory, "part.ndjson");
  writeFileSync(file, events.map((line) => `${line}\n`).join(""));
  const words = ["decide", "--data", data, "--policy", policy, "--order", "file", "--quiet", file];
  const { code, stderr } = await docket(words);
  if (code !== 0) throw new Error(`decide failed:\n${stderr}`);
  say(`decided ${events.length} events in ${data}`);
}

/**
 * A directory that nothing was decided in. Rollout shares depend on keys and pseudonyms: those of `like` are
 * taken over.
 */
function fresh({ directory }: EqualityWorld, name: string, like?: string): string {
  const folder = join(directory, name);
  const base = join(directory, "base");
  if (like === undefined) {
    mkdirSync(base, { recursive: true });
    createInstallation(disk, join(base, "data"));
  }
  cpSync(base, folder, { recursive: true });
  const data = join(folder, "data");
  readKeys(readInstallation(data));
  if (like !== undefined) {
    cpSync(join(like, "sites/main/identity.sqlite"), join(data, "sites/main/identity.sqlite"));
  }
  return data;
}
