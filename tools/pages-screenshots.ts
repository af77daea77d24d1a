// SPDX-License-Identifier: Apache-2.0
// Pictures of the pages, in both themes and narrow, of a site that is made for it.
//
//   npm run pages:screenshots [-- DIRECTORY]
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  missingBrowser,
  openPage,
  serveSite,
  startBrowser,
} from "../packages/docket/integration/testing/pages.ts";
import type { PagesSite } from "../packages/docket/integration/testing/pages.ts";
import type { Browser, Page } from "playwright-core";

const wide = { width: 1000, height: 900 };
const narrow = { width: 400, height: 800 };

type Picture = { name: string; path: string; act: (page: Page, site: PagesSite) => Promise<void> };

const pictures: readonly Picture[] = [
  { name: "check-empty", path: "/check", act: async (page) => page.getByLabel("The log's key").waitFor() },
  {
    name: "check-verified",
    path: "/check",
    act: async (page, { receipt }) => {
      await page.locator("#keys-note:not(:empty)").waitFor();
      await page.locator("#file").setInputFiles(fileOf(receipt));
      await page.locator("#result[data-verdict=verified]").waitFor();
    },
  },
  {
    name: "check-failed",
    path: "/check?lang=de",
    act: async (page, { receipt }) => {
      await page.locator("#keys-note:not(:empty)").waitFor();
      await page
        .locator("#file")
        .setInputFiles(fileOf(receipt.replace("reject", "delay!").replace("delay!", "delay")));
      await page.locator("#result[data-verdict=failed]").waitFor();
    },
  },
  {
    name: "check-unproven",
    path: "/check",
    act: async (page, { receipt }) => {
      await page.locator("#keys-note:not(:empty)").waitFor();
      await page.locator("#keys").fill("");
      await page.locator("#file").setInputFiles(fileOf(receipt));
      await page.locator("#result[data-verdict=unproven]").waitFor();
    },
  },
  { name: "dispute-without-token", path: "/dispute", act: async (page) => page.locator("#token").waitFor() },
  {
    name: "dispute-none",
    path: "/dispute#TOKEN",
    act: async (page) => page.locator("[data-phase=none]").waitFor(),
  },
  { name: "transparency", path: "/transparency", act: async (page) => page.locator("#signature").waitFor() },
];
const later: readonly Picture[] = [
  {
    name: "dispute-open",
    path: "/dispute?lang=de#TOKEN",
    act: async (page) => page.locator("[data-phase=open]").waitFor(),
  },
];
const last: readonly Picture[] = [
  {
    name: "dispute-overturned",
    path: "/dispute#TOKEN",
    act: async (page) => page.locator("[data-phase=overturned]").waitFor(),
  },
];

process.exitCode = await main(process.argv[2] ?? mkdtempSync(join(tmpdir(), "docket-pictures-")));

async function main(directory: string): Promise<number> {
  const missing = missingBrowser();
  if (missing !== undefined) {
    console.error(missing);
    return 1;
  }
  mkdirSync(directory, { recursive: true });
  const ends: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => ends.unshift(end) } as unknown as TestContext;
  try {
    const site = await serveSite(t);
    const browser = await startBrowser(t);
    await take(directory, browser, site, pictures);
    const headers = { authorization: `Bearer ${site.token}`, "content-type": "application/json" };
    const body = JSON.stringify({
      text: "I asked where the shop was that somebody else had named.\nI sell nothing.",
      language: "en",
    });
    const opened = await fetch(`${site.server.url}/v1/disputes`, { method: "POST", headers, body });
    const { dispute } = (await opened.json()) as { dispute: number };
    await site.post(`disputes/${dispute}/messages`, {
      text: "Which comment did you answer?",
      language: "en",
    });
    await take(directory, browser, site, later);
    const ruling = {
      ruling: "overturned",
      reason: "mistaken",
      told: { en: "You are right: you answered somebody. We are sorry." },
    };
    await site.post(`disputes/${dispute}/ruling`, ruling);
    await take(directory, browser, site, last);
  } finally {
    for (const end of ends) await end();
  }
  console.log(directory);
  return 0;
}

async function take(
  directory: string,
  browser: Browser,
  site: PagesSite,
  all: readonly Picture[],
): Promise<void> {
  const { url } = site.server;
  for (const { name, path, act } of all) {
    for (const [kind, viewport, colorScheme] of [
      ["light", wide, "light"],
      ["dark", wide, "dark"],
      ["narrow", narrow, "light"],
    ] as const) {
      const { page, context, faults } = await openPage(browser, url, { viewport, colorScheme });
      await page.goto(url + path.replace("TOKEN", site.token));
      await act(page, site);
      await page.screenshot({ path: join(directory, `${name}-${kind}.png`), fullPage: true });
      for (const fault of faults) console.error(`${name}-${kind}: ${fault}`);
      await context.close();
    }
  }
}

function fileOf(text: string): { name: string; mimeType: string; buffer: Buffer } {
  return { name: "receipt.json", mimeType: "application/json", buffer: Buffer.from(text) };
}
