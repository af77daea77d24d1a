// SPDX-License-Identifier: Apache-2.0
// The lists of a data directory: every base and change is what its name says, and from every version that a
// release names, changes lead back to a base.
import { join } from "node:path";
import type { ListKind } from "@docket/policy";
import { decodeDelta, decodeSnapshot, emptyVersion, versionOf } from "../../lists/format.ts";
import type { ListVersion } from "../../releases/release.ts";
import { readText } from "./directory.ts";
import type { DirectorySource } from "./directory.ts";

/** Longest file of a list that is read, in bytes. */
const listFileBytesMax = 536_870_912;

/** A version of a list, and the release that names it. */
export type NamedVersion = ListVersion & { readonly release: string };

/** What is wrong with a file of a list. */
export type ListFault = { readonly place: string; readonly reason: string };

/** What a version goes back to: nothing, if it is a base. */
type Step = { readonly previous?: string; readonly base?: string; readonly file?: string };

/** Checks all files of lists, and that every version that a release names is there. */
export async function checkLists(
  source: DirectorySource,
  named: readonly NamedVersion[],
): Promise<{ readonly faults: readonly ListFault[]; readonly versions: number }> {
  const faults: ListFault[] = [];
  // By name and version.
  const steps = new Map<string, Step>();
  const sources: ListFault[] = [];
  for (const { name, directory } of (await source.list?.("lists")) ?? []) {
    const place = `lists/${name}`;
    if (directory) sources.push(...(await readFiles(source, name, steps, faults)));
    else if (!name.endsWith(".tmp")) faults.push({ place, reason: "no list has this name" });
  }
  const checked = new Set<string>();
  for (const version of named) faults.push(...chainFaults(version, steps, checked));
  // What matters more comes first.
  faults.push(...sources);
  const versions = new Set(named.map(({ name, version }) => `${name}\n${version}`));
  return { faults, versions: versions.size };
}

/** Gives back what is wrong with sources, which matters least. */
async function readFiles(
  source: DirectorySource,
  list: string,
  steps: Map<string, Step>,
  faults: ListFault[],
): Promise<ListFault[]> {
  const sources: ListFault[] = [];
  for (const { name } of (await source.list?.(`lists/${list}`)) ?? []) {
    if (name.endsWith(".tmp")) continue;
    const place = `lists/${list}/${name}`;
    const [, kind = "", version = ""] = /^(base|change|snapshot|source)-([\w-]{43})$/.exec(name) ?? [];
    if (kind === "") {
      faults.push({ place, reason: "no file of a list has this name" });
      continue;
    }
    const text = await readText(join(source.directory, place), listFileBytesMax, source.files);
    const step = text === undefined ? "it cannot be read" : stepOf(kind, version, text);
    // Bases come before sources in the order of names.
    const strays = kind === "source" && !steps.has(`${list}\n${text?.slice(0, -1) ?? ""}`);
    if (strays) sources.push({ place, reason: "it does not name a base that is here" });
    else if (typeof step === "string") faults.push({ place, reason: step });
    else if (kind === "base" || kind === "change") steps.set(`${list}\n${version}`, step);
  }
  return sources;
}

function stepOf(kind: string, version: string, text: string): Step | string {
  if (kind === "source") return {};
  const bytes = Buffer.from(text);
  const of = /^\S+ (\S+)\n/.exec(text)?.[1] as ListKind;
  if (kind === "snapshot") {
    return decodeSnapshot(bytes, of, version) === undefined ? "its bytes are not those it was made of" : {};
  }
  if (versionOf(bytes) !== version) return "its bytes have another hash than its name says";
  if (kind === "base") return {};
  return decodeDelta(bytes, of) ?? "it is not a change of a list";
}

/** What is missing on the way from a version back to a base. */
function chainFaults(
  { name, kind, version, release }: NamedVersion,
  steps: ReadonlyMap<string, Step>,
  checked: Set<string>,
): ListFault[] {
  const faults: ListFault[] = [];
  const empty = emptyVersion(kind);
  let wanted = version;
  let why = `the release ${release} names it`;
  const isThere = (each: string): boolean => each === empty || steps.has(`${name}\n${each}`);
  for (let key = `${name}\n${wanted}`; wanted !== empty && !checked.has(key); key = `${name}\n${wanted}`) {
    checked.add(key);
    const step = steps.get(key);
    if (step === undefined) {
      faults.push({ place: `lists/${name}/change-${wanted}`, reason: `it is missing, and ${why}` });
      break;
    }
    why = `the change ${wanted} names it`;
    for (const each of [step.file, step.base]) {
      if (each === undefined || isThere(each)) continue;
      faults.push({ place: `lists/${name}/base-${each}`, reason: `it is missing, and ${why}` });
    }
    if (step.previous === undefined) break;
    wanted = step.previous;
  }
  return faults;
}
