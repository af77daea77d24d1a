// SPDX-License-Identifier: Apache-2.0
// Who may import whom: the map of docs/ARCHITECTURE.md as data. Imports run from a later row to earlier ones.

/** What each package may import of ours. */
export const packageImports: Readonly<Record<string, readonly string[]>> = {
  tlog: [],
  policy: [],
  protocol: [],
  timestamp: [],
  verify: ["tlog", "policy", "protocol", "timestamp"],
  docket: ["tlog", "policy", "protocol", "timestamp", "verify"],
  client: ["protocol", "tlog", "verify"],
  // Bundled into files that the product serves; it imports none of the product.
  pages: ["protocol", "tlog", "verify"],
  // Bundled likewise.
  console: ["policy", "protocol", "tlog", "verify"],
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
  verify: ["evidence", "replay"],
  // An app takes what it uses: a spool needs files, a framework its middleware, a receipt its checks.
  client: ["express", "fastify", "hono", "next", "receipts", "spool"],
};

/** Packages that run in a browser too and use no API of Node. */
export const purePackages: readonly string[] = [
  "tlog",
  "policy",
  "protocol",
  "timestamp",
  "verify",
  "pages",
  "console",
];

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
  // The operator's configuration, as a file. Rooms read their own sections of it.
  config: { imports: [] },
  // How exact the time is that records bear: sources, steps, and what is sealed of them.
  clock: { imports: [], contracts: ["config"] },
  evidence: { imports: [], contracts: ["log"] },
  // The sequencer seals a record's parts once it knows their index, and asks the clock for its time.
  log: { imports: ["clock", "evidence"] },
  // Which checkpoints are kept, who cosigned them, and proofs to them.
  publication: { imports: ["log"] },
  // What may sign for a log, and from when: changes of keys, restored copies, logs that end and go on as
  // others.
  succession: { imports: ["evidence", "log"] },
  counters: { imports: [] },
  // Who comes in: apps by keys, people by passwords or a provider; and who may do what.
  access: { imports: [], contracts: ["config"] },
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
  // Outside clocks that stamp the log's checkpoints.
  anchors: { imports: [], contracts: ["config"] },
  // What takes a second person: asked for, approved, done once.
  approvals: { imports: ["releases"], contracts: ["evidence"] },
  // Who reads what: records of it, sealed before it is shown.
  readings: { imports: [], contracts: ["evidence", "releases"] },
  // What people who run a site decide besides its policy.
  settings: { imports: [], contracts: ["releases"] },
  // Verdicts on contents, measures on subjects, links between actors, and what ends by itself.
  enforcement: { imports: ["evidence"], contracts: ["views"] },
  // What becomes of events while nothing can be sealed.
  gaps: { imports: ["evidence"], contracts: ["config"] },
  // What people look at: the queue, what is drawn by chance, and corrections of many decisions at once.
  reviews: {
    imports: ["counters", "settings"],
    contracts: ["enforcement", "evidence", "labels", "releases", "views"],
  },
  // Decisions in plain words.
  explanation: { imports: [], contracts: ["log"] },
  // The log's records as a list, and each in words.
  records: { imports: [], contracts: ["log", "views"] },
  // Objections to decisions: tokens, their way, and how they end.
  disputes: { imports: ["enforcement", "evidence", "settings"], contracts: ["views"] },
  // What happens now: decisions as they are sealed, and how many there were lately.
  live: { imports: [], contracts: ["views"] },
  // Timelines of actors, findings across them, campaigns, and case files.
  patterns: { imports: [], contracts: ["enforcement", "evidence", "views"] },
  // What goes out: changes for the app, notices for the affected users, webhooks.
  delivery: { imports: [], contracts: ["evidence", "releases", "views"] },
  // What a person has to look at now, and whom that is told.
  alerts: { imports: ["delivery", "evidence"], contracts: ["config"] },
  // What users report, and how much that is worth.
  reports: { imports: [], contracts: ["evidence", "log", "views"] },
  // What is told of a period: to anyone, to whoever runs the site, to the EU's transparency database.
  transparency: { imports: [], contracts: ["disputes", "evidence", "reviews", "views"] },
  // What is taken away and what must stay: erasures, legal holds, retention; and what a person may take out.
  erasure: {
    imports: ["log", "stores"],
    contracts: ["approvals", "config", "enforcement", "evidence", "releases", "views"],
  },
  // Copies of the log while it is written and at times, and whether they can be brought up.
  copies: { imports: ["log", "publication", "stores", "succession"], contracts: ["config", "evidence"] },
  // What protects the secrets of a keys directory: age, the environment, a KMS, a token.
  "key-providers": { imports: ["config", "evidence"] },
  // Changes of the keys of evidence while the site answers, lists of them, and copies of them.
  "key-desk": { imports: ["evidence", "key-providers"], contracts: ["approvals", "releases", "views"] },
  // Finds decisions: by what the views know of them, and by texts, over an index of sealed terms.
  search: { imports: ["evidence", "log", "stores"], contracts: ["views"] },
  // The way of an event: it calls the stations in their order.
  intake: {
    imports: [
      "access",
      "anchors",
      "approvals",
      "clock",
      "copies",
      "counters",
      "delivery",
      "disputes",
      "enforcement",
      "erasure",
      "evidence",
      "explanation",
      "gaps",
      "key-desk",
      "labels",
      "lists",
      "live",
      "log",
      "models",
      "patterns",
      "readings",
      "records",
      "releases",
      "reports",
      "reviews",
      "rollout",
      "search",
      "settings",
      "transparency",
      "views",
    ],
    contracts: ["config", "lookups"],
  },
  // A candidate over recorded history. Its threads open files and the identity map by themselves.
  backtest: {
    imports: ["counters", "evidence", "intake", "lists", "log", "models", "releases", "rollout", "stores"],
    contracts: ["labels", "reviews"],
  },
  // Makes the views again, in threads, and compares them with what they were.
  rebuild: { imports: ["evidence", "intake", "log", "stores", "views"] },
  // Read from the log, and can be deleted and built again.
  views: { imports: [], contracts: ["evidence", "log"] },
  // A server of its own, for others' logs.
  witness: { imports: [], contracts: ["log"] },
  // Engines: each fulfils contracts that the rooms above declare, and uses nothing else of theirs.
  stores: {
    // The identity map seals its rows itself.
    imports: ["evidence"],
    contracts: [
      "access",
      "counters",
      "delivery",
      "gaps",
      "intake",
      "log",
      "readings",
      "search",
      "views",
      "witness",
    ],
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
  // What a site leans on besides its log, as it is configured.
  "engines.ts": [],
  // What lies where in a data directory, and how one is made.
  "installation.ts": ["cli", "testing"],
  "index.ts": [],
};
