// SPDX-License-Identifier: Apache-2.0
// What delivery reads, and what it gives out: changes for the app, and notices for the affected users.
import type {
  DocketRecord,
  Event,
  MeasureCause,
  Outcome,
  PartName,
  RecordedRestriction,
  SubjectKind,
  VerdictCause,
} from "@docket/protocol";
import type { CaseQuery, DecisionQuery, DecisionRow } from "../views/decision-row.ts";

/** The log as delivery reads it. */
export interface LogView {
  /** Records that can be read by all of the other calls. */
  size(): Promise<number>;
  /** A record. Rejects with `not_found`. */
  record(index: number): Promise<DocketRecord>;
  /** The plaintext of a part, whosever key seals it; `undefined` if there is none, or it is gone. */
  openedPart(index: number, name: PartName): Promise<string | undefined>;
  decisions(query: DecisionQuery): Promise<readonly DecisionRow[]>;
  /** Leaves in the order of the log. */
  caseRecords(query: CaseQuery): Promise<readonly string[]>;
}

/** A text by language tag. */
export type Texts = Readonly<Record<string, string>>;

/** What changed. */
export const changeTypes = [
  "removed",
  "released",
  "restored",
  "held",
  "restrictionStarted",
  "restrictionChanged",
  "restrictionEnded",
] as const;
/** What changed. */
export type ChangeType = (typeof changeTypes)[number];
/** What a change came of. `late`: the app had acted before the event was decided; `lapse`: time is over. */
export type ChangeCause = "decision" | "late" | "lapse" | VerdictCause | MeasureCause;

/** A content, as the app names it; what is `null` was not said, or its evidence is gone. */
export type ContentName = {
  /** Index of the decision on it. */
  decision: number;
  event: string | null;
  id: string | null;
  revision: number | null;
  type: string | null;
};
/** Whom or what restrictions are on. */
export type SubjectName = {
  kind: SubjectKind;
  /** As records show it. */
  subject: string;
  /** Of an actor, the app's own id of the account. */
  account: string | null;
  /** Of anything else, what it is. */
  value: string | null;
};
/** A restriction that ended and of which only its id is known. */
export type EndedRestriction = RecordedRestriction | { id: string };

/** One change of what is in force. */
export type Change = {
  /** The record that ordered it, and its place among the changes of that record. */
  record: number;
  place: number;
  type: ChangeType;
  at: string;
  by: string;
  cause: ChangeCause;
  /** The code of the reason that a person gave. */
  reason: string | null;
  content: ContentName | null;
  /** Who posted the content, or whom or what the restriction is on. */
  subject: SubjectName;
  /** The restriction that started, or that another one took the place of, or that ended. */
  restriction: EndedRestriction | null;
  /** Of a change, what the restriction was before. */
  before: EndedRestriction | null;
};
/** A change, and what says that the app has done it: the first record of kind `applied` that names it. */
export type OrderedChange = Change & { applied: { record: number; at: string } | null };

/** Changes in the order of the log. Asked again with `after: next` it goes on. */
export type ChangePage = { changes: OrderedChange[]; next: number; more: boolean };

/** A record whose order the app has not confirmed. */
export type UnconfirmedOrder = { record: number; at: string };
/** What the app has not confirmed in time. */
export type UnconfirmedPage = {
  /** Orders that wait for longer than the setting `confirmAppliedMinutes`. */
  overdue: number;
  /** All that wait. */
  waiting: number;
  oldestAt: string | null;
  orders: UnconfirmedOrder[];
  next: number | null;
};

/** One link of a content's chain. */
export type ContentStep = {
  record: number;
  at: string;
  by: string;
  kind: "decision" | "verdict";
  /** Of a decision. */
  op?: string;
  outcome?: Outcome;
  /** Of a verdict: what it says, of which decision, and what it came of. */
  verdict?: string;
  of?: number;
  cause?: string;
  reason?: string;
  applied: { record: number; at: string } | null;
};
/** What is in force for a content, and how it came to be. */
export type ContentState = {
  /** The app's id of the content. */
  id: string;
  /** The outcome in force: of the last decision, unless a later verdict says otherwise. */
  outcome: Outcome;
  /** The record that says so. */
  by: number;
  /** Who posted it last. */
  actor: string;
  chain: ContentStep[];
  /** Earlier steps were left out. */
  more: boolean;
  reports: { reports: number; reporters: number; trusted: number; weightPerMille: number };
};

/** The event of a decision, and who is behind it. */
export type NamedEvent = { event: Event };
