// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { apiPage } from "../../../tools/api/render.ts";
import type { Document } from "../../../tools/api/render.ts";
import { startServer } from "./testing/docket.ts";

test("the API reference is made from what the server says of itself", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "docket-api-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startServer(t, ["--data", join(folder, "data")]);
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
  await server.stop();
  const page = readFileSync(new URL("../../../docs/reference/api.md", import.meta.url), "utf8").split("\n");
  const made = apiPage(document).split("\n");
  const at = made.findIndex((line, place) => line !== page[place]);
  assert.equal(at, -1, `npm run api-reference: line ${at + 1} should be: ${made[at]}`);
  assert.equal(page.length, made.length, "npm run api-reference");
});
