// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { permissions, roles } from "../access/permissions.ts";
import type { Action, Role } from "../access/permissions.ts";
import type { ComplainantView, DisputeOpened, DisputePage } from "../disputes/contract.ts";
import { disputeFailuresRate, disputeReadsRate, disputeWritesRate } from "./limits.ts";
import { testKeyId, testNowMs, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

type Answer<Body> = { status: number; body: Body; headers: Record<string, unknown> };
type Failed = { error: { code: string; message: string } };
type Headers = Record<string, string>;

async function open(t: TestContext, clock?: () => number): Promise<TestServer> {
  const world = await testServer(clock === undefined ? {} : { clock });
  t.after(() => world.close());
  return world;
}

async function send<Body = Failed>(
  { server }: TestServer,
  method: "GET" | "POST",
  url: string,
  headers: Headers,
  body: object = {},
): Promise<Answer<Body>> {
  const posted =
    method === "GET"
      ? { headers }
      : { headers: { ...headers, "content-type": "application/json" }, payload: JSON.stringify(body) };
  const answer = await server.inject({ method, url, ...posted });
  return { status: answer.statusCode, body: answer.json<Body>(), headers: answer.headers };
}

function withToken(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

/** The token of record 0, as a reviewer gets it for the affected user. */
async function tokenOf(world: TestServer): Promise<string> {
  // The test's site keeps records of its own: it needs one of that index, too.
  const event = { id: "e0", type: "comment", actor: { id: "alice" }, content: { text: "spam" } };
  await send(world, "POST", "/v1/decisions", withKey("ingest"), event);
  const opened = await send(world, "POST", "/v1/receipts/0/opening", withKey("reviewer"), {
    reason: "asked",
  });
  assert.equal(opened.status, 200);
  assert.match(String(opened.headers["docket-dispute-until"]), /^20\d\d-/);
  return String(opened.headers["docket-dispute-token"]);
}

const upheld = { ruling: "upheld", reason: "spam", told: { en: "It was spam.", de: "Es war Spam." } };

void test("with the token alone: open, read, write, and read the ruling", async (t) => {
  const world = await open(t);
  const token = await tokenOf(world);
  const holder = withToken(token);
  const before = await send<ComplainantView>(world, "GET", "/v1/disputes/by-token", holder);
  assert.deepEqual([before.status, before.body.phase, before.body.of], [200, "none", 0]);
  const early = await send(world, "POST", "/v1/disputes/by-token/messages", holder, { text: "x" });
  assert.equal(early.body.error.code, "not_found");
  const opened = await send<DisputeOpened>(world, "POST", "/v1/disputes", holder, { text: "Not spam." });
  assert.equal(opened.status, 200);
  const { dispute } = opened.body;
  const again = await send(world, "POST", "/v1/disputes", holder, { text: "Not spam." });
  assert.deepEqual([again.status, again.body.error.code], [409, "dispute_exists"]);
  await send(world, "POST", "/v1/disputes/by-token/messages", holder, { text: "Please look." });
  const listed = await send<DisputePage>(world, "GET", "/v1/disputes?state=open", withKey("auditor"));
  assert.deepEqual(
    listed.body.disputes.map((each) => [each.dispute, each.messages]),
    [[dispute, 1]],
  );
  const path = `/v1/disputes/${dispute}`;
  const reviewer = withKey("reviewer");
  await send(world, "POST", `${path}/messages`, reviewer, { text: "We do." });
  assert.equal((await send(world, "POST", `${path}/preview`, reviewer, upheld)).status, 200);
  const ruled = await send<{ index: number }>(world, "POST", `${path}/ruling`, reviewer, upheld);
  assert.equal(ruled.status, 200);
  assert.match(world.disputes.leaves[ruled.body.index] ?? "", new RegExp(`"by":"${testKeyId("reviewer")}"`));
  const after = await send<ComplainantView>(world, "GET", "/v1/disputes/by-token?lang=de", holder);
  assert.deepEqual([after.body.phase, after.body.ruling?.told], ["upheld", upheld.told]);
  const late = await send(world, "POST", "/v1/disputes/by-token/withdraw", holder);
  assert.equal(late.body.error.code, "dispute_closed");
  const metrics = await world.server.inject({ url: "/metrics" });
  assert.match(metrics.body, /docket_disputes\{state="open"\} 0\n/);
});

void test("a token opens nothing else, and a key is no token", async (t) => {
  const world = await open(t);
  const token = await tokenOf(world);
  for (const url of ["/v1/decisions/0", "/v1/receipts/0", "/v1/disputes", "/v1/actors/alice/disputes"]) {
    assert.equal((await send(world, "GET", url, withToken(token))).body.error.code, "unauthenticated", url);
  }
  for (const headers of [{}, withKey("admin"), withToken("dt1.x"), { authorization: token }] as Headers[]) {
    const answer = await send(world, "GET", "/v1/disputes/by-token", headers);
    assert.deepEqual([answer.status, answer.body.error.code], [403, "dispute_token_invalid"]);
  }
  const revoked = await send(world, "POST", "/v1/records/0/revoke-token", withKey("reviewer"));
  assert.equal(revoked.status, 200);
  const answer = await send(world, "GET", "/v1/disputes/by-token", withToken(token));
  assert.equal(answer.body.error.code, "dispute_token_invalid");
});

void test("who tries tokens, or asks too much, is told to wait", async (t) => {
  let nowMs = testNowMs;
  const world = await open(t, () => nowMs);
  const holder = withToken(await tokenOf(world));
  const read = (headers: Headers): Promise<Answer<Failed>> => {
    return send(world, "GET", "/v1/disputes/by-token", headers);
  };
  for (let times = 0; times < disputeFailuresRate.burst; times++) {
    assert.equal((await read(withToken("dt1.x"))).status, 403);
  }
  const slowed = await read(withToken("dt1.x"));
  assert.deepEqual([slowed.status, slowed.body.error.code], [429, "too_many_requests"]);
  assert.equal(slowed.headers["retry-after"], "3");
  // Whoever has a token is not slowed by others behind the same address.
  for (let times = 0; times < disputeReadsRate.burst; times++) assert.equal((await read(holder)).status, 200);
  assert.equal((await read(holder)).status, 429);
  for (let times = 0; times < disputeWritesRate.burst; times++) {
    assert.equal((await send(world, "POST", "/v1/disputes", holder, { text: "" })).status, 400);
  }
  assert.equal((await send(world, "POST", "/v1/disputes", holder, { text: "x" })).status, 429);
  nowMs += 60_000;
  assert.equal((await send(world, "POST", "/v1/disputes", holder, { text: "x" })).status, 200);
});

void test("the app objects for its account; what it may not see, it doesn't", async (t) => {
  const world = await open(t);
  const ingest = withKey("ingest");
  const path = "/v1/actors/alice/disputes";
  const none = await send(world, "POST", "/v1/actors/bob/disputes", ingest, { index: 0, text: "x" });
  assert.equal(none.body.error.code, "not_found");
  const opened = await send<DisputeOpened>(world, "POST", path, ingest, { index: 0, text: "x" });
  const { dispute } = opened.body;
  assert.equal(opened.status, 200);
  assert.equal((await send(world, "GET", `/v1/actors/bob/disputes/${dispute}`, ingest)).status, 404);
  assert.equal(
    (await send(world, "POST", `${path}/${dispute}/messages`, ingest, { text: "more" })).status,
    200,
  );
  const listed = await send<DisputePage>(world, "GET", path, ingest);
  assert.deepEqual(
    listed.body.disputes.map((each) => each.messages),
    [1],
  );
  const shown = await send<ComplainantView>(world, "GET", `${path}/${dispute}`, ingest);
  assert.deepEqual([shown.body.phase, shown.body.texts.length], ["open", 2]);
  assert.equal((await send(world, "POST", `${path}/${dispute}/withdraw`, ingest)).status, 200);
});

void test("every role against every call", async (t) => {
  const world = await open(t);
  const { dispute } = (
    await send<DisputeOpened>(world, "POST", "/v1/actors/alice/disputes", withKey("ingest"), {
      index: 0,
      text: "x",
    })
  ).body;
  const of = `/v1/disputes/${dispute}`;
  const behalf = `/v1/actors/alice/disputes/${dispute}`;
  const calls: [Action, "GET" | "POST", string, object?][] = [
    ["readCases", "GET", "/v1/disputes"],
    ["readCases", "GET", of],
    ["readCases", "GET", "/v1/disputes/statistics"],
    ["dispute", "GET", "/v1/actors/alice/disputes"],
    ["dispute", "GET", behalf],
    ["dispute", "POST", `${behalf}/messages`, { text: "x" }],
    ["rule", "POST", `${of}/messages`, { text: "x" }],
    ["rule", "POST", `${of}/preview`, upheld],
    ["rule", "POST", `${of}/abuse`, { step: "warn", days: 30 }],
    ["rule", "POST", "/v1/records/0/revoke-token"],
  ];
  for (const [action, method, url, body] of calls) {
    assert.equal((await send(world, method, url, {}, body)).status, 401, url);
    for (const role of roles) {
      const { status } = await send(world, method, url, withKey(role), body);
      assert.equal(status, permissions[action].includes(role) ? 200 : 403, `${role} ${method} ${url}`);
    }
  }
  const readers: Role[] = ["reviewer", "admin"];
  assert.deepEqual(
    world.disputes.openings.map(({ by }) => by),
    readers.map(testKeyId),
    "the content is opened for those who may open evidence, and that is sealed",
  );
  const before = world.disputes.openings.length;
  await send(world, "GET", `${of}?content=false`, withKey("admin"));
  assert.equal(world.disputes.openings.length, before);
});

void test("what is malformed is refused with its place", async (t) => {
  const world = await open(t);
  const holder = withToken(await tokenOf(world));
  const reviewer = withKey("reviewer");
  const bodies: [string, Headers, object, string][] = [
    ["/v1/disputes", holder, {}, "schema_mismatch"],
    ["/v1/disputes", holder, { text: "x", index: 0 }, "unknown_field"],
    ["/v1/disputes", holder, { text: "x", attachments: [{ name: "a" }] }, "schema_mismatch"],
    ["/v1/disputes/0/ruling", reviewer, { ...upheld, ruling: "withdrawn" }, "schema_mismatch"],
    ["/v1/disputes/0/ruling", reviewer, { ...upheld, told: { "e!": "x" } }, "unknown_field"],
    ["/v1/disputes/0/ruling", reviewer, upheld, "not_found"],
    ["/v1/disputes/0/abuse", reviewer, { step: "ban", days: 3 }, "schema_mismatch"],
  ];
  for (const [url, headers, body, code] of bodies) {
    const answer = await send(world, "POST", url, headers, body);
    assert.equal(answer.body.error.code, code, `${url} ${JSON.stringify(body)}`);
  }
  for (const url of [
    "/v1/disputes?state=new",
    "/v1/disputes?limit=0",
    "/v1/disputes?x=1",
    "/v1/disputes/statistics?from=yesterday",
  ]) {
    assert.equal((await send(world, "GET", url, reviewer)).status, 400, url);
  }
  const large = {
    text: "x",
    attachments: [{ name: "a.txt", type: "text/plain", data: "A".repeat(900_000) }],
  };
  const answer = await send(world, "POST", "/v1/disputes", holder, large);
  assert.equal(answer.body.error.code, "body_too_large");
});
