// SPDX-License-Identifier: Apache-2.0
// Pictures of every page of the console, in both themes, wide and narrow, of a site that has decided the
// shipped sample.
//
//   npm run console:screenshots [-- DIRECTORY] [--only NAMES] [--front]
//
// --front takes those that the README and the documentation show, into docs/images.
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { openConsole, serveConsole } from "../packages/docket/integration/testing/console.ts";
import type { ConsoleSite, Look } from "../packages/docket/integration/testing/console.ts";
import { missingBrowser, startBrowser } from "../packages/docket/integration/testing/pages.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
/** How long a page may go on loading what it shows, in ms. */
const settleMs = 1_500;
/** What follows the log is asked for so often, with so many ms between. */
const triesMax = 50;
const triesMs = 100;

/** What of a site pages are named by. */
type Found = {
  decision: number;
  actor: string;
  dispute: number;
  waiting: number | undefined;
  campaign: string | undefined;
};
type Picture = {
  name: string;
  path: (found: Found) => string | undefined;
  act?: (page: Page) => Promise<void>;
};

const pictures: readonly Picture[] = [
  { name: "overview", path: () => "/" },
  { name: "decisions", path: () => "/decisions" },
  { name: "decision", path: ({ decision }) => `/decisions/${decision}` },
  { name: "actors", path: () => "/actors" },
  { name: "actor", path: ({ actor }) => `/actors/${actor}` },
  { name: "campaigns", path: () => "/campaigns" },
  {
    name: "campaign",
    path: ({ campaign }) => (campaign === undefined ? undefined : `/campaigns/${campaign}`),
  },
  { name: "findings", path: () => "/findings" },
  { name: "queue", path: () => "/queue" },
  { name: "case", path: ({ waiting }) => (waiting === undefined ? undefined : `/queue/${waiting}`) },
  { name: "reports", path: () => "/reports" },
  { name: "disputes", path: () => "/disputes" },
  { name: "dispute", path: ({ dispute }) => `/disputes/${dispute}` },
  { name: "corrections", path: () => "/corrections" },
  { name: "approvals", path: () => "/approvals" },
  { name: "policy", path: () => "/policy" },
  { name: "policy-edit", path: () => "/policy/edit" },
  { name: "policy-history", path: () => "/policy/history" },
  { name: "policy-backtests", path: () => "/policy/backtests" },
  { name: "try", path: () => "/try" },
  { name: "log", path: () => "/log" },
  { name: "record", path: ({ decision }) => `/log/${decision}` },
  { name: "verify", path: () => "/log/verify" },
  { name: "developer", path: () => "/developer" },
  { name: "alerts", path: () => "/alerts" },
  { name: "settings", path: () => "/settings" },
];
/** Those that documentation shows. */
const front: readonly string[] = ["overview", "decision", "dispute", "policy-edit"];
const looks: readonly (Look & { name: string })[] = [
  { name: "light", width: 1280, height: 860, scheme: "light" },
  { name: "dark", width: 1280, height: 860, scheme: "dark" },
  { name: "narrow", width: 400, height: 860, scheme: "light" },
];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: "string" }, front: { type: "boolean", default: false } },
  });
  const missing = missingBrowser();
  if (missing !== undefined) {
    console.error(missing);
    return 1;
  }
  const directory = values.front
    ? join(root, "docs/images")
    : (positionals[0] ?? mkdtempSync(join(tmpdir(), "docket-console-pictures-")));
  mkdirSync(directory, { recursive: true });
  const names = values.front ? front : values.only?.split(",");
  const chosen = pictures.filter(({ name }) => names === undefined || names.includes(name));
  const ends: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => ends.unshift(end) } as unknown as TestContext;
  try {
    const site = await serveConsole(t, { policies: policies() });
    const found = await fill(site);
    const browser = await startBrowser(t);
    const faults: string[] = [];
    for (const picture of chosen) {
      for (const look of values.front ? looks.slice(0, 1) : looks) {
        faults.push(...(await take(directory, browser, site, found, picture, look, values.front)));
      }
    }
    for (const fault of faults) console.log(fault);
    console.log(`in ${directory}`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    for (const end of ends) await end();
  }
}

async function take(
  directory: string,
  browser: Browser,
  site: ConsoleSite,
  found: Found,
  { name, path, act }: Picture,
  look: Look & { name: string },
  plain: boolean,
): Promise<string[]> {
  const at = path(found);
  if (at === undefined) return [`${name}: the site has nothing to show there`];
  const { page, context, faults } = await openConsole(browser, site, at, look);
  await page.waitForLoadState("domcontentloaded");
  await page.waitForTimeout(settleMs);
  await act?.(page);
  const file = plain ? `console-${name}.png` : `${name}-${look.name}.png`;
  await page.screenshot({ path: join(directory, file) });
  await context.close();
  return faults.map((fault) => `${name}, ${look.name}: ${fault}`);
}

type Answer = { decision?: { index: number; outcome: string; actor?: string } };

/** Has a site decide the sample, and people do what there is to see. */
async function fill(site: ConsoleSite): Promise<Found> {
  const events = readFileSync(join(root, "examples/comments.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { time?: string; actor: { id: string } });
  // As if it were all said now.
  for (const event of events) delete event.time;
  const response = await fetch(`${site.server.url}/v1/decisions/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${site.server.key}`, "content-type": "application/x-ndjson" },
    body: events.map((event) => JSON.stringify(event)).join("\n"),
  });
  const answers = (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  const place = answers.findLastIndex(({ decision }) => decision?.outcome === "reject");
  const refused = answers[place]?.decision;
  const account = events[place]?.actor.id;
  if (refused === undefined || account === undefined) {
    throw new Error(`nothing of the sample was refused: ${JSON.stringify(answers.at(-1))}`);
  }
  const about = `/v1/actors/${encodeURIComponent(account)}`;
  const { dispute } = await site.post<{ dispute: number }>(`${about}/disputes`, {
    index: refused.index,
    text: "I only wanted to recommend a song. Please look again.",
    language: "en",
  });
  const cases = await soon(async () => (await site.get<{ cases: { of: number }[] }>("/v1/queue")).cases);
  const campaigns = await soon(
    async () => (await site.get<{ campaigns: { campaign: string }[] }>("/v1/campaigns")).campaigns,
  );
  return {
    decision: refused.index,
    actor: encodeURIComponent(account),
    dispute,
    waiting: cases[0]?.of,
    campaign: campaigns[0]?.campaign,
  };
}

/** What is there as soon as there is any of it: the views follow the log. */
async function soon<T>(read: () => Promise<T[]>): Promise<T[]> {
  for (let tries = 0; tries < triesMax; tries++) {
    const found = await read();
    if (found.length > 0) return found;
    await sleep(triesMs);
  }
  return [];
}

/** The shipped policy, but that it acts on accounts, too. */
function policies(): Record<string, string> {
  const shipped = readFileSync(join(root, "packages/docket/assets/policies/comments.yaml"), "utf8");
  return { "comments.yaml": shipped.replace(/^restrictions: shadow\n/m, "") };
}
