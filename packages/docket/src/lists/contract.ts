// SPDX-License-Identifier: Apache-2.0
// The lists of a site as HTTP and the command line see them. Times are text, values in canonical form; of
// lists of actors, keyed hashes.
import type { ListKind } from "@docket/policy";
import type { ApprovalView } from "../releases/contract.ts";
import type { WishedChange } from "./site-lists.ts";

/** A list in force. */
export type ListSummary = {
  readonly name: string;
  readonly kind: ListKind;
  readonly version: string;
  /** Entries, those whose time is over included. */
  readonly size: number;
  /** Whether a file of the policy directory had a part in it. */
  readonly fromFile: boolean;
  /** Bytes that its tables take in memory. */
  readonly memoryBytes: number;
};

/** An entry of a list. */
export type EntryView = { readonly value: string; readonly until: string | null };

/** Some entries of a list, in order. */
export type EntriesPage = {
  readonly entries: readonly EntryView[];
  /** What to ask for next, as `after`; `null` at the end. */
  readonly next: string | null;
};

/** What to give of a list's entries. */
export type EntriesQuery = {
  readonly after?: string | undefined;
  /** Only entries that hold this text. */
  readonly q?: string | undefined;
  readonly limit: number;
};

/** What came of a wish to change a list. */
export type ListChanged = {
  readonly list: string;
  readonly version: string;
  readonly added: number;
  readonly removed: number;
  /** The record that seals the change, or proposes it; `null` where nothing changed. */
  readonly index: number | null;
  /** Whether the list is so now. If not, the change waits until others approve it. */
  readonly inForce: boolean;
  /** The proposal that waits, or that the change came of; `null` if there is none. */
  readonly proposal: number | null;
  /** How many must approve it; 0 where none is missing. */
  readonly approvalsNeeded: number;
  /** When it reverts by itself unless it is approved; `null` if it does not. */
  readonly until: string | null;
  /** The release in force then. */
  readonly release: string;
};

/** What a change of a list would come to. */
export type ListChangePreview = {
  readonly list: string;
  /** The version that the list would have. */
  readonly version: string;
  readonly added: number;
  readonly removed: number;
  /** Whether it may restrict somebody who is not restricted now. */
  readonly restrictsMore: boolean;
  /** How the events of the last week would come out; `null` where nothing would change. */
  readonly preview: ListImpact | null;
};
/** What other entries would have done with recent events: `before` is with the list as it is now. */
export type ListImpact =
  | { readonly ran: false; readonly why: string }
  | {
      readonly ran: true;
      /** The first and the last event's `decidedAt`. */
      readonly from: string;
      readonly to: string;
      readonly events: number;
      readonly outcomes: {
        readonly before: Readonly<Record<string, number>>;
        readonly after: Readonly<Record<string, number>>;
      };
      /** How often rules hit, by `policy/rule`. */
      readonly rules: readonly { readonly rule: string; readonly before: number; readonly after: number }[];
      readonly notes: readonly string[];
    };

/** A change of a list, as it was sealed. */
export type ListChangeView = {
  readonly index: number;
  readonly at: string;
  readonly by: string;
  readonly version: string;
  readonly previous: string;
  readonly added: number;
  readonly removed: number;
  /** `null` if the record's part is gone. */
  readonly why: string | null;
  /** The proposal that it came of, or the change that it reverts; `null` if it follows from no record. */
  readonly of: number | null;
  /** Who approved it: as a proposal, or so that it stays. */
  readonly approvals: readonly ApprovalView[];
  /** Where the glass was broken for it: when it reverts by itself, and what became of that. */
  readonly until: string | null;
  readonly glass: "open" | "confirmed" | "reverted" | null;
  /** The first entries of the change, at most {@link changeEntriesShown} of each. */
  readonly add: readonly EntryView[];
  readonly remove: readonly string[];
};

/** Most entries of a change that its view shows, each way. */
export const changeEntriesShown = 20;

/** Entries in force that a value hits in one list. */
export type CheckHit = {
  readonly list: string;
  readonly kind: ListKind;
  readonly entries: readonly string[];
};

/** Who changes a list, and why. */
export type ListAct = { readonly by: string; readonly why: string };

/** What may be done with the lists of a site. Rejections are `DocketError` or `ProtocolError`. */
export interface ListDesk {
  all(): readonly ListSummary[];
  /** Throws `not_found`. */
  summary(name: string): ListSummary;
  /** Throws `not_found`. */
  entries(name: string, query: EntriesQuery): EntriesPage;
  /**
   * What a value (a link, an address, a text, an account id) hits now, in the lists that it hits. All lists,
   * or one: then `not_found` may be thrown.
   */
  check(value: string, list?: string): readonly CheckHit[];
  /**
   * Changes a list: durable, sealed and in force when it resolves; above level solo, sealed as a proposal,
   * which is in force when others have approved it. Rejects with `not_found`, `schema_mismatch`,
   * `policy_invalid`, or as sealing does.
   */
  change(name: string, wished: WishedChange, act: ListAct): Promise<ListChanged>;
  /**
   * Changes a list at once, at any level, by one person and for a time: it reverts by itself unless it is
   * approved before. Rejects in the same way, and with `usage` if the time is too long.
   *
   * @param forMs a day if it is left out
   */
  breakGlass(name: string, wished: WishedChange, act: ListAct, forMs?: number): Promise<ListChanged>;
  /**
   * What a change would come to: nothing is kept or sealed. It may take a minute. Rejects with `not_found`,
   * `schema_mismatch`, `policy_invalid`, `overloaded`.
   */
  preview(name: string, wished: WishedChange): Promise<ListChangePreview>;
  /** The changes of a list, newest first: those before a record's index, if one is given. */
  log(name: string, limit: number, before?: number): Promise<readonly ListChangeView[]>;
}
