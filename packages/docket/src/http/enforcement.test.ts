// SPDX-License-Identifier: Apache-2.0
// Enforcement over HTTP: who may do what, what is understood, and what is refused.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { permissions, roles } from "../access/permissions.ts";
import type { Action } from "../access/permissions.ts";
import { testEvent, testKeyId, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

let world: TestServer;

const actor = { kind: "actor", id: "alice" };
const suspend = { kind: "suspend", forMs: 3_600_000 };
const fine = {
  verdict: { of: 0, verdict: "restore", reason: "mistaken", compensate: true },
  measure: { subject: actor, restrictions: [suspend], of: [0], reason: "flood" },
  link: { actors: [actor, { kind: "actor", id: "bob" }], relation: "samePerson", of: [0], reason: "spam" },
};

type Call = { method: "GET" | "POST" | "DELETE"; url: string; body?: object };
const calls: [Action, Call][] = [
  ["reverse", { method: "POST", url: "/v1/verdicts", body: fine.verdict }],
  ["reverse", { method: "POST", url: "/v1/verdicts/preview", body: fine.verdict }],
  ["restrict", { method: "POST", url: "/v1/measures", body: fine.measure }],
  ["restrict", { method: "POST", url: "/v1/measures/preview", body: fine.measure }],
  ["restrict", { method: "POST", url: "/v1/measures/steps", body: { of: 0, reason: "ladder" } }],
  ["restrict", { method: "POST", url: "/v1/links", body: fine.link }],
  ["restrict", { method: "POST", url: "/v1/links", body: { ...fine.link, change: "unlinked" } }],
  ["restrict", { method: "DELETE", url: "/v1/actors/alice/restrictions/r_DA0ODxAREhMUFRYX?reason=mistaken" }],
  ["restrict", { method: "GET", url: "/v1/restricted" }],
  ["readDecision", { method: "GET", url: "/v1/decisions/0/outcome" }],
  ["readDecision", { method: "GET", url: "/v1/reasons" }],
];

describe("enforcement over HTTP", () => {
  before(async () => {
    world = await testServer();
  });
  after(() => world.close());

  for (const [action, call] of calls) {
    test(`${call.method} ${call.url} is for the roles of the table alone`, async () => {
      assert.equal((await send(call, {})).statusCode, 401);
      for (const role of roles) {
        const asked = world.enforcement.asked.length;
        const { statusCode, body } = await send(call, withKey(role));
        const mayDo = permissions[action].includes(role);
        assert.equal(statusCode, mayDo ? 200 : 403, `${role}: ${body}`);
        const [last] = world.enforcement.asked.slice(asked);
        if (!mayDo) assert.equal(last, undefined);
        // Who acts is the key that asks, whatever a body might say.
        else if (last !== undefined && last.by !== "") assert.equal(last.by, testKeyId(role));
      }
    });
  }

  const wrong: [string, Call, string][] = [
    [
      "no reason",
      { method: "POST", url: "/v1/measures", body: { ...fine.measure, reason: undefined } },
      "act_refused",
    ],
    [
      "no code",
      { method: "POST", url: "/v1/measures", body: { ...fine.measure, reason: "Two words" } },
      "act_refused",
    ],
    [
      "nobody's cause",
      { method: "POST", url: "/v1/verdicts", body: { ...fine.verdict, cause: "dispute" } },
      "unknown_field",
    ],
    [
      "nobody's author",
      { method: "POST", url: "/v1/measures", body: { ...fine.measure, by: "k_x" } },
      "unknown_field",
    ],
    [
      "no such verdict",
      { method: "POST", url: "/v1/verdicts", body: { ...fine.verdict, verdict: "undo" } },
      "schema_mismatch",
    ],
    ["no decision", { method: "POST", url: "/v1/verdicts", body: { ...fine.verdict, of: 9 } }, "not_found"],
    [
      "no subject",
      { method: "POST", url: "/v1/measures", body: { ...fine.measure, subject: { kind: "actor" } } },
      "schema_mismatch",
    ],
    [
      "a throttle without a rate",
      {
        method: "POST",
        url: "/v1/measures",
        body: { ...fine.measure, restrictions: [{ kind: "throttle", forMs: 1 }] },
      },
      "schema_mismatch",
    ],
    [
      "a ban with an end",
      {
        method: "POST",
        url: "/v1/measures",
        body: { ...fine.measure, restrictions: [{ kind: "ban", forMs: 1 }] },
      },
      "schema_mismatch",
    ],
    [
      "one actor",
      { method: "POST", url: "/v1/links", body: { ...fine.link, actors: [actor] } },
      "schema_mismatch",
    ],
    [
      "no restriction's id",
      { method: "DELETE", url: "/v1/actors/a/restrictions/x?reason=mistaken" },
      "schema_mismatch",
    ],
    [
      "no reason to lift",
      { method: "DELETE", url: "/v1/actors/a/restrictions/r_DA0ODxAREhMUFRYX" },
      "act_refused",
    ],
    ["no decision's outcome", { method: "GET", url: "/v1/decisions/9/outcome" }, "not_found"],
    [
      "late or not",
      { method: "POST", url: "/v1/decisions?late=maybe", body: testEvent() },
      "schema_mismatch",
    ],
  ];

  for (const [what, call, code] of wrong) {
    test(`${what} is refused with ${code}`, async () => {
      const answer = await send(call, withKey("admin"));
      assert.equal(answer.code, code, answer.body);
    });
  }

  test("what is asked for reaches enforcement as it was said", async () => {
    await send({ method: "POST", url: "/v1/verdicts", body: fine.verdict }, withKey("reviewer"));
    assert.deepEqual(world.enforcement.asked.at(-1), {
      what: "verdict",
      by: testKeyId("reviewer"),
      wish: { ...fine.verdict, cause: "manual" },
    });
    const url = "/v1/actors/b%20c/restrictions/r_DA0ODxAREhMUFRYX?reason=mistaken&note=why";
    await send({ method: "DELETE", url }, withKey("reviewer"));
    assert.deepEqual(world.enforcement.asked.at(-1)?.wish, {
      subject: { kind: "actor", id: "b c" },
      ends: ["r_DA0ODxAREhMUFRYX"],
      reason: "mistaken",
      note: "why",
    });
  });

  test("an event from a spool is told apart from others", async () => {
    for (const [query, late] of [
      ["", false],
      ["?late=true", true],
      ["?late=false", false],
    ] as const) {
      const body = testEvent({ id: `late${query}` });
      const { statusCode } = await send(
        { method: "POST", url: `/v1/decisions${query}`, body },
        withKey("ingest"),
      );
      assert.equal(statusCode, 200);
      assert.equal(world.site.requests.at(-1)?.late, late);
    }
  });
});

async function send(
  { method, url, body }: Call,
  headers: Record<string, string>,
): Promise<{ statusCode: number; body: string; code: string | undefined }> {
  const answer = await world.server.inject({
    method,
    url,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const { error } = answer.json<{ error?: { code: string } }>();
  return { statusCode: answer.statusCode, body: answer.body, code: error?.code };
}
