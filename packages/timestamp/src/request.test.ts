// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeDer } from "./der-write.ts";
import { tags, toHex } from "./der.ts";
import { encodeTimestampRequest } from "./request.ts";
import { parseTimestampResponse } from "./response.ts";
import { fromHex } from "./testing/vectors.ts";

const digest = new Uint8Array(32).fill(7);
const imprint = `3031300d060960864801650304020105000420${"07".repeat(32)}`;

test("a request has the bytes that OpenSSL gives it", () => {
  // openssl ts -query -digest 0707… -sha256 -tspolicy 1.2.3.4.1 -cert, whose nonce is random.
  const nonce = Uint8Array.of(0, 0, 0xc8, 1);
  const asked = encodeTimestampRequest({ digest, nonce, policy: "1.2.3.4.1", certificates: true });
  assert.equal(toHex(asked), `3044020101${imprint}06042a030401020300c8010101ff`);
  const bare = encodeTimestampRequest({ digest, nonce: Uint8Array.of(0), certificates: false });
  assert.equal(toHex(bare), `3039020101${imprint}020100`);
});

test("a request that cannot be is the caller's mistake", () => {
  const nonce = Uint8Array.of(1);
  const wrong: Parameters<typeof encodeTimestampRequest>[0][] = [
    { digest: new Uint8Array(31), nonce, certificates: true },
    { digest, nonce: new Uint8Array(), certificates: true },
    { digest, nonce: new Uint8Array(33), certificates: true },
    { digest, nonce, policy: "tsa", certificates: true },
  ];
  for (const each of wrong) assert.throws(() => encodeTimestampRequest(each), RangeError);
});

test("a refusal comes with its reasons, and without control characters", () => {
  const text = encodeDer(tags.utf8String, new TextEncoder().encode("no \u001b[2J\u202etoday"));
  const info = encodeDer(
    tags.sequence,
    fromHex("020102"),
    encodeDer(tags.sequence, text),
    fromHex("0304060000c0"), // bits 16 and 17, of 18
  );
  const parsed = parseTimestampResponse(encodeDer(tags.sequence, info));
  assert.deepEqual(parsed, {
    status: 2,
    statusText: "no �[2J�today",
    failures: ["unacceptedExtension", "addInfoNotAvailable"],
    token: undefined,
  });
});
