// SPDX-License-Identifier: Apache-2.0
// The worked examples of the pages in docs/formats come out of this package as they stand there, and the
// pages name every fault.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { toHex } from "./der.ts";
import { encodeTimestampRequest } from "./request.ts";
import { encodeRoughtimeRequest } from "./roughtime/request.ts";
import { verifyRoughtime } from "./roughtime/verify.ts";
import { at } from "./testing/at.ts";
import { testCrypto as crypto } from "./testing/crypto.ts";
import { readOthers } from "./testing/roughtime.ts";
import { readTimestampCases, readVectors } from "./testing/vectors.ts";
import { verifyTimestamp } from "./verify-timestamp.ts";

const checkpoint = "example.com/log\n3\nWqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=\n";
const digest = crypto.digest("SHA-256", new TextEncoder().encode(checkpoint));

test("the example in docs/formats/rfc3161.md is what this package computes", () => {
  const nonce = Uint8Array.from({ length: 8 }, (_, i) => i + 1);
  const request = encodeTimestampRequest({ digest, nonce, policy: "1.2.3.4.1", certificates: true });
  const found = readTimestampCases().find(({ name }) => name === "by hand: P-256");
  assert.ok(found !== undefined);
  assert.deepEqual(blocksOf("rfc3161"), [
    `${checkpoint}\ndigest   ${toHex(digest)}\nrequest  ${inRows(toHex(request), "         ")}`,
    linesOf(verifyTimestamp(found.expectation), ["signerSha256", "rootSha256"]),
  ]);
});

test("the example in docs/formats/roughtime.md is what this package computes", () => {
  const exchange = at(readOthers().malfeasance, 0);
  const request = encodeRoughtimeRequest({ nonce: digest, serverKey: exchange.serverKey, crypto });
  const shown = toHex(request).replace(/(00)+$/, "");
  // VER 8, SRV 32, NONC 32, TYPE 4 bytes after the packet's head of 12 and the message's of 40.
  assert.ok(shown.length / 2 <= 12 + 40 + 76);
  assert.deepEqual(blocksOf("roughtime"), [
    inRows(toHex(request.subarray(0, 12 + 40 + 76)), ""),
    linesOf(verifyRoughtime({ ...exchange, crypto }), ["nonce"]),
  ]);
});

test("the pages name every fault, and the README of the vectors the number of cases", () => {
  const source = readFileSync(new URL("error.ts", import.meta.url), "utf8");
  for (const [union, page] of [
    ["TimestampFault", "rfc3161"],
    ["RoughtimeFault", "roughtime"],
  ] as const) {
    const declared = new RegExp(`export type ${union} =([^;]*);`).exec(source)?.[1] ?? "";
    const codes = Array.from(declared.matchAll(/"(\w+)"/g), (match) => match[1]);
    assert.ok(codes.length >= 10);
    for (const code of codes) assert.ok(pageOf(page).includes(`\n| \`${code}\` | `), `${page}: ${code}`);
  }
  const readme = readFileSync(new URL("../vectors/README.md", import.meta.url), "utf8");
  const { count } = readVectors("timestamps.json") as { count: number };
  assert.ok(readme.includes(`| \`timestamps.json\` | ${count} |`));
  assert.ok(pageOf("rfc3161").includes(`has ${count} answers`));
});

function blocksOf(page: string): (string | undefined)[] {
  return Array.from(pageOf(page).matchAll(/^```text\n(.*?)^```$/gms), (match) => match[1]);
}

function pageOf(page: string): string {
  return readFileSync(new URL(`../../../docs/formats/${page}.md`, import.meta.url), "utf8");
}

/** Hex in rows of 32 bytes. */
function inRows(hex: string, indent: string): string {
  return `${(hex.match(/.{1,64}/g) ?? []).join(`\n${indent}`)}\n`;
}

/** The members of a verdict, one a line, but for some. */
function linesOf(verdict: object, without: readonly string[]): string {
  return Object.entries(verdict)
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => `${name.padEnd(12)} ${String(value)}\n`)
    .join("");
}
