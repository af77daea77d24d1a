// SPDX-License-Identifier: Apache-2.0
// A log of decisions in memory, with evidence that can be erased: what counting from history needs. Events
// are decided by nothing; what is of interest is how they are counted.
import { createHash, createSecretKey } from "node:crypto";
import { loadPolicies, signalDefinitions } from "@docket/policy";
import { encodeBody, encodeFacts, encodeLeaf, formatTime } from "@docket/protocol";
import type { Event, Facts, Outcome } from "@docket/protocol";
import { sealParts } from "../../evidence/seal.ts";
import type { StoredRecord } from "../../log/reader.ts";
import { seededRandom } from "../../testing/seeded-random.ts";
import { countDecision, countedKeys, declaredIn, eventKeys } from "../counting.ts";
import type { CountedDecision, CounterMemory } from "../counting.ts";
import type { CountedRelease, HistoryPorts } from "../history.ts";
import { campaignKeys } from "../key-plan.ts";
import { siteSignals } from "../site-signals.ts";
import { snapshotKey } from "../counters-start.ts";

/** A release of one policy. */
export function releaseOf(policy: string): CountedRelease {
  const id = createHash("sha256").update(policy).digest("base64url");
  return { id, policies: loadPolicies([{ path: "policy.yaml", text: policy }]), lists: new Map() };
}

/** An event with what was decided. */
export type Told = { event: Event; atMs: number; outcome: Outcome };

/** How an event is counted. */
export type Counted = { decision: CountedDecision; facts: Facts };

/** The log. */
export class CountedLog {
  readonly origin = "docket-0123456789abcdef/main";
  readonly siteKey: Buffer = Buffer.alloc(32, 1);
  readonly hashing = createSecretKey(Buffer.alloc(32, 2));
  readonly name = { origin: this.origin, key: snapshotKey(this.hashing) };
  readonly releases = new Map<string, CountedRelease>();
  readonly erased = new Set<string>();
  readonly records: StoredRecord[] = [];
  readonly decidedMs: number[] = [];
  /** How much of it is published; all, if nothing is said. */
  published: number | undefined;
  /** How often evidence was opened. */
  opened = 0;
  readonly #random = randomOf(7);

  get ports(): HistoryPorts {
    return {
      origin: this.origin,
      siteKey: this.siteKey,
      hashing: this.hashing,
      actorKey: async (pseudonym) => {
        this.opened++;
        return this.erased.has(pseudonym) ? undefined : keyOf(pseudonym);
      },
      signals: (event) => siteSignals(event, this.hashing, true),
      declaredBy: async (id) => {
        const release = this.releases.get(id);
        if (release === undefined) return undefined;
        const { counters, limits } = declaredIn(release.policies);
        return new Set([...counters, ...limits].map((each) => each.id));
      },
    };
  }

  /** What warming needs. */
  get reading() {
    return {
      reader: { record: async (index: number) => this.record(index) },
      publishedSize: () => this.published ?? this.records.length,
      siteKey: this.siteKey,
      origin: this.origin,
      firstRecordSince: async (sinceMs: number) => {
        const found = this.decidedMs.findIndex((ms) => ms >= sinceMs);
        return found === -1 ? this.records.length : found;
      },
      latestDecidedMs: async () => Math.max(0, ...this.decidedMs),
    };
  }

  record(index: number): StoredRecord {
    const record = this.records[index];
    if (record === undefined) throw new RangeError(`there is no record ${index}`);
    return record;
  }

  /**
   * What a decision's facts say of how it is counted under a release.
   *
   * @param memory finds the campaign, where there are any
   */
  facts(told: Told, release: CountedRelease, memory?: CounterMemory): Counted {
    this.releases.set(release.id, release);
    const { event, atMs, outcome } = told;
    const { policies } = release;
    const signals = siteSignals(event, this.hashing, policies.campaigns !== undefined);
    const index = declaredIn(policies).counters.find(({ counter }) => counter.kind === "campaigns")?.id;
    const found = countedKeys(campaignKeys(signals), pseudonymOf(event.actor.id));
    const campaign = index === undefined ? undefined : memory?.counters.campaign(index, found, atMs);
    const input = {
      campaign,
      type: event.type,
      op: event.op ?? "create",
      decidedAt: atMs,
      actor: event.actor,
      content: event.content,
      fields: event.fields,
      signals,
      counters: new Map<string, number>(),
      standing: { strikes: 0, restricted: false, limited: [] },
    };
    const { keys, uncounted } = eventKeys(
      declaredIn(release.policies),
      release.policies,
      input,
      this.hashing,
    );
    const open = signalDefinitions.filter(({ name, personal }) => !personal && signals[name] !== undefined);
    const values = Object.fromEntries(open.map(({ name }) => [`signals.${name}`, signals[name]]));
    if (campaign !== undefined) values["campaign.id"] = campaign;
    const facts = {
      v: 1,
      event: { id: event.id, body: "b", type: event.type, op: "create", time: null, inReplyTo: null },
      decidedAt: formatTime(atMs),
      values,
      keys,
      uncounted,
      fired: [],
    } as unknown as Facts;
    return { decision: { actor: pseudonymOf(event.actor.id), outcome }, facts };
  }

  /** Appends a decision; its index. */
  append(told: Told, release: CountedRelease, counted: Counted = this.facts(told, release)): number {
    const { decision, facts } = counted;
    const index = this.records.length;
    const { actor, outcome } = decision;
    const key = keyOf(actor);
    const content = JSON.stringify({ v: 1, event: told.event });
    const sealed = sealParts(
      [
        { name: "facts", subject: "site", key: this.siteKey, plaintext: encodeFacts(facts) },
        { name: "content", subject: actor, key, plaintext: content },
      ],
      this.origin,
      this.#random,
    );
    const body = encodeBody({
      kind: "decision",
      by: "operator",
      actor,
      outcome,
      rules: [],
      restrictions: [],
      release: release.id,
    });
    const time = formatTime(told.atMs);
    const header = { v: 1, index, prev: "A".repeat(43), time, uncertaintyMs: null } as const;
    const leaf = encodeLeaf(header, body, sealed.manifestHash);
    this.records.push({ leaf, parts: { manifest: sealed.manifest, parts: sealed.sealed } });
    this.decidedMs.push(told.atMs);
    return index;
  }
}

/** Counts decisions as if the release had been in force from the beginning. */
export function countedFromTheStart(
  log: CountedLog,
  told: readonly Told[],
  release: CountedRelease,
  memory: CounterMemory,
): void {
  for (const each of told) {
    const { decision, facts } = log.facts(each, release, memory);
    countDecision(memory, decision, facts);
  }
}

/** The pseudonym of an account. */
export function pseudonymOf(account: string): string {
  return `a_${createHash("sha256").update(account).digest("base64url").slice(0, 22)}`;
}

function keyOf(pseudonym: string): Buffer {
  return createHash("sha256").update(`key of ${pseudonym}`).digest();
}

function randomOf(seed: number): (length: number) => Buffer {
  const next = seededRandom(seed);
  return (length) => Buffer.from(Array.from({ length }, () => Math.floor(256 * next())));
}
