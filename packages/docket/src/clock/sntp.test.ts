// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readTracking } from "./chrony.ts";
import { boundsOf, encodeRequest, packetBytes, readReply } from "./sntp.ts";
import type { SntpReply } from "./sntp.ts";

const nonce = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const secondsTo1970 = 2_208_988_800;

type Field = { at: number; bytes: number[] };

/** A good reply, with some of its bytes replaced. */
function reply(...changes: Field[]): Uint8Array {
  const packet = new Uint8Array(packetBytes);
  const view = new DataView(packet.buffer);
  packet[0] = (4 << 3) | 4;
  packet[1] = 2;
  view.setInt8(3, -10);
  view.setUint32(4, 65_536 / 100);
  view.setUint32(8, 65_536 / 200);
  packet.set(nonce, 24);
  setTime(view, 32, Date.UTC(2026, 10, 23, 5));
  setTime(view, 40, Date.UTC(2026, 10, 23, 5) + 2);
  for (const { at, bytes } of changes) packet.set(bytes, at);
  return packet;
}

function setTime(view: DataView, at: number, ms: number): void {
  view.setUint32(at, (Math.floor(ms / 1000) + secondsTo1970) % 2 ** 32);
  view.setUint32(at + 4, Math.ceil(((ms % 1000) / 1000) * 2 ** 32));
}

function good(packet: Uint8Array): SntpReply {
  const answer = readReply(packet, nonce);
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer;
}

test("a request says nothing but 64 random bits", () => {
  const request = encodeRequest(nonce);
  assert.equal(request.length, 48);
  assert.equal(request[0], 0x23);
  assert.deepEqual(
    [...request.subarray(1, 40)],
    Array.from({ length: 39 }, () => 0),
  );
  assert.deepEqual(request.subarray(40), nonce);
  assert.throws(() => encodeRequest(new Uint8Array(4)), RangeError);
});

test("a reply gives the server's times and how far it may be off", () => {
  const read = good(reply());
  assert.equal(Math.round(read.receivedMs), Date.UTC(2026, 10, 23, 5));
  assert.ok(Math.abs(read.sentMs - read.receivedMs - 2) < 1e-3);
  assert.ok(Math.abs(read.rootDistanceMs - (5 + 5 + 1)) < 0.1, String(read.rootDistanceMs));
  assert.equal(read.stratum, 2);
});

test("after 2036 the seconds go on", () => {
  const late = reply();
  const ms = Date.UTC(2040, 0, 1);
  setTime(new DataView(late.buffer), 32, ms);
  setTime(new DataView(late.buffer), 40, ms);
  assert.equal(good(late).sentMs, ms);
});

const bad: readonly [string, string, Field][] = [
  ["a client's packet", "mode", { at: 0, bytes: [(4 << 3) | 3] }],
  ["a broadcast", "mode", { at: 0, bytes: [(4 << 3) | 5] }],
  ["another version", "version", { at: 0, bytes: [(3 << 3) | 4] }],
  ["an answer to another request", "origin", { at: 31, bytes: [9] }],
  ["a server that is not synchronised", "unsynchronised", { at: 0, bytes: [(3 << 6) | (4 << 3) | 4] }],
  ["a kiss of death", "kiss", { at: 1, bytes: [0] }],
  ["a stratum of 16", "stratum", { at: 1, bytes: [16] }],
  ["no time of sending", "times", { at: 40, bytes: [0, 0, 0, 0, 0, 0, 0, 0] }],
  ["no time of receipt", "times", { at: 32, bytes: [0, 0, 0, 0, 0, 0, 0, 0] }],
  ["a server that sent before it received", "times", { at: 40, bytes: [0x80] }],
  ["a server far from the root", "distance", { at: 8, bytes: [0, 20] }],
  ["a long way to the root", "distance", { at: 4, bytes: [0, 40] }],
  ["a server without precision", "distance", { at: 3, bytes: [20] }],
];
for (const [what, code, change] of bad) {
  test(`${what} is no time`, () => {
    const answer = readReply(reply(change), nonce);
    assert.ok(!answer.ok);
    assert.equal(answer.code, code);
  });
}

test("what is too short is no reply, and no bytes make the reader fail", () => {
  assert.equal(readReply(reply().subarray(0, 47), nonce).ok, false);
  const property = fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const answer = readReply(bytes, nonce);
    assert.equal(answer.ok && bytes.length < packetBytes, false);
  });
  fc.assert(property, { numRuns: 2000 });
});

test("an honest server's bounds hold the true time, however long either way took", () => {
  const ms = fc.double({ min: 0, max: 2000, noNaN: true });
  const property = fc.property(
    ms,
    ms,
    ms,
    fc.double({ min: -5, max: 5, noNaN: true }),
    (there, at, back, serverOffMs) => {
      const trueLessMonotonic = 1_700_000_000_000;
      const sent = 50;
      const arrived = sent + there + at + back;
      const receivedMs = sent + there + trueLessMonotonic + serverOffMs;
      const read = {
        ok: true,
        stratum: 1,
        receivedMs,
        sentMs: receivedMs + at,
        rootDistanceMs: 5.01,
      } as const;
      const bounds = boundsOf(read, sent, arrived);
      assert.ok(bounds !== undefined);
      assert.ok(bounds.lowMs <= trueLessMonotonic && trueLessMonotonic <= bounds.highMs);
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

test("a server that says that it took longer than the round trip says nothing", () => {
  const read = { ok: true, stratum: 1, receivedMs: 0, sentMs: 500, rootDistanceMs: 1 } as const;
  assert.equal(boundsOf(read, 0, 400), undefined);
});

const tracking =
  "7F000001,127.0.0.1,2,1795458751.187379048,3600.000000000,-0.000001325,0.000006007,0.207," +
  "-0.038,2.787,0.000048971,0.000011569,0.5,Normal\n";

test("what chronyc prints gives the clock's offset and the root distance", () => {
  const read = readTracking(tracking);
  assert.ok(typeof read !== "string");
  assert.equal(read.offsetMs, -3_600_000, "3600 s slow of NTP time");
  assert.ok(Math.abs(read.rootDistanceMs - (0.048971 / 2 + 0.011569)) < 1e-9);
});

test("a chronyd that is not synchronised says nothing, nor does anything else that chronyc prints", () => {
  const unsynchronised =
    "00000000,,0,0.000000000,-0.000000001,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised";
  for (const text of [
    unsynchronised,
    "506 Cannot talk to daemon",
    "",
    tracking.replace(",Normal", ""),
    tracking.replace("3600.000000000", "much"),
    tracking.replace(",2,", ",16,"),
  ]) {
    assert.equal(typeof readTracking(text), "string", text);
  }
});
