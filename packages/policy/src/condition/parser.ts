// SPDX-License-Identifier: Apache-2.0
// The parser: Pratt's method over CEL's grammar (cel-spec, doc/langdef.md, "Syntax").
import type { BinaryOperator, Expression } from "./ast.ts";
import { tokenize } from "./lexer.ts";
import type { Token } from "./lexer.ts";
import { ConditionStop } from "./problem.ts";

/** Deepest nesting of parentheses, lists, calls and ternaries (CEL asks for at least 12). */
export const nestingDepthMax = 48;
/** Most nodes of a condition: bounds the depth of every walk over it. */
export const conditionNodesMax = 1_000;

const int64Max = 2n ** 63n - 1n;

/** How tightly each operator binds; a ternary binds least. */
const bindingPower: Readonly<Record<string, number>> = {
  "?": 1,
  "||": 2,
  "&&": 3,
  "==": 4,
  "!=": 4,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  in: 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

/** Words that CEL reserves: no name may be one of them. */
const reservedWords: ReadonlySet<string> = new Set([
  ..."as break const continue else for function if import let".split(" "),
  ..."loop namespace package return var void while".split(" "),
]);

type Parser = { readonly tokens: readonly Token[]; position: number; depth: number; nodes: number };

/**
 * Parses a condition.
 *
 * @throws {ConditionStop} at the first mistake
 */
export function parse(source: string): Expression {
  const parser: Parser = { tokens: tokenize(source), position: 0, depth: 0, nodes: 0 };
  if (current(parser).kind === "end")
    throw new ConditionStop("condition-syntax", 0, "this condition is empty");
  const expression = parseExpression(parser, 0);
  const rest = current(parser);
  if (rest.kind !== "end") throw unexpected(rest, "the end of the condition or an operator");
  return expression;
}

function parseExpression(parser: Parser, powerMin: number): Expression {
  enter(parser);
  let left = parseUnary(parser);
  for (;;) {
    const operator = current(parser);
    const power =
      operator.kind === "punctuation" || operator.text === "in" ? bindingPower[operator.text] : undefined;
    if (operator.kind === "string" || power === undefined || power <= powerMin) break;
    parser.position += 1;
    left =
      operator.text === "?" ? parseConditional(parser, left) : parseBinary(parser, left, operator, power);
  }
  parser.depth -= 1;
  return left;
}

function parseConditional(parser: Parser, test: Expression): Expression {
  const then = parseExpression(parser, 1);
  expect(parser, ":", "the other branch of ? :");
  const otherwise = parseExpression(parser, 0);
  return node(parser, { kind: "conditional", test, then, otherwise, start: test.start, end: otherwise.end });
}

function parseBinary(parser: Parser, left: Expression, operator: Token, power: number): Expression {
  const right = parseExpression(parser, power);
  const place = { start: left.start, end: right.end };
  if (operator.text !== "&&" && operator.text !== "||") {
    const name = operator.text as BinaryOperator;
    return node(parser, {
      kind: "binary",
      operator: name,
      operatorStart: operator.start,
      left,
      right,
      ...place,
    });
  }
  // A chain of one operator is one node: the tree stays flat however long the chain is.
  const chained = left.kind === "logic" && left.operator === operator.text;
  const operands = chained ? [...left.operands, right] : [left, right];
  return node(parser, { kind: "logic", operator: operator.text, operands, ...place });
}

function parseUnary(parser: Parser): Expression {
  const token = current(parser);
  if (token.kind !== "punctuation" || (token.text !== "!" && token.text !== "-")) return parseMember(parser);
  if (token.text === "-") return parseSigns(parser, token);
  parser.position += 1;
  enter(parser);
  const operand = parseUnary(parser);
  parser.depth -= 1;
  return node(parser, { kind: "unary", operator: "!", operand, start: token.start, end: operand.end });
}

/** Pairs of signs cancel out, as in the other parsers of CEL: `--x` is x even where -x would overflow. */
function parseSigns(parser: Parser, { start }: Token): Expression {
  let odd = false;
  while (accept(parser, "-") !== undefined) odd = !odd;
  const next = current(parser);
  if (odd && next.kind === "int") {
    // The sign belongs to the literal, or the smallest integer couldn't be written.
    parser.position += 1;
    const value = -integerValue(next, true);
    return parseSuffixes(parser, node(parser, { kind: "int", value, start, end: next.end }));
  }
  const operand = parseMember(parser);
  return node(parser, { kind: "unary", operator: odd ? "-" : "--", operand, start, end: operand.end });
}

function parseMember(parser: Parser): Expression {
  return parseSuffixes(parser, parsePrimary(parser));
}

function parseSuffixes(parser: Parser, primary: Expression): Expression {
  let expression = primary;
  for (;;) {
    if (accept(parser, ".") !== undefined) {
      expression = parseSelection(parser, expression);
    } else if (accept(parser, "[") !== undefined) {
      const index = parseExpression(parser, 0);
      const close = expect(parser, "]", "the end of the index");
      expression = node(parser, {
        kind: "index",
        target: expression,
        index,
        start: expression.start,
        end: close.end,
      });
    } else if (current(parser).text === "{" && current(parser).kind === "punctuation") {
      throw new ConditionStop("unsupported", current(parser).start, "messages are not part of this language");
    } else {
      return expression;
    }
  }
}

function parseSelection(parser: Parser, target: Expression): Expression {
  const name = current(parser);
  if (name.kind === "punctuation" && name.text === "?") throw optionalValue(name);
  if (name.kind !== "identifier" || ["in", "true", "false", "null"].includes(name.text)) {
    throw unexpected(name, "a name after the dot");
  }
  parser.position += 1;
  const open = accept(parser, "(");
  if (open === undefined) {
    const place = { start: target.start, end: name.end };
    return node(parser, { kind: "select", target, field: name.text, fieldStart: name.start, ...place });
  }
  const { items, end } = parseItems(parser, ")");
  const place = { start: target.start, end };
  return node(parser, {
    kind: "call",
    name: name.text,
    nameStart: name.start,
    target,
    args: items,
    ...place,
  });
}

function parsePrimary(parser: Parser): Expression {
  const token = current(parser);
  parser.position += 1;
  const { start, end } = token;
  if (token.kind === "int")
    return node(parser, { kind: "int", value: integerValue(token, false), start, end });
  if (token.kind === "string") return node(parser, { kind: "string", value: token.text, start, end });
  if (token.kind === "identifier") return parseName(parser, token);
  if (token.kind === "punctuation" && token.text === "(") {
    const inner = parseExpression(parser, 0);
    const close = expect(parser, ")", "the closing parenthesis");
    return { ...inner, start, end: close.end };
  }
  if (token.kind === "punctuation" && token.text === "[") {
    const list = parseItems(parser, "]");
    return node(parser, { kind: "list", items: list.items, start, end: list.end });
  }
  if (token.kind === "punctuation" && token.text === "{") {
    throw new ConditionStop("unsupported", start, "maps are not part of this language", "use a list");
  }
  if (token.kind === "punctuation" && token.text === "?") throw optionalValue(token);
  if (token.kind === "punctuation" && token.text === ".") {
    throw new ConditionStop("unsupported", start, "names with a leading dot are not part of this language");
  }
  throw unexpected(token, "a value");
}

function optionalValue({ start }: Token): ConditionStop {
  return new ConditionStop(
    "unsupported",
    start,
    "optional values are not part of this language",
    "use has()",
  );
}

function parseName(parser: Parser, token: Token): Expression {
  const { text: name, start, end } = token;
  if (name === "true" || name === "false")
    return node(parser, { kind: "bool", value: name === "true", start, end });
  if (name === "null") {
    throw new ConditionStop(
      "unsupported",
      start,
      "null is not part of this language",
      "use has() to ask for a value",
    );
  }
  if (name === "in") throw unexpected(token, "a value");
  if (reservedWords.has(name))
    throw new ConditionStop("condition-syntax", start, `"${name}" is a reserved word of CEL`);
  if (accept(parser, "(") === undefined) return node(parser, { kind: "name", name, start, end });
  const list = parseItems(parser, ")");
  return node(parser, { kind: "call", name, nameStart: start, args: list.items, start, end: list.end });
}

function parseItems(parser: Parser, close: ")" | "]"): { items: Expression[]; end: number } {
  const items: Expression[] = [];
  for (;;) {
    const end = accept(parser, close);
    if (end !== undefined) return { items, end: end.end };
    items.push(parseExpression(parser, 0));
    if (accept(parser, ",") === undefined) {
      return { items, end: expect(parser, close, `a comma or ${close}`).end };
    }
    // CEL allows a comma after the last element of a list, not of a call.
    if (close === ")" && current(parser).text === ")") throw unexpected(current(parser), "another argument");
  }
}

function integerValue(token: Token, negative: boolean): bigint {
  const value = BigInt(token.text);
  if (value > int64Max + (negative ? 1n : 0n)) {
    const sign = negative ? "-" : "";
    throw new ConditionStop("bad-literal", token.start, `${sign}${token.text} is no 64-bit integer`);
  }
  return value;
}

function enter(parser: Parser): void {
  parser.depth += 1;
  if (parser.depth > nestingDepthMax) {
    const message = `this condition nests more than ${nestingDepthMax} deep`;
    throw new ConditionStop("too-large", current(parser).start, message, "split it into several rules");
  }
}

function node(parser: Parser, expression: Expression): Expression {
  parser.nodes += 1;
  if (parser.nodes > conditionNodesMax) {
    const message = `this condition has more than ${conditionNodesMax} parts`;
    throw new ConditionStop("too-large", 0, message, "split it into several rules");
  }
  return expression;
}

function current(parser: Parser): Token {
  return parser.tokens[Math.min(parser.position, parser.tokens.length - 1)] as Token;
}

function accept(parser: Parser, text: string): Token | undefined {
  const token = current(parser);
  if (token.kind !== "punctuation" || token.text !== text) return undefined;
  parser.position += 1;
  return token;
}

function expect(parser: Parser, text: string, what: string): Token {
  const token = accept(parser, text);
  if (token === undefined) throw unexpected(current(parser), what);
  return token;
}

function unexpected(token: Token, expected: string): ConditionStop {
  const found = token.kind === "end" ? "the condition ends" : `${JSON.stringify(token.text)} stands`;
  return new ConditionStop("condition-syntax", token.start, `${found} where ${expected} should be`);
}
