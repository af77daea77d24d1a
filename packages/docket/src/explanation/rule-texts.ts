// SPDX-License-Identifier: Apache-2.0
// Rules as the release that decided has them: who judges a dispute reads the words that were in force then.
import { join } from "node:path";
import type { PolicyFile } from "@docket/policy";
import { filesOwner } from "@docket/verify/replay";
import type { LogPaths } from "../log/paths.ts";
import type { ReadKept, ReleaseShelf } from "./explain-record.ts";

/** A rule with its text; `place` is `file:line`. */
export type RuleText = { policy: string; rule: string; place: string; text: string };

/** Longest text of a rule that is given, in lines. */
const linesMax = 200;

/**
 * Rules of a kept release, as `policy/rule`; those that it doesn't have are left out.
 *
 * @param shelf opens the release, and so holds every byte of it against its hash
 * @throws {DocketError} `not_found`, `directory_damaged` if the release cannot be read
 */
export async function ruleTexts(
  { shelf, read, paths }: { shelf: ReleaseShelf; read: ReadKept; paths: Pick<LogPaths, "releases"> },
  release: string,
  names: readonly string[],
): Promise<RuleText[]> {
  const { policies } = await shelf(release);
  const files = await filesOf(read, paths, release);
  const found: RuleText[] = [];
  for (const { id: policy, rules } of policies.policies) {
    for (const { id: rule, place } of rules) {
      if (!names.includes(`${policy}/${rule}`)) continue;
      const [, path, line] = /^(.*):(\d+)$/.exec(place) ?? [];
      const file = files.find((each) => each.path === path);
      if (file !== undefined) found.push({ policy, rule, place, text: cutItem(file.text, Number(line)) });
    }
  }
  return found;
}

/** The item of a YAML list that begins on a line (from 1 on): up to what is indented no further than it. */
export function cutItem(text: string, line: number): string {
  const lines = text.split("\n").slice(line - 1, line - 1 + linesMax);
  const [first = ""] = lines;
  const depth = indentation(first);
  const end = lines.findIndex((each, place) => {
    return place > 0 && each.trim() !== "" && indentation(each) <= depth;
  });
  return lines
    .slice(0, end === -1 ? undefined : end)
    .map((each) => each.slice(Math.min(depth, indentation(each))))
    .join("\n")
    .trimEnd();
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

async function filesOf(
  read: ReadKept,
  paths: Pick<LogPaths, "releases">,
  release: string,
): Promise<readonly PolicyFile[]> {
  const kept = await textOf(read, paths, release);
  const owner = filesOwner(kept);
  const holder = owner === undefined ? kept : await textOf(read, paths, owner);
  return (JSON.parse(holder) as { files: readonly PolicyFile[] }).files;
}

async function textOf(read: ReadKept, paths: Pick<LogPaths, "releases">, id: string): Promise<string> {
  const bytes = await read(join(paths.releases, `${id}.json`));
  // The shelf has opened it a moment ago.
  if (bytes === undefined) throw new Error(`the release ${id} went away while it was read`);
  return Buffer.from(bytes).toString("utf8");
}
