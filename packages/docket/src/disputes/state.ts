// SPDX-License-Identifier: Apache-2.0
// The state of a site's disputes: a function of the log's records alone, taken in one after the other, at an
// opening as while the site runs.
import { parseTime } from "@docket/protocol";
import type { DocketRecord, Ruling } from "@docket/protocol";
import { defaultSettings, takeSettings } from "../settings/settings.ts";
import type { Settings } from "../settings/settings.ts";

/** The kinds of record that this state is made of. */
export const disputeKinds: readonly string[] = [
  "dispute",
  "message",
  "ruling",
  "token-revoked",
  "quiet",
  "verdict",
  "measure",
  "settings",
];

/** The reason of measures against whoever abuses the way of disputes. */
export const disputeAbuseReason = "dispute-abuse";
/** The ability that a `limit` takes from them: to open disputes. */
export const disputesAbility = "disputes";

/** A message in a dispute. */
export type DisputeMessage = {
  readonly index: number;
  readonly by: string;
  readonly from: "complainant" | "site";
  readonly atMs: number;
};
/** How a dispute ended. */
export type DisputeRuling = {
  readonly index: number;
  readonly by: string;
  readonly role: string;
  readonly ruling: Ruling;
  readonly reason: string;
  readonly atMs: number;
};
/** A dispute; times are in ms since 1970. */
export type Dispute = {
  /** Its own record, and the one that it is about. */
  readonly index: number;
  readonly of: number;
  readonly actor: string;
  readonly via: "token" | "app";
  readonly by: string;
  readonly openedMs: number;
  /** When it is to be answered: as the settings said when it was opened. */
  readonly dueMs: number;
  readonly messages: DisputeMessage[];
  /** Verdicts and measures that came of it. */
  readonly acts: number[];
  ruling: DisputeRuling | undefined;
};

/** All disputes of a site. */
export type DisputeState = {
  /** By their own index, in the order of the log. */
  readonly disputes: Map<number, Dispute>;
  /** Those about a record, by its index. */
  readonly byRecord: Map<number, number[]>;
  /** Those of an actor. */
  readonly byActor: Map<string, number[]>;
  /** How many times the tokens of a record were revoked. */
  readonly generations: Map<number, number>;
  /** Until when the actor of a record is not told of it. */
  readonly quietUntilMs: Map<number, number>;
  /** Verdicts and measures that came of a dispute, each with it. */
  readonly actsOfDisputes: Map<number, number>;
  /** By whose verdict or measure a restriction is in force: its record. */
  readonly imposedBy: Map<string, number>;
  /** When an actor was last warned not to abuse disputes. */
  readonly warnedMs: Map<string, number>;
  settings: Settings;
};

const dayMs = 86_400_000;

/** The state of a log without disputes. */
export function emptyDisputeState(): DisputeState {
  return {
    disputes: new Map(),
    byRecord: new Map(),
    byActor: new Map(),
    generations: new Map(),
    quietUntilMs: new Map(),
    actsOfDisputes: new Map(),
    imposedBy: new Map(),
    warnedMs: new Map(),
    settings: defaultSettings,
  };
}

/** Takes in a record; records must come in the order of the log. Others than of {@link disputeKinds} pass. */
export function takeRecord(state: DisputeState, record: DocketRecord): void {
  const atMs = parseTime(record.time) ?? 0;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all other kinds pass
  switch (record.kind) {
    case "dispute":
      return open(state, record, atMs);
    case "message": {
      const { index, by, from } = record;
      state.disputes.get(record.of)?.messages.push({ index, by, from, atMs });
      return;
    }
    case "ruling":
      return end(state, record, atMs);
    case "token-revoked":
      state.generations.set(record.of, (state.generations.get(record.of) ?? 0) + 1);
      return;
    case "quiet":
      state.quietUntilMs.set(record.of, parseTime(record.until) ?? 0);
      return;
    case "verdict":
    case "measure":
      return act(state, record, atMs);
    case "settings":
      state.settings = takeSettings(state.settings, record);
      return;
    default:
  }
}

/** Whether nothing was ruled on it, and it was not withdrawn. */
export function isOpen({ ruling }: Dispute): boolean {
  return ruling === undefined;
}

/** The disputes about a record, in the order of the log. */
export function disputesOf(state: DisputeState, record: number): Dispute[] {
  return (state.byRecord.get(record) ?? []).map((index) => state.disputes.get(index) as Dispute);
}

/** An actor's disputes that are open. */
export function openDisputesOf(state: DisputeState, actor: string): Dispute[] {
  const all = (state.byActor.get(actor) ?? []).map((index) => state.disputes.get(index) as Dispute);
  return all.filter(isOpen);
}

type Kind<Name extends DocketRecord["kind"]> = Extract<DocketRecord, { kind: Name }>;

function open(state: DisputeState, record: Kind<"dispute">, openedMs: number): void {
  const { index, of, actor, via, by } = record;
  const dueMs = openedMs + state.settings.disputeAnswerDays * dayMs;
  const about = { index, of, actor, via, by, openedMs, dueMs };
  state.disputes.set(index, { ...about, messages: [], acts: [], ruling: undefined });
  push(state.byRecord, of, index);
  push(state.byActor, actor, index);
}

function end(state: DisputeState, record: Kind<"ruling">, atMs: number): void {
  const dispute = state.disputes.get(record.of);
  // A dispute is ruled on once; what a log may say besides changes nothing.
  if (dispute === undefined || dispute.ruling !== undefined) return;
  const { index, by, role, ruling, reason } = record;
  dispute.ruling = { index, by, role, ruling, reason, atMs };
}

function act(state: DisputeState, record: Kind<"verdict"> | Kind<"measure">, atMs: number): void {
  if (record.cause === "dispute" && record.for !== undefined) {
    state.disputes.get(record.for)?.acts.push(record.index);
    state.actsOfDisputes.set(record.index, record.for);
  }
  for (const { id } of record.restrictions) state.imposedBy.set(id, record.index);
  if (record.kind !== "measure" || record.reason !== disputeAbuseReason) return;
  if (record.restrictions.some(({ kind }) => kind === "warn")) state.warnedMs.set(record.subject, atMs);
}

function push<Key>(map: Map<Key, number[]>, key: Key, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
