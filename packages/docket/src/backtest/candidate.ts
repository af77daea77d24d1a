// SPDX-License-Identifier: Apache-2.0
// The candidate of a backtest: policies and lists, in a form that threads can be given. Lists that a policy
// directory has in files are kept nowhere yet, so their bases travel along.
import type { KeyObject } from "node:crypto";
import type { ListView, PolicyFile } from "@docket/policy";
import { keyedHash } from "../evidence/keys.ts";
import type { ListFileReader } from "../lists/files.ts";
import { loadVersion } from "../lists/history.ts";
import { SiteLists } from "../lists/site-lists.ts";
import { openListStore } from "../lists/store.ts";
import type { ListFileKind, ListStore } from "../lists/store.ts";
import type { LogDisk } from "../log/disk.ts";
import type { LogPaths } from "../log/paths.ts";
import { generalModel } from "../models/general.ts";
import { modelId } from "../models/model-file.ts";
import { SiteModels } from "../models/site-models.ts";
import { readKeptModel } from "../models/store.ts";
import {
  keptModelsInFiles,
  keptReleasePath,
  listsOf,
  loadKept,
  readKeptRelease,
  releaseOf,
} from "../releases/release.ts";
import type { KeptRelease, Release } from "../releases/release.ts";

/** A candidate as threads are given it. */
export type PlainCandidate = {
  readonly manifest: string;
  readonly id: string;
  readonly files: readonly PolicyFile[];
  /** Files of lists that aren't kept, by list, kind and version. */
  readonly listFiles: ReadonlyMap<string, Uint8Array>;
  /** Models that aren't kept, by their hash. */
  readonly modelFiles: ReadonlyMap<string, Uint8Array>;
};

/** Where candidates are loaded. */
export type CandidatePorts = {
  readonly disk: LogDisk;
  readonly paths: Pick<LogPaths, "site" | "releases">;
  readonly hashing: KeyObject;
};

/** Bytes of the keyed hash that stands for an account in a list of actors, and of that of a list's entry. */
const actorHashBytes = 16;
const entryHashBytes = 8;

/**
 * A candidate of policy files: its lists are those in force, or new from files beside the policy, as a
 * proposal would have them.
 *
 * @param file gives the files beside the policy
 * @param inForce the release in force, whose lists and models it goes on from
 * @throws {DocketError} `policy_invalid`; `directory_damaged` if a list can't be made
 */
export function candidateOfFiles(
  ports: CandidatePorts,
  files: readonly PolicyFile[],
  file: ListFileReader,
  inForce: Pick<KeptRelease, "manifest" | "files"> | undefined,
): { release: Release; plain: PlainCandidate } {
  const listFiles = new Map<string, Uint8Array>();
  const lists = new SiteLists(
    { store: readingStore(ports, listFiles), files: file, hashActor: actorHash(ports.hashing) },
    inForce?.manifest.lists,
  );
  const modelFiles = new Map<string, Uint8Array>();
  const models = modelsWith(ports, modelFiles, file);
  if (inForce !== undefined) models.adopted(inForce.manifest.models ?? [], keptModelsInFiles(inForce));
  const release = releaseOf(
    files,
    (declared) => lists.current(declared),
    (declared) => models.current(declared),
  );
  return { release, plain: plainOf(release, listFiles, modelFiles) };
}

/**
 * A candidate that is a kept release, with its lists as they were.
 *
 * @throws {DocketError} `not_found`, `directory_damaged`, `policy_invalid`
 */
export function keptCandidate(
  ports: CandidatePorts,
  id: string,
): { release: Release; plain: PlainCandidate } {
  const kept = readKeptRelease((each) => ports.disk.readFile(keptReleasePath(ports.paths, each)), id);
  const plain = plainOf({ manifest: kept.text, id, files: kept.files });
  return { release: loadCandidate(ports, plain), plain };
}

/** A release that is loaded already: all of its lists and models are kept, or go along. */
export function plainOf(
  { manifest, id, files }: Pick<Release, "manifest" | "id" | "files">,
  listFiles: ReadonlyMap<string, Uint8Array> = new Map(),
  modelFiles: ReadonlyMap<string, Uint8Array> = new Map(),
): PlainCandidate {
  return { manifest, id, files, listFiles, modelFiles };
}

/** Loads what {@link plainOf} gave, in another thread. */
export function loadCandidate(ports: CandidatePorts, plain: PlainCandidate): Release {
  const store = readingStore(ports, new Map(plain.listFiles));
  const kept: KeptRelease = {
    id: plain.id,
    text: plain.manifest,
    manifest: JSON.parse(plain.manifest) as KeptRelease["manifest"],
    files: plain.files,
  };
  const models = modelsWith(ports, new Map(plain.modelFiles), () => undefined);
  const views = (): ReadonlyMap<string, ListView> =>
    new Map(
      listsOf(plain).map(({ name, kind, version }) => {
        const { list } = loadVersion(name, kind, version, { store, hashActor: actorHash(ports.hashing) });
        return [name, list.view] as const;
      }),
    );
  return loadKept(kept, views, (versions) => models.at(versions).models);
}

/** A file of a list that isn't kept, as {@link PlainCandidate.listFiles} has it. */
export function listFile(
  list: string,
  kind: ListFileKind,
  version: string,
  bytes: Uint8Array,
): readonly [string, Uint8Array] {
  return [listFileKey(list, kind, version), bytes];
}

function listFileKey(list: string, kind: ListFileKind, version: string): string {
  return `${list}\n${kind}\n${version}`;
}

/** The keyed hash of a list's entry, as facts have it. */
export function entryHashOf(hashing: KeyObject): (list: string, entry: string) => string {
  return (list, entry) =>
    keyedHash(hashing, "list entry", `${list}\n${entry}`).subarray(0, entryHashBytes).toString("base64url");
}

function actorHash(hashing: KeyObject): (accountId: string) => string {
  return (accountId) =>
    keyedHash(hashing, "list actor", accountId).subarray(0, actorHashBytes).toString("base64url");
}

function modelsWith(
  { disk, paths }: CandidatePorts,
  made: Map<string, Uint8Array>,
  files: ListFileReader,
): SiteModels {
  return new SiteModels({
    read: (id) => made.get(id) ?? readKeptModel(disk, paths, id),
    keep: (bytes) => void made.set(modelId(bytes), bytes),
    files,
    general: generalModel,
  });
}

// Nothing is written: what would be kept stays in memory.
function readingStore({ disk, paths }: CandidatePorts, made: Map<string, Uint8Array>): ListStore {
  const refuse = (): never => {
    throw new Error("a backtest writes nothing");
  };
  const store = openListStore(disk, paths, async () => refuse());
  return {
    path: (list, kind, version) => store.path(list, kind, version),
    read: (list, kind, version) =>
      made.get(listFileKey(list, kind, version)) ?? store.read(list, kind, version),
    keep: async () => refuse(),
    keepNow: (list, kind, version, bytes) => void made.set(listFileKey(list, kind, version), bytes),
    versions: (list, kind) => store.versions(list, kind),
    remove: refuse,
  };
}
