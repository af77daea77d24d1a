// SPDX-License-Identifier: Apache-2.0
// Bundles the console into packages/docket/assets/console, where the product serves it from.
//
//   npm run console
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { buildConsole, committedConsole, consoleFolder } from "./console/build.ts";

const { files, initial } = await buildConsole();
mkdirSync(consoleFolder, { recursive: true });
for (const [name, text] of files) {
  // The document last and whole: it names files that are there by then.
  if (name === "index.html") continue;
  writeFileSync(consoleFolder + name, text);
}
writeFileSync(`${consoleFolder}index.html.new`, files.get("index.html") ?? "");
renameSync(`${consoleFolder}index.html.new`, `${consoleFolder}index.html`);
for (const name of committedConsole().keys()) if (!files.has(name)) rmSync(consoleFolder + name);
const gzipped = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + gzipSync(files.get(name) ?? "").length, 0);
console.log(`${files.size} files, ${gzipped([...files.keys()])} bytes gzipped`);
console.log(`before any page: ${initial.join(", ")}: ${gzipped(initial)} bytes gzipped`);
