// SPDX-License-Identifier: Apache-2.0
// The names that a condition may use, and the frame's slots that their values are read into.
import { nearestName } from "../names.ts";
import type { FieldPath } from "../types.ts";
import type { FieldSlot } from "./typed.ts";
import type { ConditionProblem } from "./problem.ts";

/** What conditions are checked against: one for each policy. */
export type Scope = {
  /** Every path that may be read. */
  readonly paths: Iterable<FieldPath>;
  /** The slot of a path, or `undefined` if nothing declares it. */
  readonly field: (path: FieldPath) => FieldSlot | undefined;
  /** A slot of its own for a macro's variable. */
  readonly variableSlot: () => number;
  /** What is wrong with a path that is known elsewhere, such as a field that the policy's events lack. */
  readonly absent?: (path: FieldPath) => { readonly message: string; readonly hint: string } | undefined;
  /** What to do about a name that is known but not declared, such as an attribute. */
  readonly hint?: (path: FieldPath) => string | undefined;
};

/** Groups of names, also where nothing is in them. */
const knownGroups: ReadonlySet<string> = new Set(
  "actor content signals fields counters limits lists reports standing event actor.attributes".split(" "),
);

/** A chain of names, `a.b.c`, each with its offset. */
export type NameChain = readonly { readonly name: string; readonly start: number }[];

/**
 * Finds the field that a chain of names begins with, and how many of its names the field takes up; or says
 * what is wrong with it.
 */
export function resolveChain(
  chain: NameChain,
  scope: Scope,
): { readonly field: FieldSlot; readonly taken: number } | ConditionProblem {
  let path = "";
  for (const [index, { name, start }] of chain.entries()) {
    const group = path;
    path = path === "" ? name : `${path}.${name}`;
    const field = scope.field(path);
    if (field !== undefined) return { field, taken: index + 1 };
    if (!isGroup(path, scope)) return unknownName(path, group, name, start, scope);
  }
  const first = chain[0] as NameChain[number];
  return {
    code: "wrong-type",
    offset: first.start,
    message: `"${path}" is a group of names, not a value`,
    hint: groupHint(path, scope),
  };
}

/** Names of CEL's types, which in CEL are values. */
const typeNames: ReadonlySet<string> = new Set(
  "bool bytes double dyn duration int list map null_type string timestamp type uint".split(" "),
);

function groupHint(path: string, scope: Scope): string {
  const children = childrenOf(path, scope);
  return `write ${path}.NAME${children.length === 0 ? "" : `: ${children.slice(0, 8).join(", ")}`}`;
}

function unknownName(
  path: string,
  group: string,
  name: string,
  start: number,
  scope: Scope,
): ConditionProblem {
  if (typeNames.has(path)) {
    const message = `"${path}" is a type, and types are no values in this language`;
    return { code: "unsupported", offset: start, message };
  }
  const absent = scope.absent?.(path);
  if (absent !== undefined) return { code: "absent-field", offset: start, ...absent };
  const hint = scope.hint?.(path) ?? suggestion(path, group, name, scope);
  return {
    code: "unknown-name",
    offset: start,
    message: `nothing is called "${path}"`,
    ...(hint && { hint }),
  };
}

function suggestion(path: string, group: string, name: string, scope: Scope): string | undefined {
  const near = nearestName(name, childrenOf(group, scope));
  if (near !== undefined) return `did you mean "${group === "" ? near : `${group}.${near}`}"?`;
  // `linkCount` for `signals.linkCount`: the group was left out.
  const whole = [...scope.paths].find((candidate) => candidate.endsWith(`.${path}`));
  if (whole !== undefined) return `did you mean "${whole}"?`;
  const children = childrenOf(group, scope);
  if (children.length === 0) return undefined;
  const known = children.slice(0, 12).join(", ");
  return group === "" ? `names begin with ${known}` : `${group} has ${known}`;
}

function isGroup(path: string, scope: Scope): boolean {
  for (const candidate of scope.paths) if (candidate.startsWith(`${path}.`)) return true;
  return knownGroups.has(path);
}

/** The names that may follow a group: the first ones where it is empty. */
function childrenOf(group: string, scope: Scope): string[] {
  const prefix = group === "" ? "" : `${group}.`;
  const children = new Set<string>();
  for (const path of scope.paths) {
    if (path.startsWith(prefix)) children.add(path.slice(prefix.length).split(".")[0] as string);
  }
  return [...children];
}
