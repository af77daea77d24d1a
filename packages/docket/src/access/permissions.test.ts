// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRole, mayDo, permissions, roles } from "./permissions.ts";
import type { Action } from "./permissions.ts";

void test("an admin may do everything, every action has a role, and each role of the table exists", () => {
  for (const [action, allowed] of Object.entries(permissions)) {
    assert.ok(mayDo("admin", action as Action), action);
    for (const role of allowed) assert.ok(isRole(role), role);
    for (const role of roles) assert.equal(mayDo(role, action as Action), allowed.includes(role));
  }
});

void test("whoever proposes a change of the policy neither approves nor publishes it by that role", () => {
  for (const role of roles) {
    assert.equal(mayDo(role, "proposePolicy"), role === "analyst" || role === "admin", role);
    for (const action of ["approvePolicy", "publishPolicy", "breakGlass"] as const) {
      assert.equal(mayDo(role, action), role === "admin", `${role} ${action}`);
    }
  }
  assert.ok(!mayDo("ingest", "readPolicy"));
});

void test("whoever only sends events can read neither facts nor openings nor all leaves", () => {
  for (const action of ["readFacts", "openReceipt", "readEntries"] as const)
    assert.ok(!mayDo("ingest", action));
});

void test("whoever only reads can decide nothing", () => {
  for (const role of ["analyst", "reviewer", "auditor"] as const) assert.ok(!mayDo(role, "decide"), role);
});

void test("a name that is no role is none", () => {
  for (const text of ["", "Admin", "root", "constructor", "__proto__"]) assert.ok(!isRole(text), text);
});
