// SPDX-License-Identifier: Apache-2.0
// The people of a site in a real browser: one is added, chooses a password with the token, sets up a second
// factor, and is changed and sent out by whoever looks after the others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "otpauth";
import type { Page } from "playwright-core";
import { codeAt } from "../src/access/second-factor.ts";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { missingBrowser, openPage, startBrowser } from "./testing/pages.ts";
import type { WatchedPage } from "./testing/pages.ts";

const first = "a long enough passphrase for ada";
const second = "quite another passphrase for ada";

test("a person is added, chooses a password, sets up a second factor, and is sent out", async (t) => {
  const missing = missingBrowser();
  if (missing !== undefined) return t.skip(missing);
  const site = await serveConsole(t);
  const browser = await startBrowser(t);
  const admin = await openConsole(browser, site, "/settings/people", {});
  const token = await addAda(admin.page);
  const ada = await openPage(browser, site.server.url);

  await t.test("with the token a password is chosen, by keys alone", () => chooses(ada.page, site, token));
  await t.test("the token works once", async () => {
    const again = await openPage(browser, site.server.url);
    await begin(again.page, site, token);
    await again.page.getByRole("alert").waitFor();
    await again.context.close();
  });
  await t.test("the password is changed", () => changes(ada.page));
  let codes: string[] = [];
  await t.test("a second factor is set up, and asked for", async () => {
    codes = await setsUp(ada.page);
    assert.ok(codes.length >= 8);
    await entersWithCode(ada.page, codes[0] ?? "");
  });
  await t.test("a recovery code works once", async () => {
    const again = await openPage(browser, site.server.url);
    await again.page.goto(`${site.server.url}/console`);
    await fillPassword(again.page);
    await again.page.getByLabel(/^Code of your/).fill(codes[0] ?? "");
    await again.page.keyboard.press("Enter");
    await again.page.getByRole("alert").waitFor();
    await again.context.close();
  });
  await t.test("roles are given, the factor dropped, a session ended", () => looksAfter(admin.page, ada));
  assert.deepEqual(admin.faults, []);
  // Whoever is sent out or mistypes is answered 401, which the browser notes.
  assert.deepEqual(
    ada.faults.filter((fault) => !/40[013]/.test(fault)),
    [],
  );
});

async function addAda(page: Page): Promise<string> {
  await page.getByLabel("Name, by which they sign in").fill("Ada");
  await page.getByLabel(/^reviewer/).check();
  await page.getByRole("button", { name: "Add them" }).click();
  await page.getByText("under “First time”").waitFor();
  const token = (await page.locator(".settings-secret").innerText()).trim();
  await page.getByRole("row", { name: /Ada.*no password yet/ }).waitFor();
  return token;
}

async function begin(page: Page, site: ConsoleSite, token: string): Promise<void> {
  await page.goto(`${site.server.url}/console/settings`);
  await tabTo(page, "Name and password");
  await page.keyboard.press("ArrowRight");
  await tabTo(page, "Name");
  await page.keyboard.type("Ada");
  await tabTo(page, "Token that you were given");
  await page.keyboard.type(token);
  await tabTo(page, "Password that you choose");
  await page.keyboard.type(first);
  await page.keyboard.press("Enter");
}

async function chooses(page: Page, site: ConsoleSite, token: string): Promise<void> {
  await begin(page, site, token);
  await page.getByRole("heading", { name: "You" }).waitFor();
  await page.getByText("Ada").first().waitFor();
  await isAccessible(page, "one's own settings");
}

async function changes(page: Page): Promise<void> {
  await page.getByLabel("The password that you have").fill("not the one that it is");
  await page.getByLabel("A new one").fill(second);
  await page.getByRole("button", { name: "Change it" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("The password that you have").fill(first);
  await page.getByRole("button", { name: "Change it" }).click();
  await page.getByText("Your password is changed").waitFor();
}

async function setsUp(page: Page): Promise<string[]> {
  await page.getByRole("button", { name: "Set it up" }).click();
  const text = (await page.locator(".settings-secret").innerText()).trim();
  await page.getByLabel("The code that it shows now").fill("000000");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("alert").waitFor();
  await page
    .getByLabel("The code that it shows now")
    .fill(await codeAt(Secret.fromBase32(text).bytes, Date.now()));
  await page.getByRole("button", { name: "Confirm" }).click();
  const codes = await page.getByRole("region", { name: "Recovery codes" }).innerText();
  await isAccessible(page, "recovery codes");
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  return codes.trim().split("\n");
}

async function fillPassword(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "Name" }).fill("Ada");
  await page.getByRole("textbox", { name: "Password" }).fill(second);
  await page.keyboard.press("Enter");
}

async function entersWithCode(page: Page, code: string): Promise<void> {
  await fillPassword(page);
  await page.getByLabel(/^Code of your/).fill(code);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}

async function looksAfter(page: Page, ada: WatchedPage): Promise<void> {
  await page.reload();
  const people = page.getByRole("region", { name: "People" });
  await people.getByText("password and second factor", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Change Ada" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^analyst/).check();
  await dialog.getByRole("button", { name: "Give these roles" }).click();
  await dialog.getByText("Done.").waitFor();
  await dialog.getByRole("button", { name: "Drop second factor" }).click();
  await people.getByText("password and second factor", { exact: true }).waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await people.getByText(/^(reviewer, analyst|analyst, reviewer)$/).waitFor();
  await isAccessible(page, "people");
  // What somebody may do changed under them, and their session with it: they come in again.
  await ada.page.reload();
  const [password, pages] = [
    ada.page.getByRole("textbox", { name: "Password" }),
    ada.page.getByRole("navigation", { name: "Pages" }),
  ];
  await password.or(pages).first().waitFor();
  if (await password.isVisible()) await fillPassword(ada.page);
  await pages.waitFor();
  await page.reload();
  await page.getByRole("button", { name: "End it: a session of Ada" }).first().click();
  await page.getByRole("button", { name: "End it: a session of Ada" }).waitFor({ state: "detached" });
  await ada.page.reload();
  await ada.page.getByRole("textbox", { name: "Password" }).waitFor();
}
