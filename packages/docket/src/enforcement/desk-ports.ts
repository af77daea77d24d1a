// SPDX-License-Identifier: Apache-2.0
// What the desk of enforcement leans on: the site, its views, and the clock.
import type { KeyObject } from "node:crypto";
import type { Policy, Standing } from "@docket/policy";
import type { ActFacts, BodyWithoutParts, DocketRecord, Facts, RecordedRestriction } from "@docket/protocol";
import type { PlainPart } from "../evidence/seal.ts";
import type { CaseQuery, DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import type { CollateralPorts } from "./collateral.ts";
import type { SubjectRegistry } from "./subjects.ts";

/** An act as the site seals it. */
export type ActToSeal = {
  readonly body: BodyWithoutParts;
  readonly parts: readonly PlainPart[];
  readonly subject: string;
  readonly facts: ActFacts;
  readonly restrictions: readonly RecordedRestriction[];
  readonly ended: readonly string[];
};

/** What the desk leans on. */
export type EnforcementPorts = {
  /** Seals an act and changes its subject's standing in the same turn. */
  readonly act: (act: ActToSeal, undo: () => void) => Promise<{ index: number; leaf: string }>;
  readonly seal: (
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
  ) => Promise<{ index: number; leaf: string }>;
  /** Resolves when all that was appended until now is durable and in the views. */
  readonly settled: () => Promise<void>;
  readonly standingNow: (subject: string) => Standing;
  readonly standings: () => ReadonlyMap<string, Standing>;
  /** A record with its facts, for decisions. Rejects with `not_found`. */
  readonly recorded: (
    index: number,
  ) => Promise<{ readonly record: DocketRecord; readonly facts: Facts | undefined }>;
  /** The plaintext of a part that belongs to the site. */
  readonly sitePart: (index: number, name: "facts" | "change") => Promise<string | undefined>;
  readonly actorNamed: (accountId: string) => Promise<string | undefined>;
  readonly actorKey: (pseudonym: string) => Promise<Uint8Array | undefined>;
  readonly policies: (release: string) => Promise<readonly Policy[]>;
  readonly decisions: (query: DecisionQuery) => Promise<DecisionRow[]>;
  readonly caseRecords: (query: CaseQuery) => Promise<string[]>;
  readonly collateral: Omit<CollateralPorts, "decisions">;
  readonly subjects: SubjectRegistry;
  readonly siteKey: Uint8Array;
  readonly hashing: KeyObject;
  readonly newId: () => string;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onFault: (error: unknown) => void;
};
