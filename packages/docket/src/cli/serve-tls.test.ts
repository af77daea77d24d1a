// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { plainNotice } from "./serve-tls.ts";
import type { ServeTls } from "./serve-tls.ts";

void test("an address that others reach without TLS is told of, and no other", () => {
  const tls = {} as ServeTls;
  for (const host of ["127.0.0.1", "::1", "localhost"]) assert.equal(plainNotice(host, undefined), undefined);
  for (const host of ["0.0.0.0", "::", "192.0.2.7", "example.org"]) {
    assert.match(plainNotice(host, undefined) ?? "", /without TLS/);
    assert.equal(plainNotice(host, tls), undefined);
  }
});
