// SPDX-License-Identifier: Apache-2.0
// Roughtime against replies that others made: the draft's example, another project's vector, and a server in
// Go that shares no code with this package.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as fc from "fast-check";
import {
  roughtimeSkipReason,
  startRoughtimeServer,
  type RoughtimeServer,
  type RoughtimeServerOptions,
} from "../../../../tools/interop/roughtime-server.ts";
import type { RoughtimeFault } from "../error.ts";
import { at } from "../testing/at.ts";
import { testCrypto as crypto } from "../testing/crypto.ts";
import { ask, readOthers } from "../testing/roughtime.ts";
import {
  findMalfeasance,
  nextRoughtimeNonce,
  readMalfeasanceReport,
  type RoughtimeExchange,
} from "./malfeasance.ts";
import { readMessage, readPacket } from "./message.ts";
import { encodeRoughtimeRequest } from "./request.ts";
import { verifyRoughtime, type RoughtimeVerdict } from "./verify.ts";

const others = readOthers();
type Other = (typeof others.malfeasance)[0];

/** Each way in which the server breaks its replies, and what is said of it. */
const ways: readonly (readonly [string, RoughtimeFault])[] = [
  ["nonce", "nonce"],
  ["request-type", "type"],
  ["long-type", "malformed"],
  ["without-TYPE", "malformed"],
  ["without-NONC", "malformed"],
  ["without-SIG", "malformed"],
  ["without-PATH", "malformed"],
  ["without-SREP", "malformed"],
  ["without-CERT", "malformed"],
  ["without-INDX", "malformed"],
  ["short-signature", "malformed"],
  ["signature", "signature"],
  ["long-term-signs", "signature"],
  ["delegation", "delegation"],
  ["old-context", "delegation"],
  ["too-late", "window"],
  ["too-early", "window"],
  ["other-version", "version"],
  ["unlisted-version", "version"],
  ["versions-out-of-order", "malformed"],
  ["no-radius", "radius"],
  ["far-future", "malformed"],
  ["root", "inclusion"],
  ["index", "inclusion"],
  ["index-beyond", "inclusion"],
  ["nonce-leaf", "inclusion"],
  ["long-path", "malformed"],
  ["odd-path", "malformed"],
  ["small-letters", "malformed"],
  ["twice", "malformed"],
  ["unsorted", "malformed"],
  ["offset-back", "malformed"],
  ["offset-odd", "malformed"],
  ["offset-beyond", "malformed"],
  ["many-tags", "malformed"],
  ["no-tags", "malformed"],
  ["cut", "malformed"],
  ["no-head", "malformed"],
  ["length", "malformed"],
  ["trailing", "malformed"],
  ["empty", "malformed"],
  ["noise", "malformed"],
];

test("the draft's own exchanges hold, and its report convicts", () => {
  const { malfeasance } = others;
  const times = malfeasance.map((each) => verifyRoughtime({ ...each, crypto }));
  assert.deepEqual(
    times.map((verdict) => (verdict.ok ? [verdict.midpointMs, verdict.radiusMs, verdict.version] : verdict)),
    [
      [Date.UTC(2026, 2, 16, 18, 26, 11), 3000, 1],
      [Date.UTC(2026, 2, 15, 18, 26, 11), 3000, 1],
      [Date.UTC(2026, 2, 15, 18, 26, 11), 3000, 1],
    ],
  );
  const found = findMalfeasance(malfeasance, crypto);
  assert.deepEqual(found?.pairs, [
    [0, 1],
    [0, 2],
  ]);
  const again = readMalfeasanceReport(found?.report ?? "");
  assert.deepEqual(findMalfeasance(again, crypto), found);
  assert.equal(findMalfeasance(malfeasance.slice(1), crypto), undefined);
});

test("a report convicts nobody unless each reply holds and follows from the one before", () => {
  const [first, second, third] = [0, 1, 2].map((i) => at(others.malfeasance, i)) as [Other, Other, Other];
  const refused = (chain: readonly RoughtimeExchange[], code: string): void => {
    assert.throws(() => findMalfeasance(chain, crypto), { name: "TimestampError", code });
  };
  refused([first, third], "nonce");
  refused([second, first], "nonce");
  refused([first, { ...second, rand: new Uint8Array(32) }], "nonce");
  refused([{ ...first, serverKey: new Uint8Array(32) }, second], "request");
  for (const text of [
    "",
    "{}",
    `{"responses":{}}`,
    `{"responses":[{}]}`,
    `{"responses":[{"publicKey":"="}]}`,
  ]) {
    assert.throws(() => readMalfeasanceReport(text), { code: "malformed" }, text);
  }
});

test("another project's exchange of draft 14 holds", () => {
  for (const { midpoint, radius, version, ...exchange } of others.exchanges) {
    const verdict = verifyRoughtime({ ...exchange, crypto });
    assert.ok(verdict.ok, JSON.stringify(verdict));
    assert.deepEqual(
      [verdict.midpointMs, verdict.radiusMs, verdict.version],
      [Number(midpoint) * 1000, Number(radius) * 1000, version],
    );
  }
});

test("a changed bit of a reply or of its request is refused", () => {
  const exchange = at(others.malfeasance, 0);
  for (const part of ["reply", "request"] as const) {
    const bytes = exchange[part];
    for (let i = 0; i < bytes.length; i += part === "reply" ? 1 : 7) {
      const changed = bytes.with(i, at(bytes, i) ^ (1 << (i % 8)));
      const verdict = verifyRoughtime({ ...exchange, [part]: changed, crypto });
      assert.ok(!verdict.ok, `${part}, byte ${i}`);
    }
  }
});

test("no bytes make it throw", () => {
  const exchange = at(others.malfeasance, 0);
  const head = exchange.reply.subarray(0, 8);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const length = Uint8Array.of(bytes.length, 0, 0, 0);
      for (const reply of [bytes, Uint8Array.from([...head, ...length, ...bytes])]) {
        assert.ok(!verifyRoughtime({ ...exchange, reply, crypto }).ok);
        assert.ok(!verifyRoughtime({ ...exchange, request: reply, crypto }).ok);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a request is 1,036 bytes and says what it asks", () => {
  const [nonce, serverKey] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const request = encodeRoughtimeRequest({ nonce, serverKey, crypto });
  assert.equal(request.length, 1036);
  const message = readPacket(request);
  assert.deepEqual([...message.keys()], ["VER", "SRV", "NONC", "TYPE", "ZZZZ"]);
  assert.deepEqual(message.get("VER"), Uint8Array.of(1, 0, 0, 0, 0x0c, 0, 0, 0x80));
  assert.throws(() => encodeRoughtimeRequest({ nonce: nonce.subarray(1), serverKey, crypto }), RangeError);
  assert.throws(() => encodeRoughtimeRequest({ nonce, serverKey: nonce.subarray(1), crypto }), RangeError);
  assert.throws(() => nextRoughtimeNonce(request, nonce.subarray(1), crypto), RangeError);
  assert.throws(() => readMessage(new Uint8Array(3)), { code: "malformed" });
});

test("a server of another make is understood, whatever else it says", async (t) => {
  const kinds = [{}, { version: 0x8000_000c }, { batch: 2 }, { batch: 100 }, { batch: 1000 }];
  const options = kinds.map((each) => ({ ...each, radiusSeconds: 5 }));
  await withServers(t, options, async (servers) => {
    for (const [i, server] of servers.entries()) {
      const verdict = await query(server, new Uint8Array(32).fill(9));
      assert.ok(verdict.ok, JSON.stringify(verdict));
      assert.ok(Math.abs(verdict.midpointMs - Date.now()) < 60_000);
      assert.deepEqual([verdict.radiusMs, verdict.version], [5000, at(kinds, i).version ?? 1]);
    }
  });
});

test("broken replies of a server are refused, each for what is wrong with it", async (t) => {
  await withServers(t, [{ obeyNonces: true, batch: 5 }], async ([server]) => {
    for (const [way, fault] of ways) {
      const verdict = await query(server, nonceOf(way));
      assert.equal(verdict.ok ? "accepted" : verdict.code, fault, way);
    }
    for (const way of ["grease", "always"]) assert.ok((await query(server, nonceOf(way))).ok, way);
    assert.equal(await ask(server.port, requestOf(server, nonceOf("silent")), 100), undefined);
  });
});

test("another server's reply is refused, and a request for another key stays unanswered", async (t) => {
  await withServers(t, [{}, {}], async ([server, second]) => {
    const request = requestOf(server, new Uint8Array(32));
    assert.equal(await ask(second.port, request, 100), undefined);
    const reply = (await ask(server.port, request)) ?? new Uint8Array();
    const theirs = { request: requestOf(second, new Uint8Array(32)), serverKey: second.serverKey };
    assert.equal(faultOf(verifyRoughtime({ ...theirs, reply, crypto })), "delegation");
    assert.equal(faultOf(verifyRoughtime({ ...theirs, request, reply, crypto })), "request");
  });
});

test("a server that lies is convicted by the others", async (t) => {
  await withServers(t, [{}, { offsetSeconds: -3600 }], async ([honest, liar]) => {
    const chain: RoughtimeExchange[] = [];
    for (const [i, server] of [honest, liar, honest, liar].entries()) {
      const rand = new Uint8Array(32).fill(i);
      const previous = chain.at(-1)?.reply;
      const nonce = previous === undefined ? rand : nextRoughtimeNonce(previous, rand, crypto);
      const request = requestOf(server, nonce);
      const reply = (await ask(server.port, request)) ?? new Uint8Array();
      chain.push({ serverKey: server.serverKey, request, reply, rand });
    }
    assert.deepEqual(findMalfeasance(chain, crypto)?.pairs, [
      [0, 1],
      [0, 3],
      [2, 3],
    ]);
  });
});

test("each fault of Roughtime has a case here", () => {
  const seen = new Set<string>(ways.map(([, fault]) => fault)).add("request");
  const all: Readonly<Record<RoughtimeFault, true>> = {
    malformed: true,
    request: true,
    type: true,
    version: true,
    nonce: true,
    delegation: true,
    window: true,
    signature: true,
    inclusion: true,
    radius: true,
  };
  assert.deepEqual([...seen].sort(), Object.keys(all).sort());
});

/** Runs servers of these kinds, or skips the test where there is no Go. */
async function withServers(
  t: TestContext,
  options: readonly RoughtimeServerOptions[],
  use: (servers: [RoughtimeServer, RoughtimeServer]) => Promise<void>,
): Promise<void> {
  const servers: RoughtimeServer[] = [];
  try {
    for (const each of options) {
      const server = await startRoughtimeServer(each);
      if (server === undefined) return t.skip(roughtimeSkipReason);
      servers.push(server);
    }
    // As many as were asked for: the tests name no others.
    await use(servers as [RoughtimeServer, RoughtimeServer]);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function query(server: RoughtimeServer, nonce: Uint8Array): Promise<RoughtimeVerdict> {
  const request = requestOf(server, nonce);
  const reply = await ask(server.port, request);
  assert.ok(reply !== undefined, "the server did not answer");
  return verifyRoughtime({ request, reply, serverKey: server.serverKey, crypto });
}

function requestOf({ serverKey }: RoughtimeServer, nonce: Uint8Array): Uint8Array {
  return encodeRoughtimeRequest({ nonce, serverKey, crypto });
}

function nonceOf(way: string): Uint8Array {
  const nonce = new Uint8Array(32);
  nonce.set(new TextEncoder().encode(`break:${way}`));
  return nonce;
}

function faultOf(verdict: RoughtimeVerdict): string {
  return verdict.ok ? "accepted" : verdict.code;
}
