// SPDX-License-Identifier: Apache-2.0
// Writes docs/reference/api.md from what a server says of itself: npm run api-reference [-- --check]
// With --check nothing is written, and the exit code is 1 if the page is another one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiPage } from "./api/render.ts";
import type { Document } from "./api/render.ts";
import { makeSite, serveSite } from "./demo/site.ts";

const path = new URL("../docs/reference/api.md", import.meta.url);

process.exitCode = await main(process.argv.includes("--check"));

async function main(onlyCheck: boolean): Promise<number> {
  const page = apiPage(await ownDescription());
  if (!onlyCheck) {
    writeFileSync(path, page);
    return 0;
  }
  if (readFileSync(path, "utf8") === page) return 0;
  process.stderr.write("docs/reference/api.md is not what the server says: npm run api-reference\n");
  return 1;
}

async function ownDescription(): Promise<Document> {
  const folder = mkdtempSync(join(tmpdir(), "docket-api-"));
  try {
    const data = join(folder, "data");
    await makeSite(data);
    const site = await serveSite(data, 0, new AbortController().signal);
    try {
      return (await site.ask("/openapi.json")).body as Document;
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
