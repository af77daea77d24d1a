// SPDX-License-Identifier: Apache-2.0
// Looks at the site from time to time, and tells each channel what it doesn't know. What is open and who was
// told survives a restart in a file of its own. Losing it makes messages come again, and keeps none back.
import { formatTime } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { targetOf } from "./channels.ts";
import type { AlertsConfig, ChannelConfig } from "./config.ts";
import { severities } from "./contract.ts";
import type {
  AlertFigures,
  AlertMessage,
  AlertsView,
  AlertView,
  ChannelTest,
  ChannelView,
  Send,
  Severity,
  SiteAlerts,
  Thresholds,
  Watched,
} from "./contract.ts";
import { alertPages, findAlerts } from "./find.ts";
import { dueFor, markTold, takeFindings, untoldTo } from "./state.ts";
import type { Alert, Alerts } from "./state.ts";

/** How often the site is looked at, in ms. */
export const lookEveryMs = 5000;
/** After a failure a channel is tried again after these, in ms; the last goes on for ever. */
export const againAfterMs: readonly number[] = [30_000, 120_000, 600_000, 1_800_000];
/** One channel is tried by a person no more often than this, in ms. */
export const testEveryMs = 5000;
const hourMs = 3_600_000;

/** What is kept of alerts. */
export type KeptAlerts = {
  readonly v: 1;
  readonly alerts: Alerts;
  /** By channel: when messages were sent within the last hour, in ms since 1970. */
  readonly sent: Readonly<Record<string, readonly number[]>>;
};

/** What the desk leans on. */
export type AlertDeskPorts = {
  readonly config: AlertsConfig;
  readonly origin: string;
  readonly publicUrl: string | undefined;
  readonly senderOf: (channel: ChannelConfig) => Send;
  readonly thresholds: () => Thresholds;
  readonly keep: (kept: KeptAlerts) => Promise<void>;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told what the operator should know: a sentence. */
  readonly onNotice: (notice: string) => void;
};

type Channel = {
  readonly config: ChannelConfig;
  readonly send: Send;
  /** Times of messages within the last hour. */
  sentMs: number[];
  lastSentMs: number | undefined;
  sent: number;
  failed: number;
  failuresInRow: number;
  fault: string | null;
  againMs: number;
  testedMs: number;
  sending: Promise<void> | undefined;
};

/** The alerts of a site. */
export class AlertDesk implements SiteAlerts {
  readonly #ports: AlertDeskPorts;
  readonly #channels: readonly Channel[];
  #alerts: Alerts;
  #cancel: () => void = () => undefined;
  #keeping: Promise<void> | undefined;
  #keepAgain = false;
  #closed = false;
  #watched: (() => Watched) | undefined;

  /** @param kept what an earlier process kept */
  constructor(ports: AlertDeskPorts, kept: KeptAlerts | undefined) {
    this.#ports = ports;
    this.#alerts = kept?.alerts ?? [];
    this.#channels = ports.config.channels.map((config) => ({
      config,
      send: ports.senderOf(config),
      sentMs: [...(kept?.sent[config.id] ?? [])],
      lastSentMs: kept?.sent[config.id]?.at(-1),
      sent: 0,
      failed: 0,
      failuresInRow: 0,
      fault: null,
      againMs: 0,
      testedMs: -Infinity,
      sending: undefined,
    }));
  }

  /** Looks from now on. @param watched says how the site fares; it answers at once */
  start(watched: () => Watched): void {
    this.#watched = watched;
    this.#lookOn();
  }

  /** Looks once, and begins to send what is due. */
  look(): void {
    if (this.#watched === undefined) return;
    const { thresholds, clock } = this.#ports;
    const nowMs = clock();
    const before = this.#alerts;
    this.#alerts = takeFindings(before, findAlerts(this.#watched(), thresholds(), nowMs), nowMs);
    if (stateOf(before) !== stateOf(this.#alerts)) this.#keep();
    for (const channel of this.#channels) this.#tell(channel, nowMs);
  }

  /** Resolves when nothing is being sent or kept. */
  async settled(): Promise<void> {
    await Promise.all(this.#channels.flatMap(({ sending }) => sending ?? []));
    await this.#keeping;
  }

  view(): AlertsView {
    const told = (alert: Alert): string[] =>
      this.#channels.map(({ config: { id } }) => id).filter((id) => alert.told[id] !== undefined);
    const shown = this.#alerts.map((alert): AlertView => ({
      kind: alert.kind,
      about: alert.about,
      severity: alert.severity,
      says: alert.says,
      page: alertPages[alert.kind],
      since: formatTime(alert.sinceMs),
      endedAt: alert.endedMs === null ? null : formatTime(alert.endedMs),
      told: told(alert),
    }));
    const bySeverity = (a: AlertView, b: AlertView): number =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity);
    return {
      channels: this.#channels.map((channel) => this.#channelView(channel)),
      open: shown.filter(({ endedAt }) => endedAt === null).sort(bySeverity),
      ended: shown.filter(({ endedAt }) => endedAt !== null).reverse(),
    };
  }

  async test(id: string): Promise<ChannelTest> {
    const channel = this.#channels.find(({ config }) => config.id === id);
    if (channel === undefined) throw new DocketError("not_found", `there is no channel of that name`);
    const { clock } = this.#ports;
    const startMs = clock();
    const waitMs = channel.testedMs + testEveryMs - startMs;
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      const message = `this channel was tried a moment ago; wait ${seconds} s`;
      throw new DocketError("too_many_requests", message, { retryAfterSeconds: seconds });
    }
    channel.testedMs = startMs;
    const why = await channel.send(this.#message(true, [], startMs)).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
    // It works again: what waits for it goes out now.
    if (why === null) [channel.againMs, channel.failuresInRow, channel.fault] = [0, 0, null];
    return { channel: id, ok: why === null, why, ms: clock() - startMs };
  }

  figures(): AlertFigures {
    const open = (severity: Severity): number =>
      this.#alerts.filter((alert) => alert.endedMs === null && alert.severity === severity).length;
    return {
      open: { urgent: open("urgent"), warning: open("warning") },
      channels: this.#channels.map(({ config: { id }, sent, failed }) => ({ id, sent, failed })),
    };
  }

  /** Looks no more. What is being sent is not waited for: what nobody notes as sent comes again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#keeping;
  }

  #lookOn(): void {
    if (this.#closed) return;
    this.look();
    this.#cancel = this.#ports.timer(lookEveryMs, () => this.#lookOn());
  }

  #message(isTest: boolean, lines: AlertMessage["lines"], atMs: number): AlertMessage {
    const { origin, publicUrl } = this.#ports;
    return { origin, publicUrl, atMs, isTest, lines };
  }

  #tell(channel: Channel, nowMs: number): void {
    const { config } = this.#ports;
    if (this.#closed || channel.sending !== undefined || nowMs < channel.againMs) return;
    const due = dueFor(this.#alerts, channel.config, config);
    if (due === undefined || due.atMs > nowMs) return;
    channel.sentMs = channel.sentMs.filter((atMs) => nowMs - atMs < hourMs);
    if (channel.sentMs.length >= config.perHour) return;
    channel.sending = this.#send(channel, this.#message(false, due.lines, nowMs)).finally(
      () => (channel.sending = undefined),
    );
  }

  async #send(channel: Channel, message: AlertMessage): Promise<void> {
    const { id } = channel.config;
    const { clock, onNotice } = this.#ports;
    // Counted before: a receiver that takes messages and doesn't say so is not flooded.
    channel.sentMs.push(message.atMs);
    try {
      await channel.send(message);
    } catch (error) {
      channel.failed += 1;
      const after = againAfterMs[Math.min(channel.failuresInRow, againAfterMs.length - 1)] as number;
      channel.failuresInRow += 1;
      channel.againMs = clock() + after;
      channel.fault = (error as Error).message;
      if (channel.failuresInRow === 1) onNotice(`alerts can't be sent to ${id}: ${channel.fault}`);
      return;
    }
    channel.sent += 1;
    [channel.failuresInRow, channel.fault, channel.againMs] = [0, null, 0];
    channel.lastSentMs = message.atMs;
    // Dying here makes the message come again.
    this.#alerts = markTold(this.#alerts, id, message.lines, message.atMs);
    this.#keep();
  }

  #channelView({ config, sentMs, lastSentMs, fault, againMs }: Channel): ChannelView {
    const { clock, config: all } = this.#ports;
    const nowMs = clock();
    return {
      id: config.id,
      form: config.to.form,
      target: targetOf(config),
      least: config.least,
      kinds: [...config.kinds],
      sentAt: lastSentMs === undefined ? null : formatTime(lastSentMs),
      fault,
      nextTryAt: againMs > nowMs ? formatTime(againMs) : null,
      sentLately: sentMs.filter((atMs) => nowMs - atMs < hourMs).length,
      perHour: all.perHour,
      waiting: untoldTo(this.#alerts, config),
    };
  }

  // One file write at a time; what changed meanwhile is written after it.
  #keep(): void {
    if (this.#keeping !== undefined) {
      this.#keepAgain = true;
      return;
    }
    this.#keepAgain = false;
    const sent = Object.fromEntries(this.#channels.map(({ config: { id }, sentMs }) => [id, sentMs]));
    const kept = this.#ports.keep({ v: 1, alerts: this.#alerts, sent }).catch(() => undefined);
    this.#keeping = kept.finally(() => {
      this.#keeping = undefined;
      if (this.#keepAgain) this.#keep();
    });
  }
}

// What is worth a write: not that an open alert was seen once more.
function stateOf(alerts: Alerts): string {
  return alerts
    .map(({ kind, about, sinceMs, endedMs }) => `${kind} ${about} ${sinceMs} ${endedMs}`)
    .join("\n");
}
