// SPDX-License-Identifier: Apache-2.0
// API keys over HTTP on a real site: a stolen one does what its scopes allow and the log shows it; what has
// power over others takes a second person; a key in the place of another; a key that makes keys.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import type { DocketRecord } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { createApiKey } from "../access/api-keys.ts";
import { Authenticator } from "../access/authenticator.ts";
import { permissions } from "../access/permissions.ts";
import type { Action } from "../access/permissions.ts";
import { createInstallation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { OpenInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import { accessPath } from "../stores/sqlite/access-file.ts";
import { openSqliteApiKeys } from "../stores/sqlite/api-keys.ts";
import { randomBytes } from "node:crypto";
import { createServer } from "./server.ts";
import { testEvent } from "./testing/server.ts";

let parent = "";
let opened: OpenInstallation;
let authenticator: Authenticator;
let server: FastifyInstance;
let nowMs = Date.now();
let admin = "";

type Answer = { status: number; code: string | undefined; body: Record<string, unknown> };

async function ask(
  key: string,
  method: "GET" | "POST" | "DELETE",
  url: string,
  json?: object,
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${key}`,
    ...(json === undefined ? {} : { "content-type": "application/json" }),
  };
  const payload = json === undefined ? {} : { payload: JSON.stringify(json) };
  const answer = await server.inject({ method, url, headers, ...payload });
  const body = answer.json<Record<string, unknown> & { error?: { code: string } }>();
  return { status: answer.statusCode, code: body.error?.code, body };
}

/** All records, oldest first. */
async function records(): Promise<DocketRecord[]> {
  await opened.site.settled();
  const all: DocketRecord[] = [];
  for (let index = 0; index < opened.site.status().size; index++)
    all.push((await opened.site.recorded(index)).record);
  return all;
}

before(async () => {
  parent = mkdtempSync(join(tmpdir(), "docket-http-keys-"));
  const installation = createInstallation(disk, join(parent, "data"));
  opened = await openInstallation(installation, { clock: () => nowMs });
  const { access } = opened;
  assert.ok(access);
  const store = openSqliteApiKeys(accessPath(installation.data), "main");
  admin = createApiKey(store, { role: "admin" }, nowMs, randomBytes).key;
  store.close();
  authenticator = await Authenticator.open({
    feed: access.keyFeed,
    sealAccess: (...change) => opened.site.sealAccess(...change),
    clock: () => nowMs,
  });
  await access.start();
  const { site, ...desks } = opened;
  server = createServer({
    ...desks,
    site,
    authenticator,
    clock: () => nowMs,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
});

after(async () => {
  await server.close();
  await authenticator.close();
  await opened.close();
  rmSync(parent, { recursive: true });
});

describe("API keys over HTTP", () => {
  test("a stolen key does what its scopes allow and nothing else, and the log shows it", async () => {
    const made = await ask(admin, "POST", "/v1/keys", { role: "ingest", scopes: ["decide"], label: "shop" });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const stolen = String(made.body["key"]);
    const id = String(made.body["id"]);
    assert.equal((await ask(stolen, "POST", "/v1/decisions", testEvent())).status, 200);
    const calls: [Action, "GET" | "POST" | "DELETE", string][] = [
      ["readDecision", "GET", "/v1/decisions/0"],
      ["readReceipt", "GET", "/v1/receipts/0"],
      ["readStanding", "GET", "/v1/actors/alice/standing"],
      ["readChanges", "GET", "/v1/changes"],
      ["readNotices", "GET", "/v1/notices"],
      ["report", "POST", "/v1/reports"],
      ["dispute", "GET", "/v1/actors/alice/disputes"],
      ["readKeys", "GET", "/v1/keys"],
      ["manageKeys", "POST", "/v1/keys"],
      ["managePeople", "POST", "/v1/people"],
    ];
    for (const [action, method, url] of calls) {
      const json = method === "POST" ? {} : undefined;
      const { code, body } = await ask(stolen, method, url, json);
      assert.equal(code, "forbidden", url);
      // Its role could, of which the key has only a part.
      const words = permissions[action].includes("ingest")
        ? /this key's scopes are decide/
        : /a key of role ingest/;
      assert.match(JSON.stringify(body), words);
    }
    const revoked = await ask(admin, "DELETE", `/v1/keys/${id}`);
    assert.equal(revoked.status, 200);
    assert.equal(
      (await ask(stolen, "POST", "/v1/decisions", testEvent({ id: "e2" }))).code,
      "unauthenticated",
    );
    const trail = (await records()).filter(
      (record) => ("by" in record && record.by === id) || (record.kind === "access" && record.key === id),
    );
    assert.deepEqual(
      trail.map(({ kind, by }) => [kind, by === id]),
      [
        ["access", false],
        ["decision", true],
        ["access", false],
      ],
    );
    const [created] = trail;
    assert.ok(created?.kind === "access");
    assert.deepEqual([created.change, created.role, created.scopes], ["created", "ingest", ["decide"]]);
  });

  test("a key or person with power over others takes a second person", async () => {
    const wish = { role: "auditor", why: "the yearly audit" };
    const asked = await ask(admin, "POST", "/v1/keys", wish);
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    const { index } = asked.body["request"] as { index: number };
    // Alone, and only after a while in which it can be withdrawn.
    assert.equal(
      (await ask(admin, "POST", "/v1/keys", { ...wish, request: index })).code,
      "request_conflict",
    );
    const before = (await ask(admin, "GET", "/v1/keys")).body["keys"] as unknown[];
    assert.ok(!JSON.stringify(before).includes('"auditor"'));
    const person = await ask(admin, "POST", "/v1/people", { name: "ana", roles: ["admin"] });
    assert.equal(person.status, 202, JSON.stringify(person.body));
    assert.equal((await ask(admin, "POST", "/v1/people", { name: "ben", roles: ["reviewer"] })).status, 200);
  });

  test("a key ends by itself, and nobody has to do anything for it", async () => {
    const made = await ask(admin, "POST", "/v1/keys", { role: "ingest", forSeconds: 3600 });
    const key = String(made.body["key"]);
    assert.equal((await ask(key, "GET", "/v1/changes")).status, 200);
    nowMs += 3_600_000;
    assert.equal((await ask(key, "GET", "/v1/changes")).code, "unauthenticated");
  });

  test("a key in the place of another has its rights, and the other ends when it was to", async () => {
    const made = await ask(admin, "POST", "/v1/keys", { role: "ingest", scopes: ["readChanges"] });
    const [old, id] = [String(made.body["key"]), String(made.body["id"])];
    const rotated = await ask(admin, "POST", `/v1/keys/${id}/rotate`, { overlapSeconds: 60 });
    assert.equal(rotated.status, 200, JSON.stringify(rotated.body));
    const next = String(rotated.body["key"]);
    for (const key of [old, next]) {
      assert.equal((await ask(key, "GET", "/v1/changes")).status, 200);
      assert.equal((await ask(key, "GET", "/v1/notices")).code, "forbidden");
    }
    assert.equal((await ask(admin, "POST", `/v1/keys/${id}/rotate`, {})).code, "not_found");
    nowMs += 60_000;
    await authenticator.settle();
    assert.equal((await ask(old, "GET", "/v1/changes")).code, "unauthenticated");
    assert.equal((await ask(next, "GET", "/v1/changes")).status, 200);
    const trail = (await records()).flatMap((record) => (record.kind === "access" ? [record] : [])).slice(-3);
    assert.deepEqual(
      trail.map(({ change, key }) => [change, key === id]),
      [
        ["created", true],
        ["rotated", false],
        ["revoked", true],
      ],
    );
    assert.equal(trail[1]?.from, id);
  });

  test("a key with scopes makes keys with some of them, and no people", async () => {
    // By whoever has the data directory: over HTTP it takes a second person.
    const store = openSqliteApiKeys(accessPath(join(parent, "data")), "main");
    const scopes = ["manageKeys", "managePeople", "decide"];
    const { key } = createApiKey(store, { role: "admin", scopes }, nowMs, randomBytes);
    store.close();
    const make = (wish: object): Promise<Answer> => ask(key, "POST", "/v1/keys", wish);
    assert.equal((await make({ role: "ingest" })).code, "forbidden");
    assert.equal((await make({ role: "ingest", scopes: ["decide", "readChanges"] })).code, "forbidden");
    assert.equal((await make({ role: "ingest", scopes: ["decide"] })).status, 200);
    assert.equal((await ask(key, "POST", "/v1/people", { name: "eve", roles: [] })).code, "forbidden");
    assert.equal((await make({ role: "ingest", scopes: ["publishPolicy"] })).code, "forbidden");
    assert.equal(
      (await ask(admin, "POST", "/v1/keys", { role: "ingest", scopes: ["publishPolicy"] })).code,
      "usage",
    );
  });

  test("of many who come with keys that are none, the first is a record and the rest a number", async () => {
    const before = (await records()).length;
    for (let time = 0; time < 6; time++) {
      const key = `dk_${String(time).padStart(43, "z")}`;
      assert.equal((await ask(key, "GET", "/v1/changes")).code, "unauthenticated");
    }
    const refused = (await records()).slice(before).filter(({ kind }) => kind === "sign-in");
    // Keys that were revoked or had ended in the tests above came first.
    assert.ok(refused.length <= 1, `${refused.length} records`);
  });
});

test("a file of keys from before brings no key back that the log says was revoked", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-http-keys-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const installation = createInstallation(disk, join(directory, "data"));
  const path = accessPath(installation.data);
  const store = openSqliteApiKeys(path, "main");
  const [kept, revoked] = ["kept", "revoked"].map((label) =>
    createApiKey(store, { role: "admin", label }, 0, randomBytes),
  );
  assert.ok(kept && revoked);
  store.revoke(revoked.id, 1, "operator");
  store.close();
  const callers = async (): Promise<boolean[]> => {
    const again = await openInstallation(installation);
    const { site, access } = again;
    const keys = await Authenticator.open({
      feed: access?.keyFeed ?? assert.fail(),
      sealAccess: (...change) => site.sealAccess(...change),
      clock: Date.now,
    });
    const known = [kept, revoked].map(({ key }) => keys.callerOf(key) !== undefined);
    await keys.close();
    await again.close();
    return known;
  };
  assert.deepEqual(await callers(), [true, false]);
  const file = new DatabaseSync(path);
  file.exec("UPDATE api_keys SET revoked_ms = NULL, revocation_sealed = 0");
  file.close();
  assert.deepEqual(await callers(), [true, false]);
});
