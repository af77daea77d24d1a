// SPDX-License-Identifier: Apache-2.0
// `docket policy diff`: what differs between two policies, rule by rule, or line by line.
import { existsSync, statSync } from "node:fs";
import { loadPolicies, PolicyError } from "@docket/policy";
import type { PolicyFile, PolicySet } from "@docket/policy";
import { DocketError } from "../../error.ts";
import { comparePolicies, restrictsMore } from "../../releases/compare.ts";
import type { ChangedField, PolicyChange } from "../../releases/compare.ts";
import { readPolicyDirectory } from "../../releases/policy-directory.ts";
import { earlierRelease } from "../../releases/rollback.ts";
import { compareFiles } from "../../releases/text-diff.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { counted } from "./check.ts";
import { policyDirectoryOf } from "./places.ts";
import { readPublishedChanges } from "./published-changes.ts";
import { askPolicy } from "./server.ts";
import type { KeptView } from "../../releases/contract.ts";

/** What `docket policy diff` is told: directories, or releases by id, beginning of id, or record. */
export type DiffOptions = {
  a?: string | undefined;
  b?: string | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  text: boolean;
  json: boolean;
};

/** Names the release in force. */
export const inForceName = "in-force";

/** Prints what differs. */
export async function runPolicyDiff(options: DiffOptions, terminal: Terminal): Promise<number> {
  const { a, b } = options;
  const names = b === undefined ? [inForceName, a] : [a, b];
  const [before, after] = await Promise.all(names.map((name) => sideOf(name, options)));
  if (before === undefined || after === undefined) throw new Error("two sides were asked for");
  const files = compareFiles(before.files, after.files);
  if (options.text) {
    await write(terminal, files.map(({ diff }) => diff).join(""));
    return exitFine;
  }
  const changes = comparePolicies(compiled(before), compiled(after));
  if (options.json) {
    const shown = {
      before: before.name,
      after: after.name,
      restrictsMore: restrictsMore(changes),
      changes,
      files: files.map(({ path, change }) => ({ path, change })),
    };
    await write(terminal, `${JSON.stringify(shown)}\n`);
  } else {
    await write(terminal, `${before.name} -> ${after.name}\n${changesText(changes, files.length)}`);
  }
  return exitFine;
}

/** What differs, for people. */
export function changesText(changes: readonly PolicyChange[], files: number): string {
  if (changes.length === 0) {
    return files === 0
      ? "nothing differs\n"
      : `${counted(files, "file")} differ in words, and not in meaning\n`;
  }
  const sum = restrictsMore(changes)
    ? "may restrict somebody who is not restricted now"
    : "restricts nobody who is not restricted now";
  return `${changes.map(changeText).join("")}${counted(changes.length, "change")}: ${sum}\n`;
}

function changeText({ what, policy, id, change, place, fields, restricts }: PolicyChange): string {
  const sign = { added: "+", removed: "-", changed: "~" }[change];
  const name = policy === "" || what === "policy" ? id : `${policy}/${id}`;
  const effect = restricts === "same" ? "" : `, restricts ${restricts}`;
  const where = place === undefined ? "" : `  (${place})`;
  const head = `${sign} ${what} ${name} ${change}${effect}${where}\n`;
  return `${head}${fields.map((field) => fieldText(field, change)).join("")}`;
}

function fieldText({ field, before, after }: ChangedField, change: PolicyChange["change"]): string {
  if (change === "added") return isWorthShowing(after) ? `    ${field}: ${valueText(after)}\n` : "";
  if (change === "removed") return "";
  return `    ${field}: ${valueText(before)} -> ${valueText(after)}\n`;
}

function isWorthShowing(value: unknown): boolean {
  return value !== undefined && value !== false && value !== 0 && JSON.stringify(value) !== "{}";
}

function valueText(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Side = { name: string; files: readonly PolicyFile[] };

async function sideOf(name: string | undefined, options: DiffOptions): Promise<Side> {
  if (name === undefined) {
    const directory = policyDirectoryOf({ data: options.data });
    return { name: directory, files: readPolicyDirectory(directory) };
  }
  if (name !== inForceName && existsSync(name) && statSync(name).isDirectory()) {
    return { name, files: readPolicyDirectory(name) };
  }
  const { id, files } = await keptSide(name === inForceName ? undefined : name, options);
  return { name: `release ${id.slice(0, 12)}${name === inForceName ? " (in force)" : ""}`, files };
}

async function keptSide(
  name: string | undefined,
  { data, url, apiKey }: DiffOptions,
): Promise<{ id: string; files: readonly PolicyFile[] }> {
  if (url !== undefined) {
    const path = `/releases/${encodeURIComponent(name ?? inForceName)}`;
    return askPolicy<KeptView>({ url, apiKey }, path);
  }
  const { state, kept } = await readPublishedChanges(data);
  if (name !== undefined) return kept(earlierRelease(state, name));
  if (state.inForce !== undefined) return kept(state.inForce.release);
  throw new DocketError("not_found", `no release is in force in ${data} yet; docket serve seals the first`);
}

function compiled({ name, files }: Side): PolicySet {
  try {
    return loadPolicies(files);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new DocketError("policy_invalid", `${name}:\n${error.message}`, { cause: error });
  }
}
