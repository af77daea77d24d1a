// SPDX-License-Identifier: Apache-2.0
// Who may do what: the one table. docs/reference/http.md repeats it, and a test compares the two.
import type { Caller } from "./caller.ts";

/** Every role that an API key or a person can have, weakest first. */
export const roles = ["ingest", "analyst", "reviewer", "auditor", "admin"] as const;
/** What the holder of an API key, or a person, is to the site. */
export type Role = (typeof roles)[number];

/** Everything that a role can be needed for. */
export type Action =
  | "decide"
  | "tryEvent"
  | "readDecision"
  | "readFacts"
  | "readReceipt"
  | "openReceipt"
  | "readStanding"
  | "readEntries"
  | "addEntry"
  | "readPolicy"
  | "proposePolicy"
  | "approvePolicy"
  | "publishPolicy"
  | "breakGlass"
  | "confirmBrake"
  | "readLists"
  | "changeLists"
  | "readLabels"
  | "label"
  | "restrict"
  | "reverse"
  | "readChanges"
  | "confirmApplied"
  | "readNotices"
  | "keepQuiet"
  | "manageWebhooks"
  | "readAnchors"
  | "anchor"
  | "readCopies"
  | "runDrill"
  | "report"
  | "readSettings"
  | "changeSettings"
  | "readCases"
  | "review"
  | "bulk"
  | "dispute"
  | "rule"
  | "readPatterns"
  | "exportCase"
  | "readTransparency"
  | "exportStatements"
  | "readPeople"
  | "managePeople"
  | "readKeys"
  | "manageKeys"
  | "readEvidenceKeys"
  | "rotateEvidenceKeys"
  | "readReads"
  | "readRequests"
  | "erase"
  | "holdEvidence"
  | "readErasures"
  | "exportSubject"
  | "makeRequest"
  | "approveRequest";

/**
 * The roles that may do each action.
 *
 * - `decide`: have an event decided, counted and sealed
 * - `tryEvent`: have an event decided with `dryRun: true`, which leaves no trace
 * - `readDecision`: read a record and the answer that was given
 * - `readFacts`: read what the decision read, beside it
 * - `readReceipt`: fetch a receipt without secrets
 * - `openReceipt`: fetch a receipt with the opening for the affected user; sealed as a record
 * - `readStanding`: read an actor's strikes and restrictions
 * - `readEntries`: fetch the log's entry bundles, that is, all leaves at once
 * - `addEntry`: add an entry to an opaque log
 * - `readPolicy`: read the policy in force and earlier ones, and what is proposed
 * - `proposePolicy`: propose a change of the policy, and cancel a proposal
 * - `approvePolicy`: approve what was proposed; which persons must is said by the level of duties
 * - `publishPolicy`: put in force what was approved, and withdraw it
 * - `breakGlass`: put a release, or a change of a list, in force alone and for a time
 * - `readLists`: read lists, their entries and changes, and ask what a value hits
 * - `changeLists`: put entries into lists and take them out; above level solo, propose it
 * - `readLabels`: read the labels in force
 * - `label`: say that what was decided on is spam, is not, or that nobody can tell
 * - `restrict`: restrict actors, networks and so on, end restrictions, link actors
 * - `reverse`: say by hand what is in force for a content, and whether its decision was right
 * - `readSettings`: read the settings of the site
 * - `readChanges`: read what is in force for contents, and its changes
 * - `confirmApplied`: say that the app has done what records ordered
 * - `readNotices`: read what affected users are told, with the receipts that open their evidence
 * - `keepQuiet`: keep a record from its actor until a time
 * - `manageWebhooks`: say who is told of changes and notices
 * - `readCopies`: read how the log's replicas fare, and what the last drill came to
 * - `runDrill`: have the newest copy restored in a scratch place and checked
 * - `readAnchors`: read the log's outside time-stamps
 * - `anchor`: have the newest checkpoint stamped now
 * - `report`: report a content on behalf of a user
 * - `changeSettings`: change them
 * - `readCases`: read cases of reviewers and disputes, and how they went
 * - `review`: claim cases of the queue, see what was posted, and say what was found
 * - `bulk`: correct many decisions at once, or approve that another does
 * - `dispute`: object to a decision on behalf of the account that it is of
 * - `rule`: write to a complainant, decide a dispute, take back a dispute token
 * - `readPatterns`: read actors' timelines, and findings across actors
 * - `exportCase`: make a case file; sealed as a record
 * - `readTransparency`: read the transparency report and the weekly page
 * - `exportStatements`: take decisions out as statements of reasons; sealed as a record
 * - `readPeople`: list the people who may sign in, and their sessions
 * - `managePeople`: add, change and remove people, give them tokens for new passwords, end their sessions
 * - `readKeys`: list the API keys, without the keys themselves
 * - `manageKeys`: make, rotate and revoke API keys
 * - `readEvidenceKeys`: list the keys of evidence: which there are and since when, not the keys themselves
 * - `rotateEvidenceKeys`: change one of them; takes a second person
 * - `readReads`: read who read what
 * - `readRequests`: read requests for what takes a second person: one's own, or with `approveRequest` all
 * - `erase`: erase an actor's data, with a second person, and see beforehand what that takes
 * - `holdEvidence`: place a legal hold, and lift it with a second person
 * - `readErasures`: read which erasures and legal holds there are, and what retention drops
 * - `exportSubject`: take out everything about one actor, for that person; sealed as a record
 * - `makeRequest`: withdraw a request of one's own; it is made by asking for what takes a second person
 * - `approveRequest`: approve or refuse what another asks for; the level of duties says who must not
 * - `confirmBrake`: give the power back that an emergency brake took; the level of duties says who must not
 */
export const permissions: Readonly<Record<Action, readonly Role[]>> = {
  decide: ["ingest", "admin"],
  tryEvent: ["ingest", "analyst", "admin"],
  readDecision: ["ingest", "analyst", "reviewer", "auditor", "admin"],
  readFacts: ["analyst", "reviewer", "auditor", "admin"],
  readReceipt: ["ingest", "analyst", "reviewer", "auditor", "admin"],
  openReceipt: ["reviewer", "admin"],
  readStanding: ["ingest", "analyst", "reviewer", "admin"],
  readEntries: ["auditor", "admin"],
  addEntry: ["ingest", "admin"],
  readPolicy: ["analyst", "reviewer", "auditor", "admin"],
  proposePolicy: ["analyst", "admin"],
  approvePolicy: ["admin"],
  publishPolicy: ["admin"],
  breakGlass: ["admin"],
  confirmBrake: ["analyst", "admin"],
  readLists: ["analyst", "reviewer", "auditor", "admin"],
  changeLists: ["analyst", "admin"],
  readLabels: ["analyst", "reviewer", "auditor", "admin"],
  label: ["reviewer", "admin"],
  restrict: ["reviewer", "admin"],
  reverse: ["reviewer", "admin"],
  readChanges: ["ingest", "analyst", "reviewer", "auditor", "admin"],
  confirmApplied: ["ingest", "admin"],
  readNotices: ["ingest", "reviewer", "admin"],
  keepQuiet: ["reviewer", "admin"],
  manageWebhooks: ["admin"],
  readAnchors: ["analyst", "reviewer", "auditor", "admin"],
  anchor: ["admin"],
  readCopies: ["auditor", "admin"],
  runDrill: ["admin"],
  report: ["ingest", "admin"],
  readSettings: ["analyst", "reviewer", "auditor", "admin"],
  changeSettings: ["admin"],
  readCases: ["analyst", "reviewer", "auditor", "admin"],
  review: ["reviewer", "admin"],
  bulk: ["reviewer", "admin"],
  dispute: ["ingest", "admin"],
  rule: ["reviewer", "admin"],
  readPatterns: ["analyst", "reviewer", "auditor", "admin"],
  exportCase: ["reviewer", "admin"],
  readTransparency: ["analyst", "reviewer", "auditor", "admin"],
  exportStatements: ["auditor", "admin"],
  readPeople: ["auditor", "admin"],
  managePeople: ["admin"],
  readKeys: ["auditor", "admin"],
  manageKeys: ["admin"],
  readEvidenceKeys: ["auditor", "admin"],
  rotateEvidenceKeys: ["admin"],
  readReads: ["auditor", "admin"],
  readRequests: ["reviewer", "auditor", "admin"],
  erase: ["admin"],
  holdEvidence: ["admin"],
  readErasures: ["auditor", "admin"],
  exportSubject: ["reviewer", "admin"],
  makeRequest: ["reviewer", "auditor", "admin"],
  approveRequest: ["auditor", "admin"],
};

/**
 * Whether somebody may do this: by one of their roles, and by the scopes of their key where it has any. The
 * one place where that is asked.
 */
export function mayDo(caller: Pick<Caller, "roles" | "scopes">, action: Action): boolean {
  if (caller.scopes !== undefined && !isInScope(caller.scopes, action)) return false;
  return caller.roles.some((role) => permissions[action].includes(role));
}

/** Whoever may have events decided may try them, which leaves no trace. */
function isInScope(scopes: readonly Action[], action: Action): boolean {
  return scopes.includes(action) || (action === "tryEvent" && scopes.includes("decide"));
}

/** Whether a text names an action. */
export function isAction(text: string): text is Action {
  return Object.hasOwn(permissions, text);
}

/** Whether a text names a role. */
export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}
