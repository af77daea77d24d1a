// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsPath, subjectPath } from "./finding.ts";
import type { Finding } from "./finding.ts";

const nowMs = Date.UTC(2026, 10, 23, 12, 34);

test("an address asks for kinds and a time", () => {
  const path = (search: string): string =>
    decodeURIComponent(findingsPath(new URLSearchParams(search), nowMs));
  assert.equal(path(""), "/v1/findings");
  assert.equal(path("kind=burst,ghost,pair&time=week"), "/v1/findings?kind=burst,pair");
  assert.equal(path("time=month"), "/v1/findings?from=2026-10-24T12:00:00.000Z");
});

test("a subject that has a page leads there", () => {
  const of = (kind: string, subject: string): string | undefined => subjectPath({ kind, subject } as Finding);
  const actor = `a_${"x".repeat(22)}`;
  assert.equal(of("offender", actor), `/actors/${actor}`);
  assert.equal(of("campaign", "c_x/y"), "/campaigns/c_x%2Fy");
  assert.equal(of("rule", "p/r"), "/decisions?rule=p%2Fr");
  assert.equal(of("language", "de"), undefined);
});
