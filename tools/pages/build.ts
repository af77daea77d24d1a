// SPDX-License-Identifier: Apache-2.0
// Bundles the pages of packages/pages: for each a document, its script and its style in files named by what
// they hold, so that they can be kept for good; and the receipt checker once more as one file.
import { createHash, hash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = `${root}packages/pages/src/`;

/** Where the built files lie. */
export const pagesFolder: string = `${root}packages/docket/assets/pages/`;
/** The pages, by the folders of packages/pages/src. */
export const pageNames = ["check", "dispute", "transparency"] as const;
/** The receipt checker as one file. */
export const standaloneName = "receipt-checker.html";

/** Built files by name. */
export type BuiltFiles = Map<string, string>;

/** Bundles all pages. The same sources give the same bytes. */
export async function buildPages(): Promise<BuiltFiles> {
  const files: BuiltFiles = new Map();
  const style = squeezedStyle(readFileSync(`${source}style/page.css`, "utf8"));
  const styleName = named("page", "css", style);
  files.set(styleName, style);
  for (const name of pageNames) {
    const script = await bundle(`${source}${name}/page.ts`);
    const attributes: Record<string, string> = {};
    if (name === "check") {
      const alone = standalonePage(style, script);
      files.set(standaloneName, alone);
      attributes["data-sha256"] = createHash("sha256").update(alone).digest("hex");
    }
    const scriptName = named(name, "js", script);
    files.set(scriptName, script);
    files.set(`${name}.html`, servedPage(styleName, scriptName, attributes));
  }
  return files;
}

/** The files that are committed. */
export function committedPages(): BuiltFiles {
  if (!existsSync(pagesFolder)) return new Map();
  const names = readdirSync(pagesFolder).toSorted();
  return new Map(names.map((name) => [name, readFileSync(pagesFolder + name, "utf8")]));
}

async function bundle(entry: string): Promise<string> {
  const result = await build({
    root: `${root}packages/pages`,
    configFile: false,
    envFile: false,
    logLevel: "error",
    publicDir: false,
    resolve: { conditions: ["@docket/source", "browser", "module", "import", "default"] },
    build: {
      write: false,
      target: "es2022",
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: entry, output: { format: "iife", entryFileNames: "page.js" } },
    },
  });
  const chunks = [result].flat().flatMap((each) => ("output" in each ? each.output : []));
  const [chunk] = chunks;
  if (chunks.length !== 1 || chunk?.type !== "chunk") {
    throw new Error(`${entry} became ${chunks.length} files, and a page is one script`);
  }
  // Names of Node's own modules would only fail in a browser.
  if (chunk.imports.length > 0) throw new Error(`${entry} imports ${chunk.imports.join(", ")}`);
  return chunk.code;
}

// What stands in no string is of no use to a browser: comments, and white space around signs.
function squeezedStyle(css: string): string {
  return `${css
    .replaceAll(/\/\*.*?\*\//gs, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};,>]) ?/g, "$1")
    .trim()}\n`;
}

function named(name: string, ending: string, text: string): string {
  return `${name}-${hash("sha256", text).slice(0, 16)}.${ending}`;
}

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Ccircle cx='8' cy='8' r='7' fill='%230b5cad'/%3E" +
  "%3Cpath d='M4.5 8.5l2.5 2.5 4.5-5.5' fill='none' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

function document_(head: string, attributes: Readonly<Record<string, string>>, body: string): string {
  const said = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
  return `<!doctype html>
<html lang="en"${said.join("")}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<title>Docket</title>
<link rel="icon" href="${icon}">
</head>
<body>
<div id="page"></div>
<noscript>This page works with JavaScript only. Diese Seite braucht JavaScript.</noscript>
${body}
</body>
</html>
`;
}

function servedPage(style: string, script: string, attributes: Readonly<Record<string, string>>): string {
  const links = [
    `<link rel="stylesheet" href="/pages/${style}">`,
    `<script src="/pages/${script}" defer></script>`,
  ];
  const head = links.join("\n");
  return document_(head, attributes, "");
}

function standalonePage(style: string, script: string): string {
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) {
    throw new Error("the script or the style would end its own element");
  }
  const policy = [
    "default-src 'none'",
    `script-src ${sourceOf(script)}`,
    `style-src ${sourceOf(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<style>${style}</style>`;
  const licence = "<!-- SPDX-License-Identifier: Apache-2.0 -->";
  return document_(`${licence}\n${head}`, { "data-standalone": "" }, `<script>${script}</script>`);
}

function sourceOf(text: string): string {
  return `'sha256-${hash("sha256", text, "base64")}'`;
}
