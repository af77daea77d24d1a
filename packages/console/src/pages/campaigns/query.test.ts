// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { campaignsPath } from "./query.ts";

const nowMs = Date.UTC(2026, 10, 23, 12, 34);

test("an address asks for a time and for how many accounts", () => {
  const path = (search: string): string =>
    decodeURIComponent(campaignsPath(new URLSearchParams(search), nowMs));
  assert.equal(path(""), "/v1/campaigns");
  assert.equal(path("time=week&actors=5"), "/v1/campaigns?actors=5");
  assert.equal(path("time=day"), "/v1/campaigns?from=2026-11-22T12:00:00.000Z");
  assert.equal(path("time=all&limit=500"), "/v1/campaigns?from=1970-01-01T00:00:00.000Z&limit=500");
  assert.equal(path("actors=many"), "/v1/campaigns");
});
