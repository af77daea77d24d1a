// SPDX-License-Identifier: Apache-2.0
// What the checks of the repository take and give: files in, problems out.

/** A file of the repository. */
export interface RepositoryFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** The checks, by the names that an exception uses. */
export type CheckName =
  | "spdx"
  | "line-length"
  | "file-length"
  | "function-length"
  | "default-export"
  | "pure-package"
  | "package-direction"
  | "room-direction"
  | "declared-dependency"
  | "exact-pin"
  | "exports-entry"
  | "lock"
  | "link";

/** One thing that is not as the house rules want it. */
export interface Problem {
  readonly check: CheckName;
  readonly path: string;
  /** Line of the file, from 1; absent where the whole file is meant. */
  readonly line?: number;
  readonly message: string;
}

/** A problem that stays, and why. */
export interface Exception {
  readonly check: CheckName;
  readonly path: string;
  readonly reason: string;
}

/** The problem in one line, for a person. */
export function describeProblem({ check, path, line, message }: Problem): string {
  return `${path}${line === undefined ? "" : `:${line}`}: ${message} [${check}]`;
}

/** Whether the file is a test or only serves tests. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || /\/(testing|integration)\//.test(path);
}

/** The line, from 1, of the character at `offset`. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}
