// SPDX-License-Identifier: Apache-2.0
// What the server answers that the pages of disputes are made of.
import type { Explanation } from "@docket/policy";
import type { DocketRecord, Event, Facts } from "@docket/protocol";
import type { Standing } from "../decision/answers.ts";

/** A dispute in a list. */
export type DisputeSummary = {
  readonly dispute: number;
  readonly of: number;
  readonly actor: string;
  readonly via: "token" | "app";
  /** `open`, or how it ended. */
  readonly phase: string;
  readonly opened: string;
  readonly deadline: string;
  readonly overdue: boolean;
  readonly messages: number;
  readonly waitsForSite: boolean;
  readonly ruling?: {
    readonly index: number;
    readonly by: string;
    readonly ruling: string;
    readonly reason: string;
    readonly at: string;
  };
};
/** `GET /v1/disputes`. */
export type DisputePage = { readonly disputes: readonly DisputeSummary[]; readonly next: number | null };

/** What somebody wrote; `text` is absent where it is erased. */
export type ShownText = {
  readonly index: number;
  readonly from: "complainant" | "site";
  readonly at: string;
  readonly text?: {
    readonly text: string;
    readonly language?: string;
    readonly attachments?: readonly { readonly name: string; readonly type: string; readonly data: string }[];
  };
};

/** What followed from what is undone, and what is like it. */
export type Followed = {
  readonly consequences?: readonly { readonly index: number; readonly refusedBy: string }[];
  readonly like?: readonly { readonly index: number; readonly actor: string; readonly because: string }[];
};

/** `GET /v1/disputes/{index}`. */
export type DisputeCase = DisputeSummary &
  Followed & {
    readonly texts: readonly ShownText[];
    readonly told?: Readonly<Record<string, string>>;
    readonly record: DocketRecord;
    readonly decision?: {
      readonly record: DocketRecord;
      readonly explanation?: Explanation;
      readonly unexplained?: string;
      readonly facts?: Facts;
      readonly rules: readonly {
        readonly policy: string;
        readonly rule: string;
        readonly place: string;
        readonly text: string;
      }[];
      readonly content?: Event;
      readonly outcome: { readonly decided: string; readonly outcome: string };
    };
    readonly chain: readonly DocketRecord[];
    readonly standingThen?: Facts["standing"];
    readonly standingNow: Standing;
    readonly others: readonly DisputeSummary[];
    readonly warned?: string;
    readonly notBy: readonly { readonly by: string; readonly kind: string; readonly index: number }[];
  };

/** `POST /v1/disputes/{index}/preview` and `…/ruling`. */
export type RulingEffect = Followed & {
  readonly dispute: number;
  readonly ruling: string;
  readonly index?: number;
  readonly verdict?: {
    readonly verdict: string;
    readonly outcome: string;
    readonly voided: readonly { readonly policy: string; readonly rule: string; readonly count: number }[];
    readonly ended: readonly string[];
    readonly restrictions: readonly { readonly kind: string }[];
  };
  readonly measure?: {
    readonly ended: readonly string[];
    readonly restrictions: readonly { readonly kind: string }[];
  };
};
