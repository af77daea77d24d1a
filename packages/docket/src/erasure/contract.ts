// SPDX-License-Identifier: Apache-2.0
// Erasure and legal holds as HTTP and the command line see them. Times are RFC 3339.
import type { Outcome } from "../approvals/contract.ts";
import type { Author } from "../releases/duties.ts";
import type { Suppressed } from "./suppressions.ts";

/** Who an erasure or a hold is about: an account by the app's id, or an actor by their pseudonym. */
export type AboutWish = { readonly account: string } | { readonly actor: string };

/** Somebody's data is to be erased. */
export type ErasureWish = {
  readonly about: AboutWish;
  /** A code: `request`, `consent-withdrawn`, … */
  readonly ground: string;
  /** Who asked and how: the number of a ticket or letter. It must not name the account. */
  readonly askedBy: string;
  /** Also where a dispute of theirs is open: nobody can answer it then. */
  readonly despiteDispute?: boolean | undefined;
};

/** What an erasure takes away, and what stays. */
export type ErasurePreview = {
  actor: string;
  /** Decisions about them, and when the last was made. */
  decisions: number;
  lastDecided: string | null;
  /** Open disputes of theirs: they block the erasure, unless it is wished all the same. */
  openDisputes: number[];
  /** Until when their last decision can be objected to: afterwards they can't show what it was about. */
  disputableUntil: string | null;
  /** Legal holds that block the erasure. */
  holds: number[];
  /** Restrictions in force, which live on under a keyed hash of the account. */
  suppressed: Suppressed[];
  /** Lists of actors that have the account, which is taken out. */
  lists: string[];
  /** Whether the erasure could be ordered now. */
  blocked: boolean;
  goes: string[];
  stays: string[];
};

/** An erasure that was ordered. */
export type ErasureView = {
  /** The record that orders it. */
  erasure: number;
  actor: string;
  state: "ordered" | "done";
  ground: string;
  by: string;
  role: string;
  ordered: string;
  /** The record that says that it is done, and its time. */
  done: { index: number; at: string } | null;
  /** Restrictions that live on under a keyed hash. */
  suppressed: number;
  request: number | null;
  approved: number | null;
};

/** Evidence is to be kept, of one actor or of everybody. */
export type HoldWish = {
  readonly about?: AboutWish | undefined;
  /** A code: `court-order`, `investigation`, … */
  readonly ground: string;
  readonly why: string;
};
/** A legal hold. */
export type HoldView = {
  hold: number;
  /** `null`: everybody. */
  actor: string | null;
  ground: string;
  by: string;
  role: string;
  placed: string;
  lifted: { index: number; at: string; by: string } | null;
};

/** Erasures of a site. Rejections are `DocketError`. */
export interface SiteErasures {
  /** Rejects with `not_found` for an account of which nothing was ever sealed. */
  preview(about: AboutWish): Promise<ErasurePreview>;
  /**
   * Orders an erasure, or asks a second person first. It is carried out at once; {@link settled} waits for
   * that.
   *
   * @param request the approved request, once there is one
   */
  erase(author: Author, wish: ErasureWish, request?: number): Promise<Outcome<ErasureView>>;
  /** Resolves when nothing is being carried out any more. */
  settled(): Promise<void>;
  show(erasure: number): ErasureView;
  list(limit: number): ErasureView[];
}

/** Legal holds of a site. Rejections are `DocketError`. */
export interface SiteHolds {
  list(all: boolean): HoldView[];
  place(author: Author, wish: HoldWish): Promise<HoldView>;
  /** @param request the approved request, once there is one */
  lift(
    author: Author,
    hold: number,
    wish: { ground: string; why: string },
    request?: number,
  ): Promise<Outcome<HoldView>>;
}
