// SPDX-License-Identifier: Apache-2.0
// The way of a change of a list: kept, sealed as a record, and in force from the release record that follows.
// Above level solo it is sealed as a proposal first, and takes the rest of the way when others have approved
// it, on the list as it is then. A change counts once its record is sealed. If the process dies
//
//   before the file is kept        nothing happened
//   before the record is sealed    a file is left that no record names; it counts for nothing
//   before the release is sealed   the next start finds the record and puts its version in force
//   after the last approval        the next start goes on from there
//   before a broken glass is over  the time goes on; what became due is done at the start
import { compareText, formatListLine } from "@docket/policy";
import type { ListEntry, ListKind } from "@docket/policy";
import { formatTime, parseLeaf, ProtocolError } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, ListBody, ListProposal } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { approvalView } from "../releases/change-views.ts";
import type { BrokenListGlass, ChangeState, Proposal } from "../releases/change-state.ts";
import type { ListProposals } from "../releases/contract.ts";
import { approvalsNeeded, breakGlassMsMax, isApproved } from "../releases/duties.ts";
import type { ReleaseLists } from "../releases/release.ts";
import { changeEntriesShown } from "./contract.ts";
import type {
  CheckHit,
  EntriesPage,
  EntriesQuery,
  ListAct,
  ListChanged,
  ListChangePreview,
  ListChangeView,
  ListDesk,
  ListSummary,
} from "./contract.ts";
import { decodeDelta, encodeDelta } from "./format.ts";
import type { Delta } from "./format.ts";
import type { Loaded } from "./history.ts";
import { ListPreviews } from "./list-preview.ts";
import type { ListPreviewer } from "./list-preview.ts";
import { beforeReverted, rebase } from "./rebase.ts";
import type { Entries } from "./rebase.ts";
import type { ProposedChange, SiteLists, WishedChange } from "./site-lists.ts";
import type { ListStore } from "./store.ts";

/** Longest reason for a change, in code points. */
export const whyLengthMax = 1_000;
/** Entries that are gone through for one page, at most: a rare text is looked for in several. */
const scannedMax = 50_000;
/** How much later a glass whose time is over is tried again to be mended, in ms, if that failed. */
export const retryMs = 5000;
/** A timer is set for no longer than this, in ms: longer ones are set again. */
const timerMsMax = 3_600_000;

/** What the way of changes of the policy has to do with those of lists. */
export type ListDuties = {
  /** How changes stand: it takes in each record that is sealed. */
  readonly state: ChangeState;
  /** Does something as one act: nothing else about the policy is done meanwhile. */
  readonly during: <T>(act: () => Promise<T>) => Promise<T>;
  /** Within an act: keeps the release in force with these lists, and gives its id and the one in force. */
  readonly candidate: (lists: ReleaseLists) => Promise<{ candidate: string; base: string | null }>;
  /** Whether other entries may restrict more; `undo` takes them back. */
  readonly restrictsMore: (list: string, undo: Entries) => boolean;
};

/** What changes of lists are made with. */
export type ListChangePorts = {
  readonly lists: SiteLists;
  readonly store: Pick<ListStore, "keep">;
  /** Seals a record; resolves with its leaf when it is durable. */
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<string>;
  /** Puts versions in force as a release that follows from record `of`: `PolicyChanges.publishLists`. */
  readonly publish: (
    by: string,
    lists: ReleaseLists,
    of: number,
    alone: boolean,
  ) => Promise<{ release: string }>;
  readonly duties: ListDuties;
  /** Has changed lists decide recent history; absent where nothing can. */
  readonly preview?: ListPreviewer | undefined;
  /** Told of a change that was sealed, before the release that puts it in force. */
  readonly onChange?: ((record: ListRecord, delta: Delta) => void) | undefined;
  /** The id of the release in force. */
  readonly release: () => string;
  /** The leaves of the log's records of these kinds, oldest first. */
  readonly records: (kinds: readonly string[]) => Promise<readonly string[]>;
  /** The plaintext of the part `change` of a record; `undefined` if it is gone. */
  readonly partOf: (index: number) => Promise<string | undefined>;
  /** Seals parts that belong to the site. */
  readonly siteKey: Uint8Array;
  /** Ms since 1970. */
  readonly clock: () => number;
  /** Calls back once after that many ms; gives what takes the call back. */
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told when something that was due could not be done; it is tried again. */
  readonly onFault?: ((error: unknown) => void) | undefined;
};

/** A record of a change of a list. */
export type ListRecord = DocketRecord & ListBody;

/** What the part `change` of such a record holds. */
export type ListPart = {
  readonly why: string;
  readonly delta: Delta;
  readonly bytes: Uint8Array;
  /** What takes it back, of a proposal and of a change that reverts by itself. */
  readonly undo: Delta | undefined;
};

type Sealing = ListAct & { of?: number; untilMs?: number };

/** Changes the lists of one open site, one change after the other. */
export class ListChanges implements ListDesk, ListProposals {
  readonly #ports: ListChangePorts;
  /** Sealed, and not in force yet: publishing failed. */
  #unpublished: ListRecord[] = [];
  #last: Promise<unknown> = Promise.resolve();
  /** By proposal, what was found when its list was last in that version. */
  readonly #looks = new Map<number, { version: string | undefined; why: string | null; stale: boolean }>();
  #cancelTimer: (() => void) | undefined;
  #closed = false;
  readonly #previews: ListPreviews;

  constructor(ports: ListChangePorts) {
    this.#ports = ports;
    const { lists, preview, duties, clock, timer } = ports;
    const { restrictsMore } = duties;
    this.#previews = new ListPreviews({ lists, preview, restrictsMore, clock, timer });
  }

  /**
   * Puts in force what was sealed by a process that died before its release was, and what was approved; and
   * takes back what was there for a time that is over. Call once the site is open, after the way of changes
   * was started.
   */
  async start(): Promise<void> {
    const records = (await this.#ports.records(["list", "release"])).map(parseLeaf);
    // A server that is started with an edited directory seals a release before this is called.
    const last = records.findLastIndex(
      (record) => record.kind === "release" && (record.via ?? "start") !== "start",
    );
    const left = records.slice(last + 1).filter((record) => record.kind === "list");
    await this.#inTurn(async () => {
      this.#unpublished = left;
      await this.#publishLeft();
      await this.#mendGlasses();
    });
    const { state } = this.#ports.duties;
    for (const proposal of state.proposals.values()) {
      if (proposal.list === undefined || proposal.ended !== undefined) continue;
      if (!isApproved(state.level, proposal, state.keys)) continue;
      // Stale by now: it stays open until somebody cancels it.
      await this.enact(proposal.index).catch((error: unknown) => {
        if (!(error instanceof DocketError) || error.code !== "change_conflict") throw error;
      });
    }
  }

  all(): readonly ListSummary[] {
    const heads = [...this.#ports.lists.heads.values()];
    return heads.map(summaryOf).sort((one, other) => compareText(one.name, other.name));
  }

  summary(name: string): ListSummary {
    return summaryOf(this.#ports.lists.head(name));
  }

  entries(name: string, { after, q, limit }: EntriesQuery): EntriesPage {
    const { list } = this.#ports.lists.head(name);
    const entries: ListEntry[] = [];
    let scanned = 0;
    for (const entry of list.entries(after)) {
      if (q === undefined || entry.value.includes(q)) entries.push(entry);
      scanned += 1;
      if (entries.length >= limit || scanned >= scannedMax) {
        return { entries: entries.map(entryView), next: entry.value };
      }
    }
    return { entries: entries.map(entryView), next: null };
  }

  check(value: string, list?: string): readonly CheckHit[] {
    const { lists, clock } = this.#ports;
    const asked = list === undefined ? [...lists.heads.values()] : [lists.head(list)];
    return asked
      .map(({ name, kind, list: own }) => ({ list: name, kind, entries: own.view.hits(value, clock()) }))
      .filter(({ entries }) => entries.length > 0)
      .sort((one, other) => compareText(one.list, other.list));
  }

  change(name: string, wished: WishedChange, act: ListAct): Promise<ListChanged> {
    return this.#wish(name, wished, act);
  }

  async breakGlass(
    name: string,
    wished: WishedChange,
    act: ListAct,
    forMs: number = breakGlassMsMax,
  ): Promise<ListChanged> {
    if (!(forMs > 0 && forMs <= breakGlassMsMax)) {
      throw new DocketError("usage", `a glass is broken for at most ${breakGlassMsMax / 3_600_000} h`);
    }
    return this.#wish(name, wished, act, forMs);
  }

  preview(name: string, wished: WishedChange): Promise<ListChangePreview> {
    return this.#previews.preview(name, wished);
  }

  async look(of: number): Promise<{ why: string | null; stale: boolean }> {
    const { lists, duties } = this.#ports;
    const list = duties.state.proposals.get(of)?.list;
    if (list === undefined) return { why: null, stale: true };
    const found = lists.heads.get(list.list);
    const head = found?.kind === list.listKind ? found : undefined;
    const known = this.#looks.get(of);
    if (known !== undefined && known.version === head?.version) return known;
    const part = readListPart(await this.#ports.partOf(of), list.listKind);
    const left = head && part?.undo && rebase(head.list, part.delta, part.undo);
    const stale =
      left === undefined || left.conflicts.length > 0 || left.add.length + left.remove.length === 0;
    const look = { version: head?.version, why: part?.why ?? null, stale };
    this.#looks.set(of, look);
    return look;
  }

  enact(of: number, glass?: { by: string; why: string | undefined; untilMs: number }): Promise<number> {
    return this.#inTurn(async () => {
      await this.#publishLeft();
      const { duties, partOf } = this.#ports;
      const kind = duties.state.proposals.get(of)?.list?.listKind;
      const part = kind && readListPart(await partOf(of), kind);
      const { index } = await duties.during(async () => {
        const { proposal, change } = this.#enactable(of, part || undefined, glass !== undefined);
        const why = glass?.why ?? part?.why ?? "";
        return this.#seal(change, { by: proposal.by, of, ...glass, why });
      });
      this.#looks.delete(of);
      await this.#publishLeft();
      return index;
    });
  }

  /**
   * Takes an account out of every list of actors, at once at every level: it isn't for others to approve.
   * Resolves with the changes that this took.
   *
   * @throws {DocketError} as sealing does; what was done by then stays done
   */
  eraseActor(accountId: string, act: { by: string; why: string }): Promise<readonly ListChanged[]> {
    return this.#inTurn(async () => {
      await this.#publishLeft();
      const changed: ListChanged[] = [];
      for (const name of [...this.#ports.lists.heads.keys()].sort()) {
        const proposed = this.#ports.lists.proposeErasure(name, accountId);
        if (proposed === undefined) continue;
        const record = await this.#ports.duties.during(() => this.#seal(proposed, act));
        await this.#publishLeft();
        changed.push(this.#changed(record));
      }
      return changed;
    });
  }

  async log(
    name: string,
    limit: number,
    before: number = Number.POSITIVE_INFINITY,
  ): Promise<readonly ListChangeView[]> {
    this.#ports.lists.head(name);
    const records = (await this.#ports.records(["list"])).map(parseLeaf);
    const own = records.filter(
      (record): record is ListRecord =>
        record.kind === "list" && record.list === name && record.index < before,
    );
    const wanted = own.slice(-limit).toReversed();
    return Promise.all(
      wanted.map(async (record) =>
        changeView(record, await this.#ports.partOf(record.index), this.#ports.duties.state),
      ),
    );
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#previews.close();
    await this.#last.catch(() => undefined);
  }

  async #wish(name: string, wished: WishedChange, act: ListAct, forMs?: number): Promise<ListChanged> {
    checkWhy(act.why);
    return this.#inTurn(async () => {
      await this.#publishLeft();
      const { lists, clock, duties } = this.#ports;
      const proposed = lists.propose(name, wished, clock());
      if (proposed === undefined) return this.#unchanged(name);
      // The level can't change between the question and the record.
      const sealed = await duties.during(async () => {
        if (forMs !== undefined) return this.#seal(proposed, { ...act, untilMs: clock() + forMs });
        return duties.state.level === "solo" ? this.#seal(proposed, act) : this.#propose(proposed, act);
      });
      if (sealed.kind === "proposal") return this.#waiting(sealed.index, proposed);
      await this.#publishLeft();
      return this.#changed(sealed);
    });
  }

  /** Within an act: keeps a change and seals its record. A crash before that leaves a file for nothing. */
  async #seal(proposed: ProposedChange, { by, why, of, untilMs }: Sealing): Promise<ListRecord> {
    const { name, kind, bytes } = proposed;
    await this.#ports.store.keep(name, "change", proposed.version, bytes);
    const undo = untilMs === undefined ? undefined : proposed.undo();
    proposed.apply();
    const body = {
      kind: "list" as const,
      by,
      ...listProposal(proposed),
      ...(of === undefined ? {} : { of }),
      ...(untilMs === undefined ? {} : { until: formatTime(untilMs) }),
    };
    const leaf = await this.#ports.seal(body, this.#parts(encodeListPart(why, bytes, undo)));
    const record = parseLeaf(leaf) as ListRecord;
    // A crash here leaves a record that the next start puts in force.
    this.#unpublished.push(record);
    const delta = decodeDelta(bytes, kind);
    if (delta !== undefined) this.#ports.onChange?.(record, delta);
    return record;
  }

  /** Within an act: seals a proposal, unless the same change waits already. */
  async #propose(
    proposed: ProposedChange,
    { by, why }: ListAct,
  ): Promise<{ kind: "proposal"; index: number }> {
    const { duties, lists, store, seal } = this.#ports;
    const { name, kind, version, bytes } = proposed;
    for (const { index, list, ended } of duties.state.proposals.values()) {
      const isSame = list?.list === name && list.version === version;
      if (isSame && ended === undefined) return { kind: "proposal", index };
    }
    await store.keep(name, "change", version, bytes);
    const undo = proposed.undo();
    proposed.apply();
    const named = await duties.candidate(lists.withVersion({ name, kind, version }));
    // A crash here leaves files that no record names.
    const body = {
      kind: "proposal" as const,
      by,
      ...named,
      ...listProposal(proposed),
      restrictsMore: duties.restrictsMore(name, undo),
      standby: false,
    };
    const leaf = await seal(body, this.#parts(encodeListPart(why, bytes, undo)));
    return { kind: "proposal", index: parseLeaf(leaf).index };
  }

  #enactable(
    of: number,
    part: ListPart | undefined,
    isGlass: boolean,
  ): { proposal: Proposal; change: ProposedChange } {
    const { lists, duties } = this.#ports;
    const { proposals, level, keys } = duties.state;
    const proposal = proposals.get(of);
    if (proposal?.list === undefined) throw new DocketError("not_found", `record ${of} proposes no list`);
    const { list, ended } = proposal;
    if (ended !== undefined) throw conflict(`proposal ${of} was ${ended.how} by record ${ended.index}`);
    if (!isGlass && !isApproved(level, proposal, keys)) {
      throw new DocketError("approval_needed", `proposal ${of} lacks approval`);
    }
    const head = lists.heads.get(list.list);
    if (head?.kind !== list.listKind) throw conflict(`no policy in force declares the list ${list.list}`);
    if (part?.undo === undefined) throw conflict(`what proposal ${of} was is gone: its part can't be read`);
    const { change, conflicts } = lists.proposeAgain(list.list, part.delta, part.undo);
    if (conflicts > 0) {
      const message = `${conflicts} entries of proposal ${of} were changed otherwise since`;
      throw conflict(`${message}; propose it again`);
    }
    if (change === undefined) throw conflict(`${list.list} is as proposal ${of} wishes it: cancel it`);
    return { proposal, change };
  }

  // A glass whose time is over: the list has its entries as before, unless somebody changed them since.
  async #mendGlasses(): Promise<void> {
    const { duties, lists, clock } = this.#ports;
    for (const glass of duties.state.listGlasses.values()) {
      if (glass.ended !== undefined || glass.untilMs > clock() || !this.#isThere(glass.list)) continue;
      const { change: made, undo } = await this.#glassPart(glass);
      const onto = [...duties.state.listGlasses.values()].filter((each) => isUnder(each, glass));
      const earlier = await Promise.all(onto.reverse().map((each) => this.#glassPart(each)));
      const before = beforeReverted(undo, earlier);
      await duties.during(async () => {
        // It may have been confirmed meanwhile.
        if (glass.ended !== undefined) return;
        const why = `the time of record ${glass.index} is over, and nobody confirmed it`;
        const change = lists.proposeReverting(glass.list.list, made, before);
        await this.#seal(change, { by: glass.by, why, of: glass.index });
      });
      await this.#publishLeft();
    }
  }

  async #glassPart({ index, list }: BrokenListGlass): Promise<{ change: Delta; undo: Delta }> {
    const part = readListPart(await this.#ports.partOf(index), list.listKind);
    if (part?.undo !== undefined) return { change: part.delta, undo: part.undo };
    throw new DocketError("not_found", `what record ${index} changed can't be read to be reverted`);
  }

  #isThere({ list, listKind }: Pick<ListRecord, "list" | "listKind">): boolean {
    return this.#ports.lists.heads.get(list)?.kind === listKind;
  }

  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const { duties, clock } = this.#ports;
    const due = [...duties.state.listGlasses.values()]
      .filter(({ ended, list }) => ended === undefined && this.#isThere(list))
      .map(({ untilMs }) => untilMs);
    if (this.#closed || due.length === 0) return;
    this.#wake(Math.min(timerMsMax, Math.max(0, Math.min(...due) - clock())));
  }

  #wake(ms: number): void {
    this.#cancelTimer = this.#ports.timer(ms, () => {
      this.#inTurn(() => this.#mendGlasses()).catch((error: unknown) => {
        this.#ports.onFault?.(error);
        this.#cancelTimer?.();
        if (!this.#closed) this.#wake(retryMs);
      });
    });
  }

  #parts(plaintext: string): PlainPart[] {
    return [{ name: "change", subject: "site", key: this.#ports.siteKey, plaintext }];
  }

  async #publishLeft(): Promise<void> {
    for (let record = this.#unpublished[0]; record !== undefined; record = this.#unpublished[0]) {
      await this.#publish(record);
      this.#unpublished.shift();
    }
  }

  async #publish(record: ListRecord): Promise<void> {
    const { index, list: name, listKind: kind, version, previous } = record;
    const { lists, publish, duties } = this.#ports;
    const head = lists.heads.get(name);
    // The policy no longer declares it, or another version came into force meanwhile: the change is void.
    if (head?.kind !== kind || head.version !== previous) return;
    await this.#restoreIfLost(index, name, kind, version);
    const approvals = duties.state.proposals.get(record.of ?? -1)?.approvals ?? [];
    const by = record.until === undefined ? (approvals.at(-1)?.by ?? record.by) : record.by;
    const alone = record.until !== undefined || approvals.every((each) => each.alone);
    await publish(by, lists.withVersion({ name, kind, version }), index, alone);
    // Only the next start is slower without it.
    await lists.snapshot(name).catch(() => undefined);
  }

  async #restoreIfLost(index: number, name: string, kind: ListKind, version: string): Promise<void> {
    const { lists, partOf } = this.#ports;
    if (lists.holds(name, version)) return;
    const part = readListPart(await partOf(index), kind);
    if (part !== undefined) lists.restore(name, kind, version, part.bytes);
  }

  #unchanged(list: string): ListChanged {
    const { version } = this.#ports.lists.head(list);
    return { ...this.#answer(), list, version, added: 0, removed: 0, index: null };
  }

  #changed({ list, version, added, removed, index, of, until }: ListRecord): ListChanged {
    const { state } = this.#ports.duties;
    const glass = state.listGlasses.get(index);
    return {
      ...this.#answer(),
      list,
      version,
      added,
      removed,
      index,
      proposal: of ?? null,
      approvalsNeeded: glass === undefined ? 0 : approvalsNeeded(state.level, glass.restrictsMore),
      until: until ?? null,
    };
  }

  #waiting(index: number, { name, version, added, removed }: ProposedChange): ListChanged {
    const { level, proposals } = this.#ports.duties.state;
    const needed = approvalsNeeded(level, proposals.get(index)?.restrictsMore ?? true);
    const waits = { index, proposal: index, inForce: false, approvalsNeeded: needed };
    return { ...this.#answer(), list: name, version, added, removed, ...waits };
  }

  #answer(): Pick<ListChanged, "inForce" | "proposal" | "approvalsNeeded" | "until" | "release"> {
    const release = this.#ports.release();
    return { inForce: true, proposal: null, approvalsNeeded: 0, until: null, release };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    const result = await done;
    this.#schedule();
    return result;
  }
}

/** The plaintext of the part `change` of a list's record: why, and the change in the form that is kept. */
export function encodeListPart(why: string, change: Uint8Array, undo?: Delta): string {
  const text = Buffer.from(change).toString("utf8");
  const back = undo === undefined ? {} : { undo: encodeDelta(undo).toString("utf8") };
  return JSON.stringify({ v: 1, why, change: text, ...back });
}

/** What such a part holds; `undefined` if it is gone. */
export function readListPart(plaintext: string | undefined, kind: ListKind): ListPart | undefined {
  if (plaintext === undefined) return undefined;
  const { why, change, undo } = JSON.parse(plaintext) as { why: string; change: string; undo?: string };
  const bytes = Buffer.from(change, "utf8");
  const delta = decodeDelta(bytes, kind);
  if (delta === undefined) return undefined;
  return { why, delta, bytes, undo: undo === undefined ? undefined : decodeDelta(Buffer.from(undo), kind) };
}

/** An entry, as it is shown. */
export function entryView({ value, untilMs }: ListEntry): { value: string; until: string | null } {
  return { value, until: untilMs === undefined ? null : formatTime(untilMs) };
}

/** All entries of a list as a file that can be read again. */
export function* listLines({ kind, list }: Pick<Loaded, "kind" | "list">): Generator<string> {
  for (const entry of list.entries()) yield `${formatListLine(kind, entry)}\n`;
}

function summaryOf({ name, kind, version, list, file }: Loaded): ListSummary {
  return { name, kind, version, size: list.size, fromFile: file !== undefined, memoryBytes: list.bytes };
}

function listProposal({ name, kind, version, previous, added, removed }: ProposedChange): ListProposal {
  return { list: name, listKind: kind, version, previous, added, removed };
}

// Whether a glass was open when a later one was broken, and its time was over since.
function isUnder(earlier: BrokenListGlass, glass: BrokenListGlass): boolean {
  const { index, list, ended } = earlier;
  const isEarlier = index < glass.index && list.list === glass.list.list;
  return isEarlier && ended?.how === "reverted" && ended.index > glass.index;
}

function conflict(message: string): DocketError {
  return new DocketError("change_conflict", message);
}

function changeView(
  record: ListRecord,
  plaintext: string | undefined,
  { proposals, listGlasses }: ChangeState,
): ListChangeView {
  const { index, time, by, version, previous, added, removed, listKind, of, until } = record;
  const part = readListPart(plaintext, listKind);
  const glass = listGlasses.get(index);
  const approvals = [...(proposals.get(of ?? -1)?.approvals ?? []), ...(glass?.approvals ?? [])];
  return {
    index,
    at: time,
    by,
    version,
    previous,
    added,
    removed,
    why: part?.why ?? null,
    of: of ?? null,
    approvals: approvals.map(approvalView),
    until: until ?? null,
    glass: glass === undefined ? null : (glass.ended?.how ?? "open"),
    add: part?.delta.add.slice(0, changeEntriesShown).map(entryView) ?? [],
    remove: part?.delta.remove.slice(0, changeEntriesShown) ?? [],
  };
}

function checkWhy(why: string): void {
  const length = Array.from(why).length;
  if (why.trim() !== "" && length <= whyLengthMax) return;
  throw new ProtocolError("schema_mismatch", `say why in 1 to ${whyLengthMax} characters`, {
    pointer: "/why",
  });
}
