// SPDX-License-Identifier: Apache-2.0
// Reads bundles of records and finds out all of their events that can be known before their turn: from
// recorded facts, where these hold all that the candidate reads, else from the evidence, as long as it
// exists. What a thread of a backtest does.
import type { KeyObject } from "node:crypto";
import { factsSource, languageVersion, lookupsRead, prepareType } from "@docket/policy";
import { recordedLookups, recordedReports } from "@docket/policy";
import { scoreModels, signalsVersion } from "@docket/policy";
import type { EvaluationInput, FactsSource, KnownCounters, Preparation } from "@docket/policy";
import type { DecisionBody, Event, Facts, PartName, RecordHeader } from "@docket/protocol";
import { tileWidth } from "@docket/tlog";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { openPart } from "../evidence/seal.ts";
import { CampaignKeys } from "../intake/campaign-keys.ts";
import { declaredIn, eventKeys } from "../intake/counting.ts";
import type { Declared, EventKeys } from "../intake/counting.ts";
import { campaignOf, inputFromFacts, isOpen, subset } from "../intake/history.ts";
import { campaignMark, KeyPlans } from "../intake/key-plan.ts";
import { KeyPacker } from "../intake/packed-keys.ts";
import { signalsUnder } from "../intake/site-signals.ts";
import type { LogDisk } from "../log/disk.ts";
import type { JournalledActor } from "../log/journalled-actors.ts";
import type { LogPaths } from "../log/paths.ts";
import { readBundle } from "../log/record-bundle.ts";
import type { ReadLogFile, ReadRecord } from "../log/record-bundle.ts";
import { keptRelease, listsOf, modelsOf } from "../releases/release.ts";
import type { Release } from "../releases/release.ts";
import { declarationsOf } from "../rollout/declarations.ts";
import { BatchWriter } from "./batch.ts";
import type { Batch, DecisionItem } from "./batch.ts";
import { loadCandidate } from "./candidate.ts";
import type { PlainCandidate } from "./candidate.ts";
import { effectsText } from "./effects.ts";
import { countedBesides, knownCounters } from "./known-counters.ts";

/** What a preparer is started with. Plain, so that threads can be given it. */
export type PreparerStart = {
  readonly paths: LogPaths;
  readonly origin: string;
  readonly siteKey: Uint8Array;
  readonly hashing: KeyObject;
  /** The folder of the site's keys. */
  readonly folder: KeyFolder;
  /** The file of the identity map, and actors that only the journal has. */
  readonly identity: string;
  readonly journalled: readonly JournalledActor[];
  readonly candidate: PlainCandidate;
  /** The hashes of counters whose recorded values hold: they are read from facts, not counted. */
  readonly known: readonly string[];
  /** From this record on an entry of a list may have been held back when lists were asked. */
  readonly brakedFrom: number;
  /** Whether the events' hashes are wanted, to find those that a sample names. */
  readonly withEventHashes: boolean;
};

/** What it leans on. */
export type PreparerPorts = {
  readonly disk: LogDisk;
  readonly read: ReadLogFile;
  /** Actors' keys. */
  readonly actorKey: (pseudonym: string) => Uint8Array | undefined;
  /** Milliseconds of a clock that only goes on. */
  readonly nowMs: () => number;
};

/** Bundles to prepare. */
export type PrepareQuestion = {
  readonly first: number;
  readonly count: number;
  /** Records that the checkpoint covers. */
  readonly size: number;
  /** Records before `warm` and from `to` on are passed over; those before `from` are as they were. */
  readonly warm: number;
  readonly from: number;
  readonly to: number;
};

/** The ids of the counters and limits that are counted, in the order in which batches number them. */
export function countedIds({ counters, limits }: Declared): string[] {
  return [...counters, ...limits].map(({ id }) => id);
}

/** Most actors' keys that are held in memory. */
const keysCachedMax = 50_000;
/** Most pairs of a release and a type of which it is remembered how they are covered. */
const sourcesCachedMax = 10_000;
const changeKinds: ReadonlySet<string> = new Set(["release", "list", "brake", "confirm"]);

/** The record of a decision. */
export type RecordedDecision = Pick<RecordHeader, "index"> & DecisionBody;
/** What is found out about a decision's event. */
type Found = Pick<DecisionItem, "keys" | "prepared" | "event" | "covered">;
/** How decisions of one type under one release are covered. */
type Source = {
  /** `undefined` where facts don't do for the conditions. */
  readonly facts: FactsSource | undefined;
  /** Counters and limits whose keys the facts lack: those that follow from facts, and the others. */
  readonly open: Declared;
  readonly closed: Declared;
};

/** Prepares bundles. */
export class Preparer {
  readonly #start: PreparerStart;
  readonly #ports: PreparerPorts;
  readonly #candidate: Release;
  /** What is counted, and counters that needn't be. */
  readonly #declared: Declared;
  readonly #known: KnownCounters;
  readonly #ids: readonly string[];
  readonly #keyPlans: KeyPlans;
  readonly #campaigns: CampaignKeys | undefined;
  readonly #packers = new Map<string, KeyPacker>();
  readonly #preparations = new Map<string, Preparation | undefined>();
  readonly #watchedLists: ReadonlySet<string>;
  readonly #sources = new Map<string, Source>();
  #lastSource: { readonly release: string; readonly type: string; readonly source: Source } | undefined;
  readonly #releases = new Map<string, Release | undefined>();
  readonly #actorKeys = new Map<string, Uint8Array | undefined>();

  constructor(start: PreparerStart, ports: PreparerPorts) {
    this.#start = start;
    this.#ports = ports;
    this.#candidate = loadCandidate({ ...start, disk: ports.disk }, start.candidate);
    const declared = declaredIn(this.#candidate.policies);
    this.#declared = countedBesides(declared, start.known);
    this.#known = knownCounters(declared, start.known);
    this.#ids = countedIds(this.#declared);
    this.#campaigns = CampaignKeys.of(this.#declared, start.hashing);
    this.#keyPlans = new KeyPlans(this.#declared, this.#candidate.policies);
    const { lists } = declarationsOf(this.#candidate.policies.policies);
    this.#watchedLists = new Set(lists.map(({ name }) => name));
  }

  /** Prepares some bundles. */
  prepare(question: PrepareQuestion): Batch {
    const beganMs = this.#ports.nowMs();
    const writer = this.writer();
    let records = 0;
    const end = question.first + question.count;
    for (let bundle = question.first; bundle < end; bundle++) {
      const width = Math.min(tileWidth, question.size - bundle * tileWidth);
      for (const read of readBundle(this.#ports.read, bundle, width)) {
        if (read.index < question.warm || read.index >= question.to) continue;
        records += 1;
        this.#record(read, question, writer);
      }
    }
    return writer.finish(records, this.#ports.nowMs() - beganMs);
  }

  /** Packs what {@link Preparer.prepareDecision} gives. */
  writer(): BatchWriter {
    return new BatchWriter(this.#ids, (type) => this.#packerOf(type));
  }

  #record(read: ReadRecord, { from }: PrepareQuestion, writer: BatchWriter): void {
    const { index, record, fault, leaf } = read;
    if (record === undefined || fault !== undefined) {
      writer.add({ kind: "lost", index, why: fault ?? "it cannot be read" });
      return;
    }
    if (record.kind !== "decision") {
      if (index >= from || !changeKinds.has(record.kind)) return;
      const name = record.kind === "brake" ? "facts" : "change";
      writer.add({ kind: "change", index, leaf, part: this.#open(read, name, this.#start.siteKey) });
      return;
    }
    const text = this.#open(read, "facts", this.#start.siteKey);
    if (text === undefined) {
      writer.add({ kind: "lost", index, why: "its facts cannot be opened with the site's key" });
      return;
    }
    const evidence = (): Event | undefined => this.#evidence(read, record.actor);
    writer.add(this.prepareDecision(record, JSON.parse(text) as Facts, index >= from, evidence));
  }

  /**
   * Prepares a decision.
   *
   * @param isDecided whether it will be decided again; of others only what they left is wanted
   * @param evidence gives its event, where it is left
   */
  prepareDecision(
    record: RecordedDecision,
    facts: Facts,
    isDecided: boolean,
    evidence: () => Event | undefined,
  ): DecisionItem {
    const found = this.#find(record, facts, isDecided, evidence);
    // Each key by itself: spreading takes as long as all the rest.
    return {
      kind: "decision",
      index: record.index,
      decidedAtMs: Date.parse(facts.decidedAt),
      decidedAt: facts.decidedAt,
      type: facts.event.type,
      actor: record.actor,
      release: record.release,
      outcome: record.outcome,
      effects: effectsText(record, facts),
      eventHash: this.#start.withEventHashes ? facts.event.id : "",
      covered: found.covered,
      keys: found.keys,
      prepared: found.prepared,
      event: found.event,
    };
  }

  #find(
    record: RecordedDecision,
    facts: Facts,
    isDecided: boolean,
    evidence: () => Event | undefined,
  ): Found {
    const { type } = facts.event;
    const source = this.#sourceOf(record.release, type);
    const preparation = isDecided ? this.#preparationOf(type) : undefined;
    const fromFacts = this.#fromFacts(source, preparation, facts, record.index);
    if (fromFacts !== undefined) return fromFacts;
    const event = evidence();
    if (event !== undefined) return this.#fromEvent(event, facts, preparation, record.release);
    // Which entries lists found matters to nothing but the brakes of these entries.
    const rest = this.#fromFacts(source, preparation, facts, record.index, true);
    if (rest !== undefined) return rest;
    const keys = this.#keysFromFacts(source, facts);
    return { keys, prepared: undefined, event: undefined, covered: "gone" };
  }

  #fromFacts(
    source: Source,
    preparation: Preparation | undefined,
    facts: Facts,
    index: number,
    withoutHits = false,
  ): Found | undefined {
    const { counters, limits } = source.closed;
    if (counters.length + limits.length > 0) return undefined;
    if (preparation === undefined) {
      const keys = this.#keysFromFacts(source, facts);
      return { keys, prepared: undefined, event: undefined, covered: "facts" };
    }
    if (source.facts === undefined) return undefined;
    if (preparation.asksLists && index >= this.#start.brakedFrom) return undefined;
    const { event, values, clauses, counters: read } = facts;
    const recorded = { values, clauses, op: event.op, counters: read };
    const prepared = preparation.fromFacts(recorded, source.facts, withoutHits);
    if (prepared === undefined) return undefined;
    return { keys: this.#keysFromFacts(source, facts), prepared, event: undefined, covered: "facts" };
  }

  #keysFromFacts(source: Source, facts: Facts): EventKeys {
    const { counters, limits } = source.open;
    const recorded = facts.keys as EventKeys["keys"];
    const keys = this.#campaigns?.unbind(recorded, campaignOf(facts)) ?? recorded;
    if (counters.length + limits.length === 0) return { keys, uncounted: facts.uncounted ?? [] };
    const { policies } = this.#candidate;
    const found = eventKeys(source.open, policies, inputFromFacts(facts), this.#start.hashing);
    return {
      keys: { ...keys, ...found.keys },
      uncounted: [...(facts.uncounted ?? []), ...found.uncounted],
    };
  }

  #fromEvent(event: Event, facts: Facts, preparation: Preparation | undefined, decidedUnder: string): Found {
    const { policies } = this.#candidate;
    const { lookups, unrecorded } = this.#recordedLookups(decidedUnder, facts);
    const counters = countersRead(this.#known, facts.counters);
    // Which reports somebody had looked at by then, nobody can tell any more.
    const reports = recordedReports(facts.values);
    const input = {
      ...eventInput(event, facts.decidedAt, this.#start.hashing, this.#candidate),
      lookups,
      reports,
      counters,
    };
    const keys = eventKeys(this.#declared, policies, input, this.#start.hashing);
    const prepared = preparation?.fromEvent(input);
    // Whether an entry that it hit is held back is known only in its turn.
    const isAskedAgain =
      preparation?.needsEvent === true ||
      prepared?.hits.some(({ list }) => this.#watchedLists.has(list)) === true;
    const askedAgain: AskedAgain = { event, lookups, reports, counters: [...counters] };
    return {
      keys,
      prepared,
      event: isAskedAgain ? JSON.stringify(askedAgain) : undefined,
      covered: unrecorded.length > 0 ? "unasked" : "evidence",
    };
  }

  /** Nobody is asked again: what a list says today is not what it said then. */
  #recordedLookups(decidedUnder: string, facts: Facts): ReturnType<typeof recordedLookups> {
    const { policies } = this.#candidate;
    const { type } = facts.event;
    const wanted = lookupsRead(policies, type);
    if (wanted.length === 0) return { lookups: undefined, unrecorded: [] };
    const release = this.#release(decidedUnder);
    if (release === undefined) return { lookups: {}, unrecorded: wanted.map(({ name }) => name) };
    return recordedLookups(policies, release.policies, type, facts.values);
  }

  #packerOf(type: string): KeyPacker | undefined {
    if (this.#ids.length === 0) return nothingToPack;
    let packer = this.#packers.get(type);
    if (packer === undefined) {
      const plan = this.#keyPlans.of(type);
      // Types come from outside: what nothing is counted by isn't remembered. Which campaign an event belongs
      // to is known in its turn only: its keys stay text.
      if (plan.groups.length === 0 || plan.campaigns !== undefined) return undefined;
      this.#packers.set(type, (packer = new KeyPacker(plan)));
    }
    return packer;
  }

  #preparationOf(type: string): Preparation | undefined {
    if (!this.#preparations.has(type)) {
      // Types come from outside: what no policy is about isn't remembered.
      const preparation = prepareType(this.#candidate.policies, type, this.#known);
      if (preparation === undefined) return undefined;
      this.#preparations.set(type, preparation);
    }
    return this.#preparations.get(type);
  }

  #sourceOf(release: string, type: string): Source {
    const last = this.#lastSource;
    // Most stand under the same release as the one before.
    if (last?.release === release && last.type === type) return last.source;
    const name = `${release}\n${type}`;
    let source = this.#sources.get(name);
    if (source === undefined) {
      if (this.#sources.size >= sourcesCachedMax) this.#sources.clear();
      this.#sources.set(name, (source = this.#newSource(release, type)));
    }
    this.#lastSource = { release, type, source };
    return source;
  }

  #newSource(id: string, type: string): Source {
    const release = this.#release(id);
    const known = new Set(release === undefined ? [] : countedIds(declaredIn(release.policies)));
    const lacking = (each: { readonly on: readonly string[] }, own: string): boolean =>
      each.on.includes(type) && !known.has(own);
    const counters = this.#declared.counters.filter(({ counter, id: own }) => lacking(counter, own));
    const limits = this.#declared.limits.filter(({ limit, id: own }) => lacking(limit, own));
    const open = new Set([
      ...counters.filter(({ counter }) => isOpen(counter)).map(({ id: own }) => own),
      ...limits.filter(({ limit }) => isOpen(limit)).map(({ id: own }) => own),
    ]);
    const closed = new Set(
      [...counters, ...limits].map(({ id: own }) => own).filter((own) => !open.has(own)),
    );
    const facts = release && this.#factsOf(release, type);
    return { facts, open: subset(this.#declared, open), closed: subset(this.#declared, closed) };
  }

  #factsOf(release: Release, type: string): FactsSource | undefined {
    const manifest = JSON.parse(release.manifest) as { language: string; signals: string };
    if (manifest.language !== languageVersion || manifest.signals !== signalsVersion) return undefined;
    const versions = (of: Pick<Release, "manifest">): Map<string, string> =>
      new Map(listsOf(of).map(({ name, version }) => [name, version]));
    const [then, now] = [versions(release), versions(this.#candidate)];
    const same = (list: string): boolean => now.has(list) && now.get(list) === then.get(list);
    const hashes = (of: Pick<Release, "manifest">): Map<string, string> =>
      new Map(modelsOf(of).map(({ name, sha256 }) => [name, sha256]));
    const [modelsThen, modelsNow] = [hashes(release), hashes(this.#candidate)];
    const sameModel = (name: string): boolean =>
      modelsNow.has(name) && modelsNow.get(name) === modelsThen.get(name);
    return factsSource(this.#candidate.policies, release.policies, type, same, sameModel, this.#known);
  }

  #release(id: string): Release | undefined {
    if (!this.#releases.has(id)) {
      let release: Release | undefined;
      try {
        release = keptRelease(this.#ports.disk, this.#start.paths, id);
      } catch {
        // What isn't kept, or can't be compiled any more, leaves the evidence.
      }
      this.#releases.set(id, release);
    }
    return this.#releases.get(id);
  }

  #evidence(read: ReadRecord, actor: string): Event | undefined {
    const key = this.#actorKey(actor);
    const opened = key && this.#open(read, "content", key);
    return opened === undefined ? undefined : (JSON.parse(opened) as { event: Event }).event;
  }

  #actorKey(pseudonym: string): Uint8Array | undefined {
    if (this.#actorKeys.has(pseudonym)) return this.#actorKeys.get(pseudonym);
    const key = this.#ports.actorKey(pseudonym);
    if (this.#actorKeys.size >= keysCachedMax) this.#actorKeys.clear();
    this.#actorKeys.set(pseudonym, key);
    return key;
  }

  #open({ parts }: ReadRecord, name: PartName, key: Uint8Array): string | undefined {
    const sealed = parts.find((part) => part.name === name);
    const opened = sealed && openPart(sealed.bytes, name, key, this.#start.origin);
    return opened?.plaintext.toString("utf8");
  }
}

const nothingToPack = new KeyPacker({ counters: [], limits: [], groups: [] });

/** An event that is looked at again in its turn, with what look-ups said of it and known counters. */
export type AskedAgain = {
  readonly event: Event;
  readonly lookups?: EvaluationInput["lookups"];
  readonly reports?: EvaluationInput["reports"];
  readonly counters: readonly (readonly [id: string, value: number])[];
};

/** The values of known counters, by their ids. */
function countersRead(known: KnownCounters, recorded: Facts["counters"]): Map<string, number> {
  const read = new Map<string, number>();
  for (const [id, name] of known) {
    const value = recorded[name];
    if (value !== undefined) read.set(id, value);
  }
  return read;
}

/** An event as conditions read it, without what earlier events left. */
export function eventInput(
  event: Event,
  decidedAt: string,
  hashing: KeyObject,
  { policies, lists, models }: Pick<Release, "policies" | "lists" | "models">,
): EvaluationInput {
  return {
    type: event.type,
    op: event.op ?? "create",
    decidedAt: Date.parse(decidedAt),
    actor: event.actor,
    content: event.content,
    fields: event.fields,
    signals: signalsUnder(policies, event, hashing),
    campaign: policies.campaigns === undefined ? undefined : campaignMark,
    models: scoreModels(policies, models, event.type, event.content),
    counters: new Map(),
    lists,
    standing: { strikes: 0, restricted: false, limited: [] },
  };
}
