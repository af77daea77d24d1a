// SPDX-License-Identifier: Apache-2.0
// Small policies for tests.
import type { PolicyFile } from "@docket/policy";

/** A rule of a test's policy; further lines of YAML go below it. */
export type TestRule = { id: string; when: string; outcome?: string; mode?: string; more?: string };

/** A policy file with these rules, on comments. */
export function policyFile(id: string, rules: readonly TestRule[], more = ""): PolicyFile {
  const lines = rules.flatMap(({ id: rule, when, outcome, mode, more: extra }) => [
    `  - id: ${rule}`,
    `    when: ${when}`,
    ...(outcome === undefined ? [] : [`    then: { outcome: ${outcome} }`]),
    ...(mode === undefined ? [] : [`    mode: ${mode}`]),
    ...(extra === undefined ? [] : [`    ${extra}`]),
    "    reason: { en: No. }",
  ]);
  const text = [`policy: ${id}`, "on: [comment]", "rules:", ...lines, more].join("\n");
  return { path: `${id}.yaml`, text: `${text.trimEnd()}\n` };
}
