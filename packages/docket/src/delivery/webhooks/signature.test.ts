// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { verifies } from "../testing/receiver.ts";
import { newSecret, signedHeaders } from "./signature.ts";

// The vector that the reference libraries of Standard Webhooks all test.
const vector = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  sentMs: 1_614_265_330_000,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

test("the published vector comes out", () => {
  assert.deepEqual(signedHeaders(vector.id, vector.sentMs, vector.body, [vector.secret]), {
    "webhook-id": vector.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": vector.signature,
  });
});

test("while a secret is changed, messages verify with the new one and with the old one, and no other", () => {
  const [newer, older, other] = [newSecret(randomBytes), newSecret(randomBytes), newSecret(randomBytes)];
  const headers = signedHeaders("msg_1", vector.sentMs, "{}", [newer, older]);
  const received = {
    id: headers["webhook-id"] ?? "",
    timestamp: Number(headers["webhook-timestamp"]),
    signatures: headers["webhook-signature"] ?? "",
    body: "{}",
  };
  assert.ok(verifies(received, newer, vector.sentMs));
  assert.ok(verifies(received, older, vector.sentMs));
  assert.ok(!verifies(received, other, vector.sentMs));
  assert.ok(!verifies({ ...received, body: "{ }" }, newer, vector.sentMs));
  assert.ok(!verifies({ ...received, id: "msg_2" }, newer, vector.sentMs));
  assert.ok(!verifies(received, newer, vector.sentMs + 600_000));
});

test("what is no secret is refused, and not repeated in the error", () => {
  for (const secret of ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]) {
    assert.throws(
      () => signedHeaders("msg_1", 0, "{}", [secret]),
      (error: Error & { code?: string }) =>
        error.code === "usage" && (secret.length < 8 || !error.message.includes(secret)),
    );
  }
});
