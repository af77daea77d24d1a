// SPDX-License-Identifier: Apache-2.0
// A release: what decisions are made under, named by the hash of its manifest. Releases are kept by that
// hash, so that a decision can be made again years later.
import { hash } from "node:crypto";
import { join } from "node:path";
import { languageVersion, loadPolicies, PolicyError, signalsVersion, unicodeVersion } from "@docket/policy";
import type {
  ListDeclaration,
  ListKind,
  ListView,
  Model,
  ModelDeclaration,
  ModelKind,
  PolicyFile,
  PolicySet,
} from "@docket/policy";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import type { LogPaths } from "../log/paths.ts";

/** Most bytes of a kept release: what its policy files may come to, and their JSON around them. */
export const keptReleaseBytesMax = 67_108_864;

/** A version of a list, as a manifest names it: the hash that the version's contents chain to. */
export type ListVersion = { readonly name: string; readonly kind: ListKind; readonly version: string };

/** A model, as a manifest names it: by the SHA-256 of its file. */
export type ModelVersion = { readonly name: string; readonly kind: ModelKind; readonly sha256: string };

/**
 * What a release's hash is the SHA-256 of, as JSON on one line. Files are listed by path, lists and models by
 * name. Manifests of releases made before November 2026 have neither `unicode` nor `lists` nor `models`.
 */
export type ReleaseManifest = {
  format: "docket-release/v1";
  language: string;
  signals: string;
  unicode?: string;
  files: { path: string; sha256: string }[];
  lists?: ListVersion[];
  models?: ModelVersion[];
};

/** The lists of a release: their versions, and what conditions ask of those. */
export type ReleaseLists = {
  readonly versions: readonly ListVersion[];
  readonly views: ReadonlyMap<string, ListView>;
};

/** Gives the lists that policies declare, in the versions that are wished. */
export type ListSource = (declared: ReadonlyMap<string, ListDeclaration>) => ReleaseLists;

/** The models of a release: their versions, and what scores with them. */
export type ReleaseModels = {
  readonly versions: readonly ModelVersion[];
  readonly models: ReadonlyMap<string, Model>;
};

/** Gives the models that policies declare. */
export type ModelSource = (declared: ReadonlyMap<string, ModelDeclaration>) => ReleaseModels;

/** A release, loaded. */
export type Release = {
  id: string;
  manifest: string;
  files: readonly PolicyFile[];
  policies: PolicySet;
  lists: ReadonlyMap<string, ListView>;
  models: ReadonlyMap<string, Model>;
};

/** No lists at all: what policies declare is missing to their rules. */
export const noLists: ReleaseLists = { versions: [], views: new Map() };
/** No models at all: what policies declare is missing to their rules. */
export const noModels: ReleaseModels = { versions: [], models: new Map() };

/**
 * Makes a release of policy files.
 *
 * @param lists gives the lists that the policies declare; none by default
 * @param models likewise
 * @throws {DocketError} `policy_invalid` naming every mistake with file, line and column
 */
export function releaseOf(
  files: readonly PolicyFile[],
  lists: ListSource = () => noLists,
  models: ModelSource = () => noModels,
): Release {
  const policies = compile(files);
  const { versions, views } = lists(policies.lists);
  const scored = models(policies.models);
  const manifest: ReleaseManifest = {
    format: "docket-release/v1",
    language: languageVersion,
    signals: signalsVersion,
    unicode: unicodeVersion,
    files: files.map(({ path, text }) => ({ path, sha256: hash("sha256", text, "base64url") })),
    lists: listVersions(versions),
    models: modelVersions(scored.versions),
  };
  const text = JSON.stringify(manifest);
  const id = hash("sha256", text, "base64url");
  return { id, manifest: text, files, policies, lists: views, models: scored.models };
}

/**
 * The same policies with other versions of their lists: nothing is compiled again, and the manifest is made
 * from what it was.
 */
export function withLists(release: Release, { versions, views }: ReleaseLists): Release {
  return { ...release, ...remade(release, { lists: listVersions(versions) }), lists: views };
}

/** The same policies with other versions of their models. */
export function withModels(release: Release, { versions, models }: ReleaseModels): Release {
  return { ...release, ...remade(release, { models: modelVersions(versions) }), models };
}

function remade(
  release: Release,
  other: Pick<ReleaseManifest, "lists" | "models">,
): Pick<Release, "id" | "manifest"> {
  const { format, language, signals, unicode, files, lists, models } = JSON.parse(
    release.manifest,
  ) as ReleaseManifest;
  const kept = { lists: lists ?? [], models: models ?? [], ...other };
  const manifest = JSON.stringify({ format, language, signals, unicode, files, ...kept });
  return { id: hash("sha256", manifest, "base64url"), manifest };
}

// Keys in their order, whatever else the versions hold.
function listVersions(versions: readonly ListVersion[]): ListVersion[] {
  return versions.map(({ name, kind, version }) => ({ name, kind, version })).sort(byName);
}

function modelVersions(versions: readonly ModelVersion[]): ModelVersion[] {
  return versions.map(({ name, kind, sha256 }) => ({ name, kind, sha256 })).sort(byName);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** The versions of lists that a release names. */
export function listsOf({ manifest }: Pick<Release, "manifest">): readonly ListVersion[] {
  return (JSON.parse(manifest) as ReleaseManifest).lists ?? [];
}

/** The models that a release names. */
export function modelsOf({ manifest }: Pick<Release, "manifest">): readonly ModelVersion[] {
  return (JSON.parse(manifest) as ReleaseManifest).models ?? [];
}

/** Names of the models that policies have in files. */
export function modelsInFiles({ policies }: Pick<Release, "policies">): ReadonlySet<string> {
  const inFiles = [...policies.models.values()].filter(({ file }) => file !== undefined);
  return new Set(inFiles.map(({ name }) => name));
}

/** The same of a kept release; of one whose files this version doesn't take any more, all of its models. */
export function keptModelsInFiles({
  files,
  manifest,
}: Pick<KeptRelease, "files" | "manifest">): ReadonlySet<string> {
  if ((manifest.models ?? []).length === 0) return new Set();
  try {
    return modelsInFiles({ policies: loadPolicies(files) });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return new Set((manifest.models ?? []).map(({ name }) => name));
  }
}

/** Where a release is kept. */
export function keptReleasePath(paths: Pick<LogPaths, "releases">, id: string): string {
  return join(paths.releases, `${id}.json`);
}

/**
 * What a kept release's file holds.
 *
 * @param filesOf a kept release with the same policy files: they are not written a second time. A list may
 *   change a thousand times a day, and the policy with it does not.
 */
export function encodeKeptRelease(
  { manifest, files }: Pick<Release, "manifest" | "files">,
  filesOf?: string,
): Buffer {
  const kept = filesOf === undefined ? { manifest, files } : { manifest, filesOf };
  return Buffer.from(`${JSON.stringify(kept)}\n`);
}

/** Keeps a release under its hash, durably. A release that is kept already is left alone. */
export function keepRelease(disk: LogDisk, paths: LogPaths, release: Release): void {
  const path = keptReleasePath(paths, release.id);
  if (disk.readFile(path) !== undefined) return;
  disk.makeDirectory(paths.releases);
  disk.replaceFile(path, encodeKeptRelease(release), true);
}

/** A kept release as its file has it, with every hash checked. */
export type KeptRelease = {
  id: string;
  text: string;
  manifest: ReleaseManifest;
  files: readonly PolicyFile[];
};

/**
 * Reads a kept release without compiling it, and checks that the manifest is the one that the id names and
 * the files are those that the manifest names.
 *
 * @param read gives the content of `releases/ID.json`, or `undefined` if there is none
 * @throws {DocketError} `not_found` if it isn't kept, `directory_damaged` if any byte was changed, saying
 *   what was expected
 */
export function readKeptRelease(read: (id: string) => Uint8Array | undefined, id: string): KeptRelease {
  const found = openKept(read(id), id);
  return completeKept(found, found.filesOf === undefined ? undefined : read(found.filesOf));
}

/** {@link readKeptRelease} where files are read asynchronously. */
export async function readKeptReleaseLater(
  read: (id: string) => Promise<Uint8Array | undefined>,
  id: string,
): Promise<KeptRelease> {
  const found = openKept(await read(id), id);
  return completeKept(found, found.filesOf === undefined ? undefined : await read(found.filesOf));
}

/** Gives the views of the versions that a manifest names. */
export type ViewSource = (versions: readonly ListVersion[]) => ReadonlyMap<string, ListView>;
/** Likewise of models. */
export type KeptModelSource = (versions: readonly ModelVersion[]) => ReadonlyMap<string, Model>;

/**
 * Loads a release that was kept, to decide under it again.
 *
 * @param views gives the versions of lists that its manifest names; without it they are missing
 * @param models likewise
 * @throws {DocketError} as {@link readKeptRelease}; `policy_invalid` if this version of Docket doesn't take
 *   its files any more
 */
export function keptRelease(
  disk: Pick<LogDisk, "readFile">,
  paths: Pick<LogPaths, "releases">,
  id: string,
  views: ViewSource = () => new Map(),
  models: KeptModelSource = () => new Map(),
): Release {
  return loadKept(
    readKeptRelease((each) => disk.readFile(keptReleasePath(paths, each)), id),
    views,
    models,
  );
}

/**
 * Makes a kept release ready to decide under.
 *
 * @throws {DocketError} `policy_invalid`
 */
export function loadKept(
  kept: KeptRelease,
  views: ViewSource = () => new Map(),
  models: KeptModelSource = () => new Map(),
): Release {
  const { id, text, manifest, files } = kept;
  const policies = compile(files);
  const lists = views(manifest.lists ?? []);
  return { id, manifest: text, files, policies, lists, models: models(manifest.models ?? []) };
}

/**
 * Whether this program decides under such a manifest as the one did that made it: the same language, signals
 * and tables of Unicode.
 */
export function isOfThisVersion(manifest: ReleaseManifest): boolean {
  const { language, signals, unicode } = manifest;
  return language === languageVersion && signals === signalsVersion && unicode === unicodeVersion;
}

/** Names the policy files of a release alone, whatever the versions of lists: equal files, equal names. */
export function filesIdOf(manifest: Pick<ReleaseManifest, "files">): string {
  return hash(
    "sha256",
    JSON.stringify(manifest.files.map(({ path, sha256 }) => [path, sha256])),
    "base64url",
  );
}

/** {@link filesIdOf} of files that are in no release yet. */
export function filesIdOfTexts(files: readonly PolicyFile[]): string {
  return filesIdOf({
    files: files.map(({ path, text }) => ({ path, sha256: hash("sha256", text, "base64url") })),
  });
}

function compile(files: readonly PolicyFile[]): PolicySet {
  try {
    return loadPolicies(files);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new DocketError("policy_invalid", error.message, { cause: error });
  }
}

type Opened = {
  id: string;
  text: string;
  manifest: ReleaseManifest;
  files: PolicyFile[] | undefined;
  filesOf: string | undefined;
};

function openKept(bytes: Uint8Array | undefined, id: string): Opened {
  if (bytes === undefined) {
    throw new DocketError("not_found", `the release ${id} is not kept here (releases/${id}.json)`);
  }
  const { manifest: text, files, filesOf } = parseKept(bytes, id);
  const found = hash("sha256", text, "base64url");
  if (found !== id) throw damaged(id, `its manifest has the hash ${found}, expected ${id}`);
  return { id, text, manifest: JSON.parse(text) as ReleaseManifest, files, filesOf };
}

function completeKept(opened: Opened, other: Uint8Array | undefined): KeptRelease {
  const { id, text, manifest, filesOf } = opened;
  let { files } = opened;
  if (files === undefined) {
    if (other === undefined) throw damaged(id, `its files are those of ${filesOf}, which is not kept`);
    ({ files } = openKept(other, filesOf as string));
    if (files === undefined)
      throw damaged(id, `its files are those of ${filesOf}, which has none of its own`);
  }
  if (manifest.files.length !== files.length) {
    throw damaged(id, `it holds ${files.length} files, and its manifest names ${manifest.files.length}`);
  }
  for (const [place, { path, sha256 }] of manifest.files.entries()) {
    const file = files[place] as PolicyFile;
    if (file.path !== path) throw damaged(id, `it holds ${file.path} where ${path} is expected`);
    const actual = hash("sha256", file.text, "base64url");
    if (actual !== sha256) throw damaged(id, `${path} has the hash ${actual}, expected ${sha256}`);
  }
  return { id, text, manifest, files };
}

function damaged(id: string, why: string): DocketError {
  return new DocketError("directory_damaged", `releases/${id}.json is not what was kept: ${why}`);
}

function parseKept(
  bytes: Uint8Array,
  id: string,
): { manifest: string; files: PolicyFile[] | undefined; filesOf: string | undefined } {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw damaged(id, "it is not JSON");
  }
  const { manifest, files, filesOf } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof manifest === "string" && typeof filesOf === "string")
    return { manifest, files: undefined, filesOf };
  const whole =
    typeof manifest === "string" &&
    Array.isArray(files) &&
    files.every(
      (file: unknown) =>
        typeof (file as PolicyFile | null)?.path === "string" &&
        typeof (file as PolicyFile | null)?.text === "string",
    );
  if (!whole) throw damaged(id, "it has no manifest, or no files");
  return { manifest, files: files as PolicyFile[], filesOf: undefined };
}
