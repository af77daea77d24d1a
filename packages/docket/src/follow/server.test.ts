// SPDX-License-Identifier: Apache-2.0
// The fetcher against real sockets: servers that are slow, broken, greedy or treacherous.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { attemptsMax, delayMsMax, firstDelayMs, logServer } from "./server.ts";
import type { LogServer } from "./server.ts";

async function listening(t: TestContext, answer: RequestListener): Promise<URL> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/logs/a`);
}

type Asking = { server: LogServer; waits: number[]; stop: AbortController };

function asking(base: URL, apiKey?: string): Asking {
  const waits: number[] = [];
  const stop = new AbortController();
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms);
  };
  return {
    server: logServer({ base, fetch, wait, signal: stop.signal, apiKey, userAgent: "docket/test" }),
    waits,
    stop,
  };
}

describe("a log's server", () => {
  test("is asked below its URL, by name, and with the key where there is one", async (t) => {
    const seen: IncomingMessage[] = [];
    const base = await listening(t, (request, response) => {
      seen.push(request);
      response.end("content");
    });
    const { server } = asking(base, "dk_secret");
    assert.equal(String(await server.read("tile/0/000", 100)), "content");
    assert.equal(seen[0]?.url, "/logs/a/tile/0/000");
    assert.equal(seen[0]?.headers["user-agent"], "docket/test");
    assert.equal(seen[0]?.headers.authorization, "Bearer dk_secret");
    await asking(base).server.read("checkpoint", 100);
    assert.equal(seen[1]?.headers.authorization, undefined);
  });

  test("says what is not there, and what it does not show", async (t) => {
    const base = await listening(t, (request, response) => {
      response.statusCode = Number(request.url?.split("/").at(-1));
      response.end("no");
    });
    const { server, waits } = asking(base);
    assert.equal(await server.read("404", 10), undefined);
    assert.equal(await server.read("410", 10), undefined);
    await assert.rejects(server.read("401", 10), { code: "refused" });
    await assert.rejects(server.read("403", 10), { code: "refused" });
    await assert.rejects(server.read("400", 10), { code: "unreachable", message: /answered 400/ });
    await assert.rejects(server.read("204", 10), { code: "unreachable" });
    assert.deepEqual(waits, []);
  });

  test("that fails is asked again, later each time, and as late as it says", async (t) => {
    let asked = 0;
    const base = await listening(t, (_request, response) => {
      asked += 1;
      response.statusCode = 503;
      if (asked === 2) response.setHeader("retry-after", "3");
      if (asked === 3) response.setHeader("retry-after", "86400");
      response.end();
    });
    const { server, waits } = asking(base);
    await assert.rejects(server.read("checkpoint", 10), { code: "unreachable", message: /answered 503/ });
    assert.equal(asked, attemptsMax);
    assert.deepEqual(waits, [firstDelayMs, 3000, delayMsMax]);
  });

  test("that recovers is believed again", async (t) => {
    let asked = 0;
    const base = await listening(t, (request, response) => {
      asked += 1;
      if (asked === 1) return void request.socket.destroy();
      response.statusCode = asked === 2 ? 429 : 200;
      response.end("good");
    });
    assert.equal(String(await asking(base).server.read("checkpoint", 10)), "good");
  });

  test("that ends within a body was not understood", async (t) => {
    const base = await listening(t, (_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("a beginning");
      setImmediate(() => response.destroy());
    });
    const { server, waits } = asking(base);
    await assert.rejects(server.read("checkpoint", 1000), { code: "unreachable" });
    assert.equal(waits.length, attemptsMax - 1);
  });

  test("sends no more than was asked for, packed or not", async (t) => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const base = await listening(t, (request, response) => {
      if (request.url?.endsWith("bomb") === true) response.setHeader("content-encoding", "gzip");
      if (request.url?.endsWith("packed") === true) {
        response.setHeader("content-encoding", "gzip");
        return void response.end(gzipSync("unpacked"));
      }
      if (request.url?.endsWith("bomb") === true) return void response.end(bomb);
      const pour = (): void => void (response.writable && response.write(Buffer.alloc(65_536), pour));
      pour();
    });
    const { server } = asking(base);
    assert.equal(String(await server.read("packed", 8)), "unpacked");
    await assert.rejects(server.read("packed", 7), { code: "wrong" });
    await assert.rejects(server.read("bomb", 8192), { code: "wrong", message: /longer than 8192 bytes/ });
    await assert.rejects(server.read("endless", 8192), { code: "wrong" });
  });

  test("may redirect within its origin, a few times, and to no other", async (t) => {
    const elsewhere = await listening(t, () => assert.fail("it was followed to another origin"));
    const base = await listening(t, (request, response) => {
      const to: Record<string, string> = {
        "/logs/a/moved": "/logs/b/moved",
        "/logs/a/loop": "/logs/a/loop",
        "/logs/a/away": elsewhere.href,
        "/logs/a/file": "file:///etc/passwd",
        "/logs/a/bad": "http://[",
      };
      const location = to[request.url ?? ""];
      if (location !== undefined) response.writeHead(302, { location });
      response.end("there");
    });
    const { server } = asking(base, "dk_secret");
    assert.equal(String(await server.read("moved", 10)), "there");
    await assert.rejects(server.read("loop", 10), { code: "unreachable", message: /more than 3 times/ });
    await assert.rejects(server.read("away", 10), { code: "unreachable", message: /another origin/ });
    await assert.rejects(server.read("file", 10), { code: "unreachable", message: /another origin/ });
    await assert.rejects(server.read("bad", 10), { code: "unreachable", message: /another origin/ });
  });

  test("that does not answer is left when the end is asked for", async (t) => {
    const { server, stop } = asking(
      await listening(t, () => setImmediate(() => stop.abort(new Error("enough")))),
    );
    await assert.rejects(server.read("checkpoint", 10), /enough/);
  });

  test("that trickles does not hold who asks", async (t) => {
    const base = await listening(t, (_request, response) => {
      response.write("a");
      const timer = setInterval(() => response.write("a"), 5);
      response.on("close", () => clearInterval(timer));
    });
    const wait = async (): Promise<void> => undefined;
    const { signal } = new AbortController();
    const server = logServer({ base, fetch, wait, signal, userAgent: "docket/test", requestMs: 40 });
    await assert.rejects(server.read("checkpoint", 1_000_000), { code: "unreachable", message: /timeout/ });
  });

  test("that is not there is unreachable", async (t) => {
    const base = await listening(t, () => undefined);
    const gone = new URL("http://127.0.0.1:1/");
    await assert.rejects(asking(gone).server.read("checkpoint", 10), {
      code: "unreachable",
      message: /cannot fetch/,
    });
    assert.ok(base.href.endsWith("/a"));
  });
});
