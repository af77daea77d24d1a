// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FastifyInstance } from "fastify";
import { permissions, roles } from "../access/permissions.ts";
import type { Role } from "../access/permissions.ts";
import type {
  EntriesPage,
  ListChanged,
  ListChangePreview,
  ListChangeView,
  ListSummary,
} from "../lists/contract.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

type Answer = {
  status: number;
  json: unknown;
  code: string | undefined;
  message: string;
  pointer: string | undefined;
};

async function ask(server: FastifyInstance, role: Role, path: string, body?: object): Promise<Answer> {
  const answer = await server.inject({
    method: body === undefined ? "GET" : "POST",
    url: `/v1/lists${path}`,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...withKey(role) },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const json = answer.json<{ error?: { code: string; message: string; pointer?: string } }>();
  const { code, message = "", pointer } = json.error ?? {};
  return { status: answer.statusCode, json, code, message, pointer };
}

async function opened(action: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer();
  try {
    await action(server);
  } finally {
    await server.close();
  }
}

const add = {
  add: [{ value: "Evil.example", until: "2027-01-01T00:00:00Z" }, { value: "b.example" }],
  why: "spam",
};

describe("lists over HTTP", () => {
  test("who may do what is as the table of permissions says, for each role and route", () =>
    opened(async ({ server }) => {
      const routes: [string, object | undefined, readonly Role[]][] = [
        ["", undefined, permissions.readLists],
        ["/bad", undefined, permissions.readLists],
        ["/bad/entries", undefined, permissions.readLists],
        ["/bad/changes", undefined, permissions.readLists],
        ["/check", { value: "x.example" }, permissions.readLists],
        ["/bad/changes", { add: [{ value: "a.example" }], why: "spam" }, permissions.changeLists],
        ["/bad/preview", { add: [{ value: "d.example" }] }, permissions.changeLists],
        ["/bad/break-glass", { add: [{ value: "b.example" }], why: "spam" }, permissions.breakGlass],
      ];
      for (const [path, body, allowed] of routes) {
        for (const role of roles) {
          const { status } = await ask(server, role, path, body);
          assert.equal(status, allowed.includes(role) ? 200 : 403, `${role} ${path}`);
        }
      }
    }));

  test("a change is previewed without being made", () =>
    opened(async ({ server }) => {
      const previewed = await ask(server, "analyst", "/bad/preview", { add: [{ value: "Evil.example" }] });
      const { added, preview } = previewed.json as ListChangePreview;
      assert.deepEqual([added, preview], [1, { ran: false, why: "nothing is wired that could preview" }]);
      const { entries } = (await ask(server, "analyst", "/bad/entries")).json as EntriesPage;
      assert.deepEqual(entries, []);
      assert.equal((await ask(server, "analyst", "/bad/preview", {})).code, "schema_mismatch");
      assert.equal(
        (await ask(server, "analyst", "/gone/preview", { remove: ["a.example"] })).code,
        "not_found",
      );
    }));

  test("a list is changed, read and asked; each change says who and why", () =>
    opened(async ({ server }) => {
      const changed = (await ask(server, "analyst", "/bad/changes", add)).json as ListChanged;
      assert.deepEqual([changed.list, changed.added, changed.removed, changed.index], ["bad", 2, 0, 1]);
      const again = (await ask(server, "analyst", "/bad/changes", add)).json as ListChanged;
      assert.deepEqual([again.index, again.version], [null, changed.version]);
      const summary = (await ask(server, "auditor", "/bad")).json as ListSummary;
      assert.deepEqual([summary.kind, summary.version, summary.size], ["domain", changed.version, 2]);
      const { lists } = (await ask(server, "auditor", "")).json as { lists: ListSummary[] };
      assert.deepEqual(
        lists.map(({ name, size }) => [name, size]),
        [
          ["bad", 2],
          ["vip", 0],
          ["words", 0],
        ],
      );
      const page = (await ask(server, "auditor", "/bad/entries?limit=1")).json as EntriesPage;
      assert.deepEqual(page, { entries: [{ value: "b.example", until: null }], next: "b.example" });
      const next = (await ask(server, "auditor", "/bad/entries?after=b.example&q=evil")).json as EntriesPage;
      assert.deepEqual(next, {
        entries: [{ value: "evil.example", until: "2027-01-01T00:00:00.000Z" }],
        next: null,
      });
      await ask(server, "admin", "/bad/changes", { remove: ["b.example"], why: "a mistake" });
      const { changes } = (await ask(server, "auditor", "/bad/changes")).json as {
        changes: ListChangeView[];
      };
      assert.deepEqual(
        changes.map(({ by, why, added, removed }) => [by, why, added, removed]),
        [
          [testKeyId("admin"), "a mistake", 0, 1],
          [testKeyId("analyst"), "spam", 2, 0],
        ],
      );
      const { hits } = (await ask(server, "reviewer", "/check", { value: "https://www.evil.example/x" }))
        .json as {
        hits: object[];
      };
      assert.deepEqual(hits, [{ list: "bad", kind: "domain", entries: ["evil.example"] }]);
    }));

  test("what is wrong is said with its place", () =>
    opened(async ({ server }) => {
      const wrong = async (
        path: string,
        body: object | undefined,
        code: string,
        pointer?: string,
      ): Promise<string> => {
        const answer = await ask(server, "admin", path, body);
        assert.deepEqual([answer.code, answer.pointer], [code, pointer], answer.message);
        return answer.message;
      };
      await wrong("/bad/changes", { add: [{ value: "a.example" }] }, "schema_mismatch", "");
      await wrong("/bad/changes", { why: "nothing" }, "schema_mismatch", "");
      await wrong(
        "/bad/changes",
        { add: [{ value: "a.example", until: "soon" }], why: "x" },
        "schema_mismatch",
        "/add/0/until",
      );
      await wrong(
        "/bad/changes",
        { add: [{ value: "a.example", till: "x" }], why: "x" },
        "unknown_field",
        "/add/0/till",
      );
      const message = await wrong(
        "/bad/changes",
        { add: [{ value: "ok.example" }, { value: "http://a.example/x" }], why: "x" },
        "schema_mismatch",
        "/add/1/value",
      );
      assert.match(message, /^expected a host name alone, without scheme and path/);
      assert.match(await wrong("/worse", undefined, "not_found"), /there are: bad, vip, words/);
      await wrong("/worse/changes", { add: [{ value: "a.example" }], why: "x" }, "not_found");
      await wrong("/bad/entries?limit=0", undefined, "schema_mismatch");
      await wrong("/bad/entries?limit=10001", undefined, "schema_mismatch");
      await wrong("/bad/entries?page=2", undefined, "unknown_field");
      await wrong("/check", { value: "x", list: "worse" }, "not_found");
    }));

  test("above level solo a change waits, unless the glass is broken for a time", () =>
    opened(async ({ server, lists }) => {
      lists.append({ kind: "level", by: "operator", level: "pair", previous: "solo", of: 0 });
      const waits = (await ask(server, "analyst", "/bad/changes", add)).json as ListChanged;
      const { index, proposal, inForce, approvalsNeeded, until } = waits;
      assert.deepEqual([inForce, proposal, approvalsNeeded, until], [false, index, 1, null]);
      assert.equal(((await ask(server, "auditor", "/bad")).json as ListSummary).size, 0);
      const glass = { ...add, forMs: 3_600_000 };
      const broken = (await ask(server, "admin", "/bad/break-glass", glass)).json as ListChanged;
      assert.deepEqual([broken.inForce, broken.until], [true, "2026-11-23T13:00:00.000Z"]);
      assert.equal(((await ask(server, "auditor", "/bad")).json as ListSummary).size, 2);
      const { changes } = (await ask(server, "auditor", "/bad/changes")).json as {
        changes: ListChangeView[];
      };
      assert.deepEqual([changes[0]?.glass, changes[0]?.until], ["open", broken.until]);
      const long = await ask(server, "admin", "/bad/break-glass", { ...add, forMs: 86_400_001 });
      assert.deepEqual([long.code, long.pointer], ["schema_mismatch", "/forMs"]);
    }));

  test("persons are looked up by their account id, and shown as keyed hashes", () =>
    opened(async ({ server }) => {
      await ask(server, "admin", "/vip/changes", { add: [{ value: "alice" }], why: "known" });
      const page = (await ask(server, "auditor", "/vip/entries")).json as EntriesPage;
      assert.match(page.entries[0]?.value ?? "", /^[A-Za-z0-9_-]{43}$/);
      const answer = await ask(server, "reviewer", "/check", { value: "alice", list: "vip" });
      assert.deepEqual(answer.json, {
        hits: [{ list: "vip", kind: "actor", entries: [page.entries[0]?.value] }],
      });
    }));
});
