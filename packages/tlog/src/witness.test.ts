// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64, fromUtf8, utf8 } from "./base64.ts";
import { formatCheckpoint, signCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { cosignatureTime } from "./cosignature.ts";
import { TlogError } from "./error.ts";
import type { Hash } from "./hash.ts";
import { generateSignerKey } from "./key.ts";
import {
  addSignatures,
  cosignSubtree,
  formatSignature,
  openNote,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  type NoteSignature,
} from "./note.ts";
import { at } from "./testing/at.ts";
import { testHash } from "./testing/naive.ts";
import {
  formatAddCheckpoint,
  formatCosignatures,
  formatSignSubtree,
  formatTreeSize,
  openCosignatures,
  parseAddCheckpoint,
  parseCosignatures,
  parseSignSubtree,
  parseTreeSize,
  signSubtreeSignaturesMax,
  witnessBodyBytesMax,
  witnessProofHashesMax,
  type SignSubtree,
} from "./witness.ts";

const origin = "example.com/log";
const log = generateSignerKey(origin, testHash(1));
const old = generateSignerKey("witness.example/w1", testHash(2), "ed25519-cosignature");
const pq = generateSignerKey("witness.example/w1", testHash(3), "ml-dsa-44");
let now = 1_732_313_465;
const logSigner = parseSignerKey(log.signerKey);
const signers = [old, pq].map(({ signerKey }) => parseSignerKey(signerKey, () => now));
const verifiers = [old, pq].map(({ verifierKey }) => parseVerifierKey(verifierKey));
const checkpoint: Checkpoint = { origin, size: 14, root: testHash(4), extensions: [] };
const signed = signCheckpoint(checkpoint, [logSigner]);
const note = fromUtf8(signed);
const hashes = Array.from({ length: 64 }, (_, i) => testHash(i));
const hashLines = hashes.map((hash) => `${encodeBase64(hash)}\n`);
const [hashLine = ""] = hashLines;
const codes = new Set(["witness", "note", "checkpoint"]);
const isRefusal = (error: unknown): boolean => error instanceof TlogError && codes.has(error.code);

void test("add-checkpoint is read as it was written", () => {
  for (const [oldSize, count] of [
    [0, 0],
    [14, 0],
    [9, 4],
    [2 ** 53 - 1, 63],
  ] as const) {
    const request = { oldSize, proof: hashes.slice(0, count), checkpoint: signed };
    const bytes = formatAddCheckpoint(request);
    assert.equal(fromUtf8(bytes), `old ${oldSize}\n${hashLines.slice(0, count).join("")}\n${note}`);
    assert.deepEqual(parseAddCheckpoint(bytes), request);
  }
  assert.throws(() => formatAddCheckpoint({ oldSize: -1, proof: [], checkpoint: signed }), RangeError);
  assert.throws(() => formatAddCheckpoint({ oldSize: 1, proof: hashes, checkpoint: signed }), RangeError);
  const short = [new Uint8Array(31) as Hash];
  assert.throws(() => formatAddCheckpoint({ oldSize: 1, proof: short, checkpoint: signed }), {
    code: "hash",
  });
  const bare = utf8(formatCheckpoint(checkpoint));
  assert.throws(() => formatAddCheckpoint({ oldSize: 1, proof: [], checkpoint: bare }), { code: "note" });
});

void test("a malformed add-checkpoint is refused", () => {
  const wrong: [string, string][] = [
    ["nothing", ""],
    ["no blank line", `old 1\n${note.replace("\n\n", "\n")}`],
    ["no checkpoint", "old 1\n\n"],
    ["an unsigned checkpoint", `old 1\n\n${formatCheckpoint(checkpoint)}`],
    ["no old size", `\n${note}`],
    ["an empty first line", `\n\n${note}`],
    ["another word", `new 1\n\n${note}`],
    ["two spaces", `old  1\n\n${note}`],
    ["a space after", `old 1 \n\n${note}`],
    ["a leading zero", `old 01\n\n${note}`],
    ["two zeros", `old 00\n\n${note}`],
    ["a sign", `old +1\n\n${note}`],
    ["a minus", `old -1\n\n${note}`],
    ["a fraction", `old 1.0\n\n${note}`],
    ["hex", `old 0x1\n\n${note}`],
    ["Arabic digits", `old ١\n\n${note}`],
    ["2^53", `old 9007199254740992\n\n${note}`],
    ["2^63", `old 9223372036854775808\n\n${note}`],
    ["2^64", `old 18446744073709551616\n\n${note}`],
    ["a carriage return", `old 1\r\n\n${note}`],
    ["a short hash", `old 1\n${encodeBase64(new Uint8Array(31))}\n\n${note}`],
    ["a long hash", `old 1\n${encodeBase64(new Uint8Array(33))}\n\n${note}`],
    ["unpadded base64", `old 1\n${hashLine.replace("=", "")}\n${note}`],
    ["non-canonical base64", `old 1\n${hashLine.slice(0, 42)}${next(hashLine[42])}=\n\n${note}`],
    ["a space after a hash", `old 1\n${hashLine.trim()} \n\n${note}`],
    ["64 hashes", `old 1\n${hashLines.join("")}\n${note}`],
    ["two blank lines", `old 1\n\n\n${note}`],
    ["bytes after it", `old 1\n\n${note}x`],
    ["a line after it", `old 1\n\n${note}\n`],
    ["a note that is no checkpoint", `old 1\n\ntext\n\n${note.split("\n\n")[1]}`],
    ["a byte order mark", `\u{feff}old 1\n\n${note}`],
  ];
  for (const [what, body] of wrong) assert.throws(() => parseAddCheckpoint(utf8(body)), isRefusal, what);
  assert.throws(() => parseAddCheckpoint(Uint8Array.of(0xff)), { code: "witness" });
  assert.throws(() => parseAddCheckpoint(new Uint8Array(witnessBodyBytesMax + 1)), { code: "witness" });
  assert.equal(witnessProofHashesMax, 63);
});

const line = cosignSubtree(at(signers, 1), {
  origin,
  start: 8,
  end: 13,
  root: testHash(5),
});
const request: SignSubtree = {
  start: 8,
  end: 13,
  root: testHash(5),
  cosignatures: [line],
  proof: hashes.slice(0, 4),
  text: formatCheckpoint(checkpoint),
  signatures: parseNote(signed).signatures,
};

void test("sign-subtree is read as it was written, with and without signatures", () => {
  const parts = [
    `subtree 8 13\n${encodeBase64(testHash(5))}\n`,
    formatSignature(line),
    hashLines.slice(0, 4).join(""),
    "\n",
    note,
  ];
  assert.equal(fromUtf8(formatSignSubtree(request)), parts.join(""));
  assert.deepEqual(parseSignSubtree(formatSignSubtree(request)), request);
  const bare: SignSubtree = { ...request, cosignatures: [], proof: [], signatures: [] };
  assert.equal(fromUtf8(formatSignSubtree(bare)), `${parts[0]}\n${formatCheckpoint(checkpoint)}`);
  assert.deepEqual(parseSignSubtree(formatSignSubtree(bare)), bare);
  const many = Array.from({ length: 9 }, (_, i) => ({ ...line, keyId: i }));
  assert.deepEqual(
    parseSignSubtree(
      formatSignSubtree({ ...request, cosignatures: many.slice(1), signatures: many.slice(1) }),
    ).signatures.length,
    signSubtreeSignaturesMax,
  );
  assert.throws(() => formatSignSubtree({ ...request, cosignatures: many }), RangeError);
  assert.throws(() => formatSignSubtree({ ...request, signatures: many }), RangeError);
  assert.throws(() => formatSignSubtree({ ...request, proof: hashes }), RangeError);
  assert.throws(() => formatSignSubtree({ ...request, start: 9 }), RangeError);
  assert.throws(() => formatSignSubtree({ ...request, start: 13 }), RangeError);
  assert.throws(() => formatSignSubtree({ ...request, text: "x\n" }), { code: "checkpoint" });
  assert.throws(() => formatSignSubtree({ ...request, cosignatures: [{ ...line, name: "a b" }] }), {
    code: "note",
  });
});

void test("a malformed sign-subtree is refused", () => {
  const good = fromUtf8(formatSignSubtree(request));
  const cosignature = formatSignature(line);
  const body = formatCheckpoint(checkpoint);
  const many = Array.from({ length: 9 }, (_, i) => formatSignature({ ...line, keyId: i })).join("");
  const wrong: [string, string][] = [
    ["nothing", ""],
    ["another word", good.replace("subtree ", "subtrees ")],
    ["one number", good.replace("8 13", "13")],
    ["three numbers", good.replace("8 13", "8 13 14")],
    ["leading zeros", good.replace("8 13", "08 13")],
    ["no subtree", good.replace("8 13", "9 13")],
    ["no entries", good.replace("8 13", "8 8")],
    ["the end first", good.replace("8 13", "13 8")],
    ["an end over 2^53", good.replace("8 13", "0 9007199254740992")],
    ["no hash", `subtree 8 13\n\n${note}`],
    ["a signature for a hash", good.replace(`${encodeBase64(testHash(5))}\n`, "")],
    ["a signature after a hash", `subtree 8 13\n${hashLine}${hashLine}${cosignature}\n${note}`],
    ["one signature twice", `subtree 8 13\n${hashLine}${cosignature}${cosignature}\n${note}`],
    ["nine signatures", `subtree 8 13\n${hashLine}${many}\n${note}`],
    ["nine signatures of the checkpoint", `subtree 8 13\n${hashLine}\n${body}\n${many}`],
    ["64 hashes", `subtree 8 13\n${hashLine}${hashLines.join("")}\n${note}`],
    ["a blank line after a bare text", `subtree 8 13\n${hashLine}\n${body}\n`],
    ["no newline after a bare text", `subtree 8 13\n${hashLine}\n${body.trimEnd()}`],
    ["no checkpoint", `subtree 8 13\n${hashLine}\n`],
    ["a malformed signature", `subtree 8 13\n${hashLine}\n${body}\n\u{2014} x\n`],
  ];
  for (const [what, text] of wrong) assert.throws(() => parseSignSubtree(utf8(text)), isRefusal, what);
});

void test("an answer is signature lines only, and those of the witness must verify", () => {
  const cosigned = signCheckpoint(checkpoint, signers);
  const { signatures } = parseNote(cosigned);
  const answer = formatCosignatures(signatures);
  assert.equal(fromUtf8(answer), fromUtf8(cosigned).slice(formatCheckpoint(checkpoint).length + 1));
  assert.deepEqual(parseCosignatures(answer), signatures);
  const opened = openCosignatures(signed, answer, verifiers);
  assert.deepEqual(
    opened.map(({ name, signature }) => [name, cosignatureTime(signature)]),
    [old, pq].map(() => ["witness.example/w1", now]),
  );
  assert.equal(openCosignatures(signed, answer, verifiers.slice(1)).length, 1);
  assert.throws(() => openCosignatures(signed, answer, []), { code: "unverified" });
  const other = signCheckpoint({ ...checkpoint, size: 15 }, [logSigner]);
  assert.throws(() => openCosignatures(other, answer, verifiers), { code: "signature" });
  const text = fromUtf8(answer);
  const wrong = [
    "",
    "\n",
    `${text}\n`,
    `\n${text}`,
    text.trimEnd(),
    `${text}x`,
    `${text}${text}`,
    text.replaceAll("\n", "\r\n"),
    fromUtf8(cosigned),
    text.replace("\u{2014}", "-"),
    text.replace("\u{2014} ", "\u{2014}  "),
    Array.from({ length: 101 }, (_, i) => formatSignature({ ...line, keyId: i, signature: utf8("x") })).join(
      "",
    ),
  ];
  for (const body of wrong) assert.throws(() => parseCosignatures(utf8(body)), isRefusal, body.slice(0, 40));
  assert.throws(() => parseCosignatures(Uint8Array.of(0xff, 0x0a)), { code: "witness" });
  assert.throws(() => parseCosignatures(new Uint8Array(witnessBodyBytesMax + 1)), { code: "witness" });
  assert.throws(() => formatCosignatures([]), RangeError);
  assert.throws(() => formatCosignatures([{ name: "a b", keyId: 1, signature: utf8("x") }]), {
    code: "note",
  });
});

void test("cosignatures are added to a note, a later one in place of an earlier one", () => {
  const first = signCheckpoint(checkpoint, signers);
  now += 60;
  const later = parseNote(signCheckpoint(checkpoint, signers)).signatures;
  const once = addSignatures(signed, parseNote(first).signatures);
  const twice = addSignatures(once, later);
  const { signatures } = parseNote(twice);
  assert.deepEqual(signatures, [...parseNote(signed).signatures, ...later]);
  const { verified } = openNote(twice, [parseVerifierKey(log.verifierKey), ...verifiers]);
  assert.equal(verified.length, 3);
  assert.deepEqual(addSignatures(signed, []), signed);
  const many: NoteSignature[] = Array.from({ length: 100 }, (_, keyId) => ({ ...line, keyId }));
  assert.throws(() => addSignatures(signed, many), { code: "note" });
  assert.throws(() => addSignatures(signed, [{ ...line, name: "a b" }]), { code: "note" });
  assert.throws(() => addSignatures(utf8("x"), []), { code: "note" });
});

void test("an answer 409 is a size and a newline", () => {
  for (const size of [0, 1, 10, 2 ** 53 - 1]) {
    assert.equal(fromUtf8(formatTreeSize(size)), `${size}\n`);
    assert.equal(parseTreeSize(formatTreeSize(size)), size);
  }
  for (const size of [-1, 0.5, 2 ** 53]) assert.throws(() => formatTreeSize(size), RangeError);
  const wrong = [
    "",
    "\n",
    "1",
    "01\n",
    "00\n",
    "+1\n",
    "-1\n",
    " 1\n",
    "1 \n",
    "1\r\n",
    "1\n\n",
    "1e3\n",
    "\u{661}\n",
  ];
  for (const body of [...wrong, "1\n2\n", "9007199254740992\n", "18446744073709551616\n", "\u{feff}1\n"]) {
    assert.throws(() => parseTreeSize(utf8(body)), { code: "witness" }, body);
  }
  assert.throws(() => parseTreeSize(Uint8Array.of(0xff)), { code: "witness" });
});

/** Another character whose low bits, which base64 leaves unused here, are not zero. */
function next(character: string | undefined): string {
  return String.fromCharCode((character ?? "A").charCodeAt(0) + 1);
}
