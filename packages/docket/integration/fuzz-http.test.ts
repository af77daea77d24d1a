// SPDX-License-Identifier: Apache-2.0
// The short form of `npm run fuzz:http`: every route of the OpenAPI document is asked with good and bad
// bodies, parameters, paths and headers, and the parser of HTTP with what is none, while slow connections
// stand open. Whatever comes, no answer is a 5xx that is not documented, none stays away, none tells of the
// insides, no hidden request is answered; the server ends in good order, and its log verifies.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fuzzTarget } from "../../../tools/fuzz/http/fuzz-target.ts";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";

const requests = 800;
const strings = "vectors/naughty-strings/blns.json";

void test("no request brings a server down, out of its order, or to tell of its insides", async (t) => {
  const path = sharedPath(strings);
  if (path === undefined) return t.skip(skipReason(strings));
  const naughty = JSON.parse(readFileSync(path, "utf8")) as string[];
  const report = await fuzzTarget({ requests, seed: 7, naughty });
  assert.deepEqual(report.findings, []);
  assert.ok(report.routes > 120, `${report.routes} routes`);
  assert.ok((report.statuses["200"] ?? 0) > 50, JSON.stringify(report.statuses));
});
