// SPDX-License-Identifier: Apache-2.0
// The witness's HTTP: paths, methods, bodies that are no requests, and bytes that no library would send.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { nameOfOrigin } from "./directory.ts";
import { bodyBytesMax } from "./limits.ts";
import { testKey, TestLog } from "./testing/log.ts";
import { logKey, testWitness } from "./testing/witness.ts";
import type { TestWitness } from "./testing/witness.ts";

const log = new TestLog("log.example/a");
const keys = [logKey(log.key.vkey)];
const stranger = testKey("stranger.example", "stranger");

/** Sends bytes on a connection of their own and reads what comes until the server closes it. */
async function send(witness: TestWitness, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(Number(new URL(witness.url).port), "127.0.0.1");
  socket.write(bytes);
  const chunks: Buffer[] = [];
  socket.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.on("close", resolve));
  return Buffer.concat(chunks).toString("latin1");
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

describe("paths and methods", () => {
  test("unknown paths are 404, known ones with another method 405 with the methods", async (t) => {
    const { url } = await testWitness(t, keys);
    const checkpoint = `/${nameOfOrigin(log.origin)}/checkpoint`;
    for (const [method, path, status, allow] of [
      ["GET", "/", 404, null],
      ["GET", "/add-checkpoint/", 404, null],
      ["POST", "/v0/add-checkpoint", 404, null],
      ["GET", "/toString", 404, null],
      ["GET", checkpoint.toUpperCase(), 404, null],
      ["GET", `/${log.origin}/checkpoint`, 404, null],
      ["GET", "/add-checkpoint", 405, "POST"],
      ["PUT", "/add-checkpoint", 405, "POST"],
      ["GET", "/sign-subtree", 405, "POST"],
      ["POST", checkpoint, 405, "GET, HEAD"],
      ["DELETE", checkpoint, 405, "GET, HEAD"],
      ["POST", "/healthz", 405, "GET, HEAD"],
    ] as const) {
      const response = await fetch(url + path, { method, ...(method === "PUT" && { body: "x" }) });
      assert.equal(response.status, status, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), allow, `${method} ${path}`);
      await response.text();
    }
  });

  test("a query changes nothing, and HEAD has no body", async (t) => {
    const { url, add, post } = await testWitness(t, keys);
    assert.equal((await add(log.request(0, 3))).status, 200);
    assert.equal((await post("/add-checkpoint?a=b", log.request(3, 4))).status, 200);
    const response = await fetch(`${url}/${nameOfOrigin(log.origin)}/checkpoint?x`, { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.ok(Number(response.headers.get("content-length")) > 100);
    assert.equal(await response.text(), "");
  });

  test("healthz, readyz and metrics say how it is", async (t) => {
    const { add, get } = await testWitness(t, keys);
    await add(log.request(0, 3));
    await add(log.request(0, 3));
    assert.equal((await get("/healthz")).body, "ok\n");
    assert.equal((await get("/readyz")).body, "ok\n");
    const { body } = await get("/metrics");
    assert.match(body, /^docket_witness_requests_total\{route="add-checkpoint",status="200"\} 1$/m);
    assert.match(body, /^docket_witness_requests_total\{route="add-checkpoint",status="409"\} 1$/m);
    assert.match(body, /^docket_witness_logs 1$/m);
  });

  test("the access log holds no body and no path that a client chose", async (t) => {
    const { add, get, access } = await testWitness(t, keys);
    await get("/secret-path");
    await add(log.request(0, 3, log.checkpoint(3, { signers: [stranger.signer] })));
    assert.deepEqual(
      access.map(({ method, route, status }) => [method, route, status]),
      [
        ["GET", "none", 404],
        ["POST", "add-checkpoint", 403],
      ],
    );
    assert.ok(!JSON.stringify(access).includes("secret-path"));
  });
});

describe("bodies", () => {
  test("over the limit are 413, however they are announced, and the next connection works", async (t) => {
    const witness = await testWitness(t, keys);
    const big = Buffer.alloc(bodyBytesMax + 1, "a");
    assert.equal((await witness.post("/add-checkpoint", big)).status, 413);
    const head = "POST /add-checkpoint HTTP/1.1\r\nhost: x\r\n";
    const announced = await send(witness, `${head}content-length: 10000000000\r\nconnection: close\r\n\r\n`);
    assert.equal(statusOf(announced), 413);
    const chunk = Buffer.concat([Buffer.from(`${big.length.toString(16)}\r\n`), big, Buffer.from("\r\n")]);
    const chunked = Buffer.concat([Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n`), chunk]);
    assert.equal(statusOf(await send(witness, chunked)), 413);
    assert.equal((await witness.add(log.request(0, 3))).status, 200);
  });

  test("exactly at the limit are read", async (t) => {
    const witness = await testWitness(t, keys);
    assert.equal((await witness.post("/add-checkpoint", Buffer.alloc(bodyBytesMax, "a"))).status, 400);
  });

  test("that are compressed are 415, of any media type they are read", async (t) => {
    const { post } = await testWitness(t, keys);
    const refused = await post("/add-checkpoint", "x", { "content-encoding": "gzip" });
    assert.deepEqual([refused.status, refused.headers.get("accept-encoding")], [415, "identity"]);
    for (const [index, type] of ["text/plain", "application/octet-stream", "application/json"].entries()) {
      const answered = await post("/add-checkpoint", log.request(index, index + 1), { "content-type": type });
      assert.equal(answered.status, 200, type);
    }
  });

  test("in pieces are put together, and requests of one connection answered in order", async (t) => {
    const witness = await testWitness(t, keys);
    const bodies = [log.request(0, 3), log.request(3, 5), log.request(3, 5)];
    const requests = bodies.map((body, index) => {
      const close = index === bodies.length - 1 ? "connection: close\r\n" : "";
      const length = Buffer.byteLength(body);
      return `POST /add-checkpoint HTTP/1.1\r\nhost: x\r\n${close}content-length: ${length}\r\n\r\n${body}`;
    });
    const socket = connect(Number(new URL(witness.url).port), "127.0.0.1");
    let answers = "";
    socket.setEncoding("utf8").on("data", (text: string) => (answers += text));
    const bytes = Buffer.from(requests.join(""));
    for (let at = 0; at < bytes.length; at += 97) {
      socket.write(bytes.subarray(at, at + 97));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => socket.on("close", resolve));
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1]);
    assert.deepEqual(statuses, ["200", "200", "409"]);
  });

  test("that end early change nothing", async (t) => {
    const witness = await testWitness(t, keys);
    const body = log.request(0, 3);
    const socket = connect(Number(new URL(witness.url).port), "127.0.0.1");
    socket.end(
      `POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length + 9}\r\n\r\n${body}`,
    );
    await new Promise((resolve) => socket.resume().on("close", resolve));
    assert.equal((await witness.latest(log.origin)).status, 404);
    assert.equal((await witness.add(body)).status, 200);
  });

  test("of a client that leaves are cosigned, and it learns of it by the next answer", async (t) => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const kept = Promise.withResolvers<void>();
    const witness = await testWitness(t, keys, {
      store: (store) => ({
        ...store,
        replace: async (...note) => {
          asked.resolve();
          await gate.promise;
          const outcome = await store.replace(...note);
          kept.resolve();
          return outcome;
        },
      }),
    });
    const body = log.request(0, 3);
    const socket = connect(Number(new URL(witness.url).port), "127.0.0.1");
    socket.write(
      `POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    await asked.promise;
    socket.destroy();
    gate.resolve();
    await kept.promise;
    assert.equal((await witness.add(body)).body, "3\n");
    assert.deepEqual(witness.faults, []);
  });
});

test("what is no HTTP, or plays tricks with headers, gets an answer below 500", async (t) => {
  const witness = await testWitness(t, keys);
  const post = "POST /add-checkpoint HTTP/1.1\r\n";
  for (const [bytes, status] of [
    ["nonsense\r\n\r\n", 400],
    [`${post}content-length: 2\r\n\r\n{}`, 400],
    [`${post}host: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`, 400],
    [`${post}host: x\r\ncontent-length: -1\r\n\r\n`, 400],
    [`${post}host: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab`, 400],
    [`${post}host: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
    [`GET /healthz HTTP/1.1\r\nhost: x\r\na: ${"x".repeat(40_000)}\r\n\r\n`, 431],
    ["GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 404],
    [`GET /%61dd-checkpoint HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 404],
    ["OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 404],
  ] as const) {
    assert.equal(statusOf(await send(witness, bytes)), status, bytes.slice(0, 100));
  }
  assert.equal((await witness.add(log.request(0, 3))).status, 200);
});
