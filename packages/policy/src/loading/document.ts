// SPDX-License-Identifier: Apache-2.0
// Reading YAML strictly: every node with its place, every mistake collected, nothing guessed.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Node, Scalar, YAMLError } from "yaml";
import type { Problem, ProblemCode } from "../errors.ts";
import { suggest } from "../names.ts";
import type { PolicyFile } from "../types.ts";

/** Largest policy file, in UTF-16 code units. */
export const fileLengthMax = 1_000_000;

/** A file being read, with the problems found in all files so far. */
export type Source = {
  readonly path: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly problems: Problem[];
};

/** A value and where it stands; `node` is null where the value is absent, as in `key:`. */
export type Located = { readonly node: Node | null; readonly offset: number };

/** An entry of a mapping. */
export type Entry = { readonly key: string; readonly keyOffset: number; readonly value: Located };

/** A mapping's entries by key, and where it stands. */
export type Mapping = { readonly entries: ReadonlyMap<string, Entry>; readonly offset: number };

/** The keys of a mapping: those that it may have, and those that it needs. */
export type Keys = {
  readonly known: readonly string[];
  readonly required?: readonly string[];
};

/** Opens a file: its root, or `undefined` if it isn't YAML. */
export function openDocument(
  file: PolicyFile,
  problems: Problem[],
): { readonly source: Source; readonly root: Located | undefined } {
  const lines = new LineCounter();
  const source: Source = { path: file.path, text: file.text, lines, problems };
  if (file.text.length > fileLengthMax) {
    lines.addNewLine(0);
    report(
      source,
      "too-large",
      0,
      `this file has ${file.text.length} characters; the limit is ${fileLengthMax}`,
    );
    return { source, root: undefined };
  }
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, schema: "core" });
  for (const error of [...document.errors, ...document.warnings]) reportYaml(source, error);
  const broken = document.errors.some((error) => error.code !== "DUPLICATE_KEY");
  return {
    source,
    root: broken ? undefined : { node: document.contents, offset: document.contents?.range?.[0] ?? 0 },
  };
}

function reportYaml(source: Source, error: YAMLError): void {
  const [offset] = error.pos;
  if (error.code === "DUPLICATE_KEY") report(source, "duplicate-key", offset, "this key stands twice");
  else if (/call stack/.test(error.message)) report(source, "too-large", offset, "this file nests too deep");
  else report(source, "yaml-syntax", offset, error.message);
}

/** Adds a problem at an offset of the file. */
export function report(
  source: Source,
  code: ProblemCode,
  offset: number,
  message: string,
  hint?: string,
): undefined {
  const { line, col } = source.lines.linePos(offset);
  const place = { file: source.path, line: Math.max(line, 1), column: Math.max(col, 1) };
  source.problems.push({ code, ...place, message, ...(hint === undefined ? {} : { hint }) });
  return undefined;
}

/** Where something is declared, for other messages: `file:line`. */
export function placeOf(source: Source, offset: number): string {
  return `${source.path}:${source.lines.linePos(offset).line}`;
}

/** The entries of a mapping whose keys are free names. */
export function readEntries(source: Source, value: Located, what: string): Mapping | undefined {
  const { node, offset } = value;
  if (!isMap(node)) return wrongKind(source, value, what, "a mapping (key: value)");
  const entries = new Map<string, Entry>();
  for (const pair of node.items) {
    const keyNode = pair.key as Node;
    const keyOffset = keyNode.range?.[0] ?? offset;
    if (!isScalar(keyNode)) {
      report(source, "wrong-kind", keyOffset, `a key of ${what} must be text`);
      continue;
    }
    const key = keyText(source, keyNode);
    const child = pair.value as Node | null;
    const empty = child === null || (isScalar(child) && child.value === null && child.source === "");
    const childOffset = empty ? (keyNode.range?.[1] ?? keyOffset) : (child.range?.[0] ?? keyOffset);
    if (!entries.has(key)) entries.set(key, { key, keyOffset, value: { node: child, offset: childOffset } });
  }
  return { entries, offset };
}

/** The entries of a mapping whose keys are fixed. Keys that it may not have are reported. */
export function readMapping(source: Source, value: Located, what: string, keys: Keys): Mapping | undefined {
  const mapping = readEntries(source, value, what);
  if (mapping === undefined) return undefined;
  for (const { key, keyOffset } of mapping.entries.values()) {
    if (keys.known.includes(key)) continue;
    const hint = suggest(key, keys.known) ?? `${what} may have ${keys.known.join(", ")}`;
    report(source, "unknown-key", keyOffset, `${what} has no key "${key}"`, hint);
  }
  for (const key of keys.required ?? []) {
    if (!mapping.entries.has(key))
      report(source, "missing-key", mapping.offset, `${what} needs the key "${key}"`);
  }
  return mapping;
}

/** Reads the value of a key, if the mapping has it. */
export function readOptional<T>(mapping: Mapping, key: string, read: (value: Located) => T): T | undefined {
  const entry = mapping.entries.get(key);
  return entry === undefined ? undefined : read(entry.value);
}

/** The elements of a list. */
export function readList(
  source: Source,
  value: Located,
  what: string,
  itemsMax: number,
): Located[] | undefined {
  const { node, offset } = value;
  if (!isSeq(node)) return wrongKind(source, value, what, "a list");
  if (node.items.length > itemsMax) {
    return report(
      source,
      "too-large",
      offset,
      `${what} has ${node.items.length} elements; the limit is ${itemsMax}`,
    );
  }
  return (node.items as (Node | null)[]).map((item) => ({ node: item, offset: item?.range?.[0] ?? offset }));
}

/** A text. Numbers and booleans aren't taken for text. */
export function readText(source: Source, value: Located, what: string): string | undefined {
  const { node } = value;
  if (isScalar(node) && typeof node.value === "string") return node.value;
  return wrongKind(source, value, what, "text");
}

/** A whole number from `min` to `max`. */
export function readInteger(
  source: Source,
  value: Located,
  what: string,
  min: number,
  max: number,
): number | undefined {
  const { node, offset } = value;
  if (!isScalar(node) || typeof node.value !== "number" || !Number.isSafeInteger(node.value)) {
    return wrongKind(source, value, what, "a whole number");
  }
  if (node.value >= min && node.value <= max) return node.value;
  return report(
    source,
    "bad-value",
    offset,
    `${what} must be from ${min} to ${max}, and this is ${node.value}`,
  );
}

/** `true` or `false`. */
export function readBoolean(source: Source, value: Located, what: string): boolean | undefined {
  const { node } = value;
  if (isScalar(node) && typeof node.value === "boolean") return node.value;
  return wrongKind(source, value, what, "true or false");
}

/** A key that is there or not: its only value is `true`. */
export function readTrue(source: Source, value: Located, what: string): true | undefined {
  const truth = readBoolean(source, value, what);
  if (truth !== false) return truth;
  return report(source, "bad-value", value.offset, `${what} can only be true`, "leave it out instead");
}

/** One of a few words. */
export function readChoice<T extends string>(
  source: Source,
  value: Located,
  what: string,
  choices: readonly T[],
): T | undefined {
  const text = readText(source, value, what);
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  const hint = suggest(text, choices) ?? `there are ${choices.join(", ")}`;
  return report(source, "bad-value", value.offset, `${what} can't be "${text}"`, hint);
}

function wrongKind(source: Source, value: Located, what: string, wanted: string): undefined {
  const found = describe(value.node);
  const hint = isAlias(value.node)
    ? "write the value itself: anchors and aliases are not supported"
    : undefined;
  return report(source, "wrong-kind", value.offset, `${what} must be ${wanted}, and this is ${found}`, hint);
}

function describe(node: Node | null): string {
  if (isAlias(node)) return "an alias";
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  const value = isScalar(node) ? node.value : null;
  if (typeof value === "string") return "text";
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return `the truth value ${value}`;
  return "empty";
}

function keyText(source: Source, key: Scalar): string {
  return typeof key.value === "string" ? key.value : source.text.slice(key.range?.[0], key.range?.[1]);
}
