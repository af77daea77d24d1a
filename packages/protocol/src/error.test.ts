// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError, errorTable } from "./error.ts";

test("a ProtocolError carries what it was given, and nothing where it was given nothing", () => {
  const cause = new Error("first");
  const full = new ProtocolError("json_depth", "too deep", { pointer: "/a/0", offset: 7, limit: 32, cause });
  assert.ok(full instanceof Error);
  assert.equal(full.name, "ProtocolError");
  assert.equal(full.code, "json_depth");
  assert.equal(full.message, "too deep");
  assert.equal(full.pointer, "/a/0");
  assert.equal(full.offset, 7);
  assert.equal(full.limit, 32);
  assert.equal(full.cause, cause);

  const bare = new ProtocolError("internal", "a bug");
  assert.equal(bare.pointer, undefined);
  assert.equal(bare.offset, undefined);
  assert.equal(bare.limit, undefined);
  assert.equal("cause" in bare, false);
});

test("every row of the error table is complete, and its code and status have the right form", () => {
  for (const [code, { status, summary, remedy }] of Object.entries(errorTable)) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.ok(status >= 400 && status <= 599, `${code} has status ${status}`);
    assert.match(summary, /^[A-Z].*\.$/, code);
    assert.match(remedy, /^[A-Z].*\.$/, code);
  }
});

test("a fault of the caller is a 4xx, and what may work later is a 503", () => {
  for (const code of ["json_syntax", "schema_mismatch", "unknown_field", "policy_invalid"] as const) {
    assert.equal(errorTable[code].status, 400, code);
  }
  const later = ["overloaded", "sealing_unknown", "sealing_failed", "log_closed", "log_fenced"] as const;
  for (const code of later) {
    assert.equal(errorTable[code].status, 503, code);
  }
  assert.equal(errorTable.body_too_large.status, 413);
  assert.equal(errorTable.event_id_conflict.status, 409);
  assert.equal(errorTable.internal.status, 500);
});
