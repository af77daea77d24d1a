// SPDX-License-Identifier: Apache-2.0
// What may stand at a place of a policy file, and what stands there. It reads lines and indentation only, so
// that it also answers while the file is half written.
import { functions, keysOf, placeOf, valuesOf } from "./constructs.ts";
import type { Construct, Place } from "./constructs.ts";

/** What may be written from `from` on, in place of what stands before the cursor. */
export type Completion = { readonly from: number; readonly options: readonly Construct[] };

type Line = { readonly indent: number; readonly key: string | undefined; readonly isItem: boolean };

const declaring = ["counters", "limits", "lists", "models", "lookups"] as const;
const below: Readonly<Record<(typeof declaring)[number], readonly string[]>> = {
  counters: [""],
  limits: [".exceeded", ".wait"],
  lists: [""],
  models: [".score", ".known"],
  lookups: [".listed", ".codes"],
};

/**
 * What may stand at a place.
 *
 * @param offset in UTF-16 units
 * @param paths what conditions may read besides what the file declares
 */
export function complete(text: string, offset: number, paths: readonly Construct[]): Completion | undefined {
  const lineFrom = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(lineFrom, offset);
  if (/^\s*#/.test(before)) return undefined;
  const path = pathAt(text, offset);
  const key = keyBefore(before);
  if (key === "when" || key === "where" || (key === undefined && isInCondition(text, lineFrom))) {
    return inCondition(text, offset, before, paths);
  }
  const place = placeOf(path);
  if (place === undefined) return undefined;
  const [word = ""] = /[\w-]*$/.exec(before) ?? [];
  const from = offset - word.length;
  if (key !== undefined) {
    const options = valuesOf(place, key);
    return options.length === 0 ? undefined : { from, options };
  }
  if (!/(^|[-{,]|^\s+)\s*$/.test(before.slice(0, before.length - word.length))) return undefined;
  return { from, options: keysOf(place) };
}

/** What stands at a place, if it is a construct: its name and what it is. */
export function constructAt(
  text: string,
  offset: number,
  paths: readonly Construct[],
): Construct | undefined {
  const start = offset - (/[\w.]*$/.exec(text.slice(Math.max(0, offset - 100), offset))?.[0].length ?? 0);
  const [word = ""] = /^[\w.]+/.exec(text.slice(start, start + 200)) ?? [];
  if (word === "") return undefined;
  const end = start + word.length;
  if (/^\s*:/.test(text.slice(end, end + 3))) {
    const place = placeOf(pathAt(text, start));
    return place === undefined ? undefined : keysOf(place).find(({ name }) => name === word);
  }
  const last = word.slice(word.lastIndexOf(".") + 1);
  const found = paths.find(({ name }) => name === word || word.startsWith(`${name}.`));
  const called = text[end] === "(" ? functions.find(({ name }) => name === last) : undefined;
  return called ?? found ?? valueAt(text, start, word);
}

/** The keys from the top of the file down to where a place is; items of lists have none of their own. */
export function pathAt(text: string, offset: number): string[] {
  const lineFrom = text.lastIndexOf("\n", offset - 1) + 1;
  const current = text.slice(lineFrom, offset);
  const path: string[] = [];
  let indent = lineOf(`${current}x`).indent;
  const lines = text.slice(0, lineFrom).split("\n").slice(0, -1);
  for (let at = lines.length - 1; at >= 0 && indent > 0; at--) {
    const written = lines[at] ?? "";
    if (/^\s*(#|$)/.test(written)) continue;
    const line = lineOf(written);
    if (line.indent >= indent) continue;
    if (line.key !== undefined) path.unshift(line.key);
    indent = line.indent;
    // The dash of an item belongs to the list above it.
    if (line.isItem) indent = Math.max(0, /^\s*/.exec(written)?.[0].length ?? 0) + 1;
  }
  return [...path, ...flowKeys(current)];
}

/** Keys of the mappings in braces that are open at the end of a line. */
function flowKeys(before: string): string[] {
  const open: string[] = [];
  for (let at = 0; at < before.length; at++) {
    const character = before[at];
    if (character === "{") {
      const [, key] = /(?:^|[\s{,-])([\w-]+):\s*$/.exec(before.slice(0, at)) ?? [];
      open.push(key ?? "");
    } else if (character === "}") open.pop();
  }
  return open.filter((key) => key !== "");
}

// `- id: x` begins an item, whose keys stand where its first does.
function lineOf(text: string): Line {
  const [whole = "", dashes = ""] = /^\s*((?:-\s+)*)/.exec(text) ?? [];
  const [, key] = /^([\w-]+):(\s|$)/.exec(text.slice(whole.length)) ?? [];
  return { indent: whole.length, key, isItem: dashes !== "" };
}

function keyBefore(before: string): string | undefined {
  const [, key] = /(?:^|[\s{,])([\w-]+):\s+[^{},]*$/.exec(before) ?? [];
  if (key !== undefined) return key;
  // A condition may hold braces and commas of its own.
  const [, condition] = /(?:^|[\s{,])(when|where):\s/.exec(before) ?? [];
  return condition;
}

// The lines of a folded text stand below its key, further in.
function isInCondition(text: string, lineFrom: number): boolean {
  const lines = text.slice(0, lineFrom).split("\n").slice(0, -1);
  const indent = /^\s*/.exec(text.slice(lineFrom))?.[0].length ?? 0;
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    if (lineOf(line).indent < indent || /^\s*-\s/.test(line))
      return /(when|where):\s*[>|][-+]?\s*$/.test(line);
  }
  return false;
}

function inCondition(text: string, offset: number, before: string, paths: readonly Construct[]): Completion {
  const [word = ""] = /[\w.]*$/.exec(before) ?? [];
  // After a call or an element, only what can be called on it.
  if (word.startsWith(".")) {
    const dot = offset - word.length + 1;
    return { from: dot, options: functions };
  }
  return { from: offset - word.length, options: [...paths, ...declaredIn(text), ...functions] };
}

function valueAt(text: string, start: number, word: string): Construct | undefined {
  const place: Place | undefined = placeOf(pathAt(text, start));
  const lineFrom = text.lastIndexOf("\n", start - 1) + 1;
  const key = keyBefore(text.slice(lineFrom, start));
  if (place === undefined || key === undefined) return undefined;
  return valuesOf(place, key).find(({ name }) => name === word);
}

/** What the file declares by name, as conditions read it. */
export function declaredIn(text: string): Construct[] {
  const found: Construct[] = [];
  for (const section of declaring) {
    for (const [, rest = ""] of text.matchAll(
      new RegExp(`^${section}:([^\\n]*(?:\\n(?:[ \\t]+[^\\n]*)?)*)`, "gm"),
    )) {
      const [, first = ""] = /\n([ \t]+)\S/.exec(rest) ?? [];
      const names = [...rest.matchAll(new RegExp(`^${first}([A-Za-z]\\w*):`, "gm"))].map(([, name]) => name);
      for (const name of first === "" ? [] : names) {
        for (const end of below[section]) {
          found.push({ name: `${section}.${name}${end}`, says: `Declared in this file, under ${section}.` });
        }
      }
    }
  }
  return found;
}
