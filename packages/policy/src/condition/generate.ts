// SPDX-License-Identifier: Apache-2.0
// JavaScript for the clauses of a plan: several times as fast as closures, since the engine sees one function
// where closures are calls through pointers. The text of a generated function is made of slots, places and
// numbers only; whatever a policy says (texts, names, patterns) is handed over as a value beside it, so that
// no policy can write code. Where making functions from text is not allowed, as under a browser's content
// security policy, closures do the same, and a test compares both.
import { binaryOperations, compile, unaryOperations } from "./compile.ts";
import type { Frame } from "./compile.ts";
import { add, multiply, subtract } from "./integers.ts";
import { keyOf } from "./key.ts";
import type { Literals } from "./pattern.ts";
import { createWordFinders, isWord } from "./words.ts";
import type { WordFinder } from "./words.ts";
import type { Operation, Typed } from "./typed.ts";
import type { Value } from "./types.ts";

/** A clause and the place of its result. */
export type PlacedClause = { readonly typed: Typed; readonly place: number };

/** Runs clauses: reads the frame, and writes their results. */
export type ClausesRunner = (frame: Frame, results: Uint8Array) => void;

/** Clauses of one generated function: larger functions are not optimised by the engine. */
const clausesPerFunction = 32;

/** Whether functions may be made from text here. */
export function mayGenerate(): boolean {
  try {
    // oxlint-disable-next-line no-new-func, no-implied-eval -- the text is a constant
    return new Function("return true")() === true;
  } catch {
    return false;
  }
}

/** Functions that run the clauses, in order. */
export function generateRunners(clauses: readonly PlacedClause[]): ClausesRunner[] {
  const finders = createWordFinders(clauses.map(({ typed }) => typed));
  const runners = [...finders.values()].map(
    ({ scan }): ClausesRunner =>
      (frame) =>
        scan(frame),
  );
  for (let from = 0; from < clauses.length; from += clausesPerFunction) {
    const writer = createWriter(finders);
    for (const { typed, place } of clauses.slice(from, from + clausesPerFunction)) {
      writer.lines.push(`results[${place}] = ${resultText(write(writer, typed))};`);
    }
    const fields = [...writer.slots].map((slot) => `const f${slot} = frame[${slot}];`);
    const lines = ["let quick;", ...fields, ...writer.lines];
    const body = `return (frame, results) => {\n${lines.join("\n")}\n};`;
    runners.push(makeFunction(body, writer.constants) as ClausesRunner);
  }
  return runners;
}

/** The text of clauses for a function that holds values in `f0`, `f1`, … by their slots. */
export type ClauseTexts = {
  readonly lines: readonly string[];
  /** The clauses' results, by their places. */
  readonly results: ReadonlyMap<number, string>;
};

/**
 * Writes clauses that read nothing but values, each by itself.
 *
 * @param constants are added to
 * @returns `undefined` if a clause has parts that are left to closures
 */
export function writeClauses(
  clauses: readonly PlacedClause[],
  constants: unknown[],
): ClauseTexts | undefined {
  if (clauses.length > clausesPerFunction) return undefined;
  if (createWordFinders(clauses.map(({ typed }) => typed)).size > 0) return undefined;
  const writer: Writer = { ...createWriter(new Map()), constants };
  const results = new Map<number, string>();
  for (const { typed, place } of clauses) results.set(place, resultText(write(writer, typed)));
  return writer.lines.some((line) => line.includes("(frame)")) ? undefined : { lines: writer.lines, results };
}

function resultText({ text, maybeMissing }: Written): string {
  return `${maybeMissing ? `${text} === undefined ? 2 : ` : ""}${text} ? 1 : 0`;
}

/** Makes a function of a text; its constants are `k0`, `k1`, …. */
export function makeFunction(body: string, constants: readonly unknown[]): unknown {
  const names = constants.map((_, index) => `const k${index} = constants[${index}];`).join("\n");
  // oxlint-disable-next-line no-new-func, no-implied-eval -- the text holds slots and numbers only, see above
  return new Function("constants", `"use strict";\n${names}\n${body}`)(constants) as unknown;
}

type Writer = {
  readonly constants: unknown[];
  readonly lines: string[];
  readonly slots: Set<number>;
  /** What has been computed already, by its key. */
  readonly known: Map<string, Written>;
  readonly finders: ReadonlyMap<number, WordFinder>;
};

/** An expression of JavaScript without side effects: a name or a literal. */
type Written = { readonly text: string; readonly maybeMissing: boolean };

function createWriter(finders: Writer["finders"]): Writer {
  return { constants: [], lines: [], slots: new Set(), known: new Map(), finders };
}

/** Writes what computes an expression, unless it has been computed, and gives the name of its value. */
function write(writer: Writer, typed: Typed): Written {
  if (typed.kind === "constant") return writeConstant(writer, typed.value);
  if (typed.kind === "field" || typed.kind === "has") {
    const { slot } = typed.field;
    writer.slots.add(slot);
    if (typed.kind === "field") return { text: `f${slot}`, maybeMissing: true };
    return { text: `(f${slot} !== undefined)`, maybeMissing: false };
  }
  const key = keyOf(typed);
  const known = writer.known.get(key);
  if (known !== undefined) return known;
  const text = writeNode(writer, typed);
  const written = { text: `t${writer.known.size}`, maybeMissing: true };
  writer.known.set(key, written);
  writer.lines.push(`const ${written.text} = ${text};`);
  return written;
}

function writeConstant(writer: Writer, value: Value): Written {
  const isPlain = typeof value === "number" || typeof value === "boolean";
  const own = typeof value === "string" ? interned(value) : value;
  return { text: isPlain ? `(${value})` : constant(writer, own), maybeMissing: value === undefined };
}

/** The same text as names of properties are kept: one of each, which engines compare without reading it. */
function interned(text: string): string {
  return Object.keys({ [text]: true })[0] ?? text;
}

/** The name of a value that is handed over beside the text. */
function constant(writer: Writer, value: unknown): string {
  const at = writer.constants.indexOf(value);
  return at >= 0 ? `k${at}` : `k${writer.constants.push(value) - 1}`;
}

function writeNode(writer: Writer, typed: Typed): string {
  if (typed.kind === "not") {
    const operand = write(writer, typed.operand);
    return ifPresent([operand], `!${operand.text}`);
  }
  if (typed.kind === "matches") {
    const target = write(writer, typed.target);
    const { literals, test, run } = typed.pattern;
    const finder = typed.target.kind === "field" ? writer.finders.get(typed.target.field.slot) : undefined;
    if (finder === undefined || literals === undefined) {
      return ifPresent([target], `${constant(writer, test)}(${target.text})`);
    }
    const seen = writeSeen(writer, finder, literals);
    return ifPresent([target], `${seen} && ${constant(writer, run)}(${target.text})`);
  }
  if (typed.kind === "operation") return writeOperation(writer, typed.operation, typed.args);
  // What has parts that need not be computed is left to closures: macros, branches, lists of entries.
  return `${constant(writer, compile(typed))}(frame)`;
}

/** Operators that JavaScript has too, of values that aren't lists. */
const operators: Partial<Record<Operation, string>> = {
  equal: "===",
  notEqual: "!==",
  less: "<",
  lessOrEqual: "<=",
  greater: ">",
  greaterOrEqual: ">=",
  concat: "+",
};
const textTests: readonly Operation[] = ["contains", "startsWith", "endsWith"];
const methods: Partial<Record<Operation, string>> = { contains: "includes" };

function writeOperation(writer: Writer, operation: Operation, args: readonly Typed[]): string {
  const [first, second] = args as [Typed, Typed | undefined];
  const left = write(writer, first);
  if (second === undefined) {
    return ifPresent([left], `${constant(writer, unaryOperations[operation])}(${left.text})`);
  }
  if (operation === "in" && second.kind === "list" && isScalar(first)) {
    const members = constantsOf(second.items);
    if (members !== undefined) return ifPresent([left], writeMembership(writer, left, members));
  }
  const right = write(writer, second);
  const operator = isScalar(first) ? operators[operation] : undefined;
  if (operator !== undefined) return ifPresent([left, right], `${left.text} ${operator} ${right.text}`);
  const finder = first.kind === "field" ? writer.finders.get(first.field.slot) : undefined;
  if (
    operation === "contains" &&
    finder !== undefined &&
    second.kind === "constant" &&
    isWord(second.value)
  ) {
    return ifPresent([left], writeSeen(writer, finder, { kind: "text", text: second.value }));
  }
  if (textTests.includes(operation)) {
    return ifPresent([left, right], `${left.text}.${methods[operation] ?? operation}(${right.text})`);
  }
  const arithmetic = arithmeticSigns[operation];
  if (arithmetic !== undefined)
    return ifPresent([left, right], writeArithmetic(writer, arithmetic, left, right));
  const apply = constant(writer, binaryOperations[operation]);
  return ifPresent([left, right], `${apply}(${left.text}, ${right.text})`);
}

/** Whether the pass over a text has seen what is looked for. */
function writeSeen(writer: Writer, finder: WordFinder, literals: Literals): string {
  if (literals.kind === "text") {
    return `${constant(writer, finder.seen)}[${finder.numbers.get(literals.text) ?? 0}] === 1`;
  }
  const parts = literals.parts.map((part) => writeSeen(writer, finder, part));
  return `(${parts.join(literals.kind === "all" ? " && " : " || ")})`;
}

const arithmeticSigns: Partial<Record<Operation, ArithmeticSign>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
};
type ArithmeticSign = "+" | "-" | "*";
const exactArithmetic: Readonly<Record<ArithmeticSign, unknown>> = { "+": add, "-": subtract, "*": multiply };

/** A result that is safe is exact; any other is computed again, exactly. Adding 0 turns -0 into 0. */
function writeArithmetic(writer: Writer, sign: ArithmeticSign, left: Written, right: Written): string {
  const exact = constant(writer, exactArithmetic[sign]);
  const result = `(quick = ${left.text} ${sign} ${right.text}${sign === "*" ? " + 0" : ""})`;
  const numbers = [left, right].map(({ text }) => `typeof ${text} === "number"`).join(" && ");
  return `${numbers} && Number.isSafeInteger(${result}) ? quick : ${exact}(${left.text}, ${right.text})`;
}

/** Few members are compared one by one: that is faster than a set until there are many. */
const comparedMembersMax = 8;

function writeMembership(writer: Writer, { text }: Written, members: ReadonlySet<Value>): string {
  if (members.size > comparedMembersMax || members.size === 0)
    return `${constant(writer, members)}.has(${text})`;
  const compared = [...members].map((member) => `${text} === ${writeConstant(writer, member).text}`);
  return `(${compared.join(" || ")})`;
}

function isScalar(typed: Typed): boolean {
  return typed.type.kind !== "list" && typed.type.kind !== "nothing";
}

function constantsOf(items: readonly Typed[]): ReadonlySet<Value> | undefined {
  const members = new Set<Value>();
  for (const item of items) {
    if (item.kind !== "constant") return undefined;
    members.add(item.value);
  }
  return members;
}

function ifPresent(operands: readonly Written[], text: string): string {
  const maybe = operands.filter(({ maybeMissing }) => maybeMissing);
  if (maybe.length === 0) return text;
  return `${maybe.map((each) => `${each.text} === undefined`).join(" || ")} ? undefined : (${text})`;
}
