// SPDX-License-Identifier: Apache-2.0
// The engine: from an event and what memory holds to a decision, in one turn and without I/O. What is read
// (counters, limits, standing, lists, what is held back) is read here and becomes facts; what changes is
// changed here too, and can be taken back. Live decisions, backtests and benchmarks all run it.
import type { KeyObject } from "node:crypto";
import {
  cleanStanding,
  concludeDecision,
  enforce,
  evaluate,
  factsOf,
  readStanding,
  signalDefinitions,
} from "@docket/policy";
import type {
  Caps,
  Conclusion,
  Evaluation,
  EvaluationInput,
  ListView,
  MemoryRead,
  Policy,
  Signals,
  Standing,
  StandingRead,
} from "@docket/policy";
import { formatTime } from "@docket/protocol";
import type { Event, Facts, FactValue } from "@docket/protocol";
import type { Undo } from "../counters/counters.ts";
import {
  countDecision,
  counterKinds,
  declaredIn,
  eventKeys,
  limitKinds,
  readCounters,
  readLimits,
} from "./counting.ts";
import type { CountedFacts, CounterMemory, Declared, EventKeys, LimitsRead } from "./counting.ts";
import type { Release } from "../releases/release.ts";
import type { ObservedFacts } from "../rollout/rule-modes.ts";
import { setStanding, standingAfter } from "./standings.ts";

/** An event with all that was found out about it before its turn. */
export type Subject = {
  event: Event;
  /** Keyed hashes of the event's id and of its encoded body, base64url. */
  eventHash: string;
  bodyHash: string;
  /** The actor's pseudonym. */
  actor: string;
  source: "http" | "file";
  decidedAtMs: number;
  clock: "event" | "received";
  signals: Signals;
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
  observe(actor: string, facts: ObservedFacts): Undo;
}

/** What an event is decided by in its turn, where the rest was found out before. */
export type PreparedSubject = {
  readonly type: string;
  /** The actor's pseudonym. */
  readonly actor: string;
  readonly decidedAtMs: number;
  /** The same as facts have it. */
  readonly decidedAt: string;
  readonly keys: EventKeys;
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
  readonly facts: ObservedFacts & CountedFacts & Pick<Facts, "strikes">;
};

/** What the engine keeps between events. */
export type EngineMemory = CounterMemory & {
  /** By pseudonym; an actor that isn't there has a clean one. */
  readonly standings: Map<string, Standing>;
};

/** What the engine is given from outside. */
export type EnginePorts = {
  readonly hashing: KeyObject;
  readonly effects: EffectKeeper;
  /** The keyed hash of a list's entry. */
  readonly entryHash: (list: string, entry: string) => string;
  readonly newRestrictionId: () => string;
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
};

/** What was read for a decision. */
type Read = {
  readonly input: EvaluationInput;
  readonly keys: EventKeys;
  /** By the counter's hash. */
  readonly counters: Record<string, number>;
  readonly waits: LimitsRead;
};

const openSignals = signalDefinitions.filter((signal) => !signal.personal).map((signal) => signal.name);

/** Decides events one after the other. */
export class Engine {
  readonly memory: EngineMemory;
  readonly #ports: EnginePorts;
  #release: Release;
  #declared: Declared;
  readonly #policies = new Map<string, readonly Policy[]>();

  constructor(release: Release, memory: EngineMemory, ports: EnginePorts) {
    this.memory = memory;
    this.#ports = ports;
    this.#release = release;
    this.#declared = declaredIn(release.policies);
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
    const about = this.#policiesOf(type);
    const before = this.memory.standings.get(actor) ?? cleanStanding;
    const standing = readStanding(before, about, decidedAtMs);
    const { held, caps } = this.#ports.effects.effectsFor(actor, type, decidedAtMs);
    const { counted, waits } = this.#readMemory(keys, actor, decidedAtMs, held);
    const memory: MemoryRead = {
      counters: counted.byDeclaration,
      limits: waits.byDeclaration,
      shadowLimits: waits.copiesByDeclaration,
      standing: standingInput(standing),
      held,
    };
    const evaluation = subject.evaluate(memory, this.#ports.effects.listsFor(this.#release.lists));
    const enforcement = enforce(evaluation, about, standing, decidedAtMs, caps, this.#ports.newRestrictionId);
    const conclusion = concludeDecision(evaluation, enforcement);
    const hits = this.#hitsOf(evaluation);
    const facts: Judged["facts"] = {
      event: { type },
      decidedAt,
      keys: keys.keys,
      ...(keys.uncounted.length > 0 && { uncounted: keys.uncounted }),
      ...unlessEmpty("shadowLimits", waits.copiesByHash),
      ...(hits.length > 0 && { hits }),
      ...conclusion.facts,
    };
    this.#ports.effects.observe(actor, facts);
    countDecision(this.memory, { actor, outcome: conclusion.outcome }, facts);
    setStanding(this.memory.standings, actor, standingAfter(before, conclusion, facts));
    return { evaluation, conclusion, facts };
  }

  /** What would be decided now. Nothing is changed. */
  try(subject: Subject): Decided {
    return this.#decide(subject);
  }

  /** Decides an event, and takes it into memory; `undo` takes that back, newest event first. */
  decide(subject: Subject): { decided: Decided; undo: Undo } {
    const decided = this.#decide(subject);
    const { standings } = this.memory;
    const { conclusion, facts, before, after } = decided;
    const { actor } = subject;
    const unobserve = this.#ports.effects.observe(actor, facts);
    const uncount = countDecision(this.memory, { actor, outcome: conclusion.outcome }, facts);
    setStanding(standings, actor, after);
    const undo = (): void => {
      setStanding(standings, actor, before);
      uncount();
      unobserve();
    };
    return { decided, undo };
  }

  #decide(subject: Subject): Decided {
    const { policies } = this.#release;
    const { event, actor, decidedAtMs } = subject;
    const about = this.#policiesOf(event.type);
    const before = this.memory.standings.get(actor) ?? cleanStanding;
    const standing = readStanding(before, about, decidedAtMs);
    const { held, caps } = this.#ports.effects.effectsFor(actor, event.type, decidedAtMs);
    const read = this.#read(subject, standing, held);
    const evaluation = evaluate(policies, read.input);
    const { newRestrictionId } = this.#ports;
    const enforcement = enforce(evaluation, about, standing, decidedAtMs, caps, newRestrictionId);
    const conclusion = concludeDecision(evaluation, enforcement);
    const facts = this.#factsOf(subject, read, standing, evaluation, conclusion);
    const after = standingAfter(before, conclusion, facts);
    return { subject, release: this.#release.id, evaluation, conclusion, facts, before, after };
  }

  #read(subject: Subject, standing: StandingRead, held: Effects["held"]): Read {
    const { policies, lists } = this.#release;
    const { actor, decidedAtMs } = subject;
    const plain = evaluationInput(subject, standing, this.#ports.effects.listsFor(lists), held);
    const keys = eventKeys(this.#declared, policies, plain, this.#ports.hashing);
    const { counted, waits } = this.#readMemory(keys, actor, decidedAtMs, held);
    const input: EvaluationInput = {
      ...plain,
      counters: counted.byDeclaration,
      limits: waits.byDeclaration,
      shadowLimits: waits.copiesByDeclaration,
    };
    return { input, keys, counters: counted.byHash, waits };
  }

  #readMemory(
    { keys }: EventKeys,
    actor: string,
    decidedAtMs: number,
    held: Effects["held"],
  ): { counted: ReturnType<typeof readCounters>; waits: LimitsRead } {
    const { counters, limits } = this.memory;
    return {
      counted: readCounters(this.#declared.counters, counters, keys, actor, decidedAtMs),
      waits: readLimits(this.#declared.limits, limits, keys, actor, decidedAtMs, held),
    };
  }

  #hitsOf({ hits }: Evaluation): string[] {
    const { entryHash } = this.#ports;
    return hits.map(({ list, entry }) => `${list}:${entryHash(list, entry)}`);
  }

  #factsOf(
    { event, eventHash, bodyHash, decidedAtMs, clock, source }: Subject,
    { input, keys, counters, waits }: Read,
    standing: StandingRead,
    evaluation: Evaluation,
    conclusion: Conclusion,
  ): Facts {
    const { values, held } = factsOf(this.#release.policies, input, evaluation.clauses);
    const hits = this.#hitsOf(evaluation);
    return {
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
      values: withOpenSignals(values, input.signals),
      counters,
      ...unlessEmpty("limits", waits.byHash),
      ...unlessEmpty("shadowLimits", waits.copiesByHash),
      keys: keys.keys,
      ...(keys.uncounted.length > 0 && { uncounted: keys.uncounted }),
      standing,
      ...unlessEmpty("held", held),
      clauses: evaluation.clauses,
      ...(hits.length > 0 && { hits }),
      ...conclusion.facts,
    };
  }

  #use({ release, declared }: { release: Release; declared: Declared }): void {
    this.#release = release;
    this.#declared = declared;
    this.#policies.clear();
  }

  #declare(...all: readonly Declared[]): void {
    const { counters, limits } = this.memory;
    counters.adopt(distinct(all.flatMap((each) => counterKinds(each.counters))));
    limits.adopt(distinct(all.flatMap((each) => limitKinds(each.limits))));
  }

  #policiesOf(type: string): readonly Policy[] {
    let policies = this.#policies.get(type);
    if (policies === undefined) {
      policies = this.#release.policies.policies.filter((policy) => policy.on.includes(type));
      // Types come from outside: what no policy is about isn't remembered.
      if (policies.length > 0) this.#policies.set(type, policies);
    }
    return policies;
  }
}

function distinct<Kind extends { readonly id: string }>(kinds: readonly Kind[]): Kind[] {
  return [...new Map(kinds.map((kind) => [kind.id, kind])).values()];
}

function evaluationInput(
  { event, decidedAtMs, signals }: Subject,
  standing: StandingRead,
  lists: ReadonlyMap<string, ListView>,
  held: Effects["held"],
): EvaluationInput {
  return {
    type: event.type,
    op: event.op ?? "create",
    decidedAt: decidedAtMs,
    actor: event.actor,
    content: event.content,
    fields: event.fields,
    signals,
    counters: new Map(),
    lists,
    held,
    standing: standingInput(standing),
  };
}

function standingInput({ strikes, restrictions }: StandingRead): EvaluationInput["standing"] {
  const limited = restrictions.flatMap((each) => (each.kind === "limit" ? [each.ability] : []));
  return { strikes, restricted: restrictions.some(({ kind }) => kind !== "warn"), limited };
}

// What conditions read, and every signal that is not personal: small, and what later questions are about.
function withOpenSignals(values: Facts["values"], signals: EvaluationInput["signals"]): Facts["values"] {
  const open: Record<string, FactValue> = { ...values };
  for (const name of openSignals) {
    const value = signals[name];
    if (value !== undefined) open[`signals.${name}`] = value as FactValue;
  }
  return open;
}

function unlessEmpty<Key extends string, Values extends object>(
  key: Key,
  values: Values,
): { [key in Key]?: Values } {
  return Object.keys(values).length === 0 ? {} : ({ [key]: values } as { [key in Key]: Values });
}
