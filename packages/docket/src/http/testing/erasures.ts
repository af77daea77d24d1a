// SPDX-License-Identifier: Apache-2.0
// Erasures and holds for tests of the server alone: they remember what they were asked.
import type { Outcome } from "../../approvals/contract.ts";
import { DocketError } from "../../error.ts";
import type {
  AboutWish,
  ErasurePreview,
  ErasureView,
  ErasureWish,
  HoldView,
  HoldWish,
  SiteErasures,
  SiteHolds,
} from "../../erasure/contract.ts";
import type { Author } from "../../releases/duties.ts";

const at = "2026-11-22T23:11:05.123Z";

/** Erases at once whom it is told to. */
export class TestErasures implements SiteErasures {
  readonly asked: { author: Author; wish: ErasureWish; request: number | undefined }[] = [];
  readonly #done: ErasureView[] = [];

  async preview(about: AboutWish): Promise<ErasurePreview> {
    const actor = actorOf(about);
    const nothing = {
      openDisputes: [],
      holds: [],
      suppressed: [],
      lists: [],
      goes: ["all"],
      stays: ["records"],
    };
    return { actor, decisions: 1, lastDecided: at, disputableUntil: null, blocked: false, ...nothing };
  }

  async erase(author: Author, wish: ErasureWish, request?: number): Promise<Outcome<ErasureView>> {
    this.asked.push({ author, wish, request });
    const { by, role } = author;
    const said = { actor: actorOf(wish.about), ground: wish.ground, by, role, ordered: at };
    const done: ErasureView = {
      erasure: this.#done.length,
      state: "done",
      ...said,
      done: { index: 1, at },
      suppressed: 0,
      request: request ?? null,
      approved: null,
    };
    this.#done.push(done);
    return { done, taken: undefined };
  }

  async settled(): Promise<void> {}

  show(erasure: number): ErasureView {
    const found = this.#done[erasure];
    if (found !== undefined) return found;
    throw new DocketError("not_found", `record ${erasure} orders no erasure`);
  }

  list(limit: number): ErasureView[] {
    return this.#done.slice(-limit);
  }
}

/** Keeps holds in memory. */
export class TestHolds implements SiteHolds {
  readonly #holds: HoldView[] = [];

  list(all: boolean): HoldView[] {
    return this.#holds.filter(({ lifted }) => all || lifted === null);
  }

  async place({ by, role }: Author, { about, ground }: HoldWish): Promise<HoldView> {
    const actor = about === undefined ? null : actorOf(about);
    const hold = { hold: this.#holds.length, actor, ground, by, role, placed: at, lifted: null };
    this.#holds.push(hold);
    return hold;
  }

  async lift({ by }: Author, index: number): Promise<Outcome<HoldView>> {
    const hold = this.#holds[index];
    if (hold === undefined) throw new DocketError("not_found", `record ${index} places no legal hold`);
    hold.lifted = { index: 1, at, by };
    return { done: hold, taken: undefined };
  }
}

/** @throws {DocketError} `not_found` for the account `nobody` */
function actorOf(about: AboutWish): string {
  if ("actor" in about) return about.actor;
  if (about.account !== "nobody") return `a_${"b".repeat(22)}`;
  throw new DocketError("not_found", 'nothing of the account "nobody" is here');
}
