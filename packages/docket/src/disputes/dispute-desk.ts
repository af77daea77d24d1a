// SPDX-License-Identifier: Apache-2.0
// The way of a dispute: opened by the affected user with a token, or by the app for them; talked over; ended
// by a person who had no part in what is disputed. Every step is a record, and what it changes is done by
// verdicts and measures that are sealed in the same turn.
import { formatTime, parseTime } from "@docket/protocol";
import type { DocketRecord, Ruling } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { ActAuthor } from "../enforcement/contract.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { DisputeOpened, DisputeToken, OnBehalf } from "./contract.ts";
import { disputeTarget, notDisputable } from "./disputable.ts";
import type { DisputeTarget } from "./disputable.ts";
import type { DisputePorts } from "./ports.ts";
import {
  disputesAbility,
  disputesOf,
  emptyDisputeState,
  isOpen,
  openDisputesOf,
  takeRecord,
} from "./state.ts";
import type { Dispute, DisputeState } from "./state.ts";
import { checkDisputeText, encodeDisputeText, encodeTold } from "./texts.ts";
import type { DisputeText, Told } from "./texts.ts";
import type { TokenClaims } from "./token.ts";

/** A record is objected to so often at most, where earlier disputes were withdrawn. */
export const disputesOfRecordMax = 3;
/** Most messages of a complainant in one dispute. */
export const complainantMessagesMax = 50;
const dayMs = 86_400_000;

/** Who opens, writes to or withdraws a dispute from the complainant's side. */
type Side = { readonly by: string; readonly role: string; readonly via: "token" | "app" };
const tokenSide: Side = { by: "token", role: "complainant", via: "token" };

/** The disputes of a site: their state, and what complainants do. */
export class DisputeDesk {
  readonly state: DisputeState = emptyDisputeState();
  readonly #ports: DisputePorts;
  /** Records that somebody is objecting to in this moment, each with the actor. */
  readonly #opening = new Map<number, string>();
  /** Disputes that somebody is ending in this moment. */
  readonly #ending = new Set<number>();
  /** The first record that the state has not taken in, and who waits until it has. */
  #taken = 0;
  #waiting: { readonly index: number; readonly resolve: () => void }[] = [];

  /** @param records of the log that the state is made of, in its order */
  constructor(records: Iterable<DocketRecord>, ports: DisputePorts) {
    this.#ports = ports;
    for (const record of records) this.takeIn(record);
  }

  /** Takes in a record of the log that is durable; they come in order. */
  takeIn(record: DocketRecord): void {
    takeRecord(this.state, record);
    this.#taken = record.index + 1;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ index }) => index >= this.#taken);
    for (const each of waiting) if (each.index < this.#taken) each.resolve();
  }

  async tokenFor(index: number, sinceMs = 0): Promise<DisputeToken | undefined> {
    const target = await this.#target(index);
    if (typeof target === "string" || target.closed !== undefined) return undefined;
    const untilMs = this.#untilMs(target, sinceMs);
    const generation = this.state.generations.get(index) ?? 0;
    const token = this.#ports.tokens.issue({ index, untilMs, generation });
    return { token, expires: formatTime(untilMs) };
  }

  async openByToken(token: string, text: DisputeText): Promise<DisputeOpened> {
    checkDisputeText(text);
    const { index, untilMs } = this.claims(token);
    return this.#open(await this.#disputable(index), untilMs, tokenSide, text);
  }

  async openForAccount(who: OnBehalf, index: number, text: DisputeText): Promise<DisputeOpened> {
    checkDisputeText(text);
    const target = await this.#disputable(index);
    await this.#checkAccount(who.accountId, target.actor, index);
    return this.#open(target, this.#untilMs(target, 0), sideOf(who), text);
  }

  async messageByToken(token: string, text: DisputeText): Promise<{ index: number }> {
    return this.#message(this.latestByToken(token), { ...tokenSide, from: "complainant" }, text);
  }

  async messageForAccount(who: OnBehalf, index: number, text: DisputeText): Promise<{ index: number }> {
    const dispute = await this.disputeOfAccount(who.accountId, index);
    return this.#message(dispute, { ...sideOf(who), from: "complainant" }, text);
  }

  /** A reviewer writes to the complainant. */
  async messageFromSite(author: ActAuthor, index: number, text: DisputeText): Promise<{ index: number }> {
    return this.#message(this.dispute(index), { ...author, from: "site" }, text);
  }

  async withdrawByToken(token: string): Promise<{ index: number }> {
    return this.#withdraw(this.latestByToken(token), tokenSide);
  }

  async withdrawForAccount(who: OnBehalf, index: number): Promise<{ index: number }> {
    return this.#withdraw(await this.disputeOfAccount(who.accountId, index), sideOf(who));
  }

  /** From now on tokens of the record count no more that were given out before. */
  async revokeTokens({ by, role }: ActAuthor, index: number): Promise<{ index: number }> {
    const target = await this.#target(index);
    if (typeof target === "string") throw notDisputable(index, target);
    const sealed = await this.#ports.seal({ kind: "token-revoked", by, role, of: index }, []);
    await this.takenIn(sealed.index);
    return { index: sealed.index };
  }

  /** @throws {DocketError} `not_found` */
  dispute(index: number): Dispute {
    const dispute = this.state.disputes.get(index);
    if (dispute === undefined) throw new DocketError("not_found", `record ${index} is no dispute`);
    return dispute;
  }

  /**
   * What a token lets its holder do.
   *
   * @throws {DocketError} `dispute_token_invalid`, also for one that was revoked
   */
  claims(token: string): TokenClaims {
    const claims = this.#ports.tokens.read(token);
    if (claims === undefined) throw new DocketError("dispute_token_invalid", "this is no dispute token");
    if (claims.generation !== (this.state.generations.get(claims.index) ?? 0)) {
      throw new DocketError("dispute_token_invalid", "this dispute token was revoked");
    }
    return claims;
  }

  /**
   * The last dispute about the record of a token. A dispute that was opened in time is read and written to
   * with its token as long as it goes on.
   *
   * @throws {DocketError} `not_found` if none was opened
   */
  latestByToken(token: string): Dispute {
    const { index } = this.claims(token);
    const dispute = disputesOf(this.state, index).at(-1);
    if (dispute !== undefined) return dispute;
    throw new DocketError("not_found", `record ${index} was not objected to yet`);
  }

  /** @throws {DocketError} `not_found`, also for a dispute of another account */
  async disputeOfAccount(accountId: string, index: number): Promise<Dispute> {
    const dispute = this.dispute(index);
    await this.#checkAccount(accountId, dispute.actor, index);
    return dispute;
  }

  /** Until when a record can be objected to, in ms since 1970. */
  async untilMs(index: number): Promise<number> {
    return this.#untilMs(await this.#disputable(index), 0);
  }

  /**
   * Ends a dispute: no two at once, and only one that is open.
   *
   * @param act seals the ruling; resolves with what was sealed
   * @throws {DocketError} `dispute_closed`
   */
  async ending<Done extends { index: number }>(dispute: Dispute, act: () => Promise<Done>): Promise<Done> {
    this.checkOpen(dispute);
    this.#ending.add(dispute.index);
    try {
      const done = await act();
      await this.takenIn(done.index);
      return done;
    } finally {
      this.#ending.delete(dispute.index);
    }
  }

  /** @throws {DocketError} `dispute_closed` */
  checkOpen(dispute: Dispute): void {
    if (isOpen(dispute) && !this.#ending.has(dispute.index)) return;
    const how = dispute.ruling?.ruling ?? "being ended";
    throw new DocketError("dispute_closed", `dispute ${dispute.index} is ${how}`);
  }

  /** Seals how a dispute ended. To be called within {@link ending}, in the turn of what it changes. */
  sealRuling(
    dispute: Dispute,
    { by, role }: ActAuthor,
    said: { ruling: Ruling; reason: string; told: Told; note?: string | undefined },
    key: Uint8Array,
  ): Promise<{ readonly index: number; readonly leaf: string }> {
    const { ruling, reason, told, note } = said;
    const parts: PlainPart[] = [
      { name: "disclosed", subject: dispute.actor, key, plaintext: encodeTold(told) },
    ];
    if (note !== undefined) {
      const plaintext = JSON.stringify({ v: 1, why: note });
      parts.push({ name: "change", subject: "site", key: this.#ports.siteKey, plaintext });
    }
    return this.#ports.seal({ kind: "ruling", by, role, of: dispute.index, ruling, reason }, parts);
  }

  /**
   * The key of an actor.
   *
   * @throws {DocketError} `not_disputable` once it is erased
   */
  async keyOf(actor: string): Promise<Uint8Array> {
    const key = await this.#ports.actorKey(actor);
    if (key !== undefined) return key;
    throw new DocketError("not_disputable", `the account ${actor} was erased, so nobody can be answered`);
  }

  /** Resolves when the state has taken in a record. */
  takenIn(index: number): Promise<void> {
    if (index < this.#taken) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ index, resolve }));
  }

  async #open(target: DisputeTarget, untilMs: number, side: Side, text: DisputeText): Promise<DisputeOpened> {
    const { index: of, actor } = target;
    const key = await this.keyOf(actor);
    // From here to the append nothing waits: of two who object at once, one is told that the other did.
    this.#checkOpening(target, untilMs);
    const index = await this.#sealOpening(target, key, side, text);
    const deadline = formatTime(this.dispute(index).dueMs);
    return { dispute: index, of, deadline, receipt: await this.#ports.receipt(index) };
  }

  async #sealOpening(
    { index: of, actor }: DisputeTarget,
    key: Uint8Array,
    { by, via }: Side,
    text: DisputeText,
  ): Promise<number> {
    this.#opening.set(of, actor);
    try {
      const part = { name: "content" as const, subject: actor, key, plaintext: encodeDisputeText(text) };
      const { index } = await this.#ports.seal({ kind: "dispute", by, of, actor, via }, [part]);
      await this.takenIn(index);
      return index;
    } finally {
      this.#opening.delete(of);
    }
  }

  #checkOpening({ index, actor, closed }: DisputeTarget, untilMs: number): void {
    const nowMs = this.#ports.clock();
    if (nowMs > untilMs) {
      const until = formatTime(untilMs);
      throw new DocketError("dispute_expired", `record ${index} could be disputed until ${until}`);
    }
    if (closed !== undefined) throw new DocketError("dispute_closed", closed);
    const earlier = disputesOf(this.state, index);
    if (earlier.some(isOpen) || this.#opening.has(index)) {
      throw new DocketError("dispute_exists", `record ${index} is disputed already, and not decided yet`);
    }
    const ruled = earlier.find(({ ruling }) => ruling?.ruling !== "withdrawn");
    if (ruled !== undefined) {
      const how = `dispute ${ruled.index} of record ${index} was ${ruled.ruling?.ruling}`;
      throw new DocketError("dispute_closed", `${how}; it is not decided twice`);
    }
    if (earlier.length >= disputesOfRecordMax) {
      throw new DocketError(
        "dispute_limited",
        `record ${index} was disputed ${earlier.length} times already`,
      );
    }
    this.#checkActor(index, actor, nowMs);
  }

  #checkActor(of: number, actor: string, nowMs: number): void {
    const { restrictions } = this.#ports.enforcement.standingOf(actor, nowMs);
    for (const each of restrictions) {
      if (each.kind !== "limit" || each.ability !== disputesAbility) continue;
      // Against the limit itself there is an objection too.
      if (this.state.imposedBy.get(each.id) === of) continue;
      throw new DocketError(
        "dispute_limited",
        `this account may open no further dispute until ${each.until}`,
      );
    }
    // Of one that was sealed in this moment, the state knows already.
    const opening = [...this.#opening].filter(
      ([record, who]) => who === actor && !disputesOf(this.state, record).some(isOpen),
    ).length;
    const open = openDisputesOf(this.state, actor).length + opening;
    const most = this.state.settings.disputesOpenPerActor;
    if (open < most) return;
    throw new DocketError("dispute_limited", `this account has ${open} disputes open, the most are ${most}`);
  }

  async #message(
    dispute: Dispute,
    from: ActAuthor & { readonly from: "complainant" | "site" },
    text: DisputeText,
  ): Promise<{ index: number }> {
    checkDisputeText(text);
    const key = await this.keyOf(dispute.actor);
    this.checkOpen(dispute);
    const written = dispute.messages.filter((each) => each.from === "complainant").length;
    if (from.from === "complainant" && written >= complainantMessagesMax) {
      throw new DocketError("dispute_limited", `${written} messages were written; wait for the ruling`);
    }
    const { by, role } = from;
    const part = {
      name: "content" as const,
      subject: dispute.actor,
      key,
      plaintext: encodeDisputeText(text),
    };
    const body = { kind: "message", by, role, of: dispute.index, from: from.from } as const;
    const { index } = await this.#ports.seal(body, [part]);
    await this.takenIn(index);
    return { index };
  }

  async #withdraw(dispute: Dispute, { by, role }: Side): Promise<{ index: number }> {
    const key = await this.keyOf(dispute.actor);
    const said = { ruling: "withdrawn", reason: "withdrawn", told: {} } as const;
    const { index } = await this.ending(dispute, () => this.sealRuling(dispute, { by, role }, said, key));
    return { index };
  }

  /** @throws {DocketError} `not_found`, `not_disputable` */
  async #disputable(index: number): Promise<DisputeTarget> {
    const target = await this.#target(index);
    if (typeof target === "string") throw notDisputable(index, target);
    return target;
  }

  async #target(index: number): Promise<DisputeTarget | string> {
    const { record } = await this.#ports.recorded(index);
    return disputeTarget(record, this.state);
  }

  // The period begins when the actor is told, which may be later than the record.
  #untilMs({ index, time }: DisputeTarget, sinceMs: number): number {
    const quietMs = this.state.quietUntilMs.get(index) ?? 0;
    const fromMs = Math.max(parseTime(time) ?? 0, quietMs, sinceMs);
    return fromMs + this.state.settings.disputePeriodDays * dayMs;
  }

  // Whose it is is nobody else's business.
  async #checkAccount(accountId: string, actor: string, index: number): Promise<void> {
    if ((await this.#ports.actorNamed(accountId)) === actor) return;
    throw new DocketError("not_found", `this account has nothing to do with record ${index}`);
  }
}

function sideOf({ author: { by, role } }: OnBehalf): Side {
  return { by, role, via: "app" };
}
