// SPDX-License-Identifier: Apache-2.0
// How disputes are decided: by a person who had no part in what is disputed. Overturning undoes everything
// that followed, by a verdict or measure that stands right behind the ruling in the log.
import { formatTime, ProtocolError, codePattern } from "@docket/protocol";
import type { DocketRecord, Ruling, Verdict } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { listedMax } from "../enforcement/contract.ts";
import type {
  ActAuthor,
  Along,
  Consequence,
  MeasureDone,
  MeasureWish,
  Texts,
  VerdictDone,
  VerdictWish,
} from "../enforcement/contract.ts";
import type { AbuseWish, RulingDone, RulingEffect, RulingWish } from "./contract.ts";
import { disputeTarget, notDisputable } from "./disputable.ts";
import type { DisputeTarget } from "./disputable.ts";
import type { DisputeDesk } from "./dispute-desk.ts";
import type { DisputePorts } from "./ports.ts";
import { disputeAbuseReason, disputesAbility } from "./state.ts";
import type { Dispute } from "./state.ts";
import { abuseTold } from "./templates.ts";
import { checkTold } from "./texts.ts";

/** Longest note of a ruling, in characters. */
export const noteLengthMax = 4_000;
/** A warning or limit for abuse lasts so long at most, in days. */
export const abuseDaysMax = 183;
const dayMs = 86_400_000;

/** Kinds of record whose author decided something of a case. */
const decidingKinds: ReadonlySet<string> = new Set([
  "verdict",
  "measure",
  "review",
  "ruling",
  "label",
  "batch",
  "batch-step",
]);
const reasonCode = new RegExp(codePattern);

/** Somebody who may not decide a dispute, and by which record. */
export type Party = { by: string; kind: string; index: number };
/** What a ruling does besides being one. */
type Plan = {
  readonly verdict?: VerdictWish;
  readonly measure?: MeasureWish;
  /** The decision that is labelled as no spam. */
  readonly label?: number;
};

/** Decides disputes. */
export class DisputeRulings {
  readonly #desk: DisputeDesk;
  readonly #ports: DisputePorts;

  constructor(desk: DisputeDesk, ports: DisputePorts) {
    this.#desk = desk;
    this.#ports = ports;
  }

  /**
   * Who may not decide a dispute: everyone who acted on what is disputed, on the restriction because of which
   * it was refused, and whoever opened it for the complainant.
   */
  async parties(dispute: Dispute): Promise<Party[]> {
    const { record, facts } = await this.#ports.recorded(dispute.of);
    const indexes = new Set([dispute.of]);
    if (record.kind === "verdict") indexes.add(record.of);
    if (record.kind === "measure") for (const each of record.of) indexes.add(each);
    const refusedBy = facts?.refusedBy;
    const imposed = refusedBy === null || refusedBy === undefined ? undefined : this.#imposedBy(refusedBy);
    if (imposed !== undefined) indexes.add(imposed);
    const found = new Map<string, Party>();
    if (dispute.via === "app") {
      found.set(dispute.by, { by: dispute.by, kind: "dispute", index: dispute.index });
    }
    for (const of of indexes) {
      for (const { by, kind, index } of await this.#ports.enforcement.authorsOf(of)) {
        // Whoever sent the event decided nothing, and automation is no person.
        if (!decidingKinds.has(kind) || by === "docket" || by === "token") continue;
        if (!found.has(by)) found.set(by, { by, kind, index });
      }
    }
    return [...found.values()];
  }

  /** What a ruling would change. */
  async preview(author: ActAuthor, index: number, wish: RulingWish): Promise<RulingEffect> {
    const dispute = this.#desk.dispute(index);
    this.#desk.checkOpen(dispute);
    await this.#check(author, dispute, wish);
    return this.#effect(dispute, wish, await this.#plan(dispute, wish));
  }

  /** @throws {DocketError} `dispute_closed`, `another_person`, and as verdicts and measures do */
  async rule(author: ActAuthor, index: number, wish: RulingWish): Promise<RulingDone> {
    const dispute = this.#desk.dispute(index);
    return this.#desk.ending(dispute, async () => {
      await this.#check(author, dispute, wish);
      const key = await this.#desk.keyOf(dispute.actor);
      const plan = await this.#plan(dispute, wish);
      // Consequences are found before: afterwards nothing is left that they could be found by.
      const effect = await this.#effect(dispute, wish, plan);
      const sealed: { ruling?: Promise<{ readonly index: number; readonly leaf: string }> } = {};
      const along: Along = () => {
        sealed.ruling = this.#desk.sealRuling(dispute, author, wish, key);
        return plan.label === undefined ? [sealed.ruling] : [sealed.ruling, this.#label(author, plan.label)];
      };
      const done = await this.#enact(author, plan, along);
      const ruling = await (sealed.ruling ?? Promise.reject(new Error("a ruling was enacted, not sealed")));
      return { ...effect, ...done, index: ruling.index, leaf: ruling.leaf };
    });
  }

  /**
   * Answers the abuse of disputes: by a warning, or by a limit once a warning was not heeded.
   *
   * @throws {DocketError} `warning_needed`
   */
  async answerAbuse(author: ActAuthor, index: number, wish: AbuseWish): Promise<MeasureDone> {
    const { actor } = this.#desk.dispute(index);
    const { step, days, note } = wish;
    if (!Number.isSafeInteger(days) || days < 1 || days > abuseDaysMax) {
      throw wrong("/days", `it lasts 1 to ${abuseDaysMax} days`);
    }
    checkNote(note);
    const forMs = days * dayMs;
    const told = wish.told ?? abuseTold(step, formatTime(this.#ports.clock() + forMs));
    checkTold(told);
    if (step === "limit") this.#checkWarned(actor);
    const restriction =
      step === "warn"
        ? ({ kind: "warn", forMs } as const)
        : ({ kind: "limit", ability: disputesAbility, forMs } as const);
    const done = await this.#ports.enforcement.measure(author, {
      subject: { kind: "actor", actor },
      restrictions: [restriction],
      cause: "manual",
      of: [index],
      reason: disputeAbuseReason,
      note,
      told,
    });
    await this.#desk.takenIn(done.index);
    return done;
  }

  // Whoever was warned and went on: a dispute that they opened afterwards.
  #checkWarned(actor: string): void {
    const { state } = this.#desk;
    const warnedMs = state.warnedMs.get(actor);
    if (warnedMs === undefined) {
      throw new DocketError("warning_needed", "this account was not warned not to abuse disputes");
    }
    const later = (state.byActor.get(actor) ?? []).some((each) => {
      return (state.disputes.get(each)?.openedMs ?? 0) > warnedMs;
    });
    if (later) return;
    const since = formatTime(warnedMs);
    throw new DocketError("warning_needed", `this account was warned at ${since} and opened none since`);
  }

  async #check(author: ActAuthor, dispute: Dispute, wish: RulingWish): Promise<void> {
    checkTold(wish.told);
    checkNote(wish.note);
    if (!reasonCode.test(wish.reason)) throw wrong("/reason", "a reason is a code such as mistaken");
    const { modify } = wish;
    const changes =
      modify !== undefined &&
      (modify.verdict !== undefined ||
        (modify.ends ?? []).length > 0 ||
        (modify.restrictions ?? []).length > 0);
    if ((wish.ruling === "modified") !== changes) {
      throw wrong("/modify", "say what changes with modified, and nothing with another ruling");
    }
    const party = (await this.parties(dispute)).find(({ by }) => by === author.by);
    if (party === undefined) return;
    const how = `${author.by} has a part in this case: ${party.kind} in record ${party.index}`;
    throw new DocketError("another_person", `${how}; another person decides dispute ${dispute.index}`);
  }

  async #plan(dispute: Dispute, wish: RulingWish): Promise<Plan> {
    const { record } = await this.#ports.recorded(dispute.of);
    const target = disputeTarget(record, this.#desk.state);
    if (typeof target === "string") throw notDisputable(dispute.of, target);
    const said = {
      cause: "dispute",
      for: dispute.index,
      reason: wish.reason,
      note: wish.note,
      told: wish.told satisfies Texts,
    } as const;
    switch (wish.ruling) {
      case "upheld":
        return {};
      case "overturned":
        return this.#overturning(target, record, said);
      case "modified":
        return modification(dispute, target, wish, said);
    }
  }

  async #overturning(target: DisputeTarget, record: DocketRecord, said: Said): Promise<Plan> {
    const { decision, actor, index } = target;
    if (decision === undefined) {
      const imposed = record.kind === "measure" ? record.restrictions.map(({ id }) => id) : [];
      const inForce = this.#inForce(actor);
      const ends = imposed.filter((id) => inForce.has(id));
      // What is over by now can't end; that it was wrong is what the ruling says.
      if (ends.length === 0) return {};
      return { measure: { subject: { kind: "actor", actor }, ends, of: [index], ...said } };
    }
    const { outcome } = await this.#ports.enforcement.outcomeOf(decision);
    const verdict = restoringVerdict(outcome);
    return { verdict: { of: decision, verdict, compensate: true, ...said }, label: decision };
  }

  async #enact(
    author: ActAuthor,
    { verdict, measure }: Plan,
    along: Along,
  ): Promise<{ verdict?: VerdictDone; measure?: MeasureDone }> {
    const { enforcement } = this.#ports;
    if (verdict === undefined && measure === undefined) {
      await Promise.all(along());
      return {};
    }
    if (verdict === undefined) return { measure: await enforcement.measure(author, measure as never, along) };
    // If the process dies between the two, the dispute is still open: whoever rules on it again ends what is
    // left.
    const measured = measure && (await enforcement.measure(author, measure));
    const done = await enforcement.verdict(author, verdict, along);
    return measured === undefined ? { verdict: done } : { measure: measured, verdict: done };
  }

  async #effect(dispute: Dispute, wish: RulingWish, { verdict, measure }: Plan): Promise<RulingEffect> {
    const effect: RulingEffect = {
      dispute: dispute.index,
      ruling: wish.ruling satisfies Ruling,
      consequences: [],
      like: [],
      more: { consequences: false, like: false },
    };
    if (verdict !== undefined) {
      const { consequences, like, more, ...changed } = await this.#ports.enforcement.previewVerdict(verdict);
      Object.assign(effect, { verdict: changed, consequences, like, more });
    }
    if (measure === undefined) return effect;
    const { subject, subjectKind, restrictions, ended } =
      await this.#ports.enforcement.previewMeasure(measure);
    effect.measure = { subject, subjectKind, restrictions, ended };
    if (verdict !== undefined) return effect;
    const consequences = await this.#refusedBecauseOf(dispute, ended);
    const more = { consequences: consequences.length > listedMax, like: false };
    return { ...effect, consequences: consequences.slice(0, listedMax), more };
  }

  async #refusedBecauseOf(dispute: Dispute, ended: readonly string[]): Promise<Consequence[]> {
    await this.#ports.indexed();
    const rows = await this.#ports.decisions({ actor: dispute.actor, after: dispute.of, limit: 10_000 });
    return rows
      .filter(({ refusedBy }) => refusedBy !== undefined && ended.includes(refusedBy))
      .slice(0, listedMax + 1)
      .map(({ index, refusedBy = "", outcome, decidedMs }) => {
        return { index, refusedBy, outcome, decidedAt: formatTime(decidedMs) };
      });
  }

  #label({ by, role }: ActAuthor, of: number): Promise<unknown> {
    const said = { of, label: "notSpam", source: "moderator", reason: "dispute" } as const;
    return this.#ports.seal({ kind: "label", by, role, ...said }, []);
  }

  #inForce(actor: string): ReadonlySet<string> {
    const { restrictions } = this.#ports.enforcement.standingOf(actor, this.#ports.clock());
    return new Set(restrictions.map(({ id }) => id));
  }

  #imposedBy(restriction: string): number | undefined {
    return this.#desk.state.imposedBy.get(restriction);
  }
}

type Said = Pick<VerdictWish, "for" | "reason" | "note" | "told"> & { readonly cause: "dispute" };

/** What gives a content back, from the outcome that is in force. */
export function restoringVerdict(outcome: string): Verdict {
  if (outcome === "hold") return "release";
  return outcome === "allow" || outcome === "flag" ? "keep" : "restore";
}

function modification(
  dispute: Dispute,
  { decision, actor }: DisputeTarget,
  { modify = {} }: RulingWish,
  said: Said,
): Plan {
  const { verdict, ends = [], restrictions = [] } = modify;
  if (verdict !== undefined && decision === undefined) {
    throw wrong("/modify/verdict", `record ${dispute.of} is of no content; say which restrictions change`);
  }
  const measured = ends.length > 0 || restrictions.length > 0;
  const subject = { kind: "actor", actor } as const;
  return {
    ...(verdict === undefined || decision === undefined
      ? {}
      : { verdict: { of: decision, verdict, ...said } }),
    ...(measured ? { measure: { subject, ends, restrictions, of: [dispute.of], ...said } } : {}),
  };
}

function checkNote(note: string | undefined): void {
  if (note === undefined || (note.trim() !== "" && note.length <= noteLengthMax)) return;
  throw wrong("/note", `a note has 1 to ${noteLengthMax} characters`);
}

function wrong(pointer: string, message: string): ProtocolError {
  return new ProtocolError("schema_mismatch", `${pointer}: ${message}`, { pointer });
}
