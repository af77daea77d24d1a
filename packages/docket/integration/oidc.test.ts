// SPDX-License-Identifier: Apache-2.0
// Signing in at a real OpenID provider on this machine, as a browser does; and tokens that a provider must
// not be believed: of another issuer, for another client, expired, with another nonce, signed by nobody.
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, sign as signBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { Provider } from "oidc-provider";
import type { KoaContextWithOIDC } from "oidc-provider";
import { OidcSignIn } from "../src/access/oidc.ts";
import type { OidcConfig } from "../src/access/config.ts";
import { AccessWorld } from "../src/access/testing/access-world.ts";
import { DocketError } from "../src/error.ts";
import { testServer } from "../src/http/testing/server.ts";
import type { TestServer } from "../src/http/testing/server.ts";

const publicUrl = "http://127.0.0.1:7";
const clientId = "docket";
const secret = "a-secret-of-the-client";
const callback = "/v1/session/oidc/callback";

/** What the provider says of its one account. */
const account = { email: "ana@example.org", email_verified: true, groups: ["moderators"] as string[] };
let provider: Server;
let issuer = "";
let signing: KeyObject;
type Claims = Record<string, unknown>;
/** Puts another token in the place of the provider's. */
let forge: ((claims: Claims) => Promise<string>) | undefined;

before(async () => {
  signing = rsaKey();
  const jwk = { ...signing.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" };
  provider = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const oidc = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: clientId,
        client_secret: secret,
        redirect_uris: [`${publicUrl}${callback}`],
        post_logout_redirect_uris: [publicUrl],
      },
    ],
    cookies: { keys: [randomBytes(16).toString("hex")] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => Promise.resolve({ sub: id, ...account }),
    }),
    loadExistingGrant: async (context: KoaContextWithOIDC) => {
      const { client, session, provider: own } = context.oidc;
      const accountId = session?.accountId;
      const clientOf = client === undefined ? {} : { clientId: client.clientId };
      const grant = new own.Grant({ ...clientOf, ...(accountId === undefined ? {} : { accountId }) });
      grant.addOIDCScope("openid email groups");
      await grant.save();
      return grant;
    },
  });
  const answer = oidc.callback();
  handle = (request, response) => {
    if (request.url?.startsWith("/interaction/") !== true) return void answer(request, response);
    const login = { login: { accountId: "u-1" } };
    return void oidc.interactionFinished(request, response, login, { mergeWithLastSubmission: true });
  };
});
let handle = (_request: IncomingMessage, response: ServerResponse): void => void response.end();

after(async () => {
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});

/** Who comes in, by this provider, on a server that nothing listens for. */
async function open(over: Partial<OidcConfig> = {}): Promise<{ world: AccessWorld; server: TestServer }> {
  const config: OidcConfig = {
    issuer,
    clientId,
    secret: { env: "X" },
    scopes: ["openid", "email", "groups"],
    rolesClaim: "groups",
    roles: [
      { value: "moderators", role: "reviewer" },
      { value: "chiefs", role: "admin" },
    ],
    domains: ["example.org"],
    ...over,
  };
  const world: AccessWorld = new AccessWorld({ publicUrl, oidc: config }, (people, refusals) => {
    const clock = (): number => world.nowMs;
    const ports = { config, publicUrl, people, refusals, fetch: meddling, random: randomBytes, clock };
    return new OidcSignIn({ ...ports, secret: () => Promise.resolve(secret) });
  });
  await world.access.start();
  return { world, server: await testServer({ access: world.access }) };
}

const meddling: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  const url = input instanceof Request ? input.url : String(input);
  if (forge === undefined || !url.endsWith("/token") || !answer.ok) return answer;
  const tokens = (await answer.json()) as { id_token: string };
  const payload = Buffer.from(tokens.id_token.split(".")[1] ?? "", "base64url");
  const forged = await forge(JSON.parse(payload.toString()) as Claims);
  return Response.json({ ...tokens, id_token: forged });
};

function rsaKey(): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

/** The signed part of a JSON Web Token (RFC 7515 section 3.1). */
function encoded(header: object, claims: Claims): string {
  return [header, claims].map((each) => Buffer.from(JSON.stringify(each)).toString("base64url")).join(".");
}

/** Goes to the provider and back, as a browser does. @returns what it brings back to the server */
async function goThere(server: TestServer): Promise<{ path: string; cookie: string }> {
  const begun = await server.server.inject({ method: "GET", url: "/v1/session/oidc" });
  assert.equal(begun.statusCode, 302, begun.body);
  const cookie = String(begun.headers["set-cookie"]).split(";")[0] ?? "";
  assert.match(String(begun.headers["set-cookie"]), /^docket-oidc=\S+; Path=\/; HttpOnly; SameSite=Lax/);
  const jar = new Map<string, string>();
  let next = String(begun.headers.location);
  for (let hop = 0; hop < 10 && !next.startsWith(`${publicUrl}/`); hop++) {
    const sent = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(next, { redirect: "manual", headers: { cookie: sent } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    const location = answer.headers.get("location");
    assert.ok(location, `${next} answered ${answer.status}: ${await answer.text()}`);
    next = new URL(location, next).href;
  }
  return { path: next.slice(publicUrl.length), cookie };
}

function comeBack(
  server: TestServer,
  path: string,
  cookie: string,
): Promise<{ statusCode: number; body: string; headers: Record<string, unknown> }> {
  return server.server.inject({ method: "GET", url: path, headers: { cookie } });
}

test("whoever the provider knows comes in, with the roles that their groups give", async () => {
  const { world, server } = await open();
  const { path, cookie } = await goThere(server);
  const answer = await comeBack(server, path, cookie);
  assert.equal(answer.statusCode, 200, answer.body);
  const cookies = [answer.headers["set-cookie"]].flat().map(String);
  const session = cookies.find((each) => each.startsWith("docket-session=ds_"))?.split(";")[0] ?? "";
  const who = await server.server.inject({ method: "GET", url: "/v1/session", headers: { cookie: session } });
  const { person, name, roles, method } = who.json<{
    person: string;
    name: string;
    roles: string[];
    method: string;
  }>();
  assert.deepEqual([name, roles, method], ["ana@example.org", ["reviewer"], "oidc"]);
  assert.deepEqual(
    world.sealed.map(({ body }) => body),
    [
      { kind: "person", by: "docket", change: "added", person, roles: ["reviewer"] },
      { kind: "sign-in", by: person, change: "in", person, method: "oidc" },
    ],
  );
  // The same answer counts once, and so does the same person.
  assert.equal((await comeBack(server, path, cookie)).statusCode, 401);
  account.groups = ["moderators", "chiefs"];
  const again = await goThere(server);
  assert.equal((await comeBack(server, again.path, again.cookie)).statusCode, 200);
  account.groups = ["moderators"];
  assert.deepEqual(
    world.access.people.list().map((each) => each.roles),
    [["reviewer", "admin"]],
  );
  const out = await server.server.inject({
    method: "DELETE",
    url: "/v1/session",
    headers: { cookie: session, "docket-request": "1" },
  });
  assert.match(out.json<{ end: string }>().end, /\/session\/end\?/);
  await server.close();
});

test("an answer that was not asked for here, or by another browser, or too late, is refused", async () => {
  const { world, server } = await open();
  const { path, cookie } = await goThere(server);
  const query = new URL(path, publicUrl).searchParams;
  const other = await goThere(server);
  const wrongState = path.replace(String(query.get("state")), "x".repeat(43));
  assert.equal((await comeBack(server, wrongState, cookie)).statusCode, 401);
  assert.equal((await comeBack(server, path, "")).statusCode, 401);
  const second = await goThere(server);
  assert.equal((await comeBack(server, second.path, other.cookie)).statusCode, 401);
  const third = await goThere(server);
  world.nowMs += 600_000;
  assert.equal((await comeBack(server, third.path, third.cookie)).statusCode, 401);
  // Somebody else's code with an attempt of one's own: the code verifier does not fit.
  const [mine, theirs] = [await goThere(server), await goThere(server)];
  const mixed = new URL(mine.path, publicUrl);
  mixed.searchParams.set("code", new URL(theirs.path, publicUrl).searchParams.get("code") ?? "");
  assert.equal((await comeBack(server, `${mixed.pathname}${mixed.search}`, mine.cookie)).statusCode, 401);
  const denied = await goThere(server);
  const state = new URL(denied.path, publicUrl).searchParams.get("state");
  const error = `${callback}?error=access_denied&state=${state}&iss=${encodeURIComponent(issuer)}`;
  assert.equal((await comeBack(server, error, denied.cookie)).statusCode, 401);
  // Another provider's answer, by what it says itself (RFC 9207).
  const mixedUp = await goThere(server);
  const foreign = mixedUp.path.replace(
    encodeURIComponent(issuer),
    encodeURIComponent("https://evil.example"),
  );
  assert.equal((await comeBack(server, foreign, mixedUp.cookie)).statusCode, 401);
  assert.deepEqual(world.access.people.list(), []);
  assert.ok(world.records("sign-in").every((body) => body.kind === "sign-in" && body.change === "refused"));
  await server.close();
});

test("a token that does not hold lets nobody in", async () => {
  const { world, server } = await open();
  const sign = async (claims: Claims, key = signing): Promise<string> => {
    const text = encoded({ alg: "RS256", kid: "one" }, claims);
    return `${text}.${signBytes("sha256", Buffer.from(text), key).toString("base64url")}`;
  };
  const nowSeconds = Math.floor(Date.now() / 1000);
  const stranger = rsaKey();
  const forged: Record<string, (claims: Claims) => Promise<string>> = {
    "of another issuer": (claims) => sign({ ...claims, iss: "https://evil.example" }),
    "for another client": (claims) => sign({ ...claims, aud: "somebody-else" }),
    "for two, and made for the other": (claims) => sign({ ...claims, aud: [clientId, "x"], azp: "x" }),
    expired: (claims) => sign({ ...claims, iat: nowSeconds - 7200, exp: nowSeconds - 3600 }),
    "with another nonce": (claims) => sign({ ...claims, nonce: "another" }),
    "without a nonce": (claims) => sign({ ...claims, nonce: undefined }),
    "without a subject": (claims) => sign({ ...claims, sub: undefined }),
    "signed by another key": (claims) => sign(claims, stranger),
    "signed by nobody": async (claims) => `${encoded({ alg: "none" }, claims)}.`,
  };
  for (const [what, make] of Object.entries(forged)) {
    const { path, cookie } = await goThere(server);
    forge = make;
    const answer = await comeBack(server, path, cookie);
    forge = undefined;
    assert.equal(answer.statusCode, 401, `${what}: ${answer.body}`);
    assert.ok(!answer.body.includes("eyJ") && !JSON.stringify(answer.headers).includes("ds_"), what);
  }
  // The same way with the claims as they were is let through: it was the claims that were refused.
  const { path, cookie } = await goThere(server);
  forge = (claims) => sign(claims);
  assert.equal((await comeBack(server, path, cookie)).statusCode, 200);
  forge = undefined;
  assert.equal(world.access.people.list().length, 1);
  await server.close();
});

test("who has no group of ours, or no verified address of our domain, stays out", async () => {
  const { world, server } = await open();
  const people: [Partial<typeof account>, Partial<typeof account>][] = [
    [{ groups: ["guests"] }, { groups: ["moderators"] }],
    [{ email: "ana@evil.example" }, { email: "ana@example.org" }],
    [{ email: "ana@example.org@evil.example" }, { email: "ana@example.org" }],
    [{ email_verified: false }, { email_verified: true }],
  ];
  for (const [wrong, right] of people) {
    Object.assign(account, wrong);
    const { path, cookie } = await goThere(server);
    assert.equal((await comeBack(server, path, cookie)).statusCode, 401, JSON.stringify(wrong));
    Object.assign(account, right);
  }
  assert.deepEqual(world.access.people.list(), []);
  await server.close();
});

test("a provider that is not there is said to be, and asked again the next time", async () => {
  const { world } = await open({ issuer: "http://127.0.0.1:9" });
  for (let time = 0; time < 2; time++) {
    await assert.rejects(
      world.access.oidc?.begin() ?? Promise.resolve(),
      (error) => error instanceof DocketError && error.code === "provider_unreachable",
    );
  }
});
