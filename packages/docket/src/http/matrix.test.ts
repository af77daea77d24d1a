// SPDX-License-Identifier: Apache-2.0
// The table of permissions against every route that is registered, call by call: each role with a key, with a
// key that scopes limit to the route's action and to another, and with a session; and a session of somebody
// with several roles. Whoever is let in is stopped before the route's handler, so that nothing is done.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import { keyCaller, personCaller } from "../access/caller.ts";
import type { Caller } from "../access/caller.ts";
import type { SignedIn } from "../access/contract.ts";
import { permissions, roles } from "../access/permissions.ts";
import type { Role } from "../access/permissions.ts";
import { createInstallation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import type { Needed } from "./context.ts";
import { createServer } from "./server.ts";

type Route = { method: string; url: string; action: Needed };

type Served = { server: FastifyInstance; routes: Route[]; be: (caller: Caller | undefined) => void };

/** What whoever is let in is answered, in place of the route's own answer. */
const letIn = 418;
const person = `p_${"a".repeat(16)}`;
const sessionToken = `ds_${"s".repeat(43)}`;
const apiKey = `dk_${"k".repeat(43)}`;
const often = { burst: 1_000_000, everyMs: 1 };

/** A real site's server to which whoever calls is who the test says. */
async function serve(t: TestContext): Promise<Served> {
  const parent = mkdtempSync(join(tmpdir(), "docket-matrix-"));
  const { site, access, ...desks } = await openInstallation(createInstallation(disk, join(parent, "data")));
  assert.ok(access !== undefined);
  let caller: Caller | undefined;
  const people = Object.assign(Object.create(access.people) as typeof access.people, {
    signedIn: (token: string): SignedIn | undefined =>
      token === sessionToken
        ? ({ session: {}, person: { id: person }, caller, factorWanted: false } as unknown as SignedIn)
        : undefined,
  });
  const config = { ...access.config, requests: { key: often, person: often, address: often } };
  const server = createServer({
    ...desks,
    access: { ...access, people, config },
    site,
    authenticator: {
      callerOf: (key: string) => (key === apiKey ? caller : undefined),
      callerOfUnknown: () => Promise.resolve(undefined),
      staleMs: 0,
      settle: () => Promise.resolve(),
      isUnsealed: () => false,
    },
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  const routes: Route[] = [];
  server.addHook("onRoute", ({ method, url, config: { action } = {}, schema }) => {
    if (schema?.hide === true) return;
    for (const one of [method].flat()) {
      if (one === "HEAD") continue;
      assert.ok(action !== undefined, `${one} ${url} says nothing of who may call it`);
      routes.push({ method: one, url, action });
    }
  });
  server.addHook("preParsing", async (_request, reply) => {
    await reply.code(letIn).send("");
  });
  await server.ready();
  t.after(async () => {
    await server.close();
    await desks.close();
    rmSync(parent, { recursive: true });
  });
  return { server, routes, be: (next) => (caller = next) };
}

void test("the table of permissions against every route", async (t) => {
  const served = await serve(t);
  await t.test("every role, scope and session", () => everyRole(served));
  await t.test("several roles may what any of them may, and no role may nothing", () => manyRoles(served));
  await t.test("every action of the table is needed for something", () => everyAction(served));
});

async function everyRole({ server, routes, be }: Served): Promise<void> {
  assert.ok(routes.length > 130, `only ${routes.length} routes were found`);
  const isLetIn = async ({ method, url }: Route, token?: string): Promise<boolean> => {
    const path = url.replaceAll(/:\w+/g, "1").replace("*", "000");
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { statusCode } = await server.inject({ method: method as "GET", url: path, headers });
    if (statusCode === letIn) return true;
    assert.ok(statusCode === 401 || statusCode === 403, `${method} ${url}: ${statusCode}`);
    return false;
  };
  for (const route of routes) {
    const name = `${route.method} ${route.url}`;
    be(undefined);
    assert.equal(await isLetIn(route), route.action === "public", `${name} by nobody`);
    if (route.action === "public") continue;
    assert.equal(await isLetIn(route, apiKey), false, `${name} with a key that is not known`);
    const { action } = route;
    for (const role of roles) {
      const may = action === "anyone" || (action !== "person" && permissions[action].includes(role));
      be(keyCaller("k_x", role));
      assert.equal(await isLetIn(route, apiKey), may, `${name} by a key of role ${role}`);
      be(personCaller(person, [role]));
      const maySession = may || action === "person";
      assert.equal(await isLetIn(route, sessionToken), maySession, `${name} by a person of role ${role}`);
      if (action === "person" || action === "anyone") continue;
      be(keyCaller("k_x", role, [action]));
      assert.equal(await isLetIn(route, apiKey), may, `${name} by a key of role ${role} for just this`);
      be(keyCaller("k_x", role, [action === "report" ? "label" : "report"]));
      assert.equal(
        await isLetIn(route, apiKey),
        false,
        `${name} by a key of role ${role} for something else`,
      );
    }
  }
}

async function manyRoles({ server, routes, be }: Served): Promise<void> {
  const both: readonly Role[] = ["analyst", "reviewer"];
  for (const { method, url, action } of routes) {
    if (action === "public" || action === "person" || action === "anyone") continue;
    const path = url.replaceAll(/:\w+/g, "1").replace("*", "000");
    const headers = { authorization: `Bearer ${sessionToken}` };
    const ask = async (): Promise<number> => {
      return (await server.inject({ method: method as "GET", url: path, headers })).statusCode;
    };
    be(personCaller(person, both));
    const may = both.some((role) => permissions[action].includes(role));
    assert.equal((await ask()) === letIn, may, `${method} ${url}`);
    be(personCaller(person, []));
    assert.equal(await ask(), 403, `${method} ${url}`);
  }
}

function everyAction({ routes }: Served): void {
  const used = new Set<string>(routes.map(({ action }) => action));
  // Of parts of an answer, of what a body asks for, and of a log of opaque entries.
  const elsewhere: ReadonlySet<string> = new Set(["decide", "readFacts", "addEntry"]);
  const idle = Object.keys(permissions).filter((action) => !used.has(action) && !elsewhere.has(action));
  assert.deepEqual(idle, []);
}
