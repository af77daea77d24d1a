// SPDX-License-Identifier: Apache-2.0
// Enforcement for tests of the server alone: it says what it was asked for, and knows record 0 as a decision.
import { DocketError } from "../../error.ts";
import type {
  ActAuthor,
  LinkDone,
  MeasureDone,
  OutcomeInForce,
  SiteEnforcement,
  StandingNow,
  VerdictEffect,
} from "../../enforcement/contract.ts";
import { checkAct } from "../../enforcement/wishes.ts";

const actor = `a_${"b".repeat(22)}`;
const sealed = { index: 1, leaf: "{}" };
const measured: MeasureDone = {
  ...sealed,
  subject: actor,
  subjectKind: "actor",
  restrictions: [],
  ended: [],
};

/** Remembers what it was asked for. */
export class TestEnforcement implements SiteEnforcement {
  readonly asked: { readonly what: string; readonly by: string; readonly wish: unknown }[] = [];

  async verdict(
    author: ActAuthor,
    wish: Parameters<SiteEnforcement["verdict"]>[1],
  ): ReturnType<SiteEnforcement["verdict"]> {
    return { ...this.#effect("verdict", author, wish), ...sealed };
  }

  async previewVerdict(
    wish: Parameters<SiteEnforcement["previewVerdict"]>[0],
  ): ReturnType<SiteEnforcement["previewVerdict"]> {
    const effect = this.#effect("previewVerdict", undefined, wish);
    return { ...effect, consequences: [], like: [], more: { consequences: false, like: false } };
  }

  async measure(author: ActAuthor, wish: Parameters<SiteEnforcement["measure"]>[1]): Promise<MeasureDone> {
    this.#ask("measure", author, wish);
    return measured;
  }

  async previewMeasure(
    wish: Parameters<SiteEnforcement["previewMeasure"]>[0],
  ): ReturnType<SiteEnforcement["previewMeasure"]> {
    this.#ask("previewMeasure", undefined, wish);
    const collateral = {
      looked: 0,
      from: 0,
      unknown: 0,
      events: 0,
      actors: 0,
      allowed: 0,
      actorsNeverRefused: 0,
    };
    return { subject: actor, subjectKind: "actor", restrictions: [], ended: [], collateral };
  }

  async takeSteps(
    author: ActAuthor,
    wish: Parameters<SiteEnforcement["takeSteps"]>[1],
  ): Promise<MeasureDone> {
    this.#ask("takeSteps", author, wish);
    return measured;
  }

  async link(author: ActAuthor, wish: Parameters<SiteEnforcement["link"]>[1]): Promise<LinkDone> {
    this.#ask("link", author, wish);
    return { ...sealed, actors: [actor], measures: [] };
  }

  async unlink(author: ActAuthor, wish: Parameters<SiteEnforcement["unlink"]>[1]): Promise<LinkDone> {
    this.#ask("unlink", author, wish);
    return { ...sealed, actors: [actor], measures: [] };
  }

  linkedTo(): string[] {
    return [];
  }

  standingOf(named: string, atMs: number): StandingNow {
    return { actor: named, at: new Date(atMs).toISOString(), strikes: [], restrictions: [], links: [] };
  }

  restricted(): [] {
    return [];
  }

  async outcomeOf(index: number): Promise<OutcomeInForce> {
    if (index !== 0) throw new DocketError("not_found", `record ${index} is no decision`);
    return { of: 0, actor, decided: "reject", outcome: "reject" };
  }

  async authorsOf(): Promise<[]> {
    return [];
  }

  #effect(
    what: string,
    author: ActAuthor | undefined,
    wish: Parameters<SiteEnforcement["previewVerdict"]>[0],
  ): VerdictEffect {
    this.#ask(what, author, wish);
    if (wish.of !== 0) throw new DocketError("not_found", `record ${wish.of} is no decision`);
    const nothing = { strikes: [], voided: [], restrictions: [], ended: [], proposed: [] };
    return { of: 0, actor, verdict: wish.verdict, outcome: "allow", ...nothing };
  }

  #ask(what: string, author: ActAuthor | undefined, wish: Parameters<typeof checkAct>[0]): void {
    checkAct(wish);
    this.asked.push({ what, by: author?.by ?? "", wish });
  }
}
