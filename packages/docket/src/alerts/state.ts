// SPDX-License-Identifier: Apache-2.0
// Which alerts are open, which ended, and which channel was told what. Pure: what is due is reckoned from the
// state each time, so grouping, limits and tries after a failure are one thing: a message says all that its
// channel doesn't know at the time when it is sent.
import type { AlertKind, AlertLine, Finding, Severity } from "./contract.ts";

/** What is wrong must be gone for so long before it is over, in ms: else it would come and go. */
export const goneForMs = 120_000;
/** What is over is remembered for so long at most, told or not, in ms, and so many of them. */
export const endedKeptMs = 86_400_000;
export const endedMax = 100;

/** One alert from when it began. */
export type Alert = Finding & {
  readonly sinceMs: number;
  readonly seenMs: number;
  readonly endedMs: number | null;
  /** By channel: what it was told last, and when. */
  readonly told: Readonly<Record<string, Told>>;
};

/** What a channel was told of an alert last. */
export type Told = { readonly open: boolean; readonly severity: Severity; readonly atMs: number };

/** All alerts that are open or ended lately, oldest first. */
export type Alerts = readonly Alert[];

/** What a channel wants to hear. */
export type Wanted = { readonly id: string; readonly least: Severity; readonly kinds: readonly AlertKind[] };
/** When it is told. */
export type Timing = { readonly groupForMs: number; readonly repeatEveryMs: number };

/** The alerts after one more look. */
export function takeFindings(alerts: Alerts, findings: readonly Finding[], nowMs: number): Alerts {
  const found = new Map(findings.map((finding) => [nameOf(finding), finding]));
  const kept = alerts.flatMap((alert): Alert[] => {
    if (alert.endedMs !== null) return nowMs - alert.endedMs > endedKeptMs ? [] : [alert];
    const now = found.get(nameOf(alert));
    found.delete(nameOf(alert));
    if (now !== undefined) return [{ ...alert, severity: now.severity, says: now.says, seenMs: nowMs }];
    // It ended when it was last seen; that it is over is known only now.
    return [nowMs - alert.seenMs >= goneForMs ? { ...alert, endedMs: alert.seenMs } : alert];
  });
  const begun = [...found.values()].map((finding): Alert => ({
    ...finding,
    sinceMs: nowMs,
    seenMs: nowMs,
    endedMs: null,
    told: {},
  }));
  const ended = kept.filter(({ endedMs }) => endedMs !== null);
  const tooMany = new Set(ended.slice(0, Math.max(0, ended.length - endedMax)));
  return [...kept.filter((alert) => !tooMany.has(alert)), ...begun];
}

/** What a channel is to be told, and from when on; `undefined` if there is nothing. */
export function dueFor(
  alerts: Alerts,
  wanted: Wanted,
  timing: Timing,
): { readonly atMs: number; readonly lines: AlertLine[] } | undefined {
  const dues = alerts
    .filter((alert) => wants(wanted, alert))
    .flatMap((alert) => dueOf(alert, alert.told[wanted.id], timing) ?? []);
  if (dues.length === 0) return undefined;
  const atMs = Math.min(...dues.map((due) => due.atMs));
  // What is only repeated waits for its own time; what is news goes along with whatever goes first.
  const lines = dues.filter((due) => due.change !== "still" || due.atMs <= atMs);
  return { atMs, lines: lines.map(({ alert, change }) => lineOf(alert, change)) };
}

/** How many alerts a channel was not yet told of. */
export function untoldTo(alerts: Alerts, wanted: Wanted): number {
  return alerts.filter((alert) => wants(wanted, alert) && alert.told[wanted.id] === undefined).length;
}

/** The alerts once a channel was told these lines. */
export function markTold(alerts: Alerts, channel: string, lines: readonly AlertLine[], atMs: number): Alerts {
  const said = new Map(lines.map((line) => [`${nameOf(line)} ${line.sinceMs}`, line]));
  return alerts.map((alert) => {
    const line = said.get(`${nameOf(alert)} ${alert.sinceMs}`);
    if (line === undefined) return alert;
    const told: Told = { open: line.endedMs === null, severity: line.severity, atMs };
    return { ...alert, told: { ...alert.told, [channel]: told } };
  });
}

// Who was told that something began is told that it is over, whatever it was in the end.
function wants({ id, least, kinds }: Wanted, { severity, kind, told }: Alert): boolean {
  return kinds.includes(kind) && (least === "warning" || severity === "urgent" || told[id]?.open === true);
}

type Due = { readonly alert: Alert; readonly change: AlertLine["change"]; readonly atMs: number };

function dueOf(alert: Alert, told: Told | undefined, { groupForMs, repeatEveryMs }: Timing): Due | undefined {
  const { sinceMs, seenMs, endedMs, severity } = alert;
  if (told === undefined) {
    return { alert, change: endedMs === null ? "began" : "was", atMs: sinceMs + groupForMs };
  }
  if (endedMs !== null) {
    return told.open ? { alert, change: "over", atMs: endedMs + groupForMs } : undefined;
  }
  const isWorse = told.severity === "warning" && severity === "urgent";
  if (isWorse) return { alert, change: "began", atMs: seenMs };
  return { alert, change: "still", atMs: told.atMs + repeatEveryMs };
}

function lineOf(alert: Alert, change: AlertLine["change"]): AlertLine {
  const { kind, about, severity, says, sinceMs, endedMs } = alert;
  return { change, kind, about, severity, says, sinceMs, endedMs };
}

function nameOf({ kind, about }: Pick<Finding, "kind" | "about">): string {
  return `${kind} ${about}`;
}
