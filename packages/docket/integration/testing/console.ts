// SPDX-License-Identifier: Apache-2.0
// The console in a browser: for the tests of its pages, and for their screenshots.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { docket, startServer } from "./docket.ts";
import type { RunningServer } from "./docket.ts";
import { openPage } from "./pages.ts";
import type { WatchedPage } from "./pages.ts";

/** What axe finds wrong. */
type Violations = { violations: { id: string; impact: string; nodes: { target: string[] }[] }[] };

/** A served site and how it is asked. */
export type ConsoleSite = {
  server: RunningServer;
  data: string;
  /** Makes an API key of a role. */
  keyOf: (role: string) => Promise<string>;
  get: <T>(path: string, key?: string) => Promise<T>;
  post: <T>(path: string, body: object, key?: string) => Promise<T>;
  /** Decides a comment and gives the index of its record. */
  say: (event: { id: string; actor: string; text: string; content?: string }) => Promise<number>;
};

/** What a site is served with. */
type ServedWith = {
  policies?: Readonly<Record<string, string>>;
  args?: readonly string[];
  /** What stands in docket.yaml, and files of the keys directory that it names. */
  configuration?: string;
  secrets?: Readonly<Record<string, string>>;
};

/** Serves a new site, with these policy files in place of the shipped ones if they are given. */
export async function serveConsole(
  t: TestContext,
  { policies, args = [], configuration, secrets = {} }: ServedWith = {},
): Promise<ConsoleSite> {
  const folder = mkdtempSync(join(tmpdir(), "docket-console-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  const made = await docket(["init", data]);
  assert.equal(made.code, 0, made.stderr);
  if (policies !== undefined) {
    const place = join(data, "policy");
    for (const name of readdirSync(place)) if (name.endsWith(".yaml")) rmSync(join(place, name));
    for (const [name, text] of Object.entries(policies)) writeFileSync(join(place, name), text);
  }
  if (configuration !== undefined) writeFileSync(join(data, "docket.yaml"), configuration);
  for (const [name, text] of Object.entries(secrets)) {
    writeFileSync(join(`${data}.keys`, "main", name), text, { mode: 0o600 });
  }
  const server = await startServer(t, ["--data", data, ...args]);
  const ask = async <T>(method: string, path: string, key: string, body?: object): Promise<T> => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const post: ConsoleSite["post"] = (path, body, key = server.key) => ask("POST", path, key, body);
  return {
    server,
    data,
    keyOf: async (role) => {
      // Over HTTP some of them take a second person.
      const run = await docket(["apikey", "create", "--role", role, "--data", data]);
      const [key] = /dk_[A-Za-z0-9_-]{43}/.exec(run.stdout) ?? [];
      assert.ok(key !== undefined, run.stderr);
      return key;
    },
    get: (path, key = server.key) => ask("GET", path, key),
    post,
    say: async ({ id, actor, text, content = `c-${id}` }) => {
      const event = { id, type: "comment", actor: { id: actor }, content: { id: content, text } };
      return (await post<{ index: number }>("/v1/decisions", event)).index;
    },
  };
}

/** How the console is looked at. */
export type Look = { width?: number; height?: number; scheme?: "light" | "dark"; key?: string };

/** Opens a page of the console, signed in with an API key; `path`, from "/" on, stands below /console. */
export async function openConsole(
  browser: Browser,
  site: ConsoleSite,
  path: string,
  { width = 1280, height = 800, scheme = "light", key = site.server.key }: Look = {},
): Promise<WatchedPage> {
  const watched = await openPage(browser, site.server.url, {
    viewport: { width, height },
    colorScheme: scheme,
  });
  const at = path === "/" ? "" : path;
  await watched.page.goto(`${site.server.url}/console${at}#key=${key}`);
  await watched.page.locator("#main :is(h1, .empty)").first().waitFor();
  return watched;
}

/** Fails if axe finds anything serious, or if the page is wider than its window. */
export async function isAccessible(page: Page, name: string): Promise<void> {
  // Evaluated by the browser's own debugger, whom the page's policy doesn't bind.
  await page.evaluate(axe.source);
  const found = await page.evaluate<Violations>("axe.run()");
  const serious = found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  assert.deepEqual(serious, [], name);
  const [inner, wide] = await page.evaluate<[number, number]>(
    "[document.documentElement.clientWidth, document.documentElement.scrollWidth]",
  );
  assert.ok(wide <= inner, `${name} is ${wide} px wide in a window of ${inner}`);
}

/** Goes by keys alone from where the focus is to what has this name, and says how many it took. */
export async function tabTo(page: Page, name: string | RegExp, most = 60): Promise<number> {
  for (let steps = 1; steps <= most; steps++) {
    await page.keyboard.press("Tab");
    const said = await page.evaluate<string>(
      "(() => { const e = document.activeElement; return e?.getAttribute('aria-label') ?? " +
        "(e?.labels?.[0]?.textContent || e?.textContent || '').trim(); })()",
    );
    if (typeof name === "string" ? said === name : name.test(said)) return steps;
  }
  return assert.fail(`no Tab in ${most} came to ${String(name)}`);
}
