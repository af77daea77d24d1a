// SPDX-License-Identifier: Apache-2.0
// Actors that are one: which restrictions come to cover all of them.
import { restrictionsAt } from "@docket/policy";
import type { Restriction, Standing } from "@docket/policy";
import { formatTime } from "@docket/protocol";
import type { PlainPart } from "../evidence/seal.ts";
import type { RestrictionWish } from "./contract.ts";
import { notePart } from "./parts.ts";

/** Restrictions that an actor gets because of what is in force on those that it is linked to. */
export type Covering = { readonly actor: string; readonly restrictions: readonly RestrictionWish[] };

/**
 * What each actor of a linked group gets: of each restriction on another of them the same, until its end and
 * no longer than so many ms; of a ban, which has no end, a suspension.
 */
export function coverings(
  actors: readonly string[],
  standingOf: (actor: string) => Standing,
  nowMs: number,
  coverForMs: number,
): Covering[] {
  const lastMs = nowMs + coverForMs;
  const inForce = new Map(actors.map((actor) => [actor, restrictionsAt(standingOf(actor), nowMs)]));
  return actors.flatMap((actor) => {
    const own = inForce.get(actor) ?? [];
    const wished = new Map<string, Covered>();
    for (const [other, restrictions] of inForce) {
      if (other === actor) continue;
      for (const each of restrictions) {
        const cover = covered(each, lastMs);
        if (cover === undefined || own.some((one) => isAsStrong(one, cover))) continue;
        const name = wishName(cover.wish);
        if ((wished.get(name)?.untilMs ?? 0) < cover.untilMs) wished.set(name, cover);
      }
    }
    if (wished.size === 0) return [];
    return [{ actor, restrictions: [...wished.values()].map(({ wish }) => wish) }];
  });
}

/** The parts of a link's record. */
export function linkParts(note: string | undefined, siteKey: Uint8Array): PlainPart[] {
  return [notePart({ why: note }, siteKey)];
}

type Covered = { readonly wish: RestrictionWish; readonly untilMs: number };

function covered(restriction: Restriction, lastMs: number): Covered | undefined {
  const untilMs = Math.min(restriction.untilMs, lastMs);
  const until = formatTime(untilMs);
  switch (restriction.kind) {
    case "ban":
    case "suspend":
      return { wish: { kind: "suspend", until }, untilMs };
    case "limit":
      return { wish: { kind: "limit", ability: restriction.ability, until }, untilMs };
    case "throttle": {
      const { count, perMs, burst } = restriction;
      return { wish: { kind: "throttle", rate: `${count}/${unitOf(perMs)}`, burst, until }, untilMs };
    }
    case "warn":
      return undefined;
  }
}

function isAsStrong(own: Restriction, { wish, untilMs }: Covered): boolean {
  if (own.kind === "ban") return true;
  if (own.untilMs < untilMs) return false;
  if (own.kind === "suspend") return true;
  if (wish.kind === "limit") return own.kind === "limit" && own.ability === wish.ability;
  if (wish.kind !== "throttle" || own.kind !== "throttle") return false;
  return `${own.count}/${unitOf(own.perMs)}` === wish.rate;
}

function wishName(wish: RestrictionWish): string {
  if (wish.kind === "limit") return `limit ${wish.ability}`;
  return wish.kind === "throttle" ? `throttle ${wish.rate} ${wish.burst ?? 1}` : wish.kind;
}

function unitOf(perMs: number): string {
  return { 1000: "s", 60000: "m", 3600000: "h", 86400000: "d" }[perMs] ?? "d";
}
