// SPDX-License-Identifier: Apache-2.0
// The stream of decisions over a real socket, the overview, and campaigns.
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { testSite } from "../enforcement/testing/site.ts";
import type { LiveBatch } from "../live/contract.ts";
import { streamUnreadBytesMax } from "./limits.ts";
import { TestCampaigns, TestLive } from "./testing/live.ts";
import { testKey, testKeyId, testServer, withKey } from "./testing/server.ts";

type Told = { type: string; id: string | undefined; data: unknown };

const decision = {
  index: 7,
  at: "2026-11-23T12:00:00.000Z",
  outcome: "reject",
  type: "comment",
  op: "create",
  actor: "a_one",
  fired: ["p/links"],
  campaign: null,
  refusedBy: null,
  points: 0,
} as const;

function batchOf(last: number, text = "p/links"): LiveBatch {
  const decisions = [{ ...decision, index: last, fired: [text] }];
  return { last, decisions, outcomes: { reject: 1 }, records: {}, skipped: 0 };
}

async function listen(t: TestContext, server: FastifyInstance): Promise<number> {
  await server.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => server.close());
  return (server.server.address() as AddressInfo).port;
}

/** Reads events until there are so many, or the stream ends. */
async function follow(
  port: number,
  headers: Record<string, string>,
): Promise<() => Promise<Told | undefined>> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/stream`, { headers });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
  const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async () => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end < 0) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += value;
        continue;
      }
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data === undefined) continue;
      return { type: field("event") ?? "message", id: field("id"), data: JSON.parse(data) };
    }
  };
}

test("who follows is told what is sealed, how sealing fares, and when to come again", async (t) => {
  const live = new TestLive();
  const { server } = await testServer({ live });
  const port = await listen(t, server);
  const next = await follow(port, { ...withKey("analyst"), "last-event-id": "4" });
  assert.deepEqual(live.after, [4]);
  live.tell({ kind: "backlog", last: 6, decisions: [], missed: true });
  assert.deepEqual(await next(), { type: "backlog", id: "6", data: { decisions: [], missed: true } });
  const health = await next();
  assert.equal(health?.type, "health");
  const { status, log, checkpoint } = health.data as { status: string; log: object; checkpoint: null };
  assert.deepEqual([status, checkpoint, "durableSize" in log], ["ok", null, true]);
  live.tell({ kind: "batch", batch: batchOf(7) });
  const { last: _, ...told } = batchOf(7);
  assert.deepEqual(await next(), { type: "batch", id: "7", data: told });
  live.tell({ kind: "pulse" });
  assert.equal((await next())?.type, "health");
  live.tell({ kind: "end" });
  assert.equal((await next())?.type, "end");
  assert.equal(await next(), undefined);
});

test("whose key is revoked is told nothing more", async (t) => {
  const live = new TestLive();
  const caller: Caller = { id: testKeyId("auditor"), via: "key", role: "auditor", roles: ["auditor"] };
  let held = true;
  const callerOf = (): Caller | undefined => (held ? caller : undefined);
  const authenticator = { callerOf, callerOfUnknown: async () => callerOf(), staleMs: 0 };
  const { server } = await testServer({ live, authenticator });
  const port = await listen(t, server);
  const next = await follow(port, withKey("auditor"));
  live.tell({ kind: "pulse" });
  assert.equal((await next())?.type, "health");
  held = false;
  live.tell({ kind: "pulse" });
  assert.equal((await next())?.type, "end");
  assert.equal(await next(), undefined);
  assert.equal(live.followers.size, 0);
});

test("a server that closes ends its streams", async (t) => {
  const live = new TestLive();
  const { server } = await testServer({ live });
  const port = await listen(t, server);
  const next = await follow(port, withKey("auditor"));
  await server.close();
  assert.equal(await next(), undefined);
  assert.equal(live.followers.size, 0);
});

test("a stream goes to whoever may read facts and can read it", async (t) => {
  const live = new TestLive();
  const { server } = await testServer({ live });
  t.after(() => server.close());
  const get = async (headers: Record<string, string>): Promise<[number, string]> => {
    const answer = await server.inject({ url: "/v1/stream", headers });
    const { error } = answer.json<{ error: { code: string } }>();
    return [answer.statusCode, error.code];
  };
  const accept = "text/event-stream";
  assert.deepEqual(await get(withKey("analyst")), [400, "usage"]);
  assert.deepEqual(await get({ ...withKey("ingest"), accept }), [403, "forbidden"]);
  assert.deepEqual(await get({ accept }), [401, "unauthenticated"]);
  const wrong = { ...withKey("analyst"), accept, "last-event-id": "yesterday" };
  assert.deepEqual(await get(wrong), [400, "schema_mismatch"]);
});

test("who reads nothing is cut off", async (t) => {
  const live = new TestLive();
  const { server } = await testServer({ live });
  const port = await listen(t, server);
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write(
    "GET /v1/stream HTTP/1.1\r\nhost: x\r\naccept: */*\r\n" +
      `authorization: Bearer ${testKey("analyst")}\r\n\r\n`,
  );
  while (live.followers.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.pause();
  // More than all buffers on the way hold together.
  const text = "x".repeat(streamUnreadBytesMax / 4);
  for (let last = 0; last < 400 && live.followers.size > 0; last++) {
    live.tell({ kind: "batch", batch: batchOf(last, text) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(live.followers.size, 0);
});

test("an overview has what its reader may see", async (t) => {
  const live = new TestLive();
  const { server, disputes, close } = await testServer({ live });
  t.after(close);
  const token = await disputes.disputes.tokenFor(0);
  assert.ok(token !== undefined);
  await disputes.disputes.openByToken(token.token, { text: "I did nothing" });
  const get = async (url: string, role: "analyst" | "admin"): Promise<Record<string, unknown>> => {
    const answer = await server.inject({ url, headers: withKey(role) });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json();
  };
  const seen = await get("/v1/overview?period=hour&to=2026-11-23T11:00:00Z", "analyst");
  const toMs = Date.UTC(2026, 10, 23, 11);
  assert.deepEqual(live.asked, [{ period: "hour", toMs }]);
  assert.deepEqual(
    [seen["from"], seen["bucketMs"], seen["latest"]],
    ["2026-11-23T10:00:00.000Z", 60_000, null],
  );
  const { open, next } = seen["disputes"] as { open: number; next: { index: number; overdue: boolean }[] };
  assert.deepEqual([open, next.length, next[0]?.overdue], [1, 1, false]);
  assert.deepEqual(Object.keys(seen["queue"] as object), ["open", "next"]);
  assert.equal("requests" in (seen["waiting"] as object), false);
  assert.equal((seen["health"] as { status: string }).status, "ok");
  for (const url of ["/v1/overview?period=year", "/v1/overview?to=now", "/v1/overview?page=2"]) {
    assert.equal((await server.inject({ url, headers: withKey("analyst") })).statusCode, 400, url);
  }
});

test("campaigns are asked for by time and size, and what is shared by one thing", async (t) => {
  const campaigns = new TestCampaigns();
  const { server, close } = await testServer({ campaigns });
  t.after(close);
  const get = async (url: string): Promise<number> =>
    (await server.inject({ url, headers: withKey("analyst") })).statusCode;
  assert.equal(await get("/v1/campaigns"), 200);
  assert.equal(await get("/v1/campaigns?from=2026-11-22T12:00:00Z&actors=5&decisions=9&limit=2"), 200);
  assert.equal(await get("/v1/campaigns/none"), 404);
  assert.equal(await get("/v1/shared?actor=a_one"), 200);
  assert.equal(await get("/v1/shared?records=1,22"), 200);
  const toMs = Date.UTC(2026, 10, 23);
  assert.deepEqual(campaigns.asked, [
    { fromMs: toMs - 7 * 86_400_000, toMs, actorsMin: 2, decisionsMin: 3, limit: 50 },
    { fromMs: Date.UTC(2026, 10, 22, 12), toMs, actorsMin: 5, decisionsMin: 9, limit: 2 },
    { actor: "a_one" },
    { records: [1, 22] },
  ]);
  const tooMany = Array.from({ length: 201 }, (_, at) => at).join(",");
  for (const url of [
    "/v1/campaigns?limit=501",
    "/v1/campaigns?from=yesterday",
    "/v1/shared",
    "/v1/shared?records=x",
    `/v1/shared?records=${tooMany}`,
    "/v1/shared?actor=a_one&campaign=k",
  ]) {
    assert.equal(await get(url), 400, url);
  }
});

test("a real site tells of its decisions, and counts them", async (t) => {
  const site = await testSite(t);
  const { live, campaigns } = site.opened;
  const news: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = live.follow(undefined, (each) => {
    news.push(each.kind);
    if (each.kind === "batch" && Object.keys(each.batch.outcomes).length > 0) resolve();
  });
  await site.decide("hello", "alice");
  await promise;
  leave();
  assert.equal(news[0], "backlog");
  const { now, latestMs } = await live.activity("hour", site.nowMs + 1);
  assert.ok(now.decisions === 1 && latestMs > 0);
  const steps = await live.firstSteps();
  assert.deepEqual([steps.sent, steps.enforced, steps.looked], [true, false, false]);
  assert.deepEqual(
    (await campaigns.list({ fromMs: 0, toMs: site.nowMs + 1, actorsMin: 1, decisionsMin: 1, limit: 5 }))
      .campaigns,
    [],
  );
});
