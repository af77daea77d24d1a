// SPDX-License-Identifier: Apache-2.0
// Alerts: what of a site a person has to look at now, and whom that is told.

/** What can be wrong. docs/operations/alerts.md says the same, and a test compares them. */
export const alertKinds = [
  "sealing",
  "clock",
  "witness",
  "replica",
  "access",
  "brake",
  "verdicts",
  "webhooks",
  "disputes",
  "queue",
  "anchor",
  "drill",
] as const;
/** What can be wrong. */
export type AlertKind = (typeof alertKinds)[number];

/** `urgent`: nothing is sealed, or somebody may be told something false. `warning`: it can wait. */
export const severities = ["urgent", "warning"] as const;
/** How much an alert presses. */
export type Severity = (typeof severities)[number];

/** Something that is wrong now. */
export type Finding = {
  readonly kind: AlertKind;
  /** Names it among those of its kind, such as a witness's name; empty where there is but one. */
  readonly about: string;
  readonly severity: Severity;
  /** One sentence. */
  readonly says: string;
};

/** How a site fares, as far as alerts look at it. What a site does not have is `undefined`. */
export type Watched = {
  readonly sealing: { readonly fault: string | undefined; readonly gap: boolean; readonly waiting: number };
  readonly clock:
    | { readonly state: string; readonly stopped: boolean; readonly offsetMs: number | null }
    | undefined;
  readonly witnesses:
    | {
        readonly alarms: readonly string[];
        readonly each: readonly {
          readonly name: string;
          readonly state: string;
          readonly fault?: string | undefined;
        }[];
      }
    | undefined;
  readonly replicas: readonly {
    readonly name: string;
    readonly lagMs: number;
    readonly fault: string | null;
  }[];
  readonly keysStaleMs: number;
  readonly brakes: number;
  readonly unconfirmedVerdicts: number;
  readonly webhooks: { readonly troubled: number; readonly dead: number };
  readonly overdueDisputes: number;
  readonly queueCases: number;
  readonly anchors: readonly {
    readonly name: string;
    readonly lastMs: number | undefined;
    readonly fault: string | undefined;
  }[];
  readonly drillFailed: boolean;
};

/** From how much on alerts are raised: settings of the site. 0 is never. */
export type Thresholds = {
  readonly alertQueueCases: number;
  readonly alertOverdueDisputes: number;
  readonly alertUnconfirmedVerdicts: number;
  readonly alertDeadMessages: number;
  readonly alertAnchorHours: number;
};

/** A message of alerts that is due: what began, what is still so, and what is over. */
export type AlertMessage = {
  readonly origin: string;
  /** Where the console is, `https://…`, if the operator said so. */
  readonly publicUrl: string | undefined;
  readonly atMs: number;
  /** Only tries the channel: there are no lines. */
  readonly isTest: boolean;
  readonly lines: readonly AlertLine[];
};

/** One alert in a message. `was`: it began and ended before anybody could be told. */
export type AlertLine = {
  readonly change: "began" | "still" | "over" | "was";
  readonly kind: AlertKind;
  readonly about: string;
  readonly severity: Severity;
  readonly says: string;
  readonly sinceMs: number;
  readonly endedMs: number | null;
};

/** A channel as people see it: nothing of it is secret. */
export type ChannelView = {
  id: string;
  form: "mail" | "chat" | "webhook";
  /** Where it leads, in words. */
  target: string;
  least: Severity;
  kinds: AlertKind[];
  /** When something was sent last. */
  sentAt: string | null;
  /** Why the last try failed; `null` if it did not. */
  fault: string | null;
  /** When it is tried again. */
  nextTryAt: string | null;
  /** Messages of the last hour, and most of them. */
  sentLately: number;
  perHour: number;
  /** Alerts that it was not yet told of. */
  waiting: number;
};

/** An alert as people see it. */
export type AlertView = {
  kind: AlertKind;
  about: string;
  severity: Severity;
  says: string;
  /** Where in the console it is looked after. */
  page: string;
  since: string;
  endedAt: string | null;
  /** Channels that were told. */
  told: string[];
};

/** How alerts stand. */
export type AlertsView = { channels: ChannelView[]; open: AlertView[]; ended: AlertView[] };

/** What came of trying a channel. */
export type ChannelTest = { channel: string; ok: boolean; why: string | null; ms: number };

/** Alerts as HTTP, the command line and metrics see them. */
export interface SiteAlerts {
  view(): AlertsView;
  /**
   * Sends a message that only tries a channel.
   *
   * @throws {DocketError} `not_found` for a channel that is not configured; `too_many_requests` where one was
   *   tried a moment ago
   */
  test(channel: string): Promise<ChannelTest>;
  /** For metrics: alerts that are open, by severity, and messages since the start, by channel. */
  figures(): AlertFigures;
}

/** See {@link SiteAlerts.figures}. */
export type AlertFigures = {
  open: Readonly<Record<Severity, number>>;
  channels: { id: string; sent: number; failed: number }[];
};

/** Sends messages of one channel. Rejects with a sentence that says why it could not, without any secret. */
export type Send = (message: AlertMessage) => Promise<void>;
