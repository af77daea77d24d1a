// SPDX-License-Identifier: Apache-2.0
// Trying events, the developer's page, alerts and settings in a browser: each page's main task, by the mouse
// and by keys alone.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { missingBrowser, startBrowser } from "./testing/pages.ts";

const spam = "Free iPhones at http://bit.ly/x http://bit.ly/y http://bit.ly/z";

/** An address of a chat on loopback, and what was posted to it. */
async function chat(t: TestContext): Promise<{ url: string; posted: string[] }> {
  const posted: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      posted.push(Buffer.concat(chunks).toString("utf8"));
      response.end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, posted };
}

async function settled({ faults, page }: { faults: string[]; page: Page }): Promise<void> {
  assert.deepEqual(faults, []);
  await page.context().close();
}

async function everyLook(browser: Browser, site: ConsoleSite, paths: readonly string[]): Promise<void> {
  for (const [width, scheme] of [
    [1280, "light"],
    [400, "dark"],
  ] as const) {
    const opened = await openConsole(browser, site, "/try", { width, scheme });
    const { page } = opened;
    for (const path of paths) {
      // The key is the tab's own by now.
      await page.goto(`${site.server.url}/console${path}`);
      await page.locator("#main .card").first().waitFor();
      await page.locator("#main .loading").first().waitFor({ state: "detached" });
      await isAccessible(page, `${path} at ${width}`);
    }
    await settled(opened);
  }
}

void test("trying, developing, alerts and settings", async (t) => {
  const missing = missingBrowser();
  if (missing !== undefined) return t.skip(missing);
  const { url, posted } = await chat(t);
  const site = await serveConsole(t, {
    configuration: "alerts: { channels: [ { id: ops, chat: { shape: slack, urlFile: chat-url } } ] }\n",
    secrets: { "chat-url": url },
  });
  const browser = await startBrowser(t);
  await site.say({ id: "e1", actor: "bob", text: spam });

  await t.test("an event is tried by keys alone, and nothing of it stays", async () => {
    const opened = await openConsole(browser, site, "/try", {});
    const { page } = opened;
    await tabTo(page, "Text");
    await page.keyboard.insertText(spam);
    await page.keyboard.press("Control+Enter");
    await page.getByText(/rules fired: .*link-shortener/).waitFor();
    await page.getByRole("heading", { name: /^Did not fire/ }).waitFor();
    await isAccessible(page, "a trial");
    // Something harmless, and why it is allowed.
    await page.getByLabel("Text").fill("A good film, thank you.");
    await page.getByRole("button", { name: /^Try it/ }).click();
    await page.getByText(/None of \d+ rules has its way here/).waitFor();
    const { calls } = await site.get<{ calls: unknown[] }>("/v1/calls");
    assert.equal(calls.length, 1);
    const standing = await site.get<{ actor: string | null }>("/v1/actors/somebody-new/standing");
    assert.equal(standing.actor, null);
    await settled(opened);
  });

  await t.test("a developer sees what was wrong with a call", async () => {
    const headers = { authorization: `Bearer ${site.server.key}`, "content-type": "application/json" };
    const body = JSON.stringify({ id: "e2", type: "comment", actor: { id: "bob", age: 1 } });
    assert.equal(
      (await fetch(`${site.server.url}/v1/decisions`, { method: "POST", headers, body })).status,
      400,
    );
    const opened = await openConsole(browser, site, "/developer", {});
    const { page } = opened;
    await page.getByLabel("Only what failed").check();
    await page.getByText("unknown_field").click();
    await page.getByText(/Correct its spelling/).waitFor();
    assert.doesNotMatch(await page.locator("#main").innerText(), /iPhones|bob/);
    await settled(opened);
  });

  await t.test("a channel is tried, and a limit changed by keys alone", async () => {
    const opened = await openConsole(browser, site, "/alerts", {});
    const { page } = opened;
    await page.getByRole("button", { name: "Send a test to ops" }).click();
    await page.getByText(/It took it in \d+ ms/).waitFor();
    assert.match(posted[0] ?? "", /a test of this channel/);
    assert.doesNotMatch(await page.locator("#main").innerText(), /127\.0\.0\.1.*hook/);
    await page.getByLabel(/^An outside clock/).focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("48");
    await tabTo(page, "Save");
    await page.keyboard.press("Enter");
    await page.getByText(/Changed, as record/).waitFor();
    const { settings } = await site.get<{ settings: Record<string, number> }>("/v1/settings");
    assert.equal(settings["alertAnchorHours"], 48);
    await settled(opened);
  });

  await t.test("a key is made and revoked; a person added takes a token", async () => {
    const opened = await openConsole(browser, site, "/settings/keys", {});
    const { page } = opened;
    await page.getByLabel("What it is for").fill("the app");
    await page.getByRole("button", { name: "Make a key" }).click();
    const key = (await page.locator(".settings-secret").innerText()).trim();
    assert.match(key, /^dk_/);
    const row = page.getByRole("row", { name: /the app/ });
    await row.getByRole("button", { name: /^Revoke/ }).click();
    await page.getByRole("button", { name: "Revoke it" }).click();
    await row.getByText("revoked").waitFor();
    await page.getByRole("link", { name: "People" }).click();
    await page.getByLabel("Name, by which they sign in").fill("Ada");
    await page.getByLabel(/^reviewer/).check();
    await page.getByRole("button", { name: "Add them" }).click();
    await page.getByText(/^dt_/).waitFor();
    await page.getByRole("row", { name: /Ada/ }).waitFor();
    await settled(opened);
  });

  await t.test("what a role may not do is not shown", async () => {
    const opened = await openConsole(browser, site, "/settings", { key: await site.keyOf("analyst") });
    const names = await opened.page
      .getByRole("navigation", { name: "Settings" })
      .getByRole("link")
      .allInnerTexts();
    assert.deepEqual(names, ["You", "Site", "Lists and models", "Clocks and copies"]);
    await opened.page.getByRole("link", { name: "Site", exact: true }).click();
    await opened.page.getByLabel(/^How long after a decision/).waitFor();
    assert.equal(await opened.page.getByRole("button", { name: "Save" }).count(), 0);
    await settled(opened);
  });

  await t.test("every page in both themes and at 400 px", async () => {
    const sections = ["", "/site", "/people", "/keys", "/webhooks", "/lists", "/retention", "/sources"];
    await everyLook(browser, site, [
      "/try",
      "/developer",
      "/alerts",
      ...sections.map((each) => `/settings${each}`),
    ]);
  });
});
