// SPDX-License-Identifier: Apache-2.0
// Erasure of an actor. Each step leaves its mark before the next begins, so a process that dies here is gone
// on with at the next opening, before anything is served (`start`). If it dies
//
//   before the order is sealed        nothing happened
//   before the suppression is kept    it is made again from the standing, which is there still
//   before the tombstone is durable   the same; from here on every opening takes the row away
//   before the row is gone            the opening leaves it out by the tombstone, and removes it
//   before the journal is let go      likewise: what it says of tombstones' actors is left out
//   before the old key is destroyed   that is done again, for all erasures that are open at once
//   before `done` is sealed           all steps are done again; none changes anything the second time
import type { BodyWithoutParts, DocketRecord, Event } from "@docket/protocol";
import { codePattern, formatTime, isPseudonym } from "@docket/protocol";
import type { Outcome, RequestWish, TakenRequest } from "../approvals/contract.ts";
import type { RestrictionInForce } from "../enforcement/contract.ts";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import type { DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import type { AboutWish, ErasurePreview, ErasureView, ErasureWish, SiteErasures } from "./contract.ts";
import { goes, stays } from "./preview-text.ts";
import { emptyErasureState, erasureOf, holdsOn, openErasures, takeErasureRecord } from "./state.ts";
import type { ErasureState } from "./state.ts";
import type { Suppressed, Suppressions } from "./suppressions.ts";
import type { Tombstones } from "./tombstones.ts";

/** Longest text that says who asked, in characters. */
export const askedByLengthMax = 1000;
/** An erasure that could not be carried out is tried again after so many ms. */
const retryMs = 30_000;
const dayMs = 86_400_000;

/** What the desk leans on. */
export type ErasurePorts = {
  readonly tombstones: Tombstones;
  readonly suppressions: Suppressions;
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  /** The way of what takes a second person. */
  readonly through: <T>(
    author: Author,
    wish: RequestWish,
    of: number | undefined,
    act: (taken: TakenRequest | undefined) => Promise<T>,
  ) => Promise<Outcome<T>>;
  readonly actorNamed: (accountId: string) => Promise<string | undefined>;
  /** The key under which an actor's account is looked up; `undefined` if they are nobody's. */
  readonly lookupOf: (pseudonym: string) => Promise<Uint8Array | undefined>;
  readonly decisions: (query: DecisionQuery) => Promise<DecisionRow[]>;
  /** How many decisions there are about an actor. */
  readonly countOf: (actor: string) => Promise<number>;
  readonly eventOf: (decision: number) => Promise<Event | undefined>;
  readonly openDisputes: (actor: string) => readonly number[];
  readonly disputePeriodDays: () => number;
  readonly restrictionsOf: (actor: string, atMs: number) => readonly RestrictionInForce[];
  /** Lists of actors that have an account. */
  readonly listsWith: (accountId: string) => readonly string[];
  readonly leaveLists: (accountId: string, act: { by: string; why: string }) => Promise<unknown>;
  /** From its turn on the account is nobody's; the row is gone when it resolves. */
  readonly forgetActor: (pseudonym: string) => Promise<unknown>;
  /** Resolves when no journal segment holds what was sealed before; with how many records are synced. */
  readonly vacateJournal: () => Promise<number>;
  /** Resolves when all rows are sealed under a new key-store key, and the old one is destroyed. */
  readonly replaceKeyStoreKey: () => Promise<unknown>;
  /** Whatever else is kept about actors and is no state of the log: queues of webhooks. */
  readonly forgetElsewhere: (actors: ReadonlySet<string>) => Promise<void>;
  /** Drops the sealed parts of these actors, as far as their files are complete and synced. */
  readonly dropParts: (actors: ReadonlySet<string>, synced: number) => Promise<unknown>;
  readonly siteKey: Uint8Array;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onFault: (error: unknown) => void;
};

/** An order that is under way, with what only this process knows. */
type Order = { readonly erasure: number; readonly actor: string; readonly ground: string; account?: string };

/** The erasures of a site. One for each open site. */
export class ErasureDesk implements SiteErasures {
  readonly state: ErasureState = emptyErasureState();
  readonly #ports: ErasurePorts;
  #waiting: Order[] = [];
  #running: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #closed = false;

  /** @param records of {@link erasureKinds}, in the order of the log */
  constructor(records: readonly DocketRecord[], ports: ErasurePorts) {
    this.#ports = ports;
    for (const record of records) this.takeIn(record);
  }

  /** Takes in a record that was sealed. Call with each, in the order of the log. */
  takeIn(record: DocketRecord): void {
    takeErasureRecord(this.state, record);
  }

  /**
   * Before anything is served: brings to its end what an earlier process began, and erases again whom an
   * older copy of the data brought back.
   */
  async start(): Promise<void> {
    const { tombstones } = this.#ports;
    const done = [...this.state.erasures.values()].filter((each) => each.done !== null);
    // The keys were put back from a copy that knew less.
    const missing = done.filter(({ actor }) => !tombstones.has(actor));
    await tombstones.add(
      missing.map((each) => ({ pseudonym: each.actor, at: each.ordered, ground: each.ground })),
    );
    const orders: Order[] = openErasures(this.state);
    const known = new Set([...this.state.erasures.values()].map(({ actor }) => actor));
    for (const { pseudonym, ground } of tombstones.all) {
      if (known.has(pseudonym) || !(await this.#isKnown(pseudonym))) continue;
      const body = { kind: "erasure", by: "docket", role: "docket", step: "ordered" } as const;
      const { index } = await this.#ports.seal({ ...body, actor: pseudonym, ground }, []);
      orders.push({ erasure: index, actor: pseudonym, ground });
    }
    if (orders.length === 0) return;
    this.#waiting.push(...orders);
    await this.#run();
  }

  /** Resolves when nothing is being carried out; what failed is tried again later. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
  }

  /** Waits for what is under way; what is not done goes on at the next opening. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    await this.settled();
  }

  async preview(about: AboutWish): Promise<ErasurePreview> {
    const actor = await this.#actorOf(about);
    const { clock, restrictionsOf, openDisputes, listsWith, countOf } = this.#ports;
    const nowMs = clock();
    const account = "account" in about ? about.account : await this.#accountOf(actor);
    const last = await this.#lastDecision(actor);
    const holds = holdsOn(this.state, actor).map(({ hold }) => hold);
    const disputes = [...openDisputes(actor)];
    const suppressed = restrictionsOf(actor, nowMs).map(suppressedOf);
    const untilMs = last === undefined ? 0 : last.sealedMs + this.#ports.disputePeriodDays() * dayMs;
    return {
      actor,
      decisions: await countOf(actor),
      lastDecided: last === undefined ? null : formatTime(last.decidedMs),
      openDisputes: disputes,
      disputableUntil: untilMs > nowMs ? formatTime(untilMs) : null,
      holds,
      suppressed,
      lists: account === undefined ? [] : [...listsWith(account)],
      blocked: holds.length > 0 || disputes.length > 0,
      goes: [...goes],
      stays: stays(suppressed.length),
    };
  }

  async erase(author: Author, wish: ErasureWish, request?: number): Promise<Outcome<ErasureView>> {
    checkWish(wish);
    const actor = await this.#actorOf(wish.about);
    const account = "account" in wish.about ? wish.about.account : await this.#accountOf(actor);
    if (account !== undefined && wish.askedBy.includes(account)) {
      const message = "who asked is kept for good: name a ticket or a letter there, and not the account";
      throw new DocketError("usage", message);
    }
    this.#check(actor, wish.despiteDispute === true);
    const what = { ground: wish.ground, despiteDispute: wish.despiteDispute === true };
    const asked = { act: "erasure", subject: actor, what, why: wish.askedBy } as const;
    return this.#ports.through(author, asked, request, (taken) =>
      this.#order(author, actor, account, wish, taken),
    );
  }

  show(erasure: number): ErasureView {
    const found = this.state.erasures.get(erasure);
    if (found !== undefined) return { ...found };
    throw new DocketError("not_found", `record ${erasure} orders no erasure`);
  }

  list(limit: number): ErasureView[] {
    return [...this.state.erasures.values()].slice(-limit).reverse();
  }

  async #order(
    { by, role }: Author,
    actor: string,
    account: string | undefined,
    { ground, askedBy, despiteDispute }: ErasureWish,
    taken: TakenRequest | undefined,
  ): Promise<ErasureView> {
    // A hold may have been placed while the request waited. From here to the append nothing waits.
    this.#check(actor, despiteDispute === true);
    const asked = taken === undefined ? {} : { request: taken.index, approved: taken.approved };
    const plaintext = JSON.stringify({ v: 1, askedBy });
    const part: PlainPart = { name: "change", subject: "site", key: this.#ports.siteKey, plaintext };
    const said = { kind: "erasure", by, role, step: "ordered", actor, ground, ...asked } as const;
    const { index } = await this.#ports.seal(said, [part]);
    this.#waiting.push({ erasure: index, actor, ground, ...(account === undefined ? {} : { account }) });
    // Ordered is what was asked for: whatever hinders it now, it is done, here or at the next opening.
    this.#run().catch((error: unknown) => this.#ports.onFault(error));
    return this.show(index);
  }

  // Whoever asks at once is served together: the journal is let go and the key replaced once for all.
  async #run(): Promise<void> {
    await this.settled();
    if (this.#waiting.length === 0) return;
    const orders = this.#waiting;
    this.#waiting = [];
    this.#running = this.#carryOut(orders);
    try {
      await this.#running;
    } catch (error) {
      this.#waiting.push(...orders.filter(({ erasure }) => this.state.erasures.get(erasure)?.done === null));
      this.#retryLater();
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  async #carryOut(orders: readonly Order[]): Promise<void> {
    const { tombstones, vacateJournal, replaceKeyStoreKey, forgetElsewhere, dropParts, clock } = this.#ports;
    for (const order of orders) await this.#leaveLists(order);
    // Before the tombstone: an opening that finds it takes the row away, and then nobody knows the account.
    for (const { actor } of orders) await this.#keepRestrictions(actor);
    const at = formatTime(clock());
    await tombstones.add(orders.map(({ actor, ground }) => ({ pseudonym: actor, at, ground })));
    const suppressed = new Map<number, number>();
    for (const order of orders) suppressed.set(order.erasure, await this.#detach(order.actor));
    // Nobody seals anything under these keys any more, and no row has them: now what has copies of them.
    const synced = await vacateJournal();
    await replaceKeyStoreKey();
    const actors = new Set(orders.map(({ actor }) => actor));
    await forgetElsewhere(actors);
    await dropParts(actors, synced);
    for (const { erasure, actor, ground } of orders) {
      const count = suppressed.get(erasure) ?? 0;
      const said = {
        kind: "erasure",
        by: "docket",
        role: "docket",
        step: "done",
        actor,
        for: erasure,
      } as const;
      await this.#ports.seal({ ...said, ground, suppressed: count }, []);
    }
  }

  /**
   * Detaches an actor from their account. What lives on of their restrictions is durable before, and is what
   * is in force in that very turn.
   *
   * @returns how many restrictions live on
   */
  async #detach(actor: string): Promise<number> {
    const { lookupOf, suppressions, forgetActor } = this.#ports;
    const lookup = await lookupOf(actor);
    if (lookup === undefined) {
      // An earlier process came so far, or a copy was cleaned before it was opened.
      await forgetActor(actor);
      return erasureOf(this.state, actor)?.suppressed ?? 0;
    }
    for (;;) {
      const kept = await this.#keepRestrictions(actor, lookup);
      // An event may have brought another restriction meanwhile.
      if (JSON.stringify(this.#suppressedNow(actor)) !== JSON.stringify(kept)) continue;
      const gone = forgetActor(actor);
      suppressions.begin(lookup);
      await gone;
      return kept.length;
    }
  }

  /** Writes down what lives on of an actor's restrictions, as they are now. */
  async #keepRestrictions(actor: string, known?: Uint8Array): Promise<Suppressed[]> {
    const lookup = known ?? (await this.#ports.lookupOf(actor));
    const kept = this.#suppressedNow(actor);
    if (lookup !== undefined) await this.#ports.suppressions.keep(lookup, kept);
    return kept;
  }

  #suppressedNow(actor: string): Suppressed[] {
    return this.#ports.restrictionsOf(actor, this.#ports.clock()).map(suppressedOf);
  }

  // As long as there is evidence that says what the account is called.
  async #leaveLists(order: Order): Promise<void> {
    const account = order.account ?? (await this.#accountOf(order.actor));
    if (account === undefined) return;
    order.account = account;
    const { by } = this.show(order.erasure);
    // A release is somebody's; whoever ordered what is done again is in the log that was lost.
    const act = { by: by === "docket" ? "operator" : by, why: `erasure, record ${order.erasure}` };
    await this.#ports.leaveLists(account, act);
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#cancelRetry?.();
    this.#cancelRetry = this.#ports.timer(retryMs, () => {
      this.#run().catch((error: unknown) => this.#ports.onFault(error));
    });
  }

  #check(actor: string, despiteDispute: boolean): void {
    const earlier = erasureOf(this.state, actor);
    if (earlier !== undefined) {
      throw new DocketError("erasure_conflict", `${actor} is erased already, by record ${earlier.erasure}`);
    }
    const [hold] = holdsOn(this.state, actor);
    if (hold !== undefined) {
      const message = `legal hold ${hold.hold} keeps the data of ${actor}: it must be lifted before`;
      throw new DocketError("legal_hold", message);
    }
    const [dispute] = this.#ports.openDisputes(actor);
    if (dispute === undefined || despiteDispute) return;
    const message = `dispute ${dispute} of ${actor} is open: rule on it before, or erase despite the dispute`;
    throw new DocketError("erasure_conflict", `${message}, which then nobody can answer`);
  }

  async #actorOf(about: AboutWish): Promise<string> {
    if ("account" in about) {
      const actor = await this.#ports.actorNamed(about.account);
      if (actor !== undefined) return actor;
      throw new DocketError("not_found", `nothing of the account ${JSON.stringify(about.account)} is here`);
    }
    const { actor } = about;
    if (isPseudonym(actor) && (erasureOf(this.state, actor) !== undefined || (await this.#isKnown(actor)))) {
      return actor;
    }
    throw new DocketError("not_found", `no record is about an actor ${JSON.stringify(actor)}`);
  }

  async #isKnown(actor: string): Promise<boolean> {
    return (
      (await this.#ports.lookupOf(actor)) !== undefined || (await this.#lastDecision(actor)) !== undefined
    );
  }

  async #lastDecision(actor: string): Promise<DecisionRow | undefined> {
    const [row] = await this.#ports.decisions({ actor, order: "descending", limit: 1 });
    return row;
  }

  async #accountOf(actor: string): Promise<string | undefined> {
    const last = await this.#lastDecision(actor);
    return last && (await this.#ports.eventOf(last.index))?.actor.id;
  }
}

function suppressedOf(restriction: RestrictionInForce): Suppressed {
  const { id: _, on: __, imposed, ...rest } = restriction;
  return {
    ...rest,
    ground: imposed?.reason ?? (imposed?.kind === "decision" ? "policy" : "other"),
  };
}

function checkWish({ ground, askedBy }: ErasureWish): void {
  if (!new RegExp(codePattern).test(ground)) {
    throw new DocketError("usage", `a ground is a code such as request or consent-withdrawn: ${codePattern}`);
  }
  if (askedBy.trim() === "" || askedBy.length > askedByLengthMax) {
    throw new DocketError("usage", `say who asked, in 1 to ${askedByLengthMax} characters`);
  }
}
