// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseDecisionRequest } from "../../packages/protocol/src/events.ts";
import { sharedPath, skipReason } from "../shared-data.ts";
import { makeSample } from "./make.ts";
import { spammerId } from "./spammer.ts";

const sample = readFileSync(new URL("../../examples/comments.ndjson", import.meta.url), "utf8");
const source = "data/comments-youtube/data.jsonl";

test("the sample is what its program makes of the collection", (t) => {
  const path = sharedPath(source);
  if (path === undefined) return t.skip(skipReason(source));
  assert.equal(makeSample(readFileSync(path, "utf8")), sample);
});

test("the sample's events are in Docket's form, pseudonymous, and synthetic ones are marked", () => {
  const events = sample
    .trimEnd()
    .split("\n")
    .map((line) => parseDecisionRequest(Buffer.from(line)).event);
  assert.ok(events.length > 300 && events.length < 500);
  assert.equal(new Set(events.map((event) => event.id)).size, events.length);
  for (const { id, actor, time } of events) {
    assert.ok(time !== undefined);
    assert.equal(actor.name, undefined);
    assert.equal(actor.id === spammerId, id.startsWith("synthetic-"));
    if (actor.id !== spammerId) assert.match(actor.id, /^u_[0-9a-f]{12}$/);
  }
});
