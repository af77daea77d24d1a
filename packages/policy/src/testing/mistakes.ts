// SPDX-License-Identifier: Apache-2.0
// Policies with mistakes, and what a person reads of them.
import assert from "node:assert/strict";
import { formatProblem, PolicyError } from "../errors.ts";
import { loadPolicies } from "../loading/load.ts";

/** A name, a text, and the messages on it. */
export type MistakeCase = readonly [name: string, text: string, ...expected: string[]];

/** The messages of one file's mistakes, without the file's name. */
export function mistakesOf(text: string): string[] {
  try {
    loadPolicies([{ path: "p.yaml", text }]);
  } catch (error) {
    assert.ok(error instanceof PolicyError);
    assert.equal(error.code, "invalid-policy");
    assert.equal(error.message, error.problems.map(formatProblem).join("\n"));
    return error.message.split("\n").map((line) => line.replace(/^p\.yaml:/, ""));
  }
  return [];
}

/** A policy with one rule; its condition begins at line 5, column 11. */
export function withCondition(when: string, before = ""): string {
  return `policy: p\non: [comment]\nrules:\n  - id: r\n    when: ${when}\n    points: 1\n${before}`;
}

/** A policy whose one rule has more keys; they begin at line 6, column 5. */
export function withRule(keys: string): string {
  return `policy: p\non: [comment]\nrules:\n  - id: r\n    when: signals.linkCount > 1\n    ${keys}\n`;
}

/** A policy whose rule gives a strike, with more keys; they begin at line 5, column 1. */
export function withStrike(keys: string): string {
  return withKeys(keys).replace("points: 10", "then: { outcome: reject, strike: 1 }");
}

/** A policy with more keys; they begin at line 5, column 1. */
export function withKeys(keys: string): string {
  const rule = "{ id: r, when: signals.linkCount > 1, points: 10 }";
  return `policy: p\non: [comment]\nrules:\n  - ${rule}\n${keys}\n`;
}
