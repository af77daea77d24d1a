// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAction, isRole, mayDo as callerMayDo, permissions, roles } from "./permissions.ts";
import { keyCaller, personCaller } from "./caller.ts";
import type { Action, Role } from "./permissions.ts";

function mayDo(role: Role, action: Action): boolean {
  return callerMayDo(keyCaller(`k_${"a".repeat(16)}`, role), action);
}

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

void test("scopes only take away: an action takes a role that may do it, and a scope that names it", () => {
  for (const role of roles) {
    for (const action of Object.keys(permissions) as Action[]) {
      for (const scope of Object.keys(permissions) as Action[]) {
        const may = callerMayDo(keyCaller("k_x", role, [scope]), action);
        const isScope = scope === action || (scope === "decide" && action === "tryEvent");
        assert.equal(may, isScope && mayDo(role, action), `${role} ${scope} ${action}`);
      }
      assert.ok(!callerMayDo(keyCaller("k_x", role, []), action));
    }
  }
});

void test("a person may do what any of their roles may; without one they are nobody", () => {
  const both = personCaller("p_x", ["reviewer", "ingest"]);
  assert.deepEqual(both, { id: "p_x", role: "reviewer", roles: ["ingest", "reviewer"], via: "session" });
  for (const action of Object.keys(permissions) as Action[]) {
    const may = mayDo("reviewer", action) || mayDo("ingest", action);
    assert.equal(both !== undefined && callerMayDo(both, action), may, action);
  }
  assert.equal(personCaller("p_x", []), undefined);
});

void test("a name that is no action is none", () => {
  assert.ok(isAction("decide"));
  for (const text of ["", "Decide", "constructor", "__proto__", "admin"]) assert.ok(!isAction(text), text);
});
