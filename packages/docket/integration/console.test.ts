// SPDX-License-Identifier: Apache-2.0
// The frame of the console in a real browser: signing in by a link, a key and a password; what a role may not
// do isn't shown; keys; both themes and small screens.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Browser } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { missingBrowser, openPage, startBrowser } from "./testing/pages.ts";

test("the frame of the console, in a browser", async (t) => {
  const missing = missingBrowser();
  if (missing !== undefined) {
    t.skip(missing);
    return;
  }
  const browser = await startBrowser(t);
  const site = await serveConsole(t);
  await t.test("the printed link signs in, and its key leaves the address", () => byLink(browser, site));
  await t.test("a key is typed in, by the keyboard alone", () => byKey(browser, site));
  await t.test("a person signs in with a password, and out", () => byPassword(browser, site));
  await t.test("what a role may not do isn't shown", () => showsWhatMayBe(browser, site));
  await t.test("keys lead from page to page, and are listed", () => goesByKeys(browser, site));
  await t.test("accessible, on a small screen, in both themes", () => looksWell(browser, site));
});

async function byLink(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context, faults } = await openConsole(browser, site, "/");
  assert.equal(page.url(), `${site.server.url}/console`);
  await page.reload();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("tab", { name: "API key" }).waitFor();
  assert.deepEqual(
    faults.filter((fault) => !fault.includes("401")),
    [],
  );
  await context.close();
}

async function byKey(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context } = await openPage(browser, site.server.url);
  await page.goto(`${site.server.url}/`);
  await tabTo(page, "Name and password");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await tabTo(page, "API key");
  await page.keyboard.type(`dk_${"x".repeat(43)}`);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("API key", { exact: true }).last().fill(site.server.key);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  await context.close();
}

async function byPassword(browser: Browser, site: ConsoleSite): Promise<void> {
  const password = "a long enough passphrase for anna";
  const { token } = await site.post<{ token: string }>("/v1/people", {
    name: "anna",
    roles: ["analyst"],
    why: "she looks after the policy",
  });
  await site.post("/v1/session", { name: "anna", token, newPassword: password, bearer: true });
  const { page, context } = await openPage(browser, site.server.url);
  await page.goto(`${site.server.url}/console/log`);
  await page.getByRole("textbox", { name: "Name" }).fill("anna");
  await page.getByRole("textbox", { name: "Password" }).fill("not that one at all");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.keyboard.press("Enter");
  await page.getByText("anna", { exact: false }).first().waitFor();
  assert.equal(page.url(), `${site.server.url}/console/log`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("textbox", { name: "Password" }).waitFor();
  await context.close();
}

async function showsWhatMayBe(browser: Browser, site: ConsoleSite): Promise<void> {
  const shown: Record<string, string[]> = {};
  for (const role of ["analyst", "reviewer", "auditor"]) {
    const { page, context } = await openConsole(browser, site, "/", { key: await site.keyOf(role) });
    shown[role] = await page.getByRole("navigation", { name: "Pages" }).getByRole("link").allTextContents();
    await context.close();
  }
  assert.ok(shown["reviewer"]?.includes("Queue"));
  assert.ok(!shown["auditor"]?.includes("Try it"));
  assert.ok(!shown["analyst"]?.includes("Verify the log"));
  assert.ok(shown["auditor"]?.includes("Verify the log"));
}

async function goesByKeys(browser: Browser, site: ConsoleSite): Promise<void> {
  const { page, context } = await openConsole(browser, site, "/settings");
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.waitForURL(/\/console\/decisions/);
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Go to Overview").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await context.close();
}

async function looksWell(browser: Browser, site: ConsoleSite): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1280, 400]) {
      const { page, context, faults } = await openConsole(browser, site, "/", { scheme, width });
      await isAccessible(page, `overview, ${scheme}, ${width}`);
      if (width === 400) {
        await page.getByRole("button", { name: "Menu" }).click();
        await page.getByRole("link", { name: "Decisions", exact: true }).click();
        await page.waitForURL(/decisions/);
      }
      assert.deepEqual(faults, []);
      await context.close();
    }
  }
  const { page, context } = await openPage(browser, site.server.url);
  await page.goto(`${site.server.url}/console`);
  await page.getByRole("textbox", { name: "Password" }).waitFor();
  await isAccessible(page, "the way in");
  await context.close();
}
