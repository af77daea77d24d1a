// SPDX-License-Identifier: Apache-2.0
// What the values of a record's fields look like.
import { isDigest } from "./digest.ts";
import { isCanonicalTime } from "./time.ts";

/** Whether a value is what it should be. */
export type Test = (value: unknown) => boolean;

export { isDigest };

/** A text of 1 to 1,024 characters. */
export const isText: Test = (value) => typeof value === "string" && value.length > 0 && value.length <= 1024;
/** A whole number from 0 on. */
export const isCount: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** `true`; what would be false is left out. */
export const isTrue: Test = (value) => value === true;
/** A name as conditions and settings have it. */
export const isName: Test = (value) =>
  typeof value === "string" && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(value);

/** What the code of a reason, category or ground looks like. */
export const codePattern = "^[a-z][a-zA-Z0-9-]{0,63}$";
const code = new RegExp(codePattern);
/** A code: see {@link codePattern}. */
export const isCode: Test = (value) => typeof value === "string" && code.test(value);
/** The name of a role. */
export const isRole: Test = (value) => typeof value === "string" && /^[a-z]{1,32}$/.test(value);
/** A person's public id, `p_` and 12 random bytes. */
export const isPerson: Test = (value) => typeof value === "string" && /^p_[A-Za-z0-9_-]{16}$/.test(value);
/** Who caused a record: the operator, Docket itself, the holder of a dispute token, an API key, a person. */
export const isAuthor: Test = (value) =>
  typeof value === "string" && /^(operator|docket|token|[kp]_[A-Za-z0-9_-]{16})$/.test(value);
/** An actor's pseudonym, or the keyed hash of what is no actor. */
export const isSubject: Test = (value) => typeof value === "string" && /^[as]_[A-Za-z0-9_-]{22}$/.test(value);

/** One of some texts. */
export function isOneOf(values: readonly unknown[]): Test {
  return (value) => values.includes(value);
}

/** A list of so many elements, each of which passes. */
export function isListOf(test: Test, least: number, most: number): Test {
  return (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(test);
}

/** A pseudonym of an actor, `a_` and 16 random bytes. */
export function isPseudonym(value: unknown): value is string {
  return typeof value === "string" && /^a_[A-Za-z0-9_-]{22}$/.test(value);
}

/** The id of a restriction, `r_` and 12 random bytes. */
export function isRestrictionId(value: unknown): value is string {
  return typeof value === "string" && /^r_[A-Za-z0-9_-]{16}$/.test(value);
}

/** A restriction as records show it. */
export function isRestriction(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  const { id, kind } = fields;
  if (!isRestrictionId(id)) return false;
  const keys = Object.keys(fields).join();
  if (kind === "ban") return keys === "id,kind";
  if (!isCanonicalTime(fields["until"])) return false;
  if (kind === "suspend" || kind === "warn") return keys === "id,kind,until";
  if (kind === "limit") {
    return keys === "id,kind,ability,until" && /^[a-z][a-zA-Z0-9-]{0,63}$/.test(String(fields["ability"]));
  }
  if (kind !== "throttle" || keys !== "id,kind,rate,burst,until") return false;
  return /^[1-9]\d{0,6}\/[smhd]$/.test(String(fields["rate"])) && isCount(fields["burst"]);
}
