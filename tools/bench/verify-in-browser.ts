// SPDX-License-Identifier: Apache-2.0
// How long a browser takes to verify a whole log, on the console's own page: fetched over HTTP, every record,
// hash and signature checked in a worker.
//
//   npm run bench:verify-browser -- [--records N] [--directory DIR] [--data DIR]
//                                   [--write docs/reference/benchmarks.md]
//
// Debian's chromium does it. The log is made first, which takes longer than all the rest; --data names a data
// directory that is there already instead.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { docket, startServing } from "../../packages/docket/integration/testing/docket.ts";
import { openPage, startBrowser } from "../../packages/docket/integration/testing/pages.ts";
import { readKeys } from "../../packages/docket/src/installation.ts";
import type { Installation } from "../../packages/docket/src/installation.ts";
import { openInstallation } from "../../packages/docket/src/main.ts";
import { grouped, short, table, writeSection } from "./log/markdown.ts";
import { openWorkplace } from "./log/workplace.ts";
import { describeMachine } from "./machine.ts";
import { median } from "./numbers.ts";
import { rebuildViews } from "../../packages/docket/src/rebuild/rebuild-views.ts";
import { generateLog } from "./views/generated-log.ts";

const { values: options } = parseArgs({
  options: {
    records: { type: "string", default: "100000" },
    rounds: { type: "string", default: "3" },
    directory: { type: "string" },
    data: { type: "string" },
    write: { type: "string" },
  },
});
/** What issue and documentation promise of 100,000 records, in seconds. */
const aimSeconds = 10;
/** How long a run may take, in ms. */
const runMsMax = 90_000;
const progress = (text: string): void => void process.stderr.write(`${text}\n`);
const workplace = openWorkplace(options.directory);
try {
  await main();
} finally {
  await workplace.end();
}

/** What a run found: the page's own figures, and how often it told how far it was. */
type Run = { seconds: number; records: number; steps: number; longestTaskMs: number; headline: string };

async function main(): Promise<void> {
  const records = Number(options.records);
  const data = options.data ?? join(workplace.directory, "data");
  if (!existsSync(data)) {
    progress(`making a log of ${grouped(records)} decisions`);
    await makeLog(data, records);
  }
  const t = { after: (step: () => unknown) => workplace.onEnd(async () => void (await step())) };
  const made = await docket(["apikey", "create", "--role", "auditor", "--data", data]);
  const key = /dk_[A-Za-z0-9_-]{43}/.exec(made.stdout)?.[0] ?? "";
  const server = await startServing(t, ["serve", "--listen", "127.0.0.1:0", "--data", data]);
  const browser = await startBrowser(t);
  const runs: Run[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    const { page, context } = await openPage(browser, server.url);
    await page.goto(`${server.url}/console/log/verify#key=${key}`);
    const run = await verify(page);
    progress(`${short(run.seconds)} s, told ${run.steps} times how far it was: ${run.headline}`);
    runs.push(run);
    await context.close();
  }
  await server.stop();
  report(runs);
}

type BrowserPage = Awaited<ReturnType<typeof openPage>>["page"];

async function verify(page: BrowserPage): Promise<Run> {
  const button = page.getByRole("button", { name: "Verify the whole log" });
  await button.waitFor();
  // The page's policy forbids the eval by which the driver would wait for this itself.
  const keys = page.locator("textarea").first();
  await keys.waitFor();
  while ((await keys.inputValue()) === "") await sleep(20);
  // What the page itself does must leave it fluid: tasks of its thread over 50 ms are counted.
  await page.evaluate(`(() => {
    window.longest = 0; window.steps = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: "longtask" });
    new MutationObserver((changes) => {
      if (changes.some(({ target }) => target.nodeName === "PROGRESS")) window.steps += 1;
    }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["value"] });
  })()`);
  const begunMs = performance.now();
  await button.click();
  const heading = page.getByRole("heading", { name: "What was checked" });
  await heading.waitFor({ timeout: runMsMax });
  const seconds = (performance.now() - begunMs) / 1000;
  const headline = (await page.locator(".note strong").first().textContent()) ?? "";
  const records = Number(/[\d,]+/.exec(headline)?.[0].replaceAll(",", ""));
  if (!headline.startsWith("All ")) throw new Error(`it was not verified: ${headline}`);
  const steps = Number(await page.evaluate("window.steps"));
  const longestTaskMs = Number(await page.evaluate("window.longest"));
  return { seconds, records, steps, longestTaskMs, headline };
}

// Record 0 and what a start seals, then decisions by the log alone: the policy has no part in this.
async function makeLog(data: string, records: number): Promise<void> {
  const begin = async (installation: Installation): Promise<void> => {
    const opened = await openInstallation(installation);
    // The first event has the site say what its log is.
    const event = { id: "first", type: "comment", actor: { id: "first" }, content: { text: "hello" } };
    const how = { dryRun: false, by: "operator", source: "file", receivedMs: Date.now() } as const;
    await opened.site.decide({ event, ...how });
    await opened.close();
  };
  const { installation } = await generateLog(
    data,
    records,
    (done) => progress(`  ${grouped(done)} records`),
    begin,
  );
  const { paths, origin } = installation;
  progress("making its views");
  // The server would make its views before it answers, which takes longer than whoever starts it waits.
  await rebuildViews({
    site: paths.site,
    origin,
    siteKey: readKeys(installation).site,
    viewsPath: join(paths.site, "views.sqlite"),
    size: (JSON.parse(readFileSync(paths.state, "utf8")) as { size: number }).size,
    nowMs: () => performance.now(),
  });
  progress("opening it");
  await (await openInstallation(installation)).close();
}

function report(runs: readonly Run[]): void {
  const seconds = median(runs.map((run) => run.seconds));
  const [records = 0] = runs.map((run) => run.records);
  const perSecond = records / seconds;
  const rows = [
    ["records", "s", "records a second", "longest task of the page, ms"],
    [
      grouped(records),
      short(seconds),
      grouped(Number(perSecond.toPrecision(3))),
      short(Math.max(...runs.map((run) => run.longestTaskMs))),
    ],
  ];
  const { cpu, cores, memoryGiB, system, node } = describeMachine();
  const text =
    `${table(rows, 0)}\n\nThe aim is ${aimSeconds} s for 100,000 records. Made by ` +
    `\`npm run bench:verify-browser -- --records ${options.records}\` on ` +
    `${new Date().toISOString().slice(0, 10)}: ` +
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, Debian's chromium. Median of ` +
    `${runs.length}.`;
  process.stdout.write(`\n## verify-browser\n\n${text}\n`);
  if (options.write !== undefined) writeSection(options.write, "verify-browser", text);
  if (records >= 100_000 && perSecond < 100_000 / aimSeconds) {
    progress(`that is slower than 100,000 records in ${aimSeconds} s`);
    process.exitCode = 1;
  }
}
