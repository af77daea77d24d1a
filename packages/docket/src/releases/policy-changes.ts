// SPDX-License-Identifier: Apache-2.0
// The one way of a change: proposed, checked, tested, previewed, approved, published, and withdrawn by naming
// an earlier release. Each step is a record, and a step counts when its record is sealed: a crash before it
// leaves nothing but a kept file that nobody names, a crash after it leaves the step done. What is due at a
// time (a change that one person decided alone, a broken glass that nobody confirmed) is due after a restart
// too, since only records say that it is.
import type { BodyWithoutParts, DocketRecord, DutyLevel, ReleaseBody } from "@docket/protocol";
import { formatTime, parseLeaf } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { changeKinds, isChangeRecord, isFresh, isPolicyKind } from "./change-state.ts";
import type { BrokenListGlass, ChangeState, Proposal, Provisional } from "./change-state.ts";
import { comparePolicies } from "./compare.ts";
import { changesView, proposalView } from "./change-views.ts";
import type {
  Act,
  ChangePorts,
  Changes,
  ChangesView,
  KeptView,
  ListProposals,
  ProposalView,
  Published,
  ReleaseWish,
  Wish,
  Withdrawn,
} from "./contract.ts";
import { countEffects, withdrawnRules } from "./effects.ts";
import type { Effects } from "./effects.ts";
import { aloneDelayMs, breakGlassMsMax, comesAtMs, isApproved, objection, stricterLevel } from "./duties.ts";
import { checkTime, checkWhy, conflict } from "./refusals.ts";
import { earlierRelease, refuseRollback } from "./rollback.ts";
import {
  encodeKeptRelease,
  filesIdOfTexts,
  listsOf,
  modelsInFiles,
  modelsOf,
  readKeptReleaseLater,
  releaseOf,
  withLists,
  withModels,
} from "./release.ts";
import type { Release, ReleaseLists, ReleaseManifest } from "./release.ts";
import { changePart, encodeChangePart, reviewCandidate } from "./review.ts";
import { loadWith, versionsNow, withModel } from "./versions.ts";
import type { ChangePart, Preview, Review, TestReport } from "./review.ts";

/** Longest a preview may take before the proposal goes on without it, in ms. */
export const previewMsMax = 120_000;
/** How much later something that was due and failed is tried again, in ms. */
export const retryMs = 5000;
/** A timer is set for no longer than this, in ms: longer ones are set again. */
const timerMsMax = 3_600_000;

type Reviewed = { candidate: Release; review: Review; tests: TestReport; base: Release };

/** Takes changes of the policy along their way. One for each open site. */
export class PolicyChanges implements Changes {
  readonly #ports: ChangePorts;
  readonly #state: ChangeState;
  #last: Promise<unknown> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  /** @param state what the log's records came to; its owner takes in each record that is sealed */
  constructor(state: ChangeState, ports: ChangePorts) {
    this.#state = state;
    this.#ports = ports;
  }

  /** Does what became due while nobody was there, and from then on each thing when it is due. */
  async start(): Promise<void> {
    await this.#inTurn(async () => {
      if (!this.#isDue()) return;
      // The opening may have seen to it already: its record says so.
      await this.#ports.announce();
      await this.#doDue();
    });
  }

  /** How changes stand. */
  view(): ChangesView {
    return changesView(this.#state, this.#ports.current());
  }

  async stands(): Promise<ChangesView> {
    const view = this.view();
    return { ...view, proposals: await Promise.all(view.proposals.map((each) => this.#looked(each))) };
  }

  async records(limit: number, before: number = Number.MAX_SAFE_INTEGER): Promise<DocketRecord[]> {
    const kinds = [...changeKinds].filter(isPolicyKind);
    const all = (await this.#ports.records(kinds)).map(parseLeaf);
    return all
      .filter(({ index }) => index < before)
      .slice(-limit)
      .reverse();
  }

  async kept(name?: string): Promise<KeptView> {
    const current = this.#ports.current();
    const id = name === undefined ? current.id : earlierRelease(this.#state, name);
    const { text, files } = await readKeptReleaseLater(this.#ports.read, id);
    return { id, manifest: text, files };
  }

  async change(
    index: number,
  ): Promise<{ record: DocketRecord; proposal: ProposalView | null; change: ChangePart | null }> {
    const { record } = await this.#ports.decided(index);
    if (!isChangeRecord(record) || !isPolicyKind(record.kind)) {
      throw new DocketError("not_found", `record ${index} is no change of the policy`);
    }
    const proposal = this.#state.proposals.get(index);
    const change = (await this.#ports.changeOf(index)) ?? null;
    const view = proposal === undefined ? null : await this.#looked(this.#view(proposal));
    return { record, proposal: view, change };
  }

  async propose(act: Act & { wish: Wish; standby?: boolean | undefined }): Promise<ProposalView> {
    const { author, wish, standby = false } = act;
    checkWhy(act.why);
    if ("level" in wish) return this.#inTurn(() => this.#proposeLevel(act, wish.level));
    const reviewed = await this.#review(wish);
    if (standby && !reviewed.review.restrictsMore) {
      throw conflict("only a stricter release is approved to be switched to, and this one restricts no more");
    }
    const preview = await this.#preview(reviewed.candidate);
    return this.#inTurn(async () => {
      if (this.#filesInForce() !== filesIdOfTexts(reviewed.base.files)) {
        throw conflict("another release came into force while this one was checked; propose it again");
      }
      await this.#keep(reviewed.candidate);
      const { candidate, review } = reviewed;
      const body: BodyWithoutParts = {
        kind: "proposal",
        by: author.by,
        candidate: candidate.id,
        base: this.#state.inForce?.release ?? null,
        restrictsMore: review.restrictsMore,
        standby,
      };
      // A crash before the next line leaves a kept file that no record names.
      const part = changePart(act.why, reviewed, preview);
      const { index } = await this.#seal(body, "model" in wish ? { ...part, model: wish.model } : part);
      return this.#view(this.#proposal(index));
    });
  }

  async approve({ author, of }: Act & { of: number }): Promise<ChangesView> {
    await this.#inTurn(async () => {
      const { provisional } = this.#state;
      const subject =
        provisional?.index === of ? provisional : (this.#openGlass(of) ?? this.#openProposal(of));
      const level = "level" in subject ? this.#levelOf(subject) : this.#state.level;
      const why = objection(level, subject, author, this.#state.keys);
      if (why !== undefined) throw new DocketError("approval_needed", `record ${of}: ${why}`);
      const alone = author.by === subject.by;
      if (alone && "untilMs" in subject) this.#refuseEarlyConfirmation(subject);
      if ("level" in subject && (await this.#looked(this.#view(subject))).state === "stale" && subject.list) {
        throw conflict(`entries of proposal ${of} were changed otherwise since; propose it again`);
      }
      await this.#seal({ kind: "approval", by: author.by, of, alone });
      await this.#doDue();
    });
    // A crash here leaves it approved: the next start puts it in force.
    await this.#publishLists(of);
    return this.stands();
  }

  async cancel({ author, of }: Act & { of: number }): Promise<ProposalView> {
    return this.#inTurn(async () => {
      const proposal = this.#proposal(of);
      if (proposal.ended?.how === "published") {
        throw conflict(
          `proposal ${of} was published by record ${proposal.ended.index}; withdraw the release`,
        );
      }
      if (proposal.ended === undefined) await this.#seal({ kind: "cancel", by: author.by, of });
      return this.#view(proposal);
    });
  }

  async publish({ author, of, forMs }: Act & { of: number; forMs?: number | undefined }): Promise<Published> {
    checkTime(forMs);
    if (this.#proposal(of).list !== undefined) return this.#publishList(of);
    return this.#inTurn(async () => {
      const proposal = this.#proposal(of);
      const { inForce } = this.#state;
      if (inForce !== undefined && inForce.since.of === of) return this.#published();
      return this.#publish(this.#openProposal(proposal.index), author.by, forMs);
    });
  }

  async rollback(
    act: Act & { to?: string | undefined; keepLists?: boolean | undefined },
  ): Promise<Withdrawn> {
    checkWhy(act.why);
    return this.#inTurn(async () => {
      const id = earlierRelease(this.#state, act.to);
      const { inForce } = this.#state;
      const current = this.#ports.current();
      const target = await this.#earlier(id, act.keepLists === true);
      if (target.id === current.id) throw conflict(`the release ${target.id} is in force`);
      const review = reviewCandidate(current, target);
      refuseRollback(this.#state, id, review);
      const part = changePart(act.why, { candidate: target, review });
      const withdrew = inForce?.since.index ?? 0;
      const how = { by: act.author.by, via: "rollback" as const, of: withdrew, alone: true as const };
      // Seen from the target, what the withdrawn release has that the target lacks was added.
      const rules = [...withdrawnRules(comparePolicies(target.policies, current.policies))];
      return { ...(await this.#adopt(target, how, part)), withdrew, rules };
    });
  }

  async breakGlass(
    act: Act & {
      wish: ReleaseWish | { of: number };
      forMs?: number | undefined;
    },
  ): Promise<Published> {
    const { author, wish, why, forMs } = act;
    checkWhy(why);
    checkTime(forMs);
    const of = "of" in wish ? { of: wish.of } : {};
    if ("of" in wish && this.#openProposal(wish.of).list !== undefined) {
      const untilMs = this.#ports.clock() + (forMs ?? breakGlassMsMax);
      return this.#publishList(wish.of, { by: author.by, why, untilMs });
    }
    const reviewed = await this.#review("of" in wish ? this.#wishOf(wish.of) : wish);
    return this.#inTurn(async () => {
      const until = formatTime(this.#ports.clock() + (forMs ?? breakGlassMsMax));
      const body = { by: author.by, via: "break-glass" as const, ...of, until, alone: true as const };
      return this.#adopt(reviewed.candidate, body, changePart(why, reviewed));
    });
  }

  effects(rules: ReadonlySet<string>, from: number, goOn?: () => boolean): Promise<Effects> {
    const { decided, size } = this.#ports;
    return countEffects(decided, { rules, from, to: size() }, goOn);
  }

  /** Does something about lists as one act: nothing else about the policy is done meanwhile. */
  during<T>(act: () => Promise<T>): Promise<T> {
    return this.#inTurn(act);
  }

  /** Within an act: keeps the release in force with other versions of lists, to be proposed. */
  async candidate(lists: ReleaseLists): Promise<{ candidate: string; base: string | null }> {
    await this.#ports.announce();
    const candidate = withLists(this.#ports.current(), lists);
    await this.#keep(candidate);
    return { candidate: candidate.id, base: this.#state.inForce?.release ?? null };
  }

  /**
   * Puts other versions of lists in force. Whoever changes a list has seen to it that they may.
   *
   * @throws {DocketError} as sealing does
   */
  async publishLists(by: string, lists: ReleaseLists, of?: number, isAlone = false): Promise<Published> {
    return this.#inTurn(async () => {
      const current = this.#ports.current();
      const release = withLists(current, lists);
      if (release.id === current.id) return this.#published();
      const alone = isAlone ? { alone: true as const } : {};
      return this.#adopt(release, { by, via: "lists", ...(of === undefined ? {} : { of }), ...alone });
    });
  }

  /** Ends the waiting for what is due; what is under way is finished. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#last.catch(() => undefined);
  }

  async #proposeLevel({ author, why }: Act, level: DutyLevel): Promise<ProposalView> {
    if (level === this.#state.level) throw conflict(`the level is ${level} already`);
    const body: BodyWithoutParts = {
      kind: "proposal",
      by: author.by,
      level,
      base: this.#state.inForce?.release ?? null,
      restrictsMore: false,
      standby: false,
    };
    const { index } = await this.#seal(body, { v: 1, why: why ?? null });
    return this.#view(this.#proposal(index));
  }

  async #publishList(of: number, glass?: Parameters<ListProposals["enact"]>[1]): Promise<Published> {
    const { ended } = this.#proposal(of);
    const { listProposals } = this.#ports;
    if (listProposals === undefined) throw conflict(`proposal ${of} is of a list, and none can be changed`);
    const index = ended?.how === "published" ? ended.index : await listProposals.enact(of, glass);
    const open = this.#state.listGlasses.get(index);
    const until = open === undefined || open.ended !== undefined ? null : formatTime(open.untilMs);
    return { index, release: this.#ports.current().id, until };
  }

  // What was approved is in force: by this approval, or since another level asks for fewer.
  async #publishLists(approved: number): Promise<void> {
    const isOfLevel = this.#state.proposals.get(approved)?.level !== undefined;
    for (const proposal of this.#state.proposals.values()) {
      const { index, list, ended } = proposal;
      if (list === undefined || ended !== undefined || !this.#isApproved(proposal)) continue;
      if (index === approved) await this.#publishList(index);
      else if (isOfLevel) await this.#publishList(index).catch((error) => this.#ports.onFault?.(error));
    }
  }

  async #looked(view: ProposalView): Promise<ProposalView> {
    const { list } = view;
    if (list === null || this.#ports.listProposals === undefined || view.endedBy !== null) return view;
    const { why, stale } = await this.#ports.listProposals.look(view.index);
    return { ...view, list: { ...list, why }, state: stale ? "stale" : view.state };
  }

  async #publish(proposal: Proposal, by: string, forMs?: number): Promise<Published> {
    const { index: of, candidate, level, standby } = proposal;
    const now = this.#ports.clock();
    if (!this.#isApproved(proposal)) {
      throw new DocketError("approval_needed", `proposal ${of} lacks approval`);
    }
    if (candidate === undefined || level !== undefined) {
      throw conflict(`proposal ${of} is of a level: it came into force when it was approved`);
    }
    const comes = comesAtMs(this.#state.level, proposal);
    if (comes !== undefined && comes > now) {
      const message = `proposal ${of} was approved alone: it comes into force by itself at `;
      throw conflict(`${message}${formatTime(comes)}, unless it is cancelled`);
    }
    if (!isFresh(this.#state, proposal)) {
      throw conflict(`another release came into force since proposal ${of} was made; propose it again`);
    }
    const release = await this.#candidate(proposal, candidate);
    const alone = proposal.approvals.every((each) => each.alone) ? { alone: true as const } : {};
    const until = standby ? { until: formatTime(now + (forMs ?? breakGlassMsMax)) } : {};
    return this.#adopt(release, { by, via: "publish", of, ...until, ...alone });
  }

  // Lists and models that differ in the candidate from what was in force when it was proposed are part of the
  // change; the others are taken as they are now.
  async #candidate(proposal: Proposal, id: string): Promise<Release> {
    const kept = await readKeptReleaseLater(this.#ports.read, id);
    const base = proposal.base === null ? undefined : await this.#manifest(proposal.base);
    const { lists, models } = versionsNow(kept.manifest, base, this.#ports.current());
    return releaseOf(
      kept.files,
      () => this.#ports.lists.at(lists),
      () => this.#ports.models.at(models),
    );
  }

  async #adopt(
    release: Release,
    how: Pick<ReleaseBody, "by" | "via" | "of" | "until" | "alone">,
    part?: ChangePart,
  ): Promise<Published> {
    await this.#keep(release);
    const body: ReleaseBody = {
      kind: "release",
      release: release.id,
      previous: this.#state.inForce?.release ?? null,
      ...how,
    };
    // A crash before the next line leaves the release before in force; after it, a start finds the record.
    await this.#ports.adopt(release, body, this.#parts(part));
    this.#ports.lists.adopted(listsOf(release));
    this.#ports.models.adopted(modelsOf(release), modelsInFiles(release));
    this.#schedule();
    return this.#published();
  }

  async #review(wish: ReleaseWish): Promise<Reviewed> {
    const base = this.#ports.current();
    const candidate = await this.#wished(wish);
    if (candidate.id === base.id) throw conflict("nothing differs from the release in force");
    const tests = this.#ports.runTests(candidate);
    const [failed] = tests.failed;
    if (failed !== undefined) {
      const more = tests.failed.length === 1 ? "" : `, and ${tests.failed.length - 1} more`;
      const message = `${failed.policy}: the test "${failed.name}" fails: ${failed.why}${more}`;
      throw new DocketError("policy_tests_failed", message);
    }
    return { candidate, base, tests, review: reviewCandidate(base, candidate) };
  }

  async #wished(wish: ReleaseWish): Promise<Release> {
    const { lists, models } = this.#ports;
    if ("release" in wish) {
      return this.#earlier(earlierRelease(this.#state, wish.release), wish.keepLists === true);
    }
    if ("files" in wish) {
      return releaseOf(
        wish.files,
        (declared) => lists.current(declared),
        (declared) => models.current(declared, wish.models),
      );
    }
    return withModels(this.#ports.current(), models.at(withModel(this.#ports.current(), wish.model)));
  }

  #wishOf(of: number): { release: string } {
    const { candidate } = this.#openProposal(of);
    if (candidate === undefined) throw conflict(`proposal ${of} is of a level, which no glass is broken for`);
    return { release: candidate };
  }

  async #preview(candidate: Release): Promise<Preview> {
    const { preview, timer } = this.#ports;
    if (preview === undefined) return { ran: false, why: "nothing is wired that could preview" };
    const stop = new AbortController();
    const cancelTimer = timer(previewMsMax, () => stop.abort());
    try {
      return await preview(candidate, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      return { ran: false, why: `it was not done after ${previewMsMax / 1000} s` };
    } finally {
      cancelTimer();
    }
  }

  async #earlier(id: string, keepLists: boolean): Promise<Release> {
    const kept = await readKeptReleaseLater(this.#ports.read, id);
    const { lists, models } = this.#ports;
    if (!keepLists) {
      return loadWith(kept, { lists, models });
    }
    return releaseOf(
      kept.files,
      (declared) => lists.current(declared),
      () => models.at(kept.manifest.models ?? []),
    );
  }

  async #keep(release: Release): Promise<void> {
    if ((await this.#ports.read(release.id)) !== undefined) return;
    const current = this.#ports.current();
    const filesOf = await this.#ownerOfFiles(current);
    const sameFiles = filesIdOfTexts(release.files) === filesIdOfTexts(current.files);
    await this.#ports.keep(release.id, encodeKeptRelease(release, sameFiles ? filesOf : undefined));
  }

  // The release in force may itself lean on the files of another.
  async #ownerOfFiles({ id }: Release): Promise<string | undefined> {
    const bytes = await this.#ports.read(id);
    if (bytes === undefined) return undefined;
    const { filesOf } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { filesOf?: string };
    return filesOf ?? id;
  }

  async #doDue(): Promise<void> {
    const { provisional } = this.#state;
    if (provisional !== undefined && provisional.untilMs <= this.#ports.clock()) {
      await this.#revert(provisional);
    }
    for (const proposal of this.#state.proposals.values()) {
      if (proposal.ended !== undefined || proposal.list !== undefined || !this.#isApproved(proposal))
        continue;
      const { index: of, level } = proposal;
      if (level !== undefined) {
        const previous = this.#state.level;
        await this.#seal({ kind: "level", by: lastApprover(proposal), level, previous, of });
        continue;
      }
      const due = comesAtMs(this.#state.level, proposal);
      if (due === undefined || due > this.#ports.clock() || proposal.standby) continue;
      if (isFresh(this.#state, proposal)) await this.#publish(proposal, lastApprover(proposal));
    }
  }

  #isDue(): boolean {
    const due = this.#nextDueMs();
    if (due !== undefined && due <= this.#ports.clock()) return true;
    const open = [...this.#state.proposals.values()].filter(({ ended }) => ended === undefined);
    return open.some((each) => each.level !== undefined && this.#isApproved(each));
  }

  async #revert(provisional: Provisional): Promise<void> {
    const release = await this.#earlier(provisional.before, provisional.listsChanged);
    await this.#adopt(release, { by: provisional.by, via: "revert", of: provisional.index });
  }

  // What is due is looked at again after each step, since each may make something due.
  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const due = this.#nextDueMs();
    if (this.#closed || due === undefined) return;
    this.#wake(Math.min(timerMsMax, Math.max(0, due - this.#ports.clock())));
  }

  #wake(ms: number): void {
    this.#cancelTimer = this.#ports.timer(ms, () => {
      this.#inTurn(() => this.#doDue()).catch((error: unknown) => {
        this.#ports.onFault?.(error);
        this.#cancelTimer?.();
        if (!this.#closed) this.#wake(retryMs);
      });
    });
  }

  #nextDueMs(): number | undefined {
    const times = [...this.#state.proposals.values()]
      .filter((each) => each.ended === undefined && !each.standby && !each.list && isFresh(this.#state, each))
      .map((proposal) => comesAtMs(this.#state.level, proposal))
      .concat(this.#state.provisional?.untilMs)
      .filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async #manifest(id: string): Promise<ReleaseManifest> {
    return (await readKeptReleaseLater(this.#ports.read, id)).manifest;
  }

  #filesInForce(): string {
    return filesIdOfTexts(this.#ports.current().files);
  }

  #refuseEarlyConfirmation(glass: Provisional | BrokenListGlass): void {
    const { index, untilMs } = glass;
    const since = "atMs" in glass ? glass : this.#state.inForce?.since;
    const fromMs = (since?.index === index ? since.atMs : untilMs) + aloneDelayMs;
    if (this.#ports.clock() >= fromMs) return;
    throw new DocketError(
      "approval_needed",
      `record ${index}: whoever broke the glass may confirm it alone from ${formatTime(fromMs)} on`,
    );
  }

  #isApproved(proposal: Proposal): boolean {
    return isApproved(this.#levelOf(proposal), proposal, this.#state.keys);
  }

  #levelOf({ level }: Proposal): DutyLevel {
    return level === undefined ? this.#state.level : stricterLevel(this.#state.level, level);
  }

  #proposal(of: number): Proposal {
    const proposal = this.#state.proposals.get(of);
    if (proposal !== undefined) return proposal;
    throw new DocketError("not_found", `record ${of} is no proposal; docket policy log lists them`);
  }

  #openGlass(of: number): BrokenListGlass | undefined {
    const glass = this.#state.listGlasses.get(of);
    if (glass?.ended === undefined) return glass;
    throw conflict(`the change of record ${of} was ${glass.ended.how} by record ${glass.ended.index}`);
  }

  #openProposal(of: number): Proposal {
    const proposal = this.#proposal(of);
    if (proposal.ended === undefined) return proposal;
    throw conflict(`proposal ${of} was ${proposal.ended.how} by record ${proposal.ended.index}`);
  }

  #view(proposal: Proposal): ProposalView {
    return proposalView(this.#state, proposal);
  }

  #published(): Published {
    const { inForce, provisional } = this.#state;
    if (inForce === undefined) throw new Error("a release was published and none is in force");
    const until = provisional === undefined ? null : formatTime(provisional.untilMs);
    return { index: inForce.since.index, release: inForce.release, until };
  }

  async #seal(body: BodyWithoutParts, part?: ChangePart): Promise<{ index: number }> {
    const index = await this.#ports.seal(body, this.#parts(part));
    this.#schedule();
    return { index };
  }

  #parts(part: ChangePart | undefined): PlainPart[] {
    if (part === undefined) return [];
    const plaintext = encodeChangePart(part);
    return [{ name: "change", subject: "site", key: this.#ports.siteKey, plaintext }];
  }

  // One act after the other: each sees what the one before left.
  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const turn = before.then(act, act);
    this.#last = turn.catch(() => undefined);
    const result = await turn;
    if (!this.#closed) this.#schedule();
    return result;
  }
}

function lastApprover({ approvals, by }: Proposal): string {
  return approvals.at(-1)?.by ?? by;
}
