// SPDX-License-Identifier: Apache-2.0
// The language of a text, by tinyld: loaded when a policy that reads it first decides something. What it says
// depends on its tables and on the engine's, so that it is no part of what signals promise: it is recorded as
// a fact, and replay takes it from there.
import { createRequire } from "node:module";
import { readSet } from "@docket/policy";
import type { PolicySet } from "@docket/policy";

/** Longest part of a text that is looked at, in UTF-16 code units: more tells nothing new, and takes long. */
export const languageTextMax = 1_000;

/** Says the language of a text in letters of ISO 639; `undefined` where it can't tell. */
export type IdentifyLanguage = (text: string) => string | undefined;

const readers = new WeakMap<PolicySet, { readonly reads: boolean }>();

/** What identifies languages for these policies: nothing where none of them reads `signals.language`. */
export function languageFor(policies: PolicySet): IdentifyLanguage | undefined {
  let reader = readers.get(policies);
  if (reader === undefined) {
    reader = { reads: readSet(policies).signals.has("language") };
    readers.set(policies, reader);
  }
  return reader.reads ? identifyLanguage : undefined;
}

let detect: ((text: string) => string) | undefined;

/** Identifies the language of the beginning of a text. */
export function identifyLanguage(text: string): string | undefined {
  detect ??= (createRequire(import.meta.url)("tinyld") as { detect: (text: string) => string }).detect;
  const language = detect(text.slice(0, languageTextMax).toWellFormed());
  return language === "" ? undefined : language;
}
