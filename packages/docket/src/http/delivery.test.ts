// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { actorOf } from "../delivery/testing/delivery-world.ts";
import { roles } from "../access/permissions.ts";
import type { Role } from "../access/permissions.ts";
import { testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

type Answer = { status: number; body: Record<string, unknown> & { error?: { code: string } }; text: string };

async function ask(
  { server }: TestServer,
  method: "GET" | "POST" | "DELETE",
  url: string,
  body?: object,
  role: Role = "admin",
): Promise<Answer> {
  const reason = { "docket-reason": "a test" };
  const headers = {
    ...withKey(role),
    ...reason,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
  const answer = await server.inject({ method, url, headers, ...payload });
  const isJson = String(answer.headers["content-type"]).startsWith("application/json");
  return { status: answer.statusCode, body: isJson ? answer.json() : {}, text: answer.body };
}

const codeOf = ({ body }: Answer): string | undefined => body.error?.code;

test("the app reads what is in force, what changed, and confirms it", async () => {
  const world = await testServer();
  const state = await ask(world, "GET", "/v1/contents/post", undefined, "ingest");
  assert.deepEqual([state.body["outcome"], state.body["by"], state.body["more"]], ["reject", 0, false]);
  assert.equal(codeOf(await ask(world, "GET", "/v1/contents/none")), "not_found");
  const page = await ask(world, "GET", "/v1/changes?limit=10", undefined, "ingest");
  const [change] = page.body["changes"] as { type: string; cause: string; applied: unknown }[];
  assert.deepEqual([change?.type, change?.cause, change?.applied], ["removed", "late", null]);
  assert.equal(page.body["next"], 0);
  const confirmed = await ask(world, "POST", "/v1/applied", { of: [0] }, "ingest");
  assert.equal(confirmed.status, 200);
  const again = await ask(world, "GET", "/v1/changes");
  const [done] = again.body["changes"] as { applied: { record: number } }[];
  assert.equal(done?.applied.record, confirmed.body["index"]);
  assert.equal(codeOf(await ask(world, "POST", "/v1/applied", { of: [] })), "schema_mismatch");
  assert.equal(codeOf(await ask(world, "POST", "/v1/applied", { of: [77] })), "not_found");
  for (const query of ["after=x", "limit=0", "wait=99", "limit=9999"]) {
    assert.equal(codeOf(await ask(world, "GET", `/v1/changes?${query}`)), "schema_mismatch", query);
  }
  assert.equal(codeOf(await ask(world, "GET", "/v1/changes?since=1")), "unknown_field");
  world.outgoing.log.nowMs += 7_200_000;
  assert.equal((await ask(world, "GET", "/v1/changes/unconfirmed")).body["overdue"], 0);
  const metrics = await world.server.inject("/metrics");
  assert.match(metrics.body, /docket_orders_overdue 0/);
  await world.close();
});

test("notices come as data, text and page, in the user's language or another", async () => {
  const world = await testServer();
  const page = await ask(world, "GET", "/v1/notices", undefined, "ingest");
  const [notice] = page.body["notices"] as { type: string; account: string; receipt?: object }[];
  assert.deepEqual([notice?.type, notice?.account, notice?.receipt], ["removal", "alice", undefined]);
  const whole = await ask(world, "GET", "/v1/notices/0");
  const [with_] = whole.body["notices"] as { receipt?: { leaf: string } }[];
  assert.equal(with_?.receipt?.leaf, "0");
  assert.match((await ask(world, "GET", "/v1/notices/0?format=text")).text, /^Your post was removed/);
  const german = await ask(world, "GET", "/v1/notices/0?format=html&language=de");
  assert.match(german.text, /<h1>Dein Beitrag wurde entfernt<\/h1>/);
  assert.equal(codeOf(await ask(world, "GET", "/v1/notices/0?format=pdf")), "schema_mismatch");
  assert.equal(codeOf(await ask(world, "GET", "/v1/notices/0?language=xx")), "schema_mismatch");
  assert.equal(codeOf(await ask(world, "GET", "/v1/notices?after=later")), "schema_mismatch");
  assert.equal(codeOf(await ask(world, "GET", "/v1/notices/99")), "not_found");
  const until = new Date(world.outgoing.log.nowMs + 60_000).toISOString();
  const quiet = { until, ground: "investigation", why: "asked to" };
  assert.equal((await ask(world, "POST", "/v1/notices/0/quiet", quiet, "reviewer")).status, 200);
  assert.deepEqual((await ask(world, "GET", "/v1/notices")).body["notices"], []);
  assert.equal((await ask(world, "GET", "/v1/quiets")).body["count"], 1);
  const wrong = [{ until }, { ...quiet, ground: "No Code" }, { ...quiet, until: "soon" }];
  for (const body of wrong) {
    assert.match(
      String(codeOf(await ask(world, "POST", "/v1/notices/0/quiet", body))),
      /schema_mismatch|usage/,
    );
  }
  await world.close();
});

test("webhooks are added, tried, given new secrets and removed; their secrets are shown once", async () => {
  const world = await testServer();
  const added = await ask(world, "POST", "/v1/webhooks", { url: "https://app.example/hooks" });
  assert.match(String(added.body["secret"]), /^whsec_/);
  const id = String(added.body["id"]);
  const listed = await ask(world, "GET", "/v1/webhooks");
  assert.ok(!listed.text.includes("whsec_"));
  assert.deepEqual((await ask(world, "POST", `/v1/webhooks/${id}/test`, {})).body["ok"], true);
  assert.equal(world.outgoing.posted[0]?.url, "https://app.example/hooks");
  const rotated = await ask(world, "POST", `/v1/webhooks/${id}/secret`, {});
  assert.notEqual(rotated.body["secret"], added.body["secret"]);
  await ask(world, "POST", `/v1/webhooks/${id}/test`, {});
  assert.match(world.outgoing.posted[1]?.headers["webhook-signature"] ?? "", /^v1,\S+ v1,\S+$/);
  assert.equal((await ask(world, "POST", `/v1/webhooks/${id}/disable`, { why: "moving" })).status, 200);
  assert.equal((await ask(world, "POST", `/v1/webhooks/${id}/enable`, {})).status, 200);
  assert.deepEqual((await ask(world, "GET", `/v1/webhooks/${id}/dead`)).body["dead"], []);
  assert.equal(codeOf(await ask(world, "POST", `/v1/webhooks/${id}/replay`, {})), "usage");
  assert.equal((await ask(world, "POST", `/v1/webhooks/${id}/replay`, { after: -1 })).status, 200);
  assert.equal((await ask(world, "DELETE", `/v1/webhooks/${id}`)).status, 200);
  assert.equal(codeOf(await ask(world, "DELETE", `/v1/webhooks/${id}`)), "not_found");
  for (const url of ["ftp://x/", "http://a:b@c/", "x"]) {
    assert.equal(codeOf(await ask(world, "POST", "/v1/webhooks", { url })), "usage", url);
  }
  assert.equal(
    codeOf(await ask(world, "POST", "/v1/webhooks", { url: "http://x/", secret: "y" })),
    "unknown_field",
  );
  await world.close();
});

test("reports are taken once, limited for each reporter, listed with their weight", async () => {
  const world = await testServer();
  const report = (over: object = {}, role: Role = "ingest"): Promise<Answer> =>
    ask(world, "POST", "/v1/reports", { content: "post", reporter: "bob", category: "spam", ...over }, role);
  const first = await report({ text: "see the link" });
  assert.deepEqual(
    [first.body["of"], first.body["repeat"], first.body["reporter"]],
    [0, false, actorOf("bob")],
  );
  const again = await report();
  assert.deepEqual([again.body["repeat"], again.body["index"]], [true, first.body["index"]]);
  const listed = await ask(world, "GET", "/v1/reports?open=true", undefined, "reviewer");
  const [content] = listed.body["contents"] as { reports: number; weightPerMille: number }[];
  assert.deepEqual([content?.reports, content?.weightPerMille], [1, 500]);
  const state = await ask(world, "GET", "/v1/contents/post");
  assert.equal((state.body["reports"] as { reports: number }).reports, 1);
  const wrong: [object, string][] = [
    [{ content: undefined }, "usage"],
    [{ index: 0 }, "usage"],
    [{ content: "none" }, "not_found"],
    [{ content: undefined, index: 99 }, "not_found"],
    [{ category: "Not A Code" }, "schema_mismatch"],
    [{ reporter: "" }, "schema_mismatch"],
    [{ who: "me" }, "unknown_field"],
  ];
  for (const [over, code] of wrong) assert.equal(codeOf(await report(over)), code, JSON.stringify(over));
  world.outgoing.reportsAnHour = 1;
  await world.outgoing.log.decide(
    { id: "e9", type: "comment", actor: { id: "carol" }, content: { id: "other" } },
    "allow",
    actorOf("carol"),
  );
  const limited = await report({ content: "other" });
  assert.deepEqual([limited.status, codeOf(limited)], [429, "report_limit"]);
  assert.deepEqual((await ask(world, "GET", "/v1/reports/floods")).body["floods"], []);
  await world.close();
});

test("each role may do what the table says, and nothing else", async () => {
  const world = await testServer();
  const calls: ["GET" | "POST" | "DELETE", string, object | undefined, readonly Role[]][] = [
    ["GET", "/v1/changes", undefined, roles],
    ["GET", "/v1/changes/unconfirmed", undefined, roles],
    ["GET", "/v1/contents/post", undefined, roles],
    ["POST", "/v1/applied", { of: [0] }, ["ingest", "admin"]],
    ["GET", "/v1/notices", undefined, ["ingest", "reviewer", "admin"]],
    ["GET", "/v1/notices/0", undefined, ["ingest", "reviewer", "admin"]],
    ["GET", "/v1/quiets", undefined, ["reviewer", "admin"]],
    ["GET", "/v1/webhooks", undefined, ["admin"]],
    ["POST", "/v1/webhooks", { url: "https://app.example/" }, ["admin"]],
    ["POST", "/v1/reports", { index: 0, reporter: "u", category: "spam" }, ["ingest", "admin"]],
    ["GET", "/v1/reports", undefined, ["analyst", "reviewer", "auditor", "admin"]],
    ["GET", "/v1/reports/floods", undefined, ["analyst", "reviewer", "auditor", "admin"]],
  ];
  for (const [method, url, body, allowed] of calls) {
    for (const role of roles) {
      const { status } = await ask(world, method, url, body, role);
      assert.equal(status, allowed.includes(role) ? 200 : 403, `${role}: ${method} ${url}`);
    }
  }
  await world.close();
});
