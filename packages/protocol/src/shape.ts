// SPDX-License-Identifier: Apache-2.0
// Turns a schema's verdict into one clear error: what was wrong, where, and what to do.
import { ProtocolError } from "./error.ts";

/** What is needed of a schema that typebox compiled. */
export type ShapeValidator<Value> = {
  Check(value: unknown): value is Value;
  Errors(value: unknown): readonly object[];
};

/** How much of a faulty value an error repeats, in characters. */
const shownLengthMax = 60;

type Fault = { keyword: string; instancePath: string; params: object; message: string };

/**
 * Checks `value` against a compiled schema.
 *
 * @param what what the value is, for the message: "event"
 * @throws {@link ProtocolError} `unknown_field` or `schema_mismatch`, with the JSON Pointer of the first
 * fault
 */
export function checkShape<Value>(
  validator: ShapeValidator<Value>,
  value: unknown,
  what: string,
): asserts value is Value {
  if (validator.Check(value)) return;
  const faults = validator.Errors(value) as Fault[];
  const unknown = faults.find((fault) => fault.keyword === "additionalProperties");
  if (unknown !== undefined) {
    const names = (unknown.params as { additionalProperties?: string[] }).additionalProperties ?? [];
    const pointer = `${unknown.instancePath}/${escapePointer(names[0] ?? "")}`;
    throw new ProtocolError(
      "unknown_field",
      `${pointer} is not a field of this ${what}; remove it or correct its name`,
      { pointer },
    );
  }
  const fault = mostSpecific(faults);
  const pointer = fault.instancePath;
  const name = pointer === "" ? `the ${what}` : pointer;
  throw new ProtocolError(
    "schema_mismatch",
    `${name} ${describe(fault)}; got ${shown(valueAt(value, pointer))}`,
    { pointer },
  );
}

// A union reports each branch's fault and then itself, so the union's own fault is the one that helps.
function mostSpecific(faults: readonly Fault[]): Fault {
  const union = faults.find((fault) => fault.keyword === "anyOf");
  return (
    union ?? faults[0] ?? { keyword: "", instancePath: "", params: {}, message: "does not fit the schema" }
  );
}

function describe(fault: Fault): string {
  const params = fault.params as Record<string, unknown>;
  switch (fault.keyword) {
    case "required":
      return `lacks ${quoted((params["requiredProperties"] as string[] | undefined) ?? [])}`;
    case "type":
      return `must be of type ${String(params["type"])}`;
    case "pattern":
      return `must match ${String(params["pattern"])}`;
    case "anyOf":
      return "is not one of the allowed values or types";
    default:
      return fault.message;
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const step of pointer.split("/").slice(1)) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return at;
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text;
}

function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
