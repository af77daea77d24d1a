// SPDX-License-Identifier: Apache-2.0
// Delivery and reports on a log in memory: record 0 is a refusal of alice's post.
import { receiptFormat } from "@docket/protocol";
import { ReportDesk } from "../../reports/report-desk.ts";
import { seededRandom } from "../../testing/seeded-random.ts";
import { ChangeFeed } from "../change-feed.ts";
import { Delivery } from "../delivery.ts";
import { messageSource } from "../messages.ts";
import { NoticeFeed } from "../notice-feed.ts";
import type { Posted } from "../webhooks/contract.ts";
import { WebhookDesk } from "../webhooks/webhook-desk.ts";
import { MemoryLog } from "./memory-log.ts";

/** A pseudonym with a name in it. */
export function actorOf(name: string): string {
  return `a_${name.padEnd(22, "x")}`;
}

/** Delivery and reports, and what they did. */
export class DeliveryWorld {
  readonly log: MemoryLog;
  readonly delivery: Delivery;
  readonly reports: ReportDesk;
  /** What was sent to endpoints. */
  readonly posted: Posted[] = [];
  /** Actors that are one, by actor. */
  readonly links = new Map<string, string[]>();
  /** Resolves when record 0 is there. */
  readonly ready: Promise<unknown>;
  /** What endpoints answer. */
  answerStatus = 200;
  /** How much later it is whenever somebody looks at the clock, in ms. */
  tickMs = 0;
  reportsAnHour = 5;
  delayMinutes = 0;

  /** @param publicUrl where the server is reached from outside, if that is known */
  constructor(nowMs: number, publicUrl?: string) {
    const log = new MemoryLog(nowMs);
    this.log = log;
    const random = seededRandom(7);
    const clock = (): number => (log.nowMs += this.tickMs);
    // Nothing happens by itself.
    const timer = (): (() => void) => () => undefined;
    const seal: MemoryLog["seal"] = (body, parts) => log.seal(body, parts);
    const siteKey = new Uint8Array(32);
    const hashOf = (id: string): string => `h:${id}`;
    this.reports = new ReportDesk({
      decisions: (query) => log.decisions(query),
      indexed: () => Promise.resolve(),
      hashOf,
      actorOf: (account) =>
        Promise.resolve({
          pseudonym: actorOf(account),
          key: siteKey,
          entry: undefined,
          forget: () => undefined,
        }),
      seal: (body, parts) => log.seal(body, parts),
      reportsAnHour: () => this.reportsAnHour,
      trustedPercent: () => 80,
      linkedTo: (actor) => this.links.get(actor) ?? [],
      clock,
    });
    const notices = new NoticeFeed([], {
      view: log,
      tokenFor: (record) => Promise.resolve({ token: `dt1.${record}`, expires: "2027-05-25T00:00:00.000Z" }),
      publicUrl,
      receiptOf: (record) => Promise.resolve({ format: receiptFormat, leaf: String(record), proof: "" }),
      reasonTexts: () => undefined,
      seal,
      siteKey,
      delayMinutes: () => this.delayMinutes,
      resultsAfter: (after, limit) => this.reports.resultsAfter(after, limit),
      resultsAt: (record) => {
        const found = this.reports.resultsAt(record);
        return (found?.reports ?? []).map(({ index: report, reporter, of, category }) => ({
          report,
          reporter,
          of,
          category,
          finding: found?.finding ?? "unsure",
        }));
      },
      clock,
      timer,
      onFault: (error) => {
        throw error;
      },
    });
    this.delivery = new Delivery({
      changes: new ChangeFeed({ view: log, seal, confirmMinutes: () => 60, clock, timer }),
      notices,
      webhooks: this.#webhooks(notices, random),
      contents: { view: log, hashOf, reportsOf: (content) => this.reports.weightOf(content) },
    });
    log.listen((record) => {
      this.reports.takeRecord(record);
      this.delivery.takeRecord(record);
    });
    this.ready = log.decide(
      { id: "e0", type: "comment", actor: { id: "alice" }, content: { id: "post", text: "spam" } },
      "reject",
      actorOf("alice"),
      { late: true },
    );
  }

  #webhooks(notices: NoticeFeed, random: () => number): WebhookDesk {
    const { log } = this;
    const secrets = new Map<string, readonly { secret: string; endsMs: number | null }[]>();
    const progress = new Map<string, Awaited<ReturnType<WebhookStores["read"]>>>();
    return new WebhookDesk({
      source: messageSource({ view: log, notices, origin: "docket-0011223344556677/main" }),
      post: (posted) => {
        this.posted.push(posted);
        return Promise.resolve({ status: this.answerStatus, retryAfterMs: undefined });
      },
      secrets: {
        read: (id) => Promise.resolve(secrets.get(id) ?? []),
        keep: async (id, each) => void secrets.set(id, each),
        remove: async (id) => void secrets.delete(id),
      },
      progress: {
        read: (id) => Promise.resolve(progress.get(id)),
        keep: async (id, each) => void progress.set(id, each),
        remove: async (id) => void progress.delete(id),
      },
      seal: (body, parts) => log.seal(body, parts),
      partOf: (index) => log.openedPart(index, "change"),
      siteKey: new Uint8Array(32),
      randomBytes: (length) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256))),
      random,
      clock: () => log.nowMs,
      timer: () => () => undefined,
      onNotice: () => undefined,
    });
  }
}

type WebhookStores = ConstructorParameters<typeof WebhookDesk>[0]["progress"];
