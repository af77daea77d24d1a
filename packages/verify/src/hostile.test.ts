// SPDX-License-Identifier: Apache-2.0
// Bytes that nobody wrote: what reads them says so, and never throws anything else or runs away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSignerKey, parseVerifierKey, utf8 } from "@docket/tlog";
import * as fc from "fast-check";
import { VerifyError, type VerifyErrorCode } from "./error.ts";
import { verifyLog } from "./log.ts";
import { encodeRecordParts, readRecordParts } from "./parts.ts";
import { verifyReceipt } from "./receipt.ts";
import type { LogSource } from "./source.ts";

const { verifierKey } = generateSignerKey("docket-0123456789abcdef/main", new Uint8Array(32));
const key = parseVerifierKey(verifierKey);

void test("no text but a receipt is verified, and none makes the check throw", () => {
  const parts = fc.record({
    format: fc.constant("docket-receipt/v1"),
    leaf: fc.string({ unit: "binary" }),
    proof: fc.oneof(fc.string(), fc.constant("c2sp.org/tlog-proof@v1\nindex 0\n\n")),
  });
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    parts.map((receipt) => `${JSON.stringify(receipt)}\n`),
  );
  fc.assert(fc.property(texts, (text) => assert.equal(verifyReceipt(text, key).verdict, "failed")));
});

void test("parts are read as they were written, and other bytes refused or bounded", () => {
  const part = fc
    .tuple(fc.constantFrom("facts" as const, "content" as const), fc.uint8Array())
    .map(([name, bytes]) => ({ name, bytes }));
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(part, { maxLength: 3 }), fc.nat(9), (manifest, parts, offset) => {
      const encoded = encodeRecordParts(manifest, parts);
      const bytes = new Uint8Array([...new Uint8Array(offset), ...encoded, 1, 2, 3]);
      assert.deepEqual(readRecordParts(bytes, offset), { manifest, parts, end: offset + encoded.length });
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const read = readRecordParts(bytes, 0);
      if (typeof read !== "string") assert.ok(read.end <= bytes.length);
    }),
  );
});

void test("a source of anything at all is reported on", async () => {
  for (const content of [undefined, "", "docket\n", "docket-0123456789abcdef/main\n9007199254740991\n"]) {
    const source: LogSource = {
      hasParts: true,
      read: async () => content && utf8(content),
      list: async () => [],
    } as LogSource;
    const report = await verifyLog(source, key);
    assert.equal(report.verdict, "failed");
    assert.equal(report.first?.place, "checkpoint");
  }
});

void test("a source that fails is an error, not a verdict", async () => {
  for (const code of ["source", "refused"] as const) {
    await assert.rejects(verifyLog(failing(code), key), { name: "VerifyError", code });
  }
  const tooLong = await verifyLog(failing("size"), key);
  assert.match(tooLong.first?.reason ?? "", /^it is longer than/);
});

function failing(code: VerifyErrorCode): LogSource {
  return { hasParts: false, read: () => Promise.reject(new VerifyError(code, "the disk is gone")) };
}
