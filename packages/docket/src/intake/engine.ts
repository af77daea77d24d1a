// SPDX-License-Identifier: Apache-2.0
// The engine: from an event and what memory holds to a decision, in one turn and without I/O. What is read
// (counters, limits, standing, lists, what is held back) is read here and becomes facts; what changes is
// changed here too, and can be taken back. Live decisions, backtests and benchmarks all run it.
import type { KeyObject } from "node:crypto";
import {
  applyPassing,
  cleanStanding,
  concludeDecision,
  enforce,
  evaluate,
  readStanding,
  restrictionsAt,
} from "@docket/policy";
import type {
  BeyondActor,
  Caps,
  Conclusion,
  Evaluation,
  EvaluationInput,
  ListView,
  MemoryRead,
  Outcome,
  ReportsRead,
  Signals,
  Standing,
  StandingBeyond,
  StandingRead,
} from "@docket/policy";
import { formatTime } from "@docket/protocol";
import type { Event, Facts } from "@docket/protocol";
import type { Undo } from "../counters/counters.ts";
import {
  cellHashOf,
  countDecision,
  counterKinds,
  declaredIn,
  isRefusal,
  limitKinds,
  readCounters,
  readLimits,
} from "./counting.ts";
import type { CounterMemory, Declared, EventKeys, RecordedKeys } from "./counting.ts";
import { CampaignKeys } from "./campaign-keys.ts";
import type { BoundKeys } from "./campaign-keys.ts";
import { EventPlan } from "./event-plan.ts";
import type { EventMemory, HowCounted } from "./event-plan.ts";
import type { PackedKeys } from "./packed-keys.ts";
import type { Release } from "../releases/release.ts";
import type { ObservedFacts } from "../rollout/rule-modes.ts";
import { setStanding, standingAfter } from "./standings.ts";

/** An event with all that was found out about it before its turn. */
export type Subject = {
  event: Event;
  /** Keyed hashes of the event's id and of its encoded body, base64url. */
  eventHash: string;
  bodyHash: string;
  /** Keyed hash of the content's id, where it has one. */
  contentHash?: string | undefined;
  /** The actor's pseudonym. */
  actor: string;
  source: "http" | "file";
  /** The app has acted on it already. */
  late?: boolean;
  decidedAtMs: number;
  clock: "event" | "received";
  signals: Signals;
  /** What the models of the release that decides say of it. */
  models?: EvaluationInput["models"];
  /** What lists in the DNS said of it; absent where none was asked. */
  lookups?: EvaluationInput["lookups"];
};

/** What is held back, and who may restrict nobody else: what rollout shares, brakes and caps say. */
export type Effects = {
  held: NonNullable<EvaluationInput["held"]>;
  caps: Caps;
};

/**
 * What has a say in which rules have their effect. It is asked before each decision, and told of it after.
 */
export interface EffectKeeper {
  effectsFor(actor: string, type: string, atMs: number): Effects;
  /** Lists without the entries that are held back. */
  listsFor(lists: ReadonlyMap<string, ListView>): ReadonlyMap<string, ListView>;
  /** @param decidedAtMs the same as the facts have, where it is known as a number */
  observe(actor: string, facts: ObservedFacts, decidedAtMs?: number): Undo;
}

/** Something that is no actor and that events come with: a network, a device. */
export type FoundSubject = { readonly subject: string; readonly kind: BeyondActor };

/** What else than actors restrictions may be on. */
export interface RestrictedSubjects {
  /** How many have had restrictions that are not forgotten; with none, no event is asked about. */
  readonly size: number;
  /** Which of them an event comes with. */
  of(event: Event, signals: Signals): readonly FoundSubject[];
}

/** What an event is decided by in its turn, where the rest was found out before. */
export type PreparedSubject = {
  readonly type: string;
  /** The actor's pseudonym. */
  readonly actor: string;
  readonly decidedAtMs: number;
  /** The same as facts have it. */
  readonly decidedAt: string;
  readonly keys: EventKeys | PackedKeys;
  /**
   * What the policies say.
   *
   * @param lists what of the release's lists is in force
   */
  readonly evaluate: (memory: MemoryRead, lists: ReadonlyMap<string, ListView>) => Evaluation;
};

/** A decision of which no record is made. */
export type Judged = {
  readonly evaluation: Evaluation;
  readonly conclusion: Conclusion;
  /** What counts of it later. */
  readonly facts: ObservedFacts & HowCounted & Pick<Facts, "strikes">;
};

/** What the engine keeps between events. */
export type EngineMemory = CounterMemory & {
  /** By pseudonym, or by the key of another subject; who isn't there has a clean one. */
  readonly standings: Map<string, Standing>;
};

/** What the engine is given from outside. */
export type EnginePorts = {
  readonly hashing: KeyObject;
  readonly effects: EffectKeeper;
  /** The keyed hash of a list's entry. */
  readonly entryHash: (list: string, entry: string) => string;
  readonly newRestrictionId: () => string;
  readonly subjects?: RestrictedSubjects | undefined;
  /**
   * What users reported of an actor, and of a content by its keyed hash, up to the newest record that is
   * durable; without it what conditions read of reports is missing.
   */
  readonly reportsAt?:
    | ((actor: string, content: string | undefined, atMs: number) => ReportsRead)
    | undefined;
};

/** A decision, and what was read for it. */
export type Decided = {
  readonly subject: Subject;
  readonly release: string;
  readonly evaluation: Evaluation;
  readonly conclusion: Conclusion;
  readonly facts: Facts;
  readonly before: Standing;
  readonly after: Standing;
  /** Standings of what else the event came with, where restrictions are in force on it. */
  readonly beyond: readonly {
    readonly subject: string;
    readonly before: Standing;
    readonly after: Standing;
  }[];
};

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
/** What was read for a decision. */
type Read = {
  readonly plan: EventPlan;
  readonly input: EvaluationInput;
  readonly keys: EventKeys;
  readonly memory: EventMemory;
};

/** Decides events one after the other. */
export class Engine {
  readonly memory: EngineMemory;
  readonly #ports: EnginePorts;
  #release: Release;
  #declared: Declared;
  #campaigns: CampaignKeys | undefined;
  readonly #plans = new Map<string, EventPlan>();

  /** @param declared what of the release's counters and limits is counted; by default all */
  constructor(
    release: Release,
    memory: EngineMemory,
    ports: EnginePorts,
    declared: Declared = declaredIn(release.policies),
  ) {
    this.memory = memory;
    this.#ports = ports;
    this.#release = release;
    this.#declared = declared;
    this.#campaigns = CampaignKeys.of(declared, ports.hashing);
  }

  /** The release that the next event is decided under. */
  get release(): Release {
    return this.#release;
  }

  /**
   * Decides under another release from the next event on. Counters and limits that both declare go on; those
   * that are new begin empty, and the caller sees to it that they are warmed; those that are gone are kept
   * until `settle` says that the release is in force for good, or `undo` that it is not.
   */
  adopt(release: Release): { undo: Undo; settle: () => void } {
    const before = { release: this.#release, declared: this.#declared };
    const after = { release, declared: declaredIn(release.policies) };
    this.#use(after);
    this.#declare(before.declared, after.declared);
    return {
      undo: () => {
        this.#use(before);
        this.#declare(before.declared);
      },
      // With another change on its way, that one's end settles both.
      settle: () => {
        if (this.#declared === after.declared) this.#declare(after.declared);
      },
    };
  }

  /**
   * Decides an event whose text and signals were looked at before, and takes it into memory. No facts are
   * made of it: for whoever asks what would have come out.
   */
  judge(subject: PreparedSubject): Judged {
    const { type, actor, decidedAtMs, decidedAt, keys } = subject;
    const plan = this.#planOf(type);
    const about = plan.policies;
    const before = this.memory.standings.get(actor) ?? cleanStanding;
    const standing = readStanding(before, about, decidedAtMs);
    const { held, caps } = this.#ports.effects.effectsFor(actor, type, decidedAtMs);
    const isPacked = "numbers" in keys;
    if (isPacked) plan.take(keys);
    const bound = isPacked ? unbound : this.#bind(keys, actor, decidedAtMs);
    const read = isPacked
      ? plan.readTaken(decidedAtMs, held)
      : this.#readOneByOne(bound.keys, actor, decidedAtMs, held);
    const { campaign } = bound;
    const { counters, limits, shadowLimits } = read;
    const after = standingInput(standing);
    const memory: MemoryRead = { campaign, counters, limits, shadowLimits, standing: after, held };
    const evaluation = subject.evaluate(memory, this.#ports.effects.listsFor(this.#release.lists));
    const enforcement = enforce(evaluation, about, standing, decidedAtMs, caps, this.#ports.newRestrictionId);
    const conclusion = concludeDecision(evaluation, enforcement);
    const hits = this.#hitsOf(evaluation);
    const facts: Writable<Judged["facts"]> = {
      event: { type },
      decidedAt,
      fired: conclusion.facts.fired,
      strikes: conclusion.facts.strikes,
    };
    if (keys.uncounted.length > 0) facts.uncounted = keys.uncounted as string[];
    if (read.shadowLimitFacts !== undefined) facts.shadowLimits = read.shadowLimitFacts;
    if (hits.length > 0) facts.hits = hits;
    const { thresholds, restricting, capped } = conclusion.facts;
    if (thresholds !== undefined) facts.thresholds = thresholds;
    if (restricting !== undefined) facts.restricting = restricting;
    if (capped !== undefined) facts.capped = capped;
    this.#ports.effects.observe(actor, facts, decidedAtMs);
    if (isPacked) plan.count(!isRefusal(conclusion.outcome), facts, decidedAtMs, undefined);
    else this.#countOneByOne(bound.keys, actor, conclusion.outcome, facts, decidedAtMs);
    setStanding(this.memory.standings, actor, standingAfter(before, conclusion, facts, decidedAtMs));
    return { evaluation, conclusion, facts };
  }

  /** Counts a decision that was made elsewhere. */
  count(
    { type, actor, decidedAtMs, keys }: Omit<PreparedSubject, "evaluate" | "decidedAt">,
    outcome: Outcome,
    facts: HowCounted & Pick<Facts, "decidedAt">,
  ): void {
    if ("numbers" in keys) {
      const plan = this.#planOf(type);
      plan.take(keys);
      plan.count(!isRefusal(outcome), facts, decidedAtMs, undefined);
    } else {
      this.#countOneByOne(this.#bind(keys, actor, decidedAtMs).keys, actor, outcome, facts, decidedAtMs);
    }
  }

  /** What would be decided now. Nothing is changed. */
  try(subject: Subject): Decided {
    return this.#decide(subject, this.#planOf(subject.event.type));
  }

  /** Decides an event, and takes it into memory; `undo` takes that back, newest event first. */
  decide(subject: Subject): { decided: Decided; undo: Undo } {
    const plan = this.#planOf(subject.event.type);
    const decided = this.#decide(subject, plan);
    const { standings } = this.memory;
    const { conclusion, facts, before, after, beyond } = decided;
    const { actor, decidedAtMs } = subject;
    const unobserve = this.#ports.effects.observe(actor, facts, decidedAtMs);
    const undos: Undo[] = [];
    plan.count(!isRefusal(conclusion.outcome), facts, decidedAtMs, undos);
    setStanding(standings, actor, after);
    for (const each of beyond) setStanding(standings, each.subject, each.after);
    const undo = (): void => {
      setStanding(standings, actor, before);
      for (const each of beyond) setStanding(standings, each.subject, each.before);
      for (let at = undos.length - 1; at >= 0; at--) (undos[at] as Undo)();
      unobserve();
    };
    return { decided, undo };
  }

  #decide(subject: Subject, plan: EventPlan): Decided {
    const { policies } = this.#release;
    const { event, actor, decidedAtMs } = subject;
    const before = this.memory.standings.get(actor) ?? cleanStanding;
    const found = this.#foundBeyond(subject);
    const standing = readStanding(before, plan.policies, decidedAtMs, found);
    const { held, caps } = this.#ports.effects.effectsFor(actor, event.type, decidedAtMs);
    const read = this.#read(subject, plan, standing, held);
    const evaluation = evaluate(policies, read.input);
    const { newRestrictionId } = this.#ports;
    const enforcement = enforce(evaluation, plan.policies, standing, decidedAtMs, caps, newRestrictionId);
    const conclusion = concludeDecision(evaluation, enforcement);
    const facts = this.#factsOf(subject, read, standing, evaluation, conclusion);
    if (found.length > 0) facts.subjects = found.map((each) => each.subject);
    const after = standingAfter(before, conclusion, facts, decidedAtMs);
    const beyond = found.map(({ subject: name, standing: other }) => {
      return { subject: name, before: other, after: applyPassing(other, conclusion.outcome, decidedAtMs) };
    });
    return { subject, release: this.#release.id, evaluation, conclusion, facts, before, after, beyond };
  }

  /** What else than its actor the event comes with, where restrictions are in force on it. */
  #foundBeyond({ event, signals, decidedAtMs }: Subject): readonly (FoundSubject & StandingBeyond)[] {
    const { subjects } = this.#ports;
    if (subjects === undefined || subjects.size === 0) return nothingBeyond;
    return subjects.of(event, signals).flatMap(({ subject, kind }) => {
      const standing = this.memory.standings.get(subject) ?? cleanStanding;
      return restrictionsAt(standing, decidedAtMs).length > 0 ? [{ subject, kind, standing }] : [];
    });
  }

  #read(subject: Subject, plan: EventPlan, standing: StandingRead, held: Effects["held"]): Read {
    const { event, actor, decidedAtMs, signals, models, lookups } = subject;
    const input: Writable<EvaluationInput> = {
      type: event.type,
      op: event.op ?? "create",
      decidedAt: decidedAtMs,
      actor: event.actor,
      content: event.content,
      fields: event.fields,
      signals,
      models,
      lookups,
      counters: nothingRead,
      limits: nothingRead,
      shadowLimits: nothingRead,
      lists: this.#ports.effects.listsFor(this.#release.lists),
      held,
      standing: standingInput(standing),
    };
    if (plan.readsReports) input.reports = this.#ports.reportsAt?.(actor, subject.contentHash, decidedAtMs);
    input.campaign = plan.campaign(input, actor, decidedAtMs);
    const keys = plan.keys(input, cellHashOf(this.#ports.hashing));
    const memory = plan.read(actor, decidedAtMs, held);
    input.counters = memory.counters;
    input.limits = memory.limits;
    input.shadowLimits = memory.shadowLimits;
    return { plan, input, keys, memory };
  }

  /** The keys of an event that was looked at elsewhere, with the campaign that it belongs to now. */
  #bind({ keys }: EventKeys, actor: string, decidedAtMs: number): BoundKeys {
    return (
      this.#campaigns?.bind(this.memory, keys, undefined, actor, decidedAtMs) ?? { keys, campaign: undefined }
    );
  }

  #readOneByOne(
    keys: RecordedKeys,
    actor: string,
    decidedAtMs: number,
    held: Effects["held"],
  ): Omit<EventMemory, "counterFacts" | "limitFacts"> {
    const { counters, limits } = this.memory;
    const waits = readLimits(this.#declared.limits, limits, keys, actor, decidedAtMs, held);
    const { byDeclaration, copiesByDeclaration, copiesByHash } = waits;
    return {
      counters: readCounters(this.#declared.counters, counters, keys, actor, decidedAtMs),
      limits: byDeclaration,
      shadowLimits: copiesByDeclaration,
      shadowLimitFacts: copiesByDeclaration.size === 0 ? undefined : copiesByHash,
    };
  }

  #countOneByOne(
    keys: RecordedKeys,
    actor: string,
    outcome: Outcome,
    facts: HowCounted & Pick<Facts, "decidedAt">,
    decidedAtMs: number,
  ): void {
    countDecision(this.memory, { actor, outcome }, { ...facts, keys }, undefined, decidedAtMs);
  }

  #hitsOf({ hits }: Pick<Evaluation, "hits">): string[] {
    const { entryHash } = this.#ports;
    return hits.map(({ list, entry }) => `${list}:${entryHash(list, entry)}`);
  }

  // Each key by itself: spreading objects takes longer than all the rest of this.
  #factsOf(
    { event, eventHash, bodyHash, contentHash, decidedAtMs, clock, source, late }: Subject,
    { plan, input, keys, memory }: Read,
    standing: StandingRead,
    { clauses, hits }: Evaluation,
    { facts: concluded }: Conclusion,
  ): Facts {
    const facts: Facts = {
      v: 1,
      event: {
        id: eventHash,
        body: bodyHash,
        type: event.type,
        op: event.op ?? "create",
        time: event.time ?? null,
        inReplyTo: event.inReplyTo ?? null,
      },
      decidedAt: formatTime(decidedAtMs),
      clock,
      source,
      values: plan.values(input),
      counters: memory.counterFacts,
      keys: keys.keys,
      standing,
      clauses,
      fired: concluded.fired,
      missing: concluded.missing,
      points: concluded.points,
      refusedBy: concluded.refusedBy,
      strikes: concluded.strikes,
      retryAfterMs: concluded.retryAfterMs,
      holdUntil: concluded.holdUntil,
      otherwise: concluded.otherwise,
    };
    if (contentHash !== undefined) facts.event.content = contentHash;
    if (late === true) facts.late = true;
    const { limitFacts, shadowLimitFacts } = memory;
    if (limitFacts !== undefined) facts.limits = limitFacts;
    if (shadowLimitFacts !== undefined) facts.shadowLimits = shadowLimitFacts;
    if (keys.uncounted.length > 0) facts.uncounted = keys.uncounted;
    const held = plan.held(input.held);
    if (held !== undefined) facts.held = held;
    if (hits.length > 0) facts.hits = this.#hitsOf({ hits });
    const { thresholds, proposed, restricting, capped, shadowed } = concluded;
    if (thresholds !== undefined) facts.thresholds = thresholds;
    if (proposed !== undefined) facts.proposed = proposed;
    if (restricting !== undefined) facts.restricting = restricting;
    if (capped !== undefined) facts.capped = capped;
    if (shadowed !== undefined) facts.shadowed = shadowed;
    return facts;
  }

  #use({ release, declared }: { release: Release; declared: Declared }): void {
    this.#release = release;
    this.#declared = declared;
    this.#campaigns = CampaignKeys.of(declared, this.#ports.hashing);
    this.#plans.clear();
  }

  #declare(...all: readonly Declared[]): void {
    const { counters, limits } = this.memory;
    counters.adopt(distinct(all.flatMap((each) => counterKinds(each.counters))));
    limits.adopt(distinct(all.flatMap((each) => limitKinds(each.limits))));
  }

  #planOf(type: string): EventPlan {
    let plan = this.#plans.get(type);
    if (plan === undefined) {
      plan = new EventPlan(type, this.#release.policies, this.#declared, this.memory);
      // Types come from outside: what no policy is about isn't remembered.
      if (!plan.isEmpty) this.#plans.set(type, plan);
    }
    return plan;
  }
}

const nothingRead: ReadonlyMap<string, number> = new Map();
const nothingLimited: readonly string[] = [];
const nothingBeyond: readonly (FoundSubject & StandingBeyond)[] = [];
const unbound: BoundKeys = { keys: {}, campaign: undefined };

function distinct<Kind extends { readonly id: string }>(kinds: readonly Kind[]): Kind[] {
  return [...new Map(kinds.map((kind) => [kind.id, kind])).values()];
}

function standingInput({ strikes, restrictions }: StandingRead): EvaluationInput["standing"] {
  if (restrictions.length === 0) return { strikes, restricted: false, limited: nothingLimited };
  const limited = restrictions.flatMap((each) => (each.kind === "limit" ? [each.ability] : []));
  return { strikes, restricted: restrictions.some(({ kind }) => kind !== "warn"), limited };
}
