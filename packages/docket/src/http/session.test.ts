// SPDX-License-Identifier: Apache-2.0
// Sessions over HTTP: cookies, requests of other sites, other people's sessions, how often anybody may ask.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { InjectOptions, LightMyRequestResponse as Response } from "fastify";
import type { AccessConfig } from "../access/config.ts";
import { AccessWorld, operator } from "../access/testing/access-world.ts";
import { setSessionCookie } from "./from.ts";
import { testServer, withKey } from "./testing/server.ts";

const password = "correct horse battery";
type World = { world: AccessWorld; ask: (options: InjectOptions & { json?: object }) => Promise<Response> };

async function open(t: TestContext, config: Partial<AccessConfig> = {}): Promise<World> {
  const world = new AccessWorld(config);
  await world.access.start();
  const { server, close } = await testServer({ access: world.access, clock: () => world.nowMs });
  t.after(async () => {
    await close();
    await world.access.close();
  });
  const ask: World["ask"] = ({ json, headers, ...options }) =>
    server.inject({
      ...options,
      headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(json === undefined ? {} : { payload: JSON.stringify(json) }),
    });
  return { world, ask };
}

function codeOf(answer: Response): string {
  return answer.json<{ error?: { code: string } }>().error?.code ?? String(answer.statusCode);
}

function signIn(name = "ana"): InjectOptions & { json: object } {
  return { method: "POST", url: "/v1/session", json: { name, password } };
}

async function cookieOf(ask: World["ask"], name = "ana"): Promise<string> {
  const answer = await ask(signIn(name));
  assert.equal(answer.statusCode, 200, answer.body);
  return String(answer.headers["set-cookie"]).split(";")[0] ?? "";
}

void test("a browser gets the session as a cookie that no script and no other site gets at", async (t) => {
  const { world, ask } = await open(t);
  const id = await world.person("ana", password, "reviewer");
  const answer = await ask(signIn());
  assert.match(
    String(answer.headers["set-cookie"]),
    /^docket-session=ds_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  assert.equal(answer.json<{ token?: string }>().token, undefined);
  const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  const who = await ask({ method: "GET", url: "/v1/session", headers: { cookie } });
  assert.equal(who.json<{ person: string }>().person, id);
  assert.equal((await ask({ method: "GET", url: "/v1/queue", headers: { cookie } })).statusCode, 200);
  const out = await ask({ method: "DELETE", url: "/v1/session", headers: { cookie, "docket-request": "1" } });
  assert.match(String(out.headers["set-cookie"]), /^docket-session=; .*Max-Age=0/);
  assert.equal(
    codeOf(await ask({ method: "GET", url: "/v1/session", headers: { cookie } })),
    "unauthenticated",
  );
});

void test("over TLS the cookie is Secure and of this host alone", async (t) => {
  const publicUrl = "https://docket.example.org";
  const { world, ask } = await open(t, { publicUrl });
  await world.person("ana", password, "reviewer");
  const answer = await ask(signIn());
  const text = String(answer.headers["set-cookie"]);
  assert.match(text, /^__Host-docket=ds_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
  const [cookie = ""] = text.split(";");
  // The name without the prefix can be set by anybody, and is not looked at.
  const plain = cookie.replace("__Host-docket", "docket-session");
  assert.equal(
    codeOf(await ask({ method: "GET", url: "/v1/session", headers: { cookie: plain } })),
    "unauthenticated",
  );
  assert.equal((await ask({ method: "GET", url: "/v1/session", headers: { cookie } })).statusCode, 200);
  const request = { protocol: "https", headers: {}, socket: {} } as Parameters<typeof setSessionCookie>[0];
  assert.match(setSessionCookie(request, undefined, "ds_x"), /^__Host-docket=ds_x;.*Secure$/);
});

void test("what another site sends with a session's cookie is refused", async (t) => {
  const publicUrl = "https://docket.example.org";
  const { world, ask } = await open(t, { publicUrl });
  await world.person("ana", password, "admin");
  const cookie = await cookieOf(ask);
  const own = { cookie, "docket-request": "1", origin: publicUrl, "sec-fetch-site": "same-origin" };
  const add = (headers: Record<string, string>): Promise<Response> =>
    ask({ method: "POST", url: "/v1/people", headers, json: { name: `n${world.sealed.length}`, roles: [] } });
  assert.equal((await add(own)).statusCode, 200);
  assert.equal((await add({ cookie, "docket-request": "1" })).statusCode, 200);
  const before = world.sealed.length;
  const foreign: Record<string, string>[] = [
    { cookie },
    { cookie, origin: publicUrl, "sec-fetch-site": "same-origin" },
    { ...own, origin: "https://evil.example" },
    { ...own, origin: "null" },
    { ...own, origin: "https://docket.example.org.evil.example" },
    { ...own, "sec-fetch-site": "cross-site" },
    { ...own, "sec-fetch-site": "same-site" },
    { ...own, "sec-fetch-site": "none" },
  ];
  for (const headers of foreign)
    assert.equal(codeOf(await add(headers)), "forbidden", JSON.stringify(headers));
  assert.equal(world.sealed.length, before);
  const look = (headers: Record<string, string>): Promise<Response> =>
    ask({ method: "GET", url: "/v1/people", headers: { cookie, ...headers } });
  assert.equal(codeOf(await look({ "sec-fetch-site": "cross-site" })), "forbidden");
  assert.equal((await look({ "sec-fetch-site": "none" })).statusCode, 200);
  // Another site can't sign its visitor in as somebody else either.
  const foreignSignIn = await ask({ ...signIn(), headers: { origin: "https://evil.example" } });
  assert.equal(codeOf(foreignSignIn), "forbidden");
  // Two cookies of one name: one was put there by somebody.
  const two = await ask({ method: "GET", url: "/v1/session", headers: { cookie: `${cookie}; ${cookie}` } });
  assert.equal(codeOf(two), "unauthenticated");
});

void test("a password is taken from nobody whose connection others can listen to", async (t) => {
  const { world, ask } = await open(t);
  await world.person("ana", password, "reviewer");
  assert.equal(codeOf(await ask({ ...signIn(), remoteAddress: "192.0.2.1" })), "sign_in_refused");
  assert.equal((await ask({ ...signIn(), remoteAddress: "::ffff:127.0.0.1" })).statusCode, 200);
  assert.equal((await ask({ ...signIn(), remoteAddress: "::1" })).statusCode, 200);
});

void test("a key is no session, a session is nobody else's, and one that ended is nobody's", async (t) => {
  const { world, ask } = await open(t);
  await world.person("ana", password, "reviewer");
  const ben = await world.person("ben", password, "admin");
  const [anas, bens] = [await cookieOf(ask), await cookieOf(ask, "ben")];
  assert.equal(
    codeOf(await ask({ method: "GET", url: "/v1/session", headers: withKey("admin") })),
    "forbidden",
  );
  const bensSession = world.access.people.sessions(ben)[0]?.id ?? "";
  const end = (cookie: string): Promise<Response> =>
    ask({ method: "DELETE", url: `/v1/sessions/${bensSession}`, headers: { cookie, "docket-request": "1" } });
  assert.equal(codeOf(await end(anas)), "forbidden");
  assert.equal((await end(bens)).statusCode, 200);
  assert.equal(
    codeOf(await ask({ method: "GET", url: "/v1/people", headers: { cookie: bens } })),
    "unauthenticated",
  );
  // A bearer that looks like a session, and is none.
  const authorization = `Bearer ds_${"a".repeat(43)}`;
  assert.equal(
    codeOf(await ask({ method: "GET", url: "/v1/people", headers: { authorization } })),
    "unauthenticated",
  );
  assert.deepEqual(
    world
      .records("sign-in")
      .flatMap((body) => (body.kind === "sign-in" && body.change === "refused" ? [body] : [])),
    [{ kind: "sign-in", by: "docket", change: "refused", method: "session" }],
  );
});

void test("who is removed or loses a role loses it with the next request", async (t) => {
  const { world, ask } = await open(t);
  const id = await world.person("ana", password, "admin");
  const cookie = await cookieOf(ask);
  const look = async (): Promise<string> =>
    codeOf(await ask({ method: "GET", url: "/v1/people", headers: { cookie } }));
  assert.equal(await look(), "200");
  await world.access.people.change(operator, id, ["reviewer"]);
  assert.equal(await look(), "forbidden");
  await world.access.people.change(operator, id, []);
  assert.equal(await look(), "forbidden");
  await world.access.people.remove(operator, id);
  assert.equal(await look(), "unauthenticated");
});

void test("a second factor is set up over HTTP by whoever may do nothing else yet", async (t) => {
  const { world, ask } = await open(t, { secondFactor: "everybody" });
  await world.person("ana", password, "admin");
  const cookie = await cookieOf(ask);
  const headers = { cookie, "docket-request": "1" };
  const looked = await ask({ method: "GET", url: "/v1/people", headers });
  assert.match(looked.body, /set up a second factor first/);
  const offered = await ask({ method: "POST", url: "/v1/session/factor", headers, json: {} });
  assert.match(offered.json<{ uri: string }>().uri, /^otpauth:\/\/totp\//);
  const wrong = await ask({
    method: "POST",
    url: "/v1/session/factor/confirm",
    headers,
    json: { code: "000000" },
  });
  assert.equal(codeOf(wrong), "sign_in_refused");
});

void test("too many requests of an address, a person or a key are told to wait", async (t) => {
  const rate = { burst: 3, everyMs: 10_000 };
  const requests = { key: rate, person: rate, address: rate };
  const { world, ask } = await open(t, { requests, proxies: ["127.0.0.1"] });
  await world.person("ana", password, "admin");
  const authorization = `Bearer dk_${"z".repeat(43)}`;
  const strange = (address: string): Promise<Response> =>
    ask({ method: "GET", url: "/v1/people", headers: { authorization, "x-forwarded-for": address } });
  const codes: string[] = [];
  for (let time = 0; time < 4; time++) codes.push(codeOf(await strange("198.51.100.1, 192.0.2.1")));
  assert.deepEqual(codes, ["unauthenticated", "unauthenticated", "unauthenticated", "too_many_requests"]);
  const waiting = await strange("192.0.2.1");
  assert.equal(waiting.statusCode, 429);
  assert.equal(waiting.headers["retry-after"], "10");
  assert.equal(codeOf(await strange("192.0.2.2")), "unauthenticated");
  // Of IPv6 it is the network that counts.
  for (let host = 1; host <= 3; host++) await strange(`2001:db8::${host}`);
  assert.equal(codeOf(await strange("2001:db8:0:0:ffff::1")), "too_many_requests");
  assert.equal(codeOf(await strange("2001:db8:0:1::1")), "unauthenticated");
  const cookie = await cookieOf(ask);
  for (const headers of [{ cookie }, withKey("admin")]) {
    const answers: number[] = [];
    for (let time = 0; time < 4; time++) {
      answers.push((await ask({ method: "GET", url: "/v1/people", headers })).statusCode);
    }
    assert.deepEqual(answers, [200, 200, 200, 429]);
  }
  world.nowMs += 10_000;
  assert.equal((await ask({ method: "GET", url: "/v1/people", headers: { cookie } })).statusCode, 200);
});

void test("what is said of a body is what is wrong with it, and never what stood in it", async (t) => {
  const { ask } = await open(t);
  const wrong: object[] = [{}, { name: 5 }, { name: "ana", password, role: "admin" }, { name: "", password }];
  for (const json of wrong) {
    const answer = await ask({ method: "POST", url: "/v1/session", json });
    assert.equal(answer.statusCode, 400, answer.body);
    assert.ok(!answer.body.includes(password));
  }
});
