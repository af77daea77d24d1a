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
  Policy,
  PolicySet,
  Signals,
  Standing,
  StandingRead,
} from "@docket/policy";
import { formatTime } from "@docket/protocol";
import type { Event, Facts, FactValue } from "@docket/protocol";
import type { Counters, Undo } from "../counters/counters.ts";
import { countEvent, keysOf, namedCounters, readCounters } from "./counting.ts";
import type { NamedCounter, RecordedKeys } from "./counting.ts";
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

/** What has a say in which rules have their effect. It is asked before each decision, and told of it after. */
export interface EffectKeeper {
  effectsFor(actor: string, type: string, atMs: number): Effects;
  observe(decided: Decided): Undo;
}

/** What decisions are made under. */
export type EngineRelease = {
  readonly id: string;
  readonly policies: PolicySet;
  readonly lists: ReadonlyMap<string, ListView>;
};

/** What the engine keeps between events. */
export type EngineMemory = {
  readonly counters: Counters;
  /** By pseudonym; an actor that isn't there has a clean one. */
  readonly standings: Map<string, Standing>;
};

/** What the engine is given from outside. */
export type EnginePorts = {
  readonly hashing: KeyObject;
  readonly effects: EffectKeeper;
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

const openSignals = signalDefinitions.filter((signal) => !signal.personal).map((signal) => signal.name);

/** Decides events one after the other. */
export class Engine {
  readonly memory: EngineMemory;
  readonly #ports: EnginePorts;
  #release: EngineRelease;
  #counters: NamedCounter[];
  readonly #policies = new Map<string, readonly Policy[]>();

  constructor(release: EngineRelease, memory: EngineMemory, ports: EnginePorts) {
    this.memory = memory;
    this.#ports = ports;
    this.#release = release;
    this.#counters = namedCounters(release.policies);
  }

  /** The release that the next event is decided under. */
  get release(): EngineRelease {
    return this.#release;
  }

  /** Decides under another release from the next event on. The caller sees to the counters that are new. */
  adopt(release: EngineRelease): void {
    this.#release = release;
    this.#counters = namedCounters(release.policies);
    this.#policies.clear();
  }

  /** What would be decided now. Nothing is changed. */
  try(subject: Subject): Decided {
    return this.#decide(subject);
  }

  /** Decides an event, and takes it into memory; `undo` takes that back, newest event first. */
  decide(subject: Subject): { decided: Decided; undo: Undo } {
    const decided = this.#decide(subject);
    const { counters, standings } = this.memory;
    const { actor, decidedAtMs } = subject;
    const unobserve = this.#ports.effects.observe(decided);
    const uncount = countEvent(counters, decided.facts.keys, actor, decidedAtMs);
    setStanding(standings, actor, decided.after);
    const undo = (): void => {
      setStanding(standings, actor, decided.before);
      uncount();
      unobserve();
    };
    return { decided, undo };
  }

  #decide(subject: Subject): Decided {
    const { policies, lists } = this.#release;
    const { event, actor, decidedAtMs } = subject;
    const about = this.#policiesOf(event.type);
    const before = this.memory.standings.get(actor) ?? cleanStanding;
    const standing = readStanding(before, about, decidedAtMs);
    const effects = this.#ports.effects.effectsFor(actor, event.type, decidedAtMs);
    const input = evaluationInput(subject, standing, lists, effects.held);
    const keys = keysOf(this.#counters, policies, input, this.#ports.hashing);
    const read = readCounters(this.#counters, this.memory.counters, keys, actor, decidedAtMs);
    const evaluated: EvaluationInput = { ...input, counters: read.byDeclaration };
    const evaluation = evaluate(policies, evaluated);
    const enforcement = enforce(
      evaluation,
      about,
      standing,
      decidedAtMs,
      effects.caps,
      this.#ports.newRestrictionId,
    );
    const conclusion = concludeDecision(evaluation, enforcement);
    const values = openValues(policies, evaluated, evaluation.clauses);
    const facts = factsOfDecision(subject, values, read.byHash, keys, standing, evaluation, conclusion);
    return {
      subject,
      release: this.#release.id,
      evaluation,
      conclusion,
      facts,
      before,
      after: standingAfter(before, conclusion, facts),
    };
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

function evaluationInput(
  { event, decidedAtMs, signals }: Subject,
  standing: StandingRead,
  lists: ReadonlyMap<string, ListView>,
  held: Effects["held"],
): EvaluationInput {
  const limited = standing.restrictions.flatMap((each) => (each.kind === "limit" ? [each.ability] : []));
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
    standing: {
      strikes: standing.strikes,
      restricted: standing.restrictions.some(({ kind }) => kind !== "warn"),
      limited,
    },
  };
}

// What conditions read, and every signal that is not personal: small, and what later questions are about.
function openValues(
  policies: PolicySet,
  evaluated: EvaluationInput,
  clauses: string,
): Record<string, FactValue> {
  const values: Record<string, FactValue> = { ...factsOf(policies, evaluated, clauses).values };
  for (const name of openSignals) {
    const value = evaluated.signals[name];
    if (value !== undefined) values[`signals.${name}`] = value as FactValue;
  }
  return values;
}

function factsOfDecision(
  { event, eventHash, bodyHash, decidedAtMs, clock, source }: Subject,
  values: Facts["values"],
  counters: Facts["counters"],
  keys: RecordedKeys,
  standing: StandingRead,
  evaluation: Evaluation,
  conclusion: Conclusion,
): Facts {
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
    values,
    counters,
    keys,
    standing,
    clauses: evaluation.clauses,
    ...conclusion.facts,
  };
}
