// SPDX-License-Identifier: Apache-2.0
// What /v1/alerts answers.

/** See {@link AlertsAnswer}. */
export type AlertAnswer = {
  kind: string;
  about: string;
  severity: "urgent" | "warning";
  says: string;
  page: string;
  since: string;
  endedAt: string | null;
  told: string[];
};

/** See {@link AlertsAnswer}. */
export type ChannelAnswer = {
  id: string;
  form: string;
  target: string;
  least: "urgent" | "warning";
  kinds: string[];
  sentAt: string | null;
  fault: string | null;
  nextTryAt: string | null;
  sentLately: number;
  perHour: number;
  waiting: number;
};

/** Channels, alerts that are open, and those that ended within a day. */
export type AlertsAnswer = { channels: ChannelAnswer[]; open: AlertAnswer[]; ended: AlertAnswer[] };

/** How many kinds of alerts there are: a channel that names them all wants them all. */
export const alertKindCount = 12;

/** What a channel wants to hear, in words. */
export function wantedText({ least, kinds }: Pick<ChannelAnswer, "least" | "kinds">): string {
  const what = kinds.length === alertKindCount ? "Everything" : kinds.join(", ");
  return least === "urgent" ? `${what}, if urgent` : what;
}
