// SPDX-License-Identifier: Apache-2.0
// The way of an event through a site: repeat? -> who is it -> signals -> counters -> policy -> enforcement ->
// log -> answer. All that reads or changes memory for one event happens in one turn, so events are decided
// one after the other in the order in which they reach the log.
import type { Decision, Receipt } from "@docket/protocol";
import { encodeBody, formatTime, parseLeaf, receiptFormat } from "@docket/protocol";
import type { BodyWithoutParts, CreatedBody, Event, PartName, ReleaseBody } from "@docket/protocol";
import {
  applyAct,
  cleanStanding,
  lookupQuestions,
  recordedRestriction,
  restrictionsAt,
  scoreModels,
} from "@docket/policy";
import type { LookupQuestion, Signals, Standing } from "@docket/policy";
import type { AccessChange } from "../access/api-keys.ts";
import { DocketError } from "../error.ts";
import { Actors } from "../evidence/actors.ts";
import type { Actor } from "../evidence/actors.ts";
import { verifierKeyOf } from "../evidence/keys.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Priority } from "../log/admission.ts";
import type { ActorEntry } from "../log/frame.ts";
import type { LookupAnswers } from "../lookups/contract.ts";
import type { Sealed } from "../log/sequencer.ts";
import type { Release } from "../releases/release.ts";
import { decisionRow } from "../views/decision-row.ts";
import { repeatWindowMs } from "../views/site-index.ts";
import type { Found } from "../views/site-index.ts";
import { answerOf } from "./answer.ts";
import { answerWithinMs } from "./contract.ts";
import { carryOver } from "./carry-over.ts";
import type { DecideRequest, RecordedDecision, Site, SiteStatus, StandingView, Tried } from "./contract.ts";
import { draftDecision } from "./draft.ts";
import type { Decided, Engine, Subject } from "./engine.ts";
import { indexBehind, IndexFeed, inFlightMax, waitingEntriesMax } from "./index-feed.ts";
import { JournalKeeper } from "./journal-keeper.ts";
import { entryOf, factsOf, plainEntry } from "./rebuild.ts";
import { RecordListeners } from "./record-listeners.ts";
import type { RecordListener } from "./record-listeners.ts";
import { answerTo, conflict, eventHashBytes, identify, inTime, subjectOf, triedOf } from "./request.ts";
import type { Identified } from "./request.ts";
import { siteStatus } from "./site-status.ts";
import { signalsUnder } from "./site-signals.ts";
import { StoredRecords } from "./stored-records.ts";
import { changedStanding, encodeStanding, setStanding } from "./standings.ts";
import { releaseDeclarations } from "./open-modes.ts";
import type { Act, SealHooks, SitePorts } from "./site-ports.ts";
import { withinTime } from "./within-time.ts";

/**
 * A stop waits no longer than this for everything to be synced; what is not is recovered at the next start.
 */
const syncWithinMs = 30_000;
/** And so long, in ms, for its last record: a replica that must hold it may be gone. */
const stopWithinMs = 2000;

/** What was found out about an event by itself, and for which release. */
type LookedAt = Pick<Subject, "signals" | "models"> & { readonly release: Release };
type InFlight = { body: string; decision: Promise<Decision> };

/** An open site. */
export class DocketSite implements Site {
  readonly origin: string;
  readonly verifierKey: string;
  readonly paths: Site["paths"];
  readonly #ports: SitePorts;
  readonly #engine: Engine;
  readonly #actors: Actors;
  readonly #records: StoredRecords;
  readonly #listeners: RecordListeners;
  readonly #feed: IndexFeed;
  readonly #journal: JournalKeeper;
  readonly #inFlight = new Map<string, InFlight>();
  #announced = false;
  /** The look-ups of a file's events: they come to their turns in the file's order. */
  #fileTurn: Promise<unknown> = Promise.resolve();
  /** The last record that was appended: those before it are answered before it. */
  #lastAppend: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(ports: SitePorts, verifierKey: string) {
    this.#ports = ports;
    this.origin = ports.origin;
    this.verifierKey = verifierKey;
    this.paths = ports.paths;
    this.#engine = ports.engine;
    this.#actors = new Actors(ports.keys, ports.random);
    const { log, reader, index, origin } = ports;
    const siteKey = ports.keys.site;
    this.#records = new StoredRecords({ log, reader, index, actors: this.#actors, siteKey, origin });
    this.#listeners = new RecordListeners((error) => ports.onNotice?.(`after a record: ${String(error)}`));
    this.#feed = new IndexFeed(ports.index, ports.log.opening.size, (entry) => {
      for (const actor of entry.actors) this.#actors.stored(actor.lookup);
    });
    this.#journal = new JournalKeeper({ log: ports.log, index: ports.index, feed: this.#feed });
    ports.log.onSynced((size) => void this.#journal.release(size));
  }

  async decide(request: DecideRequest): Promise<Decision> {
    if (request.dryRun) return (await this.tried(request)).decision;
    const identified = identify(request.event, this.#ports.keys.hashing, (id) => this.#actors.lookup(id));
    const name = identified.eventHash.toString("latin1");
    const body = identified.bodyHash.toString("latin1");
    const earlier = this.#inFlight.get(name);
    if (earlier !== undefined) {
      if (earlier.body !== body) throw conflict(request.event.id);
      return { ...(await inTime(request, earlier.decision)), repeat: true };
    }
    if (this.#inFlight.size >= inFlightMax) throw indexBehind();
    const decision = this.#decide(request, identified);
    this.#inFlight.set(name, { body, decision });
    const settled = (): boolean => this.#inFlight.delete(name);
    // Whoever asked may have stopped waiting; the decision goes on, and a repeat finds it.
    decision.then(settled, settled);
    return inTime(request, decision);
  }

  async recorded(index: number): Promise<RecordedDecision> {
    const { record, stored } = await this.#records.record(index);
    if (record.kind !== "decision") {
      return { record, decision: undefined, facts: undefined, disclosed: undefined };
    }
    const facts = factsOf(stored, { siteKey: this.#ports.keys.site, origin: this.origin });
    const disclosed = await this.#records.disclosed(record.actor, stored);
    const said = { sealed: true, repeat: false, receipt: undefined };
    const decision =
      facts === undefined ? undefined : answerOf(record, facts, disclosed?.reasons ?? [], said);
    return { record, decision, facts, disclosed };
  }

  async receipt(index: number): Promise<Receipt> {
    const { stored } = await this.#records.record(index);
    return {
      format: receiptFormat,
      leaf: stored.leaf,
      proof: await this.#ports.reader.proof(index),
      ...(stored.parts === undefined ? {} : { manifest: stored.parts.manifest.toString("utf8") }),
    };
  }

  async opening(index: number, by: string, reason: string): Promise<Receipt> {
    const { record, stored } = await this.#records.record(index);
    if (record.kind !== "decision") {
      throw new DocketError("not_found", `record ${index} is no decision, so there is nothing to open`);
    }
    const opening = await this.#records.openedParts(stored, record.actor);
    if (opening.length === 0) {
      throw new DocketError(
        "evidence_gone",
        `the evidence of record ${index} is gone; its receipt still verifies`,
      );
    }
    // The reading is on record before anything is handed out.
    const plaintext = JSON.stringify({ v: 1, reason });
    const part = { name: "facts" as const, subject: "site", key: this.#ports.keys.site, plaintext };
    await withinTime(this.seal({ kind: "opening", by, of: index }, [part]), answerWithinMs);
    return { ...(await this.receipt(index)), opening };
  }

  /**
   * The receipt of a record about an actor with what its evidence says to them, as far as it is there. It is
   * for them alone, and no reading is recorded.
   *
   * @param whose the actor whose evidence is opened, if not the one that the record is about
   */
  async openedReceipt(index: number, whose?: string): Promise<Receipt> {
    const { record, stored } = await this.#records.record(index);
    const receipt = await this.receipt(index);
    const about = "actor" in record ? record.actor : "subject" in record ? record.subject : undefined;
    const actor = whose ?? about;
    const opening = actor === undefined ? [] : await this.#records.openedParts(stored, actor);
    return opening.length === 0 ? receipt : { ...receipt, opening };
  }

  async standing(accountId: string, atMs: number): Promise<StandingView> {
    const known = await this.actorNamed(accountId);
    const standing = known === undefined ? cleanStanding : this.standingNow(known);
    return {
      actor: known ?? null,
      at: formatTime(atMs),
      strikes: standing.strikes
        .filter((strike) => strike.atMs <= atMs)
        .map(({ policy, rule, count, atMs: at }) => ({ policy, rule, count, at: formatTime(at) })),
      restrictions: restrictionsAt(standing, atMs).map(recordedRestriction),
    };
  }

  async sealAccess(
    change: AccessChange["change"],
    key: string,
    role: string,
    more: Partial<AccessChange> = {},
  ): Promise<void> {
    const { by = "operator", scopes, from, untilMs } = more;
    const limits = {
      ...(scopes === undefined ? {} : { scopes: [...scopes] }),
      ...(from === undefined ? {} : { from }),
      ...(untilMs === undefined ? {} : { until: formatTime(untilMs) }),
    };
    await this.seal({ kind: "access", by, change, key, role, ...limits }, []);
  }

  /**
   * Seals a record of the site's own. It is appended in this turn, so what the caller changes in memory in
   * the same turn counts for every event that stands behind it in the log; resolves when it is durable.
   */
  async seal(
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
    hooks: SealHooks = {},
  ): Promise<{ index: number; leaf: string }> {
    const announced = this.#announce();
    const [sealed] = await Promise.all([this.#append(body, parts, hooks), ...announced]);
    return sealed;
  }

  /**
   * Seals a record that changes a standing. The standing is changed in this turn, and counts for every event
   * that stands behind the record in the log.
   */
  async act(
    { body, parts, subject, change }: Act,
    hooks: SealHooks = {},
  ): Promise<{ index: number; leaf: string }> {
    const announced = this.#announce();
    const { standings } = this.#engine.memory;
    const before = this.standingNow(subject);
    const after = applyAct(before, change);
    setStanding(standings, subject, after);
    const undo = (): void => {
      setStanding(standings, subject, before);
      hooks.undo?.();
    };
    const standing = changedStanding(subject, before, after);
    const [sealed] = await Promise.all([
      this.#append(body, parts, { ...hooks, undo }, standing),
      ...announced,
    ]);
    return sealed;
  }

  /** The standing of an actor or another subject after all that was decided. */
  standingNow(subject: string): Standing {
    return this.#engine.memory.standings.get(subject) ?? cleanStanding;
  }

  /** All standings, by actor or subject. */
  get standings(): ReadonlyMap<string, Standing> {
    return this.#engine.memory.standings;
  }

  /** Tells of each record from now on, in the order of the log, once it is durable; the result ends it. */
  listen(listener: RecordListener): () => void {
    return this.#listeners.add(listener);
  }

  /** The pseudonym of an account; `undefined` if no event of it was ever decided. */
  async actorNamed(accountId: string): Promise<string | undefined> {
    const lookup = this.#actors.lookup(accountId);
    return this.#actors.recent(lookup)?.pseudonym ?? (await this.#find(lookup))?.actor?.pseudonym;
  }

  /**
   * The actor of an account, with the key; one is made if there is none. Its entry goes along, in the same
   * turn, with the record that first bears it; `forget` is for that record's `undo`.
   */
  async actorOf(accountId: string): Promise<Actor & { readonly forget: () => void }> {
    const lookup = this.#actors.lookup(accountId);
    const found = await this.#find(lookup);
    const recent = this.#actors.recent(lookup);
    const stored = found?.actor && this.#actors.known(lookup, found.actor.pseudonym, found.actor.wrappedKey);
    const actor = recent ?? stored ?? this.#actors.make(lookup);
    const isNew = recent === undefined && stored === undefined;
    return { ...actor, forget: () => (isNew ? this.#actors.forget(lookup) : undefined) };
  }

  /** Resolves when all that was appended until now is durable, or void, and the index has it. */
  async settled(): Promise<void> {
    await this.#lastAppend.catch(() => undefined);
    await this.indexed();
  }

  /** The release that events are decided under now. */
  get release(): Release {
    return this.#engine.release;
  }

  /**
   * Seals a release's record, and decides every event that follows it in the log under it: both or neither.
   * Resolves with the record's index when it is durable.
   */
  async adopt(release: Release, body: ReleaseBody, parts: readonly PlainPart[]): Promise<number> {
    const announced = this.#announce();
    const { undo, settle } = this.#engine.adopt(release);
    const kept = this.#ports.keeper.adopt(release);
    const origin = this.#ports.originOf(body);
    const watchNoMore = this.#ports.modes.adopt(releaseDeclarations(release), origin);
    const hooks: SealHooks = {
      undo: () => {
        watchNoMore();
        kept.undo();
        undo();
      },
      onSealed: () => {
        settle();
        kept.settle();
      },
    };
    const [{ index }] = await Promise.all([this.#append(body, parts, hooks), ...announced]);
    return index;
  }

  status(): SiteStatus {
    return siteStatus(this.#ports, this.#engine.release.id, this.#feed.fault);
  }

  /**
   * Seals that the site is open, and under which release, unless that was done. Before the first record
   * otherwise. Whoever looks at the log from then on finds this published, unless publication stands still.
   */
  async announce(): Promise<void> {
    await Promise.all(this.#announce());
    const { log } = this.#ports;
    await withinTime(log.published(log.status.size, true), answerWithinMs).catch(() => undefined);
  }

  /** Resolves when the index has all that is sealed, unless the index stands still. */
  indexed(): Promise<void> {
    return this.#feed.caughtUp();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Each step is worth trying even if the one before failed: what is sealed is in the journal in any case.
    const stopped = this.#announced ? this.#append({ kind: "stop", by: "operator" }, []) : Promise.resolve();
    await withinTime<unknown>(stopped, stopWithinMs).catch(() => undefined);
    await this.#feed.stop();
    await withinTime(this.#ports.keeper.close(), syncWithinMs).catch(() => undefined);
    await withinTime(this.#ports.log.sync(), syncWithinMs).catch(() => undefined);
    await this.#ports.log.close();
    await this.#ports.index.close();
  }

  async #decide(request: DecideRequest, identified: Identified): Promise<Decision> {
    const { eventHash, bodyHash, lookup } = identified;
    this.#refuseIfOverloaded(request.priority);
    // Before the index is asked: what it says must still be true when the event is decided.
    const lookups = this.#asksLists ? await this.#lookUp(request, identified) : undefined;
    const finding = this.#ports.index.find({ event: eventHash, account: lookup });
    // While the index looks: of events that come together, all are looked at before the first is decided.
    const early = this.#lookAt(identified.event);
    const found = await finding;
    const since = this.#ports.clock() - repeatWindowMs;
    const stored = found.repeat !== undefined && found.repeat.sealedMs >= since ? found.repeat : undefined;
    const repeat = this.#feed.recent(eventHash) ?? stored;
    if (repeat !== undefined) {
      if (!bodyHash.equals(repeat.body)) throw conflict(request.event.id);
      return this.#repeat(repeat.index, request.withoutReceipt !== true);
    }

    // From here to the append nothing waits: the event takes its place in the order of the log.
    this.#refuseIfOverloaded(request.priority);
    const announced = this.#announce();
    const known =
      this.#actors.recent(lookup) ??
      (found.actor && this.#actors.known(lookup, found.actor.pseudonym, found.actor.wrappedKey));
    const actor = known ?? this.#actors.make(lookup);
    const made = known === undefined;
    const carried = carryOver(this.#ports, actor, lookup, (act, hooks) => this.act(act, hooks));
    const isCurrent = early.release === this.#engine.release;
    const { signals, models } = isCurrent ? early : this.#lookAt(identified.event);
    const subject = subjectOf(request, identified, actor.pseudonym, signals, models);
    if (lookups !== undefined) subject.lookups = lookups;
    const { decided, undo } = this.#engine.decide(subject);
    const draft = draftDecision(decided, identified.encoded, actor, request.by, this.#ports.keys.site);
    const { outcome } = decided.conclusion;
    const unkeep = this.#ports.keeper.counted({ actor: actor.pseudonym, outcome }, decided.facts);
    const actors = actor.entry !== undefined && made ? [actor.entry] : [];
    const sealing = this.#ports.log.append({
      body: draft.body,
      parts: draft.parts,
      actors,
      priority: request.priority,
      undo: () => {
        unkeep();
        undo();
        if (made) this.#actors.forget(lookup);
      },
      onSealed: (sealed) => this.#takeDecision(sealed, decided, identified, actors),
    });
    this.#lastAppend = sealing;
    this.#ports.onDecided();
    const [sealed] = await Promise.all([sealing, ...announced, ...carried]);
    const receipt: Receipt = {
      format: receiptFormat,
      leaf: sealed.leaf,
      proof: sealed.proof,
      ...(sealed.manifest === undefined ? {} : { manifest: sealed.manifest }),
    };
    return answerTo(decided, sealed.index, { sealed: true, repeat: false, receipt });
  }

  /** Takes in a decision that is durable: counters, the index, and whoever listens. */
  #takeDecision(
    sealed: Sealed,
    { conclusion, facts, release, subject, before, after, beyond }: Decided,
    { eventHash, bodyHash }: Identified,
    actors: readonly ActorEntry[],
  ): void {
    const { actor, decidedAtMs } = subject;
    const { index, time } = sealed;
    const { outcome, rules, restrictions } = conclusion;
    this.#ports.keeper.sealed(index, sealed.leaf);
    const decision = decisionRow({ index, time, actor, outcome, rules, restrictions, release }, facts);
    const subjects = beyond.map((each) => ({ actor: each.subject, state: encodeStanding(each.after) }));
    this.#feed.add({
      ...plainEntry(sealed),
      decidedMs: decidedAtMs,
      actors,
      event: eventHash,
      body: bodyHash,
      standing: changedStanding(actor, before, after),
      ...(subjects.length > 0 && { subjects }),
      decision,
    });
    this.#listeners.decision(decision);
  }

  async tried(request: DecideRequest): Promise<Tried> {
    const { hashing } = this.#ports.keys;
    const identified = identify(request.event, hashing, (id) => this.#actors.lookup(id));
    const actor = (await this.actorNamed(request.event.actor.id)) ?? null;
    const { event } = identified;
    const looked = this.#lookAt(event);
    const subject = subjectOf(request, identified, actor ?? "a_unknown", looked.signals, looked.models);
    // A trial asks nobody.
    if (this.#asksLists) subject.lookups = this.#ports.lookups?.remembered(this.#questions(event));
    return triedOf(this.#engine.try(subject), actor);
  }

  async #repeat(index: number, proved: boolean): Promise<Decision> {
    const { record, stored } = await this.#records.record(index);
    const facts = factsOf(stored, { siteKey: this.#ports.keys.site, origin: this.origin });
    if (record.kind !== "decision" || facts === undefined) {
      throw new DocketError(
        "internal",
        `record ${index} is said to be the decision of this event, and is not`,
      );
    }
    const disclosed = await this.#records.disclosed(record.actor, stored);
    const receipt = proved ? await this.receipt(index) : undefined;
    return answerOf(record, facts, disclosed?.reasons ?? [], { sealed: true, repeat: true, receipt });
  }

  /** Resolves when all counters are warm: rules that read them have their effect from then on. */
  warmed(): Promise<void> {
    return this.#ports.keeper.warmed();
  }

  /** The key of an actor that was made in this process and isn't in the identity map yet. */
  madeKey(pseudonym: string): Uint8Array | undefined {
    return this.#actors.madeKey(pseudonym);
  }

  #signals(event: Event): Signals {
    return signalsUnder(this.#engine.release.policies, event, this.#ports.keys.hashing);
  }

  get #asksLists(): boolean {
    return this.#ports.lookups !== undefined && this.#engine.release.policies.lookups.size > 0;
  }

  #questions(event: Event): readonly LookupQuestion[] {
    const { actor } = event;
    return lookupQuestions(this.#engine.release.policies, event.type, {
      actor,
      signals: this.#signals(event),
    });
  }

  // Bounded by the look-ups' time-outs, and never rejects. Events that come one by one pass each other.
  #lookUp(request: DecideRequest, { event, eventHash }: Identified): Promise<LookupAnswers | undefined> {
    const questions = this.#feed.recent(eventHash) === undefined ? this.#questions(event) : [];
    const asked = this.#ports.lookups?.ask(questions) ?? Promise.resolve(undefined);
    if (request.source !== "file" && request.priority !== "bulk") return asked;
    const inOrder = Promise.all([asked, this.#fileTurn]).then(([answers]) => answers);
    this.#fileTurn = inOrder;
    return inOrder;
  }

  /** What an event is by itself, for the release that is in force. */
  #lookAt(event: Event): LookedAt {
    const { release } = this.#engine;
    const models = scoreModels(release.policies, release.models, event.type, event.content);
    return { release, signals: this.#signals(event), models };
  }

  #refuseIfOverloaded(priority?: Priority): void {
    const refusal = this.#ports.log.refusal(priority);
    if (refusal !== undefined) throw refusal;
    if (this.#feed.waiting < waitingEntriesMax) return;
    throw indexBehind();
  }

  // The first record after an opening is the start; a release is sealed when it differs from the one before.
  #announce(): Promise<unknown>[] {
    if (this.#announced) return [];
    this.#announced = true;
    const { version, log } = this.#ports;
    const { recovered } = log.opening;
    const sealing: Promise<unknown>[] = [];
    if (log.status.size === 0) {
      const { mlDsaSignerKey } = this.#ports.keys;
      const key = this.verifierKey;
      const created: CreatedBody = { kind: "created", by: "operator", origin: this.origin, key };
      if (mlDsaSignerKey !== undefined) created.mlDsaKey = verifierKeyOf(mlDsaSignerKey);
      if (this.#ports.succeeds !== undefined) created.succeeds = this.#ports.succeeds;
      sealing.push(this.#append(created, []));
    }
    const undo = (): boolean => (this.#announced = false);
    sealing.push(this.#append({ kind: "start", by: "operator", version, recovered }, [], { undo }));
    for (const body of this.#ports.openingRecords) sealing.push(this.#append(body, []));
    return sealing;
  }

  #append(
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
    hooks: SealHooks = {},
    standing?: { actor: string; state: string },
  ): Promise<Sealed> {
    const { kind } = body;
    const { actors = [] } = hooks;
    const changed = kind === "erasure" && body.step === "done" ? { actor: body.actor, state: "" } : standing;
    const sealing = this.#ports.log.append({
      body: encodeBody(body),
      parts: [...parts],
      actors,
      backMs: body.kind === "clock-correction" ? body.backMs : undefined,
      priority: "system",
      undo: hooks.undo,
      onSealed: (sealed) => {
        const { leaf } = sealed;
        const record = parseLeaf(leaf);
        this.#feed.add({ ...entryOf(record, leaf), actors, standing: changed });
        hooks.onSealed?.(sealed.index);
        this.#ports.onOwnRecord({ kind, leaf });
        this.#listeners.record(record);
      },
    });
    this.#lastAppend = sealing;
    return sealing;
  }

  /**
   * The plaintext of a part that belongs to the site, once its record is published; `undefined` if the record
   * has none of that name or it is gone.
   */
  sitePart(index: number, name: PartName): Promise<string | undefined> {
    return this.#records.sitePart(index, name);
  }

  /** The same of a part whosever key seals it. */
  openedPart(index: number, name: PartName): Promise<string | undefined> {
    return this.#records.openedPart(index, name);
  }

  /** The key of an actor; `undefined` where it is destroyed, or nobody has that pseudonym. */
  actorKey(pseudonym: string): Promise<Uint8Array | undefined> {
    return this.#records.actorKey(pseudonym);
  }

  /** Makes files of all that the journal holds, and lets it go: see {@link JournalKeeper.vacate}. */
  vacateJournal(): Promise<number> {
    return this.#journal.vacate();
  }

  /**
   * From this turn on an actor's account is nobody's, their key is not used, and their standing is gone from
   * memory. Their row of the identity map is gone when it resolves.
   */
  forgetActor(pseudonym: string): Promise<unknown> {
    this.#actors.erase(pseudonym);
    this.#engine.memory.standings.delete(pseudonym);
    return this.#ports.index.removeActor(pseudonym);
  }

  #find(account: Buffer): Promise<Found> {
    return this.#ports.index.find({ event: Buffer.alloc(eventHashBytes), account });
  }
}
