// SPDX-License-Identifier: Apache-2.0
// The desk of enforcement: verdicts on decisions, measures on subjects, links between actors, and what ends
// by itself. Each act is a record; what it changes of a standing is changed in the turn in which it is
// appended, so that it counts for every event behind it.
import {
  isClean,
  latenessMsMax,
  namedStep,
  recordedRestriction,
  restrictionsAt,
  sameStrike,
  stepEffect,
} from "@docket/policy";
import type { Standing } from "@docket/policy";
import { formatTime, parseLeaf } from "@docket/protocol";
import type {
  ActFacts,
  BodyWithoutParts,
  DecisionBody,
  DocketRecord,
  Facts,
  MeasureCause,
  RecordedRestriction,
  RecordHeader,
  SubjectKind,
} from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { CaseState } from "./case-state.ts";
import { chainAuthors, outcomeInForce } from "./chain.ts";
import type { ChainPorts } from "./chain.ts";
import { collateralOf } from "./collateral.ts";
import type {
  ActAuthor,
  Along,
  ChainAuthor,
  LinkDone,
  LinkWish,
  MeasureDone,
  MeasurePreview,
  MeasureWish,
  OutcomeInForce,
  RestrictedSubject,
  RestrictionInForce,
  SiteEnforcement,
  StandingNow,
  StepWish,
  SubjectWish,
  VerdictDone,
  VerdictEffect,
  VerdictPreview,
  VerdictWish,
} from "./contract.ts";
import type { EnforcementPorts } from "./desk-ports.ts";
import { Expiries } from "./expiries.ts";
import { readHistory } from "./history.ts";
import type { ActorHistory, HistoryPorts } from "./history.ts";
import { consequencesOf, likeCases } from "./like-cases.ts";
import { coverings, linkParts } from "./links.ts";
import { actParts, readNote } from "./parts.ts";
import type { ActNote } from "./parts.ts";
import { namedSubject } from "./subjects.ts";
import type { NamedSubject } from "./subjects.ts";
import { Turns } from "./turns.ts";
import { compensation, confirmation, misfit, noEffect, outcomeAfter } from "./verdict-effect.ts";
import type { StandingEffect } from "./verdict-effect.ts";
import { checkAct, restrictionsWished } from "./wishes.ts";

/** An act is worked out anew this often if its actor's standing changes meanwhile. */
const triesMax = 8;

type DecisionRecord = RecordHeader & DecisionBody;
type Loaded = { readonly record: DecisionRecord; readonly facts: Facts };
type Subject = {
  readonly subject: string;
  readonly kind: SubjectKind;
  /** What it is, where it is no actor and that is known. */
  readonly named?: NamedSubject | undefined;
};

/** The enforcement of a site. */
export class EnforcementDesk implements SiteEnforcement {
  readonly #ports: EnforcementPorts;
  readonly #state = new CaseState();
  readonly #turns = new Turns();
  readonly #expiries: Expiries;
  readonly #history: HistoryPorts;
  readonly #chain: ChainPorts;

  /** @param leaves of all records of `enforcementKinds`, in the order of the log */
  constructor(leaves: readonly string[], ports: EnforcementPorts) {
    this.#ports = ports;
    for (const leaf of leaves) this.#state.take(parseLeaf(leaf));
    const { decisions, caseRecords, recorded, sitePart, policies } = ports;
    this.#history = {
      decisions,
      caseRecords,
      decided: recorded,
      actFacts: (index) => sitePart(index, "facts"),
      policies,
    };
    this.#chain = {
      caseRecords,
      row: async (index) => (await decisions({ indexes: [index], limit: 1 }))[0],
      record: async (index) => (await recorded(index)).record,
    };
    this.#expiries = new Expiries({
      standings: () => ports.standings(),
      standingOf: (subject) => ports.standingNow(subject),
      hasLapsed: (id) => this.#state.hasLapsed(id),
      decisions,
      lapse: (subject, ids) => this.#lapse(subject, ids),
      endHold: (index) => this.#endHold(index),
      clock: ports.clock,
      timer: ports.timer,
      onFault: ports.onFault,
    });
  }

  /**
   * Learns which subjects are restricted that are no actors. Before the first event is decided.
   */
  async readSubjects(): Promise<void> {
    for (const [subject, standing] of this.#ports.standings()) {
      if (!subject.startsWith("s_") || isClean(standing)) continue;
      const index = this.#state.measureOf(subject);
      const note = index === undefined ? undefined : await this.#ports.sitePart(index, "change");
      const said = note === undefined ? undefined : readNote(note)?.subject;
      if (said !== undefined) this.#ports.subjects.add({ ...(said as NamedSubject), subject });
    }
  }

  /** Begins to wait for what ends by itself. @param lastRecordMs of an earlier opening */
  start(lastRecordMs: number): Promise<void> {
    return this.#expiries.start(lastRecordMs);
  }

  close(): Promise<void> {
    return this.#expiries.close();
  }

  /** Takes in a durable record, in the order of the log. */
  record(record: DocketRecord): void {
    this.#state.take(record);
    this.#expiries.record(record);
    if (record.kind === "lapse" || record.kind === "measure") this.#forgetSubjects();
  }

  /** Takes in a durable decision, in the order of the log. */
  decision(row: DecisionRow): void {
    if (row.restrictions > 0) {
      const imposed = { index: row.index, kind: "decision", by: "docket", at: formatTime(row.sealedMs) };
      for (const { id } of this.#ports.standingNow(row.actor).restrictions) {
        if (this.#state.originOf(id) === undefined) this.#state.imposed(id, imposed);
      }
    }
    this.#expiries.decision(row);
  }

  async verdict(author: ActAuthor, wish: VerdictWish, along?: Along): Promise<VerdictDone> {
    checkAct(wish);
    const { actor } = (await this.#decision(wish.of)).record;
    return this.#turns.take(actor, async () => {
      for (let tries = 1; ; tries++) {
        const standing = await this.#settledStanding(actor);
        const { effect, facts } = await this.#effect(wish, standing, author.by === "docket");
        const key = await this.#ports.actorKey(actor);
        // From here to the append nothing waits. What an event changed meanwhile may be a ground too.
        if (!sameGrounds(this.#ports.standingNow(actor), standing) && tries < triesMax) continue;
        return this.#sealVerdict(author, wish, effect, facts, key, along);
      }
    });
  }

  async previewVerdict(wish: VerdictWish): Promise<VerdictPreview> {
    checkAct(wish);
    const { record, facts } = await this.#decision(wish.of);
    const standing = await this.#settledStanding(record.actor);
    const { effect, history } = await this.#effect(wish, standing, false);
    const isWrong = wish.compensate === true && history !== undefined;
    const consequences = isWrong ? consequencesOf(wish.of, history) : { found: [], more: false };
    const like = await likeCases(wish.of, record.outcome, facts, this.#ports.decisions);
    return {
      ...effect,
      consequences: consequences.found,
      like: like.found,
      more: { consequences: consequences.more, like: like.more },
    };
  }

  async measure(author: ActAuthor, wish: MeasureWish, along?: Along): Promise<MeasureDone> {
    checkAct(wish);
    const subject = await this.#subjectOf(wish.subject);
    return this.#turns.take(subject.subject, async () => {
      await this.#ports.settled();
      const key = subject.kind === "actor" ? await this.#ports.actorKey(subject.subject) : undefined;
      const checked = this.#checkedMeasure(wish, subject);
      const before = along?.() ?? [];
      return this.#sealMeasure(author, wish, subject, checked, { key, before });
    });
  }

  async previewMeasure(wish: MeasureWish): Promise<MeasurePreview> {
    checkAct(wish);
    const subject = await this.#subjectOf(wish.subject);
    await this.#ports.settled();
    const { restrictions, ended } = this.#checkedMeasure(wish, subject);
    const { decisions, collateral, clock } = this.#ports;
    const ports = { ...collateral, decisions };
    const on = subject.named ?? subject.subject;
    return {
      subject: subject.subject,
      subjectKind: subject.kind,
      restrictions,
      ended,
      collateral: await collateralOf(on, clock(), this.#ports.subjects, ports),
    };
  }

  async takeSteps(author: ActAuthor, wish: StepWish, along?: Along): Promise<MeasureDone> {
    checkAct(wish);
    const { record, facts } = await this.#decision(wish.of);
    const { actor } = record;
    return this.#turns.take(actor, async () => {
      const standing = await this.#settledStanding(actor);
      const history = await readHistory(actor, this.#history);
      const name = waitingStep(wish, facts, history);
      const policies = await this.#ports.policies(record.release);
      const step = namedStep(policies, name);
      if (step === undefined) throw conflict(`the release of record ${wish.of} has no step ${name}`);
      const key = await this.#ports.actorKey(actor);
      const nowMs = this.#ports.clock();
      const { needs: _, ...taken } = step.step;
      const { restrictions } = stepEffect(
        [{ ...step, step: taken }],
        policies,
        standing,
        nowMs,
        this.#ports.newId,
      );
      const recorded = restrictions.map(recordedRestriction);
      const measure = { ...wish, of: [wish.of], for: wish.of, cause: "ladder" as const };
      const before = along?.() ?? [];
      const subject: Subject = { subject: actor, kind: "actor" };
      const checked = { restrictions: recorded, ended: [], taken: [name] };
      return this.#sealMeasure(author, measure, subject, checked, { key, before });
    });
  }

  async link(author: ActAuthor, wish: LinkWish): Promise<LinkDone> {
    const actors = await this.#linkedActors(wish);
    const done = await this.#sealLink(author, wish, "linked", actors);
    if (wish.coverForMs === undefined) return done;
    await this.#ports.settled();
    const nowMs = this.#ports.clock();
    const all = [...new Set([...actors, ...actors.flatMap((actor) => this.linkedTo(actor))])];
    const wished = coverings(all, (actor) => this.#ports.standingNow(actor), nowMs, wish.coverForMs);
    const measures = await Promise.all(
      wished.map(({ actor, restrictions }) =>
        this.measure(author, {
          subject: { kind: "actor", actor },
          restrictions,
          cause: "link",
          for: done.index,
          of: wish.of,
          reason: wish.reason,
        }),
      ),
    );
    return { ...done, measures };
  }

  async unlink(author: ActAuthor, wish: LinkWish): Promise<LinkDone> {
    const actors = await this.#linkedActors(wish);
    const known = actors.some((actor) =>
      this.#state
        .linksOf(actor)
        .some((link) => link.relation === wish.relation && actors.includes(link.actor)),
    );
    if (!known) throw conflict("these actors are not linked like that");
    return this.#sealLink(author, wish, "unlinked", actors);
  }

  linkedTo(actor: string): string[] {
    return this.#state.linkedTo(actor);
  }

  standingOf(actor: string, atMs: number): StandingNow {
    const standing = this.#ports.standingNow(actor);
    return {
      actor,
      at: formatTime(atMs),
      strikes: standing.strikes
        .filter((strike) => strike.atMs <= atMs)
        .map(({ policy, rule, count, atMs: given }) => ({ policy, rule, count, at: formatTime(given) })),
      restrictions: this.#inForce(standing, atMs),
      links: this.#state.linksOf(actor),
    };
  }

  restricted(): RestrictedSubject[] {
    const { subjects, standingNow, clock } = this.#ports;
    return subjects.all().flatMap(({ subject, kind, value }) => {
      const restrictions = this.#inForce(standingNow(subject), clock());
      return restrictions.length === 0 ? [] : [{ subject, kind, value, restrictions }];
    });
  }

  async outcomeOf(index: number): Promise<OutcomeInForce> {
    await this.#ports.settled();
    return outcomeInForce(index, this.#ports.clock(), this.#chain);
  }

  async authorsOf(index: number): Promise<ChainAuthor[]> {
    await this.#ports.settled();
    return chainAuthors(index, this.#chain);
  }

  #inForce(standing: Standing, atMs: number): RestrictionInForce[] {
    return restrictionsAt(standing, atMs).map((each) => {
      const imposed = this.#state.originOf(each.id);
      return { ...recordedRestriction(each), ...(imposed === undefined ? {} : { imposed }) };
    });
  }

  async #decision(index: number): Promise<Loaded> {
    const { record, facts } = await this.#ports.recorded(index);
    if (record.kind !== "decision") {
      throw new DocketError("not_found", `record ${index} is no decision, so there is nothing to judge`);
    }
    if (facts !== undefined) return { record, facts };
    throw conflict(`the facts of record ${index} are gone; nothing can be said of what followed from it`);
  }

  async #settledStanding(actor: string): Promise<Standing> {
    const standing = this.#ports.standingNow(actor);
    await this.#ports.settled();
    return standing;
  }

  async #effect(
    wish: VerdictWish,
    standing: Standing,
    isDocket: boolean,
  ): Promise<{ effect: VerdictEffect; facts: ActFacts; history: ActorHistory | undefined }> {
    const { of, verdict, compensate = false, confirm = false } = wish;
    if (compensate && confirm) {
      throw new DocketError("act_refused", "a decision was right or wrong, not both: compensate or confirm");
    }
    const { record, facts } = await this.#decision(of);
    const nowMs = this.#ports.clock();
    const { outcome } = await outcomeInForce(of, isDocket ? 0 : nowMs, this.#chain);
    const reason = misfit(outcome, verdict);
    if (reason !== undefined) throw conflict(`record ${of} cannot be ${verdict}d: ${reason}`);
    let changed: StandingEffect = noEffect;
    let history: ActorHistory | undefined;
    if (compensate || confirm) {
      history = await readHistory(record.actor, this.#history);
      const policies = await this.#ports.policies(record.release);
      const { newId } = this.#ports;
      const input = { of, facts, policies, history, standing, nowMs, newId };
      changed = compensate ? compensation(input) : confirmation(input);
    }
    const { strikes, voided, proposed } = changed;
    return {
      effect: { of, actor: record.actor, verdict, outcome: outcomeAfter(outcome, verdict), ...changed },
      facts: {
        v: 1,
        at: formatTime(nowMs),
        ...(compensate && { judged: "wrong" as const }),
        ...(confirm && { judged: "right" as const }),
        strikes,
        voided,
        ...(proposed.length > 0 && { proposed }),
      },
      history,
    };
  }

  async #sealVerdict(
    { by, role }: ActAuthor,
    wish: VerdictWish,
    effect: VerdictEffect,
    facts: ActFacts,
    key: Uint8Array | undefined,
    along: Along | undefined,
  ): Promise<VerdictDone> {
    const { of, verdict, cause, reason } = wish;
    const { actor, restrictions, ended, proposed } = effect;
    const body: BodyWithoutParts = {
      kind: "verdict",
      by,
      role,
      of,
      actor,
      verdict,
      cause,
      ...(wish.for === undefined ? {} : { for: wish.for }),
      restrictions,
      ended,
      ...(proposed.length > 0 && { proposed: true as const }),
      reason,
    };
    const told = key && { pseudonym: actor, key };
    const parts = actParts(facts, wish, { siteKey: this.#ports.siteKey, actor: told });
    const before = along?.() ?? [];
    const act = { body, parts, subject: actor, facts, restrictions, ended };
    const [sealed] = await Promise.all([this.#ports.act(act, () => undefined), ...before]);
    return { ...effect, ...sealed };
  }

  // In the turn in which it is sealed: restrictions that end are in force.
  #checkedMeasure(
    wish: MeasureWish,
    { subject, kind }: Subject,
  ): { restrictions: RecordedRestriction[]; ended: string[] } {
    const nowMs = this.#ports.clock();
    const restrictions = restrictionsWished(wish, kind, nowMs, this.#ports.newId);
    const inForce = restrictionsAt(this.#ports.standingNow(subject), nowMs).map(({ id }) => id);
    const wished = [...new Set(wish.ends ?? [])];
    const missing = wished.filter((id) => !inForce.includes(id));
    // What a dispute or a correction takes back may be over already; a person by hand has made a mistake.
    if (missing.length === 0 || (wish.cause ?? "manual") !== "manual") {
      return { restrictions, ended: wished.filter((id) => inForce.includes(id)) };
    }
    throw conflict(
      `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not in force on ${subject}` +
        (inForce.length === 0 ? "" : `; in force: ${inForce.join(", ")}`),
    );
  }

  async #sealMeasure(
    { by, role }: ActAuthor,
    wish: Omit<MeasureWish, "subject"> & { readonly cause?: MeasureCause | undefined },
    { subject, kind, named }: Subject,
    { restrictions, ended, taken }: Pick<MeasureDone, "restrictions" | "ended"> & { taken?: string[] },
    { key, before }: { key: Uint8Array | undefined; before: readonly Promise<unknown>[] },
  ): Promise<MeasureDone> {
    const { cause = "manual", of = [], reason } = wish;
    const facts: ActFacts = {
      v: 1,
      at: formatTime(this.#ports.clock()),
      strikes: [],
      voided: [],
      ...(taken === undefined ? {} : { taken }),
    };
    const body: BodyWithoutParts = {
      kind: "measure",
      by,
      role,
      subject,
      subjectKind: kind,
      cause,
      ...(wish.for === undefined ? {} : { for: wish.for }),
      of: [...of],
      restrictions,
      ended,
      reason,
    };
    const actor = key && { pseudonym: subject, key };
    const said: ActNote["subject"] = named && { kind: named.kind, value: named.value };
    const parts = actParts(facts, wish, { siteKey: this.#ports.siteKey, actor }, said);
    const forget = named === undefined ? (): void => undefined : this.#ports.subjects.add(named);
    const act = { body, parts, subject, facts, restrictions, ended };
    const [sealed] = await Promise.all([this.#ports.act(act, forget), ...before]);
    return { ...sealed, subject, subjectKind: kind, restrictions, ended };
  }

  async #sealLink(
    { by, role }: ActAuthor,
    { relation, of, reason, note }: LinkWish,
    change: "linked" | "unlinked",
    actors: string[],
  ): Promise<LinkDone> {
    const said = { change, actors, relation, of: [...of], reason };
    const parts = linkParts(note, this.#ports.siteKey);
    const sealed = await this.#ports.seal({ kind: "link", by, role, ...said }, parts);
    return { ...sealed, actors, measures: [] };
  }

  async #linkedActors(wish: LinkWish): Promise<string[]> {
    checkAct(wish);
    const subjects = await Promise.all(wish.actors.map((each) => this.#subjectOf(each)));
    if (subjects.some(({ kind }) => kind !== "actor")) {
      throw new DocketError("act_refused", "only actors are linked");
    }
    const actors = [...new Set(subjects.map(({ subject }) => subject))];
    if (actors.length < 2 || actors.length > 50) {
      throw new DocketError("act_refused", "a link is of 2 to 50 different actors");
    }
    return actors;
  }

  async #subjectOf(wish: SubjectWish): Promise<Subject> {
    if (wish.kind === "actor") {
      const subject = "actor" in wish ? wish.actor : await this.#ports.actorNamed(wish.id);
      if (subject !== undefined && /^a_[A-Za-z0-9_-]{22}$/.test(subject)) {
        if (!("actor" in wish) || (await this.#isKnown(subject))) return { subject, kind: "actor" };
      }
      const name = "actor" in wish ? wish.actor : wish.id;
      throw new DocketError("not_found", `no event of the account ${JSON.stringify(name)} was ever sealed`);
    }
    if ("value" in wish) {
      const named = namedSubject(wish.kind, wish.value, this.#ports.hashing);
      return { subject: named.subject, kind: named.kind, named };
    }
    const named = this.#ports.subjects.named(wish.subject);
    if (named !== undefined) return { subject: named.subject, kind: named.kind, named };
    throw new DocketError("not_found", `${wish.subject} is not restricted`);
  }

  async #isKnown(actor: string): Promise<boolean> {
    if ((await this.#ports.actorKey(actor)) !== undefined) return true;
    return (await this.#ports.decisions({ actor, limit: 1 })).length > 0;
  }

  async #lapse(subject: string, ids: readonly string[]): Promise<unknown> {
    return this.#ports.seal({ kind: "lapse", by: "docket", subject, ended: [...ids] }, []);
  }

  // Somebody may have decided meanwhile; then nothing is left to say.
  async #endHold(of: number): Promise<unknown> {
    await this.#ports.settled();
    const { outcome, decided } = await outcomeInForce(of, 0, this.#chain);
    if (outcome !== "hold" || decided !== "hold") return undefined;
    const row = await this.#chain.row(of);
    const verdict = row?.otherwise === "reject" ? "remove" : "release";
    const wish: VerdictWish = { of, verdict, cause: "hold", reason: "hold-over" };
    return this.verdict({ by: "docket", role: "docket" }, wish).catch((error: unknown) => {
      if (!(error instanceof DocketError) || error.code !== "act_conflict") throw error;
    });
  }

  // An event may have been decided a little earlier than what is sealed now.
  #forgetSubjects(): void {
    const { subjects, standingNow, clock } = this.#ports;
    if (subjects.size === 0) return;
    const sinceMs = clock() - latenessMsMax;
    for (const { subject } of subjects.all()) {
      if (restrictionsAt(standingNow(subject), sinceMs).length === 0) subjects.remove(subject);
    }
  }
}

/** The step that is to be taken. @throws {DocketError} `act_conflict` */
function waitingStep({ of, step }: StepWish, facts: Facts, { acts, voided }: ActorHistory): string {
  const proposed = new Set(facts.proposed ?? []);
  for (const { record, facts: act } of acts) {
    if (record.kind === "verdict" && record.of === of)
      for (const name of act.proposed ?? []) proposed.add(name);
    const isTaken = record.kind === "measure" && record.of.includes(of);
    if (isTaken) for (const name of act.taken ?? []) proposed.delete(name);
  }
  if (voided.has(of)) throw conflict(`record ${of} was said to be wrong: no step follows from it`);
  const waiting = [...proposed];
  const [first] = waiting;
  if (step === undefined && waiting.length === 1 && first !== undefined) return first;
  if (step !== undefined && proposed.has(step)) return step;
  throw conflict(
    waiting.length === 0
      ? `no step of a ladder waits because of record ${of}`
      : `name the step that is taken: ${waiting.join(", ")}`,
  );
}

// What a throttle has used up is no ground.
function sameGrounds(a: Standing, b: Standing): boolean {
  return (
    a === b ||
    (a.strikes.length === b.strikes.length &&
      a.strikes.every((strike, place) => sameStrike(strike, b.strikes[place] as typeof strike)) &&
      a.restrictions.length === b.restrictions.length &&
      a.restrictions.every(({ id, untilMs }, place) => {
        const other = b.restrictions[place];
        return other?.id === id && other.untilMs === untilMs;
      }))
  );
}

function conflict(message: string): DocketError {
  return new DocketError("act_conflict", message);
}
