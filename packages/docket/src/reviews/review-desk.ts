// SPDX-License-Identifier: Apache-2.0
// The review queue: who is shown what, and what follows when somebody decides. Nothing here is kept but in
// the log; claims and what is being decided this moment are in memory, and a restart frees them.
import { codePattern, formatTime, parseLeaf, reviewTasks } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, Event, Facts, ReviewTask } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { ActAuthor, SiteEnforcement, VerdictDone } from "../enforcement/contract.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { LabelInForce } from "../labels/label-desk.ts";
import type { SiteSettings } from "../settings/settings-desk.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { contentReviews, openTasks, openTasksFor } from "./case.ts";
import type { OpenTask, ReviewCase } from "./case.ts";
import { Claims } from "./claims.ts";
import type { HeldClaim } from "./claims.ts";
import { followsFrom, verdictOf } from "./consequence.ts";
import type { Following } from "./consequence.ts";
import { saidReportsMax } from "./contract.ts";
import type {
  CasePage,
  ChainEntry,
  Claim,
  FollowsByFinding,
  QueueItem,
  QueuePage,
  QueueQuery,
  ReportWeight,
  ReviewDone,
  ReviewFigures,
  ReviewWish,
  SaidReport,
  SiteReviews,
} from "./contract.ts";
import { rowOf, rowsOf } from "./load-state.ts";
import type { ReviewViews } from "./load-state.ts";
import { comparePriorities, priorityOf } from "./priority.ts";
import type { ReviewState } from "./review-state.ts";

/** Longest note of a review, in characters. */
export const noteLengthMax = 4_000;
/** Most cases that the queue lists at once, and how many if nothing is said. */
export const queueListedMax = 500;
export const queueListedDefault = 50;
/** Drawn cases are shown for so long after their decision was sealed, in milliseconds. */
export const sampledForMs: number = 30 * 86_400_000;
/** Most records of a case that its page shows, the oldest. */
export const chainListedMax = 500;

/** What the desk leans on. */
export type ReviewDeskPorts = {
  /** The open cases; kept up to date by whoever made it. */
  readonly state: () => ReviewState;
  readonly views: ReviewViews;
  readonly enforcement: Pick<SiteEnforcement, "verdict" | "takeSteps" | "outcomeOf" | "standingOf">;
  /** Appends a record in this turn; resolves with its leaf when it is durable. */
  readonly seal: (
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
  ) => Promise<{ readonly index: number; readonly leaf: string }>;
  /** A record and its facts. Rejects with `not_found`. */
  readonly recorded: (index: number) => Promise<{ record: DocketRecord; facts: Facts | undefined }>;
  /** The event of a decision; `undefined` where its evidence is gone. */
  readonly event: (index: number) => Promise<Event | undefined>;
  /** What the reporter wrote in a report's record; `undefined` where it is erased, or nothing. */
  readonly reportText: (index: number) => Promise<string | undefined>;
  readonly label: (of: number) => Promise<LabelInForce | undefined>;
  /** What reports of a decision's content weigh; `undefined` if there are none. */
  readonly reports: (of: number) => ReportWeight | undefined;
  /** Resolves when the views have all that was sealed. */
  readonly settled: () => Promise<void>;
  readonly settings: SiteSettings;
  readonly siteKey: Uint8Array;
  /** Ms since 1970. */
  readonly clock: () => number;
};

type Place = { each: ReviewCase; tasks: readonly OpenTask[]; priority: ReturnType<typeof priorityOf> };

/** The review queue of a site. */
export class ReviewDesk implements SiteReviews {
  readonly #ports: ReviewDeskPorts;
  readonly #claims: Claims;
  /** Cases whose review is being sealed. */
  readonly #deciding = new Set<number>();

  constructor(ports: ReviewDeskPorts) {
    this.#ports = ports;
    this.#claims = new Claims(ports.clock);
  }

  async queue(by: string, { task, unclaimed = false, limit }: QueueQuery): Promise<QueuePage> {
    const { views, clock, settled } = this.#ports;
    await settled();
    const state = this.#ports.state();
    const nowMs = clock();
    const open: Partial<Record<ReviewTask, number>> = {};
    const head: Place[] = [];
    for (const each of state.open()) {
      const tasks = openTasksFor(each, by);
      if (isOldSample(each, tasks, nowMs)) continue;
      for (const one of tasks) open[one.task] = (open[one.task] ?? 0) + 1;
      if (tasks.length === 0 || (task !== undefined && tasks.every((one) => one.task !== task))) continue;
      const claim = this.#claims.of(each.of);
      if (unclaimed && claim !== undefined && claim.by !== by) continue;
      const priority = priorityOf(each, tasks, this.#weightOf(each), nowMs);
      keepFirst(head, { each, tasks, priority }, limit);
    }
    const rows = new Map<number, DecisionRow>();
    const indexes = head.map(({ each }) => each.of);
    for await (const row of rowsOf(views, indexes)) rows.set(row.index, row);
    const cases = head.flatMap(({ each, tasks }) => {
      const row = rows.get(each.of);
      return row === undefined ? [] : [this.#itemOf(row, tasks)];
    });
    return { cases, open, more: state.leftOut().map((left) => left.task) };
  }

  figures(): ReviewFigures {
    const figures = Object.fromEntries(reviewTasks.map((task) => [task, 0])) as ReviewFigures;
    for (const each of this.#ports.state().open()) {
      const [first] = openTasks(each);
      if (first !== undefined) figures[first.task] += 1;
    }
    return figures;
  }

  async page(by: string, of: number, withEvidence: boolean): Promise<CasePage> {
    const { recorded, enforcement, clock, label, reports } = this.#ports;
    const { record, facts } = await recorded(of);
    if (record.kind !== "decision") throw noDecision(of);
    await this.#ports.settled();
    const each = this.#ports.state().case(of);
    const tasks = each === undefined ? [] : openTasksFor(each, by);
    const hidden = each !== undefined && tasks.some(({ blind }) => blind) ? firstReview(each) : undefined;
    const isBlind = hidden !== undefined;
    const chain = await this.#chain(of, hidden);
    const reported = chain.filter(({ kind }) => kind === "report").slice(-saidReportsMax);
    const evidence = withEvidence
      ? await this.#evidence(by, of, reported)
      : { event: null, evidence: "unasked" as const, said: reported.map((entry) => saidReport(entry)) };
    return {
      of,
      tasks,
      blind: isBlind,
      claim: claimOf(of, this.#claims.of(of)),
      record,
      ...evidence,
      facts: facts ?? null,
      inForce: isBlind ? null : await enforcement.outcomeOf(of),
      standing: isBlind ? null : enforcement.standingOf(record.actor, clock()),
      chain,
      label: isBlind ? null : ((await label(of)) ?? null),
      reports: reports(of) ?? null,
      follows: isBlind ? null : await this.#follows(of),
    };
  }

  claim(by: string, of: number): Claim {
    this.#taskOf(by, of, undefined);
    const forMs = this.#ports.settings.current.claimMinutes * 60_000;
    const taken = this.#claims.take(of, by, forMs);
    if (taken === undefined) throw claimed(of, this.#claims.of(of));
    return { of, by, until: formatTime(taken.untilMs) };
  }

  release(by: string, of: number): void {
    this.#claims.release(of, by);
  }

  async review(author: ActAuthor, wish: ReviewWish): Promise<ReviewDone> {
    checkWish(wish);
    const { of } = wish;
    const asked = this.#taskOf(author.by, of, wish.task);
    if (asked.blind && wish.verdict !== undefined) {
      throw new DocketError("usage", "a second, blind review changes nothing: leave the verdict out");
    }
    const claim = this.#claims.of(of);
    if (claim !== undefined && claim.by !== author.by) throw claimed(of, claim);
    // From here to the seal others wait: two answers to one question must not both be the first.
    if (this.#deciding.has(of)) throw claimed(of, claim);
    this.#deciding.add(of);
    try {
      const done = await this.seal(author, wish, asked);
      this.#claims.release(of, author.by);
      return done;
    } finally {
      this.#deciding.delete(of);
    }
  }

  /**
   * Seals a review of a task that is open for its author, with what follows from it.
   *
   * @param batch the batch that it is part of
   */
  async seal(
    author: ActAuthor,
    wish: ReviewWish,
    { task, blind }: OpenTask,
    batch?: number,
  ): Promise<ReviewDone> {
    const { enforcement, seal } = this.#ports;
    const { of, finding, reason, note, told } = wish;
    const { by, role } = author;
    const said = { of, task, finding, ...(blind ? { blind: true as const } : {}), reason };
    const done: ReviewDone = {
      index: -1,
      of,
      task,
      finding,
      blind,
      label: null,
      verdict: null,
      measure: null,
    };
    let sealing: Promise<void>[] = [];
    const along = (): Promise<void>[] => {
      const review = seal({ kind: "review", by, role, ...said }, this.#noteParts(note));
      sealing = [review.then(({ index }) => void (done.index = index))];
      // A second opinion is none on the content until a third has spoken.
      if (task !== "ladder" && !blind && finding !== "unsure") {
        const label = { label: finding, source: "moderator", reason } as const;
        const labelled = seal({ kind: "label", by, role, of, ...label }, []);
        sealing.push(labelled.then(({ index }) => void (done.label = index)));
      }
      return sealing;
    };
    if (task === "ladder" && finding === "spam") {
      const { index } = await enforcement.takeSteps(author, { of, reason, note, told }, along);
      await Promise.all(sealing);
      return { ...done, measure: index };
    }
    const following = task === "ladder" || blind ? undefined : await this.#following(wish);
    if (following === undefined) {
      await Promise.all(along());
      return done;
    }
    const cause = { cause: "review", ...(batch === undefined ? {} : { for: batch }) } as const;
    const verdict: VerdictDone = await enforcement.verdict(
      author,
      { of, ...following, ...cause, reason, note, told },
      along,
    );
    await Promise.all(sealing);
    return { ...done, verdict };
  }

  /** What is asked of somebody in a case, if it is open for them. */
  taskFor(by: string, of: number, task?: ReviewTask): OpenTask | undefined {
    const each = this.#ports.state().case(of);
    if (each === undefined || this.#deciding.has(of)) return undefined;
    return chosen(openTasksFor(each, by), task);
  }

  /** What would follow from a wish; `undefined` if nothing. */
  async following(wish: ReviewWish): Promise<Following | undefined> {
    return this.#following(wish);
  }

  async #following({ of, finding, verdict }: ReviewWish): Promise<Following | undefined> {
    const { enforcement, views } = this.#ports;
    const { decided, outcome } = await enforcement.outcomeOf(of);
    if (verdict === "keep") return undefined;
    if (verdict !== undefined) return verdictOf(verdict, { decided });
    const row = await rowOf(views, of);
    const hadEffects = row !== undefined && (row.strikes > 0 || row.restrictions > 0);
    return followsFrom(finding, { decided, inForce: outcome, hadEffects });
  }

  async #follows(of: number): Promise<FollowsByFinding> {
    const reason = "preview";
    const spam = await this.#following({ of, finding: "spam", reason });
    const notSpam = await this.#following({ of, finding: "notSpam", reason });
    return { spam: spam ?? null, notSpam: notSpam ?? null };
  }

  #taskOf(by: string, of: number, task: ReviewTask | undefined): OpenTask {
    const each = this.#ports.state().case(of);
    const open = each === undefined ? undefined : chosen(openTasks(each), task);
    if (each === undefined || open === undefined) throw closed(of, task);
    const mine = chosen(openTasksFor(each, by), task);
    if (mine === undefined) {
      throw new DocketError(
        "another_person",
        `you have said what you found in case ${of}; another looks now`,
      );
    }
    return mine;
  }

  #weightOf({ of, reportedAt }: ReviewCase): number {
    return reportedAt === undefined ? 0 : (this.#ports.reports(of)?.weightPerMille ?? 0);
  }

  #itemOf(row: DecisionRow, tasks: readonly OpenTask[]): QueueItem {
    return {
      of: row.index,
      tasks,
      actor: row.actor,
      outcome: row.outcome,
      type: row.type,
      sealedAt: formatTime(row.sealedMs),
      holdUntil: row.holdUntilMs === undefined ? null : formatTime(row.holdUntilMs),
      points: row.points,
      fired: row.fired,
      campaign: row.campaign ?? null,
      language: row.language ?? null,
      reports: this.#ports.reports(row.index) ?? null,
      claim: claimOf(row.index, this.#claims.of(row.index)),
    };
  }

  /** @param hiddenFrom the record from which on nothing is shown */
  async #chain(of: number, hiddenFrom: number | undefined): Promise<ChainEntry[]> {
    const { views } = this.#ports;
    const about = async (index: number): Promise<DocketRecord[]> => {
      const leaves = await views.caseRecords({ kinds: chainKinds, of: index, limit: chainListedMax });
      return leaves.map((leaf): DocketRecord => parseLeaf(leaf));
    };
    const records = await about(of);
    const disputes = records.filter(({ kind }) => kind === "dispute");
    for (const { index } of disputes) records.push(...(await about(index)));
    const byIndex = new Map(records.map((record) => [record.index, record]));
    return [...byIndex.values()]
      .filter(({ index }) => hiddenFrom === undefined || index < hiddenFrom)
      .sort((a, b) => a.index - b.index)
      .map(chainEntry);
  }

  // Who reads a person's words is on record before anything is shown, the words of those who reported it with
  // them; once for each claim.
  async #evidence(
    by: string,
    of: number,
    reported: readonly ChainEntry[],
  ): Promise<Pick<CasePage, "event" | "evidence" | "said">> {
    const claim = this.#claims.of(of);
    const isOpened = claim?.by === by && claim.openedEvidence;
    const event = await this.#ports.event(of);
    const said: SaidReport[] = [];
    for (const entry of reported) said.push(saidReport(entry, await this.#ports.reportText(entry.index)));
    if (event === undefined && said.every(({ text }) => text === null)) {
      return { event: null, evidence: "gone", said };
    }
    if (!isOpened) {
      const plaintext = JSON.stringify({ v: 1, reason: "review" });
      const part = { name: "facts" as const, subject: "site", key: this.#ports.siteKey, plaintext };
      await this.#ports.seal({ kind: "opening", by, of }, [part]);
      if (claim?.by === by) claim.openedEvidence = true;
    }
    return event === undefined
      ? { event: null, evidence: "gone", said }
      : { event, evidence: "opened", said };
  }

  #noteParts(note: string | undefined): PlainPart[] {
    if (note === undefined) return [];
    const plaintext = JSON.stringify({ v: 1, why: note });
    return [{ name: "change", subject: "site", key: this.#ports.siteKey, plaintext }];
  }
}

// What is said of the content is no word on a measure: a step of a ladder is named, unless it is all.
function chosen(open: readonly OpenTask[], task: ReviewTask | undefined): OpenTask | undefined {
  if (task !== undefined) return open.find((one) => one.task === task);
  return open.find((one) => one.task !== "ladder") ?? open[0];
}

// The next start doesn't find it any more.
function isOldSample({ row }: ReviewCase, tasks: readonly OpenTask[], nowMs: number): boolean {
  if (row === undefined || row.sealedMs >= nowMs - sampledForMs) return false;
  return tasks.every(({ task }) => task === "sample");
}

/** Puts a place where it belongs, if it is among the first: the queue is long, and its head is short. */
function keepFirst(head: Place[], place: Place, limit: number): void {
  const last = head.at(-1);
  const isFull = head.length >= limit;
  if (isFull && last !== undefined && comparePriorities(place.priority, last.priority) >= 0) return;
  let [low, high] = [0, head.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePriorities((head[middle] as Place).priority, place.priority) <= 0) low = middle + 1;
    else high = middle;
  }
  head.splice(low, 0, place);
  if (isFull) head.pop();
}

/** Kinds of record that a case's page shows. */
const chainKinds: readonly string[] = ["verdict", "measure", "report", "review"].concat([
  "dispute",
  "message",
  "ruling",
  "applied",
  "quiet",
]);
/** What every record has, and says nothing of a case. */
const ofEveryRecord: ReadonlySet<string> = new Set(["v", "prev", "time", "uncertaintyMs", "parts"]);
const reasonCode = new RegExp(codePattern);

/**
 * @throws {DocketError} `usage`
 */
function checkWish({ reason, note }: ReviewWish): void {
  if (!reasonCode.test(reason)) {
    throw new DocketError("usage", `a reason is a code such as spam or mistaken: ${codePattern}`);
  }
  if (note !== undefined && (note.trim() === "" || note.length > noteLengthMax)) {
    throw new DocketError("usage", `a note has 1 to ${noteLengthMax} characters`);
  }
}

function chainEntry(record: DocketRecord): ChainEntry {
  const { index, time, kind, by } = record;
  const entry: ChainEntry = { index, at: time, kind, by };
  for (const [key, value] of Object.entries(record)) if (!ofEveryRecord.has(key)) entry[key] = value;
  return entry;
}

function saidReport({ index, at, reporter, category, trusted }: ChainEntry, text?: string): SaidReport {
  return {
    index,
    at,
    reporter: String(reporter),
    category: String(category),
    trusted: trusted === true,
    text: text ?? null,
  };
}

function firstReview(each: ReviewCase): number | undefined {
  return contentReviews(each)[0]?.index;
}

function claimOf(of: number, claim: HeldClaim | undefined): Claim | null {
  return claim === undefined ? null : { of, by: claim.by, until: formatTime(claim.untilMs) };
}

function claimed(of: number, claim: HeldClaim | undefined): DocketError {
  const until = claim === undefined ? "at this moment" : `until ${formatTime(claim.untilMs)}`;
  return new DocketError("case_claimed", `somebody else looks at case ${of} ${until}`);
}

function closed(of: number, task: ReviewTask | undefined): DocketError {
  const what = task === undefined ? "nothing" : `no ${task}`;
  return new DocketError("case_closed", `${what} is asked of reviewers in case ${of}`);
}

function noDecision(of: number): DocketError {
  return new DocketError("not_found", `record ${of} is no decision, so there is no case of it`);
}
