// SPDX-License-Identifier: Apache-2.0
// From a decision to what is sealed of it: the record's body, and its parts.
import { keptPersonalValues } from "@docket/policy";
import { encodeBody, encodeDisclosed, encodeFacts } from "@docket/protocol";
import type { Disclosed } from "@docket/protocol";
import type { Actor } from "../evidence/actors.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Decided } from "./engine.ts";

/** A decision as the log takes it. */
export type Draft = { body: string; parts: PlainPart[] };

/**
 * Encodes a decision.
 *
 * @param encodedEvent the event's one encoding
 * @param by who reported it
 */
export function draftDecision(
  { conclusion, evaluation, facts, release }: Decided,
  encodedEvent: string,
  actor: Pick<Actor, "pseudonym" | "key">,
  by: string,
  siteKey: Uint8Array,
): Draft {
  const { outcome, rules, restrictions } = conclusion;
  const { pseudonym, key } = actor;
  const body = { kind: "decision", by, actor: pseudonym, outcome, rules, restrictions, release } as const;
  const parts: PlainPart[] = [
    { name: "facts", subject: "site", key: siteKey, plaintext: encodeFacts(facts) },
    { name: "content", subject: pseudonym, key, plaintext: `{"v":1,"event":${encodedEvent}}` },
  ];
  const personal = keptPersonalValues(evaluation);
  if (Object.keys(personal).length > 0) {
    const plaintext = JSON.stringify({ v: 1, values: personal });
    parts.push({ name: "personalFacts", subject: pseudonym, key, plaintext });
  }
  const disclosed: Disclosed = { v: 1, reasons: conclusion.reasons, facts: conclusion.disclosed };
  if (disclosed.reasons.length > 0) {
    parts.push({ name: "disclosed", subject: pseudonym, key, plaintext: encodeDisclosed(disclosed) });
  }
  return { body: encodeBody(body), parts };
}
