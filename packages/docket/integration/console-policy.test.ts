// SPDX-License-Identifier: Apache-2.0
// The policy's pages in a browser: a rule is written, tried on what was recorded, proposed and approved; the
// stricter release is switched to; by the mouse and by keys alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { missingBrowser, startBrowser } from "./testing/pages.ts";

const comments = `policy: comments
on: [comment]
lists:
  staff: { kind: actor }
exempt:
  - { id: staff, when: actor.id in lists.staff, from: [links], owner: moderation, until: 2027-01-31 }
  - { id: partners, when: actor.age > duration('720h'), from: [links], owner: sales }
rules:
  - id: links
    when: signals.linkCount >= 4
    then: { outcome: reject }
    reason: { en: Too many links. }
  - id: wordy
    when: signals.words >= 6
    mode: shadow
    then: { outcome: hold }
tests:
  - name: four links
    given: { content: { text: "http://a.example http://b.example http://c.example http://d.example" } }
    expect: { outcome: reject }
`;
const stricter = comments.replace("linkCount >= 4", "linkCount >= 2");

type Watched = Awaited<ReturnType<typeof openConsole>>;

async function begin(t: TestContext): Promise<{ site: ConsoleSite; browser: Browser } | undefined> {
  const missing = missingBrowser();
  if (missing !== undefined) {
    t.skip(missing);
    return undefined;
  }
  const site = await serveConsole(t, { policies: { "comments.yaml": comments } });
  for (let n = 0; n < 12; n++) {
    const links = Array.from({ length: n % 5 }, (_, at) => `https://example.com/${n}/${at}`).join(" ");
    await site.say({
      id: `e${n}`,
      actor: `actor ${n}`,
      text: n % 3 === 0 ? "one two three four five six" : `see ${links}`,
    });
  }
  return { site, browser: await startBrowser(t) };
}

async function noFaults({ faults, context }: Watched): Promise<void> {
  assert.deepEqual(faults, []);
  await context.close();
}

const content = (page: Page): ReturnType<Page["locator"]> => page.locator(".policy-editor .cm-content");

/** Writes text in place of what the editor holds, by keys. */
async function write(page: Page, text: string): Promise<void> {
  await content(page).focus();
  await page.keyboard.press("Control+a");
  // Over a selection the browser itself would join lines, with styles that the page's policy refuses.
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

void test("a rule is written, checked as it is typed, backtested, proposed and approved", async (t) => {
  const begun = await begin(t);
  if (begun === undefined) return;
  const { site, browser } = begun;
  const watched = await openConsole(browser, site, "/policy/edit");
  const { page } = watched;
  await page.getByText("no mistakes").waitFor();
  await page.getByText("1 of 1 tests pass").waitFor();
  assert.ok(await page.getByRole("button", { name: "Propose" }).isDisabled());

  // Keys that are typed are text, and go nowhere.
  await write(page, stricter.replace("linkCount", "linkCuont"));
  await page.getByText("1 mistake").waitFor();
  assert.ok(await page.getByRole("button", { name: "Propose" }).isDisabled());
  assert.match(page.url(), /policy\/edit$/);
  await page.getByRole("button", { name: /comments\.yaml:10/ }).click();
  await write(page, stricter);
  await page.getByText("1 of 1 tests pass").waitFor();
  await isAccessible(page, "the editor");

  // What is written can be completed, and what stands somewhere is explained.
  await content(page).getByText("linkCount").first().click();
  await page.getByText("signals.linkCount", { exact: true }).last().waitFor();
  await page.keyboard.press("End");
  await page.keyboard.insertText(" && signals.capi");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete").getByText("signals.capitals").waitFor();
  await page.keyboard.press("Escape");
  await write(page, stricter);
  await page.getByLabel("Show what differs").check();
  await page.locator(".policy-editor .cm-deletedChunk").waitFor();

  await page.getByRole("button", { name: "Backtest", exact: true }).click();
  await page.getByRole("heading", { name: "What changes" }).waitFor();
  const found = page.locator(".figures-large");
  assert.match((await found.textContent()) ?? "", /Come out otherwise[1-9]/);
  await isAccessible(page, "a backtest");

  // The draft is still there.
  await page.goBack();
  await page.getByText("1 of 1 tests pass").waitFor();
  await page.getByRole("button", { name: "Propose" }).click();
  await page.getByLabel(/^Why/).fill("two links are enough");
  await page.getByRole("dialog").getByRole("button", { name: "Propose" }).click();
  await page.getByText("two links are enough").waitFor();
  await page.getByText("may restrict more").first().waitFor();
  await page.getByText("signals.linkCount >= 2", { exact: false }).first().waitFor();
  await isAccessible(page, "a change");
  // By the key that stands on the button.
  await page.keyboard.press("a");
  await page.getByText("comes into force by itself at").waitFor();
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.getByText("cancelled", { exact: true }).waitFor();
  await noFaults(watched);
});

void test("all tests of the shipped policies pass in the page, with the lists in force", async (t) => {
  const missing = missingBrowser();
  if (missing !== undefined) return t.skip(missing);
  const site = await serveConsole(t);
  const watched = await openConsole(await startBrowser(t), site, "/policy/edit");
  const check = watched.page.locator(".policy-bench-side");
  await check.getByText("no mistakes").waitFor();
  // As many as there are.
  await check.getByText(/^(\d+) of \1 tests pass$/).waitFor();
  assert.equal(await check.getByText("ran without").count(), 0);
  return noFaults(watched);
});

void test("the stricter release stands by, is switched to and back, by keys alone", async (t) => {
  const begun = await begin(t);
  if (begun === undefined) return;
  const { site, browser } = begun;
  const files = [{ path: "comments.yaml", text: stricter }];
  const analyst = await site.keyOf("analyst");
  type Made = { index: number };
  const { index } = await site.post<Made>(
    "/v1/policy/proposals",
    { files, why: "ready", standby: true },
    analyst,
  );
  await site.post("/v1/policy/approvals", { of: index });
  const watched = await openConsole(browser, site, "/policy");
  const { page } = watched;
  const lever = page.getByRole("switch");
  await lever.waitFor();
  assert.equal(await lever.getAttribute("aria-checked"), "false");
  await tabTo(page, /^Stricter release/);
  await page.keyboard.press("Space");
  await page.getByRole("dialog").getByLabel("For how long").waitFor();
  await tabTo(page, "Switch to it");
  await page.keyboard.press("Enter");
  await page.getByText("in force for a time only").waitFor();
  assert.equal(await lever.getAttribute("aria-checked"), "true");
  await isAccessible(page, "the policy while the switch is on");

  await tabTo(page, /^Stricter release/);
  await page.keyboard.press("Space");
  await page.getByRole("dialog").getByRole("textbox").waitFor();
  await tabTo(page, /^Why/);
  await page.keyboard.type("it is over");
  await tabTo(page, "Switch back");
  await page.keyboard.press("Enter");
  await page.getByText("in force for a time only").waitFor({ state: "detached" });
  assert.equal(await lever.getAttribute("aria-checked"), "false");

  await page.getByRole("link", { name: "History" }).click();
  await page.getByText("by going back").waitFor();
  await noFaults(watched);
});

void test("what had no effect, exemptions with their ends, and small windows", async (t) => {
  const begun = await begin(t);
  if (begun === undefined) return;
  const { site, browser } = begun;
  const watched = await openConsole(browser, site, "/policy/held", { scheme: "dark", width: 400 });
  const { page } = watched;
  await page.getByRole("link", { name: "comments/wordy" }).waitFor();
  await page.getByText("in shadow", { exact: true }).waitFor();
  const pages = [
    ["held", "Found without effect"],
    ["exemptions", "Exemptions"],
    ["uses", "Lists and models in use"],
    ["history", "History of the policy"],
    ["backtests", "Backtests"],
    ["edit", "Policy files"],
    ["", "Policy"],
  ] as const;
  for (const [place, title] of pages) {
    await page.goto(`${site.server.url}/console/policy/${place}`.replace(/\/$/, ""));
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await page.locator(".loading").waitFor({ state: "detached" });
    await isAccessible(page, title);
    if (place !== "exemptions") continue;
    await page.getByText("no end", { exact: true }).waitFor();
    await page.getByText("2027-02-01 00:00", { exact: false }).waitFor();
  }
  await noFaults(watched);

  // Who may not change it reads it, and is shown no way to change it.
  const reader = await openConsole(browser, site, "/policy/edit", { key: await site.keyOf("auditor") });
  await reader.page.getByText("no mistakes").waitFor();
  assert.equal(await reader.page.getByRole("button", { name: "Propose" }).count(), 0);
  assert.equal(await reader.page.getByRole("link", { name: "Backtests" }).count(), 0);
  await noFaults(reader);
});
