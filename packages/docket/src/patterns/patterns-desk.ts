// SPDX-License-Identifier: Apache-2.0
// Patterns of abuse: timelines, findings and case files, as HTTP and the command line ask for them.
import { DocketError } from "../error.ts";
import type { StandingNow } from "../enforcement/contract.ts";
import { makeCaseFile } from "./case-file.ts";
import type { CaseFileMade, CasePorts, CaseWish } from "./case-file.ts";
import { actorsOf } from "./actors.ts";
import type { ActorsSource } from "./actors.ts";
import { actorsListedMax, timelineEntriesMax } from "./contract.ts";
import type {
  ActorsPage,
  ActorsQuery,
  Findings,
  FindingsQuery,
  Timeline,
  TimelineQuery,
} from "./contract.ts";
import { findPatterns } from "./findings/findings.ts";
import type { FindingsSource } from "./findings/source.ts";
import { withImposed } from "./imposed.ts";
import type { ImposedSource } from "./imposed.ts";
import { timelineOf } from "./timeline.ts";
import type { TimelineSource } from "./timeline.ts";

export type { DecisionFacts } from "./findings/source.ts";

/** Who asks. */
export type PatternsAuthor = { readonly by: string; readonly role: string };

/** What the desk leans on. */
export type PatternsPorts = FindingsSource &
  TimelineSource &
  ActorsSource &
  ImposedSource &
  CasePorts & {
    /** Resolves when the views have all that was sealed. */
    readonly indexed: () => Promise<void>;
    /** The standing of an actor at a time. */
    readonly standingOf: (actor: string, atMs: number) => StandingNow;
    /** The latest time of any decision, in ms since 1970. */
    readonly latestMs: () => Promise<number>;
    /** The pseudonym of an account; `undefined` if no event of it was ever decided. */
    readonly actorNamed: (accountId: string) => Promise<string | undefined>;
  };

/** Patterns of a site, as HTTP and the command line see them. */
export type SitePatterns = Pick<
  PatternsDesk,
  "timeline" | "actors" | "findings" | "caseFile" | "actorOf" | "latestMs"
>;

/** The patterns of a site. */
export class PatternsDesk {
  readonly #ports: PatternsPorts;
  /** Findings are looked for one search after the other: each reads much. */
  #searching: Promise<unknown> = Promise.resolve();

  constructor(ports: PatternsPorts) {
    this.#ports = ports;
  }

  /**
   * The pseudonym of an actor, from the account's id in the app or from the pseudonym itself. An account's id
   * that looks like a pseudonym is found by its pseudonym only.
   *
   * @throws {DocketError} `not_found` if no event of the account was ever decided
   */
  async actorOf(idOrPseudonym: string): Promise<string> {
    if (/^a_[A-Za-z0-9_-]{22}$/.test(idOrPseudonym)) return idOrPseudonym;
    const actor = await this.#ports.actorNamed(idOrPseudonym);
    if (actor !== undefined) return actor;
    throw new DocketError("not_found", "no event of this account was ever decided");
  }

  /**
   * A page of an actor's timeline, the newest first.
   *
   * @throws {DocketError} `not_found`
   */
  async timeline(idOrPseudonym: string, query: TimelineQuery): Promise<Timeline> {
    const actor = await this.actorOf(idOrPseudonym);
    await this.#ports.indexed();
    const limit = Math.min(query.limit, timelineEntriesMax);
    const page = await timelineOf(this.#ports, actor, { ...query, limit });
    const standing = this.#ports.standingOf(actor, this.#ports.clock());
    return { ...page, standing: await withImposed(standing, this.#ports) };
  }

  /** Actors of whom something was not simply allowed, or on whom a measure was laid, the newest first. */
  async actors(query: ActorsQuery): Promise<ActorsPage> {
    await this.#ports.indexed();
    const nowMs = this.#ports.clock();
    const standingOf = (actor: string): StandingNow => this.#ports.standingOf(actor, nowMs);
    const limit = Math.min(query.limit, actorsListedMax);
    return actorsOf(this.#ports, standingOf, { ...query, limit });
  }

  /** The latest time of any decision, in ms since 1970; 0 if there is none. */
  async latestMs(): Promise<number> {
    await this.#ports.indexed();
    return this.#ports.latestMs();
  }

  /** Findings across actors. */
  async findings(query: FindingsQuery): Promise<Findings> {
    await this.#ports.indexed();
    const search = this.#searching.then(() => findPatterns(this.#ports, query));
    this.#searching = search.catch(() => undefined);
    return search;
  }

  /**
   * Makes a case file, and seals that it was made.
   *
   * @throws {DocketError} `not_found`, `usage`
   */
  async caseFile(author: PatternsAuthor, wish: CaseWish): Promise<CaseFileMade> {
    const actor = wish.actor === undefined ? undefined : await this.actorOf(wish.actor);
    await this.#ports.indexed();
    return makeCaseFile(this.#ports, author, { ...wish, actor });
  }
}
