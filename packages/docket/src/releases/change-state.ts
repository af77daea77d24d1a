// SPDX-License-Identifier: Apache-2.0
// How changes of the policy stand: a view of the log's records about them. It is made by the same function
// live and from the log, holds nothing that the log doesn't, and can be made again at any time.
import type {
  AccessBody,
  ApprovalBody,
  CancelBody,
  DocketRecord,
  DutyLevel,
  LevelBody,
  ListBody,
  ListProposal,
  PersonBody,
  ProposalBody,
  RecordHeader,
  ReleaseBody,
  ReleaseVia,
} from "@docket/protocol";
import { isApproved } from "./duties.ts";
import type { Approvable, KnownKey } from "./duties.ts";

/** The kinds of records that changes of the policy are made of. */
export const changeKinds: ReadonlySet<string> = new Set([
  "release",
  "proposal",
  "approval",
  "cancel",
  "level",
  "list",
  "access",
  "person",
]);
/** Kinds that say who there is, and are no change of the policy. */
const whoKinds: ReadonlySet<string> = new Set(["access", "person"]);

/** A record of one of these kinds. */
export type ChangeRecord = RecordHeader &
  (ReleaseBody | ProposalBody | ApprovalBody | CancelBody | LevelBody | ListBody | AccessBody | PersonBody);

/** Most releases of the past that are remembered to be gone back to. */
export const historyMax = 10_000;

/** An approval. Times are in ms since 1970, here and below. */
export type Approval = {
  readonly index: number;
  readonly by: string;
  readonly atMs: number;
  readonly alone: boolean;
};

/** A proposal, and what became of it. */
export type Proposal = Omit<Approvable, "approvals"> & {
  readonly atMs: number;
  /** The release that is wished, or the level: one of the two. */
  readonly candidate: string | undefined;
  readonly level: DutyLevel | undefined;
  readonly base: string | null;
  readonly standby: boolean;
  /** Set where only entries of a list are to be changed. */
  readonly list: ListProposal | undefined;
  readonly approvals: Approval[];
  /** The record that ended it: its cancellation, the release, level or list's change that came of it. */
  ended: { readonly how: "cancelled" | "published"; readonly index: number } | undefined;
};

/** A release that came into force. */
export type PastRelease = {
  readonly index: number;
  readonly release: string;
  readonly previous: string | null;
  readonly via: ReleaseVia | undefined;
  readonly by: string;
  readonly atMs: number;
  readonly of: number | undefined;
  readonly alone: boolean;
};

/** A release that reverts by itself unless it is confirmed. */
export type Provisional = Omit<Approvable, "approvals"> & {
  readonly untilMs: number;
  /** What it reverts to. */
  readonly before: string;
  /** Whether versions of lists changed since: then those stay, and only the files go back. */
  listsChanged: boolean;
  readonly approvals: Approval[];
};

/** A change of a list for which the glass was broken: it reverts by itself unless it is confirmed. */
export type BrokenListGlass = Omit<Approvable, "approvals"> & {
  readonly atMs: number;
  readonly untilMs: number;
  readonly list: ListProposal;
  readonly approvals: Approval[];
  /** The record by which it was confirmed or reverted. */
  ended: { readonly how: "confirmed" | "reverted"; readonly index: number } | undefined;
};

/** How changes of the policy stand. */
export type ChangeState = {
  level: DutyLevel;
  /** The release in force, and the record that put its files in force; `undefined` before the first one. */
  inForce: { readonly release: string; readonly since: PastRelease } | undefined;
  /** Set while the release in force is there for a time only. */
  provisional: Provisional | undefined;
  /** The record by which a policy directory was taken last. */
  started: number;
  readonly proposals: Map<number, Proposal>;
  /** Changes of lists for which the glass was broken, by their records. */
  readonly listGlasses: Map<number, BrokenListGlass>;
  /**
   * By a release's id, the id of the one whose policy files it has: of releases that differ only in versions
   * of lists, the first.
   */
  readonly origins: Map<string, string>;
  /** Releases that came into force, oldest first. */
  readonly releases: PastRelease[];
  /** Keys and people by id. */
  readonly keys: Map<string, KnownKey>;
};

/** How changes stand in a log without any. */
export function emptyChangeState(): ChangeState {
  return {
    level: "solo",
    inForce: undefined,
    provisional: undefined,
    started: 0,
    proposals: new Map(),
    listGlasses: new Map(),
    origins: new Map(),
    releases: [],
    keys: new Map(),
  };
}

/** Whether a record is one that changes are made of. */
export function isChangeRecord(record: DocketRecord): record is ChangeRecord {
  return changeKinds.has(record.kind);
}

/** Whether a record of these kinds is a change of the policy, and not of who there is. */
export function isPolicyKind(kind: string): boolean {
  return changeKinds.has(kind) && !whoKinds.has(kind);
}

/** Takes a record in. Call in the order of the log, with each record once. */
export function takeRecord(state: ChangeState, record: ChangeRecord): void {
  const atMs = Date.parse(record.time);
  switch (record.kind) {
    case "access":
      takeKey(state, record);
      return;
    case "person":
      takePerson(state, record);
      return;
    case "proposal":
      state.proposals.set(record.index, {
        index: record.index,
        by: record.by,
        role: roleOf(state, record.by),
        atMs,
        candidate: record.candidate,
        level: record.level,
        base: record.base,
        restrictsMore: record.restrictsMore,
        standby: record.standby,
        list: listProposalOf(record),
        approvals: [],
        ended: undefined,
      });
      return;
    case "approval":
      takeApproval(state, record, atMs);
      return;
    case "cancel":
      endProposal(state, record.of, "cancelled", record.index);
      return;
    case "level":
      state.level = record.level;
      endProposal(state, record.of, "published", record.index);
      return;
    case "list":
      takeList(state, record, atMs);
      return;
    case "release":
      takeRelease(state, record, atMs);
  }
}

/**
 * Whether what a proposal was made against is still what is in force, or what comes again when a broken
 * glass is over: then it loses nobody's change. What stands by is switched to whatever is in force. Of a
 * list's change, only the lists themselves can tell.
 */
export function isFresh(state: ChangeState, { base, candidate, standby, list }: Proposal): boolean {
  if (standby || candidate === undefined || list !== undefined) return true;
  const { inForce, provisional } = state;
  const origin = originOf(state, base);
  return origin === originOf(state, inForce?.release) || origin === originOf(state, provisional?.before);
}

/** The role under which a record was written. */
export function roleOf(state: ChangeState, by: string): string | undefined {
  return by === "operator" ? "operator" : state.keys.get(by)?.role;
}

function takeApproval(state: ChangeState, record: RecordHeader & ApprovalBody, atMs: number): void {
  const { index, by, of, alone } = record;
  const glass = state.listGlasses.get(of);
  const subject = state.provisional?.index === of ? state.provisional : (state.proposals.get(of) ?? glass);
  subject?.approvals.push({ index, by, atMs, alone });
  if (glass !== undefined && isApproved(state.level, glass, state.keys)) {
    glass.ended ??= { how: "confirmed", index };
  }
  if (
    subject === state.provisional &&
    subject !== undefined &&
    isApproved(state.level, subject, state.keys)
  ) {
    state.provisional = undefined;
  }
}

// What came of a proposal and what a broken glass was are both told by `of`, which names the record.
function takeKey(state: ChangeState, { key, change, role, index, from }: RecordHeader & AccessBody): void {
  if (change === "revoked" || state.keys.has(key)) return;
  // A key in the place of another is of whoever had that one: no other person, and there as long.
  const old = from === undefined ? undefined : state.keys.get(from);
  const holder = old === undefined ? {} : { holder: old.holder ?? from };
  state.keys.set(key, { role, madeAt: old?.madeAt ?? index, ...holder });
}

function takePerson(state: ChangeState, { person, change, roles, index }: RecordHeader & PersonBody): void {
  const role = roles.at(-1);
  const known = state.keys.get(person);
  if (change === "removed" || role === undefined) state.keys.delete(person);
  // Whoever got another role after a proposal was nobody's choice to approve it before.
  else if (known?.role !== role) state.keys.set(person, { role, madeAt: index });
}

function takeList(state: ChangeState, record: RecordHeader & ListBody, atMs: number): void {
  const { index, by, of = -1, until } = record;
  const reverted = state.listGlasses.get(of);
  if (reverted !== undefined) reverted.ended ??= { how: "reverted", index };
  endProposal(state, of, "published", index);
  const list = listProposalOf(record);
  if (until === undefined || list === undefined) return;
  state.listGlasses.set(index, {
    index,
    by,
    role: roleOf(state, by),
    restrictsMore: state.proposals.get(of)?.restrictsMore ?? true,
    approvals: [],
    atMs,
    untilMs: Date.parse(until),
    list,
    ended: undefined,
  });
}

function listProposalOf(record: Partial<ListProposal>): ListProposal | undefined {
  const { list, listKind, version, previous, added, removed } = record;
  if (list === undefined || listKind === undefined || version === undefined || previous === undefined) {
    return undefined;
  }
  return { list, listKind, version, previous, added: added ?? 0, removed: removed ?? 0 };
}

function takeRelease(state: ChangeState, record: RecordHeader & ReleaseBody, atMs: number): void {
  const { index, release, previous, via, by, of } = record;
  const since: PastRelease = {
    index,
    release,
    previous,
    via,
    by,
    atMs,
    of,
    alone: record.alone === true,
  };
  const origin = originOfRecord(state, record);
  if (!state.origins.has(release)) state.origins.set(release, origin);
  state.releases.push(since);
  if (state.releases.length > historyMax) forgetOldest(state);
  if (via === "lists" && state.inForce !== undefined) {
    state.inForce = { ...state.inForce, release };
    if (state.provisional !== undefined) state.provisional.listsChanged = true;
    return;
  }
  state.inForce = { release, since };
  // Before November 2026 every release was one that a server was started with.
  if (via === undefined || via === "start") state.started = index;
  state.provisional = provisionalOf(state, record);
  if (of !== undefined && via !== "revert") endProposal(state, of, "published", index);
}

function originOf(state: ChangeState, release: string | null | undefined): string {
  return state.origins.get(release ?? "") ?? release ?? "";
}

function originOfRecord(state: ChangeState, { release, previous, via }: ReleaseBody): string {
  if (via === "lists") return originOf(state, previous);
  if (via === "revert") return originOf(state, state.provisional?.before ?? release);
  return release;
}

function forgetOldest(state: ChangeState): void {
  const oldest = state.releases.shift()?.release ?? "";
  const isNamed = state.releases.some(({ release }) => release === oldest);
  if (!isNamed && state.inForce?.release !== oldest) state.origins.delete(oldest);
}

function provisionalOf(state: ChangeState, record: RecordHeader & ReleaseBody): Provisional | undefined {
  if (record.until === undefined || record.previous === null) return undefined;
  return {
    index: record.index,
    by: record.by,
    role: roleOf(state, record.by),
    restrictsMore: state.proposals.get(record.of ?? -1)?.restrictsMore ?? true,
    approvals: [],
    untilMs: Date.parse(record.until),
    // Breaking the glass twice reverts to what was in force before the first time.
    before: state.provisional?.before ?? record.previous,
    listsChanged: false,
  };
}

function endProposal(state: ChangeState, of: number, how: "cancelled" | "published", index: number): void {
  const proposal = state.proposals.get(of);
  if (proposal === undefined) return;
  // What waits to be switched to can be switched to again.
  if (proposal.standby && how === "published") return;
  proposal.ended ??= { how, index };
}
