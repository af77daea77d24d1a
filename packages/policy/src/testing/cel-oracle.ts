// SPDX-License-Identifier: Apache-2.0
// What another engine, @bufbuild/cel, makes of a condition: the value in our form, or `undefined` for an
// error.
import { celEnv, celFunc, CelScalar, isCelError, isCelList, parse, plan, run } from "@bufbuild/cel";
import type { CelFunc, CelInput } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { integerOf } from "../condition/integers.ts";
import type { ConditionType, Value } from "../condition/types.ts";

/** What the other engine gives for values of the fields; throws only if it is broken. */
export type Oracle = (values: ReadonlyMap<string, Value>) => Value;

const { BOOL, INT, STRING } = CelScalar;
const int64Min = -(2n ** 63n);
const encoder = new TextEncoder();

/**
 * Where the other engine differs from CEL it is put right here, one place each with the reason; then nothing
 * else may differ.
 */
const corrections: readonly CelFunc[] = [
  // It compares UTF-16 code units; CEL compares code points (langdef.md, "String and Bytes Values"), as
  // their UTF-8 bytes do.
  celFunc("_<_", [STRING, STRING], BOOL, (a, b) => compareBytes(a, b) < 0),
  celFunc("_<=_", [STRING, STRING], BOOL, (a, b) => compareBytes(a, b) <= 0),
  celFunc("_>_", [STRING, STRING], BOOL, (a, b) => compareBytes(a, b) > 0),
  celFunc("_>=_", [STRING, STRING], BOOL, (a, b) => compareBytes(a, b) >= 0),
  // The smallest integer by -1 overflows, as in cel-go (moduloInt64Checked): it gives 0.
  celFunc("_%_", [INT, INT], INT, (a, b) => {
    if (b === 0n) throw new Error("modulus by zero");
    if (b === -1n && a === int64Min) throw new Error("integer overflow");
    return a % b;
  }),
];

/**
 * A known mistake of the other engine's that can't be put right from outside: why a difference in this
 * condition is allowed, where this engine says error.
 */
export function allowedDifference(source: string): string | undefined {
  // Its parser leaves out pairs of signs also where a parenthesis stands between them, and so the overflow of
  // the inner one (cel-spec, integer_math.textproto, "int64_overflow_negative").
  return /-\s*\(+\s*-/.test(source) ? "a negated parenthesis that begins with a sign" : undefined;
}

const env = celEnv({ funcs: [...strings, ...corrections] });

function compareBytes(a: string, b: string): number {
  const left = encoder.encode(a);
  const right = encoder.encode(b);
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? -1) - (right[at] ?? -1);
}

/** The other engine's reading of a condition, or why it can't parse it. */
export function oracleOf(
  source: string,
  types: ReadonlyMap<string, ConditionType>,
): Oracle | { readonly refused: string } {
  let evaluate: ReturnType<typeof plan>;
  try {
    evaluate = plan(env, parse(source));
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
  return (values) => {
    const result = evaluate(bindingsOf(values, types));
    return isCelError(result) ? undefined : valueOf(result);
  };
}

/** `actor.age` is a field of the map `actor`; a group without any value is an empty map. */
function bindingsOf(
  values: ReadonlyMap<string, Value>,
  types: ReadonlyMap<string, ConditionType>,
): Record<string, CelInput> {
  const groups: Record<string, Record<string, CelInput>> = {};
  for (const [path, type] of types) {
    const [group = "", name = ""] = path.split(".");
    const fields = (groups[group] ??= {});
    const value = values.get(path);
    if (value !== undefined) fields[name] = inputOf(value, type);
  }
  return groups;
}

function inputOf(value: Value, type: ConditionType): CelInput {
  if (type.kind === "int") return BigInt(value as number | bigint);
  if (type.kind === "duration") return timeOf(`duration('${value as number}ms')`);
  if (type.kind === "timestamp") {
    return timeOf(`timestamp('${new Date(value as number).toISOString()}')`);
  }
  if (type.kind === "list") return (value as readonly Value[]).map((each) => inputOf(each, type.of));
  return value as string | boolean;
}

const times = new Map<string, CelInput>();

/** The other engine's own values of times. */
function timeOf(source: string): CelInput {
  const known = times.get(source);
  if (known !== undefined) return known;
  const made = run(source);
  if (isCelError(made)) throw made;
  times.set(source, made);
  return made;
}

function valueOf(result: unknown): Value {
  if (typeof result === "bigint") return integerOf(result);
  if (typeof result === "string" || typeof result === "boolean") return result;
  if (isCelList(result)) return [...result].map(valueOf);
  const message = (result as { message?: { seconds?: bigint; nanos?: number } }).message;
  if (message?.seconds !== undefined && message.nanos !== undefined) {
    const nanos = message.seconds * 1_000_000_000n + BigInt(message.nanos);
    return Number(nanos / 1_000_000n);
  }
  throw new Error(`the other engine gave a value that this language doesn't have: ${String(result)}`);
}
