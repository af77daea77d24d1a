// SPDX-License-Identifier: Apache-2.0
// The receipt of docs/formats/receipt.md, as the product wrote it, and all that can be done to it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encodeReceipt, parseReceipt } from "@docket/protocol";
import type { Receipt } from "@docket/protocol";
import {
  formatSignature,
  generateSignerKey,
  parseNote,
  parsePolicy,
  parseSignerKey,
  parseVerifierKey,
  utf8,
} from "@docket/tlog";
import { receiptCheckNames, verifyReceipt } from "./receipt.ts";
import type { ReceiptCheckName } from "./receipt.ts";

const page = readFileSync(new URL("../../../docs/formats/receipt.md", import.meta.url), "utf8");
const [vkey = "", text = ""] = Array.from(
  page.matchAll(/^```text\n(.*?)^```$/gms),
  (match) => match[1] ?? "",
);
const key = parseVerifierKey(vkey.trim());
const receipt = parseReceipt(text);

void test("a receipt verifies under the log's key, and says what it could not check", () => {
  const report = verifyReceipt(text, key);
  assert.equal(report.verdict, "verified");
  assert.deepEqual(
    report.checks.map(({ name, ok }) => [name, ok]),
    receiptCheckNames.map((name) => [name, name === "cosignatures" ? null : true]),
  );
  assert.equal(report.record?.kind, "decision");
  assert.deepEqual(
    report.opened.map((part) => part.name),
    ["disclosed"],
  );
  assert.equal(report.signer?.proven, true);
  assert.equal(report.limits.length, 2);
});

void test("without a key the signer is unproven", () => {
  const report = verifyReceipt(text);
  assert.equal(report.verdict, "unproven");
  assert.equal(report.signer, null);
  assert.equal(report.checks.find((check) => check.name === "signature")?.ok, null);
});

void test("another key, even one of the same name, is refused", () => {
  const other = parseVerifierKey(generateSignerKey(key.name, new Uint8Array(32).fill(9)).verifierKey);
  const elsewhere = parseVerifierKey(
    generateSignerKey("docket-fedcba9876543210/main", new Uint8Array(32)).verifierKey,
  );
  for (const wrong of [other, elsewhere]) assertFails(text, "signature", wrong);
});

void test("cosignatures: who, when, and whether they are what a policy asks for", () => {
  const { signerKey, verifierKey } = generateSignerKey("w.example", new Uint8Array(32).fill(4), "ml-dsa-44");
  const signer = parseSignerKey(signerKey, () => 1_800_000_000);
  const split = receipt.proof.indexOf("\n\n") + 2;
  const note = parseNote(utf8(receipt.proof.slice(split)));
  const signature = signer.sign(utf8(note.text));
  const line = formatSignature({ name: signer.name, keyId: signer.keyId, signature });
  const cosigned = encodeReceipt({ ...receipt, proof: receipt.proof + line });
  const policy = parsePolicy(`log ${vkey.trim()}\nwitness w ${verifierKey}\nquorum w\n`);

  const met = verifyReceipt(cosigned, { keys: [], policy });
  assert.equal(met.verdict, "verified");
  assert.deepEqual(met.cosignatures, [{ name: "w.example", vkey: verifierKey, timeSeconds: 1_800_000_000 }]);
  assert.match(met.limits[0] ?? "", /fork after them/);
  const without = verifyReceipt(text, { keys: [], policy });
  assert.equal(without.verdict, "incomplete");
  const unknown = verifyReceipt(cosigned, key);
  assert.equal(unknown.verdict, "verified");
  const check = unknown.checks.find(({ name }) => name === "cosignatures");
  assert.match(check?.detail ?? "", /lines of unknown keys, not checked: 1$/);
  assert.deepEqual(unknown.cosignatures, []);

  // A line in the witness's name over something else is no "unknown" line.
  const bytes = Uint8Array.from(signature);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  const forged = formatSignature({ name: signer.name, keyId: signer.keyId, signature: bytes });
  const wrong = verifyReceipt(encodeReceipt({ ...receipt, proof: receipt.proof + forged }), {
    keys: [],
    policy,
  });
  assert.equal(wrong.verdict, "failed");
});

void test("a change of any one character is found", () => {
  for (let at = 0; at < text.length; at++) {
    for (const replacement of replacementsOf(text[at] ?? "", at)) {
      const changed = text.slice(0, at) + replacement + text.slice(at + 1);
      const { verdict } = verifyReceipt(changed, key);
      assert.equal(
        verdict,
        "failed",
        `character ${at}, ${JSON.stringify(replacement)} for ${JSON.stringify(text[at])}`,
      );
    }
  }
});

void test("a character more or less is found", () => {
  for (let at = 0; at <= text.length; at += 7) {
    assert.equal(
      verifyReceipt(text.slice(0, at) + text.slice(at + 1), key).verdict,
      at === text.length ? "verified" : "failed",
    );
    assert.equal(verifyReceipt(`${text.slice(0, at)} ${text.slice(at)}`, key).verdict, "failed");
  }
});

void test("each check fails for its own reason", () => {
  const { proof, manifest = "", opening = [] } = receipt;
  const [opened] = opening;
  assert.ok(opened !== undefined);
  const { manifest: _manifest, ...withoutManifest } = receipt;
  const cases: [ReceiptCheckName, Partial<Receipt> | Receipt][] = [
    ["record", { leaf: receipt.leaf.replace('"v":1', '"v":2') }],
    ["record", { leaf: receipt.leaf.replace("reject", "\uD800") }],
    ["proof", { proof: proof.replace("\nindex", "\nextra AAAA\nindex") }],
    ["proof", { proof: proof.replace("@v1", "@v2") }],
    ["signature", { proof: `${proof}\u2014 ${key.name} AAAAAAAA\n` }],
    ["inclusion", { leaf: receipt.leaf.replace("reject", "allow") }],
    ["inclusion", { proof: proof.replace("index 1", "index 0") }],
    ["index", { proof: proof.replace("index 1", "index 0") }],
    ["manifest", { manifest: manifest.replace("disclosed", "content") }],
    ["opening", { opening: [opened, opened] }],
    ["opening", { opening: [{ ...opened, name: "facts" }] }],
    ["opening", { opening: [{ ...opened, plaintext: `${opened.plaintext} ` }] }],
    ["opening", { opening: [{ ...opened, secret: opened.secret.slice(0, -2) }] }],
  ];
  for (const [name, change] of cases) assertFails(encodeReceipt({ ...receipt, ...change }), name, key);
  assertFails(encodeReceipt(withoutManifest), "manifest", key);
  for (const broken of ["", "{", "[]", "null", "\uD800", `${text}\n`, ` ${text}`])
    assertFails(broken, "format", key);
});

function assertFails(changed: string, name: ReceiptCheckName, trusted: typeof key): void {
  const report = verifyReceipt(changed, trusted);
  assert.equal(report.verdict, "failed");
  const failed = report.checks.filter((check) => check.ok === false).map((check) => check.name);
  assert.ok(failed.includes(name), `${name} among ${failed.join()}`);
}

/**
 * A character that stands near, the same in another case, and one of those that stand far or that no text may
 * hold.
 */
function replacementsOf(character: string, at: number): string[] {
  const swapped = character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase();
  const far = ["A", "\u00E9", "\u0000", "\uD800", '"', "9"];
  const all = [String.fromCharCode(character.charCodeAt(0) ^ 1), swapped, far[at % far.length] ?? ""];
  return [...new Set(all)].filter((replacement) => replacement !== character);
}
