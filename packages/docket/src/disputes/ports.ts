// SPDX-License-Identifier: Apache-2.0
// What disputes lean on.
import type { Explanation, UserExplanation } from "@docket/policy";
import type {
  BodyWithoutParts,
  Disclosed,
  DocketRecord,
  Event,
  Facts,
  PartName,
  Receipt,
} from "@docket/protocol";
import type { SiteEnforcement } from "../enforcement/contract.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { CaseQuery, DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import type { RuleText } from "./contract.ts";
import type { DisputeTokens } from "./token.ts";

/** A record, with what is readable of it where it is a decision. */
export type ReadRecord = {
  readonly record: DocketRecord;
  readonly facts: Facts | undefined;
  readonly disclosed: Disclosed | undefined;
};

/** What disputes lean on. */
export type DisputePorts = {
  readonly tokens: DisputeTokens;
  readonly enforcement: Pick<
    SiteEnforcement,
    "verdict" | "previewVerdict" | "measure" | "previewMeasure" | "standingOf" | "outcomeOf" | "authorsOf"
  >;
  /** Seals a record; appended in this turn, resolves when it is durable. */
  readonly seal: (
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
  ) => Promise<{ readonly index: number; readonly leaf: string }>;
  /** A record, and what is readable of it. Rejects with `not_found`. */
  readonly recorded: (index: number) => Promise<ReadRecord>;
  readonly receipt: (index: number) => Promise<Receipt>;
  /** The plaintext of a part, by whoever's key; `undefined` if there is none or it is gone. */
  readonly openedPart: (index: number, name: PartName) => Promise<string | undefined>;
  /** The key of an actor; `undefined` once it was erased. */
  readonly actorKey: (actor: string) => Promise<Uint8Array | undefined>;
  /** The pseudonym of an account, if an event of it was ever sealed. */
  readonly actorNamed: (accountId: string) => Promise<string | undefined>;
  /** The event of a decision; that it was read, by whom and why is sealed first. */
  readonly openContent: (index: number, by: string, reason: string) => Promise<Event | undefined>;
  readonly caseRecords: (query: CaseQuery) => Promise<string[]>;
  /** The leaf of the label in force of a decision. */
  readonly labelOf: (decision: number) => Promise<string | undefined>;
  readonly decisions: (query: DecisionQuery) => Promise<DecisionRow[]>;
  /** Resolves when the views have all that was sealed. */
  readonly indexed: () => Promise<void>;
  /** Explains a decision under the release that decided. Rejects where that cannot be read. */
  readonly explain: (decision: ReadRecord, language: "en" | "de") => Promise<Explanation>;
  readonly explainToUser: (decision: ReadRecord, language: "en" | "de") => Promise<UserExplanation>;
  /** The rules as a release has them; those that it can't give are left out. */
  readonly ruleTexts: (release: string, rules: readonly string[]) => Promise<RuleText[]>;
  /** Seals what belongs to the site. */
  readonly siteKey: Uint8Array;
  /** Ms since 1970. */
  readonly clock: () => number;
};
