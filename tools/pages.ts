// SPDX-License-Identifier: Apache-2.0
// Bundles the pages into packages/docket/assets/pages, where the product serves them from.
//
//   npm run pages
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { buildPages, committedPages, pagesFolder } from "./pages/build.ts";

const files = await buildPages();
mkdirSync(pagesFolder, { recursive: true });
for (const name of committedPages().keys()) if (!files.has(name)) rmSync(pagesFolder + name);
for (const [name, text] of files) {
  writeFileSync(pagesFolder + name, text);
  console.log(`${name}: ${Buffer.byteLength(text)} bytes, ${gzipSync(text).length} gzipped`);
}
