// SPDX-License-Identifier: Apache-2.0
// What changes of the policy ask of their surroundings, and what they answer.
import type {
  BodyWithoutParts,
  DocketRecord,
  DutyLevel,
  ListProposal,
  ReleaseBody,
  ReleaseVia,
} from "@docket/protocol";
import type { ListDeclaration, ModelDeclaration, PolicyFile } from "@docket/policy";
import type { PlainPart } from "../evidence/seal.ts";
import type { DecisionReader, Effects } from "./effects.ts";
import type { Author } from "./duties.ts";
import type { ListVersion, ModelVersion, Release, ReleaseLists, ReleaseModels } from "./release.ts";
import type { ChangePart, Previewer, TestRunner } from "./review.ts";

/** The lists that releases name versions of. */
export interface ReleaseListStore {
  /** The declared lists as they are now; one that is new begins with what its declaration says. */
  current(declared: ReadonlyMap<string, ListDeclaration>): ReleaseLists;
  /**
   * Lists in these versions.
   *
   * @throws {DocketError} `directory_damaged` if one isn't kept, or isn't what its hash says
   */
  at(versions: readonly ListVersion[]): ReleaseLists;
  /** Told that a release came into force, with its versions: they are the ones to be changed from now on. */
  adopted(versions: readonly ListVersion[]): void;
}

/** The models that releases name. */
export interface ReleaseModelStore {
  /**
   * The declared models: of a file its content now, of the general one the version in force under that name
   * and kind, or else the one that comes with this version of Docket. Each is kept.
   *
   * @param given hashes of kept models by the path of their file, where whoever wishes the policies has them
   *   from elsewhere
   * @throws {DocketError} `policy_invalid` if a file is missing, no model, or one of another kind
   */
  current(
    declared: ReadonlyMap<string, ModelDeclaration>,
    given?: ReadonlyMap<string, string>,
  ): ReleaseModels;
  /**
   * Models of these hashes.
   *
   * @throws {DocketError} `directory_damaged` if one isn't kept, or isn't what its hash says
   */
  at(versions: readonly ModelVersion[]): ReleaseModels;
  /**
   * Told that a release came into force, with its models. Those whose policies have them in files are named:
   * what uses the general one does not go on from them.
   */
  adopted(versions: readonly ModelVersion[], inFiles: ReadonlySet<string>): void;
}

/** Changes of lists that wait for others, as the way of changes asks for them. */
export interface ListProposals {
  /**
   * Why it was proposed, and whether entries that it changes were changed otherwise since. Quick, and waits
   * for no act.
   */
  look(of: number): Promise<{ why: string | null; stale: boolean }>;
  /**
   * Puts an approved proposal in force on the list as it is now; with `glass`, one that nobody approved and
   * until that time only. Not to be called from within an act.
   *
   * @returns the index of the list's record
   * @throws {DocketError} `change_conflict` if it is stale, `approval_needed`, or as sealing does
   */
  enact(of: number, glass?: { by: string; why: string | undefined; untilMs: number }): Promise<number>;
}

/** What changes of the policy are made with. */
export type ChangePorts = {
  /**
   * Seals a record; resolves with its index when it is durable and the state of changes has taken it in.
   * Rejects if it is certain that it was not sealed.
   */
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<number>;
  /**
   * Seals a release's record in the same way, and has every event that is decided after it in the log decided
   * under it: both or neither.
   */
  readonly adopt: (release: Release, body: ReleaseBody, parts: readonly PlainPart[]) => Promise<number>;
  /** Resolves when the release that the site was opened with is sealed, if that is to be. */
  readonly announce: () => Promise<void>;
  /** The release that events are decided under now. */
  readonly current: () => Release;
  /** The content of `releases/ID.json`; `undefined` if there is none. Must not block the thread. */
  readonly read: (id: string) => Promise<Uint8Array | undefined>;
  /** Keeps `releases/ID.json`; when it resolves, it survives power loss. */
  readonly keep: (id: string, bytes: Uint8Array) => Promise<void>;
  /** The leaves of all records of these kinds that views have taken in, in the order of the log. */
  readonly records: (kinds: readonly string[]) => Promise<string[]>;
  /** A record and, of a decision, its facts; and how many records there are. */
  readonly decided: DecisionReader;
  readonly size: () => number;
  /** The part `change` of a record; `undefined` if the record has none or it is gone. */
  readonly changeOf: (index: number) => Promise<ChangePart | undefined>;
  readonly lists: ReleaseListStore;
  readonly models: ReleaseModelStore;
  /** Absent where nobody changes lists by hand. */
  readonly listProposals?: ListProposals | undefined;
  readonly runTests: TestRunner;
  /** Absent while nothing can preview. */
  readonly preview?: Previewer | undefined;
  /** Seals parts that belong to the site. */
  readonly siteKey: Uint8Array;
  /** Ms since 1970. */
  readonly clock: () => number;
  /** Calls back once after that many ms; gives what takes the call back. */
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told when something that was due could not be done; it is tried again. */
  readonly onFault?: (error: unknown) => void;
};

/**
 * A release that may be wished: policy files, with the hashes of the models that they have in files; or an
 * earlier release, with its lists and models unless told otherwise; or the policies in force with another
 * model.
 */
export type ReleaseWish =
  | { readonly files: readonly PolicyFile[]; readonly models?: ReadonlyMap<string, string> | undefined }
  | {
      readonly model: {
        readonly name: string;
        readonly sha256: string;
        readonly check?: ModelCheck | undefined;
      };
    }
  | { readonly release: string; readonly keepLists?: boolean | undefined };

/**
 * How a model did, beside the one in force, on labelled texts that neither learned from. It is sealed with
 * the proposal, as whoever proposes it says it.
 */
export type ModelCheck = {
  /** Texts that were scored. */
  readonly spam: number;
  readonly ham: number;
  /** Area above the ROC curve, in millionths: of the model in force, and of the new one. */
  readonly before: number;
  readonly after: number;
  /** Whether it was proposed though it did worse, or there were too few texts to tell. */
  readonly forced?: true | undefined;
};

/** What may be proposed: a release, or another level. */
export type Wish = ReleaseWish | { readonly level: DutyLevel };

/** Something that a person does, and why. */
export type Act = { readonly author: Author; readonly why?: string | undefined };

/** An approval, as it is shown. */
export type ApprovalView = { index: number; by: string; at: string; alone: boolean };

/** A proposal, as it is shown. */
export type ProposalView = {
  index: number;
  by: string;
  at: string;
  candidate: string | null;
  level: DutyLevel | null;
  base: string | null;
  restrictsMore: boolean;
  standby: boolean;
  /** The change of a list that is wished, if it is one; `why` is `null` where it was not asked for. */
  list: (ListProposal & { why: string | null }) | null;
  /**
   * `open`: it lacks approvals. `approved`: it can be published. `waiting`: it comes into force by itself at
   * `comesAt` unless it is cancelled. `stale`: another release came into force since it was made, or
   * of a list, somebody changed the same entries otherwise.
   */
  state: "open" | "approved" | "waiting" | "stale" | "published" | "cancelled";
  approvals: ApprovalView[];
  approvalsNeeded: number;
  comesAt: string | null;
  /** The record that ended it. */
  endedBy: number | null;
};

/** A change of a list for which the glass was broken, as it is shown. */
export type ListGlassView = {
  index: number;
  by: string;
  at: string;
  /** When it reverts by itself unless it is approved. */
  until: string;
  list: string;
  added: number;
  removed: number;
  approvals: ApprovalView[];
  approvalsNeeded: number;
};

/** A release that came into force, as it is shown. */
export type ReleaseView = {
  index: number;
  release: string;
  previous: string | null;
  via: ReleaseVia | null;
  by: string;
  at: string;
  of: number | null;
  alone: boolean;
};

/** How changes of the policy stand. */
export type ChangesView = {
  level: DutyLevel;
  /** The release in force; `null` before the first record. */
  release: string | null;
  /** How its policy files came into force; `null` before the first record. */
  since: ReleaseView | null;
  /** Set if it reverts by itself unless it is approved. */
  revertsAt: string | null;
  revertsTo: string | null;
  /** Proposals that are neither published nor cancelled, oldest first. */
  proposals: ProposalView[];
  /** Changes of lists that revert by themselves unless they are approved. */
  listGlasses: ListGlassView[];
};

/** A release that came into force by somebody's act, and the record that says so. */
export type Published = {
  index: number;
  release: string;
  /** When it reverts by itself unless it is approved before. */
  until: string | null;
};

/** A release that was withdrawn by going back. */
export type Withdrawn = Published & {
  /** The record that had put it in force. */
  withdrew: number;
  /** Its rules that are gone now, or others, as `policy/rule`. */
  rules: string[];
};

/** A release that is kept, with its files. */
export type KeptView = { id: string; manifest: string; files: readonly PolicyFile[] };

/** The way of changes, as HTTP and the command line see it. Rejections are a {@link DocketError}. */
export interface Changes {
  /** How changes stand, as far as the log's leaves say it. */
  view(): ChangesView;
  /** The same, and of changes of lists why, and which of them can't be made any more. */
  stands(): Promise<ChangesView>;
  /** The records of changes, newest first, at most so many, all of them before a record's index. */
  records(limit: number, before?: number): Promise<DocketRecord[]>;
  /** A kept release: by its id, the beginning of it, or the index of a record; the one in force without. */
  kept(name?: string): Promise<KeptView>;
  /** A record of a change, and the change that it is. */
  change(
    index: number,
  ): Promise<{ record: DocketRecord; proposal: ProposalView | null; change: ChangePart | null }>;
  /**
   * Proposes a change: policy files are checked and their tests run, and it is previewed on recent history.
   * With `standby` it waits to be switched to once it is approved.
   *
   * @throws {DocketError} `policy_invalid`, `policy_tests_failed`, `change_conflict`, `not_found`
   */
  propose(act: Act & { wish: Wish; standby?: boolean | undefined }): Promise<ProposalView>;
  /**
   * Approves a proposal, or confirms a release or change of a list that would revert by itself. A change of
   * a list is in force as soon as enough have approved.
   *
   * @throws {DocketError} `not_found`, `change_conflict`, `approval_needed` if somebody else must
   */
  approve(act: Act & { of: number }): Promise<ChangesView>;
  /**
   * Cancels a proposal. One that was cancelled already is left as it is.
   *
   * @throws {DocketError} `not_found`, `change_conflict` if it was published
   */
  cancel(act: Act & { of: number }): Promise<ProposalView>;
  /**
   * Puts an approved proposal in force. One that is in force already is left as it is. One that stands by is
   * switched to for a time, unless that is approved too.
   *
   * @throws {DocketError} `not_found`, `approval_needed`, `change_conflict`
   */
  publish(act: Act & { of: number; forMs?: number | undefined }): Promise<Published>;
  /**
   * Withdraws the release in force, by naming an earlier one: the one before it if none is named.
   *
   * @throws {DocketError} `not_found`, `change_conflict`, `approval_needed` if it goes back too far for one
   *   person
   */
  rollback(act: Act & { to?: string | undefined; keepLists?: boolean | undefined }): Promise<Withdrawn>;
  /**
   * Puts a release in force at once, by one person and for a time: it reverts by itself unless it is approved
   * before.
   *
   * @throws {DocketError} `policy_invalid`, `policy_tests_failed`, `not_found`, `change_conflict`
   */
  breakGlass(
    act: Act & { wish: ReleaseWish | { of: number }; forMs?: number | undefined },
  ): Promise<Published>;
  /** Counts what rules did from a record on, a page at a time, and no longer than `goOn` says. */
  effects(rules: ReadonlySet<string>, from: number, goOn?: () => boolean): Promise<Effects>;
}
