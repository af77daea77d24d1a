// SPDX-License-Identifier: Apache-2.0
// Who may do what: the one table. docs/reference/http.md repeats it, and a test compares the two.

/** Every role that an API key can have. */
export const roles = ["ingest", "analyst", "reviewer", "auditor", "admin"] as const;
/** What the holder of an API key is to the site. */
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
  | "exportStatements";

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
};

/** Whether a key of this role may do this. */
export function mayDo(role: Role, action: Action): boolean {
  return permissions[action].includes(role);
}

/** Whether a text names a role. */
export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}
