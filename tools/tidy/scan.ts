// SPDX-License-Identifier: Apache-2.0
// A small scanner of TypeScript source: enough to know what is code and what is text, where the functions
// are, and what is imported. TypeScript 7 has no API for this. It follows the layout that the formatter
// writes.
import { lineAt } from "./problem.ts";

/** A function with a body in braces. */
export interface ScannedFunction {
  /** The word before its parameters; `=>` for an arrow function. */
  readonly name: string;
  /** First line, from 1. */
  readonly line: number;
  /** Lines from the parameters to the closing brace, both counted. */
  readonly lines: number;
}

/** An import or a re-export. */
export interface ScannedImport {
  readonly specifier: string;
  /** Whether only types are named, so that nothing is imported when it runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Thrown where the braces of a source do not match, or a string or comment does not end. */
export class ScanError extends Error {
  override name = "ScanError";
}

/**
 * The source with every character of comments, strings, regular expressions and template text made a space,
 * so that what is left is code. Length, lines, quotes, and the braces of `${…}` stay.
 *
 * @throws {ScanError} if a string, comment or bracket does not end
 */
export function blank(source: string): string {
  const out = source.split("");
  const erase = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1) if (out[at] !== "\n") out[at] = " ";
  };
  /** What is open: brackets of code, and "${" for a place in a template. */
  const stack: string[] = [];
  let at = 0;
  /** Erases template text from `at` to its end, or to the next "${", which it opens. */
  const template = (): void => {
    const from = at;
    for (; at < source.length; at += 1) {
      if (source[at] === "\\") at += 1;
      else if (source[at] === "`" || source.startsWith("${", at)) break;
    }
    if (at >= source.length) throw new ScanError("a template does not end");
    erase(from, at);
    if (source[at] === "`") {
      at += 1;
    } else {
      stack.push("${");
      out[at] = " ";
      at += 2;
    }
  };
  while (at < source.length) {
    const char = source.charAt(at);
    const end = textEnd(source, out, at);
    if (end !== undefined) {
      const quotes =
        char === '"' || char === "'" || (char === "/" && !/^\/[/*]/.test(source.slice(at, at + 2)));
      erase(quotes ? at + 1 : at, quotes ? end - 1 : end);
      at = end;
    } else if (char === "`") {
      at += 1;
      template();
    } else {
      at += 1;
      if ("([{".includes(char)) stack.push(char);
      if (")]}".includes(char)) {
        const opened = stack.pop();
        if (opened === "${" && char === "}") template();
        else if (`${opened}${char}` !== "()" && `${opened}${char}` !== "[]" && `${opened}${char}` !== "{}") {
          throw new ScanError(`${char} on line ${lineAt(source, at)} closes nothing`);
        }
      }
    }
  }
  if (stack.length > 0) throw new ScanError(`${stack.join(" ")} does not end`);
  return out.join("");
}

/**
 * The functions, methods and arrow functions that have a body in braces, in the order in which the bodies
 * end.
 *
 * @throws {ScanError} as {@link blank}
 */
export function functionsOf(source: string): ScannedFunction[] {
  const code = blank(source);
  const open: { head: FunctionHead | undefined }[] = [];
  const found: ScannedFunction[] = [];
  for (let at = 0; at < code.length; at += 1) {
    if (code[at] === "{") open.push({ head: functionHead(code, at) });
    if (code[at] !== "}") continue;
    const head = open.pop()?.head;
    if (head === undefined) continue;
    const line = lineAt(code, head.start);
    found.push({ name: head.name, line, lines: lineAt(code, at) - line + 1 });
  }
  return found;
}

/**
 * What a source imports or re-exports, static and dynamic, in order.
 *
 * @throws {ScanError} as {@link blank}
 */
export function importsOf(source: string): ScannedImport[] {
  const code = blank(source);
  const pattern = /\b(?:(import|export)\b([^;"'`()]*?)\bfrom\s*|(import)\s*\(\s*|(import)\s*)["'`]/g;
  return [...code.matchAll(pattern)].map((match) => {
    const from = match.index + match[0].length;
    const specifier = source.slice(from, code.indexOf(code.charAt(from - 1), from));
    return { specifier, typeOnly: isTypeOnly(match[2]), line: lineAt(source, match.index) };
  });
}

function isTypeOnly(clause: string | undefined): boolean {
  if (clause === undefined) return false;
  if (/^\s*type\s+[^,]/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1];
  const named = names?.split(",").filter((name) => name.trim() !== "") ?? [];
  return named.length > 0 && named.every((name) => /^\s*type\s+\S/.test(name));
}

/**
 * Where the comment, quoted string or regular expression that begins at `at` ends; `undefined` if none does.
 */
function textEnd(source: string, out: readonly string[], at: number): number | undefined {
  const char = source.charAt(at);
  if (char === '"' || char === "'") return quotedEnd(source, at, char);
  if (char !== "/" && !(char === "#" && at === 0)) return undefined;
  if (source.startsWith("//", at) || source.startsWith("#!", at)) {
    const end = source.indexOf("\n", at);
    return end === -1 ? source.length : end;
  }
  if (source.startsWith("/*", at)) {
    const end = source.indexOf("*/", at + 2);
    if (end === -1) throw new ScanError(`the comment on line ${lineAt(source, at)} does not end`);
    return end + 2;
  }
  return char === "/" && opensRegularExpression(source, out, at) ? quotedEnd(source, at, "/") : undefined;
}

/** Where the string or regular expression that begins at `at` ends. */
function quotedEnd(source: string, at: number, quote: string): number {
  let inClass = false;
  for (let end = at + 1; end < source.length && source[end] !== "\n"; end += 1) {
    const char = source[end];
    if (char === "\\") end += 1;
    else if (quote === "/" && char === "[") inClass = true;
    else if (quote === "/" && char === "]") inClass = false;
    else if (char === quote && !inClass) return end + 1;
  }
  throw new ScanError(`what ${quote} opens on line ${lineAt(source, at)} does not end`);
}

/**
 * Whether a slash begins a regular expression: after an operand it divides, unless that operand is a keyword.
 */
function opensRegularExpression(source: string, out: readonly string[], at: number): boolean {
  // What was erased before is blank in `out`, so that a comment in between does not count.
  let end = at - 1;
  while (end >= 0 && /\s/.test(out[end] ?? "")) end -= 1;
  const before = out[end] ?? "";
  if (/[\w$]/.test(before)) {
    let start = end;
    while (start > 0 && /[\w$]/.test(out[start - 1] ?? "")) start -= 1;
    const word = out.slice(start, end + 1).join("");
    return /^(return|typeof|case|in|of|void|delete|throw|await|yield|else)$/.test(word);
  }
  // The formatter puts blanks around a division: `x! / 2`.
  if (before === "!" && source.charAt(at + 1) === " ") return false;
  return !/[)\]"'`/]/.test(before);
}

interface FunctionHead {
  readonly name: string;
  /** Offset of its parameters, or of the brace where it has none in parentheses. */
  readonly start: number;
}

/** The head of the function whose body opens at `brace`; `undefined` if the brace opens something else. */
function functionHead(code: string, brace: number): FunctionHead | undefined {
  let at = skipBlanksBack(code, brace - 1);
  if (code.slice(at - 1, at + 1) === "=>") {
    const parameters = parametersBefore(code, at - 2);
    return { name: "=>", start: parameters ?? brace };
  }
  const parameters = parametersBefore(code, at);
  if (parameters === undefined) return undefined;
  at = skipBlanksBack(code, parameters - 1);
  if (code[at] === ">") at = skipBlanksBack(code, matchingBack(code, at) - 1);
  const name = /[\w$#]*$/.exec(code.slice(Math.max(0, at - 100), at + 1))?.[0] ?? "";
  if (/^(if|for|while|switch|catch|with|await)$/.test(name)) return undefined;
  // A computed name ends in "]", a generator or an anonymous one in "function" or "*".
  return name === "" && code[at] !== "]" && code[at] !== "*"
    ? undefined
    : { name: name || "function", start: parameters };
}

/**
 * Offset of the parenthesis that opens the parameters which end at `at`, with a return type between or
 * without.
 */
function parametersBefore(code: string, at: number): number | undefined {
  let cursor = skipBlanksBack(code, at);
  if (code[cursor] === ")") return matchingBack(code, cursor);
  // The brace goes on with a type: `): a is { … }`, `): A | { … }`.
  if (/(\bis|[|&])$/.test(code.slice(Math.max(0, cursor - 2), cursor + 1))) return undefined;
  /** Whether the piece of type just passed may stand directly after a closing brace. */
  let afterBrace = true;
  for (;;) {
    const char = code.charAt(cursor);
    if (char === ":") {
      const before = skipBlanksBack(code, cursor - 1);
      const typeIsThere = code.slice(cursor + 1, at + 1).trim() !== "";
      return typeIsThere && code[before] === ")" ? matchingBack(code, before) : undefined;
    }
    if (char === ">" && code[cursor - 1] === "=") {
      // It returns a function: `): (a: A) => B {`.
      cursor -= 2;
      afterBrace = false;
    } else if (char === ">") {
      cursor = matchingBack(code, cursor) - 1;
      afterBrace = false;
    } else if (char === "]" || char === ")" || (char === "}" && afterBrace)) {
      cursor = matchingBack(code, cursor) - 1;
      afterBrace = true;
    } else if (/[\w$."'`]/.test(char)) {
      cursor -= 1;
      afterBrace = false;
    } else if (/[|&]/.test(char)) {
      cursor -= 1;
      afterBrace = true;
    } else {
      return undefined;
    }
    cursor = skipBlanksBack(code, cursor);
  }
}

/** Offset of the bracket that the one at `at` closes, or 0 where there is none. */
function matchingBack(code: string, at: number): number {
  const closing = code.charAt(at);
  const opening = { ")": "(", "]": "[", "}": "{", ">": "<" }[closing];
  let depth = 0;
  for (let cursor = at; cursor >= 0; cursor -= 1) {
    if (code[cursor] === closing && !(closing === ">" && code[cursor - 1] === "=")) depth += 1;
    if (code[cursor] === opening) depth -= 1;
    if (depth === 0) return cursor;
  }
  return 0;
}

function skipBlanksBack(code: string, from: number): number {
  let at = from;
  while (at >= 0 && /\s/.test(code.charAt(at))) at -= 1;
  return at;
}
