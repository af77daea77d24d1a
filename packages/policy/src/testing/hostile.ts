// SPDX-License-Identifier: Apache-2.0
// Texts that are hardly ever conditions: random characters and words, conditions with something cut out,
// put in or repeated, and very deep ones. Loading must end with a condition or with problems for any of them.
import { loadCondition } from "../condition/condition.ts";
import type { Scope } from "../condition/scope.ts";
import type { FieldSlot } from "../condition/typed.ts";
import { environment, randomExpression, randomKind, typeOfKind } from "./expressions.ts";
import type { Chance } from "./expressions.ts";

const words = (
  "( ) [ ] { } . , ? : + - * / % ! && || == != < <= > >= in = & | ' \" ''' r' b\" \\ \\n \\u00 \\x4 " +
  "\\777 // ` ; @ # $ 0 1 0x 0xg 1.5 1e9 9223372036854775808 1u true false null has size matches duration " +
  "timestamp exists all map filter x y actor actor.age content.text signals.links counters lists.bad " +
  "limits.posts fields.a standing signals.words '^(a+)+$' '24h' '(((' '[' '\\\\p{' if for while package " +
  "é 😀 \ud800 \0 \u2028 \ufeff constructor __proto__"
).split(" ");

/** A hostile condition. */
export function randomHostile(chance: Chance): string {
  switch (chance(5)) {
    case 0:
      return Array.from({ length: chance(60) }, () =>
        String.fromCharCode(chance(chance(2) ? 0x7f : 0x10000)),
      ).join("");
    case 1:
      return Array.from({ length: chance(60) }, () => words[chance(words.length)]).join(chance(2) ? " " : "");
    case 2:
      return deep(chance);
    default:
      return mutated(chance, randomExpression(chance, randomKind(chance), 50));
  }
}

function deep(chance: Chance): string {
  const count = 1 + chance(3_000);
  const opening = words[chance(words.length)] ?? "(";
  const inner = [
    "(",
    "[",
    "!",
    "-",
    "(!",
    "size(",
    "true ? ",
    "[1].map(x, ",
    "a.",
    "actor.age",
    "x in ",
    opening,
  ];
  const closing = ["", ")", "]", " : false", "))"][chance(5)] ?? "";
  return (inner[chance(inner.length)] ?? "").repeat(count) + "1" + closing.repeat(chance(count));
}

function mutated(chance: Chance, source: string): string {
  let text = source;
  for (let count = 1 + chance(4); count > 0; count--) {
    const at = chance(text.length + 1);
    const to = Math.min(text.length, at + chance(8));
    const word = words[chance(words.length)] ?? "";
    const middle = [word, text.slice(at, to).repeat(1 + chance(5)), ""][chance(3)] ?? "";
    text = text.slice(0, at) + middle + text.slice(chance(2) ? to : at);
  }
  return text;
}

/** Loads a condition; throws if loading throws, or says something about no place of the text. */
export function loadHostile(source: string): "condition" | "problems" {
  let count = 1_000;
  const slots = new Map<string, FieldSlot>();
  const scope: Scope = {
    paths: Object.keys(environment),
    field(path) {
      const kind = Object.hasOwn(environment, path) ? environment[path] : undefined;
      if (kind === undefined) return undefined;
      const slot = {
        path,
        type: typeOfKind(kind),
        slot: slots.size,
        personal: false,
        lengthMax: 200,
        itemsMax: 16,
      };
      slots.set(path, slots.get(path) ?? slot);
      return slots.get(path);
    },
    variableSlot: () => count++,
  };
  const loaded = loadCondition(source, scope);
  if ("clauses" in loaded) return "condition";
  for (const { offset, message } of loaded) {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > source.length || message === "") {
      throw new Error(`a problem at ${offset} of ${source.length} characters: ${message}`);
    }
  }
  if (loaded.length === 0) throw new Error("neither a condition nor a problem");
  return "problems";
}
