// SPDX-License-Identifier: Apache-2.0
// State comes from the log: when a site is opened, its memory (counters, standing) and whatever its views
// have not taken in are made again from the records, by the same functions that made them live.
import { parseLeaf, parseTime, readActFacts } from "@docket/protocol";
import type { ActFacts, DocketRecord, Facts, RecordHeader } from "@docket/protocol";
import { applyAct, applyPassing, cleanStanding } from "@docket/policy";
import type { Standing } from "@docket/policy";
import { openPart } from "../evidence/seal.ts";
import type { LogReader, StoredRecord } from "../log/reader.ts";
import { decisionRow } from "../views/decision-row.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { recordsNamed, subjectsNamed } from "../views/named.ts";
import { unkeptKinds } from "../views/site-index.ts";
import type { IndexEntry, SiteIndex } from "../views/site-index.ts";
import type { CounterMemory } from "./counting.ts";
import type { History } from "./history.ts";
import { actChange, changedStanding, encodeStanding, setStanding, standingAfter } from "./standings.ts";

/** How many records are handed to the views at once. */
const appliedEntriesMax = 500;

/** Told now and then how far a rebuild is. */
export type RebuildProgress = (done: number, total: number) => void;
/** What a rebuild works on. */
export type RebuildPorts = {
  reader: LogReader;
  index: SiteIndex;
  memory: CounterMemory;
  history: History;
  standings: Map<string, Standing>;
  siteKey: Uint8Array;
  origin: string;
};

/**
 * Brings memory and views up to the log.
 *
 * @param from the first record that is to be counted: see `startCounters`
 * @param viewsSize records that the views have
 * @param size records of the log, all published
 */
export async function rebuild(
  ports: RebuildPorts,
  from: number,
  viewsSize: number,
  size: number,
  onProgress: RebuildProgress | undefined,
): Promise<void> {
  const first = Math.min(from, viewsSize);
  let pending: IndexEntry[] = [];
  for (let index = first; index < size; index++) {
    const stored = await ports.reader.record(index, size);
    const record = parseLeaf(stored.leaf);
    const facts = record.kind === "decision" ? factsOf(stored, ports) : undefined;
    if (index >= from && record.kind === "decision" && facts !== undefined) {
      await ports.history.count(ports.memory, stored, record, facts, index);
    }
    if (index >= viewsSize) {
      const row = record.kind === "decision" && facts !== undefined ? decisionRow(record, facts) : undefined;
      const taken = facts ?? actFacts(record, stored, ports);
      pending.push(takeIn(record, stored.leaf, taken, ports.standings, row));
      if (pending.length === appliedEntriesMax) {
        await ports.index.apply(pending);
        pending = [];
      }
    }
    if (index % 256 === 0) onProgress?.(index - first, size - first);
  }
  if (pending.length > 0) await ports.index.apply(pending);
  for (const { id } of ports.memory.counters.kinds) ports.memory.counters.countFrom(id, undefined);
  for (const { id } of ports.memory.limits.kinds) ports.memory.limits.measureFrom(id, undefined);
}

/** The facts of a stored decision; `undefined` if they are gone or were sealed with another key. */
export function factsOf(
  stored: StoredRecord,
  ports: { siteKey: Uint8Array; origin: string },
): Facts | undefined {
  const sealed = stored.parts?.parts.find((part) => part.name === "facts");
  if (sealed === undefined) return undefined;
  const opened = openPart(sealed.bytes, "facts", ports.siteKey, ports.origin);
  return opened && (JSON.parse(opened.plaintext.toString("utf8")) as Facts);
}

function actFacts(record: DocketRecord, stored: StoredRecord, ports: RebuildPorts): ActFacts | undefined {
  const isAct = record.kind === "verdict" || record.kind === "measure";
  return isAct ? actFactsOf(stored, ports) : undefined;
}

/** The facts of a stored verdict or measure; `undefined` if they are gone or were sealed with another key. */
export function actFactsOf(
  stored: StoredRecord,
  ports: { siteKey: Uint8Array; origin: string },
): ActFacts | undefined {
  const sealed = stored.parts?.parts.find((part) => part.name === "facts");
  const opened = sealed && openPart(sealed.bytes, "facts", ports.siteKey, ports.origin);
  return opened && readActFacts(opened.plaintext.toString("utf8"));
}

/** What is taken in of a decision's facts. */
export type TakenFacts = Pick<Facts, "decidedAt" | "strikes" | "subjects"> & {
  readonly event: Pick<Facts["event"], "id" | "body">;
};

/**
 * What a record adds to the views; its standings are changed.
 *
 * @param facts of a decision, or of a verdict or measure
 * @param row of a decision
 */
export function takeIn(
  record: DocketRecord,
  leaf: string,
  facts: TakenFacts | ActFacts | undefined,
  standings: Map<string, Standing>,
  row?: DecisionRow,
): IndexEntry {
  const entry = entryOf(record, leaf);
  if (record.kind === "erasure" && record.step === "done") {
    setStanding(standings, record.actor, cleanStanding);
    return { ...entry, standing: { actor: record.actor, state: "" } };
  }
  if (facts === undefined) return entry;
  if (record.kind === "verdict" || record.kind === "measure") {
    const subject = record.kind === "verdict" ? record.actor : record.subject;
    const before = standings.get(subject) ?? cleanStanding;
    const after = applyAct(before, actChange(record, facts as ActFacts));
    setStanding(standings, subject, after);
    return { ...entry, standing: changedStanding(subject, before, after) };
  }
  if (record.kind !== "decision") return entry;
  const taken = takeInDecision(record, entry, facts as TakenFacts, standings);
  return row === undefined ? taken : { ...taken, decision: row };
}

function takeInDecision(
  record: Extract<DocketRecord, { kind: "decision" }>,
  entry: IndexEntry,
  facts: TakenFacts,
  standings: Map<string, Standing>,
): IndexEntry {
  const before = standings.get(record.actor) ?? cleanStanding;
  const after = standingAfter(before, record, facts);
  setStanding(standings, record.actor, after);
  const decidedMs = Date.parse(facts.decidedAt);
  const subjects = (facts.subjects ?? []).map((subject) => {
    const passed = applyPassing(standings.get(subject) ?? cleanStanding, record.outcome, decidedMs);
    setStanding(standings, subject, passed);
    return { actor: subject, state: encodeStanding(passed) };
  });
  return {
    ...entry,
    decidedMs,
    event: Buffer.from(facts.event.id, "base64url"),
    body: Buffer.from(facts.event.body, "base64url"),
    standing: changedStanding(record.actor, before, after),
    ...(subjects.length > 0 && { subjects }),
  };
}

/** What the views keep of a record, as far as its leaf says it. */
export function entryOf(record: DocketRecord, leaf: string): IndexEntry {
  const entry = plainEntry(record);
  if (record.kind === "decision") return entry;
  const { kind, by } = record;
  const act = { kind, by, named: recordsNamed(record), subjects: subjectsNamed(record) };
  const kept = unkeptKinds.has(kind) ? undefined : { kind, leaf };
  return { ...entry, act, kept, release: kind === "release" ? record.release : undefined };
}

/** What the views keep of a record that they are not told more about. */
export function plainEntry(record: Pick<RecordHeader, "index" | "time">): IndexEntry {
  return {
    index: record.index,
    decidedMs: 0,
    sealedMs: parseTime(record.time) ?? 0,
    actors: [],
    event: undefined,
    body: undefined,
    standing: undefined,
    release: undefined,
  };
}
