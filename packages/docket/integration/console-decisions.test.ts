// SPDX-License-Identifier: Apache-2.0
// The console's page of decisions in a real browser: what is asked stands in its address, rows come while one
// scrolls, a search by text is on record, and all of it goes by keyboard.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { missingBrowser, startBrowser } from "./testing/pages.ts";

const policy = `policy: comments
on: [comment]
rules:
  - { id: links, when: signals.linkCount >= 1, then: { outcome: reject } }
  - { id: shouting, when: signals.capitals > 700, then: { outcome: flag } }
`;
/** More than are asked for at once. */
const decisions = 1200;

test("the console's decisions, in a browser", async (t) => {
  const missing = missingBrowser();
  if (missing !== undefined) {
    t.skip(missing);
    return;
  }
  const browser = await startBrowser(t);
  const site = await serveConsole(t, { policies: { "comments.yaml": policy } });
  await decideMany(site);
  await t.test("filters stand in the address, and lead to a decision", () => filters(browser, site));
  await t.test("a search by text finds it, and is on record", () => searches(browser, site));
  await t.test("rows come while one scrolls, to the oldest and back", () => scrolls(browser, site));
  await t.test("by keyboard alone", () => byKeyboard(browser, site));
  await t.test("what is newer is offered", () => newer(browser, site));
  await t.test("nothing found says what to do; a mistake is told", () => nothing(browser, site));
  await t.test("accessible, on a small screen, in both themes", () => looksWell(browser, site));
});

async function decideMany(site: ConsoleSite): Promise<void> {
  const lines: string[] = [];
  for (let at = 0; at < decisions; at++) {
    const text =
      at % 100 === 7
        ? `Ch3ap watches at https://shop${at}.example/`
        : at % 10 === 3
          ? "LOOK AT THIS"
          : `hello number ${at}`;
    lines.push(
      JSON.stringify({ id: `e${at}`, type: "comment", actor: { id: `u${at % 9}` }, content: { text } }),
    );
  }
  const response = await fetch(`${site.server.url}/v1/decisions/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${site.server.key}`, "content-type": "application/x-ndjson" },
    body: lines.join("\n"),
  });
  assert.match(await response.text(), new RegExp(`"lines":${decisions}`));
}

const rowsOf = (page: Page): ReturnType<Page["locator"]> => page.locator(".decisions-rows [role=row]");
const status = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByRole("status").filter({ hasText: text }).waitFor();

async function filters(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context, faults } = await openConsole(browser, site, "/decisions");
  await status(page, "The newest");
  await page.getByText("reject", { exact: true }).first().click();
  await status(page, "12 decisions");
  assert.equal(new URL(page.url()).search, "?outcome=reject");
  await page.getByText("flag", { exact: true }).first().click();
  await status(page, "132 decisions");
  await page.getByRole("button", { name: "More filters" }).click();
  await page.getByLabel("Actor", { exact: true }).fill("u7");
  await page.getByLabel("Rule", { exact: true }).fill("links");
  await page.keyboard.press("Enter");
  await status(page, "2 decisions");
  assert.match(page.url(), /outcome=flag%2Creject&actor=u7&rule=links/);
  // The address alone gives the same.
  await page.reload();
  await status(page, "2 decisions");
  assert.equal(await page.getByLabel("Rule", { exact: true }).inputValue(), "links");
  await page.goBack();
  await status(page, "132 decisions");
  await rowsOf(page).first().getByRole("link").first().click();
  await page.waitForURL(/\/console\/decisions\/\d+$/);
  assert.deepEqual(faults, []);
  await context.close();
}

async function searches(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context, faults } = await openConsole(browser, site, "/decisions");
  await page.getByLabel("Words that were posted").fill("cheap watch*");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await status(page, "12 decisions");
  assert.ok(!(await rowsOf(page).first().innerText()).includes("watches"), "no text is shown");
  const { reads } = await site.get<{ reads: { what: string; query: string | null }[] }>("/v1/reads");
  assert.deepEqual(
    reads.filter(({ what }) => what === "texts").map(({ query }) => query),
    ['{"text":"cheap watch*"}'],
  );
  assert.deepEqual(faults, []);
  await context.close();
}

async function scrolls(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context } = await openConsole(browser, site, "/decisions");
  await status(page, "The newest");
  const grid = page.getByRole("grid");
  await grid.focus();
  for (let at = 0; at < 4; at++) await page.keyboard.press("End");
  await status(page, `${decisions.toLocaleString("en")} decisions`);
  await page.keyboard.press("End");
  await grid.locator(`[aria-rowindex="${decisions + 1}"]`).waitFor();
  assert.ok((await rowsOf(page).count()) < 80, "only what is in view is in the page");
  await page.keyboard.press("Home");
  await grid.locator('[aria-rowindex="2"][aria-selected="true"]').waitFor();
  await context.close();
}

async function byKeyboard(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context } = await openConsole(browser, site, "/decisions");
  await status(page, "The newest");
  await page.keyboard.press("/");
  await page.keyboard.type("watches");
  await page.keyboard.press("Enter");
  await status(page, "12 decisions");
  await tabTo(page, /^Decisions: arrow keys/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const chosen = page.locator('.decisions-row[aria-selected="true"]');
  const index = await chosen.getByRole("link").first().innerText();
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/decisions/${index}$`));
  await context.close();
}

async function newer(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context } = await openConsole(browser, site, "/decisions?outcome=reject");
  await status(page, "12 decisions");
  const index = await site.say({ id: "new", actor: "u1", text: "see https://new.example/" });
  await page.getByRole("button", { name: "Show 1 newer" }).click();
  await status(page, "13 decisions");
  assert.equal(await rowsOf(page).first().getByRole("link").first().innerText(), String(index));
  await context.close();
}

async function nothing(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context } = await openConsole(browser, site, "/decisions?rule=never");
  await page.getByText("No decision is like that.").waitFor();
  await page.getByRole("button", { name: "Show all decisions" }).click();
  await status(page, "The newest");
  await page.goto(`${site.server.url}/console/decisions?actor=nobody`);
  await page.getByText("no event of this account was ever decided", { exact: false }).waitFor();
  await context.close();
}

async function looksWell(browser: Browser, site: ConsoleSite): Promise<void> {
  for (const look of [{}, { scheme: "dark" as const }, { width: 400 }]) {
    const path = "/decisions?outcome=reject&rule=links";
    const { page, context, faults } = await openConsole(browser, site, path, look);
    await status(page, "13 decisions");
    await isAccessible(page, `decisions ${JSON.stringify(look)}`);
    const pictures = process.env["DOCKET_PICTURES"];
    if (pictures !== undefined) {
      await page.screenshot({ path: `${pictures}/decisions-${look.scheme ?? ""}${look.width ?? ""}.png` });
    }
    assert.deepEqual(faults, []);
    await context.close();
  }
}
