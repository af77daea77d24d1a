// SPDX-License-Identifier: Apache-2.0
// What changes of the policy ask of their surroundings, and what they answer.
import type { BodyWithoutParts, DutyLevel, ReleaseBody, ReleaseVia } from "@docket/protocol";
import type { ListDeclaration, PolicyFile } from "@docket/policy";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author } from "./duties.ts";
import type { ListVersion, Release, ReleaseLists } from "./release.ts";
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

/** What changes of the policy are made with. */
export type ChangePorts = {
  /**
   * Seals a record; resolves with its leaf when it is durable. Rejects if it is certain that it was not
   * sealed.
   */
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<string>;
  /**
   * Seals a release's record, and has every event that is decided after it in the log decided under it: both
   * or neither.
   */
  readonly adopt: (release: Release, body: ReleaseBody, parts: readonly PlainPart[]) => Promise<string>;
  /** The release that events are decided under now. */
  readonly current: () => Release;
  /** The content of `releases/ID.json`; `undefined` if there is none. Must not block the thread. */
  readonly read: (id: string) => Promise<Uint8Array | undefined>;
  /** Keeps `releases/ID.json`; when it resolves, it survives power loss. */
  readonly keep: (id: string, bytes: Uint8Array) => Promise<void>;
  /** The part `change` of a record; `undefined` if the record has none or it is gone. */
  readonly changeOf: (index: number) => Promise<ChangePart | undefined>;
  readonly lists: ReleaseListStore;
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

/** What may be proposed: policy files, an earlier release, or another level. */
export type Wish =
  | { readonly files: readonly PolicyFile[] }
  | { readonly release: string; readonly keepLists?: boolean | undefined }
  | { readonly level: DutyLevel };

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
  /**
   * `open`: it lacks approvals. `approved`: it can be published. `waiting`: it comes into force by itself at
   * `comesAt` unless it is cancelled. `stale`: another release came into force since it was made.
   */
  state: "open" | "approved" | "waiting" | "stale" | "published" | "cancelled";
  approvals: ApprovalView[];
  approvalsNeeded: number;
  comesAt: string | null;
  /** The record that ended it. */
  endedBy: number | null;
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
  /** The release in force. */
  release: string;
  /** How its policy files came into force; `null` before the first record. */
  since: ReleaseView | null;
  /** Set if it reverts by itself unless it is approved. */
  revertsAt: string | null;
  revertsTo: string | null;
  /** Proposals that are neither published nor cancelled, oldest first. */
  proposals: ProposalView[];
};
