// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ProtocolError } from "./error.ts";
import {
  attributesMax,
  contentNames,
  encodeEvent,
  eventBytesMax,
  fieldItemsMax,
  fieldLengthMax,
  nameLengthMax,
  normaliseEvent,
  textLengthMax,
} from "./event-encoding.ts";
import { ContentSchema, checkDecisionRequest, parseDecisionRequest } from "./event.ts";
import type { Event } from "./event.ts";
import type { JsonValue } from "./json.ts";

const full = {
  id: "e1",
  type: "comment",
  op: "edit",
  time: "2026-01-01T01:00:00+01:00",
  inReplyTo: 3,
  dryRun: true,
  actor: {
    id: "u1",
    name: "Ann",
    ip: "2001:db8::1",
    email: "ann@example.org",
    createdAt: "2020-02-29T00:00:00Z",
    attributes: { posts: 3, verified: false, role: "member" },
  },
  content: {
    id: "c1",
    revision: 2,
    text: "hello",
    title: "",
    url: "https://example.org/",
    language: "de-AT",
    group: "g",
    parent: "c0",
  },
  fields: { recipients: ["b@example.org", "a@example.org"], price: 1200, currency: "EUR", gift: false },
};

test("an event with every field is read, and its encoding is in the order of the schema and in UTC", () => {
  const { event, dryRun } = parse(full);
  assert.equal(dryRun, true);
  assert.equal(
    encodeEvent(event),
    '{"id":"e1","type":"comment","op":"edit","time":"2026-01-01T00:00:00.000Z","inReplyTo":3,' +
      '"actor":{"id":"u1","name":"Ann","ip":"2001:db8::1","email":"ann@example.org",' +
      '"createdAt":"2020-02-29T00:00:00.000Z",' +
      '"attributes":{"posts":3,"role":"member","verified":false}},' +
      '"content":{"id":"c1","revision":2,"text":"hello","title":"",' +
      '"url":"https://example.org/","language":"de-AT","group":"g","parent":"c0"},' +
      '"fields":{"currency":"EUR","gift":false,"price":1200,"recipients":["b@example.org","a@example.org"]}}',
  );
  const small = parse({ actor: { id: "u" }, type: "signup", id: "e" });
  assert.equal(small.dryRun, false);
  assert.equal(encodeEvent(small.event), '{"id":"e","type":"signup","op":"create","actor":{"id":"u"}}');
});

test("each field of a wrong type is refused with its place", () => {
  for (const pointer of leafPointers(full)) {
    for (const wrong of [null, [], {}, 1000, "", true] as JsonValue[]) {
      const value = structuredClone(full) as JsonValue;
      const { holder, key } = holderOf(value, pointer);
      if (kindOf(holder[key] ?? null) === kindOf(wrong)) continue;
      // An attribute may be a text, a whole number or a truth value; a field may be a list of texts besides.
      if (/^\/(actor\/attributes|fields)\/\w+$/.test(pointer) && typeof wrong !== "object") continue;
      if (/^\/fields\/\w+$/.test(pointer) && Array.isArray(wrong)) continue;
      holder[key] = wrong;
      refuses(value, "schema_mismatch", pointer);
    }
  }
  for (const pointer of [
    "/id",
    "/actor/id",
    "/content/id",
    "/content/group",
    "/content/parent",
    "/content/url",
  ]) {
    refuses(replaced(pointer, ""), "schema_mismatch", pointer);
  }
  refuses([], "schema_mismatch", "");
  refuses(null, "schema_mismatch", "");
});

test("what is missing, unknown or out of the calendar is refused with its place", () => {
  for (const [value, code, pointer] of [
    [without("/id"), "schema_mismatch", ""],
    [without("/actor/id"), "schema_mismatch", "/actor"],
    [replaced("/nmae", 1), "unknown_field", "/nmae"],
    [replaced("/actor/a~b/c", 1), "unknown_field", "/actor/a~0b~1c"],
    [replaced("/content/toString", "x"), "unknown_field", "/content/toString"],
    [replaced("/content/__proto__", "x"), "unknown_field", "/content/__proto__"],
    [replaced("/time", "2026-02-30T00:00:00Z"), "schema_mismatch", "/time"],
    [replaced("/actor/createdAt", "2026-04-31T00:00:00Z"), "schema_mismatch", "/actor/createdAt"],
    [replaced("/time", "yesterday"), "schema_mismatch", "/time"],
    [replaced("/op", "destroy"), "schema_mismatch", "/op"],
    [replaced("/type", "Comment"), "schema_mismatch", "/type"],
    [replaced("/inReplyTo", -1), "schema_mismatch", "/inReplyTo"],
    [replaced("/content/revision", -1), "schema_mismatch", "/content/revision"],
    [replaced("/content/language", "d"), "schema_mismatch", "/content/language"],
  ] as const) {
    refuses(value, code, pointer);
  }
});

test("attributes may bear the names of an object's own workings", () => {
  const given = '{"toString":1,"constructor":true,"hasOwn":"x"}';
  const sorted = '{"constructor":true,"hasOwn":"x","toString":1}';
  const text = `{"id":"e","type":"comment","actor":{"id":"u","attributes":${given}}}`;
  const { event } = parseDecisionRequest(Buffer.from(text));
  assert.equal(
    encodeEvent(event),
    `{"id":"e","type":"comment","op":"create","actor":{"id":"u","attributes":${sorted}}}`,
  );
  const proto = text.replace('"toString":1', '"__proto__":1');
  assert.throws(() => parseDecisionRequest(Buffer.from(proto)), { code: "unknown_field" });
});

test("a field is a text, a whole number, a truth value or a list of texts, each within its limit", () => {
  checkDecisionRequest(replaced("/fields/note", "a".repeat(fieldLengthMax)));
  refuses(replaced("/fields/note", "a".repeat(fieldLengthMax + 1)), "schema_mismatch", "/fields/note");
  checkDecisionRequest(
    replaced(
      "/fields/note",
      Array.from({ length: fieldItemsMax }, () => "x"),
    ),
  );
  const tooMany = Array.from({ length: fieldItemsMax + 1 }, () => "x");
  for (const wrong of [tooMany, [1], { a: 1 }, null, 0.5]) {
    assert.throws(() => checkDecisionRequest(replaced("/fields/note", wrong)), ProtocolError);
  }
  refuses(replaced("/fields/two words", 1), "unknown_field", "/fields/two words");
});

test("limits count code points, and hold at the limit itself", () => {
  const wide = "\u{1f600}";
  for (const [pointer, most] of [
    ["/id", nameLengthMax],
    ["/actor/id", nameLengthMax],
    ["/actor/name", nameLengthMax],
    ["/content/title", 1024],
    ["/content/group", nameLengthMax],
  ] as const) {
    for (const letter of ["a", wide]) {
      checkDecisionRequest(replaced(pointer, letter.repeat(most)));
      refuses(replaced(pointer, letter.repeat(most + 1)), "schema_mismatch", pointer);
    }
    // Marks that pile up on one letter are code points of their own.
    refuses(replaced(pointer, `a${"\u0301".repeat(most)}`), "schema_mismatch", pointer);
  }
  checkDecisionRequest(replaced("/content/text", "a".repeat(textLengthMax)));
  refuses(replaced("/content/text", "a".repeat(textLengthMax + 1)), "schema_mismatch", "/content/text");
  const many = (count: number): JsonValue =>
    replaced("/actor/attributes", Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, i])));
  checkDecisionRequest(many(attributesMax));
  refuses(many(attributesMax + 1), "schema_mismatch", "/actor/attributes");
  const tooLong = Buffer.alloc(eventBytesMax + 1, 0x20);
  assert.throws(() => parseDecisionRequest(tooLong), { code: "body_too_large" });
});

test("lone surrogates are refused, bare and escaped", () => {
  for (const text of ['"\\ud800"', '"\\udc00x"', '"a\\ud83d"']) {
    const body = `{"id":${text},"type":"comment","actor":{"id":"u"}}`;
    assert.throws(() => parseDecisionRequest(Buffer.from(body)), { code: "json_surrogate" });
  }
});

test("normalising is done once, whatever the order of keys", () => {
  const shuffled = fc
    .tuple(
      fc.shuffledSubarray(Object.keys(full), { minLength: 7 }),
      fc.shuffledSubarray(Object.keys(full.actor)),
    )
    .filter(
      ([top, actor]) => ["id", "type", "actor"].every((key) => top.includes(key)) && actor.includes("id"),
    )
    .map(([top, actor]) => {
      const pick = (from: object, keys: string[]): object =>
        Object.fromEntries(keys.map((key) => [key, (from as Record<string, unknown>)[key]]));
      return { ...pick(full, top), actor: pick(full.actor, actor) };
    });
  fc.assert(
    fc.property(shuffled, (value) => {
      const { event } = parse(value);
      const once = normaliseEvent(event);
      assert.equal(JSON.stringify(normaliseEvent(once)), JSON.stringify(once));
      const reversed = Object.fromEntries(Object.entries(event).toReversed()) as Event;
      assert.equal(encodeEvent(reversed), encodeEvent(event));
      const again = parse(JSON.parse(encodeEvent(event)) as object).event;
      assert.equal(JSON.stringify(again), JSON.stringify(once));
    }),
  );
});

function parse(value: object): ReturnType<typeof parseDecisionRequest> {
  return parseDecisionRequest(Buffer.from(JSON.stringify(value)));
}

function refuses(value: JsonValue, code: string, pointer: string): void {
  assert.throws(
    () => checkDecisionRequest(value),
    (error) => {
      assert.ok(error instanceof ProtocolError, String(error));
      assert.deepEqual([error.code, error.pointer], [code, pointer], error.message);
      return true;
    },
  );
}

function kindOf(value: JsonValue): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}

function leafPointers(value: object, prefix = ""): string[] {
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? [`${prefix}/${key}`, ...leafPointers(each, `${prefix}/${key}`)]
      : [`${prefix}/${key}`],
  );
}

type Holder = Record<string, JsonValue>;

function holderOf(value: JsonValue, pointer: string): { holder: Holder; key: string } {
  const [, ...steps] = pointer.split("/");
  // The last step may itself hold a slash: only the known objects are descended.
  let holder = value as Holder;
  while (steps.length > 1 && ["actor", "content", "attributes", "fields"].includes(steps[0] ?? "")) {
    holder = holder[steps.shift() ?? ""] as Holder;
  }
  return { holder, key: steps.join("/") };
}

function replaced(pointer: string, by: JsonValue): JsonValue {
  const value = structuredClone(full) as JsonValue;
  const { holder, key } = holderOf(value, pointer);
  Object.defineProperty(holder, key, { value: by, enumerable: true, writable: true, configurable: true });
  return value;
}

function without(pointer: string): JsonValue {
  const value = structuredClone(full) as JsonValue;
  const { holder, key } = holderOf(value, pointer);
  delete holder[key];
  return value;
}

test("the encoder knows all that a content may have, in the order of the schema", () => {
  assert.deepEqual(contentNames, Object.keys(ContentSchema.properties));
});
