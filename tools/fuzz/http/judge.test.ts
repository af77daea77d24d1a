// SPDX-License-Identifier: Apache-2.0
// The judge of answers knows what it looks for; and requests follow from their seed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../packages/docket/src/testing/seeded-random.ts";
import { judge } from "./judge.ts";
import { makeRawRequest } from "./raw-requests.ts";
import { makeRequest, operationsOf } from "./requests.ts";
import { chanceOf } from "./values.ts";

const head = (status: string, type = "application/json"): string =>
  `HTTP/1.1 ${status}\r\nx-content-type-options: nosniff\r\ncontent-type: ${type}\r\n\r\n`;
const error = (code: string, message = "no"): string => `{"error":{"code":"${code}","message":"${message}"}}`;
const request = { about: "GET /v1/x", bytes: Buffer.alloc(0), ends: false, codes: new Set(["usage"]) };

function said(text: string, over: Partial<typeof request> = {}, hung = false): string | undefined {
  return judge({ ...request, ...over }, { text, hung }, ["dk_secret"])?.what;
}

void test("what may be answered is fine", () => {
  assert.equal(said(`${head("200 OK")}{"fine":true}`), undefined);
  assert.equal(said(head("404 Not Found") + error("not_found")), undefined);
  assert.equal(
    said(head("503 Service Unavailable") + error("overloaded"), { codes: undefined as never }),
    undefined,
  );
  assert.equal(said("", { about: "raw: noise" }), undefined);
  assert.equal(said("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"), undefined);
});

void test("what may not be answered is found", () => {
  for (const [text, what, over] of [
    ["", "no answer", {}],
    ["nonsense", "no status line", {}],
    [head("500 Internal Server Error") + error("internal"), "status 500", {}],
    [head("502 Bad Gateway"), "status 502", {}],
    [head("503 Service Unavailable") + error("not_found"), "status 503", {}],
    [
      head("400 Bad Request") + error("usage", "x\n    at f (/a/b.js:1:2)"),
      "a stack trace in the answer",
      {},
    ],
    [head("400 Bad Request") + error("usage", "ENOENT: no such file"), "a system error in the answer", {}],
    [head("400 Bad Request") + error("usage", "SELECT a FROM b"), "SQL in the answer", {}],
    [`${head("200 OK")}{"key":"dk_secret"}`, "a path or a key in the answer", {}],
    [`${head("400 Bad Request")}oh no`, "an error in another shape", {}],
    [`HTTP/1.1 200 OK\r\n\r\n{}`, "no x-content-type-options", {}],
    [
      head("409 Conflict") + error("act_conflict"),
      "an error that the document does not name: act_conflict",
      {},
    ],
    [
      `${head("400 Bad Request")}x\n${head("200 OK")}{}`,
      "a hidden request was answered",
      { about: "raw: x hides" },
    ],
  ] as const) {
    assert.equal(said(text, over), what, text);
  }
  assert.equal(said("", {}, true), "no end of the answer in time");
});

void test("requests follow from their seed and are of all routes and tricks", () => {
  const document = {
    paths: {
      "/v1/a/{index}": { get: { parameters: [{ name: "index", in: "path" }], responses: {} } },
      "/v1/b": {
        post: {
          requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/B" } } } },
          responses: { 400: { description: "`usage`: no." } },
        },
      },
    },
    components: {
      schemas: { B: { type: "object", properties: { x: { type: "integer" } }, required: ["x"] } },
    },
  };
  const { operations, schemas } = operationsOf(document);
  assert.deepEqual([...(operations[1]?.codes ?? [])], ["usage"]);
  const stock = { schemas, naughty: ["<script>", "\ud800"], known: { index: [17] } };
  const make = (seed: number): string[] => {
    const chance = chanceOf(seededRandom(seed));
    return Array.from({ length: 300 }, () => {
      const made = chance.percent(50)
        ? makeRequest(operations, stock, ["k"], chance)
        : makeRawRequest("k", chance);
      return made.bytes.toString("latin1");
    });
  };
  assert.deepEqual(make(1), make(1));
  assert.notDeepEqual(make(1), make(2));
  const all = make(1).join("\n");
  for (const some of [
    "GET /v1/a/17 HTTP/1.1",
    "POST /v1/b HTTP/1.1",
    '{"x":',
    "transfer-encoding: chunked",
    "%2e",
  ]) {
    assert.ok(all.includes(some), some);
  }
});
