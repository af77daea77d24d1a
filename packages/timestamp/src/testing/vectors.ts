// SPDX-License-Identifier: Apache-2.0
// Reads packages/timestamp/vectors.
import { readFileSync } from "node:fs";
import type { TimestampFault } from "../error.ts";
import type { TimestampExpectation } from "../verify-timestamp.ts";
import { testCrypto } from "./crypto.ts";

/** One answer of an authority, and what is to come of it. */
export interface TimestampCase {
  readonly name: string;
  readonly result: "accept" | TimestampFault;
  /** What `openssl ts -verify` says where it differs, and why. */
  readonly openssl: { readonly result: "accept" | "refuse"; readonly why: string } | undefined;
  readonly expectation: TimestampExpectation;
}

/** All cases of timestamps.json. */
export function readTimestampCases(): TimestampCase[] {
  const file = readVectors("timestamps.json") as {
    certificates: Record<string, string>;
    cases: Record<string, unknown>[];
  };
  const certificates = new Map(Object.entries(file.certificates));
  const find = (name: string): Uint8Array => fromBase64(certificates.get(name) ?? "");
  return file.cases.map((each) => ({
    name: each["name"] as string,
    result: each["result"] as TimestampCase["result"],
    openssl: each["openssl"] as TimestampCase["openssl"],
    expectation: {
      response: fromBase64(each["response"] as string),
      digest: fromHex(each["digest"] as string),
      ...(each["nonce"] === null ? {} : { nonce: fromHex(each["nonce"] as string) }),
      ...(each["policy"] === undefined ? {} : { policy: each["policy"] as string }),
      ...(each["atMs"] === undefined ? {} : { atMs: each["atMs"] as number }),
      roots: (each["roots"] as string[]).map(find),
      certificates: (each["certificates"] as string[]).map(find),
      crypto: testCrypto,
    },
  }));
}

/** A file of the vectors. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), "utf8"));
}

/** Bytes of base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

/** Bytes of hex. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
