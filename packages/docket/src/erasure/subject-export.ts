// SPDX-License-Identifier: Apache-2.0
// What a person may ask for: everything about one actor, readable, with receipts that prove it. Of what
// others wrote about them it shows that there is something, and not what: that is theirs.
import type { ExplanationLanguage, UserExplanation } from "@docket/policy";
import { formatTime, isPseudonym, parseLeaf } from "@docket/protocol";
import type { DocketRecord, PartName, Receipt } from "@docket/protocol";
import type { StandingNow } from "../enforcement/contract.ts";
import { DocketError } from "../error.ts";
import type { CaseQuery, DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import type { AboutWish } from "./contract.ts";

/** Most records of one page, and how many if nothing is said. */
export const subjectRecordsMax = 500;
export const subjectRecordsDefault = 100;
/** Kinds of records of what comes after a decision that are about somebody. */
export const subjectKinds: readonly string[] = [
  "verdict",
  "measure",
  "lapse",
  "link",
  "report",
  "dispute",
  "message",
  "ruling",
];
const ownParts = ["content", "personalFacts", "disclosed"] as const;

/** A record about somebody, with what their evidence says as long as it is there. */
export type SubjectRecord = {
  index: number;
  at: string;
  kind: string;
  /** What stands in the log. */
  record: DocketRecord;
  /** Parts that belong to them, as parsed JSON: what they sent, values taken from it, what they are told. */
  evidence: Partial<Record<(typeof ownParts)[number], unknown>>;
  /** Parts that belong to them and are gone. */
  gone: string[];
  /** Why it was decided so, in plain words; of decisions. */
  explanation: UserExplanation | null;
  /** Proof that it is in the log; it opens what the evidence says. */
  receipt: Receipt;
};
/** Everything about one actor, a page of it. */
export type SubjectExport = {
  v: 1;
  log: { origin: string; keys: readonly string[] };
  actor: string;
  /** The app's id of the account, as far as evidence says it. */
  account: string | null;
  exported: string;
  standing: StandingNow;
  records: SubjectRecord[];
  /** Records of this page that are kept from them until a time. */
  withheld: number;
  /** Where to go on; `null` at the end. */
  next: number | null;
};
/** Which page. */
export type SubjectQuery = {
  readonly about: AboutWish;
  readonly language: ExplanationLanguage;
  /** Records after this one. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
};

/** Exports of a site. Rejects with `not_found` for an account of which nothing was ever sealed. */
export interface SiteSubjects {
  export(query: SubjectQuery): Promise<SubjectExport>;
}

/** What an export leans on. */
export type SubjectPorts = {
  readonly origin: string;
  /** All verifier keys in force. */
  readonly verifierKeys: readonly string[];
  readonly actorNamed: (accountId: string) => Promise<string | undefined>;
  readonly decisions: (query: DecisionQuery) => Promise<DecisionRow[]>;
  readonly caseRecords: (query: CaseQuery) => Promise<string[]>;
  readonly indexed: () => Promise<void>;
  readonly record: (index: number) => Promise<DocketRecord>;
  readonly openedPart: (index: number, name: PartName) => Promise<string | undefined>;
  /** A record's receipt with what its evidence says to this actor. */
  readonly openedReceipt: (index: number, actor: string) => Promise<Receipt>;
  /** Rejects with `not_found` where there is nothing to explain. */
  readonly explain: (index: number, language: ExplanationLanguage) => Promise<UserExplanation>;
  readonly standingOf: (actor: string, atMs: number) => StandingNow;
  /** Until when a record is kept from its actor, in ms since 1970; 0 if it is not. */
  readonly quietUntilMs: (index: number) => number;
  readonly clock: () => number;
};

/** Makes exports. */
export class SubjectDesk implements SiteSubjects {
  readonly #ports: SubjectPorts;

  constructor(ports: SubjectPorts) {
    this.#ports = ports;
  }

  async export(query: SubjectQuery): Promise<SubjectExport> {
    const { origin, verifierKeys, clock, standingOf, quietUntilMs, indexed } = this.#ports;
    await indexed();
    const actor = await this.#actorOf(query.about);
    const limit = query.limit ?? subjectRecordsDefault;
    const indexes = await this.#indexesOf(actor, query.after ?? -1, limit + 1);
    const page = indexes.slice(0, limit);
    const nowMs = clock();
    const shown = page.filter((index) => quietUntilMs(index) <= nowMs);
    const records: SubjectRecord[] = [];
    for (const index of shown) records.push(await this.#recordOf(index, actor, query.language));
    return {
      v: 1,
      log: { origin, keys: verifierKeys },
      actor,
      account: "account" in query.about ? query.about.account : accountIn(records),
      exported: formatTime(nowMs),
      standing: standingOf(actor, nowMs),
      records,
      withheld: page.length - shown.length,
      next: indexes.length > limit ? (page.at(-1) as number) : null,
    };
  }

  async #indexesOf(actor: string, after: number, limit: number): Promise<number[]> {
    const [rows, leaves] = await Promise.all([
      this.#ports.decisions({ actor, after, limit }),
      this.#ports.caseRecords({ kinds: subjectKinds, about: actor, after, limit }),
    ]);
    const indexes = [...rows.map(({ index }) => index), ...leaves.map((leaf) => parseLeaf(leaf).index)];
    return [...new Set(indexes)].sort((a, b) => a - b).slice(0, limit);
  }

  async #recordOf(index: number, actor: string, language: ExplanationLanguage): Promise<SubjectRecord> {
    const { record: read, openedReceipt, explain } = this.#ports;
    const record = await read(index);
    const receipt = await openedReceipt(index, actor);
    const own = ownPartsOf(receipt, actor);
    const evidence: SubjectRecord["evidence"] = {};
    for (const name of own) {
      const plaintext = await this.#ports.openedPart(index, name);
      if (plaintext !== undefined) evidence[name] = JSON.parse(plaintext) as unknown;
    }
    const explanation =
      record.kind === "decision" ? await explain(index, language).catch(withoutExplanation) : null;
    const gone = own.filter((name) => !(name in evidence));
    return { index, at: record.time, kind: record.kind, record, evidence, gone, explanation, receipt };
  }

  async #actorOf(about: AboutWish): Promise<string> {
    const actor = "actor" in about ? about.actor : await this.#ports.actorNamed(about.account);
    const name = JSON.stringify("actor" in about ? about.actor : about.account);
    if (actor === undefined || !isPseudonym(actor)) {
      throw new DocketError("not_found", `nothing of the account ${name} is here`);
    }
    if ("account" in about || (await this.#indexesOf(actor, -1, 1)).length > 0) return actor;
    throw new DocketError("not_found", `no record is about an actor ${name}`);
  }
}

/** The parts of a record that belong to an actor, by its manifest. */
function ownPartsOf({ manifest }: Receipt, actor: string): (typeof ownParts)[number][] {
  if (manifest === undefined) return [];
  const { parts } = JSON.parse(manifest) as { parts: { name: string; subject: string }[] };
  return ownParts.filter((name) => parts.some((part) => part.name === name && part.subject === actor));
}

function accountIn(records: readonly SubjectRecord[]): string | null {
  for (const { kind, evidence } of records) {
    const said = evidence.content as { event?: { actor?: { id?: unknown } } } | undefined;
    const id = said?.event?.actor?.id;
    if (kind === "decision" && typeof id === "string") return id;
  }
  return null;
}

// Its facts are gone, or the release that decided is one that this version can't read.
function withoutExplanation(error: unknown): null {
  if (error instanceof DocketError) return null;
  throw error;
}
