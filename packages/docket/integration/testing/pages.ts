// SPDX-License-Identifier: Apache-2.0
// A served site with something to look at, and a browser that says what goes wrong in it: for the tests of
// the pages, and for their screenshots.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestContext } from "node:test";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { docket, startServer } from "./docket.ts";
import type { RunningServer } from "./docket.ts";

const chromiumProgram = "/usr/bin/chromium";
/** How long anything in a page is waited for, in ms. */
const pageMsMax = 60_000;

/** Why there is no browser here, or `undefined`. */
export function missingBrowser(): string | undefined {
  return existsSync(chromiumProgram) ? undefined : `${chromiumProgram} is absent (Debian: chromium)`;
}

/** Starts the browser, and ends it with the test. */
export async function startBrowser(t: Pick<TestContext, "after">): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: chromiumProgram,
    // It runs in containers as root; it opens nothing but pages from loopback.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  t.after(() => browser.close());
  return browser;
}

/** A page, and what went wrong in it: errors, refusals by its policy, and requests to anyone else. */
export type WatchedPage = { page: Page; context: BrowserContext; faults: string[]; requests: string[] };

/** Opens a page in a context of its own. */
export async function openPage(
  browser: Browser,
  own: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(pageMsMax);
  const faults: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    requests.push(url);
    if (!/^(data|blob):/.test(url) && !url.startsWith(own)) faults.push(`asked ${url}`);
  });
  return { page, context, faults, requests };
}

const policy = `policy: comments
on: [comment]
rules:
  - id: links-of-newcomers
    when: signals.linkCount >= 2 && signals.normalised.contains("cheap")
    then: { outcome: reject, strike: 1, suspend: 1d }
    reason:
      en: "Several links in an advertisement. We don't publish adverts."
      de: "Mehrere Links in einer Anzeige. Anzeigen veröffentlichen wir nicht."
    disclose: [signals.linkCount]
`;

/** Waits until so many records are published: a receipt's proof is as long as the tree is deep. */
async function published(server: RunningServer, size: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [, found = "0"] = (await (await fetch(`${server.url}/checkpoint`)).text()).split("\n");
    if (Number(found) >= size) return;
    await sleep(50);
  }
  assert.fail(`no checkpoint over ${size} records was published`);
}

/** A served site with a refused comment. */
export type PagesSite = {
  server: RunningServer;
  /** The log's verifier keys, as `log.vkey` has them. */
  keys: string;
  /** The receipt of the refusal with its opening, and the token that objects to it. */
  index: number;
  receipt: string;
  token: string;
  /** Asks the API as somebody of that role. */
  post: (path: string, body: object, key?: string) => Promise<Response>;
};

/** Serves a site in which a comment was refused. */
export async function serveSite(t: TestContext): Promise<PagesSite> {
  const folder = mkdtempSync(join(tmpdir(), "docket-pages-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  const made = await docket(["init", data]);
  assert.equal(made.code, 0, made.stderr);
  const policies = join(data, "policy");
  for (const name of readdirSync(policies)) rmSync(join(policies, name), { recursive: true });
  writeFileSync(join(policies, "comments.yaml"), policy);
  const server = await startServer(t, ["--data", data]);
  const post: PagesSite["post"] = async (path, body, key = server.key) => {
    const response = await fetch(`${server.url}/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, `${path}: ${response.ok ? "" : await response.clone().text()}`);
    return response;
  };
  const say = async (id: string, text: string): Promise<number> => {
    const event = { id, type: "comment", actor: { id: "alice" }, content: { id: `c-${id}`, text } };
    return ((await (await post("decisions", event)).json()) as { index: number }).index;
  };
  for (let place = 0; place < 12; place++) await say(`e${place}`, `Thank you, that is song ${place}`);
  const advert = "cheap watches https://watches.example and cheap bags https://bags.example";
  const index = await say("advert", advert);
  for (let place = 12; place < 20; place++) await say(`e${place}`, `Thank you, that is song ${place}`);
  await published(server, index + 9);
  const opened = await post(`receipts/${index}/opening`, { reason: "for the affected user" });
  return {
    server,
    keys: await (await fetch(`${server.url}/log.vkey`)).text(),
    index,
    receipt: await opened.text(),
    token: opened.headers.get("docket-dispute-token") ?? "",
    post,
  };
}
