// SPDX-License-Identifier: Apache-2.0
// What the server answers about the policy, as far as the page shows it.

/** A policy file. */
export type File = { readonly path: string; readonly text: string };

/** A kept release. */
export type KeptRelease = { readonly id: string; readonly manifest: string; readonly files: readonly File[] };

type Approval = {
  readonly index: number;
  readonly by: string;
  readonly at: string;
  readonly alone: boolean;
};

/** A proposal. */
export type Proposal = {
  readonly index: number;
  readonly by: string;
  readonly at: string;
  readonly candidate: string | null;
  readonly level: string | null;
  readonly base: string | null;
  readonly restrictsMore: boolean;
  readonly standby: boolean;
  readonly list: { readonly list: string; readonly added: number; readonly removed: number } | null;
  readonly state: "open" | "approved" | "waiting" | "stale" | "published" | "cancelled";
  readonly approvals: readonly Approval[];
  readonly approvalsNeeded: number;
  readonly comesAt: string | null;
  readonly endedBy: number | null;
};

/** How changes stand. */
export type Changes = {
  readonly level: string;
  readonly release: string | null;
  readonly since: {
    readonly index: number;
    readonly release: string;
    readonly previous: string | null;
    readonly via: string | null;
    readonly by: string;
    readonly at: string;
    readonly of: number | null;
    readonly alone: boolean;
  } | null;
  readonly revertsAt: string | null;
  readonly revertsTo: string | null;
  readonly proposals: readonly Proposal[];
};

/** A record of a change. */
export type ChangeRecord = {
  readonly index: number;
  readonly time: string;
  readonly kind: string;
  readonly by: string;
  readonly release?: string;
  readonly candidate?: string;
  readonly via?: string;
  readonly of?: number;
  readonly level?: string;
  readonly list?: string;
};

/** One thing that differs. */
export type PolicyChange = {
  readonly what: string;
  readonly policy: string;
  readonly id: string;
  readonly change: "added" | "removed" | "changed";
  readonly fields: readonly { readonly field: string; readonly before?: unknown; readonly after?: unknown }[];
  readonly restricts: "more" | "less" | "same";
};

/** What the candidate would have done with the last week. */
export type Preview =
  | { readonly ran: false; readonly why: string }
  | {
      readonly ran: true;
      readonly from: string;
      readonly to: string;
      readonly events: number;
      readonly changed: number;
      readonly rules: readonly {
        readonly policy: string;
        readonly rule: string;
        readonly before: number;
        readonly after: number;
      }[];
      readonly notes?: readonly string[];
    };

/** A change, as it was sealed. */
export type Change = {
  readonly record: ChangeRecord;
  readonly proposal: Proposal | null;
  readonly change: {
    readonly why: string | null;
    readonly files?: readonly { readonly path: string; readonly change: string; readonly diff: string }[];
    readonly changes?: readonly PolicyChange[];
    readonly leftOut?: number;
    readonly tests?: {
      readonly run: number;
      readonly failed: readonly { readonly policy: string; readonly name: string; readonly why: string }[];
    };
    readonly preview?: Preview;
  } | null;
};

/** What lost its power until a person confirms it. */
export type Brake = {
  readonly index: number | null;
  readonly what: string;
  readonly cap: boolean;
  readonly key: string;
  readonly release: string;
  readonly changedBy: string;
  readonly from: string;
  readonly to: string;
  readonly events: number;
  readonly hits: number;
  readonly actorsSeen: number;
  readonly actorsHit: number;
  /** In basis points. */
  readonly share: number;
  readonly least: number;
  readonly hitsSince: number;
};

/** What waits for a person, and what is under watch. */
export type Brakes = {
  readonly brakes: readonly Brake[];
  readonly watched: readonly {
    readonly key: string;
    readonly since: string | null;
    readonly events: number;
    readonly hits: number;
  }[];
};

/** What rules found without effect. */
export type Held = {
  readonly from: string;
  readonly to: string;
  readonly decisions: number;
  readonly rules: readonly {
    readonly policy: string;
    readonly rule: string;
    readonly mode: string;
    readonly events: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly days: readonly { readonly day: string; readonly events: number }[];
  }[];
};

/** A backtest. */
export type Backtest = {
  readonly id: string;
  readonly name: string;
  readonly by: string;
  readonly at: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "stopped";
  readonly from: number;
  readonly to: number;
  readonly memory: "cold" | "warm";
  readonly done: number;
  readonly total: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly why: string | null;
  readonly changed: number | null;
};

type Sides = { readonly before: number; readonly after: number };
type Share = {
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly of: number;
};
type Judgement = { readonly precision: Share; readonly recall: Share };
type Example = {
  readonly index: number;
  readonly decidedAt: string;
  readonly actor: string;
  readonly outcome: { readonly before: string; readonly after: string };
  readonly rules: { readonly before: readonly string[]; readonly after: readonly string[] };
};

/** What a backtest found: `docket-backtest/v1`. */
export type BacktestReport = {
  readonly times: { readonly first: string; readonly last: string } | null;
  readonly decisions: number;
  readonly coverage: {
    readonly facts: number;
    readonly evidence: number;
    readonly gone: number;
    readonly unreadable: number;
  };
  readonly changed: {
    readonly decisions: number;
    readonly stricter: number;
    readonly milder: number;
    readonly actors: number;
  };
  readonly outcomes: {
    readonly before: Readonly<Record<string, number>>;
    readonly after: Readonly<Record<string, number>>;
    readonly matrix: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  readonly rules: readonly {
    readonly policy: string;
    readonly rule: string;
    readonly mode: string | null;
    readonly before: { readonly hits: number; readonly effective: number };
    readonly after: { readonly hits: number; readonly effective: number };
    readonly changed: { readonly gained: number; readonly lost: number };
    readonly alone: number;
  }[];
  readonly strikes: Sides & { readonly caused: number; readonly avoided: number };
  readonly restrictions: { readonly actors: Sides & { readonly caused: number; readonly avoided: number } };
  readonly examples: { readonly stricter: readonly Example[]; readonly milder: readonly Example[] };
  readonly days: readonly {
    readonly day: string;
    readonly changed: number;
    readonly before: Readonly<Record<string, number>>;
    readonly after: Readonly<Record<string, number>>;
  }[];
  readonly brakes: readonly { readonly index: number; readonly key: string; readonly hits: number }[];
  readonly sample: {
    readonly spam: number;
    readonly notSpam: number;
    readonly whole: { readonly before: Judgement; readonly after: Judgement };
  } | null;
  readonly notes: readonly string[];
};
