// SPDX-License-Identifier: Apache-2.0
// What a run of `docket decide` came to: as JSON for machines, as a table for people.
import { outcomes } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import { alignColumns } from "../columns.ts";
import { durationText } from "../progress.ts";
import type { RestrictionKind, RuleCount, SilentRule, Tally } from "./tally.ts";

/** What a run came to. */
export type Summary = {
  /** How the file's lines were read: `docket`, a known set, or `as mapped`. */
  form: string;
  order: "time" | "file";
  /** Whether every line was answered. */
  complete: boolean;
  events: number;
  decided: number;
  repeats: number;
  errors: number;
  outcomes: Record<Outcome, number>;
  /** Events that a restriction in force refused, by reason. */
  refused: Record<string, number>;
  /** `null` if the log could not be read for it. */
  rules: RuleCount[] | null;
  neverFired: SilentRule[] | null;
  /** Actors by the kind of restriction that the run put on them. */
  actorsRestricted: Record<RestrictionKind, number>;
  /** How often rules and steps would have restricted somebody, but for `restrictions: shadow`. */
  restrictionsInShadow: Record<string, number> | null;
  /** Records that the run added to the log, starts and stops included. */
  recordsSealed: number;
  size: number;
  release: string;
  seconds: number;
  eventsPerSecond: number;
};

/** What a summary is made of besides the counts. */
export type RunFigures = Pick<
  Summary,
  "form" | "order" | "complete" | "recordsSealed" | "size" | "release"
> & {
  ms: number;
  /** Whether the facts of all records were counted. */
  factsRead: boolean;
};

/** Sums a run up. */
export function summarise(tally: Tally, figures: RunFigures): Summary {
  const { form, order, complete, recordsSealed, size, release, ms, factsRead } = figures;
  const { decided, repeats, errors, lines } = tally;
  return {
    form,
    order,
    complete,
    events: lines,
    decided,
    repeats,
    errors,
    outcomes: { ...tally.outcomes },
    refused: Object.fromEntries(tally.refused),
    rules: factsRead ? tally.rules() : null,
    neverFired: factsRead ? tally.silent() : null,
    actorsRestricted: {
      warn: tally.restricted.warn.size,
      throttle: tally.restricted.throttle.size,
      limit: tally.restricted.limit.size,
      suspend: tally.restricted.suspend.size,
      ban: tally.restricted.ban.size,
    },
    restrictionsInShadow: factsRead ? Object.fromEntries(tally.shadowed) : null,
    recordsSealed,
    size,
    release,
    seconds: Math.round(ms) / 1000,
    eventsPerSecond: ms === 0 ? 0 : Math.round(lines / (ms / 1000)),
  };
}

/** A summary as a table. */
export function summaryText(summary: Summary): string {
  const { events, decided, repeats, errors, actorsRestricted, recordsSealed, size } = summary;
  const answered = decided + repeats;
  const rows = [
    [
      "Events",
      `${number(events)}: ${number(decided)} decided, ${number(repeats)} repeats, ${number(errors)} errors`,
    ],
    ["Actors", restrictedText(actorsRestricted)],
    ["Records", `${number(recordsSealed)} sealed; the log holds ${number(size)}`],
    ["Rate", `${number(summary.eventsPerSecond)} events/s (${durationText(summary.seconds * 1000)})`],
  ];
  const shown = outcomes.filter((outcome) => summary.outcomes[outcome] > 0);
  const parts = [
    "\n",
    alignColumns(rows),
    section(
      "Outcomes",
      shown.map((outcome) => [
        outcome,
        number(summary.outcomes[outcome]),
        share(summary.outcomes[outcome], answered),
      ]),
    ),
    section("Rules that fired", firedRows(summary)),
  ];
  const shadowed = Object.entries(summary.restrictionsInShadow ?? {});
  if (shadowed.length > 0) {
    const rows = shadowed.map(([name, times]) => [name, number(times), share(times, answered)]);
    parts.push(section("Restrictions in shadow: what would have been done to accounts", rows));
  }
  if (summary.neverFired !== null) {
    const silent = summary.neverFired.map((rule) => [ruleName(rule, summary), rule.why]);
    parts.push(section("Rules that never fired", silent, new Set()));
  }
  return parts.filter((part) => part !== "").join("");
}

// Throttles and suspensions are always told; the other kinds where there are some.
function restrictedText(actors: Summary["actorsRestricted"]): string {
  const words = {
    throttle: "throttled",
    suspend: "suspended",
    warn: "warned",
    limit: "limited",
    ban: "banned",
  };
  return Object.entries(words)
    .map(([kind, word]) => [kind, word, actors[kind as RestrictionKind]] as const)
    .filter(([kind, , count]) => count > 0 || kind === "throttle" || kind === "suspend")
    .map(([, word, count]) => `${number(count)} ${word}`)
    .join(", ");
}

function firedRows(summary: Summary): string[][] {
  const { rules, decided, repeats } = summary;
  const refused = Object.entries(summary.refused).map(([reason, times]) => [
    reason,
    number(times),
    share(times, decided + repeats),
    "refused by a restriction in force",
  ]);
  if (rules === null) return [["(not known: the log could not be read back)", "", ""], ...refused];
  const fired = rules.map((rule) => [
    ruleName(rule, summary),
    number(rule.fired),
    share(rule.fired, decided + repeats),
    rule.mode === "shadow" ? "shadow: no effect" : "",
  ]);
  return [...fired, ...refused];
}

// A rule's name is enough where there is one policy.
function ruleName(
  { policy, rule }: { policy: string; rule: string },
  { rules, neverFired }: Summary,
): string {
  const policies = new Set([...(rules ?? []), ...(neverFired ?? [])].map((each) => each.policy));
  return policies.size > 1 ? `${policy}/${rule}` : rule;
}

function section(
  title: string,
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set([1, 2]),
): string {
  if (rows.length === 0) return "";
  return `\n${title}\n${alignColumns(
    rows.map(([name = "", ...rest]) => [`  ${name}`, ...rest]),
    right,
  )}`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function share(part: number, whole: number): string {
  return whole === 0 ? "" : `${((100 * part) / whole).toFixed(1)} %`;
}
