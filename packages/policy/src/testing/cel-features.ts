// SPDX-License-Identifier: Apache-2.0
// What of CEL is in and out, told from what becomes of its conformance cases: the tables of
// docs/formats/policy-conditions.md.
import { runCase } from "./cel-case.ts";
import type { CelCase } from "./cel-case.ts";
import type { ConditionProblem } from "../condition/problem.ts";
import { childrenOf } from "../condition/required.ts";
import type { Operation, Typed } from "../condition/typed.ts";

/** A part of CEL that is left out, why, and how a refusal for it begins. */
type Feature = { readonly name: string; readonly why: string; readonly pattern: RegExp };

const features: readonly Feature[] = [
  {
    name: "messages, enumerations",
    why: "events are not protobuf messages",
    pattern:
      /^messages are|type (?:message|enum)$|function \w*Enum\(|"(?:GlobalEnum|TestAllTypes|google)"|proto\./,
  },
  {
    name: "fractions (double)",
    why: "a sealed decision is made with integers only, so that it is the same on every machine",
    pattern: /is a fraction|type double$|^double\(\)/,
  },
  {
    name: "unsigned integers",
    why: "one kind of integer is enough, and mixing two is a source of mistakes",
    pattern: /is unsigned|type uint$|^uint\(\)/,
  },
  {
    name: "bytes",
    why: "events hold text",
    pattern: /^bytes are|type bytes$|^bytes\(\)|base64\.\w+\(/,
  },
  { name: "maps", why: "events are flat", pattern: /^maps are|type map$/ },
  {
    name: "null, optional values",
    why: "a value that isn't there is missing: see has()",
    pattern: /^null is|type null$|^optional(?: values|\.\w+\()|no function (?:value|hasValue|orValue)\(/,
  },
  {
    name: "dyn, values of several types in one place, types as values",
    why: "every type is known when the policy is loaded, so that no event meets a wrong one",
    pattern:
      /^(?:dyn|type)\(\)|a type, and|values of one|^the branches of|^each side of|can't be used|^nothing has/,
  },
  {
    name: "conversions",
    why: "values keep the type that they are declared with; duration() and timestamp() take literals",
    pattern: /^(?:int|string|bool)\(\)|\(\) takes a literal/,
  },
  {
    name: "parts of a date",
    why: "they depend on a time zone; a duration has getHours(), getMinutes(), getSeconds()",
    pattern: /^get[A-Z]\w*\(\)/,
  },
  {
    name: "times finer than a millisecond",
    why: "Docket's times are whole milliseconds",
    pattern: /finer than a millisecond|is no (?:duration|timestamp) of this language/,
  },
  {
    name: "macros with two names, existsOne, transformList, transformMap",
    why: "they are for maps and positions",
    pattern: /with two names|^(?:existsOne|transform\w+)\(\)/,
  },
  {
    name: "cel.bind, cel.block",
    why: "a condition is short: the same part is evaluated once wherever it stands",
    pattern: /^cel\.\w+\(\)|names the element/,
  },
  {
    name: "the library `math`",
    why: "two comparisons say the same",
    pattern: /^math\.\w+\(\)/,
  },
  {
    name: "the library `strings`, but for lowerAscii()",
    why: "texts are asked with contains, startsWith, endsWith, matches; nothing is made of them",
    pattern: /^(?:upper|charAt|format|(?:lastI|i)ndexOf|join|quote|re(?:place|verse)|s(?:plit|ubs|tri)|trim)/,
  },
  {
    name: "containers, leading dots, names in backticks",
    why: "a name means the same wherever it stands",
    pattern: /in a container|leading dot|in backticks/,
  },
  {
    name: "names and functions that nothing declares",
    why: "in CEL an error of the evaluation, which `||` may hide; here a mistake that is found at load",
    pattern: /^nothing is called "x"|no function (?:f_unknown|fn|[a-z]+)\(/,
  },
];

/** The parts of CEL that are in, in the order of the table; `partsOf` says which of them a condition uses. */
const parts = [
  "literals of int, string, bool",
  "names of fields",
  "lists, indexes",
  "`&&`, `||`, `!`",
  "`? :`",
  "`==`, `!=`",
  "`<`, `<=`, `>`, `>=`",
  "`in`",
  "arithmetic of int",
  "`+` on strings and lists",
  "arithmetic of durations and timestamps",
  "size()",
  "contains(), startsWith(), endsWith(), lowerAscii()",
  "matches()",
  "has()",
  "all(), exists(), exists_one(), filter(), map()",
  "literals of duration and timestamp; getHours(), getMinutes(), getSeconds()",
] as const;

type Part = (typeof parts)[number];

/** What became of all cases. */
export type Account = {
  readonly files: ReadonlyMap<string, Counts>;
  /** By the names of parts: how many of the cases that pass use each. */
  readonly in: ReadonlyMap<string, number>;
  /** By the names of features, in the table's order: how many cases each keeps out. */
  readonly out: ReadonlyMap<string, number>;
  /** Cases that the subset accepts, with another result than CEL's. */
  readonly wrong: readonly string[];
  /** Cases that are refused for a reason that no feature names. */
  readonly unexplained: readonly string[];
};

/** Cases of a file. */
export type Counts = { readonly passed: number; readonly atLoad: number; readonly out: number };

/** Runs cases, and accounts for every one. */
export function accountFor(cases: readonly CelCase[]): Account {
  const files = new Map<string, Counts>();
  const out = new Map(features.map(({ name }) => [name, 0]));
  const inside = new Map<string, number>(parts.map((part) => [part, 0]));
  const wrong: string[] = [];
  const unexplained: string[] = [];
  for (const each of cases) {
    const result = runCase(each);
    const before = files.get(each.file) ?? { passed: 0, atLoad: 0, out: 0 };
    const label = `${each.file}/${each.name}: ${each.source}`;
    if (result.kind === "wrong") wrong.push(`${label}: ${result.found} for ${result.expected}`);
    if (result.kind === "passed") {
      for (const part of partsOf(result.typed)) inside.set(part, (inside.get(part) ?? 0) + 1);
    }
    if (result.kind === "refused") {
      const name = featureOf(result.problem);
      if (name === undefined) unexplained.push(`${label}: ${result.problem.message}`);
      else out.set(name, (out.get(name) ?? 0) + 1);
    }
    files.set(each.file, {
      passed: before.passed + Number(result.kind === "passed"),
      atLoad: before.atLoad + Number(result.kind === "error-at-load"),
      out: before.out + Number(result.kind === "refused"),
    });
  }
  return { files, in: inside, out, wrong, unexplained };
}

/** The tables for the page. */
export function conformanceTables(account: Account): string {
  const rows = [...account.files].map(([file, { passed, atLoad, out }]) => [file, passed, atLoad, out]);
  const sum = (column: 1 | 2 | 3): number => rows.reduce((total, row) => total + (row[column] as number), 0);
  const files = [
    "| cases of cel-spec v0.25.1 | pass | an error in CEL, found at load | out |",
    "|---|---:|---:|---:|",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    `| **all ${sum(1) + sum(2) + sum(3)}** | **${sum(1)}** | **${sum(2)}** | **${sum(3)}** |`,
  ];
  const uses = [
    "| in | cases that use it |",
    "|---|---:|",
    ...parts.map((part) => `| ${part.replaceAll("|", "\\|")} | ${account.in.get(part) ?? 0} |`),
  ];
  const reasons = [
    "| out | cases | why |",
    "|---|---:|---|",
    ...features.map(
      ({ name, why }) =>
        `| ${name.replaceAll("|", "\\|")} | ${account.out.get(name) ?? 0} | ${why.replaceAll("|", "\\|")} |`,
    ),
  ];
  return [
    ...files,
    "",
    ...uses,
    "",
    "A case that uses several parts of CEL that are out counts for the first that stops it.",
    "",
    ...reasons,
  ].join("\n");
}

function featureOf({ message }: ConditionProblem): string | undefined {
  return features.find(({ pattern }) => pattern.test(message))?.name;
}

function partsOf(typed: Typed): ReadonlySet<Part> {
  const found = new Set<Part>();
  const visit = (each: Typed): void => {
    found.add(partOf(each));
    for (const child of childrenOf(each)) visit(child);
  };
  visit(typed);
  return found;
}

function partOf(typed: Typed): Part {
  switch (typed.kind) {
    case "constant":
      return typed.type.kind === "duration" || typed.type.kind === "timestamp"
        ? "literals of duration and timestamp; getHours(), getMinutes(), getSeconds()"
        : "literals of int, string, bool";
    case "field":
      return "names of fields";
    case "variable":
    case "macro":
      return "all(), exists(), exists_one(), filter(), map()";
    case "has":
      return "has()";
    case "not":
    case "logic":
      return "`&&`, `||`, `!`";
    case "conditional":
      return "`? :`";
    case "matches":
      return "matches()";
    case "list":
      return "lists, indexes";
    case "operation":
      return operationPart(typed.operation);
    case "inEntries":
    case "hits":
      throw new Error("CEL's cases have no lists of Docket's");
  }
}

const operationParts: readonly (readonly [RegExp, Part])[] = [
  [/equal$/i, "`==`, `!=`"],
  [/^in$/, "`in`"],
  [/^(?:add|subtract|multiply|divide|remainder|negate)$/, "arithmetic of int"],
  [/^(?:concat|append)$/, "`+` on strings and lists"],
  [/^index$/, "lists, indexes"],
  [/Size$/, "size()"],
  [/^(?:contains|startsWith|endsWith|lowerAscii)$/, "contains(), startsWith(), endsWith(), lowerAscii()"],
  [
    /^(?:hours|minutes|seconds)$/,
    "literals of duration and timestamp; getHours(), getMinutes(), getSeconds()",
  ],
  [/Duration|[tT]imestamp/, "arithmetic of durations and timestamps"],
];

function operationPart(operation: Operation): Part {
  if (/less|greater/i.test(operation)) return "`<`, `<=`, `>`, `>=`";
  const part = operationParts.find(([pattern]) => pattern.test(operation))?.[1];
  if (part === undefined) throw new Error(`${operation} belongs to no part of the table`);
  return part;
}
