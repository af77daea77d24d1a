// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LightMyRequestResponse } from "fastify";
import { mailBodyBytesMax } from "./limits.ts";
import { testServer, withKey } from "./testing/server.ts";

const message = "message/rfc822";
const mail = Buffer.from("From: a@b.example\r\nSubject: hi\r\n\r\nhello\r\n");

test("a mail is decided and sealed, and the same one again is a repeat", async () => {
  const { server, close } = await testServer();
  const headers = { ...withKey("ingest"), "content-type": message, "docket-mail-from": "<x@Y.example>" };
  const send = (url: string): Promise<LightMyRequestResponse> =>
    server.inject({ method: "POST", url, headers, payload: mail });
  const first = await send("/v1/mail?rcptTo=z@example.org,%3Cq@example.org%3E&spf=pass");
  assert.equal(first.statusCode, 200, first.body);
  assert.equal(first.json().sealed, true);
  const again = await send("/v1/mail?rcptTo=z@example.org,%3Cq@example.org%3E&spf=pass");
  assert.equal(again.json().repeat, true);
  assert.equal(again.json().index, first.json().index);
  const other = await send("/v1/mail?rcptTo=other@example.org");
  assert.notEqual(other.json().index, first.json().index);
  await close();
});

test("whoever may only try events may try a mail", async () => {
  const { server, close } = await testServer();
  const headers = { ...withKey("analyst"), "content-type": message };
  const send = (url: string): Promise<LightMyRequestResponse> =>
    server.inject({ method: "POST", url, headers, payload: mail });
  const tried = await send("/v1/mail?dryRun=true");
  assert.equal(tried.statusCode, 200, tried.body);
  assert.equal(tried.json().sealed, false);
  assert.equal((await send("/v1/mail")).statusCode, 403);
  await close();
});

test("what isn't a mail's envelope is refused; a mail never is", async () => {
  const { server, close } = await testServer();
  const headers = { ...withKey("ingest"), "content-type": message };
  const codeOf = async (url: string, over: Record<string, string> = {}): Promise<string | undefined> => {
    const answer = await server.inject({
      method: "POST",
      url,
      headers: { ...headers, ...over },
      payload: Buffer.from([0, 255, 254, 10]),
    });
    return answer.json<{ error?: { code: string } }>().error?.code;
  };
  assert.equal(await codeOf("/v1/mail"), undefined);
  assert.equal(await codeOf("/v1/mail?helo=x"), "unknown_field");
  assert.equal(await codeOf("/v1/mail?actorFrom=sender"), "schema_mismatch");
  assert.equal(await codeOf("/v1/mail?spf=pass%0A"), "schema_mismatch");
  assert.equal(await codeOf("/v1/mail?ip=nowhere"), "schema_mismatch");
  assert.equal(await codeOf("/v1/mail?actor="), "schema_mismatch");
  assert.equal(await codeOf("/v1/mail?time=yesterday"), "schema_mismatch");
  assert.equal(await codeOf("/v1/mail?id=a", { "docket-id": "b" }), "schema_mismatch");
  assert.equal(await codeOf("/v1/mail", { "content-type": "application/json" }), "unsupported_media_type");
  assert.equal(await codeOf("/v1/mail", { "content-encoding": "gzip" }), "unsupported_media_type");
  const payload = Buffer.alloc(mailBodyBytesMax + 1, "x");
  const large = await server.inject({ method: "POST", url: "/v1/mail", headers, payload });
  assert.equal(large.json<{ error: { code: string } }>().error.code, "body_too_large");
  await close();
});
