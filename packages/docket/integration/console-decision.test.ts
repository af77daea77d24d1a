// SPDX-License-Identifier: Apache-2.0
// The console's pages of a decision and of actors, in a real browser: with the mouse, and by keys alone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { isAccessible, openConsole, serveConsole, tabTo } from "./testing/console.ts";
import type { ConsoleSite } from "./testing/console.ts";
import { docket } from "./testing/docket.ts";
import { missingBrowser, startBrowser } from "./testing/pages.ts";

const policy = `policy: comments
on: [comment]
rules:
  - id: adverts
    when: signals.linkCount >= 2 && signals.normalised.contains("cheap")
    then: { outcome: reject, strike: 1 }
    reason: { en: "Several links in an advertisement." }
    disclose: [signals.linkCount]
  - id: shouting
    when: signals.capitals > 700
    then: { outcome: flag }
    reason: { en: "Mostly capitals." }
ladder:
  - { strikes: 2, within: 7d, then: { throttle: { rate: 1/m, for: 1h } } }
`;
const advert = "cheap watches https://watches.example and cheap bags https://bags.example";

type World = {
  site: ConsoleSite;
  /** The second advert, because of which the account is throttled. */
  index: number;
  actor: string;
};

async function world(t: TestContext): Promise<World> {
  const site = await serveConsole(t, { policies: { "comments.yaml": policy } });
  for (let place = 0; place < 5; place++) {
    await site.say({ id: `e${place}`, actor: "alice", text: `Thank you for song ${place}` });
  }
  await site.say({ id: "loud", actor: "u-17", text: "LISTEN TO THIS EVERYBODY RIGHT NOW" });
  await site.say({ id: "one", actor: "u-17", text: advert });
  const index = await site.say({ id: "two", actor: "u-17", text: `${advert} again` });
  const { record } = await site.get<{ record: { actor: string } }>(`/v1/decisions/${index}`);
  return { site, index, actor: record.actor };
}

/** What a record of the log says. */
async function recordOf(site: ConsoleSite, index: number): Promise<Record<string, unknown>> {
  return (await site.get<{ record: Record<string, unknown> }>(`/v1/decisions/${index}`)).record;
}

/** Whether a record says that the evidence of one was opened: the newest ones are looked at. */
async function isOpened(site: ConsoleSite, of: number): Promise<boolean> {
  const { publishedSize } = await site.get<{ publishedSize: number }>("/readyz");
  for (let at = publishedSize - 1; at > of; at--) {
    const record = await recordOf(site, at);
    if (record["kind"] === "opening" && record["of"] === of) return true;
  }
  return false;
}

async function fetchedFile(page: Page, press: () => Promise<void>): Promise<{ name: string; path: string }> {
  const [file] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: file.suggestedFilename(), path: await file.path() };
}

void test("decisions and actors in the console", async (t) => {
  const skip = missingBrowser();
  if (skip !== undefined) return t.skip(skip);
  const browser = await startBrowser(t);
  const made = await world(t);
  await t.test("an account is found, looked at, restricted and freed", (each) =>
    actorPages(each, browser, made),
  );
  await t.test("a decision is explained, verified, opened, replayed and disputed", (each) =>
    decisionPage(each, browser, made),
  );
});

async function decisionPage(t: TestContext, browser: Browser, { site, index, actor }: World): Promise<void> {
  const { page, context, faults } = await openConsole(browser, site, `/decisions/${index}`);

  await t.test("it says what, who and why, and its proof is verified by itself", async () => {
    await page.locator("[data-verdict=verified]").waitFor();
    assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), `Decision ${index}`);
    const why = page.getByRole("region", { name: "Why", exact: true });
    await why.getByText("the number of links is at least 2").waitFor();
    assert.equal(await why.locator(".decision-clause-true").count(), 2);
    const followed = page.getByRole("region", { name: "What followed" });
    await followed.getByText("in force").waitFor();
    const steps = await page.locator(".merkle-path g.beside").count();
    assert.ok(steps >= 3, `${steps} hashes beside the way`);
    assert.equal(await page.locator(".merkle-path g.root").count(), 1);
    assert.equal(await page.getByText(advert).count(), 0, "the text is not shown before it is asked for");
  });

  await t.test("its receipt is saved, and verifies without the server", async () => {
    const { name, path } = await fetchedFile(page, () =>
      page.getByRole("button", { name: "Save the receipt" }).click(),
    );
    assert.equal(name, `docket-${index}.json`);
    const run = await docket(["verify", path, "--key", `${site.data}/log.vkey`]);
    assert.equal(run.code, 0, run.stdout + run.stderr);
  });

  await t.test("it comes out again", async () => {
    await page.getByRole("button", { name: "Make this decision again" }).click();
    await page.locator("[data-replay=same]").waitFor();
  });

  await t.test("its evidence is opened with a reason, and is what was sealed", async () => {
    await page.getByRole("button", { name: "Open the evidence" }).click();
    await page.getByLabel("Why? It is recorded with your name.").fill("dispute 4711");
    await page.getByRole("button", { name: "Open it" }).click();
    await page.getByText("This is what was sealed").waitFor();
    assert.equal(await page.getByLabel("What the user wrote").textContent(), `${advert} again`);
    assert.ok(await isOpened(site, index), "that it was opened is on record");
  });

  await t.test("somebody objects for the user, and the dispute is named", async () => {
    await page.getByRole("button", { name: "Object for the user" }).click();
    await page.getByLabel("What the user says").fill("It is my own shop");
    await page.getByRole("button", { name: "Open the dispute" }).click();
    await page.getByRole("link", { name: /^Dispute \d+$/ }).waitFor();
  });

  await t.test("it is accessible in both themes and at 400 px", async () => {
    await isAccessible(page, "light");
    await page.emulateMedia({ colorScheme: "dark" });
    await isAccessible(page, "dark");
    await page.setViewportSize({ width: 400, height: 800 });
    await isAccessible(page, "400 px");
  });
  assert.deepEqual(faults, []);
  await context.close();

  await t.test("by keys alone, and who may not open evidence is not asked to", async () => {
    const auditor = await site.keyOf("auditor");
    const keyed = await openConsole(browser, site, `/decisions/${index}`, { key: auditor });
    await keyed.page.locator("[data-verdict=verified]").waitFor();
    assert.equal(await keyed.page.getByRole("button", { name: "Open the evidence" }).count(), 0);
    await keyed.page.keyboard.press("r");
    await keyed.page.locator("[data-replay=same]").waitFor();
    const saved = await fetchedFile(keyed.page, () => keyed.page.keyboard.press("s"));
    assert.match(readFileSync(saved.path, "utf8"), /^\{"format":"docket-receipt\/v1"/);
    await tabTo(keyed.page, /^a_/);
    await keyed.page.keyboard.press("Enter");
    await keyed.page.getByRole("heading", { name: "Actor", exact: true }).waitFor();
    assert.equal(new URL(keyed.page.url()).pathname, `/console/actors/${actor}`);
    assert.equal(await keyed.page.getByRole("button", { name: "Impose a measure" }).count(), 0);
    assert.deepEqual(keyed.faults, []);
    await keyed.context.close();
  });
}

async function actorPages(t: TestContext, browser: Browser, { site, actor }: World): Promise<void> {
  const { page, context, faults } = await openConsole(browser, site, "/actors");

  await t.test("the list names who was refused, and who was not is found by the app's id", async () => {
    await page.getByRole("link", { name: actor }).waitFor();
    await page.getByLabel("Only with a restriction in force").check();
    await page.getByRole("link", { name: actor }).waitFor();
    await isAccessible(page, "actors");
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Actor", exact: true }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Actors", exact: true }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("u-17");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Actor", exact: true }).waitFor();
    assert.equal(new URL(page.url()).pathname, `/console/actors/${actor}`, "the pseudonym, not the id");
  });

  await t.test("its timeline is drawn and listed, and each of the two visits read it once", async () => {
    await page.locator(".actor-picture svg .actor-reject").first().waitFor();
    await page
      .getByRole("link", { name: /rejected by comments\/adverts/ })
      .first()
      .waitFor();
    const { reads } = await site.get<{ reads: { what: string }[] }>(`/v1/reads?subject=${actor}`);
    assert.equal(reads.filter(({ what }) => what === "timeline").length, 2);
  });

  await t.test("a measure is looked at first, and sealed then, by keys alone", async () => {
    await page.keyboard.press("m");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, "Measure");
    await page.keyboard.type("Suspend");
    await tabTo(page, "See what it would do");
    await page.keyboard.press("Enter");
    await page.getByText("This is what it would do").waitFor();
    await isAccessible(page, "measure");
    await page.keyboard.press("Enter");
    const sealed = page.getByRole("link", { name: /^record \d+$/ }).first();
    await sealed.waitFor();
    const [index] = /\d+/.exec((await sealed.textContent()) ?? "") ?? [];
    const record = await recordOf(site, Number(index));
    assert.deepEqual([record["kind"], record["subject"]], ["measure", actor]);
    await page.getByRole("button", { name: "End it: suspend" }).waitFor();
  });

  await t.test("a restriction is ended", async () => {
    await page.getByRole("button", { name: "End it: suspend" }).click();
    await page.getByRole("button", { name: "See what it would do" }).click();
    await page.getByText("It ends one restriction.").waitFor();
    await page.getByRole("button", { name: "End it", exact: true }).last().click();
    await page.getByText("Sealed.").waitFor();
    await page.getByRole("button", { name: "End it: suspend" }).waitFor({ state: "detached" });
  });

  await t.test("who shares what with it is shown when asked for", async () => {
    await page.getByRole("button", { name: "Show it" }).click();
    await page
      .getByText(/shared|in common/)
      .first()
      .waitFor();
  });

  await t.test("accounts are linked", async () => {
    await page.getByRole("button", { name: "Link an account" }).click();
    await page.getByLabel("The other account's id, or its pseudonym").fill("alice");
    await page.getByRole("button", { name: "Link them" }).click();
    await page.getByText("samePerson").first().waitFor();
  });

  await t.test("a case file is made", async () => {
    await page.getByRole("button", { name: "Make a case file" }).click();
    await page.getByLabel("Why? It is recorded with your name.").fill("asked by a court");
    const { name, path } = await fetchedFile(page, () =>
      page.getByRole("button", { name: "Make it" }).click(),
    );
    assert.match(name, /^docket-case-\d+\.html$/);
    assert.match(readFileSync(path, "utf8"), /^<!doctype html>/i);
  });

  await t.test("it is accessible in both themes and at 400 px", async () => {
    await isAccessible(page, "light");
    await page.emulateMedia({ colorScheme: "dark" });
    await isAccessible(page, "dark");
    await page.setViewportSize({ width: 400, height: 800 });
    await isAccessible(page, "400 px");
  });
  assert.deepEqual(faults, []);
  await context.close();
}
