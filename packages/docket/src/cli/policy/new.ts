// SPDX-License-Identifier: Apache-2.0
// `docket policy new`: a policy to begin with, empty or from one that comes with Docket.
import { join } from "node:path";
import { DocketError } from "../../error.ts";
import { checkPolicies } from "../../releases/policy-check.ts";
import { libraryPolicies, readLibraryPolicy, writePolicy } from "../../releases/policy-library.ts";
import type { LibraryPolicy } from "../../releases/policy-library.ts";
import { readPolicyDirectory } from "../../releases/policy-directory.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { checkText } from "./check.ts";
import { policyDirectoryOf } from "./places.ts";

/** What `docket policy new` is told. */
export type NewOptions = {
  name: string;
  from?: string | undefined;
  directory?: string | undefined;
  data: string;
};

/** Writes a policy, and says what to do next. */
export async function runPolicyNew(options: NewOptions, terminal: Terminal): Promise<number> {
  const { name, from } = options;
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
    const form = "begin with a letter, and use a-z, 0-9 and -, at most 64 of them";
    throw new DocketError("usage", `${JSON.stringify(name)} can't be a policy's name; ${form}`);
  }
  const directory = policyDirectoryOf(options);
  const path = join(directory, `${name}.yaml`);
  const policy = from === undefined ? { text: skeleton(name), listFiles: new Map() } : templateOf(from, name);
  let lists: readonly string[];
  try {
    lists = writePolicy(directory, `${name}.yaml`, policy);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new DocketError("usage", `${path} is there already; choose another name, or change it`);
  }
  const written = [path, ...lists.map((file) => join(directory, file))];
  await write(terminal, written.map((each) => `Wrote ${each}\n`).join(""));
  // A rule's id stands once in all policies: a template beside its own copy has each twice.
  const files = readPolicyDirectory(directory);
  const check = checkPolicies(files, terminal.clock());
  if (check.policies === undefined) terminal.stderr.write(checkText(directory, files, check));
  terminal.stderr.write(
    `Next: change it, then docket policy check ${directory} and docket policy test ${directory}\n`,
  );
  return exitFine;
}

function templateOf(from: string, name: string): LibraryPolicy {
  const policy = readLibraryPolicy(from);
  if (policy !== undefined) return { ...policy, text: renamed(policy.text, name) };
  const names = libraryPolicies().join(", ");
  throw new DocketError(
    "usage",
    `there is no policy ${JSON.stringify(from)} to begin with; choose one of ${names}`,
  );
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
