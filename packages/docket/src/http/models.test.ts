// SPDX-License-Identifier: Apache-2.0
// `/v1/models`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { trainModel } from "@docket/policy/training";
import { modelId } from "../models/model-file.ts";
import { testServer, withKey } from "./testing/server.ts";

const binary = "application/octet-stream";

void test("a model is brought by whoever may propose, checked, and given back", async () => {
  const { server, close } = await testServer();
  const { bytes } = trainModel("comment", [
    { text: "win cash", spam: true },
    { text: "see you", spam: false },
  ]);
  const payload = Buffer.from(bytes);
  const bring = async (role: "analyst" | "reviewer", body: Buffer) =>
    server.inject({
      method: "POST",
      url: "/v1/models",
      payload: body,
      headers: { ...withKey(role), "content-type": binary },
    });
  assert.equal((await bring("reviewer", payload)).statusCode, 403);
  const brought = await bring("analyst", payload);
  assert.equal(brought.statusCode, 200, brought.body);
  const sha256 = modelId(bytes);
  assert.deepEqual(brought.json(), { sha256, kind: "comment", examples: { spam: 1, ham: 1 } });
  const given = await server.inject({ url: `/v1/models/${sha256}`, headers: withKey("auditor") });
  assert.equal(given.headers["content-type"], binary);
  assert.deepEqual(given.rawPayload, payload);
  for (const body of [Buffer.alloc(0), Buffer.from("{}"), payload.subarray(0, 99)]) {
    const refused = await bring("analyst", body);
    assert.equal(refused.statusCode, 400);
    assert.equal(refused.json<{ error: { code: string } }>().error.code, "model_invalid");
  }
  const json = await server.inject({
    method: "POST",
    url: "/v1/models",
    payload: {},
    headers: withKey("analyst"),
  });
  assert.equal(json.json<{ error: { code: string } }>().error.code, "model_invalid");
  const absent = await server.inject({ url: `/v1/models/${"a".repeat(43)}`, headers: withKey("analyst") });
  assert.equal(absent.statusCode, 404);
  assert.deepEqual((await server.inject({ url: "/v1/models", headers: withKey("analyst") })).json(), {
    models: [],
  });
  await close();
});
