// SPDX-License-Identifier: Apache-2.0
// Opens what people do with a site: changes of the policy and of lists, brakes, labels, settings. Each desk
// is handed what it leans on; none knows the site.
import type { AnchorDesk } from "../anchors/anchor-desk.ts";
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import type { SealingClockDesk } from "../clock/clock-desk.ts";
import type { CopiesDesk } from "../copies/copies-desk.ts";
import type { SiteAccess } from "../access/site-access.ts";
import type { EnforcementDesk } from "../enforcement/desk.ts";
import type { SubjectRegistry } from "../enforcement/subjects.ts";
import type { Disputes } from "../disputes/site-disputes.ts";
import type { GapDesk } from "../gaps/gap-desk.ts";
import { LabelDesk } from "../labels/label-desk.ts";
import { ListChanges } from "../lists/list-changes.ts";
import { listRestrictsMore } from "../lists/restricts-more.ts";
import type { Models } from "../models/contract.ts";
import { ModelDesk } from "../models/model-desk.ts";
import type { SiteModels } from "../models/site-models.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { ReadingDesk } from "../readings/reading-desk.ts";
import type { RecordDesk } from "../records/record-desk.ts";
import type { SearchDesk } from "../search/search-desk.ts";
import type { ReportDesk } from "../reports/report-desk.ts";
import type { ChangeState } from "../releases/change-state.ts";
import { PolicyChanges } from "../releases/policy-changes.ts";
import type { LiveDesk } from "../live/live-desk.ts";
import type { CampaignDesk } from "../patterns/campaign-desk.ts";
import type { PatternsDesk } from "../patterns/patterns-desk.ts";
import { keptReleasePath, withLists } from "../releases/release.ts";
import { runReleaseTests } from "../releases/review.ts";
import type { ChangePart, Previewer } from "../releases/review.ts";
import { BrakeDesk } from "../rollout/brake-desk.ts";
import type { EntryHash } from "../rollout/held-entries.ts";
import type { RuleModes } from "../rollout/rule-modes.ts";
import type { OpenedReviews } from "../reviews/open-reviews.ts";
import { SettingsDesk, settingsKinds } from "../settings/settings-desk.ts";
import { openAnchors } from "./open-anchors.ts";
import { openApprovals } from "./open-approvals.ts";
import { openClockDesk } from "./open-clock.ts";
import { openCopies } from "./open-copies.ts";
import { openAccess } from "./open-access.ts";
import { openDisputes } from "./open-disputes.ts";
import { openEnforcement } from "./open-enforcement.ts";
import type { KeyDesk } from "../key-desk/key-desk.ts";
import { openErasure } from "./open-erasure.ts";
import { openKeys } from "./open-keys.ts";
import type { Erased, OpenedErasure } from "./open-erasure.ts";
import { openSiteReviews } from "./open-reviews.ts";
import { openDelivery } from "./open-delivery.ts";
import type { TransparencyDesk } from "../transparency/transparency-desk.ts";
import { brakeNotice, watchListChange } from "./open-modes.ts";
import { openGaps } from "./open-gaps.ts";
import { openCampaigns, openLive } from "./open-live.ts";
import { openPatterns } from "./open-patterns.ts";
import { openReadings } from "./open-readings.ts";
import { openRecords } from "./open-records.ts";
import { openSearch } from "./open-search.ts";
import { openTransparency } from "./open-transparency.ts";
import type { OpenedLists, OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** What people do with a site. */
export type Desks = OpenedErasure & {
  changes: PolicyChanges;
  lists: ListChanges;
  models: Models;
  brakes: BrakeDesk;
  labels: LabelDesk;
  settings: SettingsDesk;
  enforcement: EnforcementDesk;
  disputes: Disputes;
  transparency: TransparencyDesk;
  patterns: PatternsDesk;
  /** Finds decisions. */
  search: SearchDesk;
  campaigns: CampaignDesk;
  /** What happens now. */
  live: LiveDesk;
  delivery: Delivery;
  reports: ReportDesk;
  reviews: OpenedReviews["reviews"];
  batches: OpenedReviews["batches"];
  /** Where it is noted who reads what. */
  readings: ReadingDesk;
  /** The log's records as a list. */
  records: RecordDesk;
  /** What takes a second person. */
  requests: ApprovalDesk;
  /** Outside time-stamps. */
  anchors: AnchorDesk;
  /** The keys of evidence. */
  keyDesk: KeyDesk;
  /** Replicas and drills. */
  copies: CopiesDesk;
  /** Who comes in; absent in a site that is opened without. */
  access: SiteAccess | undefined;
  /** How exact the records' times are. */
  clockDesk: SealingClockDesk;
  /** What passes while nothing can be sealed. */
  gaps: GapDesk;
};

/** What the desks work on. */
export type DesksOf = {
  state: ChangeState;
  lists: OpenedLists;
  models: SiteModels;
  modes: RuleModes;
  entryHash: EntryHash;
  /** What is restricted and no actor. */
  subjects: SubjectRegistry;
  newRestrictionId: () => string;
  erased: Erased;
};
type ListChangesOf = Omit<DesksOf, "subjects" | "newRestrictionId" | "erased"> & {
  changes: PolicyChanges;
  records: (kinds: readonly string[]) => Promise<string[]>;
  onFault: (error: unknown) => void;
};

/** Opens all desks. Memory was rebuilt before, so the views have all of the log. */
export async function openDesks(options: OpenSiteOptions, site: DocketSite, of: DesksOf): Promise<Desks> {
  const { changes, lists } = openChanges(options, site, of);
  const clockDesk = await openClockDesk(options, site);
  const settings = await openSettings(options, site);
  const requests = await openApprovals(options, site, of.state);
  const enforcement = await openEnforcement(options, site, of.subjects, of.newRestrictionId);
  const disputes = await openDisputes(options, site, enforcement);
  const delivery = await openDelivery(options, site, {
    settings,
    tokenFor: (index, toldMs) => disputes.tokenFor(index, toldMs),
    linkedTo: (actor) => enforcement.linkedTo(actor),
  });
  const reviews = await openSiteReviews(options, site, {
    enforcement,
    settings,
    state: of.state,
    reports: (decision) => {
      const weight = delivery.reports.weightOf(decision);
      return weight.reports === 0 ? undefined : weight;
    },
  });
  const { keyDesk, rewriter } = openKeys(options, site, requests);
  const erasure = await openErasure(options, site, of.erased, {
    settings,
    requests,
    enforcement,
    disputes,
    lists,
    webhooks: delivery.delivery.webhooks,
    rewriter,
  });
  return {
    ...erasure,
    keyDesk,
    changes,
    lists,
    models: openModelDesk(options, site),
    brakes: openBrakeDesk(options, site, of.modes, of.state),
    labels: openLabelDesk(options, site),
    settings,
    readings: openReadings(options, site),
    records: openRecords(options, site),
    requests,
    access: openAccess(options, site),
    anchors: await openAnchors(options, site),
    copies: openCopies(options, site),
    clockDesk,
    gaps: openGaps(options, site, clockDesk),
    enforcement,
    disputes,
    patterns: openPatterns(options, site, enforcement),
    search: openSearch(options, site),
    campaigns: openCampaigns(options, site),
    live: openLive(options, site),
    ...delivery,
    ...reviews,
    transparency: openTransparency(options, site, {
      disputes,
      reviews: (period) => reviews.reviews.statistics(period),
      publicDays: () => settings.current.publicFiguresDays,
    }),
  };
}

function openChanges(
  options: OpenSiteOptions,
  site: DocketSite,
  { state, lists, models, modes, entryHash }: DesksOf,
): Pick<Desks, "changes" | "lists"> {
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
    preview: previewerOf(options, site),
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
  return { changes, lists: listChanges };
}

async function openSettings({ index }: OpenSiteOptions, site: DocketSite): Promise<SettingsDesk> {
  return new SettingsDesk(await index.keptRecords(settingsKinds), {
    seal: (body, undo) => site.seal(body, [], { undo }),
  });
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
  options: OpenSiteOptions,
  site: DocketSite,
  { state, lists, modes, entryHash, changes, records, onFault }: ListChangesOf,
): ListChanges {
  const { keys, clock, timer } = options;
  const preview = previewerOf(options, site);
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
    ...(preview && {
      preview: (signal, changed) =>
        changed === undefined
          ? preview(site.release, signal)
          : preview(withLists(site.release, changed.lists), signal, changed.change),
    }),
    release: () => site.release.id,
    records,
    partOf: (at) => site.sitePart(at, "change"),
    siteKey: keys.site,
    clock,
    timer,
    onFault,
  });
}

function previewerOf(options: OpenSiteOptions, site: DocketSite): Previewer | undefined {
  const { paths, origin, keys, index } = options;
  return options.previewer?.({
    paths,
    origin,
    keys,
    publishedSize: () => site.status().publishedSize,
    firstRecordSince: (ms) => index.firstRecordSince(ms),
    latestDecidedMs: () => index.latestDecidedMs(),
  });
}
