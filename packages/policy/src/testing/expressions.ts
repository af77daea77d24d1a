// SPDX-License-Identifier: Apache-2.0
// Random conditions, as text, over an environment of every type; and random values for its fields. Used to
// compare this engine with another one of CEL.
import { integerOf } from "../condition/integers.ts";
import type { ConditionType, Value } from "../condition/types.ts";

/** A source of chance: a whole number below `limit`. */
export type Chance = (limit: number) => number;

/** Chance that follows from a seed (mulberry32). */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
}

/** What an expression may be of. */
export type Kind = "int" | "string" | "bool" | "duration" | "timestamp" | "list<string>" | "list<int>";

/** The environment: names in groups, as events have them. */
export const environment: Readonly<Record<string, Kind>> = {
  "counters.posts": "int",
  "counters.texts": "int",
  "signals.words": "int",
  "content.text": "string",
  "content.title": "string",
  "actor.name": "string",
  "actor.verified": "bool",
  "standing.restricted": "bool",
  "actor.age": "duration",
  "actor.idle": "duration",
  "actor.seen": "timestamp",
  "actor.createdAt": "timestamp",
  "signals.links": "list<string>",
  "signals.domains": "list<string>",
  "signals.counts": "list<int>",
};

const kinds: readonly Kind[] = [
  "int",
  "string",
  "bool",
  "duration",
  "timestamp",
  "list<string>",
  "list<int>",
];

/** The type of a kind. */
export function typeOfKind(kind: Kind): ConditionType {
  if (kind === "list<string>") return { kind: "list", of: { kind: "string" } };
  if (kind === "list<int>") return { kind: "list", of: { kind: "int" } };
  return { kind };
}

type Writer = {
  readonly chance: Chance;
  /** Of a thousand operands, so many are of another type than they should be. */
  readonly wrong: number;
  /** Whether every operand stands in parentheses: then what is written is what is meant. */
  readonly fenced: boolean;
  readonly variables: readonly { readonly name: string; readonly kind: Kind }[];
};

/** An expression of a kind; `wrong` of a thousand of its operands are of another type than they should be. */
export function randomExpression(chance: Chance, kind: Kind, wrong: number): string {
  return write({ chance, wrong, fenced: chance(3) > 0, variables: [] }, kind, 1 + chance(5));
}

/** Any kind. */
export function randomKind(chance: Chance): Kind {
  return pick(chance, kinds);
}

/** Values for the environment; what is missing is left out. */
export function randomValues(chance: Chance): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [path, kind] of Object.entries(environment)) {
    if (chance(6) > 0) values.set(path, randomValue(chance, kind));
  }
  return values;
}

function pick<Item>(chance: Chance, items: readonly Item[]): Item {
  const [item] = items.slice(chance(items.length));
  if (item === undefined) throw new Error("there is nothing to pick from");
  return item;
}

// Values ---------------------------------------------------------------------------------------------------

/** Small ones, and those around 2^31, 2^32, the largest safe integer, and the ends of 64 bits. */
const integers: readonly (number | bigint)[] = [
  ..."0 1 -1 2 3 5 7 10 60 999 1000 -7 -3 2147483648 -2147483648 4294967297 3037000499 3037000500".split(" "),
  ..."9007199254740991 -9007199254740991 9007199254740992 -9007199254740992 9007199254740993".split(" "),
  ..."4611686018427387904 9223372036854775807 9223372036854775806".split(" "),
  ..."-9223372036854775808 -9223372036854775807".split(" "),
].flatMap((digits) => integerOf(BigInt(digits)) ?? []);
/** Among them: what folds to other letters, composes, joins, is invisible, or lies beyond U+FFFF. */
const texts: readonly string[] = [
  ..."|a|A|b|ab|Ab|aB.example|spam|Buy NOW|http://a.example/x?y=1|a\nb| |0|-1|true".split("|"),
  ..."é|e\u0301|ß|ẞ|İ|ı|ﬁ|Å|\u212b|ſ|K|\u212a|ﷺ|\u200d|\0|\ufeff|а".split("|"),
  ..."😀|😀a|\u{10ffff}|\uffff|\ue000|👩\u200d👩\u200d👧".split("|"),
];
const durations: readonly string[] = (
  "0s 1s -1s 1ms -1ms 90m 24h 1h30m -1.5s 720h 0.001s 1m0.5s 9223372036854ms -9223372036854ms 2562047h " +
  "59m59.999s -90061.001s"
).split(" ");
const timestamps: readonly string[] = (
  "1970-01-01T00:00:00Z 2026-11-23T12:34:56.789Z 0001-01-01T00:00:00Z 2000-02-29T23:59:59Z " +
  "9999-12-31T23:59:59.999Z 1969-12-31T23:59:59.999Z 2026-01-31T12:00:00+02:00"
).split(" ");
const patterns: readonly string[] = (
  "a ^a b$ ^$ [a-c]+ (?i)ab (?i)k \\\\d{2,} a.b (a|b)*c \\\\bNOW\\\\b 😀 [^a] \\\\pL+ ^(?:a+)+$ . " +
  "x* (?s)a.b " +
  "\\\\s [[:upper:]] \\\\x00 é"
).split(" ");

function randomValue(chance: Chance, kind: Kind): Value {
  switch (kind) {
    case "int":
      return pick(chance, integers);
    case "string":
      return randomText(chance);
    case "bool":
      return chance(2) === 0;
    case "duration":
      return pick(chance, [0, 1, -1, 1_000, 3_600_000, 86_400_000, -5_400_000, 9_223_372_036_854]);
    case "timestamp":
      return pick(chance, [0, 1, -1, 1_795_435_200_000, -62_135_596_800_000, 253_402_300_799_999]);
    case "list<string>":
      return Array.from({ length: chance(4) }, () => randomText(chance));
    case "list<int>":
      return Array.from({ length: chance(4) }, () => pick(chance, integers));
  }
}

function randomText(chance: Chance): string {
  let text = "";
  for (let count = chance(4); count > 0; count--) text += pick(chance, texts);
  return text;
}

// Expressions ----------------------------------------------------------------------------------------------

function write(writer: Writer, wanted: Kind, depth: number): string {
  const { chance } = writer;
  const kind = chance(1_000) < writer.wrong ? randomKind(chance) : wanted;
  if (depth <= 0 || chance(8) === 0) return writeLeaf(writer, kind);
  const inner = writeNode(writer, kind, depth - 1);
  return writer.fenced || chance(3) === 0 ? `(${inner})` : inner;
}

function writeLeaf(writer: Writer, kind: Kind): string {
  const { chance } = writer;
  const names = [
    ...visiblePaths(writer).filter((path) => environment[path] === kind),
    ...writer.variables.flatMap(({ name, kind: of }) => (of === kind ? [name, name, name] : [])),
  ];
  return chance(5) < 3 && names.length > 0 ? pick(chance, names) : writeLiteral(chance, kind);
}

/** The fields whose group no macro's variable hides. */
function visiblePaths({ variables }: Writer): string[] {
  const hidden = new Set(variables.map(({ name }) => name));
  return Object.keys(environment).filter((path) => !hidden.has(path.slice(0, path.indexOf("."))));
}

function writeLiteral(chance: Chance, kind: Kind): string {
  switch (kind) {
    case "int": {
      const value = BigInt(pick(chance, integers));
      return value >= 0n && chance(5) === 0 ? `0x${value.toString(16)}` : String(value);
    }
    case "string":
      return writeText(chance, pick(chance, texts));
    case "bool":
      return chance(2) === 0 ? "true" : "false";
    case "duration":
      return `duration('${pick(chance, durations)}')`;
    case "timestamp":
      return `timestamp('${pick(chance, timestamps)}')`;
    case "list<string>":
    case "list<int>": {
      const of = kind === "list<int>" ? "int" : "string";
      return `[${Array.from({ length: chance(4) }, () => writeLiteral(chance, of)).join(", ")}]`;
    }
  }
}

/** A literal with the escapes that CEL knows. */
function writeText(chance: Chance, text: string): string {
  const quote = pick(chance, ["'", '"', "'''"]);
  const escaped = Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (point > 0x7e && chance(2) === 0) {
      return point > 0xffff
        ? `\\U${point.toString(16).padStart(8, "0")}`
        : `\\u${point.toString(16).padStart(4, "0")}`;
    }
    if (point < 0x20) return `\\x${point.toString(16).padStart(2, "0")}`;
    return character;
  });
  return `${quote}${escaped.join("")}${quote}`;
}

function writeNode(writer: Writer, kind: Kind, depth: number): string {
  const { chance } = writer;
  const of = (each: Kind): string => write(writer, each, depth);
  if (chance(10) === 0) return `${of("bool")} ? ${of(kind)} : ${of(kind)}`;
  switch (kind) {
    case "int":
      return writeInteger(writer, of, depth);
    case "string":
      if (chance(6) === 0) return `${of("list<string>")}[${of("int")}]`;
      return chance(4) === 0 ? `(${of("string")}).lowerAscii()` : `${of("string")} + ${of("string")}`;
    case "bool":
      return writeTruth(writer, of, depth);
    case "duration":
      if (chance(4) === 0) return `${of("timestamp")} - ${of("timestamp")}`;
      return `${of("duration")} ${pick(chance, ["+", "-"])} ${of("duration")}`;
    case "timestamp":
      if (chance(4) === 0) return `${of("duration")} + ${of("timestamp")}`;
      return `${of("timestamp")} ${pick(chance, ["+", "-"])} ${of("duration")}`;
    case "list<string>":
    case "list<int>":
      return writeList(writer, kind, of, depth);
  }
}

function writeInteger(writer: Writer, of: (kind: Kind) => string, depth: number): string {
  const { chance } = writer;
  switch (chance(8)) {
    case 0:
      return `-${of("int")}`;
    case 1:
      return `size(${of(pick(chance, ["string", "list<string>", "list<int>"]))})`;
    case 2:
      return `(${of(pick(chance, ["string", "list<string>", "list<int>"]))}).size()`;
    case 3:
      return `${of("list<int>")}[${depth > 1 ? of("int") : writeLiteral(chance, "int")}]`;
    case 4:
      return `(${of("duration")}).${pick(chance, ["getHours", "getMinutes", "getSeconds"])}()`;
    default:
      return `${of("int")} ${pick(chance, ["+", "-", "*", "/", "%"])} ${of("int")}`;
  }
}

function writeTruth(writer: Writer, of: (kind: Kind) => string, depth: number): string {
  const { chance } = writer;
  switch (chance(12)) {
    case 0:
      return `!${of("bool")}`;
    case 1:
    case 2:
    case 3: {
      const operator = pick(chance, ["&&", "||"]);
      return Array.from({ length: 2 + chance(2) }, () => of("bool")).join(` ${operator} `);
    }
    case 4:
      return `has(${pick(chance, visiblePaths(writer))})`;
    case 5:
      return `(${of("string")}).${pick(chance, ["contains", "startsWith", "endsWith"])}(${of("string")})`;
    case 6:
      return `(${of("string")}).matches('${pick(chance, patterns)}')`;
    case 7: {
      const kind = pick(chance, ["int", "string"] as const);
      return `${of(kind)} in ${of(`list<${kind}>`)}`;
    }
    case 8:
    case 9: {
      const kind = pick(chance, ["int", "string"] as const);
      const macro = pick(chance, ["all", "exists", "exists_one"]);
      return `(${of(`list<${kind}>`)}).${macro}(${writeInner(writer, kind, "bool", depth)})`;
    }
    default: {
      const kind = randomKind(chance);
      const ordered = !kind.startsWith("list") && chance(3) > 0;
      const operator = pick(chance, ordered ? ["<", "<=", ">", ">="] : ["==", "!="]);
      return `${of(kind)} ${operator} ${of(kind)}`;
    }
  }
}

function writeList(writer: Writer, kind: Kind, of: (kind: Kind) => string, depth: number): string {
  const { chance } = writer;
  const element = kind === "list<int>" ? "int" : "string";
  switch (chance(4)) {
    case 0:
      return `${of(kind)} + ${of(kind)}`;
    case 1:
      return `[${Array.from({ length: chance(4) }, () => of(element)).join(", ")}]`;
    case 2:
      return `(${of(kind)}).filter(${writeInner(writer, element, "bool", depth)})`;
    default: {
      const from = pick(chance, ["int", "string"] as const);
      const name = chance(2) === 0 ? `${writeInner(writer, from, "bool", depth)}, ` : undefined;
      const [variable] = name === undefined ? [] : name.split(",");
      const inner =
        variable === undefined
          ? writeInner(writer, from, element, depth)
          : `${name}${write(withVariable(writer, variable, from), element, depth - 1)}`;
      return `(${of(`list<${from}>`)}).map(${inner})`;
    }
  }
}

/** `x, BODY`: a macro's variable and what is made of it. Names may hide those of macros around it. */
function writeInner(writer: Writer, element: Kind, kind: Kind, depth: number): string {
  const name = pick(writer.chance, ["x", "y", "actor"]);
  return `${name}, ${write(withVariable(writer, name, element), kind, depth - 1)}`;
}

function withVariable(writer: Writer, name: string, kind: Kind): Writer {
  const others = writer.variables.filter((variable) => variable.name !== name);
  return { ...writer, variables: [...others, { name, kind }] };
}
