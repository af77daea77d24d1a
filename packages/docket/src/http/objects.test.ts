// SPDX-License-Identifier: Apache-2.0
// What is somebody's own is nobody else's of the same role: a reviewer's claim, an account's dispute, a
// record's token, a person's session; and what one installation gave out opens nothing at another.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { hashOfKey } from "../access/api-keys.ts";
import { Authenticator } from "../access/authenticator.ts";
import type { ApiKeyFeed } from "../access/authenticator.ts";
import type { Role } from "../access/permissions.ts";
import { AccessWorld } from "../access/testing/access-world.ts";
import { testSite } from "../enforcement/testing/site.ts";
import type { TestSite } from "../enforcement/testing/site.ts";
import { createServer } from "./server.ts";
import { testKeyFeed } from "./testing/server.ts";

type Answer = { status: number; code: string | undefined; body: Record<string, unknown>; headers: Headers_ };
type Headers_ = Readonly<Record<string, unknown>>;
type Ask = (method: "GET" | "POST" | "DELETE", url: string, bearer: string, body?: object) => Promise<Answer>;

const holders: Readonly<Record<string, Role>> = {
  ann: "reviewer",
  ben: "reviewer",
  app: "ingest",
  eve: "auditor",
  ada: "admin",
};

function keyOf(holder: string, installation: string): string {
  return `dk_${`${holder}-${installation}`.padEnd(43, "x")}`;
}

/** Keys of several holders of one role. */
async function feedOf(installation: string): Promise<ApiKeyFeed> {
  const feed = testKeyFeed();
  const snapshot = await feed.refresh(0);
  const [like] = snapshot?.keys ?? [];
  assert.ok(snapshot !== undefined && like !== undefined);
  const keys = Object.entries(holders).map(([holder, role]) => ({
    ...like,
    id: `k_${holder.padEnd(16, "0")}`,
    hash: hashOfKey(keyOf(holder, installation)),
    role,
  }));
  let fresh = true;
  return {
    ...feed,
    refresh: async () => {
      const given = fresh ? { ...snapshot, keys } : undefined;
      fresh = false;
      return given;
    },
  };
}

async function serve(
  t: TestContext,
  name: string,
): Promise<{ site: TestSite; ask: Ask; world: AccessWorld }> {
  const site = await testSite(t);
  const { site: docket, ...desks } = site.opened;
  const authenticator = await Authenticator.open({
    feed: await feedOf(name),
    sealAccess: async () => undefined,
    clock: Date.now,
  });
  const world = new AccessWorld();
  const server = createServer({
    ...desks,
    access: world.access,
    site: docket,
    authenticator,
    clock: () => site.nowMs,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  t.after(async () => {
    await server.close();
    await authenticator.close();
  });
  const ask: Ask = async (method, url, bearer, body) => {
    const json = { "content-type": "application/json" };
    const sent = body === undefined ? {} : { payload: JSON.stringify(body) };
    const headers = { ...(body === undefined ? {} : json), authorization: `Bearer ${bearer}` };
    const answer = await server.inject({ method, url, headers, ...sent });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    const parsed: Record<string, unknown> & { error?: { code: string } } = isJson ? answer.json() : {};
    return { status: answer.statusCode, code: parsed.error?.code, body: parsed, headers: answer.headers };
  };
  return { site, ask, world };
}

void test("a reviewer's claim is theirs: another can neither give it back nor decide", async (t) => {
  const { site, ask } = await serve(t, "one");
  const { index = -1 } = await site.decide("odd", "u-1");
  const [ann, ben] = [keyOf("ann", "one"), keyOf("ben", "one")];
  assert.equal((await ask("POST", `/v1/queue/${index}/claim`, ann, {})).status, 200);
  assert.equal((await ask("POST", `/v1/queue/${index}/claim`, ben, {})).code, "case_claimed");
  await ask("POST", `/v1/queue/${index}/release`, ben, {});
  assert.equal((await ask("POST", `/v1/queue/${index}/claim`, ben, {})).code, "case_claimed", "it stands");
  const finding = { of: index, finding: "spam", reason: "spam" };
  assert.equal((await ask("POST", "/v1/reviews", ben, finding)).code, "case_claimed");
  const page = await ask("GET", `/v1/queue/${index}`, ben);
  assert.equal(page.status, 200);
  assert.equal((await ask("POST", "/v1/reviews", ann, finding)).status, 200);
});

void test("an account's dispute is theirs, and a record's token opens that record alone", async (t) => {
  const { site, ask } = await serve(t, "one");
  const app = keyOf("app", "one");
  const first = (await site.decide("spam and more", "u-1")).index ?? -1;
  const second = (await site.decide("spam again", "u-2")).index ?? -1;
  const opened = await ask("POST", "/v1/actors/u-1/disputes", app, { index: first, text: "it was none" });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  const listed = (await ask("GET", "/v1/actors/u-1/disputes", app)).body["disputes"] as { dispute: number }[];
  const dispute = listed[0]?.dispute;
  assert.equal((await ask("GET", `/v1/actors/u-1/disputes/${dispute}`, app)).status, 200);
  for (const other of ["u-2", "u-3", "u-1%00", "U-1"]) {
    assert.equal((await ask("GET", `/v1/actors/${other}/disputes/${dispute}`, app)).status, 404, other);
    for (const what of ["messages", "withdraw"]) {
      const body = what === "messages" ? { text: "mine" } : {};
      const answer = await ask("POST", `/v1/actors/${other}/disputes/${dispute}/${what}`, app, body);
      assert.equal(answer.status, 404, `${other} ${what}`);
    }
  }
  // On behalf of another account no dispute is opened to a record that is not theirs.
  const stolen = await ask("POST", "/v1/actors/u-1/disputes", app, { index: second, text: "mine" });
  assert.ok(stolen.status === 404 || stolen.code === "not_disputable", stolen.code);

  const opening = await ask("POST", `/v1/receipts/${second}/opening`, keyOf("ann", "one"), {
    reason: "asked",
  });
  const token = String(opening.headers["docket-dispute-token"]);
  const seen = await ask("GET", "/v1/disputes/by-token", token);
  assert.equal(seen.status, 200);
  assert.ok(!JSON.stringify(seen.body).includes("it was none"), "another's dispute");
  for (const url of ["/v1/decisions/0", `/v1/receipts/${first}`, "/v1/actors/u-2/standing", "/v1/disputes"]) {
    assert.equal((await ask("GET", url, token)).code, "unauthenticated", url);
  }
  // One for another record, made of this one, is none.
  for (const wrong of [token.replaceAll(String(second), String(first)), `${token}x`, token.slice(0, -1)]) {
    if (wrong === token) continue;
    assert.equal((await ask("GET", "/v1/disputes/by-token", wrong)).code, "dispute_token_invalid", wrong);
  }
  const elsewhere = await serve(t, "two");
  await elsewhere.site.decide("spam and more", "u-1");
  await elsewhere.site.decide("spam again", "u-2");
  assert.equal((await elsewhere.ask("GET", "/v1/disputes/by-token", token)).code, "dispute_token_invalid");
});

void test("a key of another installation is nobody here, and there is no other site", async (t) => {
  const [one, two] = [await serve(t, "one"), await serve(t, "two")];
  for (const holder of Object.keys(holders)) {
    assert.equal(
      (await two.ask("GET", "/v1/settings", keyOf(holder, "one"))).code,
      "unauthenticated",
      holder,
    );
    assert.notEqual((await one.ask("GET", "/v1/settings", keyOf(holder, "one"))).code, "unauthenticated");
  }
  for (const path of ["checkpoint", "tile/0/000", "tile/entries/000.p/1", "checkpoints/1"]) {
    for (const site of ["other", "Main", "main%2f..", "..", "main%00", ""]) {
      const url = `/sites/${site}/${path}`;
      assert.equal((await one.ask("GET", url, keyOf("ada", "one"))).status, 404, url);
    }
  }
});

void test("a person ends their own session, and no other's", async (t) => {
  const { ask, world } = await serve(t, "one");
  const password = "correct horse battery staple";
  await world.person("ann", password, "reviewer");
  await world.person("ben", password, "reviewer");
  const signIn = async (name: string): Promise<string> => {
    const { token } = await world.access.signIn.signIn({ name, password }, { address: "192.0.2.1" });
    return token;
  };
  const [ann, ben] = [await signIn("ann"), await signIn("ben")];
  const own = await ask("GET", "/v1/session", ben);
  assert.equal(own.status, 200);
  assert.ok(!JSON.stringify(own.body).includes('"ann"'), JSON.stringify(own.body));
  assert.equal((await ask("GET", "/v1/sessions", ann)).status, 403);
  const [session] = world.access.people.sessions();
  assert.ok(session !== undefined);
  assert.equal((await ask("DELETE", `/v1/sessions/${session.id}`, ann)).status, 403);
  assert.equal((await ask("DELETE", "/v1/session?all=true", ann)).status, 200);
  assert.equal((await ask("GET", "/v1/session", ann)).code, "unauthenticated");
  assert.equal((await ask("GET", "/v1/session", ben)).status, 200);
  // A key is no person, and a session's token no key of another kind.
  assert.equal((await ask("GET", "/v1/session", keyOf("ada", "one"))).code, "forbidden");
  assert.equal((await ask("GET", "/v1/disputes/by-token", ben)).code, "dispute_token_invalid");
});
