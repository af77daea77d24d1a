// SPDX-License-Identifier: Apache-2.0
// The log's witnesses: `DIR/witnesses.policy`, a C2SP tlog-policy. It says whom the log asks, and how many of
// them make a checkpoint a cosigned one; the same file, given to others, says when they believe one.
import { openNote, parsePolicy, parseVerifierKey, policySatisfied, TlogError } from "@docket/tlog";
import type { TlogPolicy, VerifiedSignature, Verifier } from "@docket/tlog";
import { DocketError } from "../error.ts";

/** Whom to ask at one URL: a witness may have several keys, and signs with all of them at once. */
export type WitnessEndpoint = { name: string; url: string; verifiers: Verifier[] };

/** A policy for one log. */
export type WitnessPolicy = {
  policy: TlogPolicy;
  /** The log's own keys. */
  logVerifiers: readonly Verifier[];
  endpoints: WitnessEndpoint[];
};

/**
 * Reads the policy of a log's witnesses.
 *
 * @param path named in errors
 * @param logVerifiers the log's own keys
 * @throws {DocketError} `usage` for a malformed one, one of other logs, or a witness without an address
 */
export function readWitnessPolicy(
  text: string | Uint8Array,
  path: string,
  logVerifiers: readonly Verifier[],
): WitnessPolicy {
  const policy = parse(text, path);
  const own = new Set(logVerifiers.map(({ vkey }) => vkey));
  if (policy.logs.length > 0 && !policy.logs.some(({ vkey }) => own.has(vkey))) {
    throw wrong(path, `it is for other logs; name this one, log ${[...own][0] ?? ""}`);
  }
  const endpoints = new Map<string, WitnessEndpoint>();
  for (const { name, vkey, url } of policy.witnesses) {
    if (url === undefined || !URL.canParse(url) || !/^https?:/.test(url)) {
      throw wrong(path, `the witness ${name} needs an address to be asked at: witness NAME VKEY https://…`);
    }
    const verifier = parseVerifierKey(vkey);
    const known = endpoints.get(url);
    if (known === undefined) endpoints.set(url, { name, url, verifiers: [verifier] });
    else known.verifiers.push(verifier);
  }
  return { policy, logVerifiers, endpoints: [...endpoints.values()] };
}

/** Whether a note bears at least one cosignature, and all that the policy asks for. */
export function isCosigned(policy: WitnessPolicy, note: Uint8Array): boolean {
  const lines = cosignaturesOf(policy, note);
  return lines.length > 0 && isQuorum(policy, lines);
}

/** Whether verified lines of witnesses are all that the policy asks for. */
export function isQuorum({ policy }: WitnessPolicy, lines: readonly VerifiedSignature[]): boolean {
  return policySatisfied(
    policy,
    lines.map(({ verifier }) => verifier),
  ).satisfied;
}

/** The lines of witnesses of the policy in a note of the log; none if it is none, or a line is false. */
export function cosignaturesOf(policy: WitnessPolicy, note: Uint8Array): VerifiedSignature[] {
  const witnesses = policy.endpoints.flatMap(({ verifiers }) => verifiers);
  try {
    const { verified } = openNote(note, [...policy.logVerifiers, ...witnesses]);
    const own = verified.some(({ verifier }) => policy.logVerifiers.includes(verifier));
    return own ? verified.filter(({ verifier }) => witnesses.includes(verifier)) : [];
  } catch (error) {
    if (error instanceof TlogError) return [];
    throw error;
  }
}

function parse(text: string | Uint8Array, path: string): TlogPolicy {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw wrong(path, error.message, error);
  }
}

function wrong(path: string, why: string, cause?: unknown): DocketError {
  return new DocketError("usage", `${path}: ${why}`, cause === undefined ? {} : { cause });
}
