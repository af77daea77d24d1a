// SPDX-License-Identifier: Apache-2.0
// Checks of one source file at a time: head line, lengths, exports, and what a package for browsers may use.
import { type Problem, type RepositoryFile, isTest, lineAt } from "./problem.ts";
import { blank, functionsOf, importsOf } from "./scan.ts";

/** Most lines of a file. */
export const fileLinesMax = 600;
/** Most lines of a test file. */
export const testFileLinesMax = 1_000;
/** Most lines of a function, from its parameters to its closing brace. */
export const functionLinesMax = 70;
/** Most columns of a line. */
export const lineColumnsMax = 110;

// A generated file may add the licence of what it was generated from.
const spdxLine = /^\/\/ SPDX-License-Identifier: Apache-2\.0( AND [\w.-]+)*$/;

/** Whether the licence stands at the head, after a `#!` line where there is one. */
export function checkSpdx({ path, text }: RepositoryFile): Problem[] {
  const lines = text.split("\n");
  const head = text.startsWith("#!") ? lines[1] : lines[0];
  if (head !== undefined && spdxLine.test(head)) return [];
  return [{ check: "spdx", path, line: 1, message: "begins without its SPDX-License-Identifier line" }];
}

/** Whether every line has at most {@link lineColumnsMax} characters. */
export function checkLineLengths({ path, text }: RepositoryFile): Problem[] {
  return text.split("\n").flatMap((line, index) => {
    const columns = Array.from(line).length;
    if (columns <= lineColumnsMax) return [];
    const message = `has ${columns} columns, at most ${lineColumnsMax} are allowed`;
    return [{ check: "line-length" as const, path, line: index + 1, message }];
  });
}

/**
 * Whether the file has at most {@link fileLinesMax} lines, or {@link testFileLinesMax} where it is a test.
 */
export function checkFileLength({ path, text }: RepositoryFile): Problem[] {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const max = isTest(path) ? testFileLinesMax : fileLinesMax;
  return lines <= max
    ? []
    : [{ check: "file-length", path, message: `has ${lines} lines, at most ${max} are allowed` }];
}

/**
 * Whether every function has at most {@link functionLinesMax} lines. In tests, a suite is a function: not
 * checked.
 */
export function checkFunctionLengths({ path, text }: RepositoryFile): Problem[] {
  if (isTest(path)) return [];
  return functionsOf(text)
    .filter(({ lines }) => lines > functionLinesMax)
    .map(({ name, line, lines }) => {
      const message = `${name} has ${lines} lines, at most ${functionLinesMax} are allowed`;
      return { check: "function-length", path, line, message };
    });
}

/** The same for functions of a file with tags, which stand at its margin and end there. */
export function checkComponentLengths({ path, text }: RepositoryFile): Problem[] {
  return [...text.matchAll(/^(?:export )?(?:async )?function (\w+)[^]*?^\}$/gm)].flatMap(
    ({ 0: body, 1: name, index }) => {
      const lines = body.split("\n").length;
      if (lines <= functionLinesMax) return [];
      const message = `${name} has ${lines} lines, at most ${functionLinesMax} are allowed`;
      return [{ check: "function-length" as const, path, line: lineAt(text, index), message }];
    },
  );
}

/** The lines of a source that import, and those before them. */
export function importsPart(text: string): string {
  const [last] = [...text.matchAll(/^(?:import .*|\} from ".*");$/gm)].slice(-1);
  return last === undefined ? "" : text.slice(0, last.index + last[0].length);
}

/** Whether nothing is exported as default. */
export function checkDefaultExports({ path, text }: RepositoryFile): Problem[] {
  return [...blank(text).matchAll(/\bexport\s+default\b|\bas\s+default\b/g)].map(({ index }) => ({
    check: "default-export",
    path,
    line: lineAt(text, index),
    message: "exports a default; export a name",
  }));
}

/** Whether a file of a package for browsers uses no API of Node. Tests may. */
export function checkPure({ path, text }: RepositoryFile, purePackages: readonly string[]): Problem[] {
  const name = /^packages\/([^/]+)\/src\//.exec(path)?.[1] ?? "";
  if (!purePackages.includes(name) || isTest(path)) return [];
  const imports = importsOf(text)
    .filter(({ specifier }) => specifier.startsWith("node:"))
    .map(({ specifier, line }) => ({ line, what: specifier }));
  const globals = [
    ...blank(text).matchAll(/(?<![\w$.#])(Buffer|process|global|require|setImmediate|__dirname)\b/g),
  ]
    .filter(({ index, 0: word }) => !/^\s*\??:/.test(text.slice(index + word.length)))
    .map(({ index, 0: what }) => ({ line: lineAt(text, index), what }));
  return [...imports, ...globals].map(({ line, what }) => ({
    check: "pure-package",
    path,
    line,
    message: `uses ${what}, but packages/${name} must run in a browser`,
  }));
}
