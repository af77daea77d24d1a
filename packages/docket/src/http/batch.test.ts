// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { eventBytesMax } from "@docket/protocol/events";
import { DocketError } from "../error.ts";
import { answerBatch } from "./batch.ts";
import type { BatchOptions } from "./batch.ts";
import type { Line } from "./lines.ts";
import { batchWindowLines } from "./limits.ts";
import { testEvent, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

const ndjson = "application/x-ndjson";
type Answer = {
  line?: number;
  decision?: { outcome: string; sealed: boolean; index?: number };
  error?: { code: string; remedy: string; pointer?: string; offset?: number };
  end?: boolean;
  lines?: number;
};

function event(id: string, over: Record<string, unknown> = {}): string {
  return JSON.stringify(testEvent({ id, ...over }));
}

function parse(body: string): Answer[] {
  assert.ok(body === "" || body.endsWith("\n"));
  return body
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Answer);
}

async function send(
  { server }: TestServer,
  payload: string | Buffer,
  headers: Record<string, string> = withKey("ingest"),
): Promise<Answer[]> {
  const answer = await server.inject({
    method: "POST",
    url: "/v1/decisions/batch",
    headers: { "content-type": ndjson, ...headers },
    payload,
  });
  assert.equal(answer.statusCode, 200, answer.body);
  assert.equal(answer.headers["content-type"], ndjson);
  return parse(answer.body);
}

void test("each non-blank line is answered in order, a bad one with what is wrong", async () => {
  const running = await testServer();
  const lines = [
    event("a"),
    "",
    '{"id":"b"',
    `${event("c", { content: { text: "spam" } })}\r`,
    "  \t\r",
    event("d", { more: 1 }),
    event("e", { content: { text: "x".repeat(eventBytesMax) } }),
    event("a", { content: { text: "another" } }),
    event("a"),
    event("f", { dryRun: true }),
  ];
  const answers = await send(running, lines.join("\n"));
  await running.close();
  assert.deepEqual(
    answers.map(({ line, decision, error, end, lines: count }) => [
      line ?? end,
      decision?.outcome ?? error?.code ?? count,
    ]),
    [
      [1, "allow"],
      [3, "json_syntax"],
      [4, "reject"],
      [6, "unknown_field"],
      [7, "body_too_large"],
      [8, "event_id_conflict"],
      [9, "allow"],
      [10, "allow"],
      [true, 8],
    ],
  );
  assert.equal(answers[1]?.error?.offset, 9);
  assert.equal(answers[3]?.error?.pointer, "/more");
  assert.ok(answers[3]?.error?.remedy);
  assert.equal(answers[7]?.decision?.sealed, false);
  assert.ok(
    running.site.requests.every(({ priority }) => priority === "bulk"),
    "others are let in first",
  );
});

void test("a gzipped batch is read; a damaged one says so and has no end", async () => {
  const running = await testServer();
  assert.deepEqual(await send(running, ""), [{ end: true, lines: 0 }]);
  assert.deepEqual(await send(running, "\n\r\n \n"), [{ end: true, lines: 0 }]);
  const gzip = { ...withKey("ingest"), "content-encoding": "gzip" };
  const packed = gzipSync(`${event("a")}\n${event("b")}\n`);
  const answers = await send(running, packed, gzip);
  assert.deepEqual(answers.at(-1), { end: true, lines: 2 });
  const cut = await send(running, packed.subarray(0, -10), gzip);
  assert.equal(cut.at(-1)?.error?.code, "json_encoding");
  const other = await running.server.inject({
    method: "POST",
    url: "/v1/decisions/batch",
    headers: { "content-type": ndjson, ...withKey("ingest"), "content-encoding": "br" },
    payload: "x",
  });
  await running.close();
  assert.equal(other.statusCode, 415);
});

void test("an analyst's batch may try events only", async () => {
  const running = await testServer();
  const payload = `${event("a")}\n${event("b", { dryRun: true })}\n`;
  const [first, second, end] = await send(running, payload, withKey("analyst"));
  await running.close();
  assert.equal(first?.error?.code, "forbidden");
  assert.equal(second?.decision?.sealed, false);
  assert.equal(end?.lines, 2);
});

void test("a full queue pauses reading and fails no line; one that stays full fails the line", async () => {
  const pauses: number[] = [];
  const running = await testServer({ wait: async (ms) => void pauses.push(ms) });
  let refusals = 3;
  running.site.beforeDecide = () => {
    if (refusals-- > 0) throw new DocketError("overloaded", "the queue is full");
  };
  const answers = await send(running, [event("a"), event("b"), event("c")].join("\n"));
  assert.deepEqual(
    answers.map(({ decision, end }) => decision?.outcome ?? end),
    ["allow", "allow", "allow", true],
  );
  assert.equal(pauses.length, 3);
  running.site.beforeDecide = () => {
    throw new DocketError("overloaded", "the queue is full");
  };
  const [failed, end] = await send(running, event("d"));
  await running.close();
  assert.equal(failed?.error?.code, "overloaded");
  assert.deepEqual(end, { end: true, lines: 1 });
});

void test("a full window, and a line that waits for room, keep further lines from being begun", async () => {
  const begun: number[] = [];
  const release: (() => void)[] = [];
  let read = 0;
  async function* lines(): AsyncGenerator<Line> {
    for (read = 1; read <= 10; read++) yield { number: read, bytes: new Uint8Array() };
  }
  const options: BatchOptions = {
    decide: async ({ number }) => {
      begun.push(number);
      await new Promise<void>((resolve) => {
        release[number] = resolve;
      });
      if (number === 1 && begun.filter((one) => one === 1).length === 1)
        throw new DocketError("overloaded", "full");
      return { outcome: "allow", index: number } as never;
    },
    isOverload: (error) => error instanceof DocketError,
    onError: () => undefined,
    requestId: "r",
    windowLines: 3,
    overloadMs: 1000,
    wait: () => new Promise((resolve) => (release[0] = resolve)),
  };
  const answers = answerBatch(lines(), options);
  const first = answers.next();
  await turns();
  assert.deepEqual(begun, [1, 2, 3], "the window is full");
  assert.ok(read <= 4, "at most one line is read ahead of the window");
  release[1]?.();
  release[2]?.();
  await turns();
  assert.deepEqual(begun, [1, 2, 3], "line 1 waits for room: nothing is begun");
  release[0]?.();
  await turns();
  release[1]?.();
  assert.equal(parse((await first).value as string).length, 2, "lines 1 and 2 together, in order");
  await turns();
  assert.deepEqual(begun, [1, 2, 3, 1], "nobody asks for more, so no more is begun");
  for (let number = 3; number <= 10; number++) {
    const next = answers.next();
    await turns();
    release[number]?.();
    assert.equal(parse((await next).value as string)[0]?.line, number);
  }
  assert.equal((await answers.next()).value, '{"end":true,"lines":10}\n');
});

void test("a client that reads slowly holds the batch back, and gets all of it in the end", async () => {
  const running = await testServer();
  const socket = await openBatch(running);
  const events = 4 * batchWindowLines;
  const big = "x".repeat(32_768);
  // The answers repeat what makes them big, so that they fill the socket's buffers while nobody reads.
  const decide = running.site.decide.bind(running.site);
  running.site.decide = async (request) => ({ ...(await decide(request)), rules: [big] });
  socket.pause();
  for (let i = 0; i < events; i++) writeChunk(socket, `${event(`e${i}`)}\n`);
  writeChunk(socket, "");
  await settled(() => running.site.requests.length);
  const before = running.site.requests.length;
  assert.ok(before < events, `${before} decided while nobody read`);
  const body = await readToEnd(socket);
  await running.close();
  const answers = parse(body);
  assert.deepEqual(answers.at(-1), { end: true, lines: events });
  assert.ok(answers.slice(0, -1).every(({ line }, i) => line === i + 1));
});

void test("a client that does not read is cut off", async () => {
  const running = await testServer({ batchStalledMs: 50 });
  const socket = await openBatch(running);
  const decide = running.site.decide.bind(running.site);
  running.site.decide = async (request) => ({ ...(await decide(request)), rules: ["x".repeat(65_536)] });
  socket.on("error", () => undefined);
  socket.pause();
  for (let i = 0; i < 2000; i++) writeChunk(socket, `${event(`e${i}`)}\n`);
  await settled(() => running.site.requests.length);
  // Only now is it looked at: what was buffered can be read, the rest never came.
  const body = await readToEnd(socket).catch(() => "");
  await running.close();
  assert.ok(!body.includes('"end":true'));
});

void test("a client that goes away ends its batch and nothing else", async () => {
  const running = await testServer();
  const socket = await openBatch(running);
  writeChunk(socket, `${event("a")}\n`);
  await settled(() => running.site.requests.length);
  socket.destroy();
  assert.deepEqual((await send(running, event("b"))).at(-1), { end: true, lines: 1 });
  await running.close();
});

void test("a server that closes ends its batches, and says so in them", async () => {
  const running = await testServer();
  const socket = await openBatch(running);
  writeChunk(socket, `${event("a")}\n`);
  await settled(() => running.site.requests.length);
  const [body] = await Promise.all([readToEnd(socket), running.close()]);
  const answers = parse(body);
  assert.equal(answers[0]?.decision?.outcome, "allow");
  assert.equal(answers[1]?.error?.code, "log_closed");
  assert.equal(answers.length, 2);
});

/** Lets what is ready run. */
async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until a count that has moved stands still. */
async function settled(count: () => number): Promise<void> {
  for (let same = 0, last = 0; same < 20;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    same = count() === last && last > 0 ? same + 1 : 0;
    last = count();
  }
}

async function openBatch({ server }: TestServer): Promise<Socket> {
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `POST /v1/decisions/batch HTTP/1.1\r\nhost: x\r\nauthorization: ${withKey("ingest").authorization}\r\n` +
      `content-type: ${ndjson}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
  );
  return socket;
}

function writeChunk(socket: Socket, text: string): void {
  socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

/** The body of the chunked answer, as far as it came. */
async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("latin1");
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  let at = text.indexOf("\r\n\r\n") + 4;
  let body = "";
  while (at < text.length) {
    const end = text.indexOf("\r\n", at);
    const length = Number.parseInt(text.slice(at, end), 16);
    if (length === 0) break;
    body += text.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
  return body;
}
