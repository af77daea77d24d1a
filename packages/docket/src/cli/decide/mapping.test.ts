// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProtocolError } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { detectForm, formOf, knownSets } from "./forms.ts";
import { mapRow, parseMapping } from "./mapping.ts";
import type { MappedEvent } from "./mapping.ts";

const spec = "id=nr,time=at,actor.id=user.name,actor.attributes.karma=karma,content.text=body,type:=comment";

function map(row: unknown, used = spec): MappedEvent {
  return mapRow(parseMapping(used), { number: 7, bytes: Buffer.from(JSON.stringify(row)) });
}

function refusal(row: unknown, used = spec): ProtocolError {
  try {
    map(row, used);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    return error;
  }
  return assert.fail("the row was taken");
}

describe("a row becomes an event", () => {
  test("field by field; what the map does not name is not looked at", () => {
    const row = {
      nr: 5,
      at: "2013-11-07T06:20:48",
      user: { name: "u" },
      karma: 3,
      body: "hi",
      score: 0.5,
      label: "spam",
    };
    assert.deepEqual(map(row), {
      event: {
        id: "5",
        type: "comment",
        time: "2013-11-07T06:20:48.000Z",
        actor: { id: "u", attributes: { karma: 3 } },
        content: { text: "hi" },
      },
      idDerived: false,
    });
  });

  test("also the fields that only some types of event have", () => {
    const row = { from: "u", subject: "hi", price: 12, tags: ["a", "b"] };
    const used = "actor.id=from,content.title=subject,fields.price=price,fields.tags=tags,type:=listing";
    assert.deepEqual(map(row, used).event.fields, { price: 12, tags: ["a", "b"] });
    assert.equal(refusal({ ...row, price: 0.5 }, used).code, "schema_mismatch");
  });

  test("times are taken in the forms that people write, without a zone as UTC", () => {
    const times: [unknown, string][] = [
      ["2013-11-07", "2013-11-07T00:00:00.000Z"],
      ["2013-11-07 06:20", "2013-11-07T06:20:00.000Z"],
      ["2013-11-07 06:20:48.971000", "2013-11-07T06:20:48.971Z"],
      ["2013-11-07t06:20:48z", "2013-11-07T06:20:48.000Z"],
      ["2013-11-07T06:20:48+0200", "2013-11-07T04:20:48.000Z"],
      [1383805248, "2013-11-07T06:20:48.000Z"],
      [1383805248.5, "2013-11-07T06:20:48.500Z"],
      [1383805248123, "2013-11-07T06:20:48.123Z"],
    ];
    for (const [at, expected] of times) {
      assert.equal(map({ at, user: { name: "u" } }).event.time, expected, String(at));
    }
    for (const at of [null, ""]) assert.equal(map({ at, user: { name: "u" } }).event.time, undefined);
    for (const at of ["yesterday", "2013-02-30", "07/11/2013", -5, 1e20, true, {}]) {
      assert.equal(refusal({ at, user: { name: "u" } }).pointer, "/time", JSON.stringify(at));
    }
  });

  test("an id that is absent is made of line and content, always the same", () => {
    const first = map({ user: { name: "u" }, body: "a" });
    assert.equal(first.idDerived, true);
    assert.match(first.event.id, /^line-7-[0-9a-f]{16}$/);
    assert.deepEqual(map({ user: { name: "u" }, body: "a" }), first);
    assert.notEqual(map({ user: { name: "u" }, body: "b" }).event.id, first.event.id);
  });

  test("a row without what an event needs is refused, with the place", () => {
    for (const user of [undefined, null, { name: "" }, { name: null }, "u", {}]) {
      const error = refusal({ user });
      assert.deepEqual([error.code, error.pointer], ["schema_mismatch", "/actor/id"], JSON.stringify(user));
      assert.match(error.message, /"user.name"/);
    }
    assert.equal(refusal({ user: { name: ["u"] } }).pointer, "/actor/id");
    assert.equal(refusal({ user: { name: "u" }, karma: 0.5 }).code, "schema_mismatch");
    assert.equal(refusal({ user: { name: "\ud800" } }).code, "json_surrogate");
    assert.equal(refusal([1]).code, "schema_mismatch");
  });

  test("a line that is no JSON, or no UTF-8, says so", () => {
    const mapping = parseMapping(spec);
    const codeOf = (bytes: Uint8Array): string => {
      try {
        mapRow(mapping, { number: 1, bytes });
      } catch (error) {
        return (error as ProtocolError).code;
      }
      return "none";
    };
    assert.equal(codeOf(Buffer.from('{"user":')), "json_syntax");
    assert.equal(codeOf(Uint8Array.from([0x7b, 0xff, 0x7d])), "json_encoding");
  });

  test("keys that every object inherits are no fields", () => {
    assert.equal(refusal({}, "actor.id=constructor,type:=comment").pointer, "/actor/id");
    assert.equal(refusal({}, "actor.id=__proto__.toString,type:=comment").pointer, "/actor/id");
  });
});

test("a map with a mistake says which", () => {
  const wrong: [string, RegExp][] = [
    ["id", /neither a map/],
    ["id=", /"id="/],
    ["id=a,,type:=b", /""/],
    ["name=a,actor.id=b,type:=c", /"name" is no field of an event/],
    ["id=a,id=b", /id is mapped twice/],
    ["id=a,type:=c", /nothing of actor.id/],
    ["id=a,actor.id=b", /type:=comment/],
    ["actor.attributes.two words=a", /no field of an event|neither TARGET/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => formOf(text),
      (error) => error instanceof DocketError && error.code === "usage" && message.test(error.message),
      text,
    );
  }
});

describe("the form of a file", () => {
  const lines = (...rows: unknown[]): Buffer[] => rows.map((row) => Buffer.from(JSON.stringify(row)));

  test("is Docket's own where the lines have its fields, or are nothing at all", () => {
    const event = { id: "1", type: "comment", actor: { id: "a" } };
    for (const sample of [
      lines(event),
      lines({ id: "1" }),
      lines({ ...event, extra: 1 }),
      lines([]),
      lines(),
      [Buffer.from("x")],
    ]) {
      assert.deepEqual(detectForm(sample), { kind: "docket" });
    }
  });

  test("is recognised for each known set by its fields", () => {
    for (const set of knownSets) {
      for (const keys of set.keys) {
        const row = Object.fromEntries(keys.map((key) => [key, "x"]));
        const form = detectForm([Buffer.from("no JSON"), ...lines(row)]);
        assert.ok(form.kind === "mapped" && form.mapping.name === set.name);
      }
      assert.deepEqual(formOf(set.name), { kind: "mapped", mapping: set });
    }
    assert.deepEqual(formOf("docket"), { kind: "docket" });
  });

  test("reads a label of no set", () => {
    for (const { sources } of knownSets) {
      for (const source of sources.values()) assert.ok(!("field" in source && source.field === "label"));
    }
  });

  test("is asked for where the fields are not known", () => {
    assert.throws(() => detectForm(lines({ nr: 1, body: "a" })), /their fields are nr, body;.*--map/);
  });
});
