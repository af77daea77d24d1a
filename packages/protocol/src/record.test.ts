// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ProtocolError } from "./error.ts";
import { commitmentMessage, encodeManifest, parseManifest, partContext, partNames } from "./parts.ts";
import { encodeReceipt, parseReceipt, receiptBytesMax, receiptFormat } from "./receipt.ts";
import type { Receipt } from "./receipt.ts";
import {
  dutyLevels,
  encodeBody,
  encodeLeaf,
  labelSources,
  labelValues,
  outcomes,
  parseLeaf,
  releaseVias,
} from "./record.ts";
import type { BodyWithoutParts, DocketRecord, RecordHeader } from "./record.ts";
import { formatTime, isCanonicalTime, parseTime, timeMsMax } from "./time.ts";

const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("base64url"));
const time = fc.integer({ min: 0, max: timeMsMax }).map(formatTime);
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const id = fc.stringMatching(/^r_[A-Za-z0-9_-]{16}$/);
const by = fc.oneof(fc.constant("operator"), fc.stringMatching(/^k_[A-Za-z0-9_-]{16}$/));
const restriction = fc.oneof(
  fc.tuple(id, time).map(([id, until]) => ({ id, kind: "suspend" as const, until })),
  fc
    .tuple(id, fc.stringMatching(/^[1-9][0-9]{0,5}\/[smhd]$/), fc.nat(1000), time)
    .map(([id, rate, burst, until]) => ({ id, kind: "throttle" as const, rate, burst, until })),
);
const vkey = fc.stringMatching(/^[a-z./-]{1,30}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
const vkeys = fc.uniqueArray(vkey, { minLength: 1, maxLength: 2 });
const succession = fc
  .tuple(fc.stringMatching(/^[a-z./-]{1,30}$/), vkeys, fc.string({ unit: "grapheme" }))
  .map(([origin, keys, rest]) => ({ origin, keys, checkpoint: `${origin}\n${rest}\n` }));
const promotionProof = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("keys" as const, "seen" as const, "replica" as const, "operator" as const),
      fc.nat(),
    )
    .map(([from, size]) => ({ from, name: null, size })),
  fc.tuple(name, fc.nat()).map(([name, size]) => ({ from: "witness" as const, name, size })),
);
// What is absent is left out: a key with the value undefined is not a key that is absent.
const release = fc
  .record(
    {
      by,
      release: digest,
      previous: fc.option(digest),
      via: fc.constantFrom(...releaseVias),
      of: fc.nat(),
      until: time,
      alone: fc.constant(true as const),
    },
    { requiredKeys: ["by", "release", "previous"] },
  )
  .chain((fields) =>
    fc.boolean().map((parts) => ({ body: { kind: "release", ...fields } as BodyWithoutParts, parts })),
  );
const listChange = fc
  .record({ version: digest, previous: digest, added: fc.nat(), removed: fc.nat() })
  .map((fields) => ({ list: "bad_domains", listKind: "domain" as const, ...fields }));
const proposal = fc
  .tuple(
    fc.record({ by, base: fc.option(digest), restrictsMore: fc.boolean(), standby: fc.boolean() }),
    fc.oneof(
      digest.map((candidate) => ({ candidate })),
      fc.tuple(digest, listChange).map(([candidate, list]) => ({ candidate, ...list })),
      level().map((each) => ({ level: each })),
    ),
  )
  .map(([fields, what]) => ({ body: { kind: "proposal" as const, ...fields, ...what }, parts: true }));
const body: fc.Arbitrary<{ body: BodyWithoutParts; parts: boolean }> = fc.oneof(
  release,
  proposal,
  fc.tuple(by, fc.nat(), fc.boolean()).map(([by, of, alone]) => bare({ kind: "approval", by, of, alone })),
  fc.tuple(by, fc.nat()).map(([by, of]) => bare({ kind: "cancel", by, of })),
  fc
    .tuple(by, level(), level(), fc.nat())
    .map(([by, to, previous, of]) => bare({ kind: "level", by, level: to, previous, of })),
  fc.tuple(by, name, name).map(([by, origin, key]) => bare({ kind: "created", by, origin, key })),
  fc
    .tuple(by, fc.option(vkey, { nil: undefined }), fc.option(succession, { nil: undefined }))
    .map(([by, mlDsaKey, succeeds]) =>
      bare({
        kind: "created",
        by,
        origin: "o",
        key: "k",
        ...(mlDsaKey === undefined ? {} : { mlDsaKey }),
        ...(succeeds === undefined ? {} : { succeeds }),
      }),
    ),
  fc.tuple(by, vkeys, vkeys).map(([by, old, next]) => bare({ kind: "key-change", by, old, new: next })),
  fc
    .tuple(by, fc.nat(), fc.array(promotionProof, { minLength: 1, maxLength: 3 }))
    .map(([by, epoch, proofs]) => bare({ kind: "promoted", by, epoch, proofs })),
  fc
    .tuple(by, name, fc.nat())
    .map(([by, version, recovered]) => bare({ kind: "start", by, version, recovered })),
  by.map((by) => bare({ kind: "stop", by })),
  fc
    .tuple(by, digest, fc.option(digest))
    .map(([by, release, previous]) => bare({ kind: "release", by, release, previous })),
  fc
    .tuple(by, by, name, fc.constantFrom("created" as const, "revoked" as const))
    .map(([by, key, role, change]) => bare({ kind: "access", by, change, key, role })),
  fc
    .tuple(
      listChange,
      fc.record({ by, of: fc.nat(), until: fc.constant(formatTime(0)) }, { requiredKeys: ["by"] }),
    )
    .map(([list, fields]) => ({ body: { kind: "list" as const, ...list, ...fields }, parts: true })),
  fc.tuple(by, fc.nat()).map(([by, of]) => ({ body: { kind: "opening" as const, by, of }, parts: true })),
  fc.tuple(digest, fc.boolean()).map(([release, cap]) => ({
    body: { kind: "brake" as const, by: "docket" as const, release, cap },
    parts: true,
  })),
  fc
    .tuple(by, fc.nat(), fc.boolean())
    .map(([by, of, alone]) => ({ body: { kind: "confirm" as const, by, of, alone }, parts: true })),
  fc
    .tuple(
      fc.record(
        {
          by,
          role: fc.constantFrom("operator", "reviewer"),
          of: fc.nat(),
          label: fc.constantFrom(...labelValues),
          source: fc.constantFrom(...labelSources),
          reason: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
        },
        { requiredKeys: ["by", "role", "of", "label", "source"] },
      ),
      fc.boolean(),
    )
    .map(([fields, parts]) => ({ body: { kind: "label" as const, ...fields }, parts })),
  fc
    .record({
      by,
      actor: fc.stringMatching(/^a_[A-Za-z0-9_-]{22}$/),
      outcome: fc.constantFrom(...outcomes),
      rules: fc.array(name, { maxLength: 3 }),
      restrictions: fc.array(restriction, { maxLength: 2 }),
      release: digest,
    })
    .map((fields) => ({ body: { kind: "decision" as const, ...fields }, parts: true })),
);
const header: fc.Arbitrary<RecordHeader> = fc
  .tuple(fc.maxSafeNat(), digest, time, fc.option(fc.nat()))
  .map(([index, prev, time, uncertaintyMs]) => ({ v: 1, index, prev, time, uncertaintyMs }));
const leaf = fc
  .tuple(header, body, digest)
  .map(([head, { body, parts }, hash]) => encodeLeaf(head, encodeBody(body), parts ? hash : undefined));

function level(): fc.Arbitrary<(typeof dutyLevels)[number]> {
  return fc.constantFrom(...dutyLevels);
}

function bare(body: BodyWithoutParts): { body: BodyWithoutParts; parts: boolean } {
  return { body, parts: false };
}

test("a leaf comes out as it went in, and is encoded again to the same bytes", () => {
  fc.assert(
    fc.property(header, body, digest, (head, { body, parts }, hash) => {
      const text = encodeLeaf(head, encodeBody(body), parts ? hash : undefined);
      const record = parseLeaf(text);
      assert.equal(encodeAgain(record), text);
      assert.equal(record.index, head.index);
      assert.equal(record.kind, body.kind);
    }),
    { numRuns: 300 },
  );
});

test("a change of any one character of a leaf is refused, or means what it says", () => {
  fc.assert(
    fc.property(leaf, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (text, place, character) => {
      strict(changeAt(text, place, character), parseLeaf, encodeAgain, "record_invalid");
    }),
    { numRuns: 3000 },
  );
});

test("leaves that are no canonical records are refused", () => {
  const good = '{"v":1,"index":0,"prev":"' + "A".repeat(43) + '","time":"2026-01-01T00:00:00.000Z",';
  const stop = `${good}"uncertaintyMs":null,"kind":"stop","by":"operator"}`;
  parseLeaf(stop);
  for (const bad of [
    "",
    "null",
    "[]",
    '"stop"',
    ` ${stop}`,
    `${stop}\n`,
    stop.replace('"v":1', '"v":2'),
    stop.replace('"index":0', '"index":-1'),
    stop.replace('"index":0', '"index":0.5'),
    stop.replace('"index":0', '"index":9007199254740992'),
    stop.replace('"index":0', '"index":"0"'),
    stop.replace("AAAA", "AAA"),
    stop.replace('A","time', 'B","time'),
    stop.replace("2026-01-01", "2026-02-30"),
    stop.replace("00.000Z", "00.000+00:00"),
    stop.replace("null", "-1"),
    stop.replace('"kind":"stop"', '"kind":"__proto__"'),
    stop.replace('"kind":"stop"', '"kind":"toString"'),
    stop.replace('"kind":"stop"', '"kind":"start"'),
    stop.replace("operator", "somebody"),
    stop.replace('"by"', '"b\\u0079"'),
    stop.replace('"by":"operator"', '"by":"operator","by":"operator"'),
    stop.replace('"by":"operator"', '"by":"operator","__proto__":{}'),
  ]) {
    refuses(() => parseLeaf(bad), "record_invalid");
  }
});

test("records of keys, promotion and succession: anything missing, added or out of order is refused", () => {
  const header = { v: 1 as const, index: 0, prev: "A".repeat(43), time: formatTime(0), uncertaintyMs: null };
  const key = `o+0123abcd+${"A".repeat(44)}`;
  const other = `o+0123abcd+${"B".repeat(44)}`;
  const change = encodeLeaf(
    header,
    encodeBody({ kind: "key-change", by: "operator", old: [key], new: [other] }),
  );
  const promoted = encodeLeaf(
    header,
    encodeBody({
      kind: "promoted",
      by: "operator",
      epoch: 2,
      proofs: [{ from: "witness", name: "w", size: 3 }],
    }),
  );
  const succeeds = { origin: "old", keys: [key], checkpoint: "old\n1\nx\n\n— o x\n" };
  const created = encodeLeaf(
    header,
    encodeBody({ kind: "created", by: "operator", origin: "o", key, mlDsaKey: other, succeeds }),
  );
  for (const text of [change, promoted, created]) parseLeaf(text);
  for (const bad of [
    change.replace(`["${key}"]`, "[]"),
    change.replace(`["${key}"]`, `["${key}","${key}"]`),
    change.replace(`["${key}"]`, `"${key}"`),
    change.replace("0123abcd", "0123ABCD"),
    change.replace('"old"', '"olden"'),
    change.replace(/"old":(.*),"new":(.*)}/, '"new":$2,"old":$1}'),
    change.replace(',"new"', ',"mlDsaKey":null,"new"'),
    promoted.replace('"name":"w"', '"name":null'),
    promoted.replace('"witness"', '"keys"'),
    promoted.replace('"witness"', '"nobody"'),
    promoted.replace('"size":3', '"size":-3'),
    promoted.replace('"epoch":2', '"epoch":"2"'),
    promoted.replace(/"proofs":.*/, '"proofs":[]}'),
    created.replace(`"mlDsaKey":"${other}"`, '"mlDsaKey":null'),
    created.replace('"checkpoint":"old', '"checkpoint":"new'),
    created.replace('"keys":', '"key":'),
    created.replace(/"succeeds":.*/, '"succeeds":null}'),
  ]) {
    refuses(() => parseLeaf(bad), "record_invalid");
  }
});

test("records of a change of policy: anything missing, added or out of order is refused", () => {
  const header = { v: 1 as const, index: 9, prev: "A".repeat(43), time: formatTime(0), uncertaintyMs: null };
  const id = "B".repeat(42) + "A";
  const parts = "C".repeat(42) + "A";
  const fixed = { by: "operator", base: id, restrictsMore: true, standby: false };
  const proposal = encodeLeaf(header, encodeBody({ kind: "proposal", candidate: id, ...fixed }), parts);
  const wish = encodeLeaf(header, encodeBody({ kind: "proposal", level: "pair", ...fixed }), parts);
  const plain = { kind: "release" as const, by: "operator", release: id, previous: null };
  const old = encodeLeaf(header, encodeBody(plain));
  const until = formatTime(86_400_000);
  const broken = encodeLeaf(
    header,
    encodeBody({ ...plain, via: "break-glass", of: 3, until, alone: true }),
    parts,
  );
  const approval = encodeLeaf(header, encodeBody({ kind: "approval", by: "operator", of: 3, alone: false }));
  const level = encodeLeaf(
    header,
    encodeBody({ kind: "level", by: "operator", level: "pair", previous: "solo", of: 3 }),
  );
  const change = {
    list: "bad",
    listKind: "domain",
    version: id,
    previous: id,
    added: 1,
    removed: 0,
  } as const;
  const ofList = encodeLeaf(
    header,
    encodeBody({ kind: "proposal", candidate: id, ...change, ...fixed }),
    parts,
  );
  for (const text of [proposal, wish, old, broken, approval, level, ofList]) parseLeaf(text);
  for (const bad of [
    proposal.replace(`"candidate":"${id}",`, ""),
    proposal.replace(`"candidate":"${id}",`, `"candidate":"${id}","level":"pair",`),
    proposal.replace(`"candidate":"${id}"`, '"candidate":null'),
    proposal.replace('"restrictsMore":true', '"restrictsMore":1'),
    proposal.replace('"standby":false,', ""),
    proposal.replace(`,"parts":"${parts}"`, ""),
    ofList.replace('"list":"bad",', ""),
    ofList.replace('"removed":0,', ""),
    ofList.replace('"added":1', '"added":-1'),
    ofList.replace(`"candidate":"${id}"`, '"level":"pair"'),
    wish.replace('"pair"', '"trio"'),
    old.replace('"previous":null', '"previous":null,"via":null'),
    broken.replace('"break-glass"', '"magic"'),
    broken.replace('"alone":true', '"alone":false'),
    broken.replace('"of":3', '"of":-3'),
    broken.replace(until, "tomorrow"),
    broken.replace(/("of":3),("until":"[^"]*")/, "$2,$1"),
    approval.replace('"alone":false', '"alone":null'),
    approval.replace(',"alone":false', ""),
    level.replace('"previous":"solo"', '"previous":"none"'),
  ]) {
    refuses(() => parseLeaf(bad), "record_invalid");
  }
});

const manifestText = fc
  .tuple(fc.subarray([...partNames]), fc.array(digest, { minLength: 10, maxLength: 10 }), fc.nat(1_000_000))
  .map(([names, digests, size]) =>
    encodeManifest(
      names.map((each, place) => ({
        name: each,
        subject: each === "facts" ? "site" : `a_${"b".repeat(22)}`,
        size: size + 1000,
        hash: digests[place * 2] ?? "",
        commitment: digests[place * 2 + 1] ?? "",
      })),
    ),
  );

test("a manifest comes out as it went in, and one changed character is refused or means what it says", () => {
  fc.assert(
    fc.property(
      manifestText,
      fc.nat(),
      fc.string({ minLength: 1, maxLength: 1 }),
      (text, place, character) => {
        const again = ({ parts }: ReturnType<typeof parseManifest>): string => encodeManifest(parts);
        assert.equal(again(parseManifest(text)), text);
        strict(changeAt(text, place, character), parseManifest, again, "manifest_invalid");
      },
    ),
    { numRuns: 1500 },
  );
  for (const bad of [
    "",
    "null",
    "3",
    "[]",
    '{"v":1}',
    '{"v":2,"parts":[]}',
    '{"v":1,"parts":{}}',
    '{"v":1,"parts":[null]}',
  ]) {
    refuses(() => parseManifest(bad), "manifest_invalid");
  }
  const line = { subject: "site", size: 100, hash: "A".repeat(43), commitment: "A".repeat(43) };
  for (const names of [
    ["content", "facts"],
    ["facts", "facts"],
  ] as const) {
    refuses(
      () => parseManifest(encodeManifest(names.map((each) => ({ name: each, ...line })))),
      "manifest_invalid",
    );
  }
});

const receipt: fc.Arbitrary<Receipt> = fc
  .tuple(leaf, fc.string(), fc.option(manifestText), fc.option(fc.string({ unit: "grapheme" })))
  .map(([leaf, proof, manifest, plaintext]) => ({
    format: receiptFormat,
    leaf,
    proof,
    ...(manifest === null ? {} : { manifest }),
    ...(plaintext === null ? {} : { opening: [{ name: "content" as const, secret: "s", plaintext }] }),
  }));

test("a receipt comes out as it went in, and one changed character is refused or means what it says", () => {
  fc.assert(
    fc.property(receipt, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (each, place, character) => {
      const text = encodeReceipt(each);
      assert.deepEqual(parseReceipt(text), each);
      strict(changeAt(text, place, character), parseReceipt, encodeReceipt, "receipt_invalid");
    }),
    { numRuns: 1500 },
  );
  for (const bad of [
    "",
    "null\n",
    "[]\n",
    "{}\n",
    '{"format":"docket-receipt/v1","leaf":1,"proof":""}\n',
    '{"format":"docket-receipt/v1","leaf":"","proof":"","opening":[]}\n',
    '{"format":"docket-receipt/v1","leaf":"","proof":"","opening":[null]}\n',
    '{"format":"docket-receipt/v1","leaf":"","proof":""}',
    "x".repeat(receiptBytesMax + 1),
  ]) {
    refuses(() => parseReceipt(bad), "receipt_invalid");
  }
});

test("contexts and commitments of different names, origins and texts differ", () => {
  const partId = new Uint8Array(16).fill(1);
  const contexts = partNames.map((each) => Buffer.from(partContext("o", partId, each)).toString("hex"));
  assert.equal(new Set(contexts).size, partNames.length);
  const one = Buffer.from(commitmentMessage("facts", new Uint8Array([65])));
  assert.equal(one.toString("latin1"), "\x05factsA");
});

test("times: the calendar, the range and the one form", () => {
  for (const [text, ms] of [
    ["1970-01-01T00:00:00Z", 0],
    ["2024-02-29T12:00:00Z", Date.UTC(2024, 1, 29, 12)],
    ["2026-01-01T00:00:00.123456789Z", Date.UTC(2026, 0, 1, 0, 0, 0, 123)],
    ["2026-01-01T00:00:00.1Z", Date.UTC(2026, 0, 1, 0, 0, 0, 100)],
    ["2026-01-01T01:30:00+01:30", Date.UTC(2026, 0, 1)],
    ["9999-12-31T23:59:59.999Z", timeMsMax],
  ] as const) {
    assert.equal(parseTime(text), ms, text);
  }
  for (const text of [
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-12-31T23:59:60Z",
    "2026-01-01 00:00:00Z",
    "2026-01-01t00:00:00z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00.Z",
    "2026-01-01",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:30:00+01:00",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00",
    "+02026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z ",
    "",
  ]) {
    assert.equal(parseTime(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: timeMsMax }), (ms) => {
      assert.ok(isCanonicalTime(formatTime(ms)));
      assert.equal(parseTime(formatTime(ms)), ms);
    }),
  );
  assert.equal(isCanonicalTime("2026-01-01T00:00:00Z"), false);
  assert.equal(isCanonicalTime(7), false);
});

function encodeAgain(record: DocketRecord): string {
  const { v, index, prev, time, uncertaintyMs, ...body } = record;
  const parts = "parts" in record ? record.parts : undefined;
  return encodeLeaf({ v, index, prev, time, uncertaintyMs }, encodeBody(body), parts);
}

function changeAt(text: string, place: number, character: string): string {
  const at = place % text.length;
  return text.slice(0, at) + character + text.slice(at + 1);
}

function strict<T>(
  text: string,
  parse: (text: string) => T,
  encode: (value: T) => string,
  code: string,
): void {
  let value: T;
  try {
    value = parse(text);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    assert.equal(error.code, code);
    return;
  }
  assert.equal(encode(value), text);
}

function refuses(action: () => unknown, code: string): void {
  assert.throws(action, (error) => error instanceof ProtocolError && error.code === code);
}
