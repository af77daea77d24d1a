// SPDX-License-Identifier: Apache-2.0
// What is wrong with policy files, and what is not wrong but worth a thought before they come into force.
import { loadPolicies, PolicyError, policyNotes } from "@docket/policy";
import type { Policy, PolicyFile, PolicySet, Problem, Rule } from "@docket/policy";

/**
 * What may be meant otherwise.
 *
 * - `no-tests` a policy without any test
 * - `untested-rule` a rule in force that refuses events, and that no test expects to fire
 * - `no-reason` a rule in force that refuses events, and whose actors are not told why
 * - `endless-exemption` an exemption without an end
 * - `ended-exemption` one that has ended
 */
export type WarningCode =
  | "no-tests"
  | "untested-rule"
  | "no-reason"
  | "endless-exemption"
  | "ended-exemption";

/** Something worth a thought. `line` counts from 1. */
export type Warning = {
  readonly code: WarningCode;
  readonly file: string;
  readonly line: number;
  readonly message: string;
};

/** What a check found. `policies` are there if there is no problem. */
export type PolicyCheck = {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
  readonly policies: PolicySet | undefined;
};

/**
 * Checks policy files: every mistake in every file at once.
 *
 * @param nowMs which exemptions have ended, in ms since 1970
 */
export function checkPolicies(files: readonly PolicyFile[], nowMs: number): PolicyCheck {
  try {
    const policies = loadPolicies(files);
    const ended = policyNotes(policies, nowMs).map(({ place, message }): Warning => ({
      code: "ended-exemption",
      ...placeOf(place),
      message,
    }));
    return { problems: [], warnings: [...policies.policies.flatMap(warningsOf), ...ended], policies };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { problems: error.problems, warnings: [], policies: undefined };
  }
}

function warningsOf(policy: Policy): Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: WarningCode, place: string, message: string): void => {
    warnings.push({ code, ...placeOf(place), message });
  };
  if (policy.tests.length === 0) {
    warn(
      "no-tests",
      `${policy.file}:1`,
      `the policy "${policy.id}" has no tests: nothing shows what it is for`,
    );
  }
  const expected = new Set(policy.tests.flatMap(({ expect }) => expect.rules ?? []));
  for (const rule of policy.rules) {
    if (!refuses(rule)) continue;
    if (policy.tests.length > 0 && !expected.has(rule.id)) {
      warn("untested-rule", rule.place, `no test expects the rule "${rule.id}" to fire`);
    }
    if (Object.keys(rule.reason).length === 0) {
      warn("no-reason", rule.place, `the rule "${rule.id}" refuses events, and gives no reason to the actor`);
    }
  }
  for (const { id, untilMs, place } of policy.exempt) {
    if (untilMs !== undefined) continue;
    warn("endless-exemption", place, `the exemption "${id}" has no end; with until: it is looked at again`);
  }
  return warnings;
}

function refuses({ mode, then }: Rule): boolean {
  return mode === "enforce" && then !== undefined && then.outcome !== "allow" && then.outcome !== "flag";
}

function placeOf(place: string): { file: string; line: number } {
  const at = place.lastIndexOf(":");
  return { file: place.slice(0, at), line: Number(place.slice(at + 1)) };
}
