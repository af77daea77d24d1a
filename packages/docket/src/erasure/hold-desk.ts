// SPDX-License-Identifier: Apache-2.0
// Legal holds: evidence of an actor, or of everybody, must not be erased or dropped. Placing one takes one
// person and acts at once; lifting one takes a second person, as erasing does.
import type { BodyWithoutParts } from "@docket/protocol";
import { codePattern, isPseudonym } from "@docket/protocol";
import type { Outcome, RequestWish, TakenRequest } from "../approvals/contract.ts";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import type { AboutWish, HoldView, HoldWish, SiteHolds } from "./contract.ts";
import type { ErasureState } from "./state.ts";

/** Longest reason, in characters. */
export const holdWhyLengthMax = 4000;
/** Most holds in force at a time. */
export const holdsMax = 10_000;

/** What the desk leans on. */
export type HoldPorts = {
  readonly state: ErasureState;
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  readonly through: <T>(
    author: Author,
    wish: RequestWish,
    of: number | undefined,
    act: (taken: TakenRequest | undefined) => Promise<T>,
  ) => Promise<Outcome<T>>;
  readonly actorNamed: (accountId: string) => Promise<string | undefined>;
  readonly siteKey: Uint8Array;
};

/** The legal holds of a site. */
export class HoldDesk implements SiteHolds {
  readonly #ports: HoldPorts;

  constructor(ports: HoldPorts) {
    this.#ports = ports;
  }

  list(all: boolean): HoldView[] {
    return [...this.#ports.state.holds.values()].filter(({ lifted }) => all || lifted === null);
  }

  /** @throws {DocketError} `not_found` for an account of which nothing is here, `usage` */
  async place({ by, role }: Author, { about, ground, why }: HoldWish): Promise<HoldView> {
    checkSaid(ground, why);
    if (this.list(false).length >= holdsMax) {
      throw new DocketError("erasure_conflict", `there are ${holdsMax} legal holds; lift some first`);
    }
    const of = about === undefined ? {} : { actor: await this.#actorOf(about) };
    const body = { kind: "legal-hold", by, role, change: "placed", ...of, ground } as const;
    const { index } = await this.#ports.seal(body, [this.#part(why)]);
    return this.#hold(index);
  }

  async lift(
    author: Author,
    hold: number,
    { ground, why }: { ground: string; why: string },
    request?: number,
  ): Promise<Outcome<HoldView>> {
    checkSaid(ground, why);
    const { actor } = this.#open(hold);
    const about = actor === null ? {} : { subject: actor };
    const asked = { act: "liftHold", of: hold, ...about, what: { ground }, why } as const;
    return this.#ports.through(author, asked, request, async () => {
      this.#open(hold);
      const { by, role } = author;
      const on = actor === null ? {} : { actor };
      const body = { kind: "legal-hold", by, role, change: "lifted", of: hold, ...on, ground } as const;
      await this.#ports.seal(body, [this.#part(why)]);
      return this.#hold(hold);
    });
  }

  #open(index: number): HoldView {
    const hold = this.#hold(index);
    if (hold.lifted === null) return hold;
    throw new DocketError(
      "erasure_conflict",
      `legal hold ${index} was lifted already, by record ${hold.lifted.index}`,
    );
  }

  #hold(index: number): HoldView {
    const hold = this.#ports.state.holds.get(index);
    if (hold !== undefined) return { ...hold };
    throw new DocketError("not_found", `record ${index} places no legal hold`);
  }

  #part(why: string): PlainPart {
    const plaintext = JSON.stringify({ v: 1, why });
    return { name: "change", subject: "site", key: this.#ports.siteKey, plaintext };
  }

  // Nobody looks whether an actor that is named by a pseudonym has records: a hold may come before them.
  async #actorOf(about: AboutWish): Promise<string> {
    if ("actor" in about) {
      if (isPseudonym(about.actor)) return about.actor;
      throw new DocketError("usage", `${JSON.stringify(about.actor)} is no pseudonym of an actor`);
    }
    const actor = await this.#ports.actorNamed(about.account);
    if (actor !== undefined) return actor;
    throw new DocketError("not_found", `nothing of the account ${JSON.stringify(about.account)} is here`);
  }
}

function checkSaid(ground: string, why: string): void {
  if (!new RegExp(codePattern).test(ground)) {
    throw new DocketError("usage", `a ground is a code such as court-order or investigation: ${codePattern}`);
  }
  if (why.trim() === "" || why.length > holdWhyLengthMax) {
    throw new DocketError("usage", `say why, in 1 to ${holdWhyLengthMax} characters`);
  }
}
