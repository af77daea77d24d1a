// SPDX-License-Identifier: Apache-2.0
// From a decision to what is sealed of it: the record's body, and its parts.
import { clausesOf } from "@docket/policy";
import type { FiredRule } from "@docket/policy";
import { encodeBody, encodeDisclosed, encodeFacts } from "@docket/protocol";
import type { Disclosed, FactValue } from "@docket/protocol";
import type { Actor } from "../evidence/actors.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Decided } from "./engine.ts";

/** A decision as the log takes it. */
export type Draft = { body: string; parts: PlainPart[] };

/** Signals that are personal and not a copy of the content: kept where a rule that fired read them. */
const keptPersonalSignals: ReadonlySet<string> = new Set([
  "signals.links",
  "signals.domains",
  "signals.lookalikes",
  "signals.emailHosts",
  "signals.phones",
  "signals.handles",
  "signals.invites",
]);
/** What lists were found to hold is kept with them: it says what somebody wrote. */
const listPrefix = "lists.";

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
  const personal = personalValues([...evaluation.rules, ...evaluation.shadow]);
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

function personalValues(fired: readonly FiredRule[]): Record<string, FactValue> {
  const personal: Record<string, FactValue> = {};
  for (const { values } of fired.flatMap((rule) => clausesOf(rule.trace))) {
    for (const { path, value } of values) {
      const kept = keptPersonalSignals.has(path) || path.startsWith(listPrefix);
      if (kept && value !== undefined) personal[path] = value;
    }
  }
  return personal;
}
