// SPDX-License-Identifier: Apache-2.0
// The way of an event through a site: repeat? -> who is it -> signals -> counters -> policy -> enforcement ->
// log -> answer. All that reads or changes memory for one event happens in one turn, so events are decided
// one after the other in the order in which they reach the log.
import type { Decision, Disclosed, DocketRecord, Receipt } from "@docket/protocol";
import { encodeBody, formatTime, parseLeaf, parseTime, ProtocolError, receiptFormat } from "@docket/protocol";
import { encodeEvent } from "@docket/protocol/events";
import type {
  BodyWithoutParts,
  CreatedBody,
  DecisionBody,
  Event,
  OpenedPart,
  PartName,
  ReleaseBody,
} from "@docket/protocol";
import { cleanStanding, isClean, recordedRestriction, restrictionsAt } from "@docket/policy";
import { lookupQuestions, scoreModels } from "@docket/policy";
import type { EvaluationInput, LookupQuestion, Signals } from "@docket/policy";
import { DocketError } from "../error.ts";
import { Actors } from "../evidence/actors.ts";
import { keyedHash, verifierKeyOf } from "../evidence/keys.ts";
import { openPart } from "../evidence/seal.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Priority } from "../log/admission.ts";
import type { Log } from "../log/log.ts";
import type { LogReader, StoredRecord } from "../log/reader.ts";
import type { LookupAnswers } from "../lookups/contract.ts";
import type { Sealed } from "../log/sequencer.ts";
import type { Release } from "../releases/release.ts";
import type { Origin } from "../rollout/brake-state.ts";
import type { RuleModes } from "../rollout/rule-modes.ts";
import { repeatWindowMs } from "../views/site-index.ts";
import { answerOf } from "./answer.ts";
import { answerWithinMs } from "./contract.ts";
import type { DecideRequest, RecordedDecision, Site, SiteStatus, StandingView } from "./contract.ts";
import type { CounterKeeper } from "./counter-keeper.ts";
import { draftDecision } from "./draft.ts";
import type { Decided, Engine, Subject } from "./engine.ts";
import { IndexFeed, waitingEntriesMax } from "./index-feed.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import { factsOf, plainEntry } from "./rebuild.ts";
import { signalsUnder } from "./site-signals.ts";
import { encodeStanding } from "./standings.ts";
import { releaseDeclarations } from "./open-modes.ts";
import { withinTime } from "./within-time.ts";

/** When serving, an event's claimed time counts if it lies this close to its receipt, in milliseconds. */
export const claimedPastMsMax = 600_000;
export const claimedFutureMsMax = 60_000;
/**
 * A stop waits no longer than this for everything to be synced; what is not is recovered at the next start.
 */
const syncWithinMs = 30_000;
const eventHashBytes = 16;

/** What a site is made of. */
export type SitePorts = OpenSiteOptions & {
  log: Log;
  reader: LogReader;
  engine: Engine;
  keeper: CounterKeeper;
  modes: RuleModes;
  /** Who made the change with which a release comes. */
  originOf: (body: ReleaseBody) => Origin;
  /** What says that the release is in force that the site begins with; absent if the log says so already. */
  openingRelease: ReleaseBody | undefined;
  /** Called in the turn in which a decision is appended, after it. */
  onDecided: () => void;
  /** Told of a record of the site's own when it is durable. */
  onOwnRecord: (record: { kind: string; leaf: string }) => void;
};

/** What follows a record of the site's own. */
export type SealHooks = {
  /** Called if it is certain that it was not sealed, before the next event is decided. */
  readonly undo?: () => void;
  /** Called when it is durable. */
  readonly onSealed?: (index: number) => void;
};

type InFlight = { body: string; decision: Promise<Decision> };
type Identified = { event: Event; encoded: string; eventHash: Buffer; bodyHash: Buffer; lookup: Buffer };

/** An open site. */
export class DocketSite implements Site {
  readonly origin: string;
  readonly verifierKey: string;
  readonly paths: Site["paths"];
  readonly #ports: SitePorts;
  readonly #engine: Engine;
  readonly #actors: Actors;
  readonly #feed: IndexFeed;
  readonly #inFlight = new Map<string, InFlight>();
  #announced = false;
  /** The look-ups of a file's events: they come to their turns in the file's order. */
  #fileTurn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(ports: SitePorts, verifierKey: string) {
    this.#ports = ports;
    this.origin = ports.origin;
    this.verifierKey = verifierKey;
    this.paths = ports.paths;
    this.#engine = ports.engine;
    this.#actors = new Actors(ports.keys, ports.random);
    this.#feed = new IndexFeed(ports.index, ports.log.opening.size, (entry) => {
      for (const actor of entry.actors) this.#actors.stored(actor.lookup);
    });
    ports.log.onSynced((size) => void this.#releaseJournal(size));
  }

  async decide(request: DecideRequest): Promise<Decision> {
    const identified = this.#identify(request.event);
    if (request.dryRun) return this.#dryRun(request, identified);
    const name = identified.eventHash.toString("latin1");
    const body = identified.bodyHash.toString("latin1");
    const earlier = this.#inFlight.get(name);
    if (earlier !== undefined) {
      if (earlier.body !== body) throw conflict(request.event.id);
      return { ...(await inTime(request, earlier.decision)), repeat: true };
    }
    const decision = this.#decide(request, identified);
    this.#inFlight.set(name, { body, decision });
    const settled = (): boolean => this.#inFlight.delete(name);
    // Whoever asked may have stopped waiting; the decision goes on, and a repeat finds it.
    decision.then(settled, settled);
    return inTime(request, decision);
  }

  async recorded(index: number): Promise<RecordedDecision> {
    const { record, stored } = await this.#record(index);
    if (record.kind !== "decision") {
      return { record, decision: undefined, facts: undefined, disclosed: undefined };
    }
    const facts = factsOf(stored, { siteKey: this.#ports.keys.site, origin: this.origin });
    const disclosed = await this.#disclosed(record, stored);
    const said = { sealed: true, repeat: false, receipt: undefined };
    const decision =
      facts === undefined ? undefined : answerOf(record, facts, disclosed?.reasons ?? [], said);
    return { record, decision, facts, disclosed };
  }

  async receipt(index: number): Promise<Receipt> {
    const { stored } = await this.#record(index);
    return {
      format: receiptFormat,
      leaf: stored.leaf,
      proof: await this.#ports.reader.proof(index),
      ...(stored.parts === undefined ? {} : { manifest: stored.parts.manifest.toString("utf8") }),
    };
  }

  async opening(index: number, by: string, reason: string): Promise<Receipt> {
    const { record, stored } = await this.#record(index);
    if (record.kind !== "decision") {
      throw new DocketError("not_found", `record ${index} is no decision, so there is nothing to open`);
    }
    const key = await this.#actorKey(record.actor);
    const opening: OpenedPart[] = [];
    for (const name of ["content", "disclosed"] as const) {
      const opened = key && this.#open(stored, name, key);
      if (opened === undefined) continue;
      opening.push({
        name,
        secret: opened.secret.toString("base64url"),
        plaintext: opened.plaintext.toString("utf8"),
      });
    }
    if (opening.length === 0) {
      throw new DocketError(
        "not_found",
        `the evidence of record ${index} is gone; its receipt still verifies`,
      );
    }
    // The reading is on record before anything is handed out.
    const plaintext = JSON.stringify({ v: 1, reason });
    const part = { name: "facts" as const, subject: "site", key: this.#ports.keys.site, plaintext };
    await withinTime(this.seal({ kind: "opening", by, of: index }, [part]), answerWithinMs);
    return { ...(await this.receipt(index)), opening };
  }

  async standing(accountId: string, atMs: number): Promise<StandingView> {
    const lookup = this.#actors.lookup(accountId);
    const known = this.#actors.recent(lookup)?.pseudonym ?? (await this.#find(lookup))?.pseudonym;
    const standing =
      (known === undefined ? undefined : this.#engine.memory.standings.get(known)) ?? cleanStanding;
    return {
      actor: known ?? null,
      at: formatTime(atMs),
      strikes: standing.strikes
        .filter((strike) => strike.atMs <= atMs)
        .map(({ policy, rule, count, atMs: at }) => ({ policy, rule, count, at: formatTime(at) })),
      restrictions: restrictionsAt(standing, atMs).map(recordedRestriction),
    };
  }

  async sealAccess(change: "created" | "revoked", key: string, role: string): Promise<void> {
    await this.seal({ kind: "access", by: "operator", change, key, role }, []);
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
    const { ended, publicationFault, ...sizes } = this.#ports.log.status;
    const fault = ended ?? publicationFault ?? this.#feed.fault;
    const { keeper } = this.#ports;
    const [counters, limits] = [keeper.memory.counters.memory, keeper.memory.limits.memory];
    const { progress } = keeper;
    return {
      ...sizes,
      origin: this.origin,
      release: this.#engine.release.id,
      counterKeys: counters.keys + limits.keys,
      counterBytes: counters.bytes + limits.bytes,
      countersEvicted: counters.evicted + limits.evicted,
      rulesWarming: keeper.waiting.size,
      lookups: this.#ports.lookups?.figures,
      warming: {
        done: progress.reduce((sum, { done }) => sum + done, 0),
        total: progress.reduce((sum, { total }) => sum + total, 0),
      },
      fault: fault?.message,
    };
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
    if (this.#announced) await this.#append({ kind: "stop", by: "operator" }, []).catch(() => undefined);
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
    const found = await this.#ports.index.find({ event: eventHash, account: lookup });
    const since = this.#ports.clock() - repeatWindowMs;
    const stored = found.repeat !== undefined && found.repeat.sealedMs >= since ? found.repeat : undefined;
    const repeat = this.#feed.recent(eventHash) ?? stored;
    if (repeat !== undefined) {
      if (!bodyHash.equals(repeat.body)) throw conflict(request.event.id);
      return this.#repeat(repeat.index, request.withoutReceipt !== true);
    }
    const signals = this.#signals(identified.event);

    // From here to the append nothing waits: the event takes its place in the order of the log.
    this.#refuseIfOverloaded(request.priority);
    const announced = this.#announce();
    const known =
      this.#actors.recent(lookup) ??
      (found.actor && this.#actors.known(lookup, found.actor.pseudonym, found.actor.wrappedKey));
    const actor = known ?? this.#actors.make(lookup);
    const made = known === undefined;
    const subject = subjectOf(request, identified, actor.pseudonym, signals, this.#scores(identified.event));
    if (lookups !== undefined) subject.lookups = lookups;
    const { decided, undo } = this.#engine.decide(subject);
    const draft = draftDecision(decided, identified.encoded, actor, request.by, this.#ports.keys.site);
    const { before, after, facts } = decided;
    const { outcome } = decided.conclusion;
    const unkeep = this.#ports.keeper.counted({ actor: actor.pseudonym, outcome }, facts);
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
      onSealed: (sealed) => {
        this.#ports.keeper.sealed(sealed.index, sealed.leaf);
        const touched = !isClean(before) || !isClean(after);
        this.#feed.add({
          ...plainEntry(sealed),
          decidedMs: subject.decidedAtMs,
          actors,
          event: eventHash,
          body: bodyHash,
          standing: touched ? { actor: actor.pseudonym, state: encodeStanding(after) } : undefined,
        });
      },
    });
    this.#ports.onDecided();
    const [sealed] = await Promise.all([sealing, ...announced]);
    const receipt: Receipt = {
      format: receiptFormat,
      leaf: sealed.leaf,
      proof: sealed.proof,
      ...(sealed.manifest === undefined ? {} : { manifest: sealed.manifest }),
    };
    return answerTo(decided, sealed.index, { sealed: true, repeat: false, receipt });
  }

  async #dryRun(request: DecideRequest, identified: Identified): Promise<Decision> {
    const pseudonym = (await this.#find(identified.lookup))?.pseudonym ?? "a_unknown";
    const { event } = identified;
    const subject = subjectOf(request, identified, pseudonym, this.#signals(event), this.#scores(event));
    // A trial asks nobody.
    if (this.#asksLists) subject.lookups = this.#ports.lookups?.remembered(this.#questions(event));
    return answerTo(this.#engine.try(subject), -1, { sealed: false, repeat: false, receipt: undefined });
  }

  async #repeat(index: number, proved: boolean): Promise<Decision> {
    const { record, stored } = await this.#record(index);
    const facts = factsOf(stored, { siteKey: this.#ports.keys.site, origin: this.origin });
    if (record.kind !== "decision" || facts === undefined) {
      throw new DocketError(
        "internal",
        `record ${index} is said to be the decision of this event, and is not`,
      );
    }
    const disclosed = await this.#disclosed(record, stored);
    const receipt = proved ? await this.receipt(index) : undefined;
    return answerOf(record, facts, disclosed?.reasons ?? [], { sealed: true, repeat: true, receipt });
  }

  async #disclosed(record: DecisionBody, stored: StoredRecord): Promise<Disclosed | undefined> {
    const key = await this.#actorKey(record.actor);
    const opened = key && this.#open(stored, "disclosed", key);
    return opened && (JSON.parse(opened.plaintext.toString("utf8")) as Disclosed);
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

  // Under the release that decides it: called where nothing waits any more.
  #scores(event: Event): EvaluationInput["models"] {
    const { policies, models } = this.#engine.release;
    return scoreModels(policies, models, event.type, event.content);
  }

  #identify(event: Event): Identified {
    const { hashing } = this.#ports.keys;
    const encoded = encodeEvent(event);
    return {
      event,
      encoded,
      eventHash: keyedHash(hashing, "event", event.id).subarray(0, eventHashBytes),
      bodyHash: keyedHash(hashing, "body", encoded).subarray(0, eventHashBytes),
      lookup: this.#actors.lookup(event.actor.id),
    };
  }

  #refuseIfOverloaded(priority?: Priority): void {
    const refusal = this.#ports.log.refusal(priority);
    if (refusal !== undefined) throw refusal;
    if (this.#feed.waiting < waitingEntriesMax) return;
    throw new DocketError("overloaded", "the site's index is behind; ask again shortly", {
      retryAfterSeconds: 1,
    });
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
    const { openingRelease } = this.#ports;
    if (openingRelease !== undefined) sealing.push(this.#append(openingRelease, []));
    return sealing;
  }

  async #append(body: BodyWithoutParts, parts: readonly PlainPart[], hooks: SealHooks = {}): Promise<Sealed> {
    const { kind } = body;
    const release = kind === "release" ? body.release : undefined;
    return this.#ports.log.append({
      body: encodeBody(body),
      parts: [...parts],
      priority: "system",
      undo: hooks.undo,
      onSealed: (sealed) => {
        this.#feed.add(plainEntry(sealed, { kind, leaf: sealed.leaf, release }));
        hooks.onSealed?.(sealed.index);
        this.#ports.onOwnRecord({ kind, leaf: sealed.leaf });
      },
    });
  }

  async #record(index: number): Promise<{ record: DocketRecord; stored: StoredRecord }> {
    const { log, reader } = this.#ports;
    if (index >= log.status.size) {
      throw new DocketError("not_found", `there is no record ${index}; the log holds ${log.status.size}`);
    }
    await withinTime(log.published(index + 1), answerWithinMs);
    const stored = await reader.record(index, log.status.publishedSize);
    return { record: parseLeaf(stored.leaf), stored };
  }

  /**
   * The plaintext of a part that belongs to the site, once its record is published; `undefined` if the record
   * has none of that name or it is gone.
   */
  async sitePart(index: number, name: PartName): Promise<string | undefined> {
    const { stored } = await this.#record(index);
    return this.#open(stored, name, this.#ports.keys.site)?.plaintext.toString("utf8");
  }

  #open(
    stored: StoredRecord,
    name: PartName,
    key: Uint8Array,
  ): { plaintext: Buffer; secret: Buffer } | undefined {
    const part = stored.parts?.parts.find((each) => each.name === name);
    return part && openPart(part.bytes, name, key, this.origin);
  }

  async #actorKey(pseudonym: string): Promise<Uint8Array | undefined> {
    const made = this.#actors.madeKey(pseudonym);
    if (made !== undefined) return made;
    const known = await this.#ports.index.actor(pseudonym);
    return known && this.#actors.unwrap(pseudonym, known.wrappedKey);
  }

  async #find(lookup: Buffer): Promise<{ pseudonym: string } | undefined> {
    const recent = this.#actors.recent(lookup);
    if (recent !== undefined) return recent;
    return (await this.#ports.index.find({ event: Buffer.alloc(eventHashBytes), account: lookup })).actor;
  }

  // A journal segment may go when its records are in synced files and its actors in the synced identity map.
  async #releaseJournal(size: number): Promise<void> {
    try {
      const upTo = Math.min(size, this.#feed.size);
      await this.#ports.index.makeDurable();
      this.#ports.log.release(upTo);
    } catch {
      // The segments stay: nothing is lost, and the next sync tries again.
    }
  }
}

// Behind a file nobody waits for an answer; its reader stops by itself when the log does not go on.
function inTime(request: DecideRequest, decision: Promise<Decision>): Promise<Decision> {
  return request.source === "file" ? decision : withinTime(decision, answerWithinMs);
}

function subjectOf(
  request: DecideRequest,
  { event, eventHash, bodyHash }: Identified,
  actor: string,
  signals: Signals,
  models: EvaluationInput["models"],
): Subject {
  const { ms, clock } = decidedAt(request);
  return {
    event,
    eventHash: eventHash.toString("base64url"),
    bodyHash: bodyHash.toString("base64url"),
    actor,
    source: request.source,
    decidedAtMs: ms,
    clock,
    signals,
    models,
  };
}

function answerTo(
  { conclusion, facts, release, subject }: Decided,
  index: number,
  how: Parameters<typeof answerOf>[3],
): Decision {
  const { outcome, rules, restrictions, reasons } = conclusion;
  const answered = { index, actor: subject.actor, outcome, rules, restrictions, release };
  return answerOf(answered, facts, reasons, how);
}

function decidedAt(request: DecideRequest): { ms: number; clock: "event" | "received" } {
  const { event, source, receivedMs } = request;
  const claimed = event.time === undefined ? undefined : parseTime(event.time);
  if (source === "file") return { ms: receivedMs, clock: claimed === receivedMs ? "event" : "received" };
  const near =
    claimed !== undefined &&
    claimed >= receivedMs - claimedPastMsMax &&
    claimed <= receivedMs + claimedFutureMsMax;
  return near ? { ms: claimed, clock: "event" } : { ms: receivedMs, clock: "received" };
}

function conflict(id: string): ProtocolError {
  return new ProtocolError(
    "event_id_conflict",
    `the event ${JSON.stringify(id)} was decided before with another body; give a new attempt a new id`,
    { pointer: "/id" },
  );
}
