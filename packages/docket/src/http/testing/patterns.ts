// SPDX-License-Identifier: Apache-2.0
// Patterns for tests of the server alone: what was asked is remembered, and one answer is given.
import { DocketError } from "../../error.ts";
import type { CaseFileMade, CaseWish } from "../../patterns/case-file.ts";
import type {
  ActorsPage,
  ActorsQuery,
  Findings,
  FindingsQuery,
  Timeline,
  TimelineQuery,
} from "../../patterns/contract.ts";
import type { PatternsAuthor, SitePatterns } from "../../patterns/patterns-desk.ts";

/** Knows the account `alice`. */
export class TestPatterns implements SitePatterns {
  readonly asked: unknown[] = [];

  async actorOf(account: string): Promise<string> {
    if (account === "alice") return "a_alice";
    throw new DocketError("not_found", "no event of this account was ever decided");
  }

  async actors(query: ActorsQuery): Promise<ActorsPage> {
    this.asked.push(query);
    return { actors: [], next: null };
  }

  async timeline(account: string, page: TimelineQuery): Promise<Timeline> {
    const actor = await this.actorOf(account);
    this.asked.push(page);
    const standing = { actor, at: "2026-11-23T00:00:00.000Z", strikes: [], restrictions: [], links: [] };
    const nothing = {
      restricted: 0,
      outcomes: {},
      rules: [],
      campaigns: [],
      linked: [],
      disputes: {},
      reports: 0,
    };
    return {
      actor,
      standing,
      figures: { decisions: 0, from: null, to: null, perDay: null, ...nothing },
      entries: [],
      next: null,
    };
  }

  async findings(query: FindingsQuery): Promise<Findings> {
    this.asked.push(query);
    return { from: "", to: "", findings: [], limits: [] };
  }

  async latestMs(): Promise<number> {
    return Date.UTC(2026, 10, 23) - 1;
  }

  async caseFile(author: PatternsAuthor, wish: CaseWish): Promise<CaseFileMade> {
    this.asked.push({ author, wish });
    return { index: 7, records: 1, json: "{}\n", html: "<!doctype html>\n" };
  }
}
