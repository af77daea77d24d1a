// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { type ErrorCode, ProtocolError } from "./error.ts";
import { type JsonLimits, type JsonValue, jsonDepthCeiling, jsonPointer, parseJson } from "./json.ts";

const utf8 = new TextEncoder();

function parse(text: string, limits?: Partial<JsonLimits>): JsonValue {
  return parseJson(utf8.encode(text), limits);
}

/** The error that reading `input` ends in; fails if it ends otherwise. */
function refusal(input: string | Uint8Array, limits?: Partial<JsonLimits>): ProtocolError {
  try {
    parseJson(typeof input === "string" ? utf8.encode(input) : input, limits);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `threw ${String(error)}`);
    return error;
  }
  return assert.fail(`accepted ${String(input).slice(0, 100)}`);
}

/** The same value with ordinary prototypes, so that deepEqual can compare it with JSON.parse's. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

/**
 * The slow, obvious twin: takes the text apart with one regular expression, and leaves the reading of each
 * token to JSON.parse. Returns the value as `{ value }`, or `undefined` where it refuses.
 */
function slowParse(bytes: Uint8Array): { value: unknown } | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const tokenPattern = /[ \t\n\r]*([{}[\]:,]|"(?:[^"\\]|\\.)*"|[^\s{}[\]:,"]+)[ \t\n\r]*/y;
  const tokens: string[] = [];
  while (tokenPattern.lastIndex < text.length) {
    const match = tokenPattern.exec(text);
    if (match?.[1] === undefined) return undefined;
    tokens.push(match[1]);
  }
  try {
    const value = slowValue(tokens, 0);
    return tokens.length === 0 ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function slowValue(tokens: string[], depth: number): unknown {
  const token = tokens.shift();
  if (token === "{" || token === "[") {
    assert.ok(depth < 32);
    const closing = token === "{" ? "}" : "]";
    const members: [string, unknown][] = [];
    while (tokens[0] !== closing) {
      if (members.length > 0) assert.equal(tokens.shift(), ",");
      let key = "";
      if (token === "{") {
        const decoded: unknown = JSON.parse(tokens.shift() ?? "");
        assert.ok(typeof decoded === "string" && decoded.isWellFormed());
        key = decoded;
        assert.equal(tokens.shift(), ":");
        assert.ok(!members.some(([earlier]) => earlier === key));
      }
      members.push([key, slowValue(tokens, depth + 1)]);
    }
    tokens.shift();
    return token === "{" ? Object.fromEntries(members) : members.map(([, member]) => member);
  }
  const value: unknown = JSON.parse(token ?? "");
  if (typeof value === "string") assert.ok(value.isWellFormed());
  if (typeof value === "number") {
    assert.ok(/^-?[0-9]+$/.test(token ?? "") && Number.isSafeInteger(value));
    return value === 0 ? 0 : value;
  }
  return value;
}

test("values of every kind are read as JSON.parse reads them", () => {
  for (const text of [
    "null",
    " true ",
    "\t\r\nfalse\n",
    "0",
    "-1",
    "9007199254740991",
    "-9007199254740991",
    '""',
    '"é\u2028😀\u007f"',
    String.raw`"\"\\\/\b\f\n\r\t\u0000\u00e9\uD83D\uDE00\uFFFE"`,
    "[]",
    "{}",
    "[ ]",
    "{ }",
    '[1,[2,{"a":[]}],"b"]',
    '{"a":{"b":{"a":1}},"":null,"2":1,"1":2}',
  ]) {
    assert.deepEqual(plain(parse(text)), JSON.parse(text), text);
  }
});

test("minus zero reads as zero", () => {
  assert.ok(Object.is(parse("-0"), 0));
  assert.ok(Object.is(parse("[-0]")?.[0 as never], 0));
});

test("objects inherit nothing, and __proto__ is a key like any other", () => {
  const value = parse('{"__proto__":{"admin":true},"constructor":1}');
  assert.ok(typeof value === "object" && value !== null && !Array.isArray(value));
  assert.equal(Object.getPrototypeOf(value), null);
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
  assert.equal(value["admin"], undefined);
  assert.equal(value["toString"], undefined);
  assert.equal(refusal('{"__proto__":1,"__proto__":2}').code, "json_duplicate_key");
  assert.equal(Object.prototype.hasOwnProperty.call({}, "admin"), false);
});

test("each fault is refused with its code, pointer and byte offset", () => {
  const faults: [string, ErrorCode, string, number][] = [
    ["", "json_syntax", "", 0],
    ["  ", "json_syntax", "", 2],
    ["{} x", "json_syntax", "", 3],
    ["nul", "json_syntax", "", 0],
    ["\u00a01", "json_syntax", "", 0],
    ["'a'", "json_syntax", "", 0],
    ['{"a":1,}', "json_syntax", "", 7],
    ['{"a" 1}', "json_syntax", "/a", 5],
    ['{"a":1 "b":2}', "json_syntax", "", 7],
    ["{a:1}", "json_syntax", "", 1],
    ["[1,]", "json_syntax", "/1", 3],
    ["[1 2]", "json_syntax", "", 3],
    ['{"a":[true,{"b":tru}]}', "json_syntax", "/a/1/b", 16],
    ['["é","\t"]', "json_syntax", "/1", 7],
    ['["a', "json_syntax", "/0", 3],
    [String.raw`["\x41"]`, "json_syntax", "/0", 2],
    [String.raw`["\u12G4"]`, "json_syntax", "/0", 2],
    ["[01]", "json_syntax", "/0", 1],
    ["[-]", "json_syntax", "/0", 1],
    ["[+1]", "json_syntax", "/0", 1],
    ["[.5]", "json_syntax", "/0", 1],
    ["[1.]", "json_syntax", "/0", 1],
    ["[1e]", "json_syntax", "/0", 1],
    ["[1.5.5]", "json_syntax", "/0", 1],
    ["[1.5]", "json_number", "/0", 1],
    ["[1.0]", "json_number", "/0", 1],
    ["[1e2]", "json_number", "/0", 1],
    ["[1E400]", "json_number", "/0", 1],
    ["[9007199254740992]", "json_number", "/0", 1],
    ["[-9007199254740992]", "json_number", "/0", 1],
    [`[${"9".repeat(400)}]`, "json_number", "/0", 1],
    ['{"a":1,"b":2,"a":3}', "json_duplicate_key", "/a", 13],
    [String.raw`{"a":null,"\u0061":3}`, "json_duplicate_key", "/a", 10],
    ['{"x":[{"é/~":1,"é/~":2}]}', "json_duplicate_key", "/x/0/é~1~0", 16],
    [String.raw`{"t":"\uD800"}`, "json_surrogate", "/t", 6],
    [String.raw`{"t":"\uDC00\uD800"}`, "json_surrogate", "/t", 6],
    [String.raw`{"t":"\uD800\u0041"}`, "json_surrogate", "/t", 6],
    [String.raw`{"t":"\uD800\n"}`, "json_surrogate", "/t", 6],
    [String.raw`{"\uDFFF":1}`, "json_surrogate", "", 2],
    ["\ufeff{}", "json_encoding", "", 0],
    ["{}\ufeff", "json_syntax", "", 2],
  ];
  for (const [text, code, pointer, offset] of faults) {
    const error = refusal(text);
    assert.deepEqual(
      { code: error.code, pointer: error.pointer, offset: error.offset },
      { code, pointer, offset },
      text,
    );
    assert.match(error.message, /^.+ at (the top level|\/.*), byte \d+: .+$/, text);
  }
});

test("bytes that are not UTF-8 are refused at the first bad byte, with the value that they are in", () => {
  const inText = (...bad: number[]): Uint8Array =>
    Uint8Array.from([...utf8.encode('{"a":["é'), ...bad, ...utf8.encode('"]}')]);
  const sequences = [
    [0x80],
    [0xc0, 0xaf],
    [0xc3],
    [0xe0, 0x80, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xef, 0xbf],
    [0xf0, 0x80, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xff],
  ];
  for (const bad of sequences) {
    const error = refusal(inText(...bad));
    assert.deepEqual([error.code, error.pointer, error.offset], ["json_encoding", "/a/0", 9], String(bad));
  }
  const wrongBefore = refusal(Uint8Array.from([...utf8.encode("[1,,"), 0xff]));
  assert.deepEqual(
    [wrongBefore.code, wrongBefore.pointer, wrongBefore.offset],
    ["json_encoding", undefined, 4],
  );
});

test("the reported offset of bad UTF-8 is where the longest well-formed prefix ends", () => {
  const strict = new TextDecoder("utf-8", { fatal: true });
  const wellFormed = (bytes: Uint8Array): boolean => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const lead = fc.constantFrom(
    0x41,
    0x7f,
    0x80,
    0xbf,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xed,
    0xef,
    0xf0,
    0xf3,
    0xf4,
    0xf5,
  );
  const next = fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2);
  fc.assert(
    fc.property(fc.array(fc.oneof(lead, next), { maxLength: 8 }), (list) => {
      const bytes = Uint8Array.from(list);
      fc.pre(!wellFormed(bytes));
      const { offset } = refusal(bytes);
      assert.ok(offset !== undefined && wellFormed(bytes.subarray(0, offset)));
      for (let end = offset + 1; end <= bytes.length; end += 1)
        assert.ok(!wellFormed(bytes.subarray(0, end)));
    }),
  );
});

describe("limits", () => {
  test("32 arrays and objects are read, one more is refused where it opens", () => {
    parse("[".repeat(32) + "]".repeat(32));
    parse('{"a":'.repeat(31) + "[]" + "}".repeat(31));
    const error = refusal("[".repeat(33) + "]".repeat(33));
    assert.deepEqual([error.code, error.offset, error.limit], ["json_depth", 32, 32]);
    assert.equal(error.pointer, "/0".repeat(32));
    assert.equal(refusal("[".repeat(1_000_000)).code, "json_depth");
  });

  test("siblings do not add to the depth", () => {
    parse(`[${"[[]],".repeat(100)}{}]`, { depthMax: 3 });
  });

  test("depthMax is respected from 0 to its ceiling, and anything else is a bug of the caller", () => {
    assert.equal(parse("1", { depthMax: 0 }), 1);
    assert.equal(refusal("[]", { depthMax: 0 }).code, "json_depth");
    parse("[".repeat(jsonDepthCeiling) + "]".repeat(jsonDepthCeiling), { depthMax: jsonDepthCeiling });
    for (const depthMax of [-1, 1.5, Number.NaN, jsonDepthCeiling + 1]) {
      assert.throws(() => parse("1", { depthMax }), RangeError);
    }
  });

  test("a text of bytesMax bytes is read, one byte more is refused", () => {
    assert.equal(parse('"é"', { bytesMax: 4 }), "é");
    const error = refusal('"é"', { bytesMax: 3 });
    assert.deepEqual([error.code, error.limit, error.pointer], ["json_size", 3, undefined]);
    assert.equal(refusal(`"${"a".repeat(1_048_575)}"`).code, "json_size");
  });

  test("errors stay short however long the keys and numbers are", () => {
    for (const text of [
      `{"${"k".repeat(100_000)}":1.5}`,
      `{"${"~".repeat(1_000)}":1.5}`,
      `{"${"😀".repeat(100_000)}":1,"${"😀".repeat(100_000)}":1}`,
      `[${"1".repeat(100_000)}]`,
    ]) {
      const error = refusal(text);
      assert.ok(error.message.length < 1_400 && error.message.isWellFormed(), error.message.slice(0, 200));
      assert.ok((error.pointer ?? "").length <= 1_024);
    }
  });
});

test("JSON pointers escape ~ and /, and are cut at a whole step", () => {
  assert.equal(jsonPointer([]), "");
  assert.equal(jsonPointer(["a/b", 0, "~1", ""]), "/a~1b/0/~01/");
  assert.equal(jsonPointer(["a", "b".repeat(1_021), "c"]), `/a/${"b".repeat(1_021)}`);
  assert.equal(jsonPointer(["a", "b".repeat(1_022), "c"]), "/a");
  assert.equal(jsonPointer(["a", "b".repeat(100_000)]), "/a");
});

/** Fails unless the reader and its slow twin take `bytes` alike, and as JSON.parse does where they accept. */
function agrees(bytes: Uint8Array): void {
  const slow = slowParse(bytes);
  if (slow === undefined) {
    refusal(bytes);
    return;
  }
  const value = plain(parseJson(bytes));
  assert.deepEqual(value, slow.value);
  // The comparison with JSON.parse leaves out the sign of zero, which we drop.
  const theirs: unknown = JSON.parse(new TextDecoder().decode(bytes), (_key, member: unknown) =>
    member === 0 ? 0 : member,
  );
  assert.deepEqual(value, theirs);
}

describe("agreement with the slow twin", () => {
  const string = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
    fc.constant("__proto__"),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger(),
      fc.double(),
      string,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(string, tie("tree"), { maxKeys: 4 }),
    ),
  }));
  const spaces = fc.constantFrom("", " ", "\n\t", "  ");

  test("on values that JSON.stringify wrote", () => {
    fc.assert(
      fc.property(tree, spaces, (value, space) => agrees(utf8.encode(JSON.stringify(value, null, space)))),
    );
  });

  test("on such texts with one piece cut out and another put in", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n\t-0123456789.eEu/xtfn\u0000\u00a0\ufeffé'.split(""),
      "\\u",
      "\\uD83D",
      "\\uDE00",
      "\\u0061",
      "true",
      "null",
      '"a":',
      '"":',
      "1e5",
      "1.5",
      "9007199254740993",
      "",
    );
    fc.assert(
      fc.property(tree, piece, fc.nat(), fc.nat({ max: 3 }), (value, insert, position, cut) => {
        const text = JSON.stringify(value);
        const at = position % (text.length + 1);
        agrees(utf8.encode(text.slice(0, at) + insert + text.slice(at + cut)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("on short texts made of JSON's own pieces", () => {
    const piece = fc.constantFrom(
      ..."{}[]:,-01.e ".split(""),
      '"a"',
      '"b"',
      '"\\u0061"',
      '"\\uD800"',
      '"\\uDC00"',
      "true",
      "false",
      "null",
      '"',
      "\\",
      '{"a":',
      ',"a":',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => agrees(utf8.encode(pieces.join("")))),
      { numRuns: 2_000 },
    );
  });

  test("on bytes of any kind", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), agrees));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => agrees(utf8.encode(`"${text}"`))));
  });
});

describe("JSONTestSuite", () => {
  const folder = sharedPath("vectors/json-test-suite/test_parsing");
  /** The files that RFC 8259 allows and we do not, by the rule of ours that refuses them. */
  const stricter: Record<string, string[]> = {
    json_duplicate_key: ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"],
    json_number: [
      "y_number.json",
      "y_number_0e+1.json",
      "y_number_0e1.json",
      "y_number_after_space.json",
      "y_number_double_close_to_zero.json",
      "y_number_int_with_exp.json",
      "y_number_real_capital_e.json",
      "y_number_real_capital_e_neg_exp.json",
      "y_number_real_capital_e_pos_exp.json",
      "y_number_real_exponent.json",
      "y_number_real_fraction_exponent.json",
      "y_number_real_neg_exp.json",
      "y_number_real_pos_exponent.json",
      "y_number_simple_real.json",
      "y_structure_lonely_negative_real.json",
    ],
  };
  const ruleOf = new Map(
    Object.entries(stricter).flatMap(([rule, files]) => files.map((file) => [file, rule])),
  );

  test("y_ is read unless a stricter rule of ours refuses it, n_ is refused, i_ ends in either", (t) => {
    if (folder === undefined) return t.skip(skipReason("vectors/json-test-suite"));
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    assert.ok(files.length > 100, `only ${files.length} files`);
    for (const name of files) {
      const bytes: Uint8Array = readFileSync(`${folder}/${name}`);
      const rule = ruleOf.get(name);
      if (rule !== undefined) {
        assert.equal(refusal(bytes).code, rule, name);
      } else if (name.startsWith("y_")) {
        assert.deepEqual(
          JSON.stringify(parseJson(bytes)),
          JSON.stringify(JSON.parse(bytes.toString()), (_key, member: unknown) =>
            member === 0 ? 0 : member,
          ),
          name,
        );
      } else if (name.startsWith("n_")) {
        refusal(bytes);
      } else if (slowParse(bytes) === undefined) {
        refusal(bytes);
      } else {
        parseJson(bytes);
      }
    }
  });

  test("every file as a field's value is read or refused alike", (t) => {
    if (folder === undefined) return t.skip(skipReason("vectors/json-test-suite"));
    for (const name of readdirSync(folder)) {
      const bytes: Uint8Array = readFileSync(`${folder}/${name}`);
      const inside: Uint8Array = Buffer.concat([utf8.encode('{"event":{"id":'), bytes, utf8.encode("}}")]);
      if (slowParse(inside) === undefined) refusal(inside);
      else parseJson(inside);
    }
  });
});
