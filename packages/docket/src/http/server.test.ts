// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { LightMyRequestResponse as Response } from "fastify";
import { pino } from "pino";
import { roles, permissions } from "../access/permissions.ts";
import type { Action } from "../access/permissions.ts";
import { DocketError } from "../error.ts";
import { bodyBytesMax } from "./limits.ts";
import { testEvent, testKeyId, testNowMs, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

type Call = { method: "GET" | "POST"; url: string; payload?: string; type?: string };

const json = "application/json";
const decideCall = (over: object): Call => ({
  method: "POST",
  url: "/v1/decisions",
  payload: JSON.stringify(testEvent(over as Record<string, unknown>)),
  type: json,
});

/** One call for each action; what else a route may do is tested below. */
const calls: readonly { action: Action; call: Call }[] = [
  { action: "decide", call: decideCall({}) },
  { action: "tryEvent", call: decideCall({ dryRun: true }) },
  {
    action: "tryEvent",
    call: { method: "POST", url: "/v1/decisions/batch", payload: "", type: "application/x-ndjson" },
  },
  { action: "readDecision", call: { method: "GET", url: "/v1/decisions/0" } },
  { action: "readReceipt", call: { method: "GET", url: "/v1/receipts/0" } },
  {
    action: "openReceipt",
    call: { method: "POST", url: "/v1/receipts/0/opening", payload: '{"reason":"asked"}', type: json },
  },
  { action: "readStanding", call: { method: "GET", url: "/v1/actors/alice/standing" } },
  { action: "readEntries", call: { method: "GET", url: "/tile/entries/000.p/1" } },
  { action: "readEntries", call: { method: "GET", url: "/sites/main/tile/entries/000.p/1" } },
];

for (const { action, call } of calls) {
  void test(`${call.method} ${call.url} (${action}) is for the roles of the table alone`, async (t) => {
    const { send } = await open(t);
    const anonymous = await send(call);
    assert.equal(anonymous.statusCode, 401);
    assert.equal(anonymous.json().error.code, "unauthenticated");
    assert.equal(anonymous.headers["www-authenticate"], 'Bearer realm="docket"');
    const unknown = await send(call, { authorization: `Bearer dk_${"z".repeat(43)}` });
    assert.equal(unknown.statusCode, 401);
    for (const role of roles) {
      const answer = await send(call, withKey(role));
      if (permissions[action].includes(role)) {
        // The test's site has no files, so an allowed reader of entries learns that there are none.
        assert.equal(answer.statusCode, action === "readEntries" ? 404 : 200, `${role}: ${answer.body}`);
      } else {
        assert.equal(answer.statusCode, 403, role);
        const { error } = answer.json();
        assert.equal(error.code, "forbidden");
        for (const needed of permissions[action]) assert.ok(error.message.includes(needed), error.message);
      }
    }
  });
}

void test("facts are shown to the roles that may read facts, and to no other", async (t) => {
  const { send } = await open(t);
  for (const role of roles) {
    const { record, decision, facts } = (
      await send({ method: "GET", url: "/v1/decisions/0" }, withKey(role))
    ).json();
    assert.equal(record.index, 0);
    assert.equal(decision.outcome, "allow");
    assert.equal(facts !== undefined, permissions.readFacts.includes(role), role);
  }
});

void test("an Authorization header that is not exactly Bearer and a key is refused", async (t) => {
  const { send } = await open(t);
  const { authorization } = withKey("admin");
  const key = authorization.slice(7);
  for (const header of [
    key,
    `Basic ${key}`,
    `Bearer  ${key}`,
    `Bearer ${key} x`,
    `Bearer ${key},`,
    "Bearer",
    "",
  ]) {
    const answer = await send({ method: "GET", url: "/v1/decisions/0" }, { authorization: header });
    assert.equal(answer.statusCode, 401, header);
    assert.equal(answer.json().error.code, "unauthenticated");
  }
  const lower = await send({ method: "GET", url: "/v1/decisions/0" }, { authorization: `bearer ${key}` });
  assert.equal(lower.statusCode, 200, "the scheme's case does not matter (RFC 9110 section 11.1)");
});

void test("a decision says who asked, when, and is not cached", async (t) => {
  const { send, site } = await open(t);
  const answer = await send(decideCall({ id: "by" }), withKey("ingest"));
  const request = site.requests.at(-1);
  assert.equal(request?.by, testKeyId("ingest"));
  assert.equal(request?.source, "http");
  assert.equal(request?.priority, "normal");
  assert.equal(request?.receivedMs, testNowMs);
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.match(String(answer.headers["content-type"]), /^application\/json/);
});

void test("an analyst may try an event and may not have it decided", async (t) => {
  const { send, site } = await open(t);
  const before = site.requests.length;
  const refused = await send(decideCall({ id: "analyst", dryRun: false }), withKey("analyst"));
  assert.equal(refused.statusCode, 403);
  assert.equal(site.requests.length, before);
  const tried = await send(decideCall({ id: "analyst", dryRun: true }), withKey("analyst"));
  assert.equal(tried.json().sealed, false);
});

void test("an opening says by whom and why, and its answer is the canonical receipt", async (t) => {
  const { send, site } = await open(t);
  const call: Call = {
    method: "POST",
    url: "/v1/receipts/0/opening",
    payload: '{"reason":"the user asked"}',
    type: json,
  };
  const answer = await send(call, withKey("reviewer"));
  assert.deepEqual(site.openings.at(-1), {
    index: 0,
    by: testKeyId("reviewer"),
    reason: "the user asked",
  });
  assert.ok(answer.body.endsWith("}\n"));
  for (const payload of ['{"reason":""}', "{}", '{"reason":1}', '{"reason":"x","more":1}', "", "null"]) {
    const bad = await send({ ...call, payload }, withKey("reviewer"));
    assert.equal(bad.statusCode, 400, payload);
  }
  const long = await send(
    { ...call, payload: JSON.stringify({ reason: "x".repeat(1001) }) },
    withKey("reviewer"),
  );
  assert.equal(long.statusCode, 400);
});

void test("an index is a decimal number in its one spelling, and of a record", async (t) => {
  const { send } = await open(t);
  for (const index of [
    "00",
    "01",
    "-1",
    "1.0",
    "1e3",
    "0x1",
    "%30x",
    "9007199254740993",
    "99999999999999999",
    "a",
  ]) {
    for (const path of [`/v1/decisions/${index}`, `/v1/receipts/${index}`]) {
      const answer = await send({ method: "GET", url: path }, withKey("admin"));
      assert.equal(answer.statusCode, 404, path);
      assert.equal(answer.json().error.code, "not_found");
    }
  }
  assert.equal(
    (await send({ method: "GET", url: "/v1/decisions/777777" }, withKey("admin"))).statusCode,
    404,
  );
});

void test("an account id is percent-decoded, and the time is RFC 3339 or now", async (t) => {
  const { send, site } = await open(t);
  const standing = (url: string): Promise<Response> => send({ method: "GET", url }, withKey("ingest"));
  await standing(`/v1/actors/${encodeURIComponent("a/b c?d%ü😀")}/standing`);
  assert.deepEqual(site.standings.at(-1), { accountId: "a/b c?d%ü😀", atMs: testNowMs });
  const longest = "😀".repeat(256);
  assert.equal((await standing(`/v1/actors/${encodeURIComponent(longest)}/standing`)).statusCode, 200);
  assert.equal(site.standings.at(-1)?.accountId, longest);
  assert.equal((await standing(`/v1/actors/${"x".repeat(257)}/standing`)).statusCode, 400);
  assert.equal((await standing(`/v1/actors/${"x".repeat(5000)}/standing`)).statusCode, 404);
  await standing("/v1/actors/a/standing?at=2026-11-22T23:11:05Z");
  assert.equal(site.standings.at(-1)?.atMs, Date.UTC(2026, 10, 22, 23, 11, 5));
  for (const query of ["at=", "at=yesterday", "at=2026-02-30T00:00:00Z", "at=1", "AT=1", "at=1&at=2", "x"]) {
    const answer = await standing(`/v1/actors/a/standing?${query}`);
    assert.equal(answer.statusCode, 400, query);
  }
});

void test("odd URLs get a 4xx in the one shape", async (t) => {
  const { send } = await open(t);
  for (const url of [
    "/v1/actors/%zz/standing",
    "/v1/actors/%ff/standing",
    "/%",
    "/nope",
    "//",
    "/v1/",
    "/tile/",
    "/v1/actors//standing",
  ]) {
    const answer = await send({ method: "GET", url }, withKey("admin"));
    assert.ok([400, 404].includes(answer.statusCode), `${url}: ${answer.statusCode}`);
    const { error } = answer.json();
    assert.ok(error.code && error.message && error.remedy, url);
  }
  const posted = await send({ method: "POST", url: "/nope", payload: "x", type: "text/plain" });
  assert.equal(posted.statusCode, 404);
});

void test("another method is a 405 that names those that are allowed", async (t) => {
  const { server } = await open(t);
  for (const [method, url, allow] of [
    ["DELETE", "/v1/decisions", "GET, HEAD, POST"],
    ["DELETE", "/v1/decisions/0", "GET, HEAD"],
    ["PUT", "/v1/decisions/batch", "POST"],
    ["GET", "/v1/decisions/batch", "POST"],
    ["POST", "/healthz", "GET, HEAD"],
    ["POST", "/tile/0/000", "GET, HEAD"],
    ["OPTIONS", "/checkpoint", "GET, HEAD"],
  ] as const) {
    const answer = await server.inject({
      method,
      url,
      payload: "<x>",
      headers: { "content-type": "text/xml" },
    });
    assert.equal(answer.statusCode, 405, `${method} ${url}: ${answer.body}`);
    assert.deepEqual(String(answer.headers.allow).split(", ").sort(), allow.split(", ").sort(), url);
    assert.equal(answer.json().error.code, "method_not_allowed");
  }
});

void test("a body of another type, or none, or encoded, is refused with what to do", async (t) => {
  const { send } = await open(t);
  const call = decideCall({ id: "type" });
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/x-ndjson",
    "nonsense",
    "application/jsonx",
  ]) {
    const answer = await send({ ...call, type }, withKey("ingest"));
    assert.equal(answer.statusCode, 415, type);
    assert.equal(answer.json().error.code, "unsupported_media_type");
  }
  const batch = await send({ ...call, url: "/v1/decisions/batch" }, withKey("ingest"));
  assert.equal(batch.statusCode, 415);
  const encoded = await send(call, { ...withKey("ingest"), "content-encoding": "gzip" });
  assert.equal(encoded.statusCode, 415);
  const { payload: _, type: __, ...bare } = call;
  const none = await send(bare, withKey("ingest"));
  assert.equal(none.statusCode, 400);
  const charset = await send({ ...call, type: "application/json; charset=utf-8" }, withKey("ingest"));
  assert.equal(charset.statusCode, 200);
});

void test("a body over the limit is a 413, whether it is a little or 20 MB", async (t) => {
  const { send } = await open(t);
  for (const length of [bodyBytesMax - 100, bodyBytesMax + 1, 20_000_000]) {
    const payload = JSON.stringify(testEvent({ content: { text: "x".repeat(length) } }));
    const answer = await send({ ...decideCall({}), payload }, withKey("ingest"));
    assert.equal(answer.statusCode, 413, String(length));
    assert.equal(answer.json().error.code, "body_too_large");
  }
});

void test("a site's errors keep their code; a 503 says when to come back", async (t) => {
  const { send, site } = await open(t);
  for (const code of ["overloaded", "sealing_unknown", "sealing_failed", "log_closed"] as const) {
    site.beforeDecide = () => {
      throw new DocketError(code, `because of ${code}`, { retryAfterSeconds: 7 });
    };
    const answer = await send(decideCall({ id: code }), withKey("ingest"));
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers["retry-after"], "7");
    assert.equal(answer.json().error.code, code);
  }
  site.beforeDecide = () => undefined;
  const conflict = await send(decideCall({ content: { text: "other" } }), withKey("ingest"));
  assert.equal(conflict.statusCode, 409);
  assert.equal(conflict.json().error.code, "event_id_conflict");
});

void test("a bug is a 500 with a request id and nothing of what went wrong", async (t) => {
  const { send, site } = await open(t);
  site.beforeDecide = () => {
    throw new Error("secret at /some/path");
  };
  const answer = await send(decideCall({ id: "bug" }), withKey("ingest"));
  site.beforeDecide = () => undefined;
  assert.equal(answer.statusCode, 500);
  const { error } = answer.json();
  assert.equal(error.code, "internal");
  assert.match(error.requestId, /^[0-9a-f-]{36}$/);
  assert.ok(!answer.body.includes("secret") && !answer.body.includes(" at "), answer.body);
});

void test("health, readiness and metrics need no key", async (t) => {
  const { send, site } = await open(t);
  assert.equal((await send({ method: "GET", url: "/healthz" })).statusCode, 200);
  assert.equal((await send({ method: "GET", url: "/readyz" })).statusCode, 200);
  site.fault = "a sync of the journal failed";
  const unready = await send({ method: "GET", url: "/readyz" });
  site.fault = undefined;
  assert.equal(unready.statusCode, 503);
  assert.match(unready.json().error.message, /a sync of the journal failed/);
  assert.equal((await send({ method: "GET", url: "/healthz" })).statusCode, 200);
  await send(decideCall({}), withKey("auditor"));
  const metrics = await send({ method: "GET", url: "/metrics" });
  assert.match(String(metrics.headers["content-type"]), /^text\/plain/);
  for (const line of [
    /docket_decisions_total\{outcome="allow",kind="sealed"\} \d/,
    /docket_decision_seconds_bucket\{le="0.005",kind="sealed"\} \d/,
    /docket_errors_total\{code="forbidden"\} \d/,
    /docket_log_records\{state="published"\} 0/,
    /docket_log_batch_seconds 0.001/,
    /docket_queue_records 0/,
  ]) {
    assert.match(metrics.body, line);
  }
});

void test("nothing of a caller or a body reaches the log, whatever goes wrong", async () => {
  let text = "";
  const logger = pino({ level: "trace" }, { write: (line: string) => void (text += line) });
  const { server, site, close } = await testServer({ logger });
  site.beforeDecide = () => {
    throw new TypeError("hello is not what alice said");
  };
  const payload = JSON.stringify(testEvent());
  const headers = { "content-type": json, ...withKey("ingest") };
  await server.inject({ method: "POST", url: "/v1/decisions", headers, payload });
  await server.inject({ method: "GET", url: "/v1/actors/alice/standing", headers });
  await server.inject({ method: "GET", url: "/v1/alice", headers });
  await close();
  assert.match(text, /TypeError/, "the operator learns that there was an error");
  assert.match(text, /server\.test\.ts/, "and where");
  for (const secret of ["alice", "hello", "dk_"]) assert.ok(!text.includes(secret), secret);
});

type Send = (call: Call, headers?: Record<string, string>) => Promise<Response>;

/** A server that has decided one event, and how to call it. */
async function open(t: TestContext): Promise<Pick<TestServer, "server" | "site"> & { send: Send }> {
  const { server, site, close } = await testServer();
  t.after(close);
  const send: Send = ({ method, url, payload, type }, headers = {}) =>
    server.inject({
      method,
      url,
      headers: { ...(type === undefined ? {} : { "content-type": type }), ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
  await send(decideCall({}), withKey("ingest"));
  return { server, site, send };
}
