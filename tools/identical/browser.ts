// SPDX-License-Identifier: Apache-2.0
// The package in Chromium: its sources served from loopback, with their types stripped, and no bundler
// between.
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));
const chromiumProgram = "/usr/bin/chromium";
const answerMsMax = 120_000;

/** The package's own entries, and those of its dependencies that a browser takes. */
const imports = {
  "@docket/policy": "/packages/policy/src/index.ts",
  "@docket/policy/training": "/packages/policy/src/training.ts",
  "linkify-it": "/node_modules/linkify-it/build/index.mjs",
  "uc.micro": "/node_modules/uc.micro/build/index.mjs",
  re2js: "/node_modules/re2js/build/index.js",
  tldts: "/node_modules/tldts/dist/es6/index.js",
  "tldts-core": "/node_modules/tldts-core/dist/es6/index.js",
  yaml: "/node_modules/yaml/browser/index.js",
};

/** Why there is no browser here, or `undefined`. */
export function missingBrowser(): string | undefined {
  return existsSync(chromiumProgram) ? undefined : `${chromiumProgram} is absent (Debian: chromium)`;
}

/** What Chromium computes. */
export async function linesInBrowser(count: number): Promise<string[]> {
  const server = await serve();
  const browser = await chromium.launch({
    executablePath: chromiumProgram,
    // It runs in containers as root; it opens nothing but the page from loopback.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(answerMsMax);
    const failures: string[] = [];
    page.on("pageerror", (error) => failures.push(error.message));
    page.on("console", (message) => message.type() === "error" && failures.push(message.text()));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await page.goto(`http://127.0.0.1:${port}/?count=${count}`);
    const output = await page.waitForSelector("output", { state: "attached" }).catch((error: unknown) => {
      throw new Error(`the page did not finish: ${failures.join("; ")}`, { cause: error });
    });
    return JSON.parse((await output.textContent()) ?? "") as string[];
  } finally {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
    const file = path === "/" ? { type: "text/html", text: pageText } : readModule(path);
    response.writeHead(file === undefined ? 404 : 200, {
      "content-type": `${file?.type ?? "text/plain"}; charset=utf-8`,
    });
    response.end(file?.text ?? "");
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve(server);
    });
  });
}

const pageText = `<!doctype html>
<meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import { computeLines } from "/tools/identical/compute.ts";
  const output = document.createElement("output");
  const count = Number(new URLSearchParams(location.search).get("count"));
  output.textContent = JSON.stringify(computeLines(count));
  document.body.append(output);
</script>
`;

/** A module of the workspace. Imports without an ending, as tldts has them, mean a `.js` file. */
function readModule(path: string): { type: string; text: string } | undefined {
  const file = [path, `${path}.js`]
    .map((name) => join(root, name))
    .find((name) => existsSync(name) && statSync(name).isFile());
  if (file === undefined || !realpathSync(file).startsWith(realpathSync(root) + sep)) return undefined;
  const source = readFileSync(file, "utf8");
  return { type: "text/javascript", text: file.endsWith(".ts") ? stripTypeScriptTypes(source) : source };
}
