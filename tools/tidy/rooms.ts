// SPDX-License-Identifier: Apache-2.0
// Who may import whom: the map of docs/ARCHITECTURE.md as data. Imports run from a later row to earlier ones.

/** What each package may import of ours. */
export const packageImports: Readonly<Record<string, readonly string[]>> = {
  tlog: [],
  policy: [],
  protocol: [],
  verify: ["tlog", "policy", "protocol"],
  docket: ["tlog", "policy", "protocol", "verify"],
};

/**
 * Entries that a package has besides its own name, for what only some of its users need and all would pay
 * for: the readers of events bring a schema library, which takes longer to load than all the rest.
 */
export const packageEntries: Readonly<Record<string, readonly string[]>> = {
  protocol: ["events"],
  // Training models and how good scores are: for who makes models, not for who decides with one.
  policy: ["metrics", "training"],
  // Replay brings the policy language along, which whoever checks a receipt does not need.
  verify: ["replay"],
};

/** Packages that run in a browser too and use no API of Node. */
export const purePackages: readonly string[] = ["tlog", "policy", "protocol", "verify"];

/** What one folder of `packages/docket/src` may import of the other folders. */
export interface Room {
  /** Rooms whose values it may use. `"*"`: all. */
  readonly imports: readonly string[];
  /** Rooms of which it may use types only: the contracts that they declare and this room fulfils. */
  readonly contracts?: readonly string[];
}

/**
 * The rooms of `packages/docket/src`. Files that lie in no folder (`error.ts`, `main.ts`, …) may be imported
 * by all unless {@link wiring} names them.
 */
export const rooms: Readonly<Record<string, Room>> = {
  evidence: { imports: [], contracts: ["log"] },
  // The sequencer seals a record's parts once it knows their index.
  log: { imports: ["evidence"] },
  // Which checkpoints are kept, who cosigned them, and proofs to them.
  publication: { imports: ["log"] },
  // What may sign for a log, and from when: changes of keys, restored copies, logs that end and go on as
  // others.
  succession: { imports: ["evidence", "log"] },
  counters: { imports: [] },
  access: { imports: [] },
  // What decisions are made under: policy files and what else a release names, kept by their hash.
  releases: { imports: [], contracts: ["access", "evidence", "log"] },
  // Lists that conditions ask: their versions, changes and files.
  lists: { imports: ["releases"], contracts: ["evidence", "log"] },
  // Mail: taken apart, and made an event.
  mail: { imports: [] },
  // What people and other systems say that the content of a decision is.
  labels: { imports: [], contracts: ["evidence", "releases", "views"] },
  // Models that score texts: what trains and tests them, their files.
  models: { imports: ["mail", "releases"], contracts: ["labels", "log"] },
  // Lists in the DNS that are asked about events, before their turn.
  lookups: { imports: [] },
  // What takes power from rules: shares of a rollout, emergency brakes, caps; and who gives it back.
  rollout: { imports: [], contracts: ["evidence", "releases"] },
  // What people who run a site decide besides its policy.
  settings: { imports: [], contracts: ["releases"] },
  // Verdicts on contents, measures on subjects, links between actors, and what ends by itself.
  enforcement: { imports: ["evidence"], contracts: ["views"] },
  // What people look at: the queue, what is drawn by chance, and corrections of many decisions at once.
  reviews: {
    imports: ["counters", "settings"],
    contracts: ["enforcement", "evidence", "labels", "releases", "views"],
  },
  // Decisions in plain words.
  explanation: { imports: [], contracts: ["log"] },
  // Objections to decisions: tokens, their way, and how they end.
  disputes: { imports: ["enforcement", "evidence", "settings"], contracts: ["views"] },
  // Timelines of actors, findings across them, and case files.
  patterns: { imports: [], contracts: ["enforcement", "evidence", "views"] },
  // What goes out: changes for the app, notices for the affected users, webhooks.
  delivery: { imports: [], contracts: ["evidence", "releases", "views"] },
  // What users report, and how much that is worth.
  reports: { imports: [], contracts: ["evidence", "log", "views"] },
  // What is told of a period: to anyone, to whoever runs the site, to the EU's transparency database.
  transparency: { imports: [], contracts: ["disputes", "evidence", "reviews", "views"] },
  // The way of an event: it calls the stations in their order.
  intake: {
    imports: [
      "counters",
      "delivery",
      "disputes",
      "enforcement",
      "evidence",
      "explanation",
      "labels",
      "lists",
      "log",
      "models",
      "patterns",
      "releases",
      "reports",
      "reviews",
      "rollout",
      "settings",
      "transparency",
      "views",
    ],
    contracts: ["access", "lookups"],
  },
  // A candidate over recorded history. Its threads open files and the identity map by themselves.
  backtest: {
    imports: ["counters", "evidence", "intake", "lists", "log", "models", "releases", "rollout", "stores"],
    contracts: ["labels", "reviews"],
  },
  // Makes the views again, in threads, and compares them with what they were.
  rebuild: { imports: ["evidence", "intake", "log", "stores", "views"] },
  // Read from the log, and can be deleted and built again.
  views: { imports: [], contracts: ["log"] },
  // A server of its own, for others' logs.
  witness: { imports: [], contracts: ["log"] },
  // Engines: each fulfils contracts that the rooms above declare, and uses nothing else of theirs.
  stores: {
    imports: [],
    contracts: ["access", "counters", "delivery", "evidence", "intake", "log", "views", "witness"],
  },
  // For whoever watches a log, ours or another's: it knows nothing of how ours is written.
  follow: { imports: [], contracts: ["log"] },
  testing: { imports: ["*"] },
  http: { imports: ["*"] },
  cli: { imports: ["*"] },
};

/** Files of `packages/docket/src` that wire the rooms: they import all, and only these rooms import them. */
export const wiring: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli", "http", "testing"],
  // What lies where in a data directory, and how one is made.
  "installation.ts": ["cli", "testing"],
  "index.ts": [],
};
