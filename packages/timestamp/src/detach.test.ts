// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { detachCertificates } from "./detach.ts";
import { TimestampError } from "./error.ts";
import { readTimestampCases } from "./testing/vectors.ts";
import { verifyTimestamp } from "./verify-timestamp.ts";

test("without its certificates an answer means the same, given these", () => {
  let smaller = 0;
  for (const { name, result, expectation } of readTimestampCases()) {
    let detached;
    try {
      detached = detachCertificates(expectation.response);
    } catch (error) {
      assert.ok(error instanceof TimestampError && error.code === "malformed", name);
      assert.notEqual(result, "accept", name);
      continue;
    }
    const certificates = [...detached.certificates, ...(expectation.certificates ?? [])];
    const again = verifyTimestamp({ ...expectation, response: detached.response, certificates });
    assert.deepEqual(again, verifyTimestamp(expectation), name);
    assert.deepEqual(detachCertificates(detached.response), { ...detached, certificates: [] }, name);
    if (detached.response.length < expectation.response.length) smaller += 1;
  }
  assert.ok(smaller > 80, `${smaller} became smaller`);
});
