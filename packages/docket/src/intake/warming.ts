// SPDX-License-Identifier: Apache-2.0
// Warming: a counter or limit that is new in a release is counted over the history that its window holds,
// while decisions go on. It is counted apart and in the order of the log, from its first record on, because
// limits, estimates and what is forgotten depend on the order. When the log has been read up to what was
// decided since, that follows, and from then on it is as if it had always been declared.
import { setImmediate } from "node:timers/promises";
import type { PolicySet } from "@docket/policy";
import { latenessMsMax } from "@docket/policy";
import { parseLeaf } from "@docket/protocol";
import { Counters, isAgeless, keptMs } from "../counters/counters.ts";
import type { Undo } from "../counters/counters.ts";
import { Limits } from "../counters/limits.ts";
import type { LogReader } from "../log/reader.ts";
import { countDecision, counterKinds, limitKinds } from "./counting.ts";
import type { CountedDecision, CountedFacts, CounterMemory, Declared } from "./counting.ts";
import type { Coverage, History } from "./history.ts";
import { factsOf } from "./rebuild.ts";

/** How far the warming of some counters and limits is. */
export type WarmingProgress = {
  /** Their hashes. */
  readonly ids: readonly string[];
  /** Records read, and how many there are to read now. */
  readonly done: number;
  readonly total: number;
  /** By hash: events whose keys were found out, and those that couldn't be counted. */
  readonly coverage: ReadonlyMap<string, Coverage>;
  /** Why it doesn't go on, if so. */
  readonly fault: string | undefined;
};

/** A decision that was counted live. */
export type LiveDecision = {
  /** Its place among those that were counted since the site was opened, from 1. */
  readonly ticket: number;
  readonly decision: CountedDecision;
  readonly facts: CountedFacts;
  /** The index of its record, once it is sealed. */
  index: number | undefined;
  /** What takes it back besides what its caller knows. */
  readonly undos: Undo[];
};

/** What warming needs from around it. */
export type WarmingPorts = {
  readonly reader: Pick<LogReader, "record">;
  readonly publishedSize: () => number;
  readonly siteKey: Uint8Array;
  readonly origin: string;
  /** The first record that was decided after some time, or an earlier one. */
  readonly firstRecordSince: (sinceMs: number) => Promise<number>;
  readonly latestDecidedMs: () => Promise<number>;
  /** Resolves after so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
};

/** Records that are read before others have their turn. */
const recordsAtOnce = 16;
/** How often it is asked whether more is published, in milliseconds. */
const publishedEveryMs = 20;
/** Decisions that are kept to follow what the log holds; instead of more, the log is read. */
const followersMax = 4096;

/** Counters and limits that are being warmed. */
export class Warming {
  /** The ones, by hash; those that aren't declared any more leave. */
  readonly ids: Set<string>;
  readonly #memory: CounterMemory;
  readonly #history: History;
  readonly #ports: WarmingPorts;
  #ticketsBefore: number;
  #followers: LiveDecision[] = [];
  #first = 0;
  #next = 0;
  #fault: string | undefined;
  #isEnded = false;

  /** @param ticketsBefore how many decisions were counted without these */
  constructor(history: History, ports: WarmingPorts, ticketsBefore: number) {
    const { declared } = history;
    this.ids = new Set([...declared.counters, ...declared.limits].map(({ id }) => id));
    this.#memory = {
      counters: new Counters(counterKinds(declared.counters)),
      limits: new Limits(limitKinds(declared.limits)),
    };
    this.#history = history;
    this.#ports = ports;
    this.#ticketsBefore = ticketsBefore;
  }

  get progress(): WarmingProgress {
    return {
      ids: [...this.ids].sort(),
      done: this.#next - this.#first,
      total: Math.max(this.#next, this.#ports.publishedSize()) - this.#first,
      coverage: this.#history.coverage,
      fault: this.#fault,
    };
  }

  /** A decision was counted live. */
  follow(live: LiveDecision): void {
    this.#followers.push(live);
    if (this.#followers.length < 2 * followersMax) return;
    const unsealed = this.#followers.findIndex(({ index }) => index === undefined);
    this.#followers = this.#followers.slice(Math.min(unsealed, this.#followers.length - followersMax));
  }

  /** The newest decision was taken back. */
  takeBack(live: LiveDecision): void {
    if (this.#followers.at(-1) === live) this.#followers.pop();
    // It was counted before this began, and never will be sealed: nobody is to wait for it.
    this.#ticketsBefore = Math.min(this.#ticketsBefore, live.ticket - 1);
  }

  /** It stops where it is. */
  end(): void {
    this.#isEnded = true;
  }

  /** Some aren't declared any more. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.ids) if (!ids.has(id)) this.ids.delete(id);
    this.#memory.counters.adopt(this.#memory.counters.kinds.filter(({ id }) => this.ids.has(id)));
    this.#memory.limits.adopt(this.#memory.limits.kinds.filter(({ id }) => this.ids.has(id)));
  }

  /**
   * Reads the log and counts until nothing is missing, and then puts what was counted into `memory`.
   *
   * @param sealed how many decisions are sealed of those that were counted, and how many records the log had
   *   with the last of them
   * @returns whether it came to its end; without, the reason is in {@link Warming.progress}
   */
  async run(memory: CounterMemory, sealed: () => { tickets: number; size: number }): Promise<boolean> {
    try {
      this.#first = await this.#begin();
      this.#next = this.#first;
      while (!this.#isEnded && this.ids.size > 0) {
        const end = this.#takeover(sealed());
        if (end !== undefined && this.#next >= end) {
          this.#putInto(memory);
          return true;
        }
        await this.#read(end ?? Infinity);
      }
    } catch (error) {
      this.#fault = (error as Error).message;
    }
    return false;
  }

  // What was first seen when, and how far a limit is used up, may go back any length of time.
  async #begin(): Promise<number> {
    const { counters, limits } = this.#memory;
    if (limits.kinds.length > 0 || counters.kinds.some(isAgeless)) return 0;
    const longestMs = Math.max(...counters.kinds.map(keptMs)) + latenessMsMax;
    return this.#ports.firstRecordSince((await this.#ports.latestDecidedMs()) - longestMs);
  }

  // The index from which on all decisions are among the followers; `undefined` while it isn't known.
  #takeover({ tickets, size }: { tickets: number; size: number }): number | undefined {
    const [first] = this.#followers;
    if (first?.index !== undefined) return first.index;
    return tickets >= (first === undefined ? this.#ticketsBefore : first.ticket - 1) ? size : undefined;
  }

  async #read(end: number): Promise<void> {
    const { reader, publishedSize, wait } = this.#ports;
    const published = publishedSize();
    if (this.#next >= published) {
      await wait(publishedEveryMs);
      return;
    }
    const until = Math.min(end, published, this.#next + recordsAtOnce);
    for (; this.#next < until; this.#next++) {
      const stored = await reader.record(this.#next, published);
      const record = parseLeaf(stored.leaf);
      const facts = record.kind === "decision" ? factsOf(stored, this.#ports) : undefined;
      if (record.kind !== "decision" || facts === undefined) continue;
      await this.#history.count(this.#memory, stored, record, facts, this.#next);
    }
    await setImmediate();
  }

  #putInto(memory: CounterMemory): void {
    for (const { decision, facts, index, undos } of this.#followers) {
      const undo = countDecision(this.#memory, decision, this.#history.bound(this.#memory, decision, facts));
      if (index === undefined) undos.push(undo);
    }
    this.#followers = [];
    for (const { id } of this.#memory.counters.kinds) memory.counters.take(this.#memory.counters, id);
    for (const { id } of this.#memory.limits.kinds) memory.limits.take(this.#memory.limits, id);
  }
}

/**
 * The rules that read a counter or limit which isn't warm yet, as `policy/rule`: they have no effect until it
 * is.
 *
 * @param warming hashes
 */
export function rulesWaiting(
  { policies }: Pick<PolicySet, "policies">,
  { counters, limits }: Declared,
  warming: ReadonlySet<string>,
): ReadonlySet<string> {
  const waiting = new Set<string>();
  if (warming.size === 0) return waiting;
  const cold = new Set([
    ...counters.filter(({ id }) => warming.has(id)).map(({ counter }) => counter.id),
    ...limits.filter(({ id }) => warming.has(id)).map(({ limit }) => limit.id),
  ]);
  const isCold = ({ id }: { readonly id: string }): boolean => cold.has(id);
  for (const policy of policies) {
    const names = new Set(
      [...policy.counters].filter(([, { id }]) => cold.has(id)).map(([name]) => `counters.${name}`),
    );
    const { campaigns } = policy;
    if (campaigns !== undefined && [campaigns.index, campaigns.size, campaigns.actors].some(isCold)) {
      for (const part of ["id", "size", "actors"]) names.add(`campaign.${part}`);
    }
    for (const rule of policy.rules) {
      if (!rule.reads.some((path) => names.has(path)) && !rule.readsLimits.some((id) => cold.has(id)))
        continue;
      waiting.add(`${policy.id}/${rule.id}`);
    }
  }
  return waiting;
}
