// SPDX-License-Identifier: Apache-2.0
// Who else would be hit: the latest events, looked at through their evidence as long as it is there.
import { setImmediate as breathe } from "node:timers/promises";
import type { Signals } from "@docket/policy";
import type { Event } from "@docket/protocol";
import type { DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import type { Collateral } from "./contract.ts";
import type { NamedSubject, SubjectRegistry } from "./subjects.ts";

/** How far back is looked, in milliseconds. */
export const collateralMs: number = 30 * 86_400_000;
/** Most events whose evidence is opened for one answer; fewer where their signals are needed too. */
export const collateralEventsMax = 4_000;
export const collateralSignalsMax = 1_000;
/** Most events of one actor that are counted. */
const actorEventsMax = 100_000;
/** So many events are looked at before others get their turn. */
const eventsPerTurn = 32;

/** What collateral is found with. */
export type CollateralPorts = {
  readonly decisions: (query: DecisionQuery) => Promise<DecisionRow[]>;
  /** The event of a decision; `undefined` where its evidence is gone. */
  readonly eventOf: (index: number) => Promise<Event | undefined>;
  readonly signals: (event: Event) => Signals;
};

/** Of the latest events, those that a subject covers: an actor, or something else by its value. */
export async function collateralOf(
  subject: NamedSubject | string,
  nowMs: number,
  registry: SubjectRegistry,
  ports: CollateralPorts,
): Promise<Collateral> {
  const fromMs = nowMs - collateralMs;
  if (typeof subject === "string") {
    const rows = await ports.decisions({
      actor: subject,
      fromMs,
      order: "descending",
      limit: actorEventsMax,
    });
    return counted(rows, rows.length, rows.at(-1)?.index ?? 0, 0);
  }
  const needsSignals = subject.kind === "domain" || subject.kind === "fingerprint";
  const limit = needsSignals ? collateralSignalsMax : collateralEventsMax;
  const rows = await ports.decisions({ fromMs, order: "descending", limit });
  const covered: DecisionRow[] = [];
  let unknown = 0;
  for (const [place, row] of rows.entries()) {
    if (place % eventsPerTurn === 0) await breathe();
    const event = await ports.eventOf(row.index);
    if (event === undefined) unknown += 1;
    else if (registry.covers(subject, event, needsSignals ? ports.signals(event) : {})) covered.push(row);
  }
  return counted(covered, rows.length, rows.at(-1)?.index ?? 0, unknown);
}

function counted(rows: readonly DecisionRow[], looked: number, from: number, unknown: number): Collateral {
  const actors = new Set(rows.map(({ actor }) => actor));
  const refused = new Set(rows.filter(({ outcome }) => outcome === "reject").map(({ actor }) => actor));
  return {
    looked,
    from,
    unknown,
    events: rows.length,
    actors: actors.size,
    allowed: rows.filter(({ outcome }) => outcome === "allow").length,
    actorsNeverRefused: [...actors].filter((actor) => !refused.has(actor)).length,
  };
}
