// SPDX-License-Identifier: Apache-2.0
// What the server answers that the page of a decision is made of.
import type { Explanation } from "@docket/policy";
import type { DecisionBody, Facts, RecordedRestriction, RecordHeader } from "@docket/protocol";

/** A restriction in force, and where it comes from. */
export type RestrictionInForce = RecordedRestriction & {
  readonly on?: { readonly subject: string; readonly kind: string };
  readonly imposed?: {
    readonly index: number;
    readonly kind: string;
    readonly by: string;
    readonly at: string;
    readonly reason?: string;
  };
};

/** An actor's standing now. */
export type Standing = {
  readonly actor: string;
  readonly at: string;
  readonly strikes: readonly {
    readonly policy: string;
    readonly rule: string;
    readonly count: number;
    readonly at: string;
  }[];
  readonly restrictions: readonly RestrictionInForce[];
  readonly links: readonly {
    readonly actor: string;
    readonly relation: string;
    readonly index: number;
    readonly by: string;
    readonly at: string;
    readonly reason: string;
  }[];
};

/** A record that came after. */
export type ChainEntry = {
  readonly index: number;
  readonly at: string;
  readonly kind: string;
  readonly by: string;
} & Readonly<Record<string, unknown>>;

/** `GET /v1/queue/{index}?content=false`. */
export type CasePage = {
  readonly of: number;
  readonly tasks: readonly { readonly task: string; readonly blind: boolean }[];
  readonly blind: boolean;
  readonly record: RecordHeader & DecisionBody;
  readonly facts: Facts | null;
  readonly inForce: {
    readonly decided: string;
    readonly outcome: string;
    readonly verdict?: {
      readonly index: number;
      readonly verdict: string;
      readonly cause: string;
      readonly by: string;
      readonly at: string;
    };
  } | null;
  readonly standing: Standing | null;
  readonly chain: readonly ChainEntry[];
  readonly label: { readonly label: string; readonly by: string } | null;
  readonly reports: { readonly reports: number } | null;
  readonly explanation: Explanation | null;
};

/** `GET /v1/anchors/interval/{index}`. */
export type AnchorInterval = {
  readonly notBefore: Bound | null;
  readonly notAfter: Bound | null;
  readonly widthMs: number | null;
};
type Bound = { readonly time: string; readonly anchor: number; readonly name: string };

/** `GET /v1/decisions/{index}/replay`. */
export type Replay = {
  readonly verdict: "same" | "different";
  readonly release: string;
  readonly checked: readonly string[];
  readonly findings: readonly {
    readonly kind: string;
    readonly what: string;
    readonly recorded: unknown;
    readonly replayed: unknown;
    readonly clause?: { readonly rule: string; readonly clause: string | null };
  }[];
  readonly findingCount: number;
  readonly unchecked: readonly string[];
};
