// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { takeKey } from "./key-in-address.ts";

test("a key in the address is taken out of it", () => {
  const said: unknown[] = [];
  const past = { replaceState: (...all: unknown[]) => void said.push(all) };
  const key = `dk_${"a".repeat(43)}`;
  const place = { pathname: "/console", search: "?a=1" };
  assert.equal(takeKey({ ...place, hash: `#key=${key}` }, past), key);
  assert.deepEqual(said, [[null, "", "/console?a=1"]]);
  assert.equal(takeKey({ ...place, hash: "#key=short" }, past), undefined);
  assert.equal(takeKey({ ...place, hash: "" }, past), undefined);
  assert.equal(said.length, 1);
});
