// SPDX-License-Identifier: Apache-2.0
// Opens what takes data away and what keeps it: erasures and legal holds.
import { join } from "node:path";
import { parseLeaf, parseTime } from "@docket/protocol";
import { tileWidth } from "@docket/tlog";
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import { eventOf } from "../delivery/app-names.ts";
import type { WebhookDesk } from "../delivery/webhooks/webhook-desk.ts";
import type { Disputes } from "../disputes/site-disputes.ts";
import type { EnforcementDesk } from "../enforcement/desk.ts";
import { ErasureDesk } from "../erasure/erasure-desk.ts";
import { DocketError } from "../error.ts";
import { explainRecordToUser, releaseShelf } from "../explanation/explain-record.ts";
import { SubjectDesk } from "../erasure/subject-export.ts";
import { readRetentionConfig } from "../erasure/config.ts";
import { HoldDesk } from "../erasure/hold-desk.ts";
import { RetentionDesk } from "../erasure/retention-desk.ts";
import type { RetentionProgress } from "../erasure/retention-desk.ts";
import { erasureKinds, holdsOn } from "../erasure/state.ts";
import { Suppressions } from "../erasure/suppressions.ts";
import { Tombstones } from "../erasure/tombstones.ts";
import type { KeyFolderFiles } from "../erasure/tombstones.ts";
import type { KeyStoreRewriter } from "../key-desk/key-store-rewriter.ts";
import type { ListChanges } from "../lists/list-changes.ts";
import { countGoing, dropParts } from "../log/drop-parts.ts";
import type { ActorEntry } from "../log/frame.ts";
import type { LogReader } from "../log/reader.ts";
import { verifierKeysOf } from "../log/signing-keys.ts";
import { signerKeysOf } from "../evidence/keys.ts";
import type { SettingsDesk } from "../settings/settings-desk.ts";
import { decisionRowsMax } from "../views/decision-row.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

const dayMs = 86_400_000;

/** What is known of erased actors besides the log, and what reads the log's files. */
export type Erased = { tombstones: Tombstones; suppressions: Suppressions; reader: LogReader };

/** The desks of this file. */
export type OpenedErasure = {
  erasures: ErasureDesk;
  holds: HoldDesk;
  retention: RetentionDesk;
  subjects: SubjectDesk;
};

/** What they lean on. */
export type ErasureOf = {
  settings: SettingsDesk;
  requests: ApprovalDesk;
  enforcement: EnforcementDesk;
  disputes: Disputes;
  lists: ListChanges;
  webhooks: WebhookDesk | undefined;
  rewriter: KeyStoreRewriter;
};

/**
 * Reads what lies with the keys, before anything is read that could name somebody who was erased, and puts
 * the journal's entries of the identity map into it: records that name these actors are about to be read.
 */
export async function openErased(
  { keys, index, readLater, replaceLater, clock }: OpenSiteOptions,
  journalled: readonly ActorEntry[],
): Promise<Omit<Erased, "reader">> {
  const files: KeyFolderFiles = {
    read: (name) => readLater(join(keys.folder.path, name)),
    replace: (name, bytes) => replaceLater(join(keys.folder.path, name), bytes),
  };
  const tombstones = await Tombstones.open(files);
  await index.restoreActors(journalled.filter(({ pseudonym }) => !tombstones.has(pseudonym)));
  return { tombstones, suppressions: await Suppressions.open(files, clock) };
}

/** Opens the desks. Memory was rebuilt before, so the views have all of the log. */
export async function openErasure(
  options: OpenSiteOptions,
  site: DocketSite,
  erased: Erased,
  of: ErasureOf,
): Promise<OpenedErasure> {
  const { index, keys, clock, timer, onNotice, texts } = options;
  const { requests, enforcement, disputes, lists, settings, webhooks, rewriter } = of;
  const records = (await index.keptRecords(erasureKinds)).map(parseLeaf);
  const seal = (...sealed: Parameters<DocketSite["seal"]>): ReturnType<DocketSite["seal"]> =>
    site.seal(...sealed);
  const view = { openedPart: site.openedPart.bind(site) };
  const erasures = new ErasureDesk(records, {
    ...erased,
    seal,
    through: (...asked) => requests.through(...asked),
    actorNamed: (account) => site.actorNamed(account),
    lookupOf: (actor) => index.lookupOf(actor),
    decisions: (query) => index.decisions(query),
    countOf: async (actor) => (await index.actorFigures(actor)).decisions,
    eventOf: (decision) => eventOf(view, decision),
    openDisputes: (actor) => disputes.openOf(actor),
    disputePeriodDays: () => settings.current.disputePeriodDays,
    restrictionsOf: (actor, atMs) => enforcement.standingOf(actor, atMs).restrictions,
    listsWith: (account) => listsWith(lists, account),
    leaveLists: (account, act) => lists.eraseActor(account, act),
    forgetActor: async (actor) => {
      // In this turn nobody is the account any more. Terms are unlocked with the key that is gone by then.
      await site.forgetActor(actor);
      await texts.forget([actor]);
    },
    vacateJournal: () => site.vacateJournal(),
    replaceKeyStoreKey: async () => {
      await rewriter.rewrite();
      await index.compactIdentity();
      await index.makeDurable();
    },
    forgetElsewhere: async (actors) => webhooks?.forget(actors),
    dropParts: (actors, synced) => dropActors(options, erased.reader, actors, synced),
    siteKey: keys.site,
    clock,
    timer,
    onFault: (error) =>
      onNotice?.(`an erasure could not be carried out, and is tried again: ${String(error)}`),
  });
  const holds = new HoldDesk({
    state: erasures.state,
    seal,
    through: (...asked) => requests.through(...asked),
    actorNamed: (account) => site.actorNamed(account),
    siteKey: keys.site,
  });
  site.listen({ onRecord: (record) => erasures.takeIn(record) });
  const retention = openRetention(options, site, erased.reader, erasures, of);
  return { erasures, holds, retention, subjects: openSubjects(options, site, of) };
}

function openSubjects(
  { index, keys, clock, readLater, paths }: OpenSiteOptions,
  site: DocketSite,
  { disputes, enforcement }: ErasureOf,
): SubjectDesk {
  const shelf = releaseShelf(readLater, paths);
  return new SubjectDesk({
    origin: site.origin,
    verifierKeys: verifierKeysOf(signerKeysOf(keys)),
    actorNamed: (account) => site.actorNamed(account),
    decisions: (query) => index.decisions(query),
    caseRecords: (query) => index.caseRecords(query),
    indexed: () => site.indexed(),
    record: async (at) => (await site.recorded(at)).record,
    openedPart: (at, name) => site.openedPart(at, name),
    openedReceipt: (at, actor) => site.openedReceipt(at, actor),
    explain: async (at, language) => {
      const { record, facts, disclosed } = await site.recorded(at);
      if (record.kind !== "decision" || facts === undefined) {
        throw new DocketError("not_found", `record ${at} has nothing to explain`);
      }
      return explainRecordToUser({ record, facts, disclosed }, shelf, site.origin, language);
    },
    standingOf: (actor, atMs) => enforcement.standingOf(actor, atMs),
    quietUntilMs: (at) => disputes.quietUntilMs(at),
    clock,
  });
}

function openRetention(
  { configuration, paths, readLater, replaceLater, clock, timer, onNotice, texts }: OpenSiteOptions,
  site: DocketSite,
  reader: LogReader,
  { state }: ErasureDesk,
  { settings, disputes }: ErasureOf,
): RetentionDesk {
  const progress = join(paths.site, "retention.json");
  const files = { read: readLater, replace: replaceLater };
  return new RetentionDesk({
    config: readRetentionConfig(configuration?.section("retention")),
    disputePeriodMs: () => settings.current.disputePeriodDays * dayMs,
    size: () => site.status().publishedSize,
    settle: () => site.vacateJournal(),
    timeOf: async (index) => parseTime((await site.recorded(index)).record.time) ?? 0,
    everybodyHeld: () =>
      [...state.holds.values()].some(({ actor, lifted }) => actor === null && lifted === null),
    isKept: (actor) => holdsOn(state, actor).length > 0 || disputes.openOf(actor).length > 0,
    count: (bundle, goes) => countGoing(paths.parts, bundle, goes, files),
    drop: async (bundle, goes) => {
      const dropped = await dropParts(paths.parts, bundle, goes, files);
      reader.forget(bundle);
      if (dropped > 0) await texts.forgetBundle(bundle);
      return dropped;
    },
    seal: (body, parts) => site.seal(body, parts),
    readProgress: async () => readProgress(await readLater(progress)),
    keepProgress: (kept) => replaceLater(progress, Buffer.from(`${JSON.stringify(kept)}\n`)),
    clock,
    timer,
    onFault: (error) => onNotice?.(`what is due could not be dropped, and is tried again: ${String(error)}`),
  });
}

// Lost or damaged, it only costs looking at all files again.
function readProgress(bytes: Uint8Array | undefined): RetentionProgress | undefined {
  if (bytes === undefined) return undefined;
  try {
    const progress = JSON.parse(Buffer.from(bytes).toString("utf8")) as RetentionProgress;
    return progress.v === 1 ? progress : undefined;
  } catch {
    return undefined;
  }
}

function listsWith(lists: ListChanges, account: string): string[] {
  return lists
    .check(account)
    .filter(({ kind }) => kind === "actor")
    .map(({ list }) => list);
}

// Nobody can read them any more; that they go too is for copies of the key that nobody knows of. The files of
// the newest records are still being written, so those parts stay.
async function dropActors(
  { index, paths, readLater, replaceLater }: OpenSiteOptions,
  reader: LogReader,
  actors: ReadonlySet<string>,
  synced: number,
): Promise<void> {
  const bundles = new Set<number>();
  for (const actor of actors) {
    const rows = await index.decisions({ actor, limit: decisionRowsMax });
    for (const row of rows) bundles.add(Math.floor(row.index / tileWidth));
    const about = await index.caseRecords({
      kinds: caseKindsWithParts,
      about: actor,
      limit: decisionRowsMax,
    });
    for (const leaf of about) bundles.add(Math.floor(parseLeaf(leaf).index / tileWidth));
  }
  const files = { read: readLater, replace: replaceLater };
  for (const bundle of bundles) {
    if ((bundle + 1) * tileWidth > synced) continue;
    await dropParts(paths.parts, bundle, ({ subject }) => actors.has(subject), files);
    reader.forget(bundle);
  }
}

/** Records of what comes after a decision that may have parts under an actor's key. */
const caseKindsWithParts = ["dispute", "message", "measure", "report", "ruling", "verdict"];
