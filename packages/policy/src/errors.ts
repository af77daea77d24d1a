// SPDX-License-Identifier: Apache-2.0
// What is wrong with a policy: every problem has a code, a place, and says what to do.

/**
 * What kind of mistake a problem is. `docs/reference/policy.md` describes each.
 *
 * - `yaml-syntax` the file isn't YAML, or uses what policies don't (anchors, tags, several documents)
 * - `duplicate-key` a key stands twice in one mapping
 * - `unknown-key`, `missing-key` a key that there is not, or that is needed
 * - `wrong-kind` a mapping where a list is needed, a number where text is, …
 * - `bad-value` the right kind, but out of its range or not one of the words
 * - `bad-duration`, `bad-rate`, `bad-share`, `bad-time`, `bad-id`, `bad-path`, `bad-window` a text that
 *   isn't of its form
 * - `duplicate-id` an id that is already taken
 * - `conflict` keys that don't go together
 * - `condition-syntax` a condition that can't be parsed
 * - `unsupported` CEL that this subset leaves out
 * - `bad-literal`, `bad-pattern` a literal or a regular expression that can't be read
 * - `unknown-name`, `unknown-function` a name that nothing declares
 * - `absent-field` a path that the policy's events lack, and others have
 * - `wrong-type` operands or arguments of types that don't fit
 * - `constant-condition`, `unreachable` a rule or threshold that can never fire, or always does
 * - `redundant` a rule that does what another does already
 * - `unused-counter`, `unused-limit`, `unused-list`, `unused-model`, `unused-lookup` something declared that
 *   nothing reads
 * - `too-costly` a condition over its cost bound
 * - `too-large` a file, list or text over its limit
 */
export type ProblemCode =
  | "yaml-syntax"
  | "duplicate-key"
  | "unknown-key"
  | "missing-key"
  | "wrong-kind"
  | "bad-value"
  | "bad-duration"
  | "bad-rate"
  | "bad-share"
  | "bad-time"
  | "bad-id"
  | "bad-path"
  | "bad-window"
  | "duplicate-id"
  | "conflict"
  | "condition-syntax"
  | "unsupported"
  | "bad-literal"
  | "bad-pattern"
  | "unknown-name"
  | "unknown-function"
  | "absent-field"
  | "wrong-type"
  | "constant-condition"
  | "unreachable"
  | "redundant"
  | "unused-counter"
  | "unused-limit"
  | "unused-list"
  | "unused-model"
  | "unused-lookup"
  | "too-costly"
  | "too-large";

/** One mistake in a policy file. `line` and `column` count from 1; a column is a UTF-16 code unit. */
export type Problem = {
  readonly code: ProblemCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
};

/**
 * Why a `PolicyError` was thrown.
 *
 * - `invalid-policy` the files have problems, listed in `problems`
 * - `facts-mismatch` facts were given to a policy set other than the one that they were recorded under
 * - `invalid-list` an entry of a list can't be read, or the list has too many patterns that would be run on
 *   every text
 * - `invalid-model` bytes that are no model file
 * - `unsupported-model` a model file of a format, or trained on features, that this release doesn't have
 */
export type PolicyErrorCode =
  | "invalid-policy"
  | "facts-mismatch"
  | "invalid-list"
  | "invalid-model"
  | "unsupported-model";

/** The one error of this package. Its message has a line `file:line:column: what (code)` for each problem. */
export class PolicyError extends Error {
  readonly code: PolicyErrorCode;
  /** All problems found, in the order of the files and their lines. */
  readonly problems: readonly Problem[];

  constructor(code: PolicyErrorCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.name = "PolicyError";
    this.code = code;
    this.problems = problems;
  }
}

/** A problem as one line: `file:line:column: message; hint (code)`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, hint, code } = problem;
  const text = `${message}${hint === undefined ? "" : `; ${hint}`}`.replaceAll(/\s*[\r\n]\s*/g, " ");
  return `${file}:${line}:${column}: ${text} (${code})`;
}
