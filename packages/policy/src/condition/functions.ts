// SPDX-License-Identifier: Apache-2.0
// Calls: the functions of the subset, its macros, and a reason for each of CEL's that it leaves out.
import type { Expression } from "./ast.ts";
import { chainOf, check, checkAs, report } from "./check.ts";
import type { Checker } from "./check.ts";
import { suggest } from "../names.ts";
import { checkHits, entriesOf, reportEntries } from "./entries.ts";
import { compilePattern } from "./pattern.ts";
import { resolveChain } from "./scope.ts";
import { readDuration, readTimestamp } from "./time.ts";
import type { TimeFault } from "./time.ts";
import type { MacroName, Operation, Typed } from "./typed.ts";
import { boolType, durationType, intType, showType, stringType, timestampType } from "./types.ts";
import type { ConditionType } from "./types.ts";

type Call = Expression & { kind: "call" };

const macroNames: readonly string[] = ["all", "exists", "exists_one", "filter", "map"];
const textTests: readonly string[] = ["contains", "startsWith", "endsWith"];
/** How much of a duration each gives: whole units, cut towards zero. */
const durationParts: Readonly<Record<string, Operation>> = {
  getHours: "hours",
  getMinutes: "minutes",
  getSeconds: "seconds",
};
const functionNames = [
  "size",
  "matches",
  "duration",
  "timestamp",
  "has",
  "lowerAscii",
  ...textTests,
  ...Object.keys(durationParts),
  ...macroNames,
];

const wholeTexts = "texts are asked with contains, startsWith, endsWith and matches";
const elementsOnly = "macros go over the elements of a list";

/** Functions of CEL and its common extensions that are left out, and why or what to use instead. */
const leftOut: Readonly<Record<string, string>> = {
  double: "a sealed decision is made with integers only",
  int: "values keep the type that they are declared with",
  uint: "integers here are signed",
  string: "values keep the type that they are declared with",
  bytes: "there are no bytes here",
  bool: "values keep the type that they are declared with",
  dyn: "every value has a type that is known when the policy is loaded",
  type: "every value has a type that is known when the policy is loaded",
  now: "a condition has no clock; use actor.age",
  upperAscii: "use lowerAscii()",
  existsOne: "write exists_one",
  transformList: elementsOnly,
  transformMap: elementsOnly,
  transformMapEntry: elementsOnly,
  charAt: wholeTexts,
  format: wholeTexts,
  indexOf: wholeTexts,
  join: wholeTexts,
  lastIndexOf: wholeTexts,
  quote: wholeTexts,
  replace: wholeTexts,
  reverse: wholeTexts,
  split: wholeTexts,
  substring: wholeTexts,
  trim: wholeTexts,
};

/** Groups of functions that CEL's libraries have, and why they are left out. */
const leftOutLibraries: Readonly<Record<string, string>> = {
  base64: "there are no bytes here",
  cel: "write the part where it is used",
  math: "compare the values themselves with && and ||",
  optional: "a missing value makes its clause missing; ask with has()",
  proto: "there are no messages here",
  strings: wholeTexts,
};

/** What other languages call our functions. */
const misnamed: Readonly<Record<string, string>> = {
  len: "size",
  length: "size",
  lower: "lowerAscii",
  toLowerCase: "lowerAscii",
  includes: "contains",
  some: "exists",
  any: "exists",
  every: "all",
};

/** Checks a call of a function, a method or a macro. */
export function checkCall(call: Call, checker: Checker): Typed | undefined {
  const { name, target } = call;
  if (name === "has" && target === undefined) return checkHas(call, checker);
  if (macroNames.includes(name) && target !== undefined) return checkMacro(call, target, checker);
  if (name === "size") return checkSize(call, checker);
  if (name === "matches") return checkMatches(call, checker);
  if (textTests.includes(name) && target !== undefined) return checkTextTest(call, target, checker);
  if (name === "lowerAscii" && target !== undefined) return checkLowerAscii(call, target, checker);
  if (Object.hasOwn(durationParts, name) && target !== undefined)
    return checkDurationPart(call, target, checker);
  if ((name === "duration" || name === "timestamp") && target === undefined)
    return checkTime(call, name, checker);
  const list = name === "hits" && target !== undefined ? entriesOf(target, checker) : undefined;
  if (list !== undefined) return checkHits(call, list, checker);
  return unknownFunction(call, checker);
}

function unknownFunction(call: Call, checker: Checker): undefined {
  const { name, nameStart, target } = call;
  const library = target?.kind === "name" && !checker.variables.has(target.name) ? target.name : "";
  if (Object.hasOwn(leftOutLibraries, library)) {
    return report(checker, {
      code: "unsupported",
      offset: nameStart,
      message: `${library}.${name}() is not part of this language`,
      hint: leftOutLibraries[library] as string,
    });
  }
  const reason = Object.hasOwn(leftOut, name) ? leftOut[name] : undefined;
  const part = /^get[A-Z]/.test(name) && !Object.hasOwn(durationParts, name);
  if (reason !== undefined || part) {
    const hint = reason ?? "parts of a date depend on a time zone";
    return report(checker, {
      code: "unsupported",
      offset: nameStart,
      message: `${name}() is not part of this language`,
      hint,
    });
  }
  if (functionNames.includes(name)) {
    const message = `${name}() ${call.target === undefined ? "is a method" : "is no method"}`;
    const hint = call.target === undefined ? `write VALUE.${name}(…)` : `write ${name}(…)`;
    return report(checker, { code: "unknown-function", offset: nameStart, message, hint });
  }
  const known = Object.hasOwn(misnamed, name) ? `write ${misnamed[name]}()` : undefined;
  const hint = known ?? suggest(name, functionNames) ?? `there are ${functionNames.join(", ")}`;
  return report(checker, {
    code: "unknown-function",
    offset: nameStart,
    message: `there is no function ${name}()`,
    hint,
  });
}

function wrongCount(call: Call, count: string, checker: Checker): undefined {
  return report(checker, {
    code: "wrong-type",
    offset: call.nameStart,
    message: `${call.name}() takes ${count}, and here it has ${call.args.length}`,
  });
}

function checkHas(call: Call, checker: Checker): Typed | undefined {
  const [argument] = call.args;
  if (argument === undefined || call.args.length !== 1) return wrongCount(call, "one argument", checker);
  const chain = chainOf(argument);
  if (chain === undefined || chain.length < 2 || checker.variables.has(chain[0]?.name ?? "")) {
    const message = "has() asks for a field by its path, such as has(actor.age)";
    return report(checker, { code: "wrong-type", offset: argument.start, message });
  }
  const resolved = resolveChain(chain, checker.scope);
  if ("code" in resolved) return report(checker, resolved);
  if (resolved.taken < chain.length) return check(argument, checker) && undefined;
  if (resolved.field.type.kind === "entries") {
    return reportEntries(argument.start, resolved.field.path, checker);
  }
  return { kind: "has", field: resolved.field, type: boolType, start: call.start, end: call.end };
}

function checkSize(call: Call, checker: Checker): Typed | undefined {
  const args = call.target === undefined ? call.args : [call.target, ...call.args];
  const [argument] = args;
  if (argument === undefined || args.length !== 1) {
    return wrongCount(call, call.target === undefined ? "one argument" : "no argument", checker);
  }
  const typed = check(argument, checker);
  if (typed === undefined) return undefined;
  if (typed.type.kind !== "string" && typed.type.kind !== "list") {
    const message = `only a string or a list has a size, and this is ${showType(typed.type)}`;
    return report(checker, { code: "wrong-type", offset: argument.start, message });
  }
  const operation: Operation = typed.type.kind === "string" ? "stringSize" : "listSize";
  return { kind: "operation", operation, args: [typed], type: intType, start: call.start, end: call.end };
}

function checkTextTest(call: Call, target: Expression, checker: Checker): Typed | undefined {
  const [argument] = call.args;
  if (argument === undefined || call.args.length !== 1) return wrongCount(call, "one argument", checker);
  const text = checkTextTarget(call, target, checker);
  const part = checkAs(argument, stringType, `the argument of ${call.name}()`, checker);
  if (text === undefined || part === undefined) return undefined;
  const operation = call.name as Operation;
  return {
    kind: "operation",
    operation,
    args: [text, part],
    type: boolType,
    start: call.start,
    end: call.end,
  };
}

function checkLowerAscii(call: Call, target: Expression, checker: Checker): Typed | undefined {
  if (call.args.length > 0) return wrongCount(call, "no argument", checker);
  const text = checkTextTarget(call, target, checker);
  const { start, end } = call;
  return text && { kind: "operation", operation: "lowerAscii", args: [text], type: stringType, start, end };
}

/** Of a duration there are whole hours; of a timestamp there would be the hour of some time zone's clock. */
function checkDurationPart(call: Call, target: Expression, checker: Checker): Typed | undefined {
  const typed = check(target, checker);
  if (typed === undefined) return undefined;
  if (typed.type.kind === "timestamp") {
    return report(checker, {
      code: "unsupported",
      offset: call.nameStart,
      message: `${call.name}() of a timestamp is not part of this language`,
      hint: "parts of a date depend on a time zone",
    });
  }
  if (call.args.length > 0) return wrongCount(call, "no argument", checker);
  if (typed.type.kind !== "duration") {
    const message = `${call.name}() is a method of duration, and this is ${showType(typed.type)}`;
    return report(checker, { code: "wrong-type", offset: target.start, message });
  }
  const operation = durationParts[call.name] as Operation;
  return { kind: "operation", operation, args: [typed], type: intType, start: call.start, end: call.end };
}

/** A list's `contains` is a frequent slip: it gets a hint of its own. */
function checkTextTarget(call: Call, target: Expression, checker: Checker): Typed | undefined {
  const text = check(target, checker);
  if (text === undefined || text.type.kind === "string") return text;
  return report(checker, {
    code: "wrong-type",
    offset: target.start,
    message: `${call.name}() is a method of string, and this is ${showType(text.type)}`,
    ...(text.type.kind === "list" && {
      hint: `ask whether a value is in it with in, or use exists(x, x.${call.name}(…))`,
    }),
  });
}

function checkMatches(call: Call, checker: Checker): Typed | undefined {
  const args = call.target === undefined ? call.args : [call.target, ...call.args];
  const [target, pattern] = args;
  if (target === undefined || pattern === undefined || args.length !== 2) {
    return wrongCount(call, call.target === undefined ? "two arguments" : "one argument", checker);
  }
  const text = checkTextTarget(call, target, checker);
  if (pattern.kind !== "string") {
    const message = "a pattern must be a literal, so that it can be checked when the policy is loaded";
    return report(checker, { code: "wrong-type", offset: pattern.start, message });
  }
  const compiled = compilePattern(pattern.value);
  if (typeof compiled === "string") {
    return report(checker, {
      code: "bad-pattern",
      offset: pattern.start,
      message: compiled,
      ...patternHint(pattern.value),
    });
  }
  return (
    text && {
      kind: "matches",
      target: text,
      pattern: compiled,
      type: boolType,
      start: call.start,
      end: call.end,
    }
  );
}

function patternHint(pattern: string): { hint?: string } {
  if (/\(\?(?:[=!]|<[=!])/.test(pattern) || /\\[1-9]/.test(pattern)) {
    return { hint: "patterns have RE2's syntax: no lookaround and no backreference" };
  }
  return {};
}

const timeFaults: Readonly<Record<"duration" | "timestamp", Readonly<Record<TimeFault, string>>>> = {
  duration: {
    form: "write it as in duration('24h') or duration('1h30m'); units are h, m, s and ms",
    fraction: "the smallest unit is a millisecond",
    range: "the largest duration is 2562047h",
  },
  timestamp: {
    form: "write it as in timestamp('2026-01-31T12:00:00Z')",
    fraction: "the smallest unit is a millisecond",
    range: "timestamps are from the year 1 to 9999",
  },
};

function checkTime(call: Call, name: "duration" | "timestamp", checker: Checker): Typed | undefined {
  const [argument] = call.args;
  if (argument === undefined || call.args.length !== 1) return wrongCount(call, "one argument", checker);
  if (argument.kind !== "string") {
    const message = `${name}() takes a literal, so that it can be checked when the policy is loaded`;
    return report(checker, {
      code: "wrong-type",
      offset: argument.start,
      message,
      hint: timeFaults[name].form,
    });
  }
  const value = name === "duration" ? readDuration(argument.value) : readTimestamp(argument.value);
  if (typeof value === "string") {
    const message = `${JSON.stringify(argument.value)} is no ${name} of this language`;
    return report(checker, {
      code: "bad-literal",
      offset: argument.start,
      message,
      hint: timeFaults[name][value],
    });
  }
  const type = name === "duration" ? durationType : timestampType;
  return { kind: "constant", value, type, start: call.start, end: call.end };
}

function checkMacro(call: Call, target: Expression, checker: Checker): Typed | undefined {
  const macro = call.name as MacroName;
  const filtered = macro === "map" && call.args.length === 3;
  if (!filtered && call.args.length === 3 && call.args[0]?.kind === "name" && call.args[1]?.kind === "name") {
    return report(checker, {
      code: "unsupported",
      offset: call.nameStart,
      message: `${macro}() with two names is not part of this language`,
      hint: elementsOnly,
    });
  }
  if (call.args.length !== 2 && !filtered) {
    const count =
      macro === "map" ? "two or three arguments" : "two arguments: a name, and what to ask of each element";
    return wrongCount(call, count, checker);
  }
  const [name, second, third] = call.args as [Expression, Expression, Expression | undefined];
  const range = check(target, checker);
  if (name.kind !== "name") {
    const message = `the first argument of ${macro}() names the element, such as x`;
    return report(checker, { code: "condition-syntax", offset: name.start, message });
  }
  if (range === undefined) return undefined;
  if (range.type.kind !== "list") {
    const message = `${macro}() goes over a list, and this is ${showType(range.type)}`;
    return report(checker, { code: "wrong-type", offset: target.start, message });
  }
  const slot = checker.scope.variableSlot();
  const variables = new Map(checker.variables).set(name.name, { slot, type: range.type.of });
  const inner: Checker = { ...checker, variables };
  const base = { kind: "macro", macro, range, slot, start: call.start, end: call.end } as const;
  if (macro !== "map") {
    const predicate = checkAs(second, boolType, `what ${macro}() asks of each element`, inner);
    const type: ConditionType = macro === "filter" ? range.type : boolType;
    return predicate && { ...base, predicate, type };
  }
  const predicate = filtered ? checkAs(second, boolType, "the condition of map()", inner) : undefined;
  const transform = check(third ?? second, inner);
  if (transform === undefined || (filtered && predicate === undefined)) return undefined;
  return { ...base, ...(predicate && { predicate }), transform, type: { kind: "list", of: transform.type } };
}
