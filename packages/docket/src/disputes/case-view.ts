// SPDX-License-Identifier: Apache-2.0
// What is shown of disputes: to the complainant their own, to a reviewer everything that is recorded of one,
// on one page, and how the disputes of a period went.
import { formatTime, parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import type { ActAuthor } from "../enforcement/contract.ts";
import { DocketError } from "../error.ts";
import type {
  ComplainantView,
  DisputeCase,
  DisputeFigures,
  DisputeFilter,
  DisputePage,
  DisputeStatistics,
  DisputeSummary,
  ShownRuling,
  ShownText,
} from "./contract.ts";
import { disputeTarget } from "./disputable.ts";
import type { DisputeDesk } from "./dispute-desk.ts";
import type { DisputePorts, ReadRecord } from "./ports.ts";
import type { DisputeRulings } from "./rulings.ts";
import { isOpen } from "./state.ts";
import type { Dispute } from "./state.ts";
import { disputeStatistics } from "./statistics.ts";
import type { CountedDispute, Disputed } from "./statistics.ts";
import { decodeDisputeText, decodeTold } from "./texts.ts";

/** Most disputes of one answer, and how many if nothing is said. */
export const disputesListedMax = 1000;
export const disputesListedDefault = 100;
/** Most records of a case's chain that are shown. */
const chainListedMax = 1000;
/** Most disputes of the same actor that are shown with a case. */
const othersListedMax = 50;
/** Kinds of record that a case's chain is made of. */
const chainKinds: readonly string[] = [
  "verdict",
  "measure",
  "report",
  "review",
  "dispute",
  "message",
  "ruling",
  "token-revoked",
  "applied",
  "quiet",
  "export",
];

type Language = "en" | "de";

/** Shows disputes. */
export class DisputeViews {
  readonly #desk: DisputeDesk;
  readonly #rulings: DisputeRulings;
  readonly #ports: DisputePorts;
  /** What disputed records are about: it never changes. */
  readonly #about = new Map<number, Disputed>();

  constructor(desk: DisputeDesk, rulings: DisputeRulings, ports: DisputePorts) {
    this.#desk = desk;
    this.#rulings = rulings;
    this.#ports = ports;
  }

  /** What a complainant sees of record `of`: the last dispute about it, or that there is none. */
  async forComplainant(
    of: number,
    untilMs: number,
    dispute: Dispute | undefined,
    language: Language,
  ): Promise<ComplainantView> {
    const read = await this.#ports.recorded(of);
    const { record } = read;
    const explanation =
      record.kind === "decision"
        ? await this.#ports.explainToUser(read, language).catch(passOverDocketErrors)
        : undefined;
    const about = {
      of,
      kind: record.kind,
      until: formatTime(untilMs),
      ...(explanation === undefined ? {} : { explanation }),
    };
    if (dispute === undefined) return { ...about, phase: "none", texts: [] };
    const { phase, opened, deadline, overdue } = this.summary(dispute);
    const ruling = await this.#shownRuling(dispute);
    return {
      ...about,
      phase,
      dispute: dispute.index,
      opened,
      deadline,
      overdue,
      texts: await this.#texts(dispute),
      ...(ruling === undefined ? {} : { ruling }),
    };
  }

  /** A dispute as lists have it. */
  summary(dispute: Dispute): DisputeSummary {
    const { index, of, actor, via, openedMs, dueMs, messages, ruling } = dispute;
    return {
      dispute: index,
      of,
      actor,
      via,
      phase: ruling?.ruling ?? "open",
      opened: formatTime(openedMs),
      deadline: formatTime(dueMs),
      overdue: this.#isOverdue(dispute),
      messages: messages.length,
      waitsForSite: ruling === undefined && messages.at(-1)?.from !== "site",
      ...(ruling === undefined
        ? {}
        : {
            ruling: {
              index: ruling.index,
              by: ruling.by,
              ruling: ruling.ruling,
              reason: ruling.reason,
              at: formatTime(ruling.atMs),
            },
          }),
    };
  }

  /** The disputes of some kind from index `after` on, the oldest first. */
  list(filter: DisputeFilter, after: number, limit: number): DisputePage {
    const disputes: DisputeSummary[] = [];
    for (const dispute of this.#desk.state.disputes.values()) {
      if (dispute.index < after || !this.#passes(dispute, filter)) continue;
      if (disputes.length === limit) return { disputes, next: dispute.index };
      disputes.push(this.summary(dispute));
    }
    return { disputes, next: null };
  }

  /** The disputes of an actor, the oldest first. */
  ofActor(actor: string): DisputeSummary[] {
    const indexes = this.#desk.state.byActor.get(actor) ?? [];
    return indexes.map((index) => this.summary(this.#desk.dispute(index)));
  }

  /** How many disputes wait. */
  figures(): DisputeFigures {
    const nowMs = this.#ports.clock();
    const open = [...this.#desk.state.disputes.values()].filter(isOpen);
    const oldest = open[0];
    return {
      open: open.length,
      overdue: open.filter((dispute) => this.#isOverdue(dispute)).length,
      oldestOpenMs: oldest === undefined ? 0 : Math.max(0, nowMs - oldest.openedMs),
    };
  }

  /** Everything that is recorded of a dispute. */
  async case(index: number, reader: ActAuthor | undefined, language: Language): Promise<DisputeCase> {
    const dispute = this.#desk.dispute(index);
    const { record } = await this.#ports.recorded(dispute.of);
    const target = disputeTarget(record, this.#desk.state);
    const decisionAt = typeof target === "string" ? undefined : target.decision;
    const decision = decisionAt === undefined ? undefined : await this.#ports.recorded(decisionAt);
    const ruling = await this.#shownRuling(dispute);
    const warnedMs = this.#desk.state.warnedMs.get(dispute.actor);
    const found: DisputeCase = {
      ...this.summary(dispute),
      texts: await this.#texts(dispute),
      ...(ruling === undefined ? {} : { told: ruling.told }),
      record,
      ...(decision === undefined
        ? {}
        : { decision: await this.#decision(dispute, decision, reader, language) }),
      chain: await this.#chain(dispute, decisionAt),
      ...(decision?.facts === undefined ? {} : { standingThen: decision.facts.standing }),
      standingNow: this.#ports.enforcement.standingOf(dispute.actor, this.#ports.clock()),
      others: this.ofActor(dispute.actor)
        .filter((each) => each.dispute !== index)
        .slice(-othersListedMax),
      ...(warnedMs === undefined ? {} : { warned: formatTime(warnedMs) }),
      notBy: await this.#rulings.parties(dispute),
    };
    if (decisionAt === undefined) return found;
    return { ...found, ...(await this.#followed(dispute, decisionAt)) };
  }

  /** How the disputes of a period went. */
  async statistics(fromMs: number, toMs: number): Promise<DisputeStatistics> {
    const counted: CountedDispute[] = [];
    for (const dispute of this.#desk.state.disputes.values()) {
      const endedBefore = dispute.ruling !== undefined && dispute.ruling.atMs < fromMs;
      if (dispute.openedMs >= toMs || endedBefore) continue;
      counted.push({ dispute, about: await this.#disputed(dispute) });
    }
    return disputeStatistics(counted, fromMs, toMs);
  }

  #isOverdue(dispute: Dispute): boolean {
    return isOpen(dispute) && this.#ports.clock() > dispute.dueMs;
  }

  #passes(dispute: Dispute, filter: DisputeFilter): boolean {
    switch (filter) {
      case "open":
        return isOpen(dispute);
      case "overdue":
        return this.#isOverdue(dispute);
      case "ended":
        return !isOpen(dispute);
      case "all":
        return true;
    }
  }

  async #texts(dispute: Dispute): Promise<ShownText[]> {
    const { index, openedMs, messages } = dispute;
    const all = [{ index, from: "complainant" as const, atMs: openedMs }, ...messages];
    return Promise.all(
      all.map(async ({ index: at, from, atMs }) => {
        const plaintext = await this.#ports.openedPart(at, "content");
        const text = plaintext === undefined ? {} : { text: decodeDisputeText(plaintext) };
        return { index: at, from, at: formatTime(atMs), ...text };
      }),
    );
  }

  async #shownRuling({ ruling }: Dispute): Promise<ShownRuling | undefined> {
    if (ruling === undefined) return undefined;
    const plaintext = await this.#ports.openedPart(ruling.index, "disclosed");
    const told = plaintext === undefined ? {} : decodeTold(plaintext);
    const { index, reason, atMs } = ruling;
    return { index, ruling: ruling.ruling, reason, at: formatTime(atMs), told };
  }

  async #decision(
    dispute: Dispute,
    read: ReadRecord,
    reader: ActAuthor | undefined,
    language: Language,
  ): Promise<NonNullable<DisputeCase["decision"]>> {
    const { record, facts } = read;
    const explained = await this.#ports.explain(read, language).catch(passOverDocketErrors);
    const fired = (facts?.fired ?? []).map(({ policy, rule }) => `${policy}/${rule}`);
    const release = record.kind === "decision" ? record.release : "";
    const content = reader && (await this.#content(dispute, record.index, reader));
    return {
      record,
      ...(explained === undefined
        ? { unexplained: "the release that decided cannot be read here" }
        : { explanation: explained }),
      ...(facts === undefined ? {} : { facts }),
      rules: await this.#ports.ruleTexts(release, [...new Set(fired)]).catch(() => []),
      ...(content === undefined ? {} : { content }),
      outcome: await this.#ports.enforcement.outcomeOf(record.index),
    };
  }

  // That it was read is on record before it is shown.
  #content(dispute: Dispute, index: number, { by }: ActAuthor): ReturnType<DisputePorts["openContent"]> {
    return this.#ports
      .openContent(index, by, `dispute ${dispute.index}`)
      .catch((error: unknown): undefined => {
        if (!(error instanceof DocketError) || error.code !== "evidence_gone") throw error;
      });
  }

  async #chain(dispute: Dispute, decision: number | undefined): Promise<DocketRecord[]> {
    await this.#ports.indexed();
    const found = new Map<number, DocketRecord>();
    const of = new Set([dispute.index, dispute.of, ...(decision === undefined ? [] : [decision])]);
    for (const each of of) {
      const query = { kinds: chainKinds, of: each, limit: chainListedMax };
      for (const leaf of await this.#ports.caseRecords(query)) {
        const record = parseLeaf(leaf);
        found.set(record.index, record);
      }
    }
    const label = decision === undefined ? undefined : await this.#ports.labelOf(decision);
    if (label !== undefined) found.set(parseLeaf(label).index, parseLeaf(label));
    return [...found.values()].sort((a, b) => a.index - b.index).slice(0, chainListedMax);
  }

  // Of a dispute that was decided, the same preview says what followed from the decision that is undone.
  async #followed(
    { ruling, index }: Dispute,
    decision: number,
  ): Promise<Pick<DisputeCase, "consequences" | "like">> {
    if (ruling?.ruling !== "overturned") return {};
    const { consequences, like } = await this.#ports.enforcement.previewVerdict({
      of: decision,
      verdict: "keep",
      cause: "dispute",
      for: index,
      reason: ruling.reason,
      compensate: true,
    });
    return { consequences, like };
  }

  async #disputed({ of }: Dispute): Promise<Disputed> {
    const known = this.#about.get(of);
    if (known !== undefined) return known;
    const { record, facts } = await this.#ports.recorded(of);
    const decision = record.kind === "verdict" ? (await this.#ports.recorded(record.of)).facts : facts;
    const fired = (decision?.fired ?? []).filter(({ mode }) => mode === "enforce");
    const about: Disputed = {
      kind: record.kind === "verdict" || record.kind === "measure" ? record.kind : "decision",
      rules: fired.map(({ policy, rule }) => `${policy}/${rule}`),
      deciders: record.kind === "verdict" || record.kind === "measure" ? [record.by] : ["docket"],
    };
    this.#about.set(of, about);
    return about;
  }
}

function passOverDocketErrors(error: unknown): undefined {
  if (!(error instanceof DocketError)) throw error;
}
