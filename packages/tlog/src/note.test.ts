// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ed25519Sign, ed25519Verify } from "#crypto";
import { encodeBase64, fromUtf8, utf8 } from "./base64.ts";
import { cosignatureTime } from "./cosignature.ts";
import { TlogError } from "./error.ts";
import { generateSignerKey } from "./key.ts";
import {
  formatSignature,
  noteBytesMax,
  noteSignaturesMax,
  openNote,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signNote,
} from "./note.ts";
import { at } from "./testing/at.ts";
import { testHash } from "./testing/naive.ts";

const log = generateSignerKey("example.com/log", testHash(1));
const other = generateSignerKey("example.com/other", testHash(2));
const cosigner = generateSignerKey("witness.example", testHash(3), "ed25519-cosignature");
const signer = parseSignerKey(log.signerKey);
const verifier = parseVerifierKey(log.verifierKey);

/** From golang.org/x/mod/sumdb/note: keys and signatures are deterministic, hence the same here. */
const peter = {
  vkey: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  skey: "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
  text:
    "If you think cryptography is the answer to your problem,\n" +
    "then you don't know what your problem is.\n",
  line:
    "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6" +
    "KE6RyyBwJnAM=\n",
};

void test("Go's example note is written to the byte, and opens", () => {
  const note = signNote(peter.text, [parseSignerKey(peter.skey)]);
  assert.equal(fromUtf8(note), `${peter.text}\n${peter.line}`);
  assert.equal(openNote(note, [parseVerifierKey(peter.vkey)]).text, peter.text);
});

void test("what is signed opens, whatever the text; blank lines in it are part of it", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "\n", " ", "\u{2014}", "é", "\u{1f600}", "\u{feff}", "\u{7f}"),
  });
  fc.assert(
    fc.property(text, (body) => {
      const note = signNote(`${body}\n`, [signer, parseSignerKey(other.signerKey)]);
      const parsed = parseNote(note);
      assert.equal(parsed.text, `${body}\n`);
      assert.equal(`${parsed.text}\n${parsed.signatures.map(formatSignature).join("")}`, fromUtf8(note));
      const opened = openNote(note, [verifier]);
      assert.equal(opened.text, `${body}\n`);
      assert.deepEqual(
        opened.verified.map(({ verifier }) => verifier.vkey),
        [log.verifierKey],
      );
      assert.deepEqual(
        opened.unverified.map(({ name }) => name),
        ["example.com/other"],
      );
    }),
    { numRuns: 50 },
  );
});

void test("a note with any byte changed, left out or doubled does not open", () => {
  const note = signNote("origin\n\n5\n", [signer]);
  for (let i = 0; i < note.length; i++) {
    const [before, after] = [note.subarray(0, i), note.subarray(i + 1)];
    const variants = [
      note.with(i, at(note, i) ^ 1),
      note.with(i, at(note, i) ^ 0x80),
      Uint8Array.of(...before, ...after),
      Uint8Array.of(...before, at(note, i), at(note, i), ...after),
      before,
    ];
    for (const variant of variants) {
      assert.throws(
        () => openNote(variant, [verifier]),
        (error) => error instanceof TlogError && ["note", "signature", "unverified"].includes(error.code),
      );
    }
  }
});

void test("arbitrary bytes are a note or a TlogError", () => {
  const pieces = fc.constantFrom(
    "\n",
    "\n\n",
    "\u{2014} ",
    "a",
    " ",
    "+",
    "AAAAAAA=",
    "AAAAAAAA",
    "x y",
    "\r",
    "\u{a0}",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      const bytes = utf8(parts.join(""));
      try {
        const { text, signatures } = parseNote(bytes);
        assert.equal(`${text}\n${signatures.map(formatSignature).join("")}`, parts.join(""));
      } catch (error) {
        assert.ok(error instanceof TlogError && error.code === "note");
      }
    }),
    { numRuns: 2000 },
  );
});

void test("malformed notes are refused", () => {
  const line = formatSignature({ name: "n", keyId: 1, signature: Uint8Array.of(1) });
  assert.equal(parseNote(utf8(`t\n\n${line}`)).signatures.length, 1);
  const wrong: [string, string][] = [
    ["nothing", ""],
    ["no signatures", "t\n\n"],
    ["no blank line", `t\n${line}`],
    ["no last newline", `t\n\n${line.slice(0, -1)}`],
    ["a line twice", `t\n\n${line}${line}`],
    ["a hyphen", `t\n\n${line.replace("\u{2014}", "-")}`],
    ["no name", `t\n\n\u{2014}  AAAAAAA=\n`],
    ["a plus in the name", `t\n\n\u{2014} a+b AAAAAAA=\n`],
    ["a no-break space in the name", `t\n\n\u{2014} a\u{a0}b AAAAAAA=\n`],
    ["three fields", `t\n\n\u{2014} a b AAAAAAA=\n`],
    ["only a key id", `t\n\n\u{2014} a AAAAAA==\n`],
    ["base64 that is not canonical", `t\n\n\u{2014} a AAAAAAB=\n`],
    ["a carriage return", `t\r\n\n${line}`],
    ["a tab", `t\tt\n\n${line}`],
    ["a null", `t\0\n\n${line}`],
    ["a control character in a name", `t\n\n\u{2014} a\u{1}b AAAAAAA=\n`],
    ["an empty line after them", `t\n\n${line}\n`],
    ["a byte after them", `t\n\n${line}x`],
    ["unpadded base64", `t\n\n${line.replace("=", "")}`],
    ["base64url", `t\n\n\u{2014} a ____AAA=\n`],
    ["two spaces", `t\n\n${line.replace(" n", "  n")}`],
    ["a space after", `t\n\n${line.replace("\n", " \n")}`],
  ];
  for (const [what, note] of wrong) assert.throws(() => parseNote(utf8(note)), { code: "note" }, what);
  assert.throws(() => parseNote(Uint8Array.of(0xff, ...utf8(`t\n\n${line}`))), { code: "note" });
  assert.throws(() => parseNote(new Uint8Array(noteBytesMax + 1)), { code: "note" });
  const many = Array.from({ length: noteSignaturesMax + 1 }, (_, i) =>
    formatSignature({ name: `n${i}`, keyId: 1, signature: Uint8Array.of(1) }),
  );
  assert.throws(() => parseNote(utf8(`t\n\n${many.join("")}`)), { code: "note" });
  assert.equal(parseNote(utf8(`t\n\n${many.slice(1).join("")}`)).signatures.length, noteSignaturesMax);
});

void test("unknown keys are ignored, a known key must verify, and none is not enough", () => {
  const note = fromUtf8(signNote("t\n", [signer]));
  const stranger = formatSignature({ name: "stranger", keyId: 7, signature: Uint8Array.of(1) });
  const sameName = formatSignature({ name: signer.name, keyId: 7, signature: Uint8Array.of(1) });
  const sameId = formatSignature({ name: "stranger", keyId: signer.keyId, signature: Uint8Array.of(1) });
  const opened = openNote(utf8(note + stranger + sameName + sameId), [verifier]);
  assert.equal(opened.unverified.length, 3);
  const forged = formatSignature({ name: signer.name, keyId: signer.keyId, signature: new Uint8Array(64) });
  assert.throws(() => openNote(utf8(`t\n\n${forged}`), [verifier]), { code: "signature" });
  assert.throws(() => openNote(utf8(note + forged), [verifier]), { code: "note" });
  assert.throws(() => openNote(utf8(`t\n\n${stranger}`), [verifier]), { code: "unverified" });
  assert.throws(() => openNote(utf8(note), []), { code: "unverified" });
  assert.equal(openNote(utf8(note), [verifier, parseVerifierKey(log.verifierKey)]).verified.length, 1);
  const impostor = { ...verifier, publicKey: testHash(9) };
  assert.throws(() => openNote(utf8(note), [verifier, impostor]), { code: "key" });
});

void test("cosignatures carry a time that they vouch for", () => {
  let now = 1_732_313_465;
  const witness = parseSignerKey(cosigner.signerKey, () => now);
  const note = signNote("origin\n1\n", [signer, witness]);
  const { verified } = openNote(note, [verifier, parseVerifierKey(cosigner.verifierKey)]);
  assert.deepEqual(
    verified.map(({ name }) => name),
    ["example.com/log", "witness.example"],
  );
  const { signature } = at(verified, 1);
  assert.equal(signature.length, 72);
  assert.equal(cosignatureTime(signature), now);
  const key = parseVerifierKey(cosigner.verifierKey);
  assert.ok(key.verify(utf8("origin\n1\n"), signature));
  assert.equal(key.verify(utf8("origin\n1\n"), signature.with(7, at(signature, 7) ^ 1)), false);
  assert.equal(key.verify(utf8("origin\n1\n"), signature.with(0, 1)), false);
  assert.equal(key.verify(utf8("origin\n2\n"), signature), false);
  assert.equal(key.verify(utf8("origin\n1\n"), signature.subarray(8)), false);
  assert.throws(() => cosignatureTime(signature.with(0, 1)), { code: "signature" });
  // 2^53, 2^63 and 2^64 - 1 seconds, and none, signed as they should be.
  for (const time of [0n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    const message = utf8(`cosignature/v1\ntime ${time}\norigin\n1\n`);
    const timed = Uint8Array.of(...new Uint8Array(8), ...ed25519Sign(testHash(3), message));
    new DataView(timed.buffer).setBigUint64(0, time);
    assert.ok(ed25519Verify(key.publicKey, message, timed.subarray(8)));
    assert.equal(key.verify(utf8("origin\n1\n"), timed), false, `${time}`);
  }
  assert.throws(() => cosignatureTime(signature.subarray(1)), { code: "signature" });
  for (now of [0, -1, 1.5, 2 ** 53]) assert.throws(() => signNote("t\n", [witness]), RangeError);
  assert.throws(() => parseSignerKey(cosigner.signerKey), RangeError);
});

void test("keys are read strictly, and errors do not show a secret", () => {
  const name = fc.string({
    unit: fc.constantFrom("a", "é", ".", "/", "\u{200b}", "-"),
    minLength: 1,
    maxLength: 9,
  });
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(name, seed, (name, seed) => {
      const { signerKey, verifierKey } = generateSignerKey(name, seed);
      assert.equal(parseSignerKey(signerKey).vkey, verifierKey);
      assert.equal(parseVerifierKey(verifierKey).name, name);
      assert.equal(parseVerifierKey(verifierKey).keyId, parseSignerKey(signerKey).keyId);
    }),
    { numRuns: 25 },
  );
  const [, id = "", key = ""] = /\+([0-9a-f]{8})\+(.*)$/.exec(log.verifierKey) ?? [];
  const wrong = [
    "",
    "a",
    "a+b",
    `+${id}+${key}`,
    `a b+${id}+${key}`,
    `example.com/log+${id}+`,
    `example.com/log+${id}+${key}\n`,
    `example.com/logs+${id}+${key}`,
    `example.com/log+${id.toUpperCase()}F+${key}`,
    `example.com/log+${id}+${key.slice(4)}`,
    `example.com/log+${id}+${key}=`,
    `example.com/log+00000000+${key}`,
  ];
  for (const text of wrong) assert.throws(() => parseVerifierKey(text), { code: /^key/ }, text);
  const unknown = encodeBase64(Uint8Array.of(0x65, ...testHash(1)));
  assert.throws(() => parseVerifierKey(`n+00000000+${unknown}`), { code: "key-type" });
  assert.throws(() => parseSignerKey(log.verifierKey), { code: "key" });
  const spoiled = log.signerKey.replace("example.com/log", "example.com/lag");
  assert.throws(
    () => parseSignerKey(spoiled),
    (error) =>
      error instanceof TlogError && error.code === "key" && !error.message.includes(log.signerKey.slice(-20)),
  );
  for (const name of ["", "a b", "a+b", "a\u{2003}b", "a\u{1}b", "a\nb"]) {
    assert.throws(() => generateSignerKey(name, testHash(1)), { code: "key" });
  }
  assert.throws(() => generateSignerKey("a", new Uint8Array(31)), RangeError);
});

void test("a text that cannot be a note's is not signed", () => {
  for (const text of ["", "t", "t\r\n", "\u{d800}\n"]) {
    assert.throws(() => signNote(text, [signer]), { code: "note" });
  }
  assert.throws(() => signNote("t\n", []), RangeError);
});
