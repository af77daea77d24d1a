// SPDX-License-Identifier: Apache-2.0
// Disputes on a log in memory: its first records are decisions, and enforcement seals what it is told to.
import { createSecretKey } from "node:crypto";
import { encodeBody, encodeLeaf, formatTime, parseLeaf, receiptFormat } from "@docket/protocol";
import type {
  BodyWithoutParts,
  DocketRecord,
  Facts,
  Outcome,
  PartName,
  RecordedRestriction,
} from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type {
  ActAuthor,
  Along,
  ChainAuthor,
  MeasureDone,
  MeasureWish,
  RestrictionInForce,
  StandingNow,
  VerdictDone,
  VerdictEffect,
  VerdictWish,
} from "../../enforcement/contract.ts";
import type { PlainPart } from "../../evidence/seal.ts";
import type { DisputePorts, ReadRecord } from "../ports.ts";
import { Disputes } from "../site-disputes.ts";
import { disputeKinds } from "../state.ts";
import { DisputeTokens } from "../token.ts";

const digest = "A".repeat(43);
const hashing = createSecretKey(Buffer.alloc(32, 1));
/** The site of these tests. */
export const worldOrigin = "docket-0011223344556677/main";
/** The time at which it begins, in ms since 1970. */
export const worldStartMs: number = Date.UTC(2026, 10, 1);

/** The account of an app, and the actor that it is in this log. */
export function actorOf(accountId: string): string {
  return `a_${accountId.padEnd(22, "x")}`;
}

/** Disputes on a log in memory. Each record is sealed a minute after the one before. */
export class DisputeWorld {
  nowMs: number = worldStartMs;
  readonly leaves: string[] = [];
  readonly parts = new Map<number, readonly PlainPart[]>();
  readonly facts = new Map<number, Partial<Facts>>();
  /** Restrictions in force, by actor. */
  readonly standing = new Map<string, RestrictionInForce[]>();
  readonly openings: { index: number; by: string; reason: string }[] = [];
  /** Pseudonyms of accounts that were erased. */
  readonly erased = new Set<string>();
  /** What sealing throws, if it does. */
  fault: DocketError | undefined;
  readonly #clock: (() => number) | undefined;
  #disputes: Disputes;

  constructor(clock?: () => number) {
    this.#clock = clock;
    this.#disputes = new Disputes([], this.#ports());
  }

  get disputes(): Disputes {
    return this.#disputes;
  }

  get records(): DocketRecord[] {
    return this.leaves.map(parseLeaf);
  }

  /** Forgets all but the log. */
  reopen(): void {
    const kept = this.records.filter(({ kind }) => disputeKinds.includes(kind));
    this.#disputes = new Disputes(kept, this.#ports());
  }

  /** A decision on an event of an account. */
  decide(
    accountId: string,
    outcome: Outcome,
    over: { restrictions?: RecordedRestriction[]; rules?: string[]; refusedBy?: string } = {},
  ): number {
    const { restrictions = [], rules = ["comments/links"], refusedBy = null } = over;
    const actor = actorOf(accountId);
    const index = this.#append(
      {
        kind: "decision",
        by: "k_appxxxxxxxxxxxxx",
        actor,
        outcome,
        rules: rules.map((rule) => rule.slice(rule.indexOf("/") + 1)),
        restrictions,
        release: digest,
      },
      [],
    );
    this.impose(actor, restrictions);
    this.facts.set(index, {
      refusedBy,
      fired: rules.map((rule) => {
        const [policy = "", name = ""] = rule.split("/");
        return { policy, rule: name, mode: "enforce", outcome, clauses: "t" } as const;
      }),
      standing: { strikes: 0, restrictions: [] },
    });
    return index;
  }

  /** A measure by hand. */
  measure(by: string, accountId: string, restrictions: RecordedRestriction[]): number {
    const actor = actorOf(accountId);
    this.impose(actor, restrictions);
    const what = { subject: actor, subjectKind: "actor", cause: "manual", of: [] } as const;
    const body = { kind: "measure", by, role: "reviewer", ...what, restrictions, ended: [], reason: "spam" };
    return this.#append(body as BodyWithoutParts, []);
  }

  impose(actor: string, restrictions: readonly RecordedRestriction[]): void {
    this.standing.set(actor, [...(this.standing.get(actor) ?? []), ...restrictions]);
  }

  /** Seals any record. */
  seal(body: BodyWithoutParts): number {
    return this.#append(body, []);
  }

  #append(body: BodyWithoutParts, parts: readonly PlainPart[]): number {
    const index = this.leaves.length;
    if (this.#clock === undefined) this.nowMs += 60_000;
    const time = formatTime(this.#now());
    const header = { v: 1, index, prev: digest, time, uncertaintyMs: null } as const;
    const withoutParts = body.kind === "token-revoked" || body.kind === "settings" || body.kind === "label";
    const leaf = encodeLeaf(header, encodeBody(body), withoutParts ? undefined : digest);
    this.leaves.push(leaf);
    this.parts.set(index, parts);
    const record = parseLeaf(leaf);
    if (record.kind !== "decision") this.#disputes.takeIn(record);
    return index;
  }

  #now(): number {
    return this.#clock?.() ?? this.nowMs;
  }

  #ports(): DisputePorts {
    return {
      tokens: new DisputeTokens(hashing, worldOrigin),
      enforcement: this.#enforcement(),
      seal: async (body, parts) => {
        if (this.fault !== undefined) throw this.fault;
        const index = this.#append(body, parts);
        await Promise.resolve();
        return { index, leaf: this.leaves[index] ?? "" };
      },
      recorded: async (index) => this.#read(index),
      receipt: async (index) => {
        return {
          format: receiptFormat,
          leaf: this.leaves[index] ?? "",
          proof: "c2sp.org/tlog-proof@v1\n",
        };
      },
      openedPart: async (index, name) => this.partOf(index, name),
      actorKey: async (actor) => (this.erased.has(actor) ? undefined : new Uint8Array(32)),
      actorNamed: async (accountId) => {
        const known = this.records.some(
          (each) => each.kind === "decision" && each.actor === actorOf(accountId),
        );
        return known ? actorOf(accountId) : undefined;
      },
      openContent: async (index, by, reason) => {
        this.openings.push({ index, by, reason });
        return { id: "e", type: "comment", op: "create", actor: { id: "alice" }, content: { text: "hello" } };
      },
      caseRecords: async ({ of, kinds }) => {
        return this.leaves.filter((leaf) => {
          const record = parseLeaf(leaf) as DocketRecord & { of?: unknown };
          return kinds.includes(record.kind) && (record.of === of || [record.of].flat().includes(of));
        });
      },
      labelOf: async (decision) => {
        return this.leaves.findLast((leaf) => {
          const record = parseLeaf(leaf);
          return record.kind === "label" && record.of === decision;
        });
      },
      decisions: async () => [],
      indexed: async () => undefined,
      explain: async ({ record: { index } }) => {
        throw new DocketError("not_found", `the release of record ${index} is not kept`);
      },
      explainToUser: async ({ record: { index } }) => {
        throw new DocketError("not_found", `the release of record ${index} is not kept`);
      },
      ruleTexts: async () => [],
      siteKey: new Uint8Array(32),
      clock: () => this.#now(),
    };
  }

  #enforcement(): DisputePorts["enforcement"] {
    return {
      verdict: (author, wish, along) => this.#verdict(author, wish, along),
      previewVerdict: async (wish) => {
        const more = { consequences: false, like: false };
        const refused = { refusedBy: `r_${"1".repeat(16)}`, outcome: "reject" } as const;
        const consequences = [{ index: wish.of + 1, ...refused, decidedAt: formatTime(0) }];
        return { ...this.#effect(wish), consequences, like: [], more };
      },
      measure: (author, wish, along) => this.#measure(author, wish, along),
      previewMeasure: async (wish) => {
        const counts = { looked: 0, from: 0, unknown: 0, events: 0, actors: 0, allowed: 0 };
        return { ...this.#measured(wish), collateral: { ...counts, actorsNeverRefused: 0 } };
      },
      standingOf: (actor) => this.#standingOf(actor),
      outcomeOf: async (of) => {
        const { actor, outcome } = this.#decision(of);
        return { of, actor, decided: outcome, outcome };
      },
      authorsOf: async (index) => this.#authorsOf(index),
    };
  }

  /** The plaintext of a part; of erased actors there is none. */
  partOf(index: number, name: PartName): string | undefined {
    const part = this.parts.get(index)?.find((each) => each.name === name);
    return part === undefined || this.erased.has(part.subject) ? undefined : part.plaintext;
  }

  #read(index: number): ReadRecord {
    const leaf = this.leaves[index];
    if (leaf === undefined) throw new DocketError("not_found", `there is no record ${index}`);
    return {
      record: parseLeaf(leaf),
      facts: this.facts.get(index) as Facts | undefined,
      disclosed: undefined,
    };
  }

  #decision(index: number): Extract<DocketRecord, { kind: "decision" }> {
    const { record } = this.#read(index);
    if (record.kind !== "decision") throw new DocketError("not_found", `record ${index} is no decision`);
    return record;
  }

  #authorsOf(index: number): ChainAuthor[] {
    return this.records.flatMap((record) => {
      const { of } = record as { of?: number | number[] };
      const isOf = record.index === index || [of].flat().includes(index);
      if (!isOf || !("by" in record)) return [];
      const role = "role" in record ? record.role : "";
      return [{ by: record.by, role, kind: record.kind, index: record.index }];
    });
  }

  #standingOf(actor: string): StandingNow {
    const restrictions = (this.standing.get(actor) ?? []).filter((each) => {
      return each.kind === "ban" || Date.parse(each.until) > this.#now();
    });
    return { actor, at: formatTime(this.#now()), strikes: [], restrictions, links: [] };
  }

  #effect({ of, verdict, compensate }: VerdictWish): VerdictEffect {
    const { actor, restrictions } = this.#decision(of);
    const ended = compensate === true ? restrictions.map(({ id }) => id) : [];
    const lists = { strikes: [], voided: [], restrictions: [], ended, proposed: [] };
    return { of, actor, verdict, outcome: "allow", ...lists };
  }

  async #verdict({ by, role }: ActAuthor, wish: VerdictWish, along?: Along): Promise<VerdictDone> {
    const effect = this.#effect(wish);
    await Promise.resolve();
    if (this.fault !== undefined) throw this.fault;
    const before = along?.() ?? [];
    const { of, verdict, cause, reason } = wish;
    const { actor, ended } = effect;
    const what = { of, actor, verdict, cause, ...(wish.for === undefined ? {} : { for: wish.for }) };
    const body = { kind: "verdict", by, role, ...what, restrictions: [], ended, reason };
    const index = this.#append(body as BodyWithoutParts, []);
    this.#end(actor, ended);
    await Promise.all(before);
    return { ...effect, index, leaf: this.leaves[index] ?? "" };
  }

  #measured({ subject, restrictions = [], ends = [] }: MeasureWish): Omit<MeasureDone, "index" | "leaf"> {
    const actor = subject.kind === "actor" && "actor" in subject ? subject.actor : "";
    const made = restrictions.map((wish, place): RecordedRestriction => {
      const id = `r_${String(this.leaves.length)}_${place}`.padEnd(18, "x");
      const { kind } = wish;
      if (kind === "ban") return { id, kind };
      const until = wish.until ?? formatTime(this.#now() + (wish.forMs ?? 0));
      if (kind === "limit") return { id, kind, ability: wish.ability, until };
      if (kind === "throttle") return { id, kind, rate: wish.rate, burst: wish.burst ?? 1, until };
      return { id, kind, until };
    });
    return { subject: actor, subjectKind: "actor", restrictions: made, ended: [...ends] };
  }

  async #measure({ by, role }: ActAuthor, wish: MeasureWish, along?: Along): Promise<MeasureDone> {
    const done = this.#measured(wish);
    await Promise.resolve();
    if (this.fault !== undefined) throw this.fault;
    const before = along?.() ?? [];
    const { subject, subjectKind, restrictions, ended } = done;
    const { cause = "manual", of = [], reason } = wish;
    const caused = { cause, ...(wish.for === undefined ? {} : { for: wish.for }), of };
    const body = { kind: "measure", by, role, subject, subjectKind, ...caused, restrictions, ended, reason };
    const index = this.#append(body as BodyWithoutParts, []);
    this.#end(subject, ended);
    this.impose(subject, restrictions);
    await Promise.all(before);
    return { ...done, index, leaf: this.leaves[index] ?? "" };
  }

  #end(actor: string, ended: readonly string[]): void {
    const left = (this.standing.get(actor) ?? []).filter(({ id }) => !ended.includes(id));
    this.standing.set(actor, left);
  }
}
