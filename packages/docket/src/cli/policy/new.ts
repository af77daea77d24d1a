// SPDX-License-Identifier: Apache-2.0
// `docket policy new`: a policy to begin with, empty or from one that comes with Docket.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DocketError } from "../../error.ts";
import { checkPolicies } from "../../releases/policy-check.ts";
import { readPolicyDirectory } from "../../releases/policy-directory.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { checkText } from "./check.ts";
import { policyDirectoryOf } from "./places.ts";

const templates = fileURLToPath(new URL("../../../assets/policy/", import.meta.url));

/** What `docket policy new` is told. */
export type NewOptions = {
  name: string;
  from?: string | undefined;
  directory?: string | undefined;
  data: string;
};

/** Names of the policies that come with Docket. */
export function templateNames(): string[] {
  return readdirSync(templates)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .sort();
}

/** Writes a policy, and says what to do next. */
export async function runPolicyNew(options: NewOptions, terminal: Terminal): Promise<number> {
  const { name, from } = options;
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
    const form = "begin with a letter, and use a-z, 0-9 and -, at most 64 of them";
    throw new DocketError("usage", `${JSON.stringify(name)} can't be a policy's name; ${form}`);
  }
  const directory = policyDirectoryOf(options);
  const path = join(directory, `${name}.yaml`);
  const text = from === undefined ? skeleton(name) : renamed(readTemplate(from), name);
  mkdirSync(directory, { recursive: true });
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new DocketError("usage", `${path} is there already; choose another name, or change it`);
  }
  await write(terminal, `Wrote ${path}\n`);
  // A rule's id stands once in all policies: a template beside its own copy has each twice.
  const files = readPolicyDirectory(directory);
  const check = checkPolicies(files, terminal.clock());
  if (check.policies === undefined) terminal.stderr.write(checkText(directory, files, check));
  terminal.stderr.write(
    `Next: change it, then docket policy check ${directory} and docket policy test ${directory}\n`,
  );
  return exitFine;
}

function readTemplate(name: string): string {
  const names = templateNames();
  if (!names.includes(name)) {
    throw new DocketError(
      "usage",
      `there is no policy ${JSON.stringify(name)} to begin with; ${listOf(names)}`,
    );
  }
  return readFileSync(join(templates, `${name}.yaml`), "utf8");
}

function listOf(names: readonly string[]): string {
  return names.length === 1 ? `there is ${names[0]}` : `choose one of ${names.join(", ")}`;
}

function renamed(text: string, name: string): string {
  return text.replace(/^policy: .*$/m, `policy: ${name}`);
}

const fiveLinks = ["a", "b", "c", "d", "e"].map((host) => `https://${host}.example`).join(" ");

function skeleton(name: string): string {
  return `# A policy. What can stand here: docs/reference/policy.md
policy: ${name}
on: [comment]

rules:
  # In shadow a rule is decided and recorded, without effect. Take "mode: shadow" out when its hits are right.
  - id: ${name}-many-links
    when: signals.linkCount >= 5
    then: { outcome: hold, holdFor: 24h, otherwise: reject }
    mode: shadow
    reason:
      en: A comment with so many links is looked at by a moderator first.

tests:
  - name: five links
    given:
      type: comment
      actor: { id: a }
      content: { text: "${fiveLinks}" }
    expect: { outcome: hold, rules: [${name}-many-links] }
  - name: a link and some words
    given:
      type: comment
      actor: { id: a }
      content: { text: "See https://a.example, it has a good map." }
    expect: { outcome: allow }
`;
}
