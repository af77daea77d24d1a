// SPDX-License-Identifier: Apache-2.0
// Opens a site: log, look-ups, release, memory; and what people do with it: changes of the policy, of lists,
// and brakes.
import type { PolicyFile, Standing } from "@docket/policy";
import { parseLeaf } from "@docket/protocol";
import type { Succession } from "@docket/protocol";
import type { SnapshotStore } from "../counters/snapshot.ts";
import { keyedHash, signerKeysOf, verifierKeyOf } from "../evidence/keys.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import type { ListFileReader } from "../lists/files.ts";
import { LabelDesk } from "../labels/label-desk.ts";
import { ListChanges } from "../lists/list-changes.ts";
import { listRestrictsMore } from "../lists/restricts-more.ts";
import { SiteLists } from "../lists/site-lists.ts";
import { openListStore } from "../lists/store.ts";
import type { LogDisk } from "../log/disk.ts";
import { Log } from "../log/log.ts";
import type { Lookups } from "../lookups/contract.ts";
import { damaged } from "../log/materialised.ts";
import { generalModel } from "../models/general.ts";
import type { Models } from "../models/contract.ts";
import { ModelDesk } from "../models/model-desk.ts";
import { SiteModels } from "../models/site-models.ts";
import { keepModelNow, readKeptModel } from "../models/store.ts";
import type { PrimacyStart } from "../log/newest-state.ts";
import type { LogPaths } from "../log/paths.ts";
import { LogReader } from "../log/reader.ts";
import { changeKinds, emptyChangeState, isChangeRecord, takeRecord } from "../releases/change-state.ts";
import type { ChangeState } from "../releases/change-state.ts";
import type { OpeningRelease } from "../releases/opening-release.ts";
import { chooseOpeningRelease } from "../releases/opening-release.ts";
import { PolicyChanges } from "../releases/policy-changes.ts";
import {
  keepRelease,
  keptReleasePath,
  listsOf,
  modelsInFiles,
  modelsOf,
  readKeptRelease,
} from "../releases/release.ts";
import { runReleaseTests } from "../releases/review.ts";
import type { ChangePart, Previewer } from "../releases/review.ts";
import { BrakeDesk } from "../rollout/brake-desk.ts";
import type { EntryHash } from "../rollout/held-entries.ts";
import type { RuleModes } from "../rollout/rule-modes.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { openCounters } from "./open-counters.ts";
import type { OpenedCounters } from "./open-counters.ts";
import { Engine } from "./engine.ts";
import { brakeNotice, openModes, originOf, watchListChange } from "./open-modes.ts";
import { rebuild } from "./rebuild.ts";
import type { RebuildProgress } from "./rebuild.ts";
import { DocketSite } from "./site.ts";

const restrictionIdBytes = 12;
/** Bytes of the keyed hash of a list's entry, and of an account in a list of actors. */
const entryHashBytes = 8;
const actorHashBytes = 16;

/** What a site is opened with. */
export type OpenSiteOptions = {
  paths: LogPaths;
  origin: string;
  keys: SiteKeys;
  index: SiteIndex;
  /** For what is done before the site answers; what is done later doesn't block. */
  disk: LogDisk;
  /** Puts a file in place durably, without blocking the thread. */
  replaceLater: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Reads a file without blocking the thread; `undefined` if there is none. */
  readLater: (path: string) => Promise<Uint8Array | undefined>;
  diskModule: string;
  /** Holds the snapshot of the counters at a path. */
  snapshotAt: (path: string) => SnapshotStore;
  /** The files of the policy directory; throws if there are none or they cannot be read. */
  policyFiles: () => readonly PolicyFile[];
  /** Whether they are taken where they were edited and the level allows it (default: true). */
  takesEdits?: boolean | undefined;
  /** Files beside them, which lists and models are read from. */
  listFile: ListFileReader;
  /** Verifier keys that signed this log before a change of keys. */
  formerKeys?: readonly string[] | undefined;
  /** Proof that this process may sign (succession/). */
  primacy?: PrimacyStart | undefined;
  /** The log that a new one goes on from; its record 0 says so. */
  succeeds?: Succession | undefined;
  version: string;
  clock: () => number;
  random: (length: number) => Buffer;
  /** Calls back once after that many ms; gives what takes the call back. */
  timer: (ms: number, run: () => void) => () => void;
  /** Asks lists in the DNS; without it what is read of them is missing. */
  lookups?: Lookups | undefined;
  /** Told how far the rebuild of memory from the log is. */
  onProgress?: RebuildProgress;
  /** Told what the operator should know: a sentence. */
  onNotice?: (notice: string) => void;
  /** Makes what previews candidates on recent records; without it proposals are made without a preview. */
  previewer?: (site: PreviewedSite) => Previewer;
};

/** What a preview is made of. */
export type PreviewedSite = Pick<OpenSiteOptions, "paths" | "origin" | "keys"> &
  Pick<SiteIndex, "firstRecordSince" | "latestDecidedMs"> & {
    /** Records that are published. */
    readonly publishedSize: () => number;
  };

/** A site that is open, and what people do with it. */
export type OpenedSite = {
  site: DocketSite;
  changes: PolicyChanges;
  lists: ListChanges;
  models: Models;
  brakes: BrakeDesk;
  labels: LabelDesk;
};

/**
 * Opens a site.
 *
 * @throws {DocketError} `directory_damaged` with the place; `policy_invalid` or `usage` where the policy
 *   directory is to be taken and can't be
 */
export async function openSite(options: OpenSiteOptions): Promise<OpenedSite> {
  const { paths, origin, keys } = options;
  const log = await Log.open({
    paths,
    origin,
    signerKeys: signerKeysOf(keys),
    diskModule: options.diskModule,
    formerKeys: options.formerKeys,
    primacy: options.primacy,
  });
  try {
    return await openOnLog(options, log);
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function openOnLog(options: OpenSiteOptions, log: Log): Promise<OpenedSite> {
  const { paths, keys, index } = options;
  // The journal's entries first: records that name these actors are about to be read.
  await index.restoreActors(log.opening.actors);
  const { size } = log.opening;
  const viewsSize = await checkedViewsSize(index, size);
  await log.published(size, true);
  const reader = new LogReader(paths);
  const state = await changeStateOf(index, reader, viewsSize, size);
  const hash = (purpose: string, value: string): Buffer => keyedHash(keys.hashing, purpose, value);
  const lists = openLists(options, hash);
  const models = openModels(options);
  const opening = openingRelease(options, state, { ...lists, models });
  const { release } = opening;
  // Before there is a site no actor is made.
  const made: { site: DocketSite | undefined } = { site: undefined };
  const madeKey = (pseudonym: string): Uint8Array | undefined => made.site?.madeKey(pseudonym);
  const opened = await openCounters({ ...options, log, reader, release, madeKey });
  const memory = await rebuildMemory(options, reader, opened, viewsSize, size);
  const keeper = await opened.keep();
  const entryHash = (list: string, entry: string): string =>
    hash("list entry", `${list}\n${entry}`).subarray(0, entryHashBytes).toString("base64url");
  const warming = (): ReadonlySet<string> => keeper.waiting;
  const modes = await openModes({
    ...options,
    reader,
    size,
    state,
    release,
    hash,
    entryHash,
    warming,
    body: opening.body,
  });
  const engine = new Engine(release, memory, {
    hashing: keys.hashing,
    effects: modes,
    entryHash,
    newRestrictionId: () => `r_${options.random(restrictionIdBytes).toString("base64url")}`,
  });
  const site = new DocketSite(
    {
      ...options,
      log,
      reader,
      engine,
      keeper,
      modes,
      originOf: (body) => originOf(body, state),
      openingRelease: opening.body,
      onDecided: () => desks.brakes.sealTrips(),
      onOwnRecord: ({ kind, leaf }) => {
        const record = changeKinds.has(kind) ? parseLeaf(leaf) : undefined;
        if (record !== undefined && isChangeRecord(record)) takeRecord(state, record);
      },
    },
    verifierKeyOf(keys.signerKey),
  );
  made.site = site;
  const desks = openDesks(options, site, { state, lists, models, modes, entryHash });
  if (opening.notice !== undefined) options.onNotice?.(opening.notice);
  return { site, ...desks };
}

/** @throws {DocketError} `directory_damaged` if the views know of more records than there are */
async function checkedViewsSize(index: SiteIndex, size: number): Promise<number> {
  const { size: viewsSize } = await index.state();
  if (viewsSize <= size) return viewsSize;
  // Views take in only what is durable, so records are gone, or the log was put back without its views.
  throw damaged(
    `views.sqlite knows of ${viewsSize} records and the log holds ${size}; ` +
      "if an older log was put back on purpose, remove views.sqlite and it is made again",
  );
}

async function changeStateOf(
  index: SiteIndex,
  reader: LogReader,
  viewsSize: number,
  size: number,
): Promise<ChangeState> {
  const state = emptyChangeState();
  const leaves = await index.keptRecords([...changeKinds]);
  for (let at = viewsSize; at < size; at++) leaves.push((await reader.record(at, size)).leaf);
  for (const leaf of leaves) {
    const record = parseLeaf(leaf);
    if (isChangeRecord(record)) takeRecord(state, record);
  }
  return state;
}

function openLists(
  { disk, paths, replaceLater, listFile }: OpenSiteOptions,
  hash: (purpose: string, value: string) => Buffer,
): { store: ReturnType<typeof openListStore>; lists: SiteLists } {
  const store = openListStore(disk, paths, replaceLater);
  const hashActor = (accountId: string): string =>
    hash("list actor", accountId).subarray(0, actorHashBytes).toString("base64url");
  return { store, lists: new SiteLists({ store, files: listFile, hashActor }) };
}

function openModels({ disk, paths, listFile }: OpenSiteOptions): SiteModels {
  return new SiteModels({
    read: (id) => readKeptModel(disk, paths, id),
    keep: (bytes) => keepModelNow(disk, paths, bytes),
    files: listFile,
    general: generalModel,
  });
}

function openingRelease(
  { disk, paths, policyFiles, takesEdits = true, clock }: OpenSiteOptions,
  state: ChangeState,
  { lists, models }: { lists: SiteLists; models: SiteModels },
): OpeningRelease {
  const opening = chooseOpeningRelease({
    state,
    directory: policyFiles,
    takesEdits,
    kept: (id) => readKeptRelease((each) => disk.readFile(keptReleasePath(paths, each)), id),
    lists,
    models,
    nowMs: clock(),
  });
  keepRelease(disk, paths, opening.release);
  lists.adopted(listsOf(opening.release));
  models.adopted(modelsOf(opening.release), modelsInFiles(opening.release));
  return opening;
}

async function rebuildMemory(
  { index, keys, origin, onProgress }: OpenSiteOptions,
  reader: LogReader,
  { memory, history, from }: OpenedCounters,
  viewsSize: number,
  size: number,
): Promise<Engine["memory"]> {
  const standings = new Map<string, Standing>();
  for (const { actor, state: standing } of (await index.state()).standings) {
    standings.set(actor, JSON.parse(standing) as Standing);
  }
  const ports = { reader, index, memory, history, standings, siteKey: keys.site, origin };
  await rebuild(ports, from, viewsSize, size, onProgress);
  return { ...memory, standings };
}

type DesksOf = {
  state: ChangeState;
  lists: ReturnType<typeof openLists>;
  models: SiteModels;
  modes: RuleModes;
  entryHash: EntryHash;
};
type ListChangesOf = DesksOf & {
  changes: PolicyChanges;
  records: (kinds: readonly string[]) => Promise<string[]>;
  onFault: (error: unknown) => void;
};

function openDesks(
  options: OpenSiteOptions,
  site: DocketSite,
  { state, lists, models, modes, entryHash }: DesksOf,
): Omit<OpenedSite, "site"> {
  const { paths, index, keys, clock, timer, readLater, replaceLater } = options;
  // Who asks after a change must find it.
  const records = async (kinds: readonly string[]): Promise<string[]> => {
    await site.indexed();
    return index.keptRecords(kinds);
  };
  const onFault = (error: unknown): void => {
    const what = "a change of the policy is due and could not be made, which is tried again";
    options.onNotice?.(`${what}: ${(error as Error).message}`);
  };
  const changes = new PolicyChanges(state, {
    seal: async (body, parts) => (await site.seal(body, parts)).index,
    adopt: (release, body, parts) => site.adopt(release, body, parts),
    announce: () => site.announce(),
    current: () => site.release,
    read: (id) => readLater(keptReleasePath(paths, id)),
    keep: (id, bytes) => replaceLater(keptReleasePath(paths, id), bytes),
    records,
    decided: async (at) => {
      const { record, facts } = await site.recorded(at);
      return { record, facts };
    },
    size: () => site.status().publishedSize,
    changeOf: async (at) => {
      const plaintext = await site.sitePart(at, "change");
      return plaintext === undefined ? undefined : (JSON.parse(plaintext) as ChangePart);
    },
    lists: lists.lists,
    models,
    runTests: runReleaseTests,
    preview: options.previewer?.({
      paths,
      origin: options.origin,
      keys,
      publishedSize: () => site.status().publishedSize,
      firstRecordSince: (ms) => index.firstRecordSince(ms),
      latestDecidedMs: () => index.latestDecidedMs(),
    }),
    listProposals: {
      look: (of) => listChanges.look(of),
      enact: (of, glass) => listChanges.enact(of, glass),
    },
    siteKey: keys.site,
    clock,
    timer,
    onFault,
  });
  const listChanges = openListChanges(options, site, {
    state,
    lists,
    models,
    modes,
    entryHash,
    changes,
    records,
    onFault,
  });
  return {
    changes,
    lists: listChanges,
    models: openModelDesk(options, site),
    brakes: openBrakeDesk(options, site, modes, state),
    labels: openLabelDesk(options, site),
  };
}

function openBrakeDesk(
  { keys, onNotice }: OpenSiteOptions,
  site: DocketSite,
  modes: RuleModes,
  state: ChangeState,
): BrakeDesk {
  return new BrakeDesk({
    modes,
    seal: (body, parts, hooks) => site.seal(body, parts, hooks),
    release: () => site.release.id,
    duties: () => state,
    siteKey: keys.site,
    onBrake: (facts) => onNotice?.(brakeNotice(facts)),
  });
}

function openModelDesk({ disk, paths, readLater, replaceLater }: OpenSiteOptions, site: DocketSite): Models {
  return new ModelDesk({
    paths,
    release: () => site.release,
    read: readLater,
    replace: replaceLater,
    list: (directory) => disk.list(directory),
    makeDirectory: (path) => disk.makeDirectory(path),
  });
}

function openLabelDesk({ index, keys }: OpenSiteOptions, site: DocketSite): LabelDesk {
  return new LabelDesk({
    seal: (body, parts) => site.seal(body, parts),
    kindOf: async (of) => (await site.recorded(of)).record.kind,
    labels: (query) => index.labels(query),
    indexed: () => site.indexed(),
    siteKey: keys.site,
  });
}

function openListChanges(
  { keys, clock, timer }: OpenSiteOptions,
  site: DocketSite,
  { state, lists, modes, entryHash, changes, records, onFault }: ListChangesOf,
): ListChanges {
  return new ListChanges({
    lists: lists.lists,
    store: lists.store,
    seal: async (body, parts) => (await site.seal(body, parts)).leaf,
    publish: async (by, versions, of, alone) => {
      await watchListChange(modes, site, of, entryHash);
      return changes.publishLists(by, versions, of, alone);
    },
    duties: {
      state,
      during: (act) => changes.during(act),
      candidate: (versions) => changes.candidate(versions),
      restrictsMore: (list, undo) => listRestrictsMore(site.release.policies.policies, list, undo),
    },
    release: () => site.release.id,
    records,
    partOf: (at) => site.sitePart(at, "change"),
    siteKey: keys.site,
    clock,
    timer,
    onFault,
  });
}
