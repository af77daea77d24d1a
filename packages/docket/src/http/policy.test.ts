// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { roles } from "../access/permissions.ts";
import type { Role } from "../access/permissions.ts";
import type { ChangesView, ProposalView, Published } from "../releases/contract.ts";
import { policyFile } from "../releases/testing/policies.ts";
import * as schemas from "./routes/policy-schemas.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

const stricter = [
  policyFile("comments", [{ id: "links", when: "signals.linkCount >= 2", outcome: "reject" }]),
];

async function post(
  server: FastifyInstance,
  role: Role,
  path: string,
  body: object,
): Promise<{ status: number; code: string | undefined; message: string; json: unknown }> {
  const answer = await server.inject({
    method: "POST",
    url: `/v1/policy/${path}`,
    headers: { "content-type": "application/json", ...withKey(role) },
    payload: JSON.stringify(body),
  });
  const json = answer.json<{ error?: { code: string; message: string } }>();
  const { code, message = "" } = json.error ?? {};
  return { status: answer.statusCode, code, message, json };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the caller says it is
async function get<T>(
  server: FastifyInstance,
  role: Role,
  path: string,
): Promise<{ status: number; json: T }> {
  const answer = await server.inject({ url: `/v1/policy${path}`, headers: withKey(role) });
  return { status: answer.statusCode, json: answer.json<T>() };
}

async function opened(action: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer();
  try {
    await action(server);
  } finally {
    await server.close();
  }
}

describe("who may do what", () => {
  test("is as the table of permissions says, for each role and route", () =>
    opened(async ({ server }) => {
      const routes: [string, object | undefined, readonly Role[]][] = [
        ["", undefined, ["analyst", "reviewer", "auditor", "admin"]],
        ["/log", undefined, ["analyst", "reviewer", "auditor", "admin"]],
        ["/records/4", undefined, ["analyst", "reviewer", "auditor", "admin"]],
        ["/releases/in-force", undefined, ["analyst", "reviewer", "auditor", "admin"]],
        ["/effects?rule=a/b", undefined, ["analyst", "reviewer", "auditor", "admin"]],
        ["proposals", {}, ["analyst", "admin"]],
        ["cancellations", {}, ["analyst", "admin"]],
        ["approvals", {}, ["admin"]],
        ["publications", {}, ["admin"]],
        ["rollbacks", { to: 1 }, ["admin"]],
        ["break-glass", {}, ["admin"]],
      ];
      for (const [path, body, allowed] of routes) {
        for (const role of roles) {
          const { status } =
            body === undefined ? await get(server, role, path) : await post(server, role, path, body);
          assert.equal(status === 403, !allowed.includes(role), `${role} ${path}: ${status}`);
          if (allowed.includes(role)) assert.equal(status, body === undefined ? 200 : 400, `${role} ${path}`);
        }
      }
    }));
});

describe("the way of a change over HTTP", () => {
  test("an analyst proposes, an admin approves and publishes, and each step can be read", () =>
    opened(async ({ server, changes }) => {
      const proposed = await post(server, "analyst", "proposals", { files: stricter, why: "spam" });
      assert.equal(proposed.status, 200, proposed.message);
      const { index, by, restrictsMore } = proposed.json as ProposalView;
      assert.equal(by, testKeyId("analyst"));
      assert.equal(restrictsMore, true);
      const early = await post(server, "admin", "publications", { of: index });
      assert.equal(early.code, "approval_needed");
      assert.equal((await post(server, "admin", "approvals", { of: index })).status, 200);
      const published = await post(server, "admin", "publications", { of: index });
      const { release } = published.json as Published;
      assert.equal(release, changes.current.id);
      assert.deepEqual((await post(server, "admin", "publications", { of: index })).json, published.json);

      const view = await get<ChangesView>(server, "auditor", "");
      assert.equal(view.json.release, release);
      assert.equal(view.json.since?.of, index);
      const records = await get<{ kind: string }[]>(server, "auditor", "/log?limit=3");
      assert.deepEqual(
        records.json.map(({ kind }) => kind),
        ["release", "approval", "proposal"],
      );
      const change = await get<{ change: { why: string } }>(server, "auditor", `/records/${index}`);
      assert.equal(change.json.change.why, "spam");
      const kept = await get<{ id: string; files: object[] }>(
        server,
        "auditor",
        `/releases/${release.slice(0, 9)}`,
      );
      assert.equal(kept.json.id, release);
      assert.deepEqual(kept.json.files, stricter);
    }));

  test("a rollback says which rules it withdrew", () =>
    opened(async ({ server }) => {
      const { json } = await post(server, "analyst", "proposals", { files: stricter });
      const { index } = json as ProposalView;
      await post(server, "admin", "approvals", { of: index });
      await post(server, "admin", "publications", { of: index });
      const back = await post(server, "admin", "rollbacks", { why: "too strict" });
      assert.deepEqual((back.json as { rules: string[] }).rules, ["comments/links"]);
      const effects = await get<{ decisions: number; next: null }>(
        server,
        "admin",
        "/effects?rule=comments/links&from=3",
      );
      assert.equal(effects.json.decisions, 0);
      assert.equal(effects.json.next, null);
    }));

  test("a broken glass says when it reverts, and is refused for longer than a day", () =>
    opened(async ({ server }) => {
      const long = await post(server, "admin", "break-glass", { files: stricter, forMs: 86_400_001 });
      assert.equal(long.code, "schema_mismatch");
      const broken = await post(server, "admin", "break-glass", { files: stricter, forMs: 3_600_000 });
      assert.equal((broken.json as Published).until, "2026-11-23T13:00:00.000Z");
    }));
});

describe("answers", () => {
  test("have the shape that the OpenAPI document says", () =>
    opened(async ({ server }) => {
      const check = (schema: TSchema, json: unknown): void =>
        assert.ok(Compile(schema).Check(json), JSON.stringify([...Compile(schema).Errors(json)]));
      const proposed = await post(server, "analyst", "proposals", { files: stricter, why: "spam" });
      check(schemas.ProposalAnswer, proposed.json);
      const { index: of } = proposed.json as ProposalView;
      check(schemas.ChangesAnswer, (await post(server, "admin", "approvals", { of })).json);
      check(schemas.PublishedAnswer, (await post(server, "admin", "publications", { of })).json);
      check(schemas.ChangeAnswer, (await get<unknown>(server, "admin", `/records/${of}`)).json);
      check(schemas.KeptAnswer, (await get<unknown>(server, "admin", "/releases/in-force")).json);
      check(schemas.WithdrawnAnswer, (await post(server, "admin", "rollbacks", {})).json);
      check(schemas.PublishedAnswer, (await post(server, "admin", "break-glass", { files: stricter })).json);
      check(schemas.ChangesAnswer, (await get<unknown>(server, "admin", "")).json);
      check(Type.Array(schemas.RecordAnswer), (await get<unknown>(server, "admin", "/log")).json);
      check(schemas.EffectsAnswer, (await get<unknown>(server, "admin", "/effects?rule=a/b")).json);
    }));
});

describe("what is refused", () => {
  const cases: [string, object, string, RegExp][] = [
    ["proposals", {}, "schema_mismatch", /one of files .*, release .*, model and level/],
    ["proposals", { level: "pair", release: "abcdef" }, "schema_mismatch", /one of files/],
    ["proposals", { level: "pair", keepLists: true }, "schema_mismatch", /one of files/],
    ["proposals", { level: "trio" }, "schema_mismatch", /level/],
    ["proposals", { files: [], extra: 1 }, "unknown_field", /extra/],
    [
      "proposals",
      { files: [{ path: "../a.yaml", text: "" }] },
      "schema_mismatch",
      /not the path of a policy/,
    ],
    ["proposals", { files: [{ path: "a.txt", text: "" }] }, "schema_mismatch", /not the path of a policy/],
    ["proposals", { files: [{ path: "a.yaml", text: "policy: a" }] }, "policy_invalid", /a\.yaml:1:1/],
    ["proposals", { release: "zzzzzz" }, "not_found", /was ever in force/],
    ["approvals", { of: 99 }, "not_found", /record 99 is no proposal/],
    ["approvals", { of: -1 }, "schema_mismatch", /of/],
    ["publications", { of: 4 }, "not_found", /record 4 is no proposal/],
    ["rollbacks", {}, "change_conflict", /no release before/],
    ["break-glass", { level: "solo" }, "unknown_field", /level/],
    ["break-glass", { of: 99 }, "not_found", /record 99 is no proposal/],
  ];
  for (const [path, body, code, message] of cases) {
    test(`${path} ${JSON.stringify(body)}`, () =>
      opened(async ({ server }) => {
        const answer = await post(server, "admin", path, body);
        assert.equal(answer.code, code, answer.message);
        assert.match(answer.message, message);
      }));
  }

  test("queries that are not known, or no numbers", () =>
    opened(async ({ server }) => {
      for (const [path, status] of [
        ["/log?limit=0", 400],
        ["/log?limit=2&limit=3", 400],
        ["/log?page=2", 400],
        ["/effects?from=x", 400],
        ["/records/7.5", 404],
        ["/records/0", 404],
        ["/releases/nonsense", 404],
      ] as const) {
        assert.equal((await get(server, "admin", path)).status, status, path);
      }
    }));
});
