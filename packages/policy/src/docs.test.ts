// SPDX-License-Identifier: Apache-2.0
// What docs/formats/policy.md and docs/reference/policy.md say is what the code does: the worked example, the
// tables of built-in types, sizes and mistakes, and every policy that is shown.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { conditionCostMax } from "./condition/cost.ts";
import { conditionLengthMax } from "./condition/lexer.ts";
import { conditionNodesMax, nestingDepthMax } from "./condition/parser.ts";
import { patternLengthMax, patternProgramMax } from "./condition/pattern.ts";
import { builtinFields, listItemsMax } from "./environment.ts";
import { evaluate, evaluateFromFacts, factsOf } from "./evaluate.ts";
import { builtinEventTypes } from "./event-types.ts";
import { languageVersion } from "./index.ts";
import { counterFieldsMax, counterListElementsMax } from "./loading/counted.ts";
import { windowBuckets } from "./loading/counters.ts";
import { fileLengthMax } from "./loading/document.ts";
import { filesMax, loadPolicies } from "./loading/load.ts";
import { runPolicyTests } from "./policy-tests.ts";
import { inputOf } from "./testing/given-event.ts";
import type { GivenEvent } from "./testing/given-event.ts";
import { listHitsMax } from "./types.ts";
import type { Evaluation, Facts } from "./types.ts";

const specification = readPage("formats/policy.md");
const reference = readPage("reference/policy.md");

function readPage(path: string): string {
  return readFileSync(new URL(`../../../docs/${path}`, import.meta.url), "utf8");
}

function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(
    ([, text]) => text ?? "",
  );
}

/** The rows of the table under a heading: its cells, without backticks. */
function rowsOf(page: string, heading: string): string[][] {
  const [, section = ""] = page.split(new RegExp(`^#+ ${heading}$`, "m"));
  const lines = section.split("\n");
  const from = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(
    from + 2,
    from + 2 + lines.slice(from + 2).findIndex((line) => !line.startsWith("|")),
  );
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.replaceAll(/[`\\]/g, "").trim()),
  );
}

test("both pages name the version", () => {
  for (const page of [specification, reference]) assert.ok(page.includes(`\`${languageVersion}\``));
});

test("the worked example of the specification", () => {
  const [yaml = ""] = blocksOf(specification, "yaml");
  const [given = "", says = "", facts = ""] = blocksOf(specification, "json");
  const set = loadPolicies([{ path: "market.yaml", text: yaml }]);
  const input = inputOf(set, JSON.parse(given) as GivenEvent);
  const evaluation = evaluate(set, input);
  assert.deepEqual(summary(evaluation), JSON.parse(says));
  const recorded = JSON.parse(facts) as Facts;
  assert.deepEqual(factsOf(set, input, evaluation.clauses), recorded);
  const again = { ...summary(evaluateFromFacts(set, recorded)), hits: evaluation.hits };
  assert.deepEqual(again, JSON.parse(says));
  const later = evaluate(set, { ...input, decidedAt: Date.UTC(2026, 6, 1) });
  assert.equal(later.rules.find(({ rule }) => rule === "too-many")?.then?.retryAfterMs, 480_000);
  assert.equal(later.outcome, "reject");
});

function summary(evaluation: Evaluation): Record<string, unknown> {
  const { outcome, rules, shadow, missing, points, thresholds, heldThresholds, clauses, hits } = evaluation;
  const held = shadow.map(({ rule, held: why, exemption }) => {
    return [rule, exemption === undefined ? why : `${why} by ${exemption}`];
  });
  return {
    outcome,
    rules: rules.map(({ rule }) => rule),
    held: Object.fromEntries(held),
    missing: missing.map(({ rule }) => rule),
    points,
    thresholds: thresholds.map((each) => each.points),
    heldThresholds: heldThresholds.map((each) => each.points),
    clauses,
    hits,
  };
}

test("the built-in types of events", () => {
  const rows = rowsOf(specification, "Built-in types of events").map(([type, content, fields = ""]) => {
    const named = fields.split(", ").map((field) => {
      const [, star, name, kind] = /^(\*?)(\w+)\*? (.+)$/.exec(field) ?? [];
      return { name, type: kind, personal: star === "*" };
    });
    return { type, content, fields: named };
  });
  const types = [...builtinEventTypes.values()].map(({ name, paths, fields }) => ({
    type: name,
    content: [...paths]
      .filter((path) => path.startsWith("content."))
      .map((path) => path.slice("content.".length))
      .join(", "),
    fields: [...fields].map(([field, { type, personal }]) => ({ name: field, type, personal })),
  }));
  assert.deepEqual(rows, types);
});

test("the names, and which of them are personal", () => {
  const rows = rowsOf(specification, "Names");
  for (const [path, { personal, type }] of builtinFields) {
    if (path.startsWith("signals.")) continue;
    const row = rows.find(([paths = ""]) => paths.split(", ").includes(path));
    assert.ok(row, path);
    assert.equal(row[1], type.kind === "list" ? "list<string>" : type.kind, path);
    assert.equal(row[2] === "yes", personal, path);
  }
});

test("the sizes", () => {
  const sizes = Object.fromEntries(
    rowsOf(specification, "Sizes").map(([what = "", most = ""]) => [what, Number(most.replaceAll(",", ""))]),
  );
  assert.deepEqual(sizes, {
    "characters of a file": fileLengthMax,
    files: filesMax,
    "characters of a condition": conditionLengthMax,
    "parts of a condition": conditionNodesMax,
    "nesting of a condition": nestingDepthMax,
    "steps of a condition": conditionCostMax,
    "characters of a pattern": patternLengthMax,
    "instructions of a pattern": patternProgramMax,
    "elements of a list": listItemsMax,
    "fields of by": counterFieldsMax,
    "elements of a list that are counted": counterListElementsMax,
    "buckets of a window": windowBuckets,
    "entries that hits() gives": listHitsMax,
  });
});

test("every code of a mistake is in the reference", () => {
  const source = readFileSync(new URL("errors.ts", import.meta.url), "utf8");
  const [, union = ""] = /export type ProblemCode =\n([^;]*);/.exec(source) ?? [];
  const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
  const told = rowsOf(reference, "Mistakes").flatMap(([names = ""]) => names.split(", "));
  assert.deepEqual(told.toSorted(), codes.toSorted());
});

test("every policy in the reference loads, and its tests pass", () => {
  const blocks = blocksOf(reference, "yaml");
  assert.ok(blocks.length >= 5);
  for (const text of blocks) {
    const set = loadPolicies([{ path: "policy.md", text: completed(text) }]);
    for (const { failures } of runPolicyTests(set)) assert.deepEqual(failures, []);
  }
});

/** A block that isn't a whole policy is made one: the keys that it lacks are added. */
function completed(text: string): string {
  const has = (key: string): boolean => new RegExp(`^${key}:`, "m").test(text);
  const lines = text.startsWith("- ") ? `rules:\n${text.replaceAll(/^/gm, "  ")}` : text;
  return (
    (has("policy") ? "" : "policy: example\n") +
    (has("on") ? "" : "on: [comment]\n") +
    lines +
    (has("rules") || text.startsWith("- ")
      ? ""
      : "rules:\n  - { id: r, when: signals.linkCount > 1, points: 900 }\n")
  );
}
