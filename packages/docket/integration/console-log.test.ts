// SPDX-License-Identifier: Apache-2.0
// The console's pages of the log, of approvals and of corrections, in a browser.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { missingBrowser, startBrowser } from "./testing/pages.ts";

const skip = missingBrowser() ?? false;
const policy = (links: number): string => `policy: comments
on: [comment]
rules:
  - id: links
    when: signals.linkCount >= ${links}
    then: { outcome: reject, strike: 1 }
    reason: { en: "No adverts, please." }
`;

type World = { browser: Browser; site: ConsoleSite };

/** A site with a dozen decisions, a third of them refused. */
async function world(t: TestContext): Promise<World> {
  const site = await serveConsole(t, { policies: { "comments.yaml": policy(2) } });
  for (let at = 0; at < 12; at++) {
    const text = at % 3 === 0 ? `see https://a${at}.example and https://b.example` : `thank you ${at}`;
    await site.say({ id: `e${at}`, actor: `u${at % 4}`, text });
  }
  return { browser: await startBrowser(t), site };
}

const heading = (page: Page, name: string): ReturnType<Page["getByRole"]> =>
  page.getByRole("heading", { name, exact: true });

void test("the console's pages of the log, approvals and corrections", { skip }, async (t) => {
  const at = await world(t);
  await t.test("every tab of the log, both themes, 400 px; a role sees what it may", () => showsTabs(at));
  await t.test("a proposal is approved by another person, by keyboard alone", () => approves(at));
  await t.test("many decisions are taken back: looked at first, then with progress", () => corrects(at));
  await t.test("the log is listed, narrowed, opened and verified; a change of it is found", () =>
    verifies(at),
  );
});

async function verifies({ browser, site }: World): Promise<void> {
  const { page, faults, context } = await openConsole(browser, site, "/log");
  await page.getByText("this log was created").waitFor();
  await page.getByRole("img", { name: /records: whole subtrees of/ }).waitFor();
  await page.getByLabel("Kind").selectOption({ label: "Policy, lists, brakes" });
  await page.getByText("a release came into force").waitFor();
  assert.equal(await page.getByText("this log was created").count(), 0);
  assert.match(page.url(), /\/log\?kind=policy$/);
  await page.getByRole("link", { name: "2", exact: true }).click();
  await heading(page, "Record 2").waitFor();
  await page.getByText("Verified in this browser.").waitFor();
  await page.keyboard.press("k");
  await heading(page, "Record 3").waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("v");
  await heading(page, "Verify the log").waitFor();
  await page.getByRole("button", { name: "Verify the whole log" }).click();
  await page.getByText(/^All \d+ records hold, and are signed with the keys/).waitFor();
  await isAccessible(page, "a verified log");
  // The second time it goes by what this browser kept.
  await page.getByRole("button", { name: "Verify the whole log" }).click();
  await page.getByText(/^All \d+ records hold: nothing was changed/).waitFor();
  tamper(site.data);
  await page.getByRole("button", { name: "Verify the whole log" }).click();
  await page.getByText("The log is not what it should be.").waitFor();
  await page.getByRole("link", { name: "Look at record 5" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
}

/** Changes a byte of record 5, as somebody with the disk could. */
function tamper(data: string): void {
  const folder = join(data, "sites/main/tile/entries/000.p");
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('"index":5,');
    // A file of an earlier checkpoint holds less.
    if (at < 0) continue;
    bytes[bytes.indexOf('"outcome":"', at) + 11] = 0x41;
    writeFileSync(path, bytes);
  }
}

async function showsTabs({ browser, site }: World): Promise<void> {
  await site.post(`/v1/receipts/5/opening`, { reason: "for the affected user" });
  for (const look of [{ scheme: "dark" as const, width: 400 }]) {
    const { page, faults, context } = await openConsole(browser, site, "/log", look);
    for (const [tab, shows] of [
      ["Records", "What it says"],
      ["Checkpoints", "A checkpoint is the signed size and root of the log."],
      ["Witnesses", "This log has no witnesses."],
      ["Outside stamps", "No outside clock has stamped this log yet."],
      ["Who read what", "the evidence of record 5 was opened"],
      ["Take it out", "What proves it"],
    ] as const) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByText(shows).first().waitFor();
      await isAccessible(page, `${tab}, ${JSON.stringify(look)}`);
    }
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as NDJSON" }).click();
    assert.equal((await saved).suggestedFilename(), "records-policy.ndjson");
    assert.deepEqual(faults, []);
    await context.close();
  }
  const key = await site.keyOf("analyst");
  const { page, context } = await openConsole(browser, site, "/log", { key });
  await page.getByText("this log was created").waitFor();
  assert.equal(await page.getByRole("link", { name: "Verify the whole log" }).count(), 0);
  await context.close();
}

async function approves({ browser, site }: World): Promise<void> {
  const files = [{ path: "comments.yaml", text: policy(1) }];
  const { index } = await site.post<{ index: number }>("/v1/policy/proposals", {
    files,
    why: "One link is enough.",
  });
  const { page, faults, context } = await openConsole(browser, site, "/approvals");
  await page.getByText("One link is enough.").waitFor();
  await page.getByText("rule comments/links changed").waitFor();
  await isAccessible(page, "approvals");
  await tabTo(page, "Lines that differ");
  await page.keyboard.press("Enter");
  await page.getByLabel("What differs in comments.yaml").waitFor();
  await tabTo(page, "Approve");
  await page.keyboard.press("Enter");
  await page
    .getByRole("button", { name: "Publish" })
    .or(page.getByText(/comes into force/))
    .first()
    .waitFor();
  const { proposal } = await site.get<{ proposal: { approvals: unknown[] } }>(`/v1/policy/records/${index}`);
  assert.equal(proposal.approvals.length, 1);
  assert.deepEqual(faults, []);
  await context.close();
  const small = await openConsole(browser, site, "/approvals", { width: 400, scheme: "dark" });
  await small.page.getByText("One link is enough.").waitFor();
  await isAccessible(small.page, "approvals, 400 px, dark");
  await small.context.close();
}

async function corrects({ browser, site }: World): Promise<void> {
  const { page, faults, context } = await openConsole(browser, site, "/corrections");
  await page.getByText("Nothing was corrected at once yet.").waitFor();
  await page.keyboard.press("n");
  await tabTo(page, "A rule");
  await page.keyboard.type("comments/links");
  await tabTo(page, "Reason");
  await page.keyboard.type("policy-changed");
  await page.keyboard.press("Enter");
  await page.getByText(/^Of \d+ decisions .*, 4 would change/).waitFor();
  await isAccessible(page, "what a correction would change");
  await tabTo(page, "Correct 4 now");
  await page.keyboard.press("Enter");
  await page.getByText("4 of 4 corrected.").waitFor();
  await page.getByText("done", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Show its decisions" }).click();
  await page.getByText(/^It is about /).waitFor();
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.getByRole("button", { name: "See what would change" }).click();
  await page.getByRole("button", { name: "Correct 4 now" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
  const small = await openConsole(browser, site, "/corrections", { width: 400, scheme: "dark" });
  await small.page.getByText("4 of 4 corrected.").waitFor();
  await isAccessible(small.page, "corrections, 400 px, dark");
  await small.context.close();
}
