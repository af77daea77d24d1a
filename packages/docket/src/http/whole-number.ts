// SPDX-License-Identifier: Apache-2.0
import { ProtocolError } from "@docket/protocol";

/**
 * A parameter of a query that is a whole number; `undefined` where it isn't given.
 *
 * @throws {ProtocolError} `schema_mismatch` for anything else
 */
export function wholeNumber(
  query: ReadonlyMap<string, string>,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^(-1|\d{1,16})$/.test(text) && value >= least && value <= most) return value;
  throw new ProtocolError("schema_mismatch", `${name} is a whole number from ${least} to ${most}`);
}

/**
 * A parameter of a query that is `true` or `false`; `false` where it isn't given.
 *
 * @throws {ProtocolError} `schema_mismatch` for anything else
 */
export function flag(query: ReadonlyMap<string, string>, name: string): boolean {
  const text = query.get(name) ?? "false";
  if (text === "true" || text === "false") return text === "true";
  throw new ProtocolError("schema_mismatch", `${name} is true or false`);
}
