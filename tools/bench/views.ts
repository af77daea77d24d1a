// SPDX-License-Identifier: Apache-2.0
// How fast the views are at a million records: made again from the log, and asked.
//
//   npm run bench:views -- [--records N] [--queries N] [--directory DIR] [--json FILE]
//                          [--write docs/reference/benchmarks.md]
//
// The log is made first, which takes longer than all the rest. Rates are by the clock, and by the processor
// time that all threads used: on a machine with other work the second one is what compares.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { restrictionsAt } from "@docket/policy";
import type { Standing } from "@docket/policy";
import { readKeys } from "../../packages/docket/src/installation.ts";
import { timelineOf } from "../../packages/docket/src/patterns/timeline.ts";
import { rebuildViews } from "../../packages/docket/src/rebuild/rebuild-views.ts";
import { openSiteIndex } from "../../packages/docket/src/stores/sqlite/site-index-client.ts";
import type { SiteIndex } from "../../packages/docket/src/views/site-index.ts";
import { repeatWindowMs } from "../../packages/docket/src/views/site-index.ts";
import { grouped, short, table, writeSection } from "./log/markdown.ts";
import { openWorkplace } from "./log/workplace.ts";
import { describeMachine } from "./machine.ts";
import { median, quantile } from "./numbers.ts";
import { generateLog, pick } from "./views/generated-log.ts";
import type { GeneratedLog } from "./views/generated-log.ts";

const { values: options } = parseArgs({
  options: {
    records: { type: "string", default: "1000000" },
    queries: { type: "string", default: "200" },
    directory: { type: "string" },
    json: { type: "string" },
    write: { type: "string" },
  },
});
const progress = (text: string): void => void process.stderr.write(`${text}\n`);
const workplace = openWorkplace(options.directory);
try {
  await main();
} finally {
  await workplace.end();
}

/** Times of a query, in ms. */
type Times = { p50Ms: number; p99Ms: number; aimMs: number };
/** All that is measured. */
type Results = {
  records: number;
  rebuild: { seconds: number; perSecond: number; cpuSeconds: number; perCpuSecond: number };
  queries: Record<string, Times>;
};

async function main(): Promise<void> {
  const records = positive("--records", options.records);
  progress(`making a log of ${grouped(records)} records in ${workplace.directory}`);
  const log = await generateLog(join(workplace.directory, "views"), records, (done) => {
    progress(`  ${grouped(done)} records`);
  });
  const rebuild = await measureRebuild(log);
  const results: Results = { records, rebuild, queries: await measureQueries(log) };
  const text = `${tableOf(results)}\n\n${factsOf()}`;
  process.stdout.write(`\n## views\n\n${text}\n`);
  if (options.write !== undefined) writeSection(options.write, "views", text);
  if (options.json === undefined) return;
  const at = new Date().toISOString();
  const measured = {
    format: "docket-bench-views/v1",
    at,
    version: version(),
    machine: describeMachine(),
    ...results,
  };
  writeFileSync(options.json, `${JSON.stringify(measured, undefined, 2)}\n`);
}

async function measureRebuild({ installation }: GeneratedLog): Promise<Results["rebuild"]> {
  progress("making the views again");
  const { paths, origin } = installation;
  const before = process.cpuUsage();
  const { records, tookMs } = await rebuildViews({
    site: paths.site,
    origin,
    siteKey: readKeys(installation).site,
    viewsPath: join(paths.site, "views.sqlite"),
    size: Number(JSON.parse(readFileSync(paths.state, "utf8")).size),
    nowMs: () => performance.now(),
  });
  const used = process.cpuUsage(before);
  const cpuSeconds = (used.user + used.system) / 1_000_000;
  const seconds = tookMs / 1000;
  return { seconds, perSecond: records / seconds, cpuSeconds, perCpuSecond: records / cpuSeconds };
}

async function measureQueries({ installation, actors }: GeneratedLog): Promise<Results["queries"]> {
  const { site } = installation.paths;
  const index = openSiteIndex({
    identityPath: join(site, "identity.sqlite"),
    viewsPath: join(site, "views.sqlite"),
    repeatWindowMs,
  });
  try {
    progress("asking");
    const account = (actor: string): Buffer => Buffer.from(actor);
    await index.restoreActors(
      actors.map((pseudonym) => ({ lookup: account(pseudonym), pseudonym, wrappedKey: Buffer.alloc(60) })),
    );
    const { standings } = await index.state();
    const memory = new Map(standings.map(({ actor, state }) => [actor, JSON.parse(state) as Standing]));
    const some = (): string => pick(actors, Math.floor(Math.random() * actors.length));
    const campaigns = await largestCampaigns(index);
    const campaign = (): string => pick(campaigns, Math.floor(Math.random() * campaigns.length));
    return {
      "an account's standing, the account looked up": await timed(1, async () => {
        const actor = some();
        const found = await index.find({ event: Buffer.alloc(16), account: account(actor) });
        const standing = memory.get(found.actor?.pseudonym ?? "");
        if (standing !== undefined) restrictionsAt(standing, Date.now());
      }),
      "an actor's page: 50 entries, and figures of all": await timed(20, async () => {
        await timelineOf(index, some(), { limit: 50 });
      }),
      "the page of the actor with the most decisions": await timed(20, async () => {
        await timelineOf(index, pick(actors, 0), { limit: 50 });
      }),
      "a campaign: its last 100 decisions": await timed(200, async () => {
        await index.decisions({ campaign: campaign(), order: "descending", limit: 100 });
      }),
      "a rule's last 100 decisions": await timed(200, async () => {
        await index.decisions({ rule: "comments/rule-3", order: "descending", limit: 100 });
      }),
      "the review queue's page: last 50 flagged or held": await timed(20, async () => {
        await index.decisions({ outcomes: ["flag", "hold"], order: "descending", limit: 50 });
      }),
    };
  } finally {
    await index.close();
  }
}

async function largestCampaigns(index: SiteIndex): Promise<string[]> {
  const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, decisionsMin: 1, actorsMin: 1, refusedMin: 0 };
  const groups = await index.decisionGroups({ ...all, outcomesMin: 1, by: "campaign", limit: 100 });
  return groups.map(({ key }) => key);
}

async function timed(aimMs: number, ask: () => Promise<void>): Promise<Times> {
  const times: number[] = [];
  const queries = positive("--queries", options.queries);
  // The first few open statements and read pages.
  for (let at = -5; at < queries; at++) {
    const began = performance.now();
    await ask();
    if (at >= 0) times.push(performance.now() - began);
  }
  return { p50Ms: median(times), p99Ms: quantile(times, 0.99), aimMs };
}

function tableOf({ records, rebuild, queries }: Results): string {
  const rows = Object.entries(queries).map(([name, { p50Ms, p99Ms, aimMs }]) => [
    name,
    short(p50Ms),
    short(p99Ms),
    String(aimMs),
  ]);
  const { seconds, perSecond, cpuSeconds, perCpuSecond } = rebuild;
  const said =
    `${grouped(records)} records made into views, indexes included: ${short(seconds)} s, ` +
    `${grouped(perSecond)} a second; ${short(cpuSeconds)} s of processor time, ` +
    `${grouped(perCpuSecond)} records for each second of it. The aim is 100,000 a second.`;
  return `${said}\n\n${table([["asked", "p50, ms", "p99, ms", "aim, ms"], ...rows], 1)}`;
}

function factsOf(): string {
  const { cpu, cores, memoryGiB, system, node } = describeMachine();
  return (
    `Made by \`npm run bench:views -- --records ${options.records}\` on ` +
    `${new Date().toISOString().slice(0, 10)}, Docket ${version()}: ${cpu}, ${cores} cores, ` +
    `${memoryGiB} GiB, ${workplace.fileSystem}, ${system}, Node ${node}.`
  );
}

function version(): string {
  const text = readFileSync(new URL("../../packages/docket/package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isSafeInteger(value)) return value;
  throw new Error(`${name} ${text} is not a positive whole number`);
}
