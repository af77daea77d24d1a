// SPDX-License-Identifier: Apache-2.0
// Bytes that no HTTP library would send, over a real socket.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { headerBytesMax } from "./limits.ts";
import { testServer, withKey } from "./testing/server.ts";

type Send = (bytes: string | Buffer) => Promise<string>;

/** Sends bytes on a connection of their own and reads what comes until the server closes it. */
async function open(t: TestContext): Promise<Send> {
  const { server, close } = await testServer();
  t.after(close);
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as { port: number };
  return async (bytes) => {
    const socket = connect(port, "127.0.0.1");
    socket.write(bytes);
    const chunks: Buffer[] = [];
    // A server that closes at once may reset the connection: what came until then counts.
    socket.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => socket.on("close", resolve));
    return Buffer.concat(chunks).toString("latin1");
  };
}

void test("what is no HTTP gets a status line and nothing else", async (t) => {
  const send = await open(t);
  for (const [bytes, status] of [
    ["nonsense\r\n\r\n", "400 Bad Request"],
    ["FOO / HTTP/1.1\r\nhost: x\r\n\r\n", "400 Bad Request"],
    ["GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n", "400 Bad Request"],
    ["GET / HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n", "400 Bad Request"],
    [
      "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      "400 Bad Request",
    ],
    [`GET / HTTP/1.1\r\nhost: x\r\na: ${"x".repeat(2 * headerBytesMax)}\r\n\r\n`, "431 "],
  ] as const) {
    const answer = await send(bytes);
    assert.ok(answer.startsWith(`HTTP/1.1 ${status}`), `${bytes.slice(0, 60)}: ${answer}`);
    assert.ok(answer.endsWith("\r\n\r\n"), answer);
  }
});

void test("headers that play tricks get an answer below 500", async (t) => {
  const send = await open(t);
  const { authorization } = withKey("ingest");
  const post = `POST /v1/decisions HTTP/1.1\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  const key = `authorization: ${authorization}\r\n`;
  for (const [bytes, status] of [
    [`${post}${key}${key}host: x\r\ncontent-length: 2\r\n\r\n{}`, 401],
    [`${post}${key}content-length: 2\r\n\r\n{}`, 400],
    [`${post}${key}host: x\r\nhost: y\r\ncontent-length: 2\r\n\r\n{}`, 400],
    [`${post}${key}host: x\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{}`, 400],
    [`${post}${key}host: x\r\ncontent-encoding: gzip, br\r\ncontent-length: 2\r\n\r\n{}`, 415],
    [`${post}${key}host: x\r\naccept-version: 9\r\ncontent-length: 2\r\n\r\n{}`, 400],
    [`${post}${key}host: x\r\nexpect: tea\r\ncontent-length: 2\r\n\r\n{}`, 417],
    [`${post}${key}host: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
    [`GET http://x/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 200],
    // Taken for "/", which leads to the console.
    [`GET * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 302],
    [`GET /tile/0/../../secret HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 404],
    [`GET /sites/../checkpoint HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 404],
    [`GET /v1/actors/\xff/standing HTTP/1.1\r\nhost: x\r\n${key}connection: close\r\n\r\n`, 400],
    [`PROPFIND /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 404],
  ] as const) {
    const answer = await send(Buffer.from(bytes, "latin1"));
    assert.equal(Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]), status, `${bytes}\n->\n${answer}`);
  }
});
