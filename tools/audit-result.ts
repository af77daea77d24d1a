// SPDX-License-Identifier: Apache-2.0
// Reads what `npm audit --json` says.

/** What came of asking. */
export type AuditResult =
  /** Packages with a finding of severity high or critical, a line each, and how many have lesser ones. */
  | { readonly kind: "findings"; readonly grave: readonly string[]; readonly lesser: number }
  /** The registry did not answer, or not with findings. */
  | { readonly kind: "unasked"; readonly why: string };

/** Longest reason that is repeated, in characters. */
const reasonLengthMax = 200;

/** Reads it. What is no report of findings says that nothing is known. */
export function readAudit(text: string): AuditResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "unasked", why: "it gave no answer" };
  }
  const { vulnerabilities, message } = Object(value) as Record<string, unknown>;
  if (typeof vulnerabilities !== "object" || vulnerabilities === null) {
    const why = typeof message === "string" ? message : "it gave no report";
    return { kind: "unasked", why: why.replaceAll(/https?:\/\/\S+/g, "…").slice(0, reasonLengthMax) };
  }
  const found = Object.entries(vulnerabilities as Record<string, { severity?: string; range?: string }>);
  const isGrave = (severity: string | undefined): boolean => severity === "high" || severity === "critical";
  return {
    kind: "findings",
    grave: found
      .filter(([, { severity }]) => isGrave(severity))
      .map(([name, { severity, range }]) => `${name} ${range ?? ""}: ${severity}`),
    lesser: found.filter(([, { severity }]) => !isGrave(severity)).length,
  };
}
