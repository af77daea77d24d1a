// SPDX-License-Identifier: Apache-2.0
// The pages for everybody in a real browser: receipts, good and hostile, are judged in the page and in the
// file without any network; an objection goes its way; everything works by the keyboard alone, on a small
// screen, in both themes.
import assert from "node:assert/strict";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { encodeReceipt, parseReceipt } from "@docket/protocol";
import { generateSignerKey, parseVerifierKey } from "@docket/tlog";
import { verifyReceipt } from "@docket/verify";
import type { Verdict } from "@docket/verify";
import axe from "axe-core";
import type { Browser, FileChooser, Page } from "playwright-core";
import { missingBrowser, openPage, serveSite, startBrowser } from "./testing/pages.ts";
import type { PagesSite, WatchedPage } from "./testing/pages.ts";

/** A file for the checker, what is trusted, and what it must say. */
type Case = { name: string; bytes: Uint8Array; keys: string; entry: string; verdict: Verdict };

/** What axe finds wrong. */
type Violations = { violations: { id: string; impact: string; nodes: { target: string[] }[] }[] };

const root = new URL("../../../", import.meta.url);

test("the pages for everybody, in a browser", async (t) => {
  const missing = missingBrowser();
  if (missing !== undefined) {
    t.skip(missing);
    return;
  }
  const browser = await startBrowser(t);
  const site = await serveSite(t);
  await t.test("receipts are judged alike in the page and in the file, without a network", async (t) => {
    await judgesAll(t, browser, site);
  });
  await t.test("a receipt is checked by the keyboard alone", () => checksByKeyboard(browser, site));
  await t.test("what the checker says of a receipt", () => tellsOfReceipt(browser, site));
  await t.test("the page of the log checks its checkpoint", () => showsLog(browser, site));
  await t.test("an objection goes its way, by the keyboard alone", () => objects(browser, site));
  await t.test("accessible, on a small screen, in both themes", () => isAccessible(browser, site));
});

async function judgesAll(t: TestContext, browser: Browser, site: PagesSite): Promise<void> {
  const cases = [...proofCases(), ...receiptCases(site)];
  assert.ok(cases.filter(({ verdict }) => verdict === "failed").length > 120, `${cases.length} cases`);
  const folder = mkdtempSync(join(tmpdir(), "docket-alone-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const alone = join(folder, "receipt-checker.html");
  const served = await fetch(`${site.server.url}/receipt-checker.html`);
  writeFileSync(alone, await served.text());
  for (const address of [`${site.server.url}/check`, pathToFileURL(alone).href]) {
    const { page, context, faults, requests } = await openPage(browser, address.replace(/\/[^/]*$/, ""));
    await page.goto(address);
    await page.locator("#keys").waitFor();
    if (address.startsWith("http")) await page.locator("#keys-note:not(:empty)").waitFor();
    await context.setOffline(true);
    const before = requests.length;
    const verdicts = await judgeIn(page, cases);
    const wrong = cases.flatMap(({ name, verdict }, place) =>
      verdicts[place] === verdict ? [] : [`${name}: ${verdicts[place]}, not ${verdict}`],
    );
    assert.deepEqual(wrong, [], address);
    assert.equal(requests.length, before, "it asked for something");
    assert.deepEqual(faults, [], address);
    await context.close();
  }
}

// The page is used as people use it, but for their pace: a file is chosen, then "Check" is pressed.
async function judgeIn(page: Page, cases: readonly Case[]): Promise<string[]> {
  const given = cases.map(({ bytes, keys, entry }, place) => ({
    name: `case-${place}.json`,
    bytes: Buffer.from(bytes).toString("base64"),
    keys,
    entry,
  }));
  return page.evaluate(`(async (cases) => {
    const by = (id) => document.getElementById(id);
    const put = (id, text) => {
      by(id).value = text;
      by(id).dispatchEvent(new Event("input", { bubbles: true }));
    };
    const verdicts = [];
    for (const { name, bytes, keys, entry } of cases) {
      put("keys", keys);
      put("entry", entry);
      const files = new DataTransfer();
      files.items.add(new File([Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))], name));
      by("file").files = files.files;
      by("file").dispatchEvent(new Event("change", { bubbles: true }));
      while (by("file-name").textContent !== name) await new Promise((resolve) => setTimeout(resolve, 0));
      document.querySelector("form").requestSubmit();
      verdicts.push(by("result").dataset.verdict);
    }
    return verdicts;
  })(${JSON.stringify(given)})`);
}

type Vectors = { keys: Record<string, { vkey: string }>; cases: VectorCase[] };
type VectorCase = {
  name: string;
  result: "accept" | "refuse";
  proof?: string;
  proofBase64?: string;
  origin: string;
  entry: string;
  verifiers?: string[];
  vkeys?: string[];
};

/** The proofs of the vector set, each with its keys. */
function proofCases(): Case[] {
  const { keys, cases } = JSON.parse(
    readFileSync(new URL("packages/tlog/vectors/proofs.json", root), "utf8"),
  ) as Vectors;
  return cases.map(({ name, result, proof, proofBase64, entry, verifiers = [], vkeys = [] }) => ({
    name: `vector ${name}`,
    bytes: proof === undefined ? Buffer.from(proofBase64 ?? "", "base64") : Buffer.from(proof),
    keys: [...verifiers.map((each) => keys[each]?.vkey ?? ""), ...vkeys].join("\n"),
    entry: Buffer.from(entry, "hex").toString(),
    // Without a key there is nobody to refuse: the page says so, and doesn't call it verified.
    verdict: result === "accept" ? "verified" : verifiers.length + vkeys.length === 0 ? "unproven" : "failed",
  }));
}

/** Real receipts, and all that can be done to them. What the page must say is what the library says. */
function receiptCases({ receipt: text, keys }: PagesSite): Case[] {
  const page = readFileSync(new URL("docs/formats/receipt.md", root), "utf8");
  const [vkey = "", example = ""] = Array.from(
    page.matchAll(/^```text\n(.*?)^```$/gms),
    ([, each = ""]) => each,
  );
  const origin = parseVerifierKey(vkey.trim()).name;
  const other = generateSignerKey(origin, new Uint8Array(32).fill(9)).verifierKey;
  const receipt = parseReceipt(example);
  const { proof, manifest = "", opening = [], leaf } = receipt;
  const [opened] = opening;
  assert.ok(opened !== undefined);
  const good: [string, string, string, Verdict][] = [
    ["a receipt of this server", text, keys, "verified"],
    ["the documented receipt", example, vkey, "verified"],
    ["the same, no key given", example, "", "unproven"],
  ];
  const { manifest: _manifest, ...withoutManifest } = receipt;
  const changed = [
    { leaf: leaf.replace('"v":1', '"v":2') },
    { leaf: leaf.replace("reject", "allow") },
    { proof: proof.replace("\nindex", "\nextra AAAA\nindex") },
    { proof: proof.replace("@v1", "@v2") },
    { proof: `${proof}\u2014 ${origin} AAAAAAAA\n` },
    { proof: proof.replace("index 1", "index 0") },
    { proof: proof.replace("\n2\n", "\n3\n") },
    { manifest: manifest.replace("disclosed", "content") },
    { opening: [opened, opened] },
    { opening: [{ ...opened, name: "facts" as const }] },
    { opening: [{ ...opened, plaintext: `${opened.plaintext} ` }] },
    { opening: [{ ...opened, secret: opened.secret.slice(0, -2) }] },
  ].map((change) => encodeReceipt({ ...receipt, ...change }));
  const written = [
    encodeReceipt(withoutManifest),
    example.trimEnd(),
    `${example}\n`,
    ` ${example}`,
    `\uFEFF${example}`,
    example.replace("\n", "\r\n"),
    JSON.stringify(JSON.parse(example), null, 1),
    example.replace('{"format"', '{"format":"docket-receipt/v1","format"'),
    example.replace("reject", "\\u0072eject"),
    "{",
    "null",
    "[]",
    "<script>alert(1)</script>",
    "x".repeat(1_000_000),
    "c2sp.org/tlog-proof@v1\n",
    '{"format":"docket-anchored-receipt/v1"}\n',
    '{"format":"docket-case-file/v1"}\n',
  ];
  // Every 29th character, another; packages/verify tries each.
  for (let at = 0; at < example.length; at += 29) {
    const character = String.fromCharCode(example.charCodeAt(at) ^ 1);
    written.push(example.slice(0, at) + character + example.slice(at + 1));
  }
  const bytes = Buffer.from(example);
  return [
    ...good.map(([name, each, trusted, verdict]) => caseOf(name, Buffer.from(each), trusted, verdict)),
    ...[...changed, ...written].map((each, place) => {
      assert.notEqual(verifyReceipt(each, parseVerifierKey(vkey.trim())).verdict, "verified");
      return caseOf(`hostile receipt ${place}`, Buffer.from(each), vkey, "failed");
    }),
    caseOf("another key of the same name", bytes, other, "failed"),
    caseOf("another log's key", bytes, keys, "failed"),
    caseOf("the example's key", Buffer.from(text), vkey, "failed"),
  ];
}

function caseOf(name: string, bytes: Uint8Array, keys: string, verdict: Verdict): Case {
  return { name, bytes, keys, entry: "", verdict };
}

// A busy machine's browser now and then takes a key for the system's own chooser, of which a test hears
// nothing; whoever sees none presses again.
async function openChooser(page: Page): Promise<FileChooser> {
  for (let tries = 0; tries < 4; tries++) {
    const chooser = page.waitForEvent("filechooser", { timeout: 15_000 }).catch(() => undefined);
    await page.keyboard.press("Space");
    const opened = await chooser;
    if (opened !== undefined) return opened;
  }
  return assert.fail("Space on the field opens no file chooser");
}

async function checksByKeyboard(browser: Browser, { server, receipt }: PagesSite): Promise<void> {
  const { page, context, faults } = await openPage(browser, server.url);
  await page.goto(`${server.url}/check`);
  await page.locator("#keys-note:not(:empty)").waitFor();
  await tabTo(page, "file");
  const chooser = await openChooser(page);
  await chooser.setFiles({ name: "mine.json", mimeType: "application/json", buffer: Buffer.from(receipt) });
  await page.locator("#result[data-verdict=verified]").waitFor();
  assert.equal(await focused(page), "verdict", "the verdict is read out at once");
  // Pasted, without the line feed that copying loses.
  await tabTo(page, "text", "Shift+Tab");
  await page.keyboard.insertText(receipt.trimEnd());
  await tabTo(page, "keys");
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  for (let tries = 0; tries < 5; tries++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate("document.activeElement.type")) === "submit") break;
  }
  await page.keyboard.press("Enter");
  await page.locator("#result[data-verdict=unproven]").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
}

async function tellsOfReceipt(browser: Browser, { server, receipt, index, keys }: PagesSite): Promise<void> {
  const { page, context, faults } = await openPage(browser, server.url, { locale: "de-DE" });
  await page.goto(`${server.url}/check`);
  await page.locator("#keys-note:not(:empty)").waitFor();
  assert.equal(await page.locator("#keys").inputValue(), keys);
  await choose(page, receipt);
  assert.match(await textOf(page, "#result"), /Echt.*abgelehnt.*Eintr.*Mehrere Links in einer Anzeige/s);
  await page.getByRole("button", { name: "English" }).click();
  const said = await textOf(page, "#result");
  assert.match(said, /Verified.*The key came from the server.*rejected.*Several links in an advertisement/s);
  assert.match(said, new RegExp(`${index} of \\d+ records.*links-of-newcomers.*signals\\.linkCount`, "s"));
  const states = await page
    .locator(".checks li")
    .evaluateAll((items: { dataset: { check: string; state: string } }[]) =>
      items.map(({ dataset: { check, state } }) => [check, state]),
    );
  const { checks } = verifyReceipt(receipt, parseVerifierKey(keys.split("\n")[0] ?? ""));
  assert.deepEqual(
    states.map(([name]) => name),
    checks.map(({ name }) => name),
  );
  assert.ok(
    states.every(([name, state]) => (state === "ok") === (name !== "cosignatures")),
    said,
  );
  assert.ok((await page.locator(".path .beside").count()) > 2, "the path is drawn");
  assert.equal(await page.locator(".path .root").count(), 1);
  // Text of a receipt is text, whatever it says.
  await choose(page, receipt.replace("links-of-newcomers", "<img src=x onerror=alert(1)>"));
  assert.equal(await page.locator("#result").getAttribute("data-verdict"), "failed");
  assert.equal(await page.locator("#result img").count(), 0);
  assert.match(await textOf(page, "#result"), /Failed.*None of this is proven/s);
  await page.locator("#keys").fill("no key");
  await page.getByRole("button", { name: "Check" }).click();
  assert.match(await textOf(page, "#keys-fault"), /neither a verifier key nor a policy/);
  // The file that is offered is the one whose hash the page names.
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download receipt-checker.html" }).click();
  const saved = readFileSync(await (await download).path());
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", saved)).toString("hex");
  assert.equal(await textOf(page, ".digest"), digest);
  assert.deepEqual(faults, []);
  await context.close();
}

async function showsLog(browser: Browser, { server, keys }: PagesSite): Promise<void> {
  const { page, context, faults } = await openPage(browser, server.url);
  await page.goto(`${server.url}/transparency`);
  const signature = page.locator("#signature");
  await signature.waitFor();
  assert.match((await signature.getAttribute("class")) ?? "", /verified/);
  const said = await textOf(page, "#log");
  assert.match(said, /docket-[0-9a-f]{16}\/main/);
  for (const key of keys.trim().split("\n")) assert.ok(said.includes(key), key);
  // Which policy was in force, and what it came to, for whoever has no account.
  assert.match(await textOf(page, "#policies"), /[\w-]{43} since .*, record \d+/);
  assert.match(said, /In figures/);
  assert.match(said, /Decisions\s*\d+/);
  assert.match(said, /\d+ rejected/);
  assert.deepEqual(faults, []);
  // A server that names another key than its log is signed with.
  await page.route("**/log.vkey", (route) =>
    route.fulfill({ body: generateSignerKey(keys.split("+")[0] ?? "", new Uint8Array(32)).verifierKey }),
  );
  await page.reload();
  await page.locator("#signature.failed").waitFor();
  await context.close();
}

async function objects(browser: Browser, site: PagesSite): Promise<void> {
  const { server, token, index, keys, post } = site;
  const { page, context, faults, requests } = await openPage(browser, server.url);
  await page.goto(`${server.url}/dispute#${token}`);
  await page.locator("[data-phase=none]").waitFor();
  assert.match(
    await textOf(page, "main"),
    /rejected.*Several links in an advertisement.*You haven't objected/s,
  );
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the receipt of the decision" }).click();
  const receipt = readFileSync(await (await download).path(), "utf8");
  const report = verifyReceipt(receipt, { keys: keys.trim().split("\n").map(parseVerifierKey) });
  assert.equal(report.verdict, "verified");
  assert.equal(report.record?.index, index);
  assert.deepEqual(report.opened, []);

  await tabTo(page, "words");
  await page.keyboard.insertText("I answered somebody.\n<b>I sell nothing.</b>");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("[data-phase=open]").waitFor();
  assert.match(await textOf(page, "main"), /It is sealed as record \d+.*You.*<b>I sell nothing\.<\/b>/s);
  await tabTo(page, "words");
  await page.keyboard.insertText("Look at the comment above mine.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Look at the comment above mine.").waitFor();
  // Withdrawing asks once more, and can be left.
  await tabTo(page, "withdraw");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "keep");
  await page.keyboard.press("Enter");
  await page.locator("#withdraw").waitFor();

  const listed = await fetch(`${server.url}/v1/disputes`, {
    headers: { authorization: `Bearer ${server.key}` },
  });
  const { disputes } = (await listed.json()) as { disputes: { dispute: number; of: number }[] };
  assert.deepEqual(
    disputes.map(({ of }) => of),
    [index],
  );
  const ruling = {
    ruling: "overturned",
    reason: "mistaken",
    told: { en: "You were right.", de: "Du hattest recht." },
  };
  await post(`disputes/${disputes[0]?.dispute}/ruling`, ruling);
  await page.reload();
  await page.locator("[data-phase=overturned]").waitFor();
  await page.getByRole("button", { name: "Deutsch" }).click();
  await page.getByText("Du hattest recht.", { exact: true }).waitFor();

  // A token that is none, and one that was cut off.
  await page.goto(`${server.url}/dispute`);
  await page.locator("#token").fill(`${server.url}/dispute#${token.slice(0, -3)}abc`);
  await page.keyboard.press("Enter");
  await page.locator("#token-fault:not(:empty)").waitFor();
  assert.ok(
    requests.every((url) => !url.includes(token.slice(4))),
    "the token stands in no address that is asked",
  );
  // That the server refused the token, the browser says by itself.
  assert.deepEqual(
    faults.filter((fault) => !/status of 40[13]/.test(fault)),
    [],
  );
  await context.close();
}

async function isAccessible(browser: Browser, site: PagesSite): Promise<void> {
  const { url } = site.server;
  const views: [string, (page: Page) => Promise<void>][] = [
    [
      "/check",
      async (page) => {
        await page.locator("#keys-note:not(:empty)").waitFor();
        await choose(page, site.receipt);
      },
    ],
    ["/check?lang=de", async (page) => choose(page, site.receipt.replace("reject", "delay"))],
    [`/dispute#${site.token}`, (page) => page.locator("[data-phase=overturned]").waitFor()],
    ["/dispute", (page) => page.locator("#token").waitFor()],
    ["/transparency", (page) => page.locator("#signature").waitFor()],
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    // Themes differ in their colours alone.
    const what = {
      resultTypes: ["violations"],
      ...(colorScheme === "dark" && { runOnly: ["color-contrast"] }),
    };
    // axe puts markup into the page, which the page's own policy refuses.
    const watched = await openPage(browser, url, {
      colorScheme,
      bypassCSP: true,
      viewport: { width: 400, height: 800 },
    });
    for (const [path, act] of views) await looksWell(watched, `${url}${path}`, act, what);
    await watched.context.close();
  }
}

async function looksWell(
  { page, faults }: WatchedPage,
  address: string,
  act: (page: Page) => Promise<void>,
  what: object,
): Promise<void> {
  await page.goto("about:blank");
  await page.goto(address);
  await act(page);
  const width = await page.evaluate("document.documentElement.scrollWidth");
  assert.ok(Number(width) <= 400, `${address} is ${String(width)} pixels wide`);
  await page.evaluate(axe.source);
  const found = await page.evaluate<Violations>(`axe.run(${JSON.stringify(what)})`);
  const said = found.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.target.join()}`);
  assert.deepEqual(said, [], address);
  assert.deepEqual(faults, [], address);
}

async function choose(page: Page, text: string): Promise<void> {
  const runs = Number((await page.locator("#result").getAttribute("data-run")) ?? 0);
  await page
    .locator("#file")
    .setInputFiles({ name: "r.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await page.locator(`#result[data-run="${runs + 1}"]`).waitFor();
}

/** Presses Tab until the element of this id has the focus. */
async function tabTo(page: Page, id: string, key = "Tab"): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    if ((await focused(page)) === id) return;
    await page.keyboard.press(key);
  }
  assert.fail(`#${id} can't be reached with ${key}`);
}

async function focused(page: Page): Promise<string> {
  return String(await page.evaluate("document.activeElement.id"));
}

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).textContent()) ?? "";
}
