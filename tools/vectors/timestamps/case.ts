// SPDX-License-Identifier: Apache-2.0
// What a case is, and short ways to write one.
import type { TimestampFault } from "@docket/timestamp";
import type { Made } from "./certificates.ts";

/** A case as it is made. */
export interface Case extends CaseOptions {
  readonly name: string;
  readonly response: Uint8Array;
  readonly result: "accept" | TimestampFault;
}

/** What a case is checked against; what is left out is as in a good one. */
export interface CaseOptions {
  readonly roots?: readonly string[];
  /** Certificates that are given besides the token's. */
  readonly certificates?: readonly string[];
  readonly nonce?: null;
  readonly policy?: string;
  /** Unix, ms. */
  readonly atMs?: number;
  /** What `openssl ts -verify` (3.0) says where it differs, and why. */
  readonly openssl?: { readonly result: "accept" | "refuse"; readonly why: string };
}

/** Finds a certificate by its name. */
export type Find = (name: string) => Made;

/** A case that is accepted. */
export function accept(name: string, response: Uint8Array, options: CaseOptions = {}): Case {
  return { name, response, result: "accept", ...options };
}

/** A case that is refused. */
export function refuse(
  result: TimestampFault,
  name: string,
  response: Uint8Array,
  options: CaseOptions = {},
): Case {
  return { name, response, result, ...options };
}

/** OpenSSL accepts it all the same. */
export function lax(why: string): CaseOptions {
  return { openssl: { result: "accept", why } };
}

/** OpenSSL refuses it. */
export function strict(why: string): CaseOptions {
  return { openssl: { result: "refuse", why } };
}

/** The parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
