// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { verifyWebhook, webhookToleranceSeconds } from "./webhook.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = '{"type":"change.removed","timestamp":"2026-11-23T00:00:00.000Z","data":{"record":7}}';
const sent = 1_790_000_000;
const nowMs = sent * 1000;

function signed(of: string = secret, text: string = body): Record<string, string> {
  const key = Buffer.from(of.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`msg_1.${sent}.${text}`).digest("base64");
  return { "webhook-id": "msg_1", "webhook-timestamp": String(sent), "webhook-signature": `v1,${signature}` };
}

async function fault(...asked: Parameters<typeof verifyWebhook>): Promise<string> {
  const checked = await verifyWebhook(...asked);
  return checked.ok ? "none" : checked.fault;
}

test("the vector that Standard Webhooks publishes", async () => {
  const published = '{"test": 2432232314}';
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  assert.equal(await fault(published, headers, secret, 1_614_265_330_000), "none");
});

test("a message that may be believed says what it is; one that was changed says what is wrong", async () => {
  assert.deepEqual(await verifyWebhook(body, signed(), secret, nowMs), {
    ok: true,
    id: "msg_1",
    type: "change.removed",
    timestamp: "2026-11-23T00:00:00.000Z",
    data: { record: 7 },
  });
  assert.equal(await fault(Buffer.from(body), new Headers(signed()), secret, nowMs), "none");
  const read = (name: string): string | undefined => signed()[name];
  assert.equal(await fault(body, read, ["whsec_AAAA", secret], nowMs), "none", "while it is replaced");
  assert.equal(await fault(body.replace("7", "8"), signed(), secret, nowMs), "signature");
  assert.equal(await fault(body, signed("whsec_AAAA"), secret, nowMs), "signature");
  assert.equal(await fault(body, { ...signed(), "webhook-id": "msg_2" }, secret, nowMs), "signature");
  assert.equal(
    await fault(body, { ...signed(), "webhook-signature": "v1,%%% v2,AAAA" }, secret, nowMs),
    "signature",
  );
  assert.equal(await fault(body, { ...signed(), "webhook-timestamp": "soon" }, secret, nowMs), "headers");
  assert.equal(await fault(body, {}, secret, nowMs), "headers");
  for (const side of [-1, 1]) {
    const far = nowMs + side * (webhookToleranceSeconds + 1) * 1000;
    assert.equal(await fault(body, signed(), secret, far), "time");
  }
});
