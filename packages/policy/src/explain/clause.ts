// SPDX-License-Identifier: Apache-2.0
// A clause in plain words: `signals.linkCount >= 3` as "the number of links is at least 3". Only the common
// shapes have words; of anything else the source is shown, which is always right.
import type { Expression } from "../condition/ast.ts";
import { parse } from "../condition/parser.ts";
import { ConditionStop } from "../condition/problem.ts";
import { readDuration } from "../condition/time.ts";
import type { Counter, FieldPath, FieldValue, Policy } from "../types.ts";
import { clauseWords } from "./words.ts";
import type {
  ClauseWords,
  Comparison,
  ExplanationLanguage,
  ListWords,
  NamedListWords,
  TimeUnit,
} from "./words.ts";

/** The kinds of values that fields have, as far as words depend on them. */
export type ValueKind = "int" | "string" | "bool" | "duration" | "timestamp" | "list";

/** What the words of a clause depend on. */
export type ClauseContext = {
  readonly words: ClauseWords;
  /** The policy that the clause stands in: its counters and limits have names only there. */
  readonly policy: Pick<Policy, "counters">;
  /** The kind of a field; `undefined` for what is none. */
  readonly kindOf: (path: FieldPath) => ValueKind | undefined;
};

/** The context of a policy's clauses in a language. */
export function clauseContext(
  policy: ClauseContext["policy"],
  kindOf: ClauseContext["kindOf"],
  language: ExplanationLanguage,
): ClauseContext {
  return { words: clauseWords[language], policy, kindOf };
}

/**
 * A clause in words.
 *
 * @returns `undefined` where there are none, and its source has to do
 */
export function clauseInWords(clause: string, context: ClauseContext): string | undefined {
  let expression: Expression;
  try {
    expression = parse(clause);
  } catch (error) {
    if (error instanceof ConditionStop) return undefined;
    throw error;
  }
  const phrase = phraseOf(expression, context, undefined);
  return phrase === undefined ? undefined : sentence(phrase);
}

/** What a field is called in a language. */
export function fieldInWords(path: FieldPath, { words, policy }: ClauseContext): string {
  if (Object.hasOwn(words.fields, path)) return words.fields[path] as string;
  if (Object.hasOwn(words.lists, path)) return (words.lists[path] as NamedListWords).all;
  const [group, name = "", ...rest] = path.split(".");
  if (group === "counters") {
    const counter = policy.counters.get(name);
    if (counter !== undefined) return counterInWords(counter, words);
  }
  if (path.startsWith("actor.attributes.")) return words.attribute(path.slice("actor.attributes.".length));
  if (group === "fields") return words.eventField(name);
  if (group === "limits" && rest.join() === "wait") return words.limitWait(name);
  return path;
}

/** A value as people read it. */
export function valueInWords(value: FieldValue, kind: ValueKind | undefined, words: ClauseWords): string {
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "string") return words.quote(value);
  if (typeof value === "number") {
    if (kind === "duration") return durationInWords(value, words);
    return kind === "timestamp" ? timeText(value) : String(value);
  }
  return value.length === 0 ? words.noValues : value.map((each) => words.quote(each)).join(", ");
}

/** A length of time in words, in its two largest units: `1 day 2 hours`. */
export function durationInWords(ms: number, words: ClauseWords): string {
  const sign = ms < 0 ? "-" : "";
  let rest = Math.abs(ms);
  const parts: string[] = [];
  for (const [unit, size] of timeUnits) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count === 0) {
      if (parts.length > 0) break;
      continue;
    }
    parts.push(`${count} ${words.units[unit][count === 1 ? 0 : 1]}`);
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? `0 ${words.units.second[1]}` : `${sign}${parts.join(" ")}`;
}

const timeUnits: readonly (readonly [TimeUnit, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
  ["millisecond", 1],
];

/** The latest time that `Date` can write, in milliseconds. */
const dateMsMax = 8.64e15;

function timeText(ms: number): string {
  return Math.abs(ms) <= dateMsMax ? new Date(ms).toISOString() : String(ms);
}

/** Subject and predicate apart, so that a list's elements can take the place of the subject. */
type Phrase = { readonly subject: string; readonly predicate: string } | { readonly statement: string };
/** The variable of a macro, and what its elements are called. */
type Variable = { readonly name: string; readonly words: string };

function sentence(phrase: Phrase): string {
  return "statement" in phrase ? phrase.statement : `${phrase.subject} ${phrase.predicate}`;
}

function phraseOf(
  expression: Expression,
  context: ClauseContext,
  variable: Variable | undefined,
): Phrase | undefined {
  switch (expression.kind) {
    case "binary":
      return expression.operator === "in"
        ? membership(expression.left, expression.right, true, context, variable)
        : comparison(expression, context, variable);
    case "name":
    case "select":
      return truth(expression, true, context, variable);
    case "unary":
      return expression.operator === "!" ? negation(expression.operand, context, variable) : undefined;
    case "logic":
      return joined(expression, context, variable);
    case "call":
      return callPhrase(expression, context, variable);
    case "int":
    case "string":
    case "bool":
    case "list":
    case "index":
    case "conditional":
      return undefined;
  }
}

function truth(
  expression: Expression,
  expected: boolean,
  context: ClauseContext,
  variable: Variable | undefined,
): Phrase | undefined {
  const { words } = context;
  const path = pathOf(expression);
  if (path === undefined || path === variable?.name) return undefined;
  const place = expected ? 0 : 1;
  if (Object.hasOwn(words.statements, path)) {
    return { statement: (words.statements[path] as readonly string[])[place] as string };
  }
  const limit = /^limits\.([^.]+)\.exceeded$/.exec(path)?.[1];
  if (limit !== undefined) return { statement: words.limitExceeded(limit)[place] };
  if (context.kindOf(path) !== "bool") return undefined;
  return { subject: fieldInWords(path, context), predicate: expected ? words.isTrue : words.isFalse };
}

function negation(
  operand: Expression,
  context: ClauseContext,
  variable: Variable | undefined,
): Phrase | undefined {
  if (operand.kind === "binary" && operand.operator === "in") {
    return membership(operand.left, operand.right, false, context, variable);
  }
  return truth(operand, false, context, variable);
}

const mirrored: Readonly<Record<Comparison, Comparison>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function comparison(
  expression: Expression & { kind: "binary" },
  context: ClauseContext,
  variable: Variable | undefined,
): Phrase | undefined {
  const { left, right } = expression;
  if (!Object.hasOwn(mirrored, expression.operator)) return undefined;
  let operator = expression.operator as Comparison;
  if (right.kind === "bool" && (operator === "==" || operator === "!=")) {
    return truth(left, right.value === (operator === "=="), context, variable);
  }
  let [subject, object] = [left, right];
  if (isConstant(left) && !isConstant(right)) {
    [subject, object] = [right, left];
    operator = mirrored[operator];
  }
  const [a, b] = [noun(subject, context, variable), noun(object, context, variable)];
  if (a === undefined || b === undefined) return undefined;
  const isTime = [subject, object].some((each) => kindOfExpression(each, context) === "timestamp");
  const { compare, compareTimes } = context.words;
  return { subject: a, predicate: `${(isTime ? compareTimes : compare)[operator]} ${b}` };
}

function membership(
  element: Expression,
  range: Expression,
  expected: boolean,
  context: ClauseContext,
  variable: Variable | undefined,
): Phrase | undefined {
  const { words } = context;
  const path = pathOf(range);
  if (path?.startsWith("lists.") === true && expected) {
    const subject = noun(element, context, variable);
    const predicate = words.onList(path.slice("lists.".length));
    return subject === undefined ? undefined : { subject, predicate };
  }
  if (range.kind === "list") {
    const subject = noun(element, context, variable);
    const values = range.items.map((item) => noun(item, context, variable));
    if (subject === undefined || values.length === 0 || values.includes(undefined)) return undefined;
    const known = shortened(values as string[], words);
    return { subject, predicate: expected ? words.oneOf(known) : words.noneOf(known) };
  }
  const list = listOf(range, context);
  const value = noun(element, context, variable);
  if (list === undefined || value === undefined || !expected) return undefined;
  return { subject: list.one, predicate: `${words.compare["=="]} ${value}` };
}

/** Longest pattern that is said in words, in characters. */
const patternSaidMax = 40;
/** Most values of a list that are spelled out. */
const valuesShownMax = 12;

function shortened(values: readonly string[], words: ClauseWords): readonly string[] {
  if (values.length <= valuesShownMax) return values;
  return [...values.slice(0, valuesShownMax), words.more(values.length - valuesShownMax)];
}

// `x.startsWith("a") || x.endsWith("b")` within a macro: one subject, its predicates joined.
function joined(
  expression: Expression & { kind: "logic" },
  context: ClauseContext,
  variable: Variable | undefined,
): Phrase | undefined {
  const phrases = expression.operands.map((each) => phraseOf(each, context, variable));
  const word = expression.operator === "&&" ? context.words.and : context.words.or;
  const subjects = new Set<string>();
  const predicates: string[] = [];
  for (const [place, phrase] of phrases.entries()) {
    // Without parentheses, words cannot tell `a && (b || c)` from `(a && b) || c`.
    if (phrase === undefined || expression.operands[place]?.kind === "logic") return undefined;
    if ("statement" in phrase) return undefined;
    subjects.add(phrase.subject);
    predicates.push(phrase.predicate);
  }
  const [subject] = subjects;
  if (subject === undefined) return undefined;
  if (subjects.size === 1) return { subject, predicate: predicates.join(` ${word} `) };
  return { statement: phrases.map((phrase) => sentence(phrase as Phrase)).join(` ${word} `) };
}

function callPhrase(
  call: Expression & { kind: "call" },
  context: ClauseContext,
  variable: Variable | undefined,
): Phrase | undefined {
  const { name, target, args } = call;
  const { words } = context;
  const [first, second] = args;
  if (target === undefined) {
    if (name !== "has" || first === undefined) return undefined;
    const path = pathOf(first);
    return path === undefined ? undefined : { subject: fieldInWords(path, context), predicate: words.known };
  }
  if (["exists", "all", "exists_one"].includes(name)) {
    if (first?.kind !== "name" || second === undefined || variable !== undefined) return undefined;
    return macroPhrase(name, target, first.name, second, context);
  }
  const tests = { contains: words.contains, startsWith: words.startsWith, endsWith: words.endsWith };
  const subject = noun(target, context, variable);
  if (subject === undefined || first === undefined) return undefined;
  if (name === "matches") {
    if (first.kind !== "string") return undefined;
    const isLong = first.value.length > patternSaidMax;
    return { subject, predicate: isLong ? words.matchesLong : words.matches(first.value) };
  }
  if (!Object.hasOwn(tests, name)) return undefined;
  const value = noun(first, context, variable);
  if (value === undefined) return undefined;
  return { subject, predicate: tests[name as keyof typeof tests](value) };
}

function macroPhrase(
  name: string,
  target: Expression,
  variable: string,
  predicate: Expression,
  context: ClauseContext,
): Phrase | undefined {
  const list = listOf(target, context);
  if (list === undefined) return undefined;
  const element = name === "exists" ? list.one : name === "all" ? list.every : list.exactlyOne;
  const phrase = phraseOf(predicate, context, { name: variable, words: element });
  // Words for a predicate that is about something else than the element would be misleading.
  if (phrase === undefined || "statement" in phrase || phrase.subject !== element) return undefined;
  return phrase;
}

/** What an operand is called. */
function noun(
  expression: Expression,
  context: ClauseContext,
  variable: Variable | undefined,
): string | undefined {
  const { words } = context;
  switch (expression.kind) {
    case "int":
      return String(expression.value);
    case "string":
      return words.quote(expression.value);
    case "bool":
      return expression.value ? words.yes : words.no;
    case "unary":
      if (expression.operator === "-" && expression.operand.kind === "int") {
        return `-${expression.operand.value}`;
      }
      return undefined;
    case "name":
    case "select": {
      if (expression.kind === "name" && expression.name === variable?.name) return variable.words;
      const path = pathOf(expression);
      if (path === undefined || context.kindOf(path) === undefined) return undefined;
      return fieldInWords(path, context);
    }
    case "binary": {
      const word = Object.hasOwn(words.arithmetic, expression.operator)
        ? words.arithmetic[expression.operator as keyof ClauseWords["arithmetic"]]
        : undefined;
      // Deeper arithmetic would need parentheses, which its source shows better.
      if (word === undefined || [expression.left, expression.right].some(isArithmetic)) return undefined;
      const left = noun(expression.left, context, variable);
      const right = noun(expression.right, context, variable);
      return left === undefined || right === undefined ? undefined : `${left} ${word} ${right}`;
    }
    case "call":
      return callNoun(expression, context, variable);
    case "list":
    case "logic":
    case "index":
    case "conditional":
      return undefined;
  }
}

function callNoun(
  call: Expression & { kind: "call" },
  context: ClauseContext,
  variable: Variable | undefined,
): string | undefined {
  const { name, target, args } = call;
  const argument = target ?? args[0];
  if (argument === undefined) return undefined;
  if (name === "duration" && argument.kind === "string") {
    const ms = readDuration(argument.value);
    return typeof ms === "number" ? durationInWords(ms, context.words) : undefined;
  }
  if (name === "timestamp" && argument.kind === "string") return argument.value;
  if (name !== "size") return undefined;
  const list = listOf(argument, context);
  if (list !== undefined) return list.count;
  const of = noun(argument, context, variable);
  return of === undefined ? undefined : context.words.length(of);
}

function listOf(expression: Expression, context: ClauseContext): ListWords | undefined {
  const { words } = context;
  if (expression.kind === "call" && expression.name === "hits" && expression.target !== undefined) {
    const list = pathOf(expression.target);
    const [of] = expression.args;
    const looked = of && noun(of, context, undefined);
    if (list?.startsWith("lists.") !== true || looked === undefined) return undefined;
    return words.hits(list.slice("lists.".length), looked);
  }
  const path = pathOf(expression);
  if (path === undefined || context.kindOf(path) !== "list") return undefined;
  if (Object.hasOwn(words.lists, path)) return words.lists[path];
  return words.anyList(fieldInWords(path, context));
}

function kindOfExpression(expression: Expression, context: ClauseContext): ValueKind | undefined {
  if (expression.kind === "call") return expression.name === "timestamp" ? "timestamp" : undefined;
  const path = pathOf(expression);
  return path === undefined ? undefined : context.kindOf(path);
}

function isConstant(expression: Expression): boolean {
  if (expression.kind === "call") return expression.name === "duration" || expression.name === "timestamp";
  return ["int", "string", "bool", "list"].includes(expression.kind);
}

function isArithmetic(expression: Expression): boolean {
  return expression.kind === "binary" && expression.operator !== "in";
}

/** `a.b.c` as written; `undefined` for what is no path. */
function pathOf(expression: Expression): FieldPath | undefined {
  if (expression.kind === "name") return expression.name;
  if (expression.kind !== "select") return undefined;
  const target = pathOf(expression.target);
  return target === undefined ? undefined : `${target}.${expression.field}`;
}

function counterInWords(counter: Counter, words: ClauseWords): string {
  const { kind, of, where } = counter;
  const window = durationInWords(counter.overMs, words);
  const by = byWords(counter.by, words);
  const isFiltered = where !== undefined;
  const what = of === undefined ? "" : plainNoun(of, words);
  if (kind === "first") return words.since(by, window, isFiltered);
  const different = of === "actor.id" ? words.distinctActors : words.distinct(what);
  const counted = kind === "count" ? words.events : kind === "sum" ? words.sum(what) : different;
  return words.count(counted, by, window, isFiltered);
}

function byWords(by: readonly FieldPath[], words: ClauseWords): string | undefined {
  const others = by.filter((path) => path !== "actor.id").map((path) => plainNoun(path, words));
  const parts = [
    ...(others.length < by.length ? [words.thisActor] : []),
    ...(others.length === 0 ? [] : [words.sameAs(others)]),
  ];
  return parts.length === 0 ? undefined : parts.join(" ");
}

function plainNoun(path: FieldPath, words: ClauseWords): string {
  if (Object.hasOwn(words.fields, path)) return words.fields[path] as string;
  if (Object.hasOwn(words.lists, path)) return (words.lists[path] as ListWords).item;
  return path;
}
