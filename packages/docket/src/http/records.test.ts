// SPDX-License-Identifier: Apache-2.0
// The list of records and how the log stands, on a real site.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { DocketRecord } from "@docket/protocol";
import type { Role } from "../access/permissions.ts";
import { Authenticator } from "../access/authenticator.ts";
import { enforcementPolicy, testSite } from "../enforcement/testing/site.ts";
import { createServer } from "./server.ts";
import { testKeyFeed, testKeyId, withKey } from "./testing/server.ts";

type Page = { records: { record: DocketRecord; says: string }[]; next: number | null; size: number };
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what an answer is, says who asks
type Ask = <T>(url: string, role?: Role) => Promise<{ status: number; body: T }>;

async function serve(t: TestContext): Promise<{ ask: Ask; decide: (id: string) => Promise<number> }> {
  const site = await testSite(t, enforcementPolicy);
  const { site: docket, ...desks } = site.opened;
  const sealAccess = async (): Promise<void> => undefined;
  const authenticator = await Authenticator.open({ feed: testKeyFeed(), sealAccess, clock: Date.now });
  const server = createServer({
    ...desks,
    site: docket,
    authenticator,
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  t.after(async () => {
    await server.close();
    await authenticator.close();
  });
  return {
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
    ask: async <T>(url: string, role: Role = "analyst") => {
      const answer = await server.inject({ method: "GET", url, headers: withKey(role) });
      return { status: answer.statusCode, body: answer.json<T>() };
    },
    decide: async (id) => {
      const payload = { id, type: "comment", actor: { id: "ann" }, content: { id, text: "thank you" } };
      const headers = { ...withKey("admin"), "content-type": "application/json" };
      const answer = await server.inject({ method: "POST", url: "/v1/decisions", headers, payload });
      assert.equal(answer.statusCode, 200, answer.body);
      return answer.json<{ index: number }>().index;
    },
  };
}

const kinds = ({ records }: Page): string[] => records.map(({ record }) => record.kind);

void test("records of all kinds are listed, and found by kind, maker and what they name", async (t) => {
  const { ask, decide } = await serve(t);
  const decided = [await decide("1"), await decide("2"), await decide("3")];
  const all = await ask<Page>("/v1/records");
  assert.equal(all.status, 200);
  assert.deepEqual(
    all.body.records.map(({ record }) => record.index),
    Array.from({ length: all.body.size }, (_, place) => all.body.size - 1 - place),
  );
  assert.equal(all.body.records.at(-1)?.says, "this log was created");
  assert.equal(all.body.next, null);
  const some = (await ask<Page>("/v1/records?kind=decision,start&limit=2")).body;
  assert.deepEqual([kinds(some), some.next], [["decision", "decision"], decided[1]]);
  const rest = (await ask<Page>(`/v1/records?kind=decision,start&before=${some.next}`)).body;
  assert.deepEqual([kinds(rest), rest.next], [["decision", "start"], null]);
  const [first] = (await ask<Page>("/v1/records?kind=decision")).body.records;
  const actor = first?.record.kind === "decision" ? first.record.actor : "";
  assert.deepEqual(kinds((await ask<Page>(`/v1/records?subject=${actor}`)).body), Array(3).fill("decision"));
  // Whoever looks is in it, too.
  const reads = (await ask<Page>(`/v1/records?by=${testKeyId("analyst")}`)).body.records;
  assert.deepEqual(
    reads.map(({ record }) => record.kind === "read" && record.what),
    ["entries"],
  );
  const none = (await ask<Page>(`/v1/records?of=${decided[0]}`)).body;
  assert.deepEqual([none.records, none.next], [[], null]);
  const early = (await ask<Page>("/v1/records?until=2001-01-01T00:00:00Z")).body;
  assert.deepEqual(early.records, []);
});

void test("questions that make no sense are refused, and so is who may not ask", async (t) => {
  const { ask } = await serve(t);
  for (const query of [
    "kind=Decision",
    "kind=",
    "by=ann",
    "of=-1",
    "subject=ann",
    "until=yesterday",
    "limit=0",
    "limit=201",
  ]) {
    const { status, body } = await ask<{ error: { code: string } }>(`/v1/records?${query}`);
    assert.deepEqual([status, body.error.code], [400, "schema_mismatch"], query);
  }
  assert.equal((await ask("/v1/records", "ingest")).status, 403);
  assert.equal((await ask("/v1/log", "ingest")).status, 403);
});

void test("the log says how it stands", async (t) => {
  const { ask, decide } = await serve(t);
  await decide("1");
  // What is listed is published.
  const { size } = (await ask<Page>("/v1/records")).body;
  const { status, body } = await ask<Record<string, unknown>>("/v1/log", "auditor");
  assert.equal(status, 200);
  assert.ok((body["size"] as number) >= size);
  const published = body["published"] as { size: number; root: string; signers: string[] };
  assert.ok(published.size >= size);
  assert.match(published.root, /^[A-Za-z0-9+/]{43}=$/);
  assert.deepEqual(published.signers, [body["origin"]]);
  assert.deepEqual(
    [body["witnesses"], body["alarms"], body["cosigned"], body["fault"]],
    [[], [], null, null],
  );
});
