// SPDX-License-Identifier: Apache-2.0
// What is wrong with a site, from how it fares: pure, and the one place that says what an alert is.
import { printable } from "../printable.ts";
import type { AlertKind, Finding, Severity, Thresholds, Watched } from "./contract.ts";

/** A clock that is checked and still off by more than this raises an alert, in ms. */
export const clockOffMs = 1000;
/** API keys that could not be read for longer raise an alert, in ms: a revoked one may still be taken. */
export const keysStaleMsMax = 60_000;
/** A replica that lags longer raises an alert, in ms. */
export const replicaLagMsMax = 60_000;
const hourMs = 3_600_000;
/** Longest part of a sentence that comes from elsewhere, in characters. */
const faultLengthMax = 200;
/** Most findings of one kind: there are no more replicas, witnesses or clocks than this. */
const eachMax = 32;

/** The alerts that settings of the site decide about, and what each setting counts. */
export const thresholdKinds: Readonly<Record<keyof Thresholds, AlertKind>> = {
  alertQueueCases: "queue",
  alertOverdueDisputes: "disputes",
  alertUnconfirmedVerdicts: "verdicts",
  alertDeadMessages: "webhooks",
  alertAnchorHours: "anchor",
};

/** Where in the console each kind is looked after. */
export const alertPages: Readonly<Record<AlertKind, string>> = {
  sealing: "/",
  clock: "/log",
  witness: "/log",
  replica: "/settings/sources",
  access: "/settings/keys",
  brake: "/policy",
  verdicts: "/developer",
  webhooks: "/settings/webhooks",
  disputes: "/disputes",
  queue: "/queue",
  anchor: "/log",
  drill: "/settings/sources",
};

/** Everything that is wrong now. */
export function findAlerts(watched: Watched, thresholds: Thresholds, nowMs: number): Finding[] {
  return [
    ...ofSealing(watched),
    ...ofClock(watched),
    ...ofWitnesses(watched),
    ...ofCopies(watched),
    ...ofAccess(watched),
    ...ofPeople(watched, thresholds),
    ...ofAnchors(watched, thresholds, nowMs),
  ];
}

function finding(kind: AlertKind, severity: Severity, says: string, about = ""): Finding {
  return { kind, about: printable(about).slice(0, faultLengthMax), severity, says };
}

function ofSealing({ sealing: { fault, gap, waiting } }: Watched): Finding[] {
  if (fault !== undefined) return [finding("sealing", "urgent", `Nothing is sealed: ${told(fault)}.`)];
  if (!gap) return [];
  const wait = count(waiting, "event waits", "events wait");
  const says = `Events can't be sealed at the moment; ${wait} to be decided.`;
  return [finding("sealing", "urgent", says)];
}

function ofClock({ clock }: Watched): Finding[] {
  if (clock === undefined) return [];
  const { state, stopped, offsetMs } = clock;
  const says = clockWords[state];
  if (stopped)
    return [finding("clock", "urgent", "The clock jumped: nothing is sealed until it is right again.")];
  if (says !== undefined) return [finding("clock", "warning", says)];
  if (offsetMs === null || Math.abs(offsetMs) <= clockOffMs) return [];
  return [finding("clock", "warning", `The clock is off by ${Math.round(offsetMs)} ms; set it right.`)];
}

const clockWords: Readonly<Record<string, string>> = {
  unreachable: "The clock can't be checked: too few of its sources answer.",
  disagreeing: "The clock can't be checked: its sources disagree.",
  drifting: "The clock runs too fast or too slow to say how exact times are.",
  stepped: "The clock jumped: records don't say how exact their times are.",
};

/** What a witness makes of the log, where it needs somebody. The worst of these are alarms besides. */
const witnessWords: Readonly<Record<string, string>> = {
  refused: "refuses to cosign",
  invalid: "answers with cosignatures that don't hold",
  unreachable: "can't be reached",
  unproved: "could not be shown that the log only grew",
};

function ofWitnesses({ witnesses }: Watched): Finding[] {
  if (witnesses === undefined) return [];
  const alarms = witnesses.alarms
    .slice(0, eachMax)
    .map((alarm) => finding("witness", "urgent", `${told(alarm)}.`, `alarm: ${alarm}`));
  const behind = witnesses.each.slice(0, eachMax).flatMap(({ name, state, fault }) => {
    const words = witnessWords[state];
    if (words === undefined) return [];
    const why = fault === undefined ? "" : `: ${told(fault)}`;
    return [finding("witness", "warning", `Witness ${told(name)} ${words}${why}.`, name)];
  });
  return [...alarms, ...behind];
}

function ofCopies({ replicas, drillFailed }: Watched): Finding[] {
  const found = replicas.slice(0, eachMax).flatMap(({ name, lagMs, fault }) => {
    if (lagMs <= replicaLagMsMax) return [];
    const why = fault === null ? "" : `: ${told(fault)}`;
    return [finding("replica", "warning", `Replica ${told(name)} fell behind${why}.`, name)];
  });
  if (drillFailed)
    found.push(finding("drill", "urgent", "The last drill failed: the newest copy could not be brought up."));
  return found;
}

function ofAccess({ keysStaleMs }: Watched): Finding[] {
  if (keysStaleMs <= keysStaleMsMax) return [];
  return [finding("access", "urgent", "API keys can't be read: one that was revoked may still be taken.")];
}

function ofPeople(watched: Watched, thresholds: Thresholds): Finding[] {
  const { brakes, unconfirmedVerdicts, webhooks, overdueDisputes, queueCases } = watched;
  const found: Finding[] = [];
  const warn = (kind: AlertKind, says: string): void => void found.push(finding(kind, "warning", says));
  if (brakes > 0)
    warn("brake", `${count(brakes, "emergency brake holds", "emergency brakes hold")} rules back.`);
  if (reaches(unconfirmedVerdicts, thresholds.alertUnconfirmedVerdicts))
    warn(
      "verdicts",
      `The app has not confirmed ${count(unconfirmedVerdicts, "verdict", "verdicts")} in time.`,
    );
  if (webhooks.troubled > 0)
    warn("webhooks", `${count(webhooks.troubled, "webhook takes", "webhooks take")} nothing, or are off.`);
  else if (reaches(webhooks.dead, thresholds.alertDeadMessages))
    warn("webhooks", `${count(webhooks.dead, "message was", "messages were")} given up; send them again.`);
  if (reaches(overdueDisputes, thresholds.alertOverdueDisputes))
    warn("disputes", `${count(overdueDisputes, "dispute is", "disputes are")} overdue.`);
  if (reaches(queueCases, thresholds.alertQueueCases))
    warn("queue", `${count(queueCases, "case waits", "cases wait")} for a reviewer.`);
  return found;
}

function ofAnchors({ anchors }: Watched, { alertAnchorHours }: Thresholds, nowMs: number): Finding[] {
  if (alertAnchorHours === 0) return [];
  return anchors.slice(0, eachMax).flatMap(({ name, lastMs, fault }) => {
    // A clock that never stamped says so by its fault alone: the log may be new.
    const late = lastMs !== undefined && nowMs - lastMs > alertAnchorHours * hourMs;
    if (!late && !(lastMs === undefined && fault !== undefined)) return [];
    const since = lastMs === undefined ? "never" : `not for ${Math.floor((nowMs - lastMs) / hourMs)} h`;
    const why = fault === undefined ? "" : `: ${told(fault)}`;
    return [
      finding("anchor", "warning", `Outside clock ${told(name)} has stamped the log ${since}${why}.`, name),
    ];
  });
}

function reaches(value: number, threshold: number): boolean {
  return threshold > 0 && value >= threshold;
}

function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}

// What others wrote goes into a sentence of ours: short, on one line, and without a stop of its own.
function told(text: string): string {
  return printable(text)
    .slice(0, faultLengthMax)
    .replace(/[.\s]+$/, "");
}
