// SPDX-License-Identifier: Apache-2.0
// GET /v1/decisions: what is asked reaches the search, and what can't be asked is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../access/permissions.ts";
import { testServer, withKey } from "./testing/server.ts";
import { TestSearch } from "./testing/search.ts";

test("everything that can be asked reaches the search", async () => {
  const search = new TestSearch();
  const { server, close } = await testServer({ search });
  const query =
    "actor=alice&outcome=reject,hold&rule=p%2Fr&type=comment&op=edit&list=bad&campaign=c_1&language=en" +
    "&release=x&label=spam&text=a%20b&domain=shop.example&from=2026-11-01T00:00:00Z" +
    "&to=2026-11-02T00:00:00Z&before=9&limit=7";
  const response = await server.inject({ url: `/v1/decisions?${query}`, headers: withKey("analyst") });
  assert.equal(response.statusCode, 200, response.body);
  assert.deepEqual(response.json(), { decisions: [], older: null, newer: -1, actor: null, partial: false });
  assert.deepEqual(search.asked, [
    {
      rule: "p/r",
      type: "comment",
      op: "edit",
      list: "bad",
      campaign: "c_1",
      language: "en",
      release: "x",
      domain: "shop.example",
      text: "a b",
      actor: "alice",
      outcomes: ["reject", "hold"],
      label: "spam",
      fromMs: Date.UTC(2026, 10, 1),
      toMs: Date.UTC(2026, 10, 2),
      before: 9,
      after: undefined,
      limit: 7,
    },
  ]);
  await close();
});

test("what can't be asked is refused, and so is whoever may not ask", async () => {
  const { server, close } = await testServer();
  const ask = async (query: string, role: Role): Promise<[number, unknown]> => {
    const response = await server.inject({ url: `/v1/decisions?${query}`, headers: withKey(role) });
    const { error } = response.json<{ error?: { code: string } }>();
    return [response.statusCode, error?.code];
  };
  for (const query of [
    "outcome=none",
    "label=bad",
    "from=soon",
    "limit=501",
    "limit=0",
    "rule=",
    "before=x",
  ]) {
    assert.deepEqual(await ask(query, "analyst"), [400, "schema_mismatch"], query);
  }
  assert.deepEqual(await ask("words=x", "analyst"), [400, "unknown_field"]);
  assert.deepEqual(await ask("actor=bob", "auditor"), [404, "not_found"]);
  assert.deepEqual(await ask("", "ingest"), [403, "forbidden"]);
  await close();
});
