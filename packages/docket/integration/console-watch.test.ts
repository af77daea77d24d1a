// SPDX-License-Identifier: Apache-2.0
// What the console shows of what happens: the overview with decisions as they come, campaigns, findings.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { startBrowser } from "./testing/pages.ts";

const copied = "A simple secret system from my uncle made me nine thousand this month, ask me how";

let site: ConsoleSite;
let browser: Browser | undefined;
const ends: (() => unknown)[] = [];

// One site and one browser for all tests: each test adds to it what it looks at.
before(async () => {
  const t: unknown = { after: (end: () => unknown) => void ends.unshift(end), skip: () => undefined };
  site = await serveConsole(t as TestContext);
  browser = await startBrowser(t as TestContext);
});
after(async () => {
  for (const end of ends) await end();
});

async function campaign(): Promise<string> {
  for (let place = 0; place < 6; place++) {
    await site.say({ id: `copy-${place}`, actor: `ring-${place}`, text: copied });
  }
  const { campaigns } = await site.get<{ campaigns: { campaign: string; actors: number }[] }>(
    "/v1/campaigns",
  );
  const [first] = campaigns;
  assert.ok(first !== undefined && first.actors === 6, JSON.stringify(campaigns));
  return first.campaign;
}

/** The first decision, as the overview knows it a moment after it was made. */
async function firstDecision(): Promise<number> {
  for (;;) {
    const { firstSteps } = await site.get<{ firstSteps: { firstDecision: number | null } }>("/v1/overview");
    if (firstSteps.firstDecision !== null) return firstSteps.firstDecision;
    await sleep(100);
  }
}

function heading(page: Page, name: string): Promise<void> {
  return page.getByRole("heading", { name, level: 2 }).waitFor();
}

test("the overview says what to do first, and shows a decision as it comes", async (t) => {
  if (browser === undefined) return t.skip("there is no browser");
  const { page, context, faults } = await openConsole(browser, site, "/");
  await heading(page, "First steps");
  await page.getByText("Nothing was decided yet.").waitFor();
  await page.getByText("all is sealed").waitFor();
  const index = await site.say({ id: "first", actor: "alice", text: "Thank you, that is a lovely song" });
  const row = page.locator(".overview-live").getByRole("link", { name: String(index), exact: true });
  await row.waitFor();
  // Pausing keeps what comes back; going on shows it.
  await page.keyboard.press("p");
  await page.getByText("paused").waitFor();
  const second = await site.say({ id: "second", actor: "bob", text: "And thank you, too" });
  const later = page.locator(".overview-live").getByRole("link", { name: String(second), exact: true });
  await page.waitForTimeout(1200);
  assert.equal(await later.count(), 0);
  await page.keyboard.press("p");
  await later.waitFor();
  await later.click();
  await page.waitForURL(`**/console/decisions/${second}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the first steps are ticked off as the log has them, and can be put away", async (t) => {
  if (browser === undefined) return t.skip("there is no browser");
  await site.get(`/v1/decisions/${await firstDecision()}`);
  const { page, context, faults } = await openConsole(browser, site, "/");
  await page.getByText("2 of 4 done").waitFor();
  await page.getByRole("button", { name: "Put away" }).click();
  await page.getByRole("heading", { name: "First steps" }).waitFor({ state: "detached" });
  await page.reload();
  await heading(page, "Sealing");
  assert.equal(await page.getByRole("heading", { name: "First steps" }).count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a campaign is found from the list, and its picture says who shares what", async (t) => {
  if (browser === undefined) return t.skip("there is no browser");
  const id = await campaign();
  const { page, context, faults } = await openConsole(browser, site, "/campaigns");
  await page.getByRole("row").nth(1).getByRole("link").click();
  await page.waitForURL(`**/console/campaigns/${id}`);
  const picture = page.getByRole("region", { name: "Who shares what with whom" }).first();
  await picture.waitFor();
  assert.equal(await picture.getByRole("link", { name: /a_/ }).count(), 6);
  await page.getByRole("button", { name: "Make a case file" }).click();
  await page.getByRole("textbox").fill("asked by the platform's lawyer");
  const kept = page.waitForEvent("download");
  await page.getByRole("button", { name: "Make it", exact: true }).click();
  assert.match((await kept).suggestedFilename(), /^docket-case-\d+\.(html|json)$/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("findings are narrowed and drawn by keyboard alone", async (t) => {
  if (browser === undefined) return t.skip("there is no browser");
  await campaign();
  const { page, context, faults } = await openConsole(browser, site, "/overview-is-not-here");
  await page.goto(`${site.server.url}/console`);
  await heading(page, "Sealing");
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.waitForURL("**/console/findings");
  await heading(page, "Campaigns");
  await tabTo(page, "Repeat offenders");
  await page.keyboard.press("Space");
  await page.getByText("Nothing stands out.").waitFor();
  assert.match(page.url(), /kind=offender/);
  await page.keyboard.press("Space");
  await heading(page, "Campaigns");
  await tabTo(page, "Who shares what");
  await page.keyboard.press("Enter");
  const picture = page.getByRole("region", { name: "Who shares what with whom" }).first();
  await picture.waitFor();
  await tabTo(page, /^Account a_/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/console/actors/a_*");
  assert.deepEqual(faults, []);
  await context.close();
});

test("what a role may not read is not shown", async (t) => {
  if (browser === undefined) return t.skip("there is no browser");
  const id = await campaign();
  const key = await site.keyOf("analyst");
  const { page, context, faults } = await openConsole(browser, site, `/campaigns/${id}`, { key });
  await heading(page, "Who shares what with whom");
  assert.equal(await page.getByRole("button", { name: "Make a case file" }).count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the pages are for everybody, in both themes and narrow", async (t) => {
  if (browser === undefined) return t.skip("there is no browser");
  const id = await campaign();
  for (const scheme of ["light", "dark"] as const) {
    for (const [path, name] of [
      ["/", "Sealing"],
      ["/campaigns", undefined],
      [`/campaigns/${id}`, "Who shares what with whom"],
      ["/findings", "Campaigns"],
    ] as const) {
      const width = scheme === "light" ? 400 : 1280;
      const { page, context, faults } = await openConsole(browser, site, path, { scheme, width });
      if (name === undefined) await page.getByRole("table").waitFor();
      else await heading(page, name);
      await isAccessible(page, `${path}, ${scheme}, ${width} px`);
      assert.deepEqual(faults, [], path);
      await context.close();
    }
  }
});
