// SPDX-License-Identifier: Apache-2.0
// Every role against every call of a real site: who may do what is read from the tables of
// docs/reference/http.md, which people read, and held against what the server does.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import { Authenticator } from "../access/authenticator.ts";
import { roles } from "../access/permissions.ts";
import type { Role } from "../access/permissions.ts";
import { createInstallation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import { createServer } from "./server.ts";
import { testKeyFeed, withKey } from "./testing/server.ts";

const page = readFileSync(new URL("../../../../docs/reference/http.md", import.meta.url), "utf8");
/** What stands for a part of a path. None of these exists, so a call that is let through changes nothing. */
const stands: Readonly<Record<string, string>> = { index: "999999", id: "nobody", name: "none" };

type Call = {
  method: "GET" | "POST" | "DELETE";
  path: string;
  actions: string[];
  isPublic: boolean;
  /** It takes the session of a person: whatever their role is, and no API key. */
  isPersonal: boolean;
  /** Any key or session will do. */
  isForAnyone: boolean;
};

/** The calls of the table of routes. */
function documentedCalls(): Call[] {
  const table = page.slice(0, page.indexOf("## Keys and roles"));
  let before: string[] = [];
  return table.split("\n").flatMap((line) => {
    const [, names = "", who = ""] = /^\| (`(?:GET|POST|DELETE) .*?) \| (.*?) \|/.exec(line) ?? [];
    // What is said after a semicolon is about a part of the answer.
    const said = [...(who.split(";")[0] ?? "").matchAll(/`([a-zA-Z]+)`/g)].map(([, action = ""]) => action);
    const actions = who.startsWith("the same") ? before : said;
    before = actions;
    return [...names.matchAll(/`(GET|POST|DELETE) ([^`]+)`/g)].map(([, method, path = ""]) => ({
      method: method as Call["method"],
      path: path.replace(/\{(\w+)\}/g, (_, name: string) => stands[name] ?? "none"),
      actions,
      isPublic: who.startsWith("public"),
      isPersonal: who.startsWith("a session"),
      isForAnyone: who.startsWith("anyone"),
    }));
  });
}

/** The roles that may do an action, by the table of roles. */
function documentedRoles(action: string): Role[] {
  const row = page.split("\n").find((line) => line.startsWith(`| \`${action}\` |`));
  assert.ok(row, `http.md says nothing of ${action}`);
  const cells = row.split("|").slice(2, 2 + roles.length);
  return roles.filter((_, place) => cells[place]?.trim() === "yes");
}

async function serve(t: TestContext): Promise<FastifyInstance> {
  const parent = mkdtempSync(join(tmpdir(), "docket-roles-"));
  const { site, ...desks } = await openInstallation(createInstallation(disk, join(parent, "data")));
  const authenticator = await Authenticator.open({
    feed: testKeyFeed(),
    sealAccess: (change, key, role) => site.sealAccess(change, key, role),
    clock: Date.now,
  });
  const server = createServer({
    ...desks,
    site,
    authenticator,
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  t.after(async () => {
    await server.close();
    await authenticator.close();
    await desks.close();
    rmSync(parent, { recursive: true });
  });
  return server;
}

void test("every role against every call", async (t) => {
  const server = await serve(t);
  const calls = documentedCalls();
  assert.ok(calls.length > 100, `only ${calls.length} calls were found`);
  const codeOf = async ({ method, path }: Call, headers: Record<string, string>): Promise<string> => {
    const body = method === "POST" ? { payload: "{}" } : {};
    const type = method === "POST" ? { "content-type": "application/json" } : {};
    const answer = await server.inject({ method, url: path, headers: { ...type, ...headers }, ...body });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    const { error }: { error?: { code: string } } = isJson ? answer.json() : {};
    assert.notEqual(error?.code, "internal", `${method} ${path}: ${answer.body}`);
    return error?.code ?? String(answer.statusCode);
  };
  for (const call of calls) {
    const name = `${call.method} ${call.path}`;
    const anonymous = await codeOf(call, {});
    if (call.isPublic) {
      assert.notEqual(anonymous, "unauthenticated", name);
      continue;
    }
    // The cosigned copy of a route is for whom the route is for.
    const actions = call.actions.length > 0 ? call.actions : ["readEntries"];
    assert.equal(anonymous, "unauthenticated", name);
    for (const role of roles) {
      if (call.isPersonal) {
        assert.equal(await codeOf(call, withKey(role)), "forbidden", name);
        continue;
      }
      const mayCall = call.isForAnyone || actions.some((action) => documentedRoles(action).includes(role));
      const code = await codeOf(call, withKey(role));
      assert.equal(code !== "forbidden", mayCall, `${name} by ${role}: ${code}`);
    }
  }
});
