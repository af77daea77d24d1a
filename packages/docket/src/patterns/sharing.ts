// SPDX-License-Identifier: Apache-2.0
// Who shares what with whom, from decisions: accounts on one side, what more than one of them has on the
// other. Keyed hashes only; nothing here says what a value is.
import type { Outcome } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import { actorsDrawnMax, sharedDrawnMax } from "./campaign-contract.ts";
import type { SharedKind, SharedThing, Sharing, SharingActor, SharingEdge } from "./campaign-contract.ts";

type Row = Pick<DecisionRow, "actor" | "outcome" | "campaign" | "fingerprint" | "marks">;
type Thing = { kind: SharedKind; key: string; field: string | null; actors: Map<string, number> };
type Actor = { decisions: number; outcomes: Partial<Record<Outcome, number>> };

/**
 * Who shares what, in decisions.
 *
 * @param fields the field that each counter of one field counts by, by the counter's hash
 * @param about what is drawn first: this actor, or this campaign
 */
export function sharingOf(
  rows: readonly Row[],
  fields: ReadonlyMap<string, string>,
  about: { readonly actor?: string; readonly campaign?: string } = {},
): Sharing {
  const actors = new Map<string, Actor>();
  const things = new Map<string, Thing>();
  for (const row of rows) {
    const known = actors.get(row.actor) ?? { decisions: 0, outcomes: {} };
    known.decisions += 1;
    known.outcomes[row.outcome] = (known.outcomes[row.outcome] ?? 0) + 1;
    actors.set(row.actor, known);
    for (const { id, ...thing } of thingsOf(row, fields)) {
      const found = things.get(id) ?? { ...thing, actors: new Map<string, number>() };
      found.actors.set(row.actor, (found.actors.get(row.actor) ?? 0) + 1);
      things.set(id, found);
    }
  }
  const several = [...things].filter(([, { key, actors: by }]) => by.size > 1 || key === about.campaign);
  several.sort(
    ([a, { actors: byA }], [b, { actors: byB }]) =>
      byB.size - byA.size || total(byB) - total(byA) || order(a, b),
  );
  const drawn = several.slice(0, sharedDrawnMax);
  const sharers = drawnActors(actors, drawn, about.actor);
  return {
    decisions: rows.length,
    actors: sharers.drawn,
    shared: drawn.map(([id, { kind, key, field, actors: by }]) => ({
      id,
      kind,
      key,
      field,
      actors: by.size,
    })),
    edges: edgesOf(drawn, new Set(sharers.drawn.map(({ actor }) => actor))),
    left: { actors: sharers.left, shared: several.length - drawn.length },
  };
}

/** The actor alone says nothing of others; the others stand in a picture as what they are. */
const saidOtherwise: ReadonlySet<string> = new Set(["actor.id", "campaign.id", "signals.fingerprint"]);

function thingsOf(
  { campaign, fingerprint, marks }: Row,
  fields: ReadonlyMap<string, string>,
): (Pick<SharedThing, "kind" | "key" | "field"> & { id: string })[] {
  const things: ReturnType<typeof thingsOf> = [];
  if (campaign !== undefined) {
    things.push({ id: `campaign:${campaign}`, kind: "campaign", key: campaign, field: null });
  }
  if (fingerprint !== undefined) {
    things.push({ id: `text:${fingerprint}`, kind: "text", key: fingerprint, field: null });
  }
  for (const mark of marks) {
    const colon = mark.indexOf(":");
    const key = mark.slice(colon + 1);
    const field = fields.get(mark.slice(0, colon)) ?? null;
    if (field !== null && saidOtherwise.has(field)) continue;
    things.push({ id: `value:${key}`, kind: "value", key, field });
  }
  return things;
}

// Those with the most ties first: what a picture is for.
function drawnActors(
  actors: ReadonlyMap<string, Actor>,
  drawn: readonly (readonly [string, Thing])[],
  first: string | undefined,
): { drawn: SharingActor[]; left: number } {
  const ties = new Map<string, number>();
  for (const [, { actors: by }] of drawn) {
    for (const actor of by.keys()) ties.set(actor, (ties.get(actor) ?? 0) + 1);
  }
  const sharers = [...actors]
    .filter(([actor]) => ties.has(actor) || actor === first)
    .map(([actor, { decisions, outcomes }]) => ({ actor, decisions, outcomes }));
  const weight = ({ actor }: SharingActor): number => (actor === first ? Infinity : (ties.get(actor) ?? 0));
  sharers.sort((a, b) => {
    const more = weight(b) - weight(a);
    return (Number.isNaN(more) ? 0 : more) || b.decisions - a.decisions || order(a.actor, b.actor);
  });
  return { drawn: sharers.slice(0, actorsDrawnMax), left: Math.max(0, sharers.length - actorsDrawnMax) };
}

function edgesOf(drawn: readonly (readonly [string, Thing])[], shown: ReadonlySet<string>): SharingEdge[] {
  return drawn.flatMap(([shared, { actors: by }]) =>
    [...by].filter(([actor]) => shown.has(actor)).map(([actor, count]) => ({ actor, shared, count })),
  );
}

function total(by: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of by.values()) sum += count;
  return sum;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
