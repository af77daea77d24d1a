// SPDX-License-Identifier: Apache-2.0
// What the server answers that the queue and the page of a case are made of.
import type { Explanation } from "@docket/policy";
import type { DecisionBody, Event, Facts, RecordHeader } from "@docket/protocol";
import type { ChainEntry, Standing } from "../decision/answers.ts";

/** Why a case is in the queue; a blind one is answered without knowing what others found. */
export type OpenTask = { readonly task: string; readonly blind: boolean };
/** Who looks at a case, and until when. */
export type Claim = { readonly of: number; readonly by: string; readonly until: string };
/** What users' reports of a content weigh. */
export type ReportWeight = {
  readonly reports: number;
  readonly trusted: number;
  readonly weightPerMille: number;
};

/** A case as the queue lists it. */
export type QueueItem = {
  readonly of: number;
  readonly tasks: readonly OpenTask[];
  readonly actor: string;
  readonly outcome: string;
  readonly type: string;
  readonly sealedAt: string;
  readonly holdUntil: string | null;
  readonly points: number;
  readonly fired: readonly string[];
  readonly campaign: string | null;
  readonly language: string | null;
  readonly reports: ReportWeight | null;
  readonly claim: Claim | null;
};
/** `GET /v1/queue`. */
export type Queue = {
  readonly cases: readonly QueueItem[];
  readonly open: Readonly<Record<string, number>>;
  readonly more: readonly string[];
  readonly disputes?: { readonly open: number; readonly overdue: number };
};

/** What a finding comes to by itself. */
export type Following = {
  readonly verdict: string;
  readonly confirm: boolean;
  readonly compensate: boolean;
};
/** A report, with what its reporter wrote once the content is shown. */
export type SaidReport = {
  readonly index: number;
  readonly at: string;
  readonly reporter: string;
  readonly category: string;
  readonly trusted: boolean;
  readonly text: string | null;
};
/** `GET /v1/queue/{index}`. */
export type CaseView = {
  readonly of: number;
  readonly tasks: readonly OpenTask[];
  readonly blind: boolean;
  readonly claim: Claim | null;
  readonly record: RecordHeader & DecisionBody;
  readonly event: Event | null;
  readonly evidence: "opened" | "gone" | "unasked";
  readonly facts: Facts | null;
  readonly explanation: Explanation | null;
  readonly inForce: { readonly outcome: string } | null;
  readonly standing: Standing | null;
  readonly chain: readonly ChainEntry[];
  readonly label: { readonly label: string; readonly by: string } | null;
  readonly reports: ReportWeight | null;
  readonly said: readonly SaidReport[];
  readonly follows: Readonly<Record<"spam" | "notSpam", Following | null>> | null;
};

/** What was found in a case. */
export type Finding = "spam" | "notSpam" | "unsure";
/** `POST /v1/reviews`. */
export type Reviewed = {
  readonly index: number;
  readonly of: number;
  readonly task: string;
  readonly finding: Finding;
  readonly label: number | null;
  readonly verdict: { readonly index: number; readonly verdict: string; readonly outcome: string } | null;
  readonly measure: number | null;
};

/** `GET /v1/reasons`. */
export type Reasons = {
  readonly reasons: readonly { readonly code: string; readonly text: Readonly<Record<string, string>> }[];
};
