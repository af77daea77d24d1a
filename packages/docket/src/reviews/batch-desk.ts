// SPDX-License-Identifier: Apache-2.0
// Corrections of many decisions at once: previewed, capped, approved by another person over the cap, stopped,
// gone on with after a crash, and taken back by another batch. What was done is what the log has.
import { codePattern, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, ReviewBody } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { ActAuthor, SiteEnforcement } from "../enforcement/contract.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Keys } from "../releases/duties.ts";
import type { SiteSettings } from "../settings/settings-desk.ts";
import type {
  Batch,
  BatchDetail,
  BatchExample,
  BatchPart,
  BatchPreview,
  BatchWish,
  LeftOut,
  SiteBatches,
} from "./batch-contract.ts";
import { batchDecisionsMax, judgeOf, lookedMax, madeBy, selectionOf } from "./batch-plan.ts";
import type { Judge, Judgement, PlanPorts, Selection } from "./batch-plan.ts";
import { BatchRun } from "./batch-runner.ts";
import { changedAlone } from "./batch-state.ts";
import type { BatchState, KnownBatch } from "./batch-state.ts";
import { bulkSelection } from "./bulk.ts";
import type { BulkDesk } from "./bulk.ts";

/** Examples of a preview. */
export const examplesMax = 20;
/** Decisions whose strikes and restrictions a preview works out. */
export const effectsLookedMax = 500;
/** Longest note of a batch, in characters. */
export const batchNoteMax = 4_000;
/** Records of one case that are read for it. */
const recordsMax = 100;

/** What the desk leans on. */
export type BatchDeskPorts = PlanPorts & {
  /** All batches; kept up to date by whoever made it. */
  readonly state: BatchState;
  readonly enforcement: Pick<SiteEnforcement, "verdict" | "previewVerdict">;
  readonly reviews: BulkDesk;
  readonly seal: (
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
  ) => Promise<{ readonly index: number; readonly leaf: string }>;
  /** The plaintext of a record's part `change`. */
  readonly partOf: (index: number) => Promise<string | undefined>;
  /** Resolves when the views have all that was sealed. */
  readonly settled: () => Promise<void>;
  readonly settings: SiteSettings;
  /** API keys: who was there before a batch. */
  readonly keys: () => Keys;
  readonly siteKey: Uint8Array;
  /** Ms since 1970. */
  readonly clock: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Told why a batch stands still. */
  readonly onFault: (error: unknown, batch: number) => void;
};

type Planned = { preview: BatchPreview; indexes: number[] };

/** Corrections of many decisions. */
export class BatchDesk implements SiteBatches {
  readonly #ports: BatchDeskPorts;
  readonly #runs = new Map<number, BatchRun>();
  readonly #ends = new Map<number, Promise<void>>();
  readonly #faults = new Map<number, string>();
  /** Decisions of batches whose record is being sealed, by who begins them. */
  readonly #beginning = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(ports: BatchDeskPorts) {
    this.#ports = ports;
  }

  /** Goes on with what a stop or a crash left. */
  async start(): Promise<void> {
    for (const batch of this.#ports.state.values()) if (batch.status === "running") await this.#go(batch);
  }

  /** Ends what runs, without ending the batches: the next start goes on. */
  async close(): Promise<void> {
    this.#closing.abort(new DocketError("log_closed", "the site is closing", { retryAfterSeconds: 5 }));
    for (const run of this.#runs.values()) run.stop();
    await Promise.allSettled(this.#ends.values());
  }

  async preview(author: ActAuthor, wish: BatchWish): Promise<BatchPreview> {
    return (await this.#plan(author, wish)).preview;
  }

  async begin(author: ActAuthor, wish: BatchWish): Promise<Batch> {
    checkReason(wish);
    const { preview, indexes } = await this.#plan(author, wish);
    if (preview.count === 0) throw new DocketError("batch_conflict", "nothing would change");
    const { batch, reason, of, note, finding, task, told } = wish;
    const part: BatchPart = {
      v: 1,
      why: note ?? null,
      selection: preview.selection,
      steps: indexes.map((index, place) => index - (indexes[place - 1] ?? 0)),
      ...(finding === undefined ? {} : { finding }),
      ...(task === undefined ? {} : { task }),
      ...(wish.reviewed === true ? { reviewed: true } : {}),
      ...(told === undefined ? {} : { told }),
    };
    const said = { batch, ...(of === undefined ? {} : { of }), count: indexes.length, reason };
    // Looked at again in the turn in which it is sealed: what somebody began meanwhile counts.
    const pending = indexes.length + this.#alone(author) > this.#ports.settings.current.bulkCap;
    const plaintext = JSON.stringify(part);
    const sealed = { name: "change" as const, subject: "site", key: this.#ports.siteKey, plaintext };
    const release = this.#reserve(author.by, pending ? 0 : indexes.length);
    const { index } = await this.#ports
      .seal({ kind: "batch", ...author, ...said, pending }, [sealed])
      .finally(release);
    const known = this.#known(index);
    if (!pending) await this.#go(known);
    return this.#view(known);
  }

  async approve(author: ActAuthor, index: number): Promise<Batch> {
    const known = this.#known(index);
    if (known.status !== "pending") throw conflict(known, "waits for nobody");
    const keys = this.#ports.keys();
    const key = keys.get(author.by);
    if ((keys.get(known.by)?.holder ?? known.by) === (key?.holder ?? author.by)) {
      throw new DocketError("another_person", "you began this batch; another person approves it");
    }
    if (author.by !== "operator" && (key === undefined || key.madeAt > index)) {
      throw new DocketError("another_person", "your key was made after the batch; it takes one from before");
    }
    await this.#ports.seal({ kind: "batch-step", ...author, of: index, step: "approved", made: 0 }, []);
    // Two may have approved at once: the first did, and it runs once.
    if (!this.#runs.has(index)) await this.#go(known);
    return this.#view(known);
  }

  async stop(author: ActAuthor, index: number): Promise<Batch> {
    const known = this.#known(index);
    if (known.status !== "pending" && known.status !== "running") throw conflict(known, "has ended");
    const run = this.#runs.get(index);
    run?.stop();
    // What is under way comes to its end first, so that nothing is made after the record that says stopped.
    await run?.finished.catch(() => undefined);
    await this.#ends.get(index);
    if (known.status !== "pending" && known.status !== "running") return this.#view(known);
    const made = run?.made ?? 0;
    await this.#ports.seal({ kind: "batch-step", ...author, of: index, step: "stopped", made }, []);
    this.#faults.delete(index);
    return this.#view(known);
  }

  async batch(index: number): Promise<BatchDetail> {
    const known = this.#known(index);
    const part = await this.#part(index);
    return { ...this.#view(known), selection: part.selection, note: part.why, indexes: indexesIn(part) };
  }

  list(limit: number): Batch[] {
    const newest = [...this.#ports.state.values()].sort((a, b) => b.index - a.index);
    return newest.slice(0, limit).map((known) => this.#view(known));
  }

  async ended(index: number): Promise<void> {
    await this.#ends.get(index);
  }

  async #plan(author: ActAuthor, wish: BatchWish): Promise<Planned> {
    checkReason(wish);
    await this.#ports.settled();
    if (wish.of !== undefined) this.#checkRevertible(wish.of);
    const selection = await this.#select(author, wish);
    const tally = newTally(wish, selection);
    const indexes: number[] = [];
    for await (const index of selection.indexes()) {
      this.#closing.signal.throwIfAborted();
      if (indexes.length >= batchDecisionsMax || tally.preview.looked >= lookedMax) {
        tally.preview.more = true;
        break;
      }
      tally.preview.looked += 1;
      const judgement = await selection.judge(index);
      if (count(tally, judgement)) {
        indexes.push(index);
        await this.#countEffects(tally, judgement, wish);
      }
    }
    const { bulkCap: cap } = this.#ports.settings.current;
    const alone = this.#alone(author);
    const { preview, actors } = tally;
    const needsSecondPerson = indexes.length + alone > cap;
    const sorted = wish.of === undefined ? indexes.sort((a, b) => a - b) : indexes;
    const shown = { ...preview, count: indexes.length, actors: actors.size, cap, alone, needsSecondPerson };
    return { preview: shown, indexes: sorted };
  }

  #select(author: ActAuthor, wish: BatchWish): Promise<Selection> {
    if (wish.batch === "bulk") return bulkSelection(this.#ports, this.#ports.reviews, author.by, wish);
    return selectionOf(this.#ports, wish, this.#closing.signal);
  }

  async #countEffects({ preview, ends }: Tally, judgement: Judgement, wish: BatchWish): Promise<void> {
    if ("leftOut" in judgement || judgement.verdict === "label") return;
    const { row, verdict, confirm, compensate } = judgement;
    if (preview.effectsOf >= effectsLookedMax) return;
    preview.effectsOf += 1;
    const cause = causeOf(wish.batch);
    const { reason } = wish;
    const effect = await this.#ports.enforcement
      .previewVerdict({ of: row.index, verdict, cause, reason, confirm, compensate })
      // What does not fit any more is passed over when its turn comes.
      .catch(noneIfOvertaken);
    if (effect === undefined) return;
    const sum = (strikes: readonly { count: number }[]): number =>
      strikes.reduce((total, strike) => total + strike.count, 0);
    preview.strikesVoid += sum(effect.voided);
    preview.strikesGiven += sum(effect.strikes);
    preview.restrictionsBeginning += effect.restrictions.length;
    for (const id of effect.ended) ends.add(id);
    preview.restrictionsEnding = ends.size;
  }

  /** @throws {DocketError} `not_found`, `batch_conflict` */
  #checkRevertible(of: number): void {
    const known = this.#known(of);
    if (known.status === "pending" || known.status === "running") {
      throw conflict(known, "has not ended; stop it first");
    }
  }

  #alone({ by }: ActAuthor): number {
    return changedAlone(this.#ports.state, by, this.#ports.clock()) + (this.#beginning.get(by) ?? 0);
  }

  #reserve(by: string, decisions: number): () => void {
    this.#beginning.set(by, (this.#beginning.get(by) ?? 0) + decisions);
    return () => {
      const left = (this.#beginning.get(by) ?? 0) - decisions;
      if (left > 0) this.#beginning.set(by, left);
      else this.#beginning.delete(by);
    };
  }

  #known(index: number): KnownBatch {
    const known = this.#ports.state.get(index);
    if (known !== undefined) return known;
    throw new DocketError("not_found", `record ${index} is no batch`);
  }

  async #part(index: number): Promise<BatchPart> {
    const plaintext = await this.#ports.partOf(index);
    if (plaintext !== undefined) return JSON.parse(plaintext) as BatchPart;
    throw new DocketError("not_found", `what batch ${index} was to do is gone`);
  }

  async #go(known: KnownBatch): Promise<void> {
    const { index } = known;
    const part = await this.#part(index);
    await this.#ports.settled();
    const author: ActAuthor = { by: known.by, role: known.role };
    const indexes = indexesIn(part);
    const run = new BatchRun({
      indexes,
      done: await this.#doneOf(known, indexes),
      act: this.#actOf(known, author, part),
      wait: this.#ports.wait,
      nowMs: this.#ports.clock,
    });
    this.#runs.set(index, run);
    this.#ends.set(index, this.#finish(known, author, run));
  }

  async #finish({ index, ...known }: KnownBatch, author: ActAuthor, run: BatchRun): Promise<void> {
    try {
      if ((await run.finished) === "stopped") return;
      const done = { of: index, step: "done" as const, made: run.made };
      await this.#ports.seal({ kind: "batch-step", ...author, ...done }, []);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#faults.set(index, error instanceof Error ? error.message : `${known.batch} failed`);
      this.#ports.onFault(error, index);
    }
  }

  #actOf(known: KnownBatch, author: ActAuthor, part: BatchPart): (of: number) => Promise<"made" | "passed"> {
    const { index, batch, reason } = known;
    const { told } = part;
    const note = part.why ?? undefined;
    if (batch === "bulk") {
      const { finding = "unsure", task } = part;
      return async (of) => {
        const open = this.#ports.reviews.taskFor(author.by, of, task);
        if (open === undefined || open.blind) return "passed";
        return unlessOvertaken(() =>
          this.#ports.reviews.seal(author, { of, finding, reason, note, told }, open, index),
        );
      };
    }
    const reviewed = part.reviewed === true;
    const judge: Judge = judgeOf(this.#ports, { batch, of: known.of, selection: part.selection, reviewed });
    return async (of) => {
      const judgement = await judge(of);
      if ("leftOut" in judgement) return "passed";
      const { verdict, confirm, compensate } = judgement;
      const wish = {
        of,
        verdict,
        cause: causeOf(batch),
        for: index,
        reason,
        note,
        told,
        confirm,
        compensate,
      };
      return unlessOvertaken(() => this.#ports.enforcement.verdict(author, wish));
    };
  }

  // What is done is told by the log alone: verdicts that name the batch, and reviews after it by its author.
  async #doneOf({ index, batch, by }: KnownBatch, indexes: readonly number[]): Promise<Set<number>> {
    const done = new Set<number>();
    for await (const of of madeBy(this.#ports, index)) done.add(of);
    if (batch !== "bulk") return done;
    for (const of of indexes) {
      const query = { kinds: ["review"], of, after: index, limit: recordsMax };
      const leaves = await this.#ports.views.caseRecords(query);
      if (leaves.some((leaf) => (parseLeaf(leaf) as ReviewBody).by === by)) done.add(of);
    }
    return done;
  }

  #view(known: KnownBatch): Batch {
    const { index, batch, by, reason, status, count: planned, of, approvedBy, endedAtMs } = known;
    const run = this.#runs.get(index);
    return {
      index,
      batch,
      by,
      at: formatTime(known.atMs),
      reason,
      status,
      count: planned,
      made: status === "running" ? (run?.made ?? 0) : known.made,
      passed: run?.passed ?? 0,
      approvedBy: approvedBy ?? null,
      endedAt: endedAtMs === undefined ? null : formatTime(endedAtMs),
      of: of ?? null,
      revertedBy: known.revertedBy,
      secondsLeft: status === "running" ? (run?.secondsLeft ?? null) : null,
      fault: this.#faults.get(index) ?? null,
    };
  }
}

type Tally = {
  readonly preview: BatchPreview;
  readonly actors: Set<string>;
  readonly ends: Set<string>;
};

function newTally({ batch }: BatchWish, { words, notes }: Selection): Tally {
  const preview: BatchPreview = {
    batch,
    selection: words,
    looked: 0,
    count: 0,
    more: false,
    leftOut: {},
    actors: 0,
    verdicts: {},
    outcomes: {},
    strikesVoid: 0,
    strikesGiven: 0,
    restrictionsEnding: 0,
    restrictionsBeginning: 0,
    effectsOf: 0,
    examples: [],
    cap: 0,
    alone: 0,
    needsSecondPerson: false,
    notes: [...notes],
  };
  return { preview, actors: new Set(), ends: new Set() };
}

/** Counts a decision; whether it would change. */
function count({ preview, actors }: Tally, judgement: Judgement): boolean {
  if ("leftOut" in judgement) {
    const why: LeftOut = judgement.leftOut;
    preview.leftOut[why] = (preview.leftOut[why] ?? 0) + 1;
    return false;
  }
  const { row, inForce, verdict } = judgement;
  // `label` stands for a finding that changes nothing.
  const changed = verdict === "label" ? null : verdict;
  if (changed !== null) preview.verdicts[changed] = (preview.verdicts[changed] ?? 0) + 1;
  preview.outcomes[inForce] = (preview.outcomes[inForce] ?? 0) + 1;
  actors.add(row.actor);
  if (preview.examples.length < examplesMax) {
    const { index: of, actor, decidedMs, fired } = row;
    const example: BatchExample = {
      of,
      actor,
      decidedAt: formatTime(decidedMs),
      outcome: inForce,
      verdict: changed,
      fired,
    };
    preview.examples.push(example);
  }
  return true;
}

function causeOf(batch: BatchWish["batch"]): "revert" | "sweep" | "review" {
  return batch === "bulk" ? "review" : batch;
}

// Somebody else acted between the judgement and the act: theirs stands.
async function unlessOvertaken(act: () => Promise<unknown>): Promise<"made" | "passed"> {
  try {
    await act();
    return "made";
  } catch (error) {
    if (error instanceof DocketError && passedCodes.has(error.code)) return "passed";
    throw error;
  }
}

function noneIfOvertaken(error: unknown): undefined {
  if (!(error instanceof DocketError) || !passedCodes.has(error.code)) throw error;
}

const passedCodes: ReadonlySet<string> = new Set(["act_conflict", "not_found", "case_closed"]);
const reasonCode = new RegExp(codePattern);

/** @throws {DocketError} `usage` */
function checkReason({ reason, note }: BatchWish): void {
  if (!reasonCode.test(reason)) {
    throw new DocketError("usage", `a reason is a code such as mistaken or spam: ${codePattern}`);
  }
  if (note !== undefined && (note.trim() === "" || note.length > batchNoteMax)) {
    throw new DocketError("usage", `a note has 1 to ${batchNoteMax} characters`);
  }
}

function indexesIn({ steps }: BatchPart): number[] {
  let index = 0;
  return steps.map((step) => (index += step));
}

function conflict({ index, status }: KnownBatch, what: string): DocketError {
  return new DocketError("batch_conflict", `batch ${index} ${what}: it is ${status}`);
}
