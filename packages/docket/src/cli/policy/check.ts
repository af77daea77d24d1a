// SPDX-License-Identifier: Apache-2.0
// `docket policy check`: every mistake in the policy files of a directory, with its line.
import { join } from "node:path";
import type { ModelDeclaration, PolicyFile, Problem } from "@docket/policy";
import { checkDeclaredFile } from "../../lists/files.ts";
import { declaredFileFault } from "../../models/declared-file.ts";
import { checkPolicies } from "../../releases/policy-check.ts";
import type { PolicyCheck, Warning } from "../../releases/policy-check.ts";
import { readPolicyDirectory } from "../../releases/policy-directory.ts";
import { readBelow } from "../../stores/files/read-files.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { excerptOf } from "./excerpt.ts";
import { policyDirectoryOf } from "./places.ts";
import type { DirectoryOptions } from "./places.ts";

/** Most mistakes that are printed for people; the rest are counted. */
const printedMax = 50;

/** Checks a directory. @returns the exit code: 1 if there is a mistake */
export async function runPolicyCheck(
  options: DirectoryOptions & { json: boolean },
  terminal: Terminal,
): Promise<number> {
  const directory = policyDirectoryOf(options);
  const files = readPolicyDirectory(directory);
  const check = withFiles(checkPolicies(files, terminal.clock()), directory);
  const { problems, warnings } = check;
  const ok = problems.length === 0;
  if (options.json) {
    const shown = { ok, directory, files: files.map(({ path }) => path), problems, warnings };
    await write(terminal, `${JSON.stringify(shown)}\n`);
  } else {
    await write(terminal, checkText(directory, files, check));
  }
  return ok ? exitFine : exitWrong;
}

/** Adds the mistakes in the files of lists and models, where the policies themselves have none. */
function withFiles(check: PolicyCheck, directory: string): PolicyCheck {
  const read = (path: string): Uint8Array | undefined => readBelow(directory, path);
  const lists = [...(check.policies?.lists.values() ?? [])].filter(({ file }) => file !== undefined);
  const problems = [
    ...lists.flatMap((list): Problem[] =>
      checkDeclaredFile(list, read).problems.map((problem) => ({ code: "bad-value", ...problem })),
    ),
    ...[...(check.policies?.models.values() ?? [])].flatMap((model) => modelProblem(model, read)),
  ];
  return problems.length === 0 ? check : { problems, warnings: check.warnings, policies: undefined };
}

function modelProblem(model: ModelDeclaration, read: (path: string) => Uint8Array | undefined): Problem[] {
  const message = model.file === undefined ? undefined : declaredFileFault(model, read(model.file));
  if (message === undefined) return [];
  const [, file = model.place, line = "1"] = /^(.*):(\d+)$/.exec(model.place) ?? [];
  return [{ code: "bad-value", file, line: Number(line), column: 1, message }];
}

/** What a check found, for people. */
export function checkText(directory: string, files: readonly PolicyFile[], check: PolicyCheck): string {
  const { problems, warnings, policies } = check;
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const blocks = [
    ...problems.slice(0, printedMax).map((problem) => problemText(directory, problem, texts)),
    ...warnings.slice(0, printedMax).map((warning) => warningText(directory, warning)),
  ];
  const left = Math.max(0, problems.length - printedMax) + Math.max(0, warnings.length - printedMax);
  if (left > 0) blocks.push(`… and ${left} more; --json lists all of them\n`);
  const rules = policies?.policies.reduce((sum, policy) => sum + policy.rules.length, 0) ?? 0;
  const tests = policies?.policies.reduce((sum, policy) => sum + policy.tests.length, 0) ?? 0;
  const found =
    policies === undefined
      ? counted(problems.length, "mistake")
      : `${counted(rules, "rule")} and ${counted(tests, "test")}, no mistake`;
  const doubts = warnings.length === 0 ? "" : `, ${counted(warnings.length, "warning")}`;
  blocks.push(`${counted(files.length, "file")} in ${directory}: ${found}${doubts}\n`);
  return blocks.join("");
}

function problemText(directory: string, problem: Problem, texts: ReadonlyMap<string, string>): string {
  const { file, line, column, message, hint, code } = problem;
  const text = texts.get(file);
  const head = `${join(directory, file)}:${line}:${column}: ${message} (${code})\n`;
  const remedy = hint === undefined ? "" : `  ${hint}\n`;
  return `${head}${text === undefined ? "" : excerptOf(text, line, column)}${remedy}\n`;
}

function warningText(directory: string, { file, line, message, code }: Warning): string {
  return `${join(directory, file)}:${line}: warning: ${message} (${code})\n`;
}

/** A number with its noun. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
