// SPDX-License-Identifier: Apache-2.0
// The console's queue, cases, reports and disputes, in a real browser: with the mouse, and by keys alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { missingBrowser, startBrowser } from "./testing/pages.ts";

const policy = `policy: comments
on: [comment]
lists:
  bad_domains: { kind: domain }
rules:
  - id: adverts
    when: signals.normalised.contains("cheap")
    then: { outcome: reject, strike: 1, suspend: 1d }
    reason: { en: "No advertising, please." }
  - id: odd
    when: signals.normalised.contains("odd")
    then: { outcome: flag, strike: 1 }
    reason: { en: "This looks odd." }
  - id: wait
    when: signals.normalised.contains("wait")
    then: { outcome: hold, holdFor: 1h, otherwise: allow }
    reason: { en: "A person looks at this first." }
  - id: bad-domain
    when: signals.domains.exists(d, d in lists.bad_domains)
    then: { outcome: reject }
    reason: { en: "This link is not welcome here." }
`;
const oddText = "This is odd: see https://www.shop.example/offer";
const advert = "Beware of those who offer cheap watches";

type World = { site: ConsoleSite; reviewer: string; odd: number; held: number; reported: number };

async function world(t: TestContext): Promise<World> {
  const site = await serveConsole(t, { policies: { "comments.yaml": policy } });
  const drawn = { sampleOfAllowedPerMillion: 0, sampleOfRefusedPerMillion: 0, qualitySamplePerMille: 0 };
  await site.post("/v1/settings", { ...drawn, secondReviewPerMille: 1000 });
  const odd = await site.say({ id: "odd", actor: "zoe", text: oddText });
  const held = await site.say({ id: "held", actor: "yan", text: "please wait for me" });
  const reported = await site.say({ id: "plain", actor: "xi", text: "Send me money and get it back twice" });
  const report = { index: reported, category: "scam", text: "He asks for money." };
  await site.post("/v1/reports", { ...report, reporter: "bob" });
  await site.post("/v1/reports", { index: reported, reporter: "carol", category: "spam" });
  return { site, reviewer: await site.keyOf("reviewer"), odd, held, reported };
}

type Listed = { records: { index: number; kind: string; by: string }[] };
async function openingsOf(site: ConsoleSite): Promise<number> {
  const { records } = await site.get<Listed>("/v1/records?kind=opening&limit=100");
  return records.length;
}

async function outcomeOf(site: ConsoleSite, index: number): Promise<string> {
  return (await site.get<{ outcome: string }>(`/v1/decisions/${index}/outcome`)).outcome;
}

const heading = (page: Page): Promise<string | null> => page.getByRole("heading", { level: 1 }).textContent();

/** Each page is loaded once, and looked at in both themes, wide and narrow. */
async function looksRight(
  browser: Browser,
  site: ConsoleSite,
  key: string,
  paths: readonly string[],
): Promise<void> {
  for (const path of paths) {
    const { page, context, faults } = await openConsole(browser, site, path, { key });
    await page.locator("#main :is(.card, .empty)").first().waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1280, 400]) {
        await page.setViewportSize({ width, height: 800 });
        await isAccessible(page, `${path} ${colorScheme} ${width}`);
      }
    }
    assert.deepEqual(faults, [], path);
    await context.close();
  }
}

void test("cases are answered by keys alone, and with the mouse", async (t) => {
  const skip = missingBrowser();
  if (skip !== undefined) return t.skip(skip);
  const browser = await startBrowser(t);
  const { site, reviewer, odd, held, reported } = await world(t);

  await t.test("pages of the queue are accessible in both themes, at 400 px too", () =>
    looksRight(browser, site, reviewer, ["/queue", `/queue/${odd}`, "/reports"]),
  );

  const { page, context, faults, requests } = await openConsole(browser, site, "/queue", { key: reviewer });
  await page.getByRole("link", { name: String(odd), exact: true }).waitFor();

  await t.test("o opens the first; what was posted isn't in the page before it is asked for", async () => {
    await page.locator("main").focus();
    await page.keyboard.press("o");
    await page.waitForURL(`**/queue/${held}`);
    assert.equal(await heading(page), `Case ${held}`);
    await page.getByRole("button", { name: "Show it" }).waitFor();
    assert.equal(await page.getByText("please wait for me").count(), 0);
    const before = await openingsOf(site);
    await page.keyboard.press("v");
    await page.getByText("please wait for me").first().waitFor();
    assert.equal(await openingsOf(site), before + 1);
    await page.getByRole("button", { name: "Give it back" }).waitFor();
    await page.keyboard.press("v");
    await page.getByRole("button", { name: "Show it" }).waitFor();
    assert.equal(
      await page.getByText("please wait for me").count(),
      0,
      "hidden again, it is out of the page",
    );
    await page.keyboard.press("v");
    assert.equal(await openingsOf(site), before + 1, "once for each claim");
    const preloaded = `/v1/queue/${reported}?content=false`;
    assert.ok(
      requests.some((url) => url.endsWith(preloaded)),
      "the next case is there, without its content",
    );
  });

  await t.test("a key chooses, Enter decides, and the next case is there", async () => {
    await page.keyboard.press("n");
    await page.getByText("The content is released").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/queue/${reported}`);
    await page.getByText(`Case ${held}: not spam, as record`).waitFor();
    assert.equal(await outcomeOf(site, held), "allow");
  });

  await t.test("what reporters wrote comes with the content; the mouse decides as well", async () => {
    await page.getByRole("button", { name: "Show it, and what reporters wrote" }).click();
    await page.getByText("He asks for money.").waitFor();
    await page.getByRole("button", { name: "Spam", exact: true }).click();
    await page.getByText("The content is removed").waitFor();
    await page.getByLabel(/^Reason/).selectOption("scam");
    await page.getByRole("button", { name: "Decide and go on" }).click();
    await page.waitForURL(`**/queue/${odd}`);
    assert.equal(await outcomeOf(site, reported), "reject");
    const chain = (
      await site.get<{ chain: { kind: string; reason?: string }[] }>(
        `/v1/queue/${reported}?content=false`,
        reviewer,
      )
    ).chain;
    assert.equal(chain.find(({ kind }) => kind === "review")?.reason, "scam");
  });

  await t.test("a reviewer isn't shown what is for others; ? lists the keys", async () => {
    assert.equal(await page.getByRole("button", { name: "Add to a list" }).count(), 0);
    await page.keyboard.press("?");
    const keys = page.getByRole("dialog", { name: "Keys" });
    await keys.getByText("Say: spam", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("s");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/queue");
    await page.getByText("Nothing waits for you.").waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test("the second to look is not told what the first found", async () => {
    const second = await site.keyOf("reviewer");
    const other = await openConsole(browser, site, `/queue/${odd}`, { key: second });
    await other.page.getByText("You are the second to look.").waitFor();
    assert.equal(await other.page.getByText("In force").count(), 0);
    assert.equal(await other.page.getByText("The account now").count(), 0);
    await other.page.keyboard.press("s");
    await other.page.getByText("it says how far reviewers agree").waitFor();
    await other.page.keyboard.press("Enter");
    await other.page
      .getByText(`Case ${odd}: spam`)
      .or(other.page.getByText("Nothing waits"))
      .first()
      .waitFor();
    await other.page.goto(`${site.server.url}/console/queue`);
    await other.page.getByRole("tab", { name: "How reviews go" }).click();
    await other.page.getByText("of 1 case").first().waitFor();
    await isAccessible(other.page, "how reviews go");
    assert.deepEqual(other.faults, []);
    await other.context.close();
  });
});

void test("an entry's effect on last week is said before it is put into a list", async (t) => {
  const skip = missingBrowser();
  if (skip !== undefined) return t.skip(skip);
  const browser = await startBrowser(t);
  const { site, odd } = await world(t);
  const { page, context, faults } = await openConsole(browser, site, `/queue/${odd}`);
  await page.getByRole("button", { name: "Show it" }).click();
  await page.getByText(oddText).first().waitFor();
  await page.keyboard.press("a");
  const dialog = page.getByRole("dialog", { name: "Add to a list" });
  await dialog.getByText("From the case: shop.example").waitFor();
  await dialog.getByLabel("Entry").fill("shop.example");
  await page.keyboard.press("Enter");
  const impact = dialog.locator(".case-impact");
  await impact.getByText("hits of comments/bad-domain").waitFor();
  await isAccessible(page, "impact of an entry");
  await dialog.getByRole("button", { name: "Add it" }).click();
  await dialog.getByText(/^In force, as record \d+\.$/).waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await dialog.count(), 0);
  const { entries } = await site.get<{ entries: { value: string }[] }>("/v1/lists/bad_domains/entries");
  assert.deepEqual(
    entries.map(({ value }) => value),
    ["shop.example"],
  );
  assert.deepEqual(faults, []);
  await context.close();
});

type Disputed = { site: ConsoleSite; reviewer: string; refused: number; dispute: number };

async function disputed(t: TestContext): Promise<Disputed> {
  const site = await serveConsole(t, { policies: { "comments.yaml": policy } });
  const refused = await site.say({ id: "one", actor: "alice", text: advert });
  await site.say({ id: "two", actor: "alice", text: "Where is my comment?" });
  const { dispute } = await site.post<{ dispute: number }>("/v1/actors/alice/disputes", {
    index: refused,
    text: "I warned others of it.",
    language: "en",
  });
  const other = await site.say({ id: "three", actor: "bea", text: advert });
  await site.post("/v1/actors/bea/disputes", { index: other, text: "But it is a good offer." });
  return { site, reviewer: await site.keyOf("reviewer"), refused, dispute };
}

void test("a dispute is settled without leaving one page", async (t) => {
  const skip = missingBrowser();
  if (skip !== undefined) return t.skip(skip);
  const browser = await startBrowser(t);
  const { site, reviewer, refused, dispute } = await disputed(t);

  await t.test("its pages are accessible in both themes, at 400 px too", () =>
    looksRight(browser, site, reviewer, ["/disputes", `/disputes/${dispute}`]),
  );

  const { page, context, faults } = await openConsole(browser, site, "/disputes", { key: reviewer });
  await page.getByRole("link", { name: String(dispute), exact: true }).waitFor();
  await page.locator("main").focus();
  await page.keyboard.press("o");
  await page.waitForURL(`**/disputes/${dispute}`);
  const address = page.url();

  await t.test(
    "it shows what was decided and why, what the user says, and the content when asked",
    async () => {
      await page.getByText("I warned others of it.").waitFor();
      await page.getByRole("region", { name: "Rule comments/adverts" }).first().waitFor();
      await page.getByText("The rules, as they were then").waitFor();
      assert.equal(await page.getByText(advert).count(), 0);
      await page.keyboard.press("v");
      await page.getByText(advert).first().waitFor();
    },
  );

  await t.test("the user is asked, and what a ruling would change is tried", async () => {
    await page.getByLabel("Ask or tell the user").fill("Whom did you warn?");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("list", { name: "Dialogue" }).getByText("Whom did you warn?").waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("2");
    await page.getByText("It is undone with all that followed from it.").waitFor();
    await page.getByRole("button", { name: "What would change?" }).click();
    await page.getByText("Content: restore, then allow is in force.").waitFor();
    await page.getByText("1 strike void.").waitFor();
    await page.getByText("1 restriction ends.").waitFor();
    assert.equal(await outcomeOf(site, refused), "reject", "nothing has changed by that");
    await isAccessible(page, "a ruling that is filled in");
  });

  await t.test("by keys alone: written, decided, and said what changed", async () => {
    await page.getByRole("button", { name: "Overturn", exact: true }).focus();
    await tabTo(page, /^What the user is told/);
    await page.keyboard.type("You warned others, that is fine.");
    await tabTo(page, /^Overturn and answer/);
    await page.keyboard.press("Enter");
    await page.getByText("Decided: overturned, as record").waitFor();
    await page.getByText("You warned others, that is fine.").first().waitFor();
    assert.equal(page.url(), address, "all of it on one page");
    assert.equal(await outcomeOf(site, refused), "allow");
    await page.getByText("was refused because of it").first().waitFor();
  });

  await t.test("the next dispute is one key away; how they go is counted", async () => {
    await page.locator("main").focus();
    await page.keyboard.press("j");
    await page.getByText("But it is a good offer.").waitFor();
    await page.keyboard.press("3");
    await page.getByText("Say what changes: the content").waitFor();
    await page.keyboard.press("b");
    await page.getByRole("tab", { name: "How they go" }).click();
    await page.getByRole("region", { name: "By rule", exact: true }).first().waitFor();
    await isAccessible(page, "how disputes go");
    assert.deepEqual(faults, []);
    await context.close();
  });
});
