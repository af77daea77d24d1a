// SPDX-License-Identifier: Apache-2.0
// Counting from the log. What an event was counted under stands in its facts, for the counters and limits
// that the release in force declared. For others the keys are found out again: from the facts, if the record
// holds all that they read, else from the evidence, as long as it exists.
import type { KeyObject } from "node:crypto";
import { signalDefinitions } from "@docket/policy";
import type { EvaluationInput, ListView, PolicySet, Signals } from "@docket/policy";
import type { DecisionBody, Event, Facts } from "@docket/protocol";
import { openPart } from "../evidence/seal.ts";
import type { StoredRecord } from "../log/reader.ts";
import { CampaignKeys } from "./campaign-keys.ts";
import { countDecision, declaredIn, eventKeys } from "./counting.ts";
import type {
  CountedFacts,
  CounterMemory,
  Declared,
  NamedCounter,
  NamedLimit,
  RecordedKeys,
} from "./counting.ts";
import { campaignMark, campaignPath } from "./key-plan.ts";
import { languageFor } from "./language.ts";
import type { IdentifyLanguage } from "./language.ts";

/** What counting from the log needs from around it. */
export type HistoryPorts = {
  readonly origin: string;
  readonly siteKey: Uint8Array;
  readonly hashing: KeyObject;
  /** The key of an actor; `undefined` if it is gone. */
  readonly actorKey: (pseudonym: string) => Promise<Uint8Array | undefined>;
  readonly signals: (event: Event, language: IdentifyLanguage | undefined) => Signals;
  /** The counters and limits that a release declares, by their hash; `undefined` if it isn't kept. */
  readonly declaredBy: (release: string) => Promise<ReadonlySet<string> | undefined>;
};

/** What is counted: the release in force. */
export type CountedRelease = {
  readonly id: string;
  readonly policies: PolicySet;
  readonly lists: ReadonlyMap<string, ListView>;
};

/** Of how many events the keys were found out again, and of how many the evidence is gone. */
export type Coverage = { covered: number; missed: number };

/** Most releases of which it is remembered what they declare. */
const releasesRememberedMax = 1000;
const openFields: ReadonlySet<string> = new Set([
  "actor.id",
  ...signalDefinitions.filter((signal) => !signal.personal).map((signal) => `signals.${signal.name}`),
]);
const signalsPrefix = "signals.";

/** Counts decisions of a log. */
export class History {
  /** By the hash of the counter or limit; only those whose keys had to be found out. */
  readonly coverage: Map<string, Coverage> = new Map();
  readonly #ports: HistoryPorts;
  readonly #release: CountedRelease;
  /** What is counted. */
  readonly declared: Declared;
  /** By type of event: the ids that an event of it may be counted by. */
  readonly #byType = new Map<string, readonly string[]>();
  readonly #fromFacts: ReadonlySet<string>;
  readonly #releases = new Map<string, ReadonlySet<string> | undefined>();
  readonly #campaigns: CampaignKeys | undefined;

  /** @param only the ids of counters and limits that are wanted; all by default */
  constructor(ports: HistoryPorts, release: CountedRelease, only?: ReadonlySet<string>) {
    this.#ports = ports;
    this.#release = release;
    const all = declaredIn(release.policies);
    this.declared = only === undefined ? all : subset(all, only);
    this.#campaigns = CampaignKeys.of(this.declared, ports.hashing);
    this.#fromFacts = new Set(
      [
        ...this.declared.counters.filter(({ counter }) => isOpen(counter)),
        ...this.declared.limits.filter(({ limit }) => isOpen(limit)),
      ].map(({ id }) => id),
    );
  }

  /**
   * Counts a decision of the log.
   *
   * @param index of its record: what a shard has counted already is passed over
   */
  async count(
    memory: CounterMemory,
    stored: StoredRecord,
    record: DecisionBody,
    facts: Facts,
    index: number,
  ): Promise<void> {
    const lacking = this.#idsFor(facts.event.type).filter((id) => !Object.hasOwn(facts.keys, id));
    if (lacking.length === 0) {
      countDecision(memory, record, this.bound(memory, record, facts), index);
      return;
    }
    const declared = await this.#declaredBy(record.release);
    const unknown = lacking.filter((id) => declared?.has(id) !== true);
    const found = unknown.length === 0 ? facts : await this.#found(new Set(unknown), stored, record, facts);
    countDecision(memory, record, this.bound(memory, record, found), index);
  }

  /** The facts with the campaign in their keys that `memory` finds, where it knows any. */
  bound(
    memory: CounterMemory,
    { actor }: Pick<DecisionBody, "actor">,
    facts: CountedFacts & Partial<Pick<Facts, "values">>,
  ): CountedFacts {
    if (this.#campaigns === undefined || !memory.counters.has(this.#campaigns.index)) return facts;
    const recorded = campaignOf(facts);
    const decidedAtMs = Date.parse(facts.decidedAt);
    const { keys } = this.#campaigns.bind(memory, facts.keys as RecordedKeys, recorded, actor, decidedAtMs);
    return keys === facts.keys ? facts : { ...facts, keys };
  }

  #idsFor(type: string): readonly string[] {
    let ids = this.#byType.get(type);
    if (ids === undefined) {
      const { counters, limits } = this.declared;
      ids = [
        ...counters.filter(({ counter }) => counter.on.includes(type)).map(({ id }) => id),
        ...limits.filter(({ limit }) => limit.on.includes(type)).map(({ id }) => id),
      ];
      // Types come from outside: those that nothing is counted by aren't remembered.
      if (ids.length > 0) this.#byType.set(type, ids);
    }
    return ids;
  }

  async #declaredBy(release: string): Promise<ReadonlySet<string> | undefined> {
    if (this.#releases.has(release)) return this.#releases.get(release);
    const declared = await this.#ports.declaredBy(release);
    if (this.#releases.size >= releasesRememberedMax) this.#releases.clear();
    this.#releases.set(release, declared);
    return declared;
  }

  async #found(
    ids: ReadonlySet<string>,
    stored: StoredRecord,
    record: DecisionBody,
    facts: Facts,
  ): Promise<CountedFacts> {
    const open = new Set([...ids].filter((id) => this.#fromFacts.has(id)));
    const others = new Set([...ids].filter((id) => !this.#fromFacts.has(id)));
    const keys = { ...facts.keys };
    const uncounted = [...(facts.uncounted ?? [])];
    const take = (taken: ReadonlySet<string>, input: EvaluationInput): void => {
      const { policies } = this.#release;
      const found = eventKeys(subset(this.declared, taken), policies, input, this.#ports.hashing);
      Object.assign(keys, found.keys);
      uncounted.push(...found.uncounted);
      this.#tally(taken, "covered");
    };
    if (open.size > 0) take(open, inputFromFacts(facts));
    if (others.size > 0) {
      const event = await this.#evidence(stored, record.actor);
      if (event === undefined) this.#tally(others, "missed");
      else take(others, this.#inputFromEvidence(event, facts));
    }
    return { ...facts, keys, uncounted };
  }

  #tally(ids: ReadonlySet<string>, as: keyof Coverage): void {
    for (const id of ids) {
      const tally = this.coverage.get(id) ?? { covered: 0, missed: 0 };
      tally[as]++;
      this.coverage.set(id, tally);
    }
  }

  async #evidence(stored: StoredRecord, actor: string): Promise<Event | undefined> {
    const sealed = stored.parts?.parts.find((part) => part.name === "content");
    const key = sealed && (await this.#ports.actorKey(actor));
    const opened = key && sealed && openPart(sealed.bytes, "content", key, this.#ports.origin);
    return opened && (JSON.parse(opened.plaintext.toString("utf8")) as { event: Event }).event;
  }

  /** As it was recorded; as it is identified now, where no policy read it then. */
  #languageOf({ values }: Facts): IdentifyLanguage | undefined {
    const recorded = values["signals.language"];
    return typeof recorded === "string" ? () => recorded : languageFor(this.#release.policies);
  }

  #inputFromEvidence(event: Event, facts: Facts): EvaluationInput {
    // Where campaigns are counted again, the mark gives way to what is found.
    const campaign = campaignOf(facts) ?? (this.#campaigns === undefined ? undefined : campaignMark);
    return {
      ...inputFromFacts(facts),
      campaign,
      actor: event.actor,
      content: event.content,
      fields: event.fields,
      signals: this.#ports.signals(event, this.#languageOf(facts)),
      lists: this.#release.lists,
    };
  }
}

/**
 * An event as far as its facts tell: what {@link isOpen} counters and limits are counted by. They and their
 * conditions read the event and its signals, nothing else.
 */
export function inputFromFacts(facts: Pick<Facts, "values" | "event" | "decidedAt">): EvaluationInput {
  const signals: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(facts.values)) {
    if (path.startsWith(signalsPrefix)) signals[path.slice(signalsPrefix.length)] = value;
  }
  return {
    type: facts.event.type,
    op: facts.event.op,
    decidedAt: Date.parse(facts.decidedAt),
    // Its hash isn't asked for: the record's actor stands in the key.
    actor: { id: "-" },
    signals,
    counters: new Map(),
    standing: { strikes: 0, restricted: false, limited: [] },
  };
}

/** The campaign that facts say the event belonged to. */
export function campaignOf({ values }: Partial<Pick<Facts, "values">>): string | undefined {
  const campaign =
    values !== undefined && Object.hasOwn(values, campaignPath) ? values[campaignPath] : undefined;
  return typeof campaign === "string" ? campaign : undefined;
}

/** Whether the keys of a counter or limit follow from facts that every decision has. */
export function isOpen(declared: NamedCounter["counter"] | NamedLimit["limit"]): boolean {
  if ("kind" in declared && declared.kind === "campaigns") return false;
  const of = "of" in declared ? declared.of : undefined;
  if (declared.where !== undefined || (of !== undefined && !openFields.has(of))) return false;
  return declared.by.every((path) => openFields.has(path));
}

/** Of what is declared, the counters and limits of these ids. */
export function subset({ counters, limits }: Declared, ids: ReadonlySet<string>): Declared {
  return {
    counters: counters.filter(({ id }) => ids.has(id)),
    limits: limits.filter(({ id }) => ids.has(id)),
  };
}
