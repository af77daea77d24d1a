// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ScanError, blank, functionsOf, importsOf } from "./scan.ts";

test("only code is left of a source", () => {
  const cases: [string, string][] = [
    ["a // b {\nc", "a       \nc"],
    ["a /* { \n */ c", "a      \n    c"],
    ['f(\'}\', "\\"}")', "f(' ', \"   \")"],
    ["x = /[/}]\\/}/g.test(y)", "x = /       /g.test(y)"],
    ["return /}/", "return / /"],
    ["a / b / c", "a / b / c"],
    ["(a) / b / c", "(a) / b / c"],
    ["a! / b / c", "a! / b / c"],
    ["x = `a}${ f({ b: `}` }) }c`", "x = `   { f({ b: ` ` }) } `"],
    ["x = `\\`\\${`", "x = `     `"],
    ["#!/usr/bin/env node\na", "                   \na"],
  ];
  for (const [source, code] of cases) assert.equal(blank(source), code, source);
});

test("a source that does not end, or whose brackets do not match, is said to be so", () => {
  for (const source of ["{", "(]", "}", '"a', "'a\n'", "`a", "`${", "/* a", "x = /a\n"]) {
    assert.throws(() => blank(source), ScanError, source);
  }
});

test("functions of every form are found", () => {
  const sources = [
    "function name() {}",
    "export async function* name<T extends { a: 1 }>(a: T, { b } = {}): AsyncGenerator<{ b: T }> {}",
    "function name(a: () => void): a is { b: 1 } {}",
    "function name(): { a: 1 } {}",
    "function name(): { a: 1 }[] {}",
    'function name(): "a" | "b" | undefined {}',
    "function name(): asserts a is string {}",
    "function name(): A | { b: 1 } {}",
    "function name(): (a: () => void) => B {}",
    "function name(): (a: A) => (b: B) => C<D> {}",
    "function name(): Map<string, () => void> {}",
    "class A {\n a = 1;\n async name(): Promise<void> {}\n}",
    "class A {\n static #name(a = f({})) {}\n}",
    "class A {\n get name() {}\n}",
    "const a = { name() {} };",
    "class A { [Symbol.iterator]() {} }",
    "class A { *[Symbol.iterator]() {} }",
    "const name = function () {};",
    "const a = () => {};",
    "const a = async (b: number): Promise<{ c: 1 }> => {};",
    "f((a) => {}, b);",
    "f(a => {});",
  ];
  for (const source of sources) assert.equal(functionsOf(source).length, 1, source);
});

test("what is no function is not taken for one", () => {
  const sources = [
    "if (a) {} else if (b) {} else {}",
    "for (const a of b) { while (c) {} }",
    "for await (const a of b) {}",
    "switch (a) { case f(b): {} default: {} }",
    "try {} catch (a) {} finally {}",
    "try {} catch {}",
    "const a = { b: {}, c: [{}] };",
    "const a: { b: 1 } = {};",
    "const a = b > c ? {} : {};",
    "const a = f(b) ? f(c) : {};",
    "interface A { b(): { c: 1 }; d: (e: number) => { f: 1 } }",
    "type A<B> = { c: B };",
    "class A<B> extends C<B> {}",
    "export class A implements B, C<D> {}",
    "if (a) {}\nclass B {}",
    "import { a } from 'b';\nexport { a };",
    "do {} while (a);\n{}",
    "label: for (;;) {}",
    "const a = b as { c: 1 };",
    "const a = { ...f(b), ...{} };",
    "f(a, {}, [{}]);",
  ];
  for (const source of sources) {
    const found = functionsOf(source).filter(({ name }) => name !== "=>");
    assert.deepEqual(found, [], source);
  }
});

test("lengths are counted from the parameters to the closing brace", () => {
  const source = "// a\nfunction name(\n  a: number,\n): void {\n  b(() => {\n    c();\n  });\n}\n";
  assert.deepEqual(functionsOf(source), [
    { name: "=>", line: 5, lines: 3 },
    { name: "name", line: 2, lines: 7 },
  ]);
});

test("imports of every form are found, with whether they are of types only", () => {
  const source = `import "a";
import b from "b";
import * as c from 'c';
import { d, type D } from "d";
import {
  type E,
  type F,
} from "e";
import type { G } from "g";
import { type } from "h";
export * from "i";
export type { J } from "j";
const k = await import("k");
// import "not";
const text = 'import "not"';
export const l = { from: "not" };
export { l as m };
`;
  assert.deepEqual(
    importsOf(source).map(
      ({ specifier, typeOnly, line }) => `${line} ${specifier}${typeOnly ? " type" : ""}`,
    ),
    ["1 a", "2 b", "3 c", "4 d", "5 e type", "9 g type", "10 h", "11 i", "12 j type", "13 k"],
  );
});
