// SPDX-License-Identifier: Apache-2.0
// Counts what became of a file's events: while they are answered, what answers and events show; afterwards,
// from the log, what fired.
import { fieldValue } from "@docket/policy";
import type { FieldPath, Policy, PolicySet, Rule } from "@docket/policy";
import { outcomes } from "@docket/protocol";
import type { Event, Facts, Outcome, RecordedRestriction } from "@docket/protocol";
import { IndexRanges } from "./index-ranges.ts";
import type { Answer } from "./window.ts";

/** How often a rule fired. */
export type RuleCount = { policy: string; rule: string; mode: "enforce" | "shadow"; fired: number };
/** A rule that never fired, and why. */
export type SilentRule = { policy: string; rule: string; mode: "enforce" | "shadow"; why: string };

/** What a restriction does. */
export type RestrictionKind = RecordedRestriction["kind"];

type Missing = Map<FieldPath, number>;

/** The counts of one run. */
export class Tally {
  decided = 0;
  repeats = 0;
  errors = 0;
  readonly outcomes: Record<Outcome, number>;
  /** Events that a restriction in force refused, by the reason given. */
  readonly refused: Map<string, number> = new Map();
  /** Actors by the kind of restriction that was put on them. */
  readonly restricted: Record<RestrictionKind, Set<string>> = {
    warn: new Set(),
    throttle: new Set(),
    limit: new Set(),
    suspend: new Set(),
    ban: new Set(),
  };
  /**
   * How often a rule or a step would have restricted somebody whose policy has its restrictions in shadow.
   */
  readonly shadowed: Map<string, number> = new Map();
  /** The records of the decisions. */
  readonly records: IndexRanges = new IndexRanges();
  readonly #policies: PolicySet;
  readonly #fired = new Map<string, number>();
  /** How often a rule could not be decided, because a value was missing. */
  readonly #undecided = new Map<string, number>();
  readonly #types = new Map<string, { events: number; missing: Missing }>();
  readonly #required: readonly FieldPath[];

  constructor(policies: PolicySet) {
    this.#policies = policies;
    this.outcomes = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
    const required = policies.policies.flatMap((policy) =>
      policy.rules.flatMap((rule) => rule.required.flatMap((path) => sourcesOf(policy, path))),
    );
    this.#required = [...new Set(required)];
  }

  /** Number of lines. */
  get lines(): number {
    return this.decided + this.repeats + this.errors;
  }

  /** Counts the answer to a line. */
  add(answer: Answer): void {
    if ("error" in answer) {
      this.errors++;
      return;
    }
    const { event, decision } = answer;
    if (decision.repeat) this.repeats++;
    else this.decided++;
    this.outcomes[decision.outcome]++;
    if (decision.index !== undefined) this.records.add(decision.index);
    if (decision.refusedBy !== undefined) for (const reason of decision.rules) count(this.refused, reason);
    for (const { kind } of decision.restrictions) this.restricted[kind].add(decision.actor ?? "");
    this.#countMissing(event);
  }

  /** Counts what fired in a decision, from its record. */
  addFacts(facts: Facts): void {
    for (const { policy, rule } of facts.fired) count(this.#fired, `${policy}/${rule}`);
    for (const name of facts.missing) count(this.#undecided, name);
    for (const name of facts.shadowed ?? []) count(this.shadowed, name);
  }

  /** The rules that fired, most often first. */
  rules(): RuleCount[] {
    return this.#policies.policies
      .flatMap((policy) => policy.rules)
      .map(({ policy, id: rule, mode }) => ({ policy, rule, mode, fired: this.#firedOf(policy, rule) }))
      .filter(({ fired }) => fired > 0)
      .sort((a, b) => b.fired - a.fired);
  }

  /** The rules that never fired, in the order of the policies. */
  silent(): SilentRule[] {
    return this.#policies.policies.flatMap((policy) =>
      policy.rules
        .filter((rule) => this.#firedOf(policy.id, rule.id) === 0)
        .map((rule) => ({ policy: policy.id, rule: rule.id, mode: rule.mode, why: this.#why(policy, rule) })),
    );
  }

  #firedOf(policy: string, rule: string): number {
    return this.#fired.get(`${policy}/${rule}`) ?? 0;
  }

  #why(policy: Policy, rule: Rule): string {
    const types = [...this.#types].filter(([type]) => policy.on.includes(type));
    const events = types.reduce((sum, [, each]) => sum + each.events, 0);
    if (events === 0) return `the policy is about ${policy.on.join(", ")}, and there was no such event`;
    for (const path of rule.required) {
      for (const source of sourcesOf(policy, path)) {
        const missing = types.reduce((sum, [, each]) => sum + (each.missing.get(source) ?? 0), 0);
        if (missing < events) continue;
        const reader = source === path ? "" : `${path} counts by `;
        const which = reader === "" ? "" : ", which";
        const all = `${reader}${source}${which} was missing in all ${events.toLocaleString("en")} events`;
        return `${all}; send ${fieldToSend(source)}`;
      }
    }
    const undecided = this.#undecided.get(`${policy.id}/${rule.id}`) ?? 0;
    if (undecided === 0) return "its condition was never true";
    const often = undecided.toLocaleString("en");
    return `its condition was never true, and could not be decided in ${often} events that lacked a value`;
  }

  #countMissing(event: Event): void {
    let counts = this.#types.get(event.type);
    if (counts === undefined) {
      counts = { events: 0, missing: new Map() };
      this.#types.set(event.type, counts);
    }
    counts.events++;
    for (const path of this.#required)
      if (!isPresent(this.#policies, event, path)) count(counts.missing, path);
  }
}

// A counter or a limit has no value of its own to be missing: it is missing where a field is that it counts
// by.
function sourcesOf(policy: Policy, path: FieldPath): FieldPath[] {
  const [, limit] = /^limits\.([^.]+)\./.exec(path) ?? [];
  if (limit !== undefined) return [...(policy.limits.get(limit)?.by ?? [])];
  if (!path.startsWith("counters.")) return [path];
  const counter = policy.counters.get(path.slice("counters.".length));
  if (counter === undefined) return [path];
  return counter.of === undefined ? [...counter.by] : [...counter.by, counter.of];
}

function isPresent(policies: PolicySet, event: Event, path: FieldPath): boolean {
  if (/^(signals|models|campaign)\./.test(path)) {
    // They come from the text; without one there is none. The fingerprint needs letters besides.
    const text = `${event.content?.title ?? ""}${event.content?.text ?? ""}`;
    if (path === "signals.fingerprint") return /\p{L}/u.test(text);
    return event.content?.text !== undefined || event.content?.title !== undefined;
  }
  // What look-ups weren't answered is nothing that an app could send.
  if (/^(standing|lookups)\./.test(path)) return true;
  const input = {
    type: event.type,
    op: event.op ?? "create",
    decidedAt: Number.MAX_SAFE_INTEGER,
    actor: event.actor,
    content: event.content,
    fields: event.fields,
    signals: {},
    counters: new Map<string, number>(),
    standing: { strikes: 0, restricted: false },
  };
  return fieldValue(policies, input, path) !== undefined;
}

function fieldToSend(path: FieldPath): string {
  if (path === "actor.age") return "actor.createdAt";
  return /^(signals|campaign)\./.test(path) ? "content.text" : path;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
