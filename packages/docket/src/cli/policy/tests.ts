// SPDX-License-Identifier: Apache-2.0
// `docket policy test`: runs the tests that stand in the policies of a directory.
import { join } from "node:path";
import { clausesOf, createList, runPolicyTests } from "@docket/policy";
import type { FiredRule, ListView, PolicySet, PolicyTestResult, TraceValue } from "@docket/policy";
import { readDeclaredFile } from "../../lists/files.ts";
import { checkPolicies } from "../../releases/policy-check.ts";
import { readPolicyDirectory } from "../../releases/policy-directory.ts";
import { readBelow } from "../../stores/files/read-files.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { checkText, counted } from "./check.ts";
import { policyDirectoryOf } from "./places.ts";
import type { DirectoryOptions } from "./places.ts";

/** Longest value that is shown, in characters. */
const shownValueLengthMax = 60;

/** Runs the tests. @returns the exit code: 1 if one fails, or the policies have a mistake */
export async function runPolicyTest(
  options: DirectoryOptions & { verbose: boolean; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const directory = policyDirectoryOf(options);
  const files = readPolicyDirectory(directory);
  const check = checkPolicies(files, terminal.clock());
  if (check.policies === undefined) {
    if (options.json) {
      const shown = { ok: false, run: 0, failed: 0, problems: check.problems, tests: [] };
      await write(terminal, `${JSON.stringify(shown)}\n`);
    } else terminal.stderr.write(checkText(directory, files, check));
    return exitWrong;
  }
  const results = runPolicyTests(check.policies, { lists: listsOf(check.policies, directory) });
  const failed = results.filter(({ passed }) => !passed);
  if (options.json) {
    const tests = results.map(shownResult);
    const shown = { ok: failed.length === 0, run: results.length, failed: failed.length, tests };
    await write(terminal, `${JSON.stringify(shown)}\n`);
  } else {
    const shown = options.verbose ? results : failed;
    await write(terminal, shown.map((result) => resultText(directory, result, options.verbose)).join(""));
    const without = check.policies.policies.filter(({ tests }) => tests.length === 0).map(({ id }) => id);
    const none = without.length === 0 ? "" : `; without tests: ${without.join(", ")}`;
    const failures = failed.length === 0 ? "all pass" : `${failed.length} fail`;
    const sum = results.length === 0 ? "no tests" : `${counted(results.length, "test")}, ${failures}`;
    await write(terminal, `${directory}: ${sum}${none}\n`);
  }
  return failed.length === 0 ? exitFine : exitWrong;
}

/** The lists that have a file beside the policies, as it is now. */
function listsOf(policies: PolicySet, directory: string): ReadonlyMap<string, ListView> {
  const lists = new Map<string, ListView>();
  for (const list of policies.lists.values()) {
    if (list.file === undefined) continue;
    const entries = readDeclaredFile(list, (path) => readBelow(directory, path));
    lists.set(list.name, createList(list.kind, entries).view);
  }
  return lists;
}

function resultText(directory: string, result: PolicyTestResult, verbose: boolean): string {
  const { policy, name, place, passed, failures, evaluation } = result;
  const lines = [`${passed ? "pass" : "FAIL"}  ${policy}: ${name} (${join(directory, place)})`];
  for (const failure of failures) lines.push(`      ${failure}`);
  if (verbose) {
    lines.push(
      `      outcome ${evaluation.outcome}${evaluation.points === 0 ? "" : `, ${evaluation.points} points`}`,
    );
    for (const rule of evaluation.rules) lines.push(...firedLines(rule));
    for (const rule of evaluation.shadow) lines.push(...firedLines(rule));
  }
  return `${lines.join("\n")}\n`;
}

function firedLines({ rule, outcome, points, held, exemption, trace }: FiredRule): string[] {
  const does = points === 0 ? outcome : `${points} points`;
  const exempt = exemption === undefined ? "" : `, exempt by ${exemption}`;
  const lines = [`      ${rule} fired (${does}${held === undefined ? "" : `, held: ${held}`}${exempt})`];
  for (const { clause, result, values } of clausesOf(trace)) {
    const read = values.map(valueText).join(", ");
    lines.push(`        ${String(result).padEnd(7)} ${clause}${read === "" ? "" : `   with ${read}`}`);
  }
  return lines;
}

function valueText({ path, value }: TraceValue): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return `${path} = ${text.length > shownValueLengthMax ? `${text.slice(0, shownValueLengthMax)}…` : text}`;
}

function shownResult({ policy, name, place, passed, failures, evaluation }: PolicyTestResult): object {
  const { outcome, points, rules, shadow } = evaluation;
  const fired = [...rules, ...shadow].map(({ rule, held, exemption, trace }) => ({
    rule,
    ...(held === undefined ? {} : { held }),
    ...(exemption === undefined ? {} : { exemption }),
    clauses: clausesOf(trace),
  }));
  return { policy, name, place, passed, failures, outcome, points, fired };
}
