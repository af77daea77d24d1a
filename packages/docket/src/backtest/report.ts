// SPDX-License-Identifier: Apache-2.0
// What a backtest reports. Plain JSON; docs/operations/backtest.md describes it.
import type { Outcome } from "@docket/policy";
import type { Share } from "../share.ts";

/** Most examples of each side, most actors, and most brakes that a report names. */
export const examplesMax = 50;
export const actorsNamedMax = 50;
export const brakesNamedMax = 200;

/** Numbers by outcome. */
export type ByOutcome = Readonly<Record<Outcome, number>>;

/** Before is what was recorded, after what the candidate does. */
export type BeforeAfter<T = number> = { readonly before: T; readonly after: T };

/** How often a rule fired, and how often it had its effect. */
export type RuleHits = { readonly hits: number; readonly effective: number };

/** One rule. */
export type RuleReport = {
  readonly policy: string;
  readonly rule: string;
  /** Where it is declared; `null` for a rule that only was. */
  readonly mode: "enforce" | "shadow" | null;
  readonly before: RuleHits;
  readonly after: RuleHits;
  /** Decisions whose outcome changed and in which it has its effect now and had none, or vice versa. */
  readonly changed: { readonly gained: number; readonly lost: number };
  /** Events that no other rule of the candidate hits. */
  readonly alone: number;
  /** Other rules of the candidate that hit the same events, and how many of them: the most first. */
  readonly overlap: readonly { readonly rule: string; readonly events: number }[];
};

/** A decision that comes out otherwise. */
export type Example = {
  readonly index: number;
  readonly decidedAt: string;
  readonly actor: string;
  readonly outcome: BeforeAfter<string>;
  /** Rules that had their effect. */
  readonly rules: BeforeAfter<readonly string[]>;
};

/** How a rule, or all of them, did by a labelled sample. */
export type Judgement = { readonly precision: Share; readonly recall: Share };

/** What a labelled sample says. */
export type SampleReport = {
  readonly labels: number;
  readonly spam: number;
  readonly notSpam: number;
  /** Labels of decisions that weren't decided again: outside of the range, gone, or of no decision here. */
  readonly unmatched: number;
  /** Of events whose outcome was stricter than allow. */
  readonly whole: BeforeAfter<Judgement>;
  /** Of labelled events whose outcome changed. */
  readonly changed: {
    readonly stricter: { readonly spam: number; readonly notSpam: number };
    readonly milder: { readonly spam: number; readonly notSpam: number };
  };
  readonly rules: readonly ({ readonly policy: string; readonly rule: string } & BeforeAfter<Judgement>)[];
};

/** The report of a backtest. */
export type BacktestReport = {
  readonly format: "docket-backtest/v1";
  readonly origin: string;
  /** The candidate's release, and where it comes from. */
  readonly candidate: { readonly release: string; readonly name: string };
  readonly memory: "cold" | "warm";
  /** Decided again are the records from `from` to before `to`, of `size` that are published. */
  readonly from: number;
  readonly to: number;
  readonly size: number;
  /** The first and the last `decidedAt`; `null` without decisions. */
  readonly times: { readonly first: string; readonly last: string } | null;
  /** Decisions in the range. Those that are `gone` or `unreadable` were not decided again. */
  readonly decisions: number;
  readonly coverage: {
    readonly facts: number;
    readonly evidence: number;
    /** From evidence, without answers of look-ups that nobody asked then: what reads them is missing. */
    readonly unasked: number;
    readonly gone: number;
    readonly unreadable: number;
  };
  /** Decisions whose outcome differs. */
  readonly changed: {
    readonly decisions: number;
    readonly stricter: number;
    readonly milder: number;
    readonly actors: number;
  };
  readonly outcomes: BeforeAfter<ByOutcome> & { readonly matrix: Readonly<Record<Outcome, ByOutcome>> };
  readonly rules: readonly RuleReport[];
  /** Strikes that were given, and that are given now. */
  readonly strikes: BeforeAfter & { readonly caused: number; readonly avoided: number };
  /** Restrictions by kind; `actors` who were restricted (not only warned) on one side alone. */
  readonly restrictions: {
    readonly kinds: readonly ({
      readonly kind: string;
      readonly caused: number;
      readonly avoided: number;
    } & BeforeAfter)[];
    readonly actors: BeforeAfter & { readonly caused: number; readonly avoided: number };
  };
  /** Those with the most changed decisions. */
  readonly actors: readonly {
    readonly actor: string;
    readonly changed: number;
    readonly stricter: number;
    readonly milder: number;
  }[];
  readonly examples: { readonly stricter: readonly Example[]; readonly milder: readonly Example[] };
  /** By day of `decidedAt`, UTC. */
  readonly days: readonly ({ readonly day: string; readonly changed: number } & BeforeAfter<ByOutcome>)[];
  /** Emergency brakes and caps that the candidate would have drawn; nobody confirms them here. */
  readonly brakes: readonly {
    readonly index: number;
    readonly key: string;
    readonly cap: boolean;
    readonly hits: number;
    readonly events: number;
  }[];
  readonly sample: SampleReport | null;
  readonly speed: {
    readonly elapsedMs: number;
    /** Milliseconds that the deciding thread spent on the events, and what that makes for each second. */
    readonly decideMs: number;
    readonly decidedPerSecond: number;
    readonly threads: number;
    /** Milliseconds of all reading threads together, and records for each second of one of them. */
    readonly readMs: number;
    readonly readPerSecond: number;
  };
  readonly notes: readonly string[];
};
