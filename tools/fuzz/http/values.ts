// SPDX-License-Identifier: Apache-2.0
// Values for a JSON schema: those that fit it, and those that nearly do.

/** A seeded source of choices. */
export type Chance = {
  /** A number from 0 to below 1. */
  next: () => number;
  /** A whole number below `n`. */
  below: (n: number) => number;
  /** Whether something happens that happens so often of a hundred times. */
  percent: (of: number) => boolean;
  pick: <T>(from: readonly T[]) => T;
};

/** Makes choices of a source of numbers. */
export function chanceOf(next: () => number): Chance {
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    percent: (of) => next() * 100 < of,
    pick: (from) => from.at(below(from.length)) as never,
  };
}

/** A JSON schema, as the OpenAPI document has them. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minItems?: number;
};

/** What the values are made of beside the schema. */
export type Stock = {
  /** Schemas that are referred to by name. */
  schemas: Readonly<Record<string, Schema>>;
  /** Strings of which something went wrong somewhere before. */
  naughty: readonly string[];
  /** Ids, indexes and names that the site knows, by the name of the field or parameter. */
  known: Readonly<Record<string, readonly (string | number)[]>>;
};

const depthMax = 8;

/** A value that fits a schema, as far as types and enums say. */
export function fitting(
  schema: Schema | undefined,
  stock: Stock,
  chance: Chance,
  name = "",
  depth = 0,
): unknown {
  if (schema === undefined || depth > depthMax) return {};
  if (schema.$ref !== undefined) {
    const at = schema.$ref.split("/").at(-1)?.replace(/#$/, "") ?? "";
    return fitting(stock.schemas[at], stock, chance, name, depth + 1);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return chance.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fitting(chance.pick(choices), stock, chance, name, depth + 1);
  const known = stock.known[name];
  if (known !== undefined && chance.percent(80)) return chance.pick(known);
  const type = Array.isArray(schema.type) ? chance.pick(schema.type) : schema.type;
  switch (type) {
    case "string":
      return text(schema, stock, chance);
    case "integer":
    case "number":
      return integer(schema, chance);
    case "boolean":
      return chance.percent(50);
    case "null":
      return null;
    case "array":
      return Array.from({ length: (schema.minItems ?? 0) + chance.below(3) }, () => {
        return fitting(schema.items, stock, chance, name, depth + 1);
      });
    case undefined:
    default:
      return object(schema, stock, chance, depth);
  }
}

/** A value with something wrong about it, of any depth. */
export function broken(value: unknown, stock: Stock, chance: Chance): unknown {
  if (typeof value !== "object" || value === null || chance.percent(25)) return odd(stock, chance);
  if (Array.isArray(value)) {
    if (value.length === 0 || chance.percent(20)) {
      return Array.from({ length: chance.pick([1, 2, 300, 5000]) }, () => odd(stock, chance));
    }
    const at = chance.below(value.length);
    return value.map((each: unknown, place) => (place === at ? broken(each, stock, chance) : each));
  }
  const entries = Object.entries(value);
  const at = chance.below(Math.max(1, entries.length));
  const [name, inner] = entries[at] ?? ["x", undefined];
  switch (chance.below(5)) {
    case 0:
      return Object.fromEntries(entries.filter((_, place) => place !== at));
    case 1:
      return { ...value, [chance.pick(keys)]: odd(stock, chance) };
    case 2:
      return { ...value, [name]: odd(stock, chance) };
    default:
      return { ...value, [name]: broken(inner, stock, chance) };
  }
}

/** Something that nobody expects. */
export function odd(stock: Stock, chance: Chance): unknown {
  return chance.pick<() => unknown>([
    () => chance.pick(stock.naughty),
    () => chance.pick(stock.naughty),
    () => chance.pick(numbers),
    () => chance.pick([null, true, false, "", " ", [], {}, [[]], [{}], "null", "NaN"]),
    () => "x".repeat(chance.pick([1, 64, 1025, 5000, 70_000])),
    () => nested(chance.pick([3, 31, 33, 200])),
    () => ({ $gt: "" }),
    () => ({ __proto__: null, constructor: { prototype: { polluted: true } } }),
  ])();
}

const keys = ["__proto__", "constructor", "toString", "", "x", "\u0000", "id", "$ref", "hasOwnProperty", "ﷺ"];
const numbers = [
  0,
  -0,
  -1,
  1,
  1.5,
  1e21,
  2 ** 53,
  -(2 ** 53),
  Number.MAX_SAFE_INTEGER,
  4_294_967_296,
  1e-7,
  -1e300,
];

function text({ maxLength }: Schema, stock: Stock, chance: Chance): string {
  const length = Math.min(maxLength ?? 40, 2000);
  return chance.pick<() => string>([
    () => chance.pick(words),
    () => chance.pick(words),
    () => chance.pick(stock.naughty),
    () => "x".repeat(length),
    () => new Date(Date.UTC(2026, 10, 1 + chance.below(30))).toISOString(),
    () => `http://127.0.0.1:9/${chance.pick(words)}`,
  ])();
}

const words = [
  "spam",
  "notSpam",
  "other",
  "u-1",
  "comments",
  "comments/links",
  "links",
  "en",
  "a b",
  "2026-11-01",
  "1h",
];

function integer({ minimum = 0, maximum = 100 }: Schema, chance: Chance): number {
  return chance.pick([minimum, maximum, minimum + chance.below(Math.min(maximum - minimum, 50) + 1)]);
}

function object(schema: Schema, stock: Stock, chance: Chance, depth: number): unknown {
  const made: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (schema.required?.includes(name) !== true && chance.percent(50)) continue;
    made[name] = fitting(inner, stock, chance, name, depth + 1);
  }
  for (const inner of Object.values(schema.patternProperties ?? {})) {
    made[chance.pick(["disputePeriodDays", "bulkCap", "name"])] = fitting(
      inner,
      stock,
      chance,
      "",
      depth + 1,
    );
  }
  return made;
}

function nested(depth: number): unknown {
  let value: unknown = "x";
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { x: value };
  return value;
}
