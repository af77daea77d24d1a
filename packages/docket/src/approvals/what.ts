// SPDX-License-Identifier: Apache-2.0
// What exactly is requested, as the part `change` of the request's record has it, and the hash by which what
// is done is compared with what was approved.
import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { whyLengthMax } from "../releases/review.ts";
import { requestTextLengthMax } from "./contract.ts";
import type { RequestWish } from "./contract.ts";

/** The part `change` of a request. */
export type RequestPart = { v: 1; what: JsonObject; reach?: JsonObject; why: string };
/** The part `change` of a step. */
export type StepPart = { v: 1; why: string };

/** SHA-256 of what is asked for, base64url: the same whatever the order of keys. */
export function hashOfWish({ act, of, subject, what }: Omit<RequestWish, "why">): string {
  const asked = { act, of: of ?? null, subject: subject ?? null, what };
  return createHash("sha256").update(canonicalJson(asked), "utf8").digest("base64url");
}

/** The part that a wish is sealed in. @throws {DocketError} `usage` for what is too long or empty */
export function requestPart({ what, reach, why }: RequestWish): RequestPart {
  checkReason(why);
  for (const each of [what, reach ?? {}]) {
    if (JSON.stringify(each).length > requestTextLengthMax) {
      throw new DocketError("usage", `a request has at most ${requestTextLengthMax} characters`);
    }
  }
  return { v: 1, what, ...(reach === undefined ? {} : { reach }), why };
}

/** Reads the part of a request's record. */
export function readRequestPart(plaintext: string): RequestPart {
  // It was sealed by this room, and its commitment is in the log.
  return JSON.parse(plaintext) as RequestPart;
}

/** @throws {DocketError} `usage` for a reason that is empty or too long */
export function checkReason(why: string): void {
  if (why.trim() !== "" && why.length <= whyLengthMax) return;
  throw new DocketError("usage", `say why, in 1 to ${whyLengthMax} characters`);
}

/** JSON with the keys of each object in order and no spaces. */
export function canonicalJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
    .join(",")}}`;
}
