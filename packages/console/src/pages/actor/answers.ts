// SPDX-License-Identifier: Apache-2.0
// What the server answers of one account.
import type { Standing } from "../decision/answers.ts";
import type { DrawnEntry } from "./drawing.ts";

/** An entry of a timeline. */
export type TimelineEntry = DrawnEntry & {
  readonly of?: number;
  readonly by?: string;
  readonly rules?: readonly string[];
  readonly campaign?: string;
};

/** What all of an actor's decisions came to. */
export type ActorFigures = {
  readonly decisions: number;
  readonly restricted: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly perDay: number | null;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  readonly campaigns: readonly {
    readonly campaign: string;
    readonly own: number;
    readonly decisions: number;
    readonly actors: number;
  }[];
  readonly linked: readonly string[];
  readonly disputes: Readonly<Record<string, number>>;
  readonly reports: number;
};

/** `GET /v1/actors/{id}/timeline`. */
export type Timeline = {
  readonly actor: string;
  readonly standing: Standing;
  readonly figures: ActorFigures;
  readonly entries: readonly TimelineEntry[];
  readonly next: number | null;
};

/** `POST /v1/measures/preview`. */
export type MeasurePreview = {
  readonly restrictions: readonly { readonly id: string; readonly kind: string; readonly until?: string }[];
  readonly ended: readonly string[];
  readonly collateral: {
    readonly looked: number;
    readonly from: number;
    readonly unknown: number;
    readonly events: number;
    readonly actors: number;
    readonly allowed: number;
    readonly actorsNeverRefused: number;
  };
};

/** `GET /v1/reasons`. */
export type Reasons = {
  readonly reasons: readonly { readonly code: string; readonly text: { readonly en: string } }[];
};
