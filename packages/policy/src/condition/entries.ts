// SPDX-License-Identifier: Apache-2.0
// Lists in conditions: `x in lists.NAME`, and `lists.NAME.hits(x)`. A list is no value; these are all that
// can be asked of one.
import type { ListKind, ListView } from "../types.ts";
import { listHitsMax } from "../types.ts";
import type { Expression } from "./ast.ts";
import { chainOf, check, report } from "./check.ts";
import type { Checker } from "./check.ts";
import type { Closure, Frame } from "./compile.ts";
import { resolveChain } from "./scope.ts";
import { compareStrings } from "./text.ts";
import type { FieldSlot, Typed } from "./typed.ts";
import { boolType, showType, stringListType } from "./types.ts";
import type { Value } from "./types.ts";

/** What the frame holds of a list: a version of it at a point in time. */
export type ListProbe = {
  readonly view: ListView;
  readonly atMs: number;
  /** Where a trace is wanted: the entries that were found are put here. */
  found: Set<string> | undefined;
  /** The text that was looked through last, and what was found: rules ask for the same, and traces again. */
  asked: string | undefined;
  askedSkeleton: boolean;
  answer: readonly string[];
};

/** What the frame holds of a list at a time; nothing has been asked of it. */
export function probeOf(view: ListView, atMs: number): ListProbe {
  return { view, atMs, found: undefined, asked: undefined, askedSkeleton: false, answer: none };
}

const none: readonly string[] = [];

/** The kinds whose entries are looked for in a text, not compared with a value. */
const textKinds: readonly ListKind[] = ["term", "pattern"];

/**
 * The list that an expression names; `undefined` if it names none, `mistaken` if it names one that isn't
 * there: that has been reported.
 */
export function entriesOf(expression: Expression, checker: Checker): FieldSlot | "mistaken" | undefined {
  const chain = chainOf(expression);
  if (chain === undefined || chain[0]?.name !== "lists" || checker.variables.has("lists")) return undefined;
  const resolved = resolveChain(chain, checker.scope);
  if ("code" in resolved) {
    report(checker, resolved);
    return "mistaken";
  }
  return resolved.taken === chain.length && resolved.field.type.kind === "entries"
    ? resolved.field
    : undefined;
}

/** Reports a list that stands where a value is needed. */
export function reportEntries(offset: number, path: string, checker: Checker): undefined {
  return report(checker, {
    code: "wrong-type",
    offset,
    message: `"${path}" is a list of entries, not a value`,
    hint: `write x in ${path}, or ${path}.hits(x)`,
  });
}

/** Checks `x in lists.NAME`. */
export function checkMembership(
  expression: Expression & { kind: "binary" },
  list: FieldSlot | "mistaken",
  checker: Checker,
): Typed | undefined {
  const value = check(expression.left, checker);
  if (value === undefined || list === "mistaken") return undefined;
  const { start, end } = expression;
  const kind = kindOf(list);
  if (textKinds.includes(kind)) {
    return report(checker, {
      code: "wrong-type",
      offset: expression.operatorStart,
      message: `"${list.path}" is a list of ${kind}s, which are looked for in a text`,
      hint: `write ${list.path}.hits(signals.normalised).size() > 0`,
    });
  }
  if (value.type.kind !== "string") {
    return report(checker, {
      code: "wrong-type",
      offset: expression.left.start,
      message: `only a string can be in "${list.path}", and this is ${showType(value.type)}`,
      ...(value.type.kind === "list" && { hint: `use exists(x, x in ${list.path})` }),
    });
  }
  if (!isActor(value, list, expression.left.start, checker)) return undefined;
  return { kind: "inEntries", list, value, type: boolType, start, end };
}

/** Checks `lists.NAME.hits(x)`. */
export function checkHits(
  call: Expression & { kind: "call" },
  list: FieldSlot | "mistaken",
  checker: Checker,
): Typed | undefined {
  const [argument] = call.args;
  if (argument === undefined || call.args.length !== 1) {
    const message = `hits() takes one argument, and here it has ${call.args.length}`;
    return report(checker, { code: "wrong-type", offset: call.nameStart, message });
  }
  const value = check(argument, checker);
  if (value === undefined || list === "mistaken") return undefined;
  const { type } = value;
  const isText = type.kind === "string" || (type.kind === "list" && type.of.kind === "string");
  if (!isText) {
    const message = `the argument of hits() must be string or list<string>, but this is ${showType(type)}`;
    return report(checker, { code: "wrong-type", offset: argument.start, message });
  }
  if (!isActor(value, list, argument.start, checker)) return undefined;
  return { kind: "hits", list, value, type: stringListType, start: call.start, end: call.end };
}

/** The closure of `x in lists.NAME`. */
export function compileEntries(list: FieldSlot, value: Closure): Closure {
  const { slot } = list;
  return (frame) => {
    const probe = probeIn(frame, slot);
    const text = value(frame);
    if (probe === undefined || text === undefined) return undefined;
    const entry = probe.view.find(text as string, probe.atMs);
    if (entry !== undefined) probe.found?.add(entry);
    return entry !== undefined;
  };
}

/** Whether an argument of hits() is the skeleton: then terms are looked for in their own skeletons, too. */
export function isSkeleton(value: Typed): boolean {
  return value.kind === "field" && value.field.path === "signals.skeleton";
}

/** The closure of `lists.NAME.hits(x)`: different entries, in the order of their text. */
export function compileHits(list: FieldSlot, value: Closure, skeleton: boolean): Closure {
  const { slot } = list;
  return (frame) => {
    const probe = probeIn(frame, slot);
    const texts = value(frame);
    if (probe === undefined || texts === undefined) return undefined;
    const hits =
      typeof texts === "string"
        ? hitsOfText(probe, texts, skeleton)
        : hitsOfAll(probe, texts as readonly string[]);
    const { found } = probe;
    if (found !== undefined) for (const entry of hits) found.add(entry);
    return hits;
  };
}

function hitsOfText(probe: ListProbe, text: string, skeleton: boolean): readonly string[] {
  if (probe.asked !== text || probe.askedSkeleton !== skeleton) {
    probe.answer = probe.view.hits(text, probe.atMs, skeleton ? "skeleton" : undefined);
    probe.asked = text;
    probe.askedSkeleton = skeleton;
  }
  return probe.answer;
}

function hitsOfAll(probe: ListProbe, texts: readonly string[]): readonly string[] {
  const entries = new Set(texts.flatMap((text) => probe.view.hits(text, probe.atMs)));
  return [...entries].sort(compareStrings).slice(0, listHitsMax);
}

function probeIn(frame: Frame, slot: number): ListProbe | undefined {
  return frame[slot] as ListProbe | undefined;
}

function kindOf(list: FieldSlot): ListKind {
  return list.type.kind === "entries" ? list.type.of : "hash";
}

/** Of persons, a list may be asked for the event's actor only: it holds keyed hashes of account ids. */
function isActor(value: Typed, list: FieldSlot, offset: number, checker: Checker): boolean {
  if (kindOf(list) !== "actor") return true;
  if (value.kind === "field" && value.field.path === "actor.id") return true;
  report(checker, {
    code: "wrong-type",
    offset,
    message: `"${list.path}" is a list of actors, which is asked for actor.id only`,
    hint: `write actor.id in ${list.path}`,
  });
  return false;
}

/** A frame's value that is no list. */
export function isProbe(value: Value): value is ListProbe {
  return typeof value === "object" && !Array.isArray(value);
}
