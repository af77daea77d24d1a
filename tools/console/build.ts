// SPDX-License-Identifier: Apache-2.0
// Bundles the console of packages/console: a document, scripts that are loaded page by page, and one style,
// in files named by what they hold.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { InlineConfig } from "vite";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where the built files lie. */
export const consoleFolder: string = `${root}packages/docket/assets/console/`;

/** Built files by name. */
export type BuiltConsole = {
  readonly files: Map<string, string>;
  /** Names of the scripts that the document loads before any page: the entry and all that it imports. */
  readonly initial: readonly string[];
};

/** What the bundler and the server for developing have in common. */
export const consoleConfig: InlineConfig = {
  root: `${root}packages/console`,
  base: "/console/",
  configFile: false,
  envFile: false,
  publicDir: false,
  logLevel: "error",
  resolve: { conditions: ["@docket/source", "browser", "module", "import", "default"] },
  oxc: { jsx: { runtime: "automatic" } },
};

/** Bundles the console. The same sources give the same bytes. */
export async function buildConsole(): Promise<BuiltConsole> {
  const result = await build({
    ...consoleConfig,
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2023",
      minify: true,
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: `${root}packages/console/index.html`,
        output: {
          entryFileNames: "assets/[name]-[hash].js",
          chunkFileNames: "assets/[name]-[hash].js",
          assetFileNames: "assets/[name]-[hash][extname]",
        },
      },
    },
  });
  const chunks = [result].flat().flatMap((each) => ("output" in each ? each.output : []));
  const files = new Map<string, string>();
  for (const chunk of chunks) {
    const text = chunk.type === "chunk" ? chunk.code : asText(chunk.source);
    files.set(chunk.fileName.replace(/^assets\//, ""), text);
  }
  const scripts = chunks.filter((chunk) => chunk.type === "chunk");
  const entry = scripts.find(({ isEntry }) => isEntry);
  const initial = new Set<string>();
  const add = (name: string): void => {
    if (initial.has(name)) return;
    initial.add(name);
    for (const next of scripts.find(({ fileName }) => fileName === name)?.imports ?? []) add(next);
  };
  if (entry === undefined) throw new Error("the console has no entry");
  add(entry.fileName);
  return { files, initial: [...initial].map((name) => name.replace(/^assets\//, "")) };
}

/** The files that are committed. */
export function committedConsole(): Map<string, string> {
  if (!existsSync(consoleFolder)) return new Map();
  const names = readdirSync(consoleFolder).toSorted();
  return new Map(names.map((name) => [name, readFileSync(consoleFolder + name, "utf8")]));
}

function asText(source: string | Uint8Array): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}
