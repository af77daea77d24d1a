// SPDX-License-Identifier: Apache-2.0
// Opens a site: log, look-ups, release, memory; then its desks (open-desks.ts).
import type { PolicyFile, ReportsRead, Standing } from "@docket/policy";
import { parseLeaf } from "@docket/protocol";
import type { ConfigurationBody, Succession } from "@docket/protocol";
import type { Anchoring } from "../anchors/open-clocks.ts";
import type { Configuration } from "../config/configuration.ts";
import type { SiteClock } from "../clock/site-clock.ts";
import type { DrillResult } from "../copies/drill-result.ts";
import type { Replication } from "../copies/replication.ts";
import type { SnapshotStore } from "../counters/snapshot.ts";
import { SubjectRegistry } from "../enforcement/subjects.ts";
import { keyedHash, signerKeysOf, verifierKeyOf } from "../evidence/keys.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import type { AsideFile } from "../gaps/aside.ts";
import type { ListFileReader } from "../lists/files.ts";
import { SiteLists } from "../lists/site-lists.ts";
import { openListStore } from "../lists/store.ts";
import type { LogDisk } from "../log/disk.ts";
import { Log } from "../log/log.ts";
import type { Lookups } from "../lookups/contract.ts";
import { damaged } from "../log/materialised.ts";
import { generalModel } from "../models/general.ts";
import { SiteModels } from "../models/site-models.ts";
import { keepModelNow, readKeptModel } from "../models/store.ts";
import type { PrimacyStart } from "../log/newest-state.ts";
import type { LogPaths } from "../log/paths.ts";
import { LogReader } from "../log/reader.ts";
import { changeKinds, emptyChangeState, isChangeRecord, takeRecord } from "../releases/change-state.ts";
import type { ChangeState } from "../releases/change-state.ts";
import type { OpeningRelease } from "../releases/opening-release.ts";
import { chooseOpeningRelease } from "../releases/opening-release.ts";
import {
  keepRelease,
  keptReleasePath,
  listsOf,
  modelsInFiles,
  modelsOf,
  readKeptRelease,
} from "../releases/release.ts";
import type { Previewer } from "../releases/review.ts";
import type { RefusedNowFinder } from "../reviews/batch-plan.ts";
import type { ReportDesk } from "../reports/report-desk.ts";
import type { PendingReadings } from "../readings/contract.ts";
import type { TextIndex } from "../search/contract.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { publishedWithReplicas } from "./open-copies.ts";
import type { AccessPorts } from "./open-access.ts";
import { openCounters } from "./open-counters.ts";
import type { WebhookPorts } from "./open-delivery.ts";
import { openDesks } from "./open-desks.ts";
import { openErased } from "./open-erasure.ts";
import type { Desks } from "./open-desks.ts";
import type { OpenedCounters } from "./open-counters.ts";
import { Engine } from "./engine.ts";
import type { EntryHash } from "../rollout/held-entries.ts";
import { openModes, originOf } from "./open-modes.ts";
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
  /** Finds decisions by their texts. */
  texts: TextIndex;
  /** For what is done before the site answers; what is done later doesn't block. */
  disk: LogDisk;
  /** Puts a file in place durably, without blocking the thread. */
  replaceLater: (path: string, bytes: Uint8Array) => Promise<void>;
  /** The same, unless there is one already: that one stays. */
  createLater: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Reads a file without blocking the thread; `undefined` if there is none. */
  readLater: (path: string) => Promise<Uint8Array | undefined>;
  diskModule: string;
  /** Holds the snapshot of the counters at a path. */
  snapshotAt: (path: string) => SnapshotStore;
  /** The files of the policy directory; throws if there are none or they cannot be read. */
  policyFiles: () => readonly PolicyFile[];
  /** Whether they are taken where they were edited and the level allows it (default: true). */
  takesEdits?: boolean | undefined;
  /** What commands have read beside this process. */
  pendingReadings?: PendingReadings | undefined;
  /** Files beside them, which lists and models are read from. */
  listFile: ListFileReader;
  /** Verifier keys that signed this log before a change of keys. */
  formerKeys?: readonly string[] | undefined;
  /** Proof that this process may sign (succession/). */
  primacy?: PrimacyStart | undefined;
  /** The log that a new one goes on from; its record 0 says so. */
  succeeds?: Succession | undefined;
  version: string;
  /** The operator's configuration; without it, nothing is said of one. */
  configuration?: Configuration | undefined;
  clock: () => number;
  /** Copies of the log that are kept while it is written; without it there are none. */
  replication?: Replication | undefined;
  /** Restores the newest copy in a scratch place and checks it; without it no drill can be run. */
  drill?: (() => Promise<DrillResult>) | undefined;
  /** The file in a directory in which events are kept that passed unsealed; without it they are in memory. */
  asideFile?: ((directory: string) => AsideFile) | undefined;
  /** The clock that records bear, with its sources; without one nothing is said of how exact they are. */
  sealingClock?: SiteClock | undefined;
  random: (length: number) => Buffer;
  /** Calls back once after that many ms; gives what takes the call back. */
  timer: (ms: number, run: () => void) => () => void;
  /** Asks lists in the DNS; without it what is read of them is missing. */
  lookups?: Lookups | undefined;
  /** Who stamps the log's checkpoints; without it nobody is asked. */
  anchoring?: Anchoring | undefined;
  /** What access needs of the outside; without it nobody signs in, and keys are managed elsewhere. */
  access?: AccessPorts | undefined;
  /** What webhooks need of the outside; without it there are none. */
  webhooks?: WebhookPorts | undefined;
  /** Told how far the rebuild of memory from the log is. */
  onProgress?: RebuildProgress;
  /** Told that files of the keys directory are others now. */
  onKeysChanged?: (() => Promise<void>) | undefined;
  /** Told what the operator should know: a sentence. */
  onNotice?: (notice: string) => void;
  /** Makes what previews candidates on recent records; without it proposals are made without a preview. */
  previewer?: (site: PreviewedSite) => Previewer;
  /** Makes what finds for sweeps what a rule would refuse of the past; without it rules can't be swept. */
  refusedNow?: (site: PreviewedSite) => RefusedNowFinder;
};

/** What a preview is made of. */
export type PreviewedSite = Pick<OpenSiteOptions, "paths" | "origin" | "keys"> &
  Pick<SiteIndex, "firstRecordSince" | "latestDecidedMs"> & {
    /** Records that are published. */
    readonly publishedSize: () => number;
  };

/** A site that is open, and what people do with it. */
export type OpenedSite = Desks & { site: DocketSite };

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
    clock: options.sealingClock?.shared,
    replication: options.replication?.ports,
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
  const erased = await openErased(options, log.opening.actors);
  const { size } = log.opening;
  const viewsSize = await checkedViewsSize(index, size);
  await publishedWithReplicas(log.published(size, true), options.replication);
  const reader = new LogReader(paths);
  const state = await changeStateOf(index, reader, viewsSize, size);
  const hash = (purpose: string, value: string): Buffer => keyedHash(keys.hashing, purpose, value);
  const lists = openLists(options, hash);
  const models = openModels(options);
  const opening = openingRelease(options, state, { ...lists, models });
  const { release } = opening;
  const configured = await configurationBody(options, reader, viewsSize, size);
  // Before there is a site no actor is made.
  const made: { site: DocketSite | undefined } = { site: undefined };
  const madeKey = (pseudonym: string): Uint8Array | undefined => made.site?.madeKey(pseudonym);
  const opened = await openCounters({ ...options, log, reader, release, madeKey });
  const memory = await rebuildMemory(options, reader, opened, viewsSize, size);
  const keeper = await opened.keep();
  const entryHash = entryHasher(hash);
  const modes = await openModes({
    ...options,
    reader,
    size,
    state,
    release,
    hash,
    entryHash,
    warming: () => keeper.waiting,
    body: opening.body,
  });
  const newRestrictionId = (): string => `r_${options.random(restrictionIdBytes).toString("base64url")}`;
  const subjects = new SubjectRegistry(keys.hashing);
  // Nothing is decided before there are desks.
  const reportsAt = (...asked: Parameters<ReportDesk["readAt"]>): ReportsRead =>
    desks.reports.readAt(...asked);
  const enginePorts = {
    hashing: keys.hashing,
    effects: modes,
    entryHash,
    newRestrictionId,
    subjects,
    reportsAt,
  };
  const engine = new Engine(release, memory, enginePorts);
  const site = new DocketSite(
    {
      ...options,
      log,
      reader,
      engine,
      keeper,
      modes,
      originOf: (body) => originOf(body, state),
      newRestrictionId,
      suppressions: erased.suppressions,
      openingRecords: [opening.body, configured].filter((body) => body !== undefined),
      onDecided: () => desks.brakes.sealTrips(),
      onOwnRecord: (own) => takeChange(state, own),
    },
    verifierKeyOf(keys.signerKey),
  );
  made.site = site;
  const desksOf = { state, lists, models, modes, entryHash, subjects, newRestrictionId };
  const desks = await openDesks(options, site, { ...desksOf, erased: { ...erased, reader } });
  if (opening.notice !== undefined) options.onNotice?.(opening.notice);
  return { site, ...desks };
}

function takeChange(state: ChangeState, { kind, leaf }: { kind: string; leaf: string }): void {
  const record = changeKinds.has(kind) ? parseLeaf(leaf) : undefined;
  if (record !== undefined && isChangeRecord(record)) takeRecord(state, record);
}

function entryHasher(hash: (purpose: string, value: string) => Buffer): EntryHash {
  return (list, entry) =>
    hash("list entry", `${list}\n${entry}`).subarray(0, entryHashBytes).toString("base64url");
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

/** The lists of a site, and where their versions are kept. */
export type OpenedLists = { store: ReturnType<typeof openListStore>; lists: SiteLists };

function openLists(
  { disk, paths, replaceLater, listFile }: OpenSiteOptions,
  hash: (purpose: string, value: string) => Buffer,
): OpenedLists {
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

/** What says that another configuration is in use than the log's last record of one says. */
async function configurationBody(
  { index, configuration }: OpenSiteOptions,
  reader: LogReader,
  viewsSize: number,
  size: number,
): Promise<ConfigurationBody | undefined> {
  if (configuration === undefined) return undefined;
  const leaves = await index.keptRecords(["configuration"]);
  for (let at = viewsSize; at < size; at++) leaves.push((await reader.record(at, size)).leaf);
  let previous: string | null = null;
  for (const leaf of leaves) {
    const record = parseLeaf(leaf);
    if (record.kind === "configuration") previous = record.hash;
  }
  const { hash } = configuration;
  if (hash === previous) return undefined;
  return { kind: "configuration", by: "operator", hash, previous };
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
