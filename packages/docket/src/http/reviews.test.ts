// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../access/permissions.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

type Answer = { status: number; body: Record<string, unknown> & { error?: { code: string } } };

async function ask(
  { server }: TestServer,
  method: "GET" | "POST",
  url: string,
  { role = "reviewer", body = {} }: { role?: Role; body?: object } = {},
): Promise<Answer> {
  const headers = { ...withKey(role), ...(method === "POST" && { "content-type": "application/json" }) };
  const payload = method === "POST" ? { payload: JSON.stringify(body) } : {};
  const answer = await server.inject({ method, url, headers, ...payload });
  return { status: answer.statusCode, body: answer.json() };
}

test("a reviewer works the queue: lists, claims, reads, decides", async () => {
  const world = await testServer();
  const of = world.reviews.decide({ outcome: "flag", points: 700 });
  const listed = await ask(world, "GET", "/v1/queue?task=flag&limit=5&unclaimed=true");
  assert.equal(listed.status, 200);
  const [first] = listed.body["cases"] as { of: number; tasks: unknown[]; points: number }[];
  assert.deepEqual([first?.of, first?.points, first?.tasks], [of, 700, [{ task: "flag", blind: false }]]);
  assert.deepEqual(listed.body["open"], { flag: 1 });
  assert.deepEqual(Object.keys(listed.body["disputes"] as object), ["open", "overdue"]);
  const metrics = await world.server.inject({ url: "/metrics" });
  assert.match(metrics.body, /docket_review_cases\{task="flag"\} 1\n/);
  const claim = await ask(world, "POST", `/v1/queue/${of}/claim`);
  assert.equal(claim.body["by"], testKeyId("reviewer"));
  const other = await ask(world, "POST", `/v1/queue/${of}/claim`, { role: "admin" });
  assert.equal(other.body.error?.code, "case_claimed");
  assert.deepEqual((await ask(world, "POST", `/v1/queue/${of}/release`)).body, {});
  const page = await ask(world, "GET", `/v1/queue/${of}`);
  assert.deepEqual([page.status, page.body["evidence"], page.body["explanation"]], [200, "gone", null]);
  // Who may only read cases is not shown what was posted.
  const read = await ask(world, "GET", `/v1/queue/${of}`, { role: "analyst" });
  assert.equal(read.body["evidence"], "unasked");
  const body = { of, finding: "spam", reason: "spam", note: "the usual", told: { en: "Spam." } };
  const done = await ask(world, "POST", "/v1/reviews", { body });
  assert.deepEqual([done.status, done.body["task"], done.body["blind"]], [200, "flag", false]);
  assert.equal((done.body["verdict"] as { outcome: string }).outcome, "reject");
  const again = await ask(world, "POST", "/v1/reviews", { body });
  assert.deepEqual([again.status, again.body.error?.code], [409, "case_closed"]);
  const figures = await ask(world, "GET", "/v1/reviews/statistics?from=2026-01-01T00:00:00Z");
  assert.equal(figures.body["reviews"], 1);
  await world.close();
});

test("many decisions are corrected: previewed, begun, approved by another, stopped", async () => {
  const world = await testServer();
  world.reviews.settings = { ...world.reviews.settings, bulkCap: 2 };
  for (let each = 0; each < 3; each++) world.reviews.decide({ outcome: "reject", fired: ["p/links"] });
  const wish = { batch: "revert", rule: "links", reason: "mistaken" };
  const preview = await ask(world, "POST", "/v1/batches", { body: { ...wish, preview: true } });
  assert.deepEqual([preview.body["count"], preview.body["needsSecondPerson"]], [3, true]);
  const begun = await ask(world, "POST", "/v1/batches", { body: wish });
  assert.equal(begun.body["status"], "pending");
  const path = `/v1/batches/${begun.body["index"] as number}`;
  const own = await ask(world, "POST", `${path}/approve`);
  assert.deepEqual([own.status, own.body.error?.code], [403, "another_person"]);
  assert.equal((await ask(world, "POST", `${path}/approve`, { role: "admin" })).status, 200);
  await world.reviews.opened.batches.ended(begun.body["index"] as number);
  const one = await ask(world, "GET", path, { role: "auditor" });
  assert.deepEqual([one.body["status"], one.body["made"], one.body["indexes"]], ["done", 3, [0, 1, 2]]);
  assert.equal((await ask(world, "POST", `${path}/stop`)).body.error?.code, "batch_conflict");
  const all = await ask(world, "GET", "/v1/batches?limit=1");
  assert.equal((all.body["batches"] as unknown[]).length, 1);
  await world.close();
});

test("whoever may not is told so, and what is malformed is refused", async () => {
  const world = await testServer();
  const of = world.reviews.decide({ outcome: "flag" });
  const review = { of, finding: "spam", reason: "spam" };
  const batch = { batch: "revert", rule: "links", reason: "mistaken" };
  for (const role of ["ingest", "analyst", "auditor"] as const) {
    for (const [path, body] of [
      ["/v1/reviews", review],
      ["/v1/batches", batch],
      [`/v1/queue/${of}/claim`, {}],
    ] as const) {
      assert.equal((await ask(world, "POST", path, { role, body })).status, 403, `${role} ${path}`);
    }
  }
  assert.equal((await ask(world, "GET", "/v1/queue", { role: "ingest" })).status, 403);
  const wrong: [string, object, string][] = [
    ["/v1/reviews", { of, finding: "spam" }, "schema_mismatch"],
    ["/v1/reviews", { ...review, finding: "ham" }, "schema_mismatch"],
    ["/v1/reviews", { ...review, reason: "Not a code" }, "schema_mismatch"],
    ["/v1/reviews", { ...review, who: "me" }, "unknown_field"],
    ["/v1/reviews", { ...review, of: 99 }, "case_closed"],
    ["/v1/batches", { ...batch, batch: "all" }, "schema_mismatch"],
    ["/v1/batches", { ...batch, rule: "gone" }, "not_found"],
    ["/v1/batches", batch, "batch_conflict"],
    ["/v1/batches/99/approve", {}, "not_found"],
    ["/v1/queue/99/claim", {}, "case_closed"],
  ];
  for (const [path, body, code] of wrong) {
    const answer = await ask(world, "POST", path, { body });
    assert.equal(answer.body.error?.code, code, `${path} ${JSON.stringify(body)}`);
  }
  for (const path of ["queue?task=all", "queue?limit=0", "queue?unclaimed=1", "reviews/statistics?from=x"]) {
    assert.equal((await ask(world, "GET", `/v1/${path}`)).status, 400, path);
  }
  assert.equal((await ask(world, "GET", "/v1/queue/99")).status, 404);
  assert.equal((await ask(world, "GET", "/v1/batches?limit=x")).status, 400);
  await world.close();
});
