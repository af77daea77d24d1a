// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { permissions, roles } from "../access/permissions.ts";
import { statementFaults } from "../transparency/statement-schema.ts";
import { testServer, withKey } from "./testing/server.ts";

const period = { from: "2026-11-17", to: "2026-11-24" };

void test("report, week and statements are for the roles of the table, each in its forms", async (t) => {
  const world = await testServer();
  t.after(() => world.close());
  const { server } = world;
  const query = `from=${period.from}&to=${period.to}`;
  const reads: [string, RegExp, RegExp][] = [
    [`/v1/transparency?${query}`, /json/, /"format":"docket-transparency\/v1"/],
    [`/v1/transparency?${query}&format=html`, /html/, /^<!doctype html>/],
    [`/v1/transparency?${query}&format=csv`, /csv/, /^from,to,section,/],
    [`/v1/weekly?to=${period.to}`, /html/, /<h1>The week<\/h1>/],
    [`/v1/weekly?to=${period.to}&format=json`, /json/, /"format":"docket-weekly\/v1"/],
  ];
  for (const [url, type, body] of reads) {
    for (const role of roles) {
      const answer = await server.inject({ url, headers: withKey(role) });
      const may = permissions.readTransparency.includes(role);
      assert.equal(answer.statusCode, may ? 200 : 403, `${role} ${url}`);
      if (!may) continue;
      assert.match(String(answer.headers["content-type"]), type);
      assert.match(answer.body, body);
    }
  }
  for (const role of roles) {
    const headers = { ...withKey(role), "content-type": "application/json" };
    const payload = JSON.stringify(period);
    const answer = await server.inject({ method: "POST", url: "/v1/statements", headers, payload });
    assert.equal(answer.statusCode, permissions.exportStatements.includes(role) ? 200 : 403, role);
    if (answer.statusCode !== 200) continue;
    assert.equal(answer.headers["docket-left-out"], "0");
    const { statements } = JSON.parse(answer.body) as { statements: unknown[] };
    assert.equal(statements.length, 4);
    for (const statement of statements) assert.deepEqual(statementFaults(statement), []);
  }
});

void test("periods and forms that are none are refused", async (t) => {
  const world = await testServer();
  t.after(() => world.close());
  const headers = withKey("admin");
  for (const query of ["from=2026-11-24&to=2026-11-17", "from=yesterday", "format=pdf", "until=2026-11-24"]) {
    const answer = await world.server.inject({ url: `/v1/transparency?${query}`, headers });
    assert.equal(answer.statusCode, 400, query);
  }
  for (const body of [
    {},
    { ...period, category: "SPAM" },
    { ...period, territories: [] },
    { ...period, x: 1 },
  ]) {
    const answer = await world.server.inject({
      method: "POST",
      url: "/v1/statements",
      headers: { ...headers, "content-type": "application/json" },
      payload: JSON.stringify(body),
    });
    assert.equal(answer.statusCode, 400, JSON.stringify(body));
  }
});
