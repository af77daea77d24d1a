// SPDX-License-Identifier: Apache-2.0
// An actor's history as far as anything followed from it: read from the views and the log, for whoever has to
// know which restrictions would be left without some decisions.
import { restrictionFromRecord, restricts, sameStrike } from "@docket/policy";
import type { PastDecision, PastItem, PastMeasure, Policy, Restriction, Strike } from "@docket/policy";
import { parseLeaf, readActFacts } from "@docket/protocol";
import type { ActFacts, ActStrike, DocketRecord, Facts, RecordedRestriction } from "@docket/protocol";
import type { CaseQuery, DecisionQuery, DecisionRow } from "../views/decision-row.ts";

/** Decisions of an actor that are looked through, newest first; restrictions from before stay as they are. */
export const historyRowsMax = 50_000;
/** Most acts of an actor that are looked through. */
export const historyActsMax = 10_000;

/** What a history is read with. */
export type HistoryPorts = {
  readonly decisions: (query: DecisionQuery) => Promise<DecisionRow[]>;
  readonly caseRecords: (query: CaseQuery) => Promise<string[]>;
  /** A decision's record and facts; absent facts are gone. */
  readonly decided: (
    index: number,
  ) => Promise<{ readonly record: DocketRecord; readonly facts: Facts | undefined }>;
  /** The plaintext of an act's facts. */
  readonly actFacts: (index: number) => Promise<string | undefined>;
  /** The policies of a release. */
  readonly policies: (release: string) => Promise<readonly Policy[]>;
};

/** An act on an actor: its record and its facts. */
export type PastAct = {
  readonly record: Extract<DocketRecord, { kind: "verdict" | "measure" }>;
  readonly facts: ActFacts;
};
/** What happened to an actor. */
export type ActorHistory = {
  readonly items: readonly PastItem[];
  /** Decisions that are void now. */
  readonly voided: ReadonlySet<number>;
  /** Every restriction that a record of it imposed, by its id. */
  readonly restrictions: ReadonlyMap<string, Restriction>;
  readonly acts: readonly PastAct[];
  /** Its decisions, newest first. */
  readonly rows: readonly DecisionRow[];
};

/** Reads the history of an actor. */
export async function readHistory(actor: string, ports: HistoryPorts): Promise<ActorHistory> {
  const acts = await readActs(actor, ports);
  const restrictions = new Map<string, Restriction>();
  const keep = (recorded: readonly RecordedRestriction[]): void => {
    for (const each of recorded) restrictions.set(each.id, restrictionFromRecord(each));
  };
  const rows = await ports.decisions({ actor, order: "descending", limit: historyRowsMax });
  const items: PastItem[] = [];
  const given = new Map<number, readonly Strike[]>();
  for (const row of rows) {
    if (row.refusedBy !== undefined) {
      items.push(refusedEvent(row));
      continue;
    }
    const policies = await ports.policies(row.release);
    if (!mattered(row, policies)) continue;
    const { record, facts } = await ports.decided(row.index);
    if (record.kind !== "decision" || facts === undefined) continue;
    keep(record.restrictions);
    const past = pastDecision(row, facts, policies);
    given.set(row.index, past.strikes);
    items.push(past);
  }
  for (const { record } of acts) keep(record.restrictions);
  const voided = new Set<number>();
  for (const act of acts) {
    if (act.record.kind === "measure") items.push(pastMeasure(act, restrictions, voided));
    else judge(act, voided);
  }
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  for (const { record, facts } of lastConfirmations(acts)) {
    const row = byIndex.get(record.of);
    if (row === undefined) continue;
    const own = given.get(record.of) ?? [];
    const strikes = facts.strikes.map(strikeOf).filter((each) => !own.some((one) => sameStrike(one, each)));
    if (strikes.length === 0) continue;
    const policies = policiesAbout(await ports.policies(row.release), row.type);
    const { index, of } = record;
    items.push({ kind: "confirmation", index, of, atMs: Date.parse(facts.at), strikes, policies });
  }
  items.sort((a, b) => a.index - b.index);
  return { items, voided, restrictions, acts, rows };
}

/** Strikes as they are counted. */
export function strikeOf({ policy, rule, count, at }: ActStrike): Strike {
  return { policy, rule, count, atMs: Date.parse(at) };
}

/** The rules of a decision that fired and had their effect. */
export function firedNames({ fired }: Pick<Facts, "fired">): { policy: string; rule: string }[] {
  return fired.flatMap(({ policy, rule, mode }) => (mode === "enforce" ? [{ policy, rule }] : []));
}

/** Those of a release's policies that are about an event's type. */
export function policiesAbout(policies: readonly Policy[], type: string): readonly Policy[] {
  return policies.filter((policy) => policy.on.includes(type));
}

async function readActs(actor: string, ports: HistoryPorts): Promise<PastAct[]> {
  const query = { kinds: ["verdict", "measure"], subject: actor, limit: historyActsMax };
  const acts: PastAct[] = [];
  for (const leaf of await ports.caseRecords(query)) {
    const record = parseLeaf(leaf);
    if (record.kind !== "verdict" && record.kind !== "measure") continue;
    const isOwn = record.kind === "verdict" ? record.actor === actor : record.subject === actor;
    const plaintext = isOwn ? await ports.actFacts(record.index) : undefined;
    const facts = plaintext === undefined ? undefined : readActFacts(plaintext);
    if (facts !== undefined) acts.push({ record, facts });
  }
  return acts;
}

// The last verdict that judges a decision counts.
function judge({ record, facts }: PastAct, voided: Set<number>): void {
  if (record.kind !== "verdict") return;
  if (facts.judged === "wrong") voided.add(record.of);
  else if (facts.judged === "right") voided.delete(record.of);
}

type PastVerdict = PastAct & { readonly record: Extract<DocketRecord, { kind: "verdict" }> };

// Of a decision that was confirmed, void and confirmed again, only what was given last counts.
function lastConfirmations(acts: readonly PastAct[]): PastVerdict[] {
  const last = new Map<number, PastVerdict>();
  for (const { record, facts } of acts) {
    if (record.kind === "verdict" && facts.strikes.length > 0) last.set(record.of, { record, facts });
  }
  return [...last.values()];
}

function mattered(row: DecisionRow, policies: readonly Policy[]): boolean {
  if (row.strikes > 0 || row.restrictions > 0 || row.proposed.length > 0) return true;
  return policiesAbout(policies, row.type).some(({ id, rules }) =>
    rules.some((rule) => {
      const { then } = rule;
      return then !== undefined && restricts(then) && row.fired.includes(`${id}/${rule.id}`);
    }),
  );
}

// Nothing followed from it: its facts need not be read.
function refusedEvent({ index, decidedMs: decidedAtMs }: DecisionRow): PastDecision {
  const nothing = { strikes: [], fired: [], capped: [], policies: [] };
  return { kind: "decision", index, decidedAtMs, isRefused: true, ...nothing };
}

function pastDecision(row: DecisionRow, facts: Facts, policies: readonly Policy[]): PastDecision {
  const { index, decidedMs: decidedAtMs, type } = row;
  return {
    kind: "decision",
    index,
    decidedAtMs,
    isRefused: false,
    strikes: facts.strikes.map((strike) => ({ ...strike, atMs: decidedAtMs })),
    fired: firedNames(facts),
    capped: facts.capped ?? [],
    policies: policiesAbout(policies, type),
  };
}

// What a person relied on although it was said to be wrong is no ground that can be lost.
function pastMeasure(
  { record, facts }: PastAct,
  known: ReadonlyMap<string, Restriction>,
  voided: ReadonlySet<number>,
): PastMeasure {
  const { index, ended } = record;
  const of = record.kind === "measure" ? record.of : [];
  const [name] = facts.taken ?? [];
  const [decision] = of;
  return {
    kind: "measure",
    index,
    grounds: of.filter((at) => !voided.has(at)),
    restrictions: record.restrictions.map(restrictionFromRecord),
    ended: ended.flatMap((id) => known.get(id) ?? []),
    step: name === undefined || decision === undefined ? undefined : { of: decision, name },
  };
}
