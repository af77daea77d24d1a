// SPDX-License-Identifier: Apache-2.0
// The parts of an act: facts and note under the site's key, what the affected user is told under theirs.
import { encodeActFacts, encodeDisclosed } from "@docket/protocol";
import type { ActFacts } from "@docket/protocol";
import type { PlainPart } from "../evidence/seal.ts";
import type { Texts } from "./contract.ts";
import { toldOf } from "./reasons.ts";

/** What stands in the part `change` of an act. `subject` says what a restriction is on that is no actor. */
export type ActNote = {
  v: 1;
  why?: string;
  subject?: { kind: string; value: string };
};

/** Whose keys seal the parts of an act. */
export type PartKeys = {
  readonly siteKey: Uint8Array;
  /** The affected user; absent where there is none, or their key is destroyed. */
  readonly actor?: { readonly pseudonym: string; readonly key: Uint8Array } | undefined;
};

/** Puts the parts of an act together. */
export function actParts(
  facts: ActFacts,
  { reason, note, told }: { reason: string; note?: string | undefined; told?: Texts | undefined },
  { siteKey, actor }: PartKeys,
  subject?: ActNote["subject"],
): PlainPart[] {
  const site = { subject: "site", key: siteKey };
  const parts: PlainPart[] = [{ name: "facts", ...site, plaintext: encodeActFacts(facts) }];
  if (actor !== undefined) {
    const text = { ...toldOf(reason, told) };
    const plaintext = encodeDisclosed({ v: 1, reasons: [{ rule: reason, text }], facts: {} });
    parts.push({ name: "disclosed", subject: actor.pseudonym, key: actor.key, plaintext });
  }
  if (note !== undefined || subject !== undefined) parts.push(notePart({ why: note, subject }, siteKey));
  return parts;
}

/** The part `change` of an act. */
export function notePart(
  { why, subject }: { why?: string | undefined; subject?: ActNote["subject"] },
  siteKey: Uint8Array,
): PlainPart {
  const said: ActNote = {
    v: 1,
    ...(why === undefined ? {} : { why }),
    ...(subject === undefined ? {} : { subject }),
  };
  return { name: "change", subject: "site", key: siteKey, plaintext: JSON.stringify(said) };
}

/** Reads the part `change` of an act. */
export function readNote(plaintext: string): ActNote | undefined {
  try {
    const note = JSON.parse(plaintext) as ActNote;
    return note.v === 1 ? note : undefined;
  } catch {
    return undefined;
  }
}
