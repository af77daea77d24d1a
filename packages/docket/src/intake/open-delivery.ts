// SPDX-License-Identifier: Apache-2.0
// Opens what goes out of a site, and the reports that users bring in.
import { Delivery } from "../delivery/delivery.ts";
import { ChangeFeed } from "../delivery/change-feed.ts";
import type { LogView } from "../delivery/contract.ts";
import { messageSource } from "../delivery/messages.ts";
import { NoticeFeed } from "../delivery/notice-feed.ts";
import type { NoticeFeedPorts } from "../delivery/notice-feed.ts";
import { caseRecordOf } from "../delivery/told-records.ts";
import type { Post, ProgressStore, SecretStore } from "../delivery/webhooks/contract.ts";
import { WebhookDesk } from "../delivery/webhooks/webhook-desk.ts";
import { toldOf } from "../enforcement/reasons.ts";
import { ReportDesk } from "../reports/report-desk.ts";
import type { SettingsDesk } from "../settings/settings-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import { contentHashOf } from "./request.ts";
import type { DocketSite } from "./site.ts";

/** What webhooks need of the outside: files, and a way to send. */
export type WebhookPorts = {
  readonly secrets: SecretStore;
  readonly progress: ProgressStore;
  readonly post: Post;
  /** From 0 to below 1: what is tried again doesn't come at the same time. */
  readonly random: () => number;
};

/** What delivery and reports lean on besides the site. */
export type DeliveryOf = {
  readonly settings: SettingsDesk;
  readonly tokenFor: NoticeFeedPorts["tokenFor"];
  readonly linkedTo: (actor: string) => readonly string[];
};

const labelsAtOnce = 10_000;

/** Opens both. Memory was rebuilt before, so the views have all of the log. */
export async function openDelivery(
  options: OpenSiteOptions,
  site: DocketSite,
  of: DeliveryOf,
): Promise<{ delivery: Delivery; reports: ReportDesk }> {
  const { keys } = options;
  const reports = await openReports(options, site, of);
  const view = logView(options, site);
  const notices = await openNotices(options, site, { ...of, view, reports });
  const changes = new ChangeFeed({
    view,
    seal: (body) => site.seal(body, []),
    confirmMinutes: () => of.settings.current.confirmAppliedMinutes,
    clock: options.clock,
    timer: options.timer,
  });
  const delivery = new Delivery({
    changes,
    notices,
    webhooks: await openWebhooks(options, site, view, notices),
    contents: {
      view,
      hashOf: (id) => contentHashOf(keys.hashing, id),
      reportsOf: (content) => reports.weightOf(content),
    },
  });
  // Reports first: a notice of their result is due as soon as the record that brought it is there.
  site.listen({
    onRecord: (record) => {
      reports.takeRecord(record);
      delivery.takeRecord(record);
    },
    onDecision: (row) => {
      reports.takeDecision(row);
      delivery.takeDecision(row);
    },
  });
  return { delivery, reports };
}

function logView({ index }: OpenSiteOptions, site: DocketSite): LogView {
  return {
    async size() {
      const { size } = site.status();
      await site.indexed();
      return size;
    },
    record: async (at) => (await site.recorded(at)).record,
    openedPart: (at, name) => site.openedPart(at, name),
    decisions: (query) => index.decisions(query),
    caseRecords: (query) => index.caseRecords(query),
  };
}

async function openReports(
  { index, keys, clock }: OpenSiteOptions,
  site: DocketSite,
  { settings, linkedTo }: DeliveryOf,
): Promise<ReportDesk> {
  const desk = new ReportDesk({
    decisions: (query) => index.decisions(query),
    indexed: () => site.indexed(),
    hashOf: (id) => contentHashOf(keys.hashing, id),
    actorOf: (accountId) => site.actorOf(accountId),
    seal: (body, parts, hooks) => site.seal(body, parts, hooks),
    reportsAnHour: () => settings.current.reportsAnHour,
    trustedPercent: () => settings.current.reportsTrustedPercent,
    linkedTo,
    clock,
  });
  const reports = await index.keptRecords(["report"]);
  if (reports.length === 0) return desk;
  const others = await index.keptRecords(["review", "verdict"]);
  const labels: string[] = [];
  for (let from = 0, more = true; more;) {
    const page = await index.labels({ from, limit: labelsAtOnce });
    labels.push(...page);
    more = page.length === labelsAtOnce;
    const last = page.at(-1);
    if (last !== undefined) from = labelledOf(last) + 1;
  }
  await desk.load([...reports, ...others, ...labels]);
  return desk;
}

function labelledOf(leaf: string): number {
  const record = caseRecordOf(leaf);
  if (record.kind !== "label") throw new Error("a record that is kept as a label is one");
  return record.of;
}

async function openNotices(
  { index, keys, clock, timer, onNotice, access }: OpenSiteOptions,
  site: DocketSite,
  { settings, tokenFor, view, reports }: DeliveryOf & { view: LogView; reports: ReportDesk },
): Promise<NoticeFeed> {
  return new NoticeFeed(await index.keptRecords(["quiet", "digest"]), {
    view,
    tokenFor,
    publicUrl: access?.config.publicUrl,
    receiptOf: (record) => site.openedReceipt(record),
    reasonTexts: (code) => toldOf(code, undefined),
    seal: (body, parts) => site.seal(body, parts),
    siteKey: keys.site,
    delayMinutes: () => settings.current.noticeDelayMinutes,
    resultsAfter: (after, limit) => reports.resultsAfter(after, limit),
    resultsAt: (record) => {
      const { finding, reports: found } = reports.resultsAt(record) ?? { finding: "unsure", reports: [] };
      return found.map(({ index: report, reporter, of, category }) => ({
        report,
        reporter,
        of,
        category,
        finding,
      }));
    },
    clock,
    timer,
    onFault: (error) =>
      onNotice?.(`notices that are due could not be sealed, which is tried again: ${String(error)}`),
  });
}

async function openWebhooks(
  { index, keys, clock, timer, random, webhooks, origin, onNotice }: OpenSiteOptions,
  site: DocketSite,
  view: LogView,
  notices: NoticeFeed,
): Promise<WebhookDesk | undefined> {
  if (webhooks === undefined) return undefined;
  const desk = new WebhookDesk({
    ...webhooks,
    source: messageSource({ view, notices, origin }),
    seal: (body, parts) => site.seal(body, parts),
    partOf: (at) => site.sitePart(at, "change"),
    siteKey: keys.site,
    randomBytes: random,
    clock,
    timer,
    onNotice: (notice) => onNotice?.(notice),
  });
  await desk.load((await index.keptRecords(["webhook"])).map(caseRecordOf));
  return desk;
}
