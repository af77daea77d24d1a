// SPDX-License-Identifier: Apache-2.0
// What else a data directory says of its log: who it is, and the releases that its decisions were made under.
import { hash } from "node:crypto";
import { join } from "node:path";
import type { Verifier } from "@docket/tlog";
import { addToReport } from "@docket/verify";
import type { Check, Fault, LogCheckName, LogReport, SignerReport } from "@docket/verify";
import { policyFileBytesMax, policyFilesMax } from "../../releases/policy-directory.ts";
import type { ListVersion, ModelVersion, ReleaseManifest } from "../../releases/release.ts";
import { readText } from "./directory.ts";
import type { DirectorySource } from "./directory.ts";
import { checkLists } from "./list-checks.ts";
import { checkModels } from "./model-checks.ts";

/** Longest release file that is read, in bytes: every policy file at its longest, each byte of it escaped. */
const releaseBytesMax = policyFilesMax * policyFileBytesMax * 2;
const smallFileBytesMax = 16_384;

/**
 * Checks `site.json`, `log.vkey` and the kept releases against the log's report, and adds what it finds.
 *
 * @param given verifier keys of the log that the reader trusts: they may stand in `log.vkey` too
 */
export async function checkInstallation(
  source: DirectorySource,
  report: LogReport,
  given: readonly Pick<Verifier, "vkey">[] = [],
): Promise<LogReport> {
  const identity = await checkIdentity(source, report, given);
  const releases = await checkReleases(source, report);
  // Without its site.json a log is not known for what it is, and looks wrong all over.
  const site = identity.faults.filter(({ place }) => place === "site.json");
  const rest = identity.faults.filter(({ place }) => place !== "site.json");
  return addToReport(report, [identity.check, releases.check], [...rest, ...releases.faults], site);
}

type Result = { check: Check; faults: Fault[] };

async function checkIdentity(
  source: DirectorySource,
  report: LogReport,
  given: readonly Pick<Verifier, "vkey">[],
): Promise<Result> {
  const faults: Fault[] = [];
  const site = await readText(join(source.directory, "site.json"), smallFileBytesMax, source.files);
  if (site === undefined) {
    if (source.data === undefined)
      return resultOf("identity", faults, null, "the directory has no site.json");
    faults.push(faultOf("identity", "site.json", "it is missing"));
  } else if (report.origin !== null && site !== siteText(report)) {
    faults.push(faultOf("identity", "site.json", `it is not that of the log ${report.origin}`));
  }
  if (source.data !== undefined) {
    const vkey = await readText(join(source.data, "log.vkey"), smallFileBytesMax, source.files);
    if (vkey === undefined) faults.push(faultOf("identity", "log.vkey", "it is missing"));
    else if (report.signer !== null && !holdsKeysOf(vkey, report, report.signer, given)) {
      const whose = report.signer.proven ? "those given" : "those that the records name";
      faults.push(faultOf("identity", "log.vkey", `its keys are not ${whose}`));
    }
  }
  return resultOf("identity", faults, true, "site.json and log.vkey are those of this log");
}

function siteText({ origin, opaque }: LogReport): string {
  return `${JSON.stringify(opaque ? { v: 1, origin, opaque } : { v: 1, origin })}\n`;
}

// The keys in force, one a line; those that they followed may stand there too. Where no record names keys,
// those that signed, and others that the reader knows: a checkpoint need not bear the ML-DSA line.
function holdsKeysOf(
  text: string,
  { keys, retiredKeys }: LogReport,
  signer: SignerReport,
  given: readonly Pick<Verifier, "vkey">[],
): boolean {
  const held = text.split("\n");
  const needed = keys.length === 0 ? signer.vkeys : keys;
  const besides = keys.length === 0 ? given.map(({ vkey }) => vkey) : retiredKeys;
  const known = new Set([...needed, ...besides]);
  if (held.pop() !== "" || new Set(held).size !== held.length) return false;
  return needed.every((key) => held.includes(key)) && held.every((key) => known.has(key));
}

async function checkReleases(source: DirectorySource, report: LogReport): Promise<Result> {
  const faults: Fault[] = [];
  const names = (await source.list?.("releases")) ?? [];
  if (source.data === undefined && names.length === 0) {
    return resultOf("releases", faults, null, "the directory keeps none");
  }
  // By id: the lines of its manifest, and the release whose files it leans on, if it has none of its own.
  const kept = new Map<string, KeptLines>();
  for (const { name, directory } of names) {
    const id = /^([\w-]{43})\.json$/.exec(name)?.[1];
    const place = `releases/${name}`;
    if (name.endsWith(".tmp")) continue;
    if (directory || id === undefined) {
      faults.push(faultOf("releases", place, "no release has this name"));
      continue;
    }
    const text = await readText(join(source.directory, place), releaseBytesMax, source.files);
    const found = text === undefined ? "it cannot be read" : linesOf(id, text);
    kept.set(
      id,
      typeof found === "string" ? { lines: "", filesOf: undefined, lists: [], models: [] } : found,
    );
    if (typeof found === "string") faults.push(faultOf("releases", place, found));
  }
  for (const [id, { lines, filesOf }] of kept) {
    if (filesOf === undefined) continue;
    const other = kept.get(filesOf);
    if (other?.filesOf === undefined && other?.lines === lines) continue;
    const reason = `its files are those of ${filesOf}, which has not the files that its manifest lists`;
    faults.push(faultOf("releases", `releases/${id}.json`, reason));
  }
  for (const { release, index } of report.releases) {
    if (kept.has(release)) continue;
    faults.push(
      faultOf("releases", `releases/${release}.json`, `it is missing, and record ${index} names it`, index),
    );
  }
  const named = [...kept].flatMap(([release, { lists }]) => lists.map((list) => ({ ...list, release })));
  const lists = await checkLists(source, named);
  faults.push(...lists.faults.map(({ place, reason }) => faultOf("releases", place, reason)));
  const namedModels = [...kept].flatMap(([release, { models }]) =>
    models.map((each) => ({ ...each, release })),
  );
  const models = await checkModels(source, namedModels);
  faults.push(...models.faults.map(({ place, reason }) => faultOf("releases", place, reason)));
  const counts: [number, string][] = [
    [lists.versions, "versions of lists"],
    [models.models, "models"],
  ];
  const also = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(" and ");
  const said = `${kept.size}, each of its name; every one that a record names is there`;
  return resultOf("releases", faults, true, also === "" ? said : `${said}, with ${also} by their hashes`);
}

type KeptLines = {
  lines: string;
  filesOf: string | undefined;
  lists: readonly ListVersion[];
  models: readonly ModelVersion[];
};

/** What a kept release's manifest lists, or what is wrong with it. */
function linesOf(id: string, text: string): KeptLines | string {
  try {
    const { manifest, files, filesOf } = JSON.parse(text) as Kept;
    const ordered = files?.map((file) => ({ path: file.path, text: file.text }));
    const again = ordered === undefined ? { manifest, filesOf } : { manifest, files: ordered };
    if (`${JSON.stringify(again)}\n` !== text) return "it is not canonical";
    if (hash("sha256", manifest, "base64url") !== id)
      return "its manifest has another hash than its name says";
    const read = JSON.parse(manifest) as Pick<ReleaseManifest, "files" | "lists" | "models">;
    const lines = read.files;
    const differs =
      files !== undefined &&
      (files.length !== lines.length || files.some((file, place) => !isLine(file, lines[place])));
    if (differs) return "its files are not those that its manifest lists";
    return { lines: JSON.stringify(lines), filesOf, lists: read.lists ?? [], models: read.models ?? [] };
  } catch {
    return "it is not a release";
  }
}

type Kept = { manifest: string; files?: { path: string; text: string }[]; filesOf?: string };

function isLine(
  file: { path: string; text: string },
  line: { path: string; sha256: string } | undefined,
): boolean {
  return file.path === line?.path && hash("sha256", file.text, "base64url") === line.sha256;
}

function resultOf(name: LogCheckName, faults: Fault[], ok: boolean | null, detail: string): Result {
  const [first] = faults;
  if (first === undefined) return { check: { name, ok, detail }, faults };
  return { check: { name, ok: false, detail: `${first.place}: ${first.reason}` }, faults };
}

function faultOf(check: LogCheckName, place: string, reason: string, index: number | null = null): Fault {
  return { check, place, index, offset: null, reason };
}
