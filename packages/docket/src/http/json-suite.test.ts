// SPDX-License-Identifier: Apache-2.0
// Every file of the JSON test suite, sent as it is and as a value in an otherwise valid event. Files that
// hold a string or number hold it in an array; what is in the array is sent as a value too.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { LightMyRequestResponse } from "fastify";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { testServer, withKey } from "./testing/server.ts";

const suite = "vectors/json-test-suite";
/** What a valid JSON text may be refused for: the schema, and what strict reading refuses beyond RFC 8259. */
const refusals = ["schema_mismatch", "unknown_field", "json_number", "json_duplicate_key"];
const places: readonly [name: string, before: string, after: string][] = [
  ["bare", "", ""],
  ["text", '{"id":"ID","type":"comment","actor":{"id":"a"},"content":{"text":', "}}"],
  ["attribute", '{"id":"ID","type":"comment","actor":{"id":"a","attributes":{"x":', "}}}"],
];

void test("valid JSON is taken where the schema allows, other never; nothing is a 5xx", async (t) => {
  const directory = sharedPath(suite);
  if (directory === undefined) return t.skip(skipReason(suite));
  const { server, close } = await testServer();
  const counts = { sent: 0, taken: 0 };
  for (const folder of ["test_parsing", "test_transform"]) {
    for (const name of readdirSync(`${directory}/${folder}`)) {
      const bytes = readFileSync(`${directory}/${folder}/${name}`);
      for (const [place, before, after] of places) {
        for (const value of place === "bare" ? [bytes] : [bytes, ...element(name, bytes)]) {
          const payload = [Buffer.from(before.replace("ID", `${counts.sent++}`)), value, Buffer.from(after)];
          const answer = await server.inject({
            method: "POST",
            url: "/v1/decisions",
            headers: { "content-type": "application/json", ...withKey("ingest") },
            payload: Buffer.concat(payload),
          });
          if (answer.statusCode === 200) counts.taken += 1;
          check(name, place, answer);
        }
      }
    }
  }
  await close();
  assert.ok(counts.taken > 50, `${counts.taken} of ${counts.sent} taken`);
});

function check(name: string, place: string, answer: LightMyRequestResponse): void {
  const what = `${name} as ${place}: ${answer.statusCode} ${answer.body.slice(0, 200)}`;
  if (answer.statusCode === 200) {
    assert.ok(!name.startsWith("n_") && place !== "bare", what);
    return;
  }
  assert.ok([400, 413].includes(answer.statusCode), what);
  const { error } = answer.json();
  assert.ok(error.message !== "" && error.remedy !== "", what);
  if (name.startsWith("y_")) assert.ok(refusals.includes(error.code), what);
}

/** What is in the array of a file that is about one string or number. */
function element(name: string, bytes: Buffer): Buffer[] {
  const text = bytes.toString("latin1").trim();
  const single = /^[yni]_(string|number)|^(string|number)/.test(name) && /^\[[^]+\]$/.test(text);
  return single ? [Buffer.from(text.slice(1, -1), "latin1")] : [];
}
