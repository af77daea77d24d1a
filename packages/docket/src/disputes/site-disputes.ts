// SPDX-License-Identifier: Apache-2.0
// The disputes of a site, in one piece: what complainants do, rulings, and what is shown of both.
import type { DocketRecord } from "@docket/protocol";
import type { ActAuthor, MeasureDone } from "../enforcement/contract.ts";
import { DisputeViews } from "./case-view.ts";
import type {
  AbuseWish,
  ComplainantView,
  DisputeCase,
  DisputeFigures,
  DisputeFilter,
  DisputeOpened,
  DisputePage,
  DisputeStatistics,
  DisputeSummary,
  DisputeToken,
  OnBehalf,
  RulingDone,
  RulingEffect,
  RulingWish,
  SiteDisputes,
} from "./contract.ts";
import { DisputeDesk } from "./dispute-desk.ts";
import type { DisputePorts } from "./ports.ts";
import { DisputeRulings } from "./rulings.ts";
import { disputesOf, openDisputesOf } from "./state.ts";
import type { DisputeText } from "./texts.ts";

/** The disputes of a site. */
export class Disputes implements SiteDisputes {
  readonly #desk: DisputeDesk;
  readonly #rulings: DisputeRulings;
  readonly #views: DisputeViews;
  readonly #ports: DisputePorts;

  /** @param records of `disputeKinds`, in the order of the log */
  constructor(records: Iterable<DocketRecord>, ports: DisputePorts) {
    this.#ports = ports;
    this.#desk = new DisputeDesk(records, ports);
    this.#rulings = new DisputeRulings(this.#desk, ports);
    this.#views = new DisputeViews(this.#desk, this.#rulings, ports);
  }

  /** Takes in a record of the log that is durable; they come in order. */
  takeIn(record: DocketRecord): void {
    this.#desk.takeIn(record);
  }

  tokenFor(index: number, sinceMs?: number): Promise<DisputeToken | undefined> {
    return this.#desk.tokenFor(index, sinceMs);
  }

  checkToken(token: string): void {
    this.#desk.claims(token);
  }

  openByToken(token: string, text: DisputeText): Promise<DisputeOpened> {
    return this.#desk.openByToken(token, text);
  }

  openForAccount(who: OnBehalf, index: number, text: DisputeText): Promise<DisputeOpened> {
    return this.#desk.openForAccount(who, index, text);
  }

  async viewByToken(token: string, language: "en" | "de"): Promise<ComplainantView> {
    const { index, untilMs } = this.#desk.claims(token);
    const dispute = disputesOf(this.#desk.state, index).at(-1);
    return this.#views.forComplainant(index, untilMs, dispute, language);
  }

  async viewForAccount(accountId: string, index: number, language: "en" | "de"): Promise<ComplainantView> {
    const dispute = await this.#desk.disputeOfAccount(accountId, index);
    const untilMs = await this.#desk.untilMs(dispute.of);
    return this.#views.forComplainant(dispute.of, untilMs, dispute, language);
  }

  async listForAccount(accountId: string): Promise<DisputeSummary[]> {
    const actor = await this.#ports.actorNamed(accountId);
    return actor === undefined ? [] : this.#views.ofActor(actor);
  }

  messageByToken(token: string, text: DisputeText): Promise<{ index: number }> {
    return this.#desk.messageByToken(token, text);
  }

  messageForAccount(who: OnBehalf, index: number, text: DisputeText): Promise<{ index: number }> {
    return this.#desk.messageForAccount(who, index, text);
  }

  messageFromSite(author: ActAuthor, index: number, text: DisputeText): Promise<{ index: number }> {
    return this.#desk.messageFromSite(author, index, text);
  }

  withdrawByToken(token: string): Promise<{ index: number }> {
    return this.#desk.withdrawByToken(token);
  }

  withdrawForAccount(who: OnBehalf, index: number): Promise<{ index: number }> {
    return this.#desk.withdrawForAccount(who, index);
  }

  /** An actor's disputes that are open, by their records. */
  openOf(actor: string): number[] {
    return openDisputesOf(this.#desk.state, actor).map(({ index }) => index);
  }

  /** Until when a record is kept from its actor, in ms since 1970; 0 if it never was. */
  quietUntilMs(index: number): number {
    return this.#desk.state.quietUntilMs.get(index) ?? 0;
  }

  list(filter: DisputeFilter, after: number, limit: number): DisputePage {
    return this.#views.list(filter, after, limit);
  }

  look(index: number, reader: ActAuthor | undefined, language: "en" | "de"): Promise<DisputeCase> {
    return this.#views.case(index, reader, language);
  }

  previewRuling(author: ActAuthor, index: number, wish: RulingWish): Promise<RulingEffect> {
    return this.#rulings.preview(author, index, wish);
  }

  rule(author: ActAuthor, index: number, wish: RulingWish): Promise<RulingDone> {
    return this.#rulings.rule(author, index, wish);
  }

  answerAbuse(author: ActAuthor, index: number, wish: AbuseWish): Promise<MeasureDone> {
    return this.#rulings.answerAbuse(author, index, wish);
  }

  revokeTokens(author: ActAuthor, index: number): Promise<{ index: number }> {
    return this.#desk.revokeTokens(author, index);
  }

  statistics(fromMs: number, toMs: number): Promise<DisputeStatistics> {
    return this.#views.statistics(fromMs, toMs);
  }

  figures(): DisputeFigures {
    return this.#views.figures();
  }
}
