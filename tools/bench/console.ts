// SPDX-License-Identifier: Apache-2.0
// How fast the console's page of decisions is at a million of them, in a browser: from asking for something
// to the rows of the answer in the page, and how long its thread is busy while somebody scrolls.
//
//   npm run bench:console -- [--records N] [--rounds N] [--scroll SECONDS] [--directory DIR]
//                            [--data DIR] [--write docs/reference/benchmarks.md]
//
// Debian's chromium does it, over HTTP from a server beside it. The log is made first, which takes longer
// than all the rest; views, as a start would make them. --data keeps it in a directory, or takes the one that
// is there. Ends with 1 where the aims are missed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { docket, startServing } from "../../packages/docket/integration/testing/docket.ts";
import { openPage, startBrowser } from "../../packages/docket/integration/testing/pages.ts";
import { wrapKey } from "../../packages/docket/src/evidence/keys.ts";
import { randomPool } from "../../packages/docket/src/evidence/random.ts";
import type { Installation } from "../../packages/docket/src/installation.ts";
import { readKeys } from "../../packages/docket/src/installation.ts";
import { openInstallation } from "../../packages/docket/src/main.ts";
import { settleKeyStore } from "../../packages/docket/src/stores/sqlite/settle-key-store.ts";
import { openSiteIndex } from "../../packages/docket/src/stores/sqlite/site-index-client.ts";
import { repeatWindowMs } from "../../packages/docket/src/views/site-index.ts";
import { grouped, short, table, writeSection } from "./log/markdown.ts";
import { openWorkplace } from "./log/workplace.ts";
import { describeMachine } from "./machine.ts";
import { median } from "./numbers.ts";
import { contentKey, generateLog } from "./views/generated-log.ts";

const { values: options } = parseArgs({
  options: {
    records: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "5" },
    scroll: { type: "string", default: "10" },
    directory: { type: "string" },
    data: { type: "string" },
    write: { type: "string" },
  },
});
/** From asking to the first rows, and the longest that the page is busy at a time while scrolling, in ms. */
const firstResultAimMs = 300;
const longTaskAimMs = 100;
/** How long the server may take to start: it takes the whole log into its memory first, in ms. */
const startMsMax = 900_000;
/** Time between two turns of the wheel, in ms, and how far one scrolls, in px. */
const wheelEveryMs = 16;
const wheelPx = 900;

const progress = (text: string): void => void process.stderr.write(`${text}\n`);
const workplace = openWorkplace(options.directory);
try {
  await main();
} finally {
  await workplace.end();
}

type BrowserPage = Awaited<ReturnType<typeof openPage>>["page"];
/** What is asked: how it is put in, by name of the field. */
type Asked = {
  readonly name: string;
  readonly fill: Readonly<Record<string, string>>;
  readonly rounds?: number;
};
/** From asking to the rows in the page, in ms, and how many rows the first page had. */
type Answered = { readonly name: string; readonly ms: number[]; readonly status: string };
/** What scrolling came to. */
type Scrolled = { readonly rows: number; readonly longestMs: number; readonly longTasks: number };

async function main(): Promise<void> {
  const records = Number(options.records);
  const data = options.data ?? join(workplace.directory, "data");
  if (!existsSync(data)) await makeLog(data, records);
  progress("starting the server, which takes the log in");
  const t = { after: (step: () => unknown) => workplace.onEnd(async () => void (await step())) };
  const made = await docket(["apikey", "create", "--role", "admin", "--data", data]);
  const key = /dk_[A-Za-z0-9_-]{43}/.exec(made.stdout)?.[0] ?? "";
  const words = ["serve", "--listen", "127.0.0.1:0", "--data", data];
  const server = await startServing(t, words, { withinMs: startMsMax });
  const browser = await startBrowser(t);
  const { page, faults } = await openPage(browser, server.url);
  await page.goto(`${server.url}/console/decisions#key=${key}`);
  await page.locator(".decisions-rows a").first().waitFor();
  await page.getByRole("button", { name: "More filters" }).click();
  const first = (await page.locator(".decisions-actor").first().textContent()) ?? "";
  const answered: Answered[] = [];
  for (const asked of questions(first)) {
    answered.push(await measureAnswer(page, asked));
    if (asked.rounds === 1) await untilUnlocked(server.url, key);
  }
  const scrolled = await measureScrolling(page);
  await server.stop();
  if (faults.length > 0) throw new Error(`the page had faults: ${faults.join("; ")}`);
  report(records, answered, scrolled);
}

async function makeLog(data: string, records: number): Promise<void> {
  progress(`making a log of ${grouped(records)} decisions`);
  const log = await generateLog(
    data,
    records,
    (done) => progress(`  ${grouped(done)} records`),
    async (installation) => (await openInstallation(installation)).close(),
  );
  await keepActors(log.installation, log.actors);
  progress("taking it in, as a first start would");
  await (await openInstallation(log.installation)).close();
}

// Texts that were never searched are read from the evidence once, whichever search comes to them.
async function untilUnlocked(url: string, key: string): Promise<void> {
  const began = performance.now();
  const headers = { authorization: `Bearer ${key}` };
  for (let before = ""; ;) {
    const response = await fetch(`${url}/v1/decisions?text=nothinghasthisword&limit=1${before}`, { headers });
    const { older } = (await response.json()) as { older: number | null };
    if (older === null) break;
    before = `&before=${older}`;
  }
  progress(`all texts were read and unlocked in ${short((performance.now() - began) / 1000)} s`);
}

// Whose texts they are is in no journal: so that they can be searched, the identity map is told.
async function keepActors(installation: Installation, actors: readonly string[]): Promise<void> {
  const { site } = installation.paths;
  const keys = readKeys(installation);
  const identityPath = join(site, "identity.sqlite");
  const random = randomPool();
  const index = openSiteIndex({
    identityPath,
    viewsPath: join(site, "views.sqlite"),
    repeatWindowMs,
    keyStore: settleKeyStore(identityPath, keys, random),
  });
  await index.restoreActors(
    actors.map((pseudonym) => ({
      lookup: Buffer.from(pseudonym),
      pseudonym,
      wrappedKey: wrapKey(keys.keyEncryption, pseudonym, contentKey, random),
    })),
  );
  await index.makeDurable();
  await index.close();
}

function questions(actor: string): Asked[] {
  const day = { "Decided from (UTC)": "2026-10-03T00:00", "Decided before (UTC)": "2026-10-03T06:00" };
  return [
    { name: "a rule", fill: { Rule: "comments/rule-3" } },
    { name: "an actor", fill: { Actor: actor } },
    { name: "a kind of event", fill: { "Kind of event": "comment" } },
    { name: "six hours of an earlier day", fill: day },
    { name: "a rule in these hours", fill: { Rule: "rule-5", ...day } },
    { name: "a rule that never fired", fill: { Rule: "comments/never" } },
    {
      name: "a word, the first time: texts are locked",
      fill: { "Words that were posted": "village" },
      rounds: 1,
    },
    { name: "a word", fill: { "Words that were posted": "river" } },
    { name: "words, one of them begun", fill: { "Words that were posted": "winter summ* road" } },
    { name: "a word of a rule's decisions", fill: { "Words that were posted": "water", Rule: "rule-7" } },
  ];
}

async function measureAnswer(
  page: BrowserPage,
  { name, fill, rounds = Number(options.rounds) }: Asked,
): Promise<Answered> {
  const ms: number[] = [];
  let status = "";
  for (let round = 0; round < rounds; round++) {
    for (const [label, value] of Object.entries(fill)) {
      await page.getByLabel(label, { exact: true }).fill(value);
    }
    const submit = `document.querySelector(".decisions-filters").requestSubmit()`;
    const [took, said] = await page.evaluate<[number, string]>(untilRows(submit));
    ms.push(took);
    status = said;
    // Back to all of them, so that each round asks anew.
    const clear = `[...document.querySelectorAll(".decisions-words button")].at(-1).click()`;
    await page.evaluate(untilRows(clear));
    const more = page.getByRole("button", { name: "More filters" });
    if (await more.isVisible()) await more.click();
  }
  progress(`${name}: ${short(median(ms))} ms, at most ${short(Math.max(...ms))} (${status})`);
  return { name, ms, status };
}

// Does something, and waits until other rows, or none, are in the page and painted.
function untilRows(action: string): string {
  return `new Promise((resolve) => {
    const before = document.querySelector(".decisions-found");
    const began = performance.now();
    ${action};
    const look = () => {
      const now = document.querySelector(".decisions-found");
      const done = now !== before && now?.querySelector(".decisions-rows a, .empty");
      if (!done) return requestAnimationFrame(look);
      resolve([performance.now() - began, now.querySelector("[role=status]").textContent]);
    };
    look();
  })`;
}

async function measureScrolling(page: BrowserPage): Promise<Scrolled> {
  const grid = page.getByRole("grid");
  await grid.hover();
  await page.evaluate(`(() => {
    window.longest = 0; window.longTasks = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        window.longTasks += 1;
        window.longest = Math.max(window.longest, duration);
      }
    }).observe({ type: "longtask" });
  })()`);
  const scroll = async (px: number): Promise<void> => {
    const until = performance.now() + Number(options.scroll) * 1000;
    while (performance.now() < until) {
      await page.mouse.wheel(0, px);
      await page.waitForTimeout(wheelEveryMs);
    }
  };
  await scroll(wheelPx);
  const rowsDown = Number(await page.evaluate(`document.querySelector("[role=grid]").scrollTop / 32`));
  // In leaps, page after page, and back through what was left behind.
  await grid.focus();
  for (let at = 0; at < 60; at++) {
    await page.keyboard.press("End");
    await page.waitForTimeout(wheelEveryMs * 4);
  }
  const rows = Number(await page.evaluate(`document.querySelector("[role=grid]").scrollTop / 32`));
  await scroll(-wheelPx);
  const [longestMs, longTasks] = await page.evaluate<[number, number]>("[window.longest, window.longTasks]");
  progress(`scrolled to row ${grouped(rowsDown)}, leapt to ${grouped(rows)}; longest task ${longestMs} ms`);
  return { rows, longestMs, longTasks };
}

function report(records: number, answered: readonly Answered[], scrolled: Scrolled): void {
  const rows = answered.map(({ name, ms }) => [name, short(median(ms)), short(Math.max(...ms))]);
  const { cpu, cores, memoryGiB, system, node } = describeMachine();
  const { longestMs, longTasks } = scrolled;
  const longest =
    longTasks === 0
      ? "no task of the page took over 50 ms"
      : `the longest task of the page took ${short(longestMs)} ms`;
  const text =
    `${table([["asked for", "median, ms", "longest, ms"], ...rows], 1)}\n\n` +
    `From asking to the rows in the page; the aim is ${firstResultAimMs} ms. Scrolling down and back for ` +
    `${options.scroll} s each, and in leaps to row ${grouped(scrolled.rows)}: ${longest}; the aim is none ` +
    `over ${longTaskAimMs} ms. Made by \`npm run bench:console -- --records ${options.records}\` on ` +
    `${new Date().toISOString().slice(0, 10)}: ${grouped(records)} decisions, ${cpu}, ${cores} cores, ` +
    `${memoryGiB} GiB, ${system}, Node ${node}, Debian's chromium.`;
  process.stdout.write(`\n## console\n\n${text}\n`);
  if (options.write !== undefined) writeSection(options.write, "console", text);
  // What unlocks is told, and no promise: a thread has to begin.
  const slow = answered.filter(({ name, ms }) => !/locked/.test(name) && median(ms) > firstResultAimMs);
  if (slow.length === 0 && longestMs <= longTaskAimMs) return;
  const missed = slow.map(({ name }) => name).join(", ");
  progress(`missed: ${missed}${longestMs > longTaskAimMs ? " scrolling" : ""}`);
  process.exitCode = 1;
}
